//! Tokens to connect with (spec §11): who makes them, who keeps them, who takes them.
//!
//! - [`TokenKeys`]: the keys of the periods, in the operation's folder; a broker that judges tokens has a copy.
//! - [`Given`]: who got its batch of a period, at the service.
//! - [`Wallet`]: a member's tokens, each spent on disk before it is shown to anybody.
//! - [`Gatekeeper`]: takes tokens, each once, for whoever admits connections.

mod fetch;
mod gatekeeper;
mod given;
mod keys;
mod pass;
mod spent;
mod store;
mod wallet;

use std::path::{Path, PathBuf};

pub use fetch::{Fetch, FetchError};
pub use gatekeeper::{Gatekeeper, Judged, NotAdmitted};
pub use given::{Given, TOKENS_GIVEN};
pub(crate) use keys::NewPeriod;
pub use keys::{TOKEN_KEYS, TokenKeys};

pub use pass::{TOKEN_USER, WalletPass};
pub use spent::TOKENS_SPENT;
pub use wallet::{Holding, Wallet};

use crate::files::FileError;

/// What is wrong with a file of tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokensError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It does not decode.
    #[error("{} is damaged: move it away, and it is made anew", .0.display())]
    Damaged(PathBuf),
    /// Another process has it.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// It belongs to another operation or credential.
    #[error("{} is of another operation: move it away, and it is made anew", .0.display())]
    Other(PathBuf),
    /// The database in it failed.
    #[error("{} cannot be used: {what}", .path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// What the database said.
        what: String,
    },
}

/// Whether the file of who got tokens, or of which were used, is sound; from a copy.
pub(crate) fn examine(path: &Path) -> Result<(), TokensError> {
    let is_given = path.file_name().is_some_and(|name| name == TOKENS_GIVEN);
    store::examine(path, if is_given { given::FORM } else { spent::FORM })
}

impl TokensError {
    fn store(path: &Path, error: &redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::InUse(path.to_owned()),
            redb::Error::Corrupted(_) | redb::Error::UpgradeRequired(_) => Self::Damaged(path.to_owned()),
            redb::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                Self::Damaged(path.to_owned())
            }
            other => Self::Store { path: path.to_owned(), what: other.to_string() },
        }
    }
}
