//! A witness: another organisation's machine that remembers what it saw of a log, and signs that the log only grew.
//!
//! Two people who see the same witness's signature see the same log. A log that was rewritten gets no further signature,
//! and the two checkpoints that contradict each other, both signed by the authority, are kept as evidence.

use std::path::{Path, PathBuf};

use cowl_core::{AuthorityKey, Secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Checkpoint, Growth, KeyKind, LogError, NoteError, SignedCheckpoint, VerifierKey, event::hexed};
use crate::{
    files::{self, Access},
    random::SystemRng,
};

/// The version of the file.
const VERSION: u8 = 1;
/// The largest file that is read: some thousand logs.
const LIMIT: u64 = 4 << 20;

/// A witness: its key, and the newest checkpoint that it saw of each log. In a file of its own, for its owner only.
#[derive(Debug)]
pub struct Witness {
    path: PathBuf,
    key: AuthorityKey,
    name: VerifierKey,
    book: Book,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    version: u8,
    name: String,
    seed: Seed,
    seen: Vec<Seen>,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Seed(#[serde(with = "hexed")] [u8; 32]);

/// What was seen last of one log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// The log's key, as it was given when the log was first seen.
    log: String,
    /// The checkpoint with the log's signature.
    checkpoint: String,
}

/// A checkpoint with this witness's signature.
#[derive(Debug)]
pub struct Cosigned {
    /// With the signatures of the log and of the witness.
    pub checkpoint: SignedCheckpoint,
    /// How many entries came since the witness saw the log last.
    pub new: u64,
}

/// Why a witness does not sign.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The witness's file, or the log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The checkpoint is not signed by the log's key, or not in its form.
    #[error("the checkpoint cannot be believed: {0}")]
    Checkpoint(#[source] NoteError),
    /// Another key than the one that the log had when it was first seen.
    #[error("this log had another key when it was seen first")]
    OtherKey,
    /// The proof begins elsewhere than where the log was seen last.
    #[error("the proof begins at {given} entries, and this log was last seen with {seen}")]
    Stale {
        /// Where the proof begins.
        given: u64,
        /// How many entries the log had.
        seen: u64,
    },
    /// Fewer entries than before.
    #[error("the log has {has} entries and had {had}: it was cut, or this is an old copy")]
    Cut {
        /// How many entries it had.
        had: u64,
        /// How many it has.
        has: u64,
    },
    /// The log was rewritten, or the proof is broken. Both checkpoints are signed by the log's key.
    #[error(
        "nothing shows that this log grew from the one that had {seen} entries: it was rewritten, or the proof is broken"
    )]
    Fork {
        /// How many entries the log had when it was seen last.
        seen: u64,
        /// The two checkpoints, one after the other, for everyone to see.
        evidence: String,
    },
}

impl Witness {
    /// Makes a witness with a name, such as `example.org/witness`, and a key of its own in a new file.
    pub fn create(path: &Path, name: &str, rng: &mut SystemRng) -> Result<Self, LogError> {
        let seed = Seed(*rng.secret().expose());
        let book = Book { version: VERSION, name: name.to_owned(), seed, seen: Vec::new() };
        let witness = Self::of(path, book)?;
        files::create(path, &witness.to_bytes(), Access::Owner)?;
        Ok(witness)
    }

    /// Reads a witness's file.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let bytes = files::read_secret(path, LIMIT)?;
        let book: Book = serde_json::from_slice(&bytes).map_err(|_| damaged(path))?;
        if book.version == VERSION { Self::of(path, book) } else { Err(damaged(path)) }
    }

    fn of(path: &Path, book: Book) -> Result<Self, LogError> {
        let key = AuthorityKey::new(&Secret::new(book.seed.0));
        let name = VerifierKey::new(&book.name, KeyKind::Witness, key.public())
            .map_err(|cause| LogError::Note { path: path.to_owned(), cause })?;
        Ok(Self { path: path.to_owned(), key, name, book })
    }

    /// Signs a checkpoint, if the log only grew since it was seen last. What was seen is on disk before the signature is
    /// given out: this witness never signs two histories, whatever happens to its machine.
    pub fn cosign(
        &mut self,
        log: &VerifierKey,
        growth: &Growth,
        unix_seconds: u64,
    ) -> Result<Cosigned, Refusal> {
        let checkpoint = growth.checkpoint().verify(log).map_err(Refusal::Checkpoint)?.clone();
        let known = self.last_seen(log)?;
        let seen = known.as_ref().map_or(0, |known| known.unverified().size);
        if checkpoint.size < seen {
            return Err(Refusal::Cut { had: seen, has: checkpoint.size });
        }
        if growth.old() != seen {
            return Err(Refusal::Stale { given: growth.old(), seen });
        }
        if let Some(known) = &known {
            let Checkpoint { root, .. } = known.unverified();
            growth
                .verify(log, *root)
                .map_err(|_| Refusal::Fork { seen, evidence: format!("{known}\n{}", growth.checkpoint()) })?;
        } else {
            growth.verify(log, super::Root(tlog_tiles::EMPTY_HASH.0)).map_err(Refusal::Checkpoint)?;
        }
        let mut cosigned = growth.checkpoint().clone();
        self.remember(log, &cosigned)?;
        cosigned.note_mut().cosign(&self.name, &self.key, unix_seconds).map_err(Refusal::Checkpoint)?;
        Ok(Cosigned { checkpoint: cosigned, new: checkpoint.size - seen })
    }

    /// The witness's name and public key: what others verify its signatures by.
    pub const fn key(&self) -> &VerifierKey {
        &self.name
    }

    /// The keys of the logs that were seen, as they were given.
    pub fn logs(&self) -> impl Iterator<Item = VerifierKey> {
        self.book.seen.iter().filter_map(|seen| VerifierKey::parse(&seen.log).ok())
    }

    /// The newest checkpoint that was seen of a log.
    pub fn last_seen(&self, log: &VerifierKey) -> Result<Option<SignedCheckpoint>, Refusal> {
        let Some(seen) = self.seen(log.name()) else { return Ok(None) };
        if VerifierKey::parse(&seen.log).as_ref() != Ok(log) {
            return Err(Refusal::OtherKey);
        }
        let checkpoint =
            SignedCheckpoint::parse(seen.checkpoint.as_bytes()).map_err(|_| damaged(&self.path))?;
        Ok(Some(checkpoint))
    }

    fn seen(&self, origin: &str) -> Option<&Seen> {
        let of = |seen: &&Seen| VerifierKey::parse(&seen.log).is_ok_and(|log| log.name() == origin);
        self.book.seen.iter().find(of)
    }

    fn remember(&mut self, log: &VerifierKey, checkpoint: &SignedCheckpoint) -> Result<(), LogError> {
        let text = log.to_string();
        self.book.seen.retain(|seen| seen.log != text);
        self.book.seen.push(Seen { log: text, checkpoint: checkpoint.to_string() });
        Ok(files::replace(&self.path, &self.to_bytes(), Access::Owner)?)
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec_pretty(&self.book).unwrap_or_default())
    }
}

fn damaged(path: &Path) -> LogError {
    LogError::Damaged { path: path.to_owned(), what: "it does not decode as a witness's file" }
}

impl Drop for Seed {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

#[cfg(test)]
#[path = "witness_tests.rs"]
mod tests;
