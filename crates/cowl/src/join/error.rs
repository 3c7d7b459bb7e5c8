//! Why somebody could not join.

use std::path::PathBuf;

use cowl_core::{ManifestError, PackageError, ServiceAddress};

use super::http::Trouble;
use crate::{files::FileError, keyring::KeyringError};

/// Why somebody could not join. Nothing was written, and unless it says so the ticket was not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The ticket says no address: it goes with a package.
    #[error("this ticket names no service: it goes with a package")]
    NoAddress,
    /// Nobody answers there.
    #[error("no answer from {address}: {why}")]
    Unreachable {
        /// Where.
        address: ServiceAddress,
        /// Why, in a few words.
        why: String,
    },
    /// What answers there is something else.
    #[error("what answers at {0} is not an operation's service")]
    NotAService(ServiceAddress),
    /// The manifest is of another authority, not signed, or older than the ticket says.
    #[error("the manifest that was offered is {0}")]
    Manifest(#[from] ManifestError),
    /// The manifest names no key of the service: an operation from before there were tickets, or without room for it.
    #[error("this operation's service has no key to ask it with")]
    NoService,
    /// The service gave no reason: it gives none to a ticket that it does not know.
    #[error("the service does not know this ticket")]
    Refused,
    /// The answer does not open, or holds something else: it is not the service's.
    #[error("the answer is not one of the operation's service")]
    NotAnAnswer,
    /// The ticket was used.
    #[error("this ticket was used already, by another machine or more than a day ago")]
    Used,
    /// Its time is over, by the service's clock.
    #[error("this ticket has expired")]
    Expired,
    /// The authority took it back.
    #[error("this ticket was taken back")]
    Revoked,
    /// The operation has no place left.
    #[error("the operation has no place left")]
    Full,
    /// The package is not to be used.
    #[error("{}: {source}", .path.display())]
    Package {
        /// The file.
        path: PathBuf,
        /// What it is.
        source: PackageError,
    },
    /// What was handed over is not to be used.
    #[error("what the service handed over is {0}")]
    Grant(#[from] PackageError),
    /// A folder without the package of this ticket.
    #[error("there is no package for this ticket in {}", .0.display())]
    NoPackage(PathBuf),
    /// What is kept of an earlier attempt is damaged, or of another ticket.
    #[error("{} is {what}", .path.display())]
    Attempt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Credential and state could not be written.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl JoinError {
    pub(super) fn asking(address: &ServiceAddress, trouble: Trouble) -> Self {
        let address = address.clone();
        match trouble {
            Trouble::Unreachable(why) => Self::Unreachable { address, why },
            Trouble::Refused | Trouble::Strange => Self::NotAService(address),
        }
    }

    /// Whether the same may succeed a moment later.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Refused)
    }
}
