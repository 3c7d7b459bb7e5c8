//! Checkpoints: the size and root of a log, signed (C2SP tlog-checkpoint).

use std::{fmt, path::Path};

use cowl_core::{Authority, AuthorityKey, OperationId};

use super::{LogError, Note, NoteError, Root, VerifierKey, note::NOTE_LIMIT};
use crate::files;

/// The name of an operation's log, and of the key that signs it: `cowl/` and the operation's id.
pub fn origin(operation: OperationId) -> String {
    format!("cowl/{}", hex::encode(operation.0))
}

/// The key by which an operation's log is verified.
pub(crate) fn log_key(operation: OperationId, authority: Authority) -> VerifierKey {
    VerifierKey::of_log(origin(operation), authority)
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of their tree.
    pub root: Root,
}

/// A checkpoint with signatures, of which none need be verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl Checkpoint {
    fn parse(text: &str) -> Result<Self, NoteError> {
        let body = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).map_err(|_| NoteError::Malformed)?;
        // Extensions are what no monitor can check; none of ours has any.
        if body.to_bytes() != text.as_bytes() || !body.extension().is_empty() {
            return Err(NoteError::Malformed);
        }
        Ok(Self { origin: body.origin().to_owned(), size: body.size(), root: Root::of(*body.hash()) })
    }

    fn text(&self) -> String {
        let Self { origin, size, root } = self;
        format!("{origin}\n{size}\n{root}\n")
    }
}

impl SignedCheckpoint {
    /// Signs a checkpoint with its log's key.
    pub(super) fn sign(
        checkpoint: Checkpoint,
        name: &VerifierKey,
        key: &AuthorityKey,
    ) -> Result<Self, NoteError> {
        let mut note = Note::new(checkpoint.text());
        note.sign(name, key)?;
        Ok(Self { checkpoint, note })
    }

    /// Reads a checkpoint; verifies nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let note = Note::parse(bytes)?;
        Ok(Self { checkpoint: Checkpoint::parse(note.text())?, note })
    }

    /// Reads a checkpoint from a file; verifies nothing.
    pub fn load(path: &Path) -> Result<Self, LogError> {
        let bytes = files::read(path, NOTE_LIMIT)?;
        Self::parse(&bytes).map_err(|cause| LogError::Note { path: path.to_owned(), cause })
    }

    /// What it says, once it is known to be signed by this log's key.
    pub fn verify(&self, log: &VerifierKey) -> Result<&Checkpoint, NoteError> {
        if self.checkpoint.origin != log.name() {
            return Err(NoteError::OtherLog);
        }
        self.note.verify(log)?;
        Ok(&self.checkpoint)
    }

    /// What it says, whoever signed it.
    pub const fn unverified(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The text and all signatures.
    pub const fn note(&self) -> &Note {
        &self.note
    }

    pub(super) const fn note_mut(&mut self) -> &mut Note {
        &mut self.note
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}
