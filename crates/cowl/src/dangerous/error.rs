//! What can go wrong. Nothing of a report, a key or a token stands in any of these texts.

use cowl_core::{BodyError, MAX_LINE, PolicyError, ReduceError};

use super::fernet::MAX_KEYS;

/// A text is no Fernet key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Fernet key: 44 characters, the url-safe base64 of 32 bytes")]
pub struct NotAKey;

/// Why a list of keys cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FernetKeysError {
    /// No key in it.
    #[error("no Fernet key")]
    Empty,
    /// More than [`MAX_KEYS`].
    #[error("more than {MAX_KEYS} Fernet keys")]
    TooMany,
    /// A line that is neither a key nor a comment.
    #[error("line {line}: {problem}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: NotAKey,
    },
}

/// A text is no token under any of the keys, was altered, or is not of the time asked for: which one is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Fernet token that these keys open")]
pub struct NotDecrypted;

/// Why a dangerous preset cannot be started.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SetupError {
    /// The operation is protected, so nothing of it may be exposed.
    #[error("the operation's preset is `cowl`, which exposes nothing")]
    NotDangerous,
    /// An encrypted preset without keys it could use.
    #[error("the credential's Fernet keys: {0}")]
    Keys(#[from] FernetKeysError),
    /// A minimised preset for a policy without any of the fields that it keeps.
    #[error("the policy has neither a field `severity` nor a position, so a minimised report would be empty")]
    NothingLeft,
    /// The fields that a minimised preset keeps are no policy by themselves.
    #[error("the fields of a minimised report do not hold together: {}", .0.problem)]
    Policy(#[from] PolicyError),
}

/// Why a reading is not published under a dangerous preset.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExposeError {
    /// Nothing in it.
    #[error("the reading is empty")]
    Empty,
    /// It came for a topic that nothing can be published to.
    #[error("its topic is empty, too long, or has a wildcard")]
    Topic,
    /// A number that JSON cannot say.
    #[error("a number is not finite")]
    NotFinite,
    /// As JSON it is too long for a receiver to read.
    #[error("longer than {MAX_LINE} bytes as JSON")]
    TooLong,
    /// The fields of a minimised report are not as the policy says.
    #[error(transparent)]
    Reduce(#[from] ReduceError),
    /// The minimised report does not read back: a fault of this program, so nothing is sent.
    #[error("the minimised report does not read back: {0}")]
    Body(#[from] BodyError),
}

/// Why a payload is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not a token under the operation's keys.
    #[error(transparent)]
    NotDecrypted(#[from] NotDecrypted),
    /// Neither a JSON object nor `name: value` text, or too long.
    #[error("not a report: neither a JSON object nor `name: value` text")]
    NotAReport,
}
