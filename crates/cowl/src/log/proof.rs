//! Proofs that a person can carry: text, checked with the authority's public key and nothing else.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Checkpoint, NoteError, Root, SignedCheckpoint, VerifierKey};

/// The first line of a C2SP tlog-proof.
const HEAD: &str = "c2sp.org/tlog-proof@v1";
/// The most hashes in a proof of a tree of 2^64 entries: one a level for inclusion, and one more for growth.
const MAX_PATH: usize = 65;

/// That an entry is in a log: C2SP tlog-proof, with the entry itself as its extra data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    pub(super) entry: Vec<u8>,
    pub(super) index: u64,
    pub(super) path: Vec<Root>,
    pub(super) checkpoint: SignedCheckpoint,
}

/// That a log only grew since it had some size: what a C2SP witness takes (tlog-witness, `add-checkpoint`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    pub(super) old: u64,
    pub(super) path: Vec<Root>,
    pub(super) checkpoint: SignedCheckpoint,
}

impl Inclusion {
    /// Reads what `Display` wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let (head, checkpoint) = split(bytes)?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEAD) {
            return Err(NoteError::Malformed);
        }
        let extra = lines.next().and_then(|line| line.strip_prefix("extra ")).ok_or(NoteError::Malformed)?;
        let entry = STANDARD.decode(extra).map_err(|_| NoteError::Malformed)?;
        let index = number(lines.next(), "index ")?;
        Ok(Self { entry, index, path: path(lines)?, checkpoint })
    }

    /// The entry and the checkpoint that it is under, once both are proven: by the log's signature, and by the path from
    /// the one to the other.
    pub fn verify(&self, log: &VerifierKey) -> Result<(&[u8], &Checkpoint), NoteError> {
        let checkpoint = self.checkpoint.verify(log)?;
        let leaf = tlog_tiles::record_hash(&self.entry);
        tlog_tiles::check_record(
            &hashes(&self.path),
            checkpoint.size,
            checkpoint.root.hash(),
            self.index,
            leaf,
        )
        .map_err(|_| NoteError::NotProven)?;
        Ok((&self.entry, checkpoint))
    }

    /// Where the entry is in the log.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The checkpoint with its signatures.
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }
}

impl Growth {
    /// Reads what `Display` wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let (head, checkpoint) = split(bytes)?;
        let mut lines = head.split('\n');
        let old = number(lines.next(), "old ")?;
        Ok(Self { old, path: path(lines)?, checkpoint })
    }

    /// The size from which the log grew.
    pub const fn old(&self) -> u64 {
        self.old
    }

    /// The checkpoint to which it grew, with its signatures.
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// What the log says now, once it is proven that all that was there under `old_root` still is.
    pub fn verify(&self, log: &VerifierKey, old_root: Root) -> Result<&Checkpoint, NoteError> {
        let checkpoint = self.checkpoint.verify(log)?;
        let path = hashes(&self.path);
        let Checkpoint { size, root, .. } = checkpoint;
        match self.old {
            0 if path.is_empty() => Ok(()),
            0 => Err(NoteError::NotProven),
            old => tlog_tiles::check_tree(&path, *size, root.hash(), old, old_root.hash())
                .map_err(|_| NoteError::NotProven),
        }?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Inclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entry, index, path, checkpoint } = self;
        writeln!(f, "{HEAD}\nextra {}\nindex {index}", STANDARD.encode(entry))?;
        path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{checkpoint}")
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { old, path, checkpoint } = self;
        writeln!(f, "old {old}")?;
        path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{checkpoint}")
    }
}

/// The lines before the first empty one, and the checkpoint behind it.
fn split(bytes: &[u8]) -> Result<(&str, SignedCheckpoint), NoteError> {
    let text = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
    let (head, checkpoint) = text.split_once("\n\n").ok_or(NoteError::Malformed)?;
    Ok((head, SignedCheckpoint::parse(checkpoint.as_bytes())?))
}

/// A number as it would be written.
fn number(line: Option<&str>, name: &str) -> Result<u64, NoteError> {
    let text = line.and_then(|line| line.strip_prefix(name)).ok_or(NoteError::Malformed)?;
    let number = text.parse::<u64>().map_err(|_| NoteError::Malformed)?;
    if number.to_string() == text { Ok(number) } else { Err(NoteError::Malformed) }
}

fn path<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<Root>, NoteError> {
    let hash =
        |line: &str| tlog_tiles::Hash::parse_hash(line).map(Root::of).map_err(|_| NoteError::Malformed);
    let path = lines.take(MAX_PATH + 1).map(hash).collect::<Result<Vec<_>, _>>()?;
    if path.len() > MAX_PATH { Err(NoteError::Malformed) } else { Ok(path) }
}

fn hashes(path: &[Root]) -> Vec<tlog_tiles::Hash> {
    path.iter().map(|root| root.hash()).collect()
}
