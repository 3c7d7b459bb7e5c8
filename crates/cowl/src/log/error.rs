//! What can be wrong with a log, a proof or a note.

use std::path::PathBuf;

use crate::files::FileError;

/// Why a note, a key or a proof is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not in the form of C2SP's signed-note, tlog-checkpoint or tlog-proof.
    #[error("it is not in the form of a signed note, checkpoint or proof")]
    Malformed,
    /// A key's name is empty, or has spaces or a `+`.
    #[error("a key's name must not be empty and has no spaces and no `+`")]
    Name,
    /// A text that is no verifier key.
    #[error("it is not a verifier key of the form NAME+KEYID+KEY")]
    Key,
    /// The key that was asked for has not signed it.
    #[error("it is not signed by the key that was asked for")]
    NotSigned,
    /// The checkpoint is of another log.
    #[error("it is a checkpoint of another log")]
    OtherLog,
    /// The proof does not lead to the checkpoint.
    #[error("the proof does not lead to its checkpoint")]
    NotProven,
}

/// Why a log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file of the log is missing or is not what the signed checkpoint says.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The checkpoint in the folder, or one that was given.
    #[error("{}: {cause}", .path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// Why it is not accepted.
        #[source]
        cause: NoteError,
    },
    /// An entry that is not in the log, or a size that it never had.
    #[error("the log has {size} entries")]
    Beyond {
        /// How many it has.
        size: u64,
    },
    /// An entry larger than a bundle can hold.
    #[error("an entry of the log may have 65,535 bytes")]
    TooLarge,
    /// No log is there.
    #[error("{} holds no log", .0.display())]
    NoLog(PathBuf),
}

impl LogError {
    /// Whether the log itself is not what it should be, rather than the machine or the request.
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Note { .. })
    }
}
