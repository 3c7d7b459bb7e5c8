//! Why the gateway of responders ends.

use std::path::{Path, PathBuf};

use crate::{files::FileError, keyring::KeyringError, transport};

/// Why a gateway of responders cannot go on. Nothing that was not published is lost: the uplink's broker keeps it.
#[derive(Debug, thiserror::Error)]
pub enum RespondersError {
    /// The credential or its state.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The gateway's own file.
    #[error("the file {} cannot be used: {what}", .path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The operation's broker, for good.
    #[error("the operation's broker: {0}")]
    Uplink(transport::Error),
    /// The local broker, for good.
    #[error("the local broker: {0}")]
    Local(transport::Error),
    /// The local broker refuses a topic that the operator chose.
    #[error("the local broker refuses to be published to: {0}")]
    Refused(&'static str),
    /// The state folder is in use a second time.
    #[error("another gateway uses a copy of this state folder")]
    Copied,
    /// The system has no randomness.
    #[error("the system has no randomness")]
    Random,
}

impl RespondersError {
    pub(super) fn store(path: &Path, error: &redb::Error) -> Self {
        Self::Store { path: path.to_owned(), what: error.to_string() }
    }
}
