//! Why the gateway of responders ends.

use std::path::{Path, PathBuf};

use crate::{files::FileError, keyring::KeyringError, state::slots::SlotsError, transport};

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
    /// The file that holds its key.
    #[error(
        "{0}; move it away, with the file beside it that has no .key behind its name: retained topics are then not cleared"
    )]
    Key(String),
    /// The key that the file was written under is gone: it is a copy from before something was erased.
    #[error("the key of {} is not there: the file is a copy from before something was erased; move it away", .0.display())]
    NoKey(PathBuf),
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

impl From<SlotsError> for RespondersError {
    fn from(error: SlotsError) -> Self {
        match error {
            SlotsError::File(error) => Self::File(error),
            error @ SlotsError::Damaged(_) => Self::Key(error.to_string()),
        }
    }
}

impl RespondersError {
    pub(super) fn store(path: &Path, error: &redb::Error) -> Self {
        Self::Store { path: path.to_owned(), what: error.to_string() }
    }
}
