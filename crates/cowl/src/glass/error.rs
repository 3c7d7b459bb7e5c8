//! Why glass is not broken.

use std::path::PathBuf;

use cowl_core::{
    BodyError,
    custody::{AnswerError, CombineError, DealError, PartialError, RequestError, ShareError},
};

use crate::{archive::ArchiveError, files::FileError};

/// Why custodians cannot be appointed or asked, do not answer, or what they answered opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum GlassError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A file is not what it should be.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The policy has no `[custody]`.
    #[error("the operation's policy has no custody part: nothing is sealed to custodians")]
    NoCustody,
    /// There are no custodians yet.
    #[error("the operation has no custodians yet")]
    NoCustodians,
    /// There are custodians already.
    #[error("the operation has its custodians already")]
    Appointed,
    /// Names that do not fit the policy.
    #[error("the policy says {custodians} custodians of whom it takes {threshold}, and {named} were named")]
    Number {
        /// How many the policy says.
        custodians: u8,
        /// How many it takes.
        threshold: u8,
        /// How many were named.
        named: usize,
    },
    /// A name that cannot be a file's, or is there twice.
    #[error("custodians' names are 1 to 32 letters, digits, `-` or `_`, each once")]
    Names,
    /// The numbers cannot be dealt to.
    #[error(transparent)]
    Deal(#[from] DealError),
    /// A report whose custody part was not kept.
    #[error("no custody part of that report was kept")]
    NotKept,
    /// A request is refused.
    #[error("the request is {0}")]
    Request(#[from] RequestError),
    /// A custodian's file is refused.
    #[error("{} is {source}", .path.display())]
    Share {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ShareError,
    },
    /// A custodian's answer is refused.
    #[error("{} is {source}", .path.display())]
    Partial {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PartialError,
    },
    /// A request is not answered.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// This custodian has agreed to open the same message by another request.
    #[error("this custodian has agreed to open the same message already, by request {0}")]
    AnsweredBefore(String),
    /// The answers do not open the message.
    #[error("{error}{}", custodian.as_ref().map(|name| format!(" ({name})")).unwrap_or_default())]
    Combine {
        /// Why.
        error: CombineError,
        /// Whose answer it is about.
        custodian: Option<String>,
    },
    /// What was opened does not fit the policy.
    #[error("what was opened does not fit the policy: {0}")]
    Body(#[from] BodyError),
}
