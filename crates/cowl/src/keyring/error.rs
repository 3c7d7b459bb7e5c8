//! What can go wrong with a member's credential and state.

use std::path::PathBuf;

use cowl_core::{BundleError, CredentialError, Epoch, ManifestError, SealError};

use crate::files::FileError;

/// Why a member cannot do what was asked. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The credential file is not one.
    #[error("{} is {source}", .path.display())]
    Credential {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        source: CredentialError,
    },
    /// A credential of another kind of member.
    #[error("{} is the credential of a {found}, not of a {wanted}", .path.display())]
    OtherKind {
        /// The file.
        path: PathBuf,
        /// What it is for.
        found: &'static str,
        /// What was needed.
        wanted: &'static str,
    },
    /// A responder without this role.
    #[error("this credential does not read role {0}")]
    OtherRole(String),
    /// The state file cannot be used.
    #[error("the state file {} cannot be used: {what}", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The state file belongs to another credential.
    #[error("the state file {} belongs to another credential", .0.display())]
    OtherState(PathBuf),
    /// The credential file is another one than when it was opened.
    #[error("{} was replaced by another credential meanwhile", .0.display())]
    Replaced(PathBuf),
    /// All keys were drawn anew, and those held are older (spec §9.5).
    #[error(
        "the operation's keys were changed in an emergency, and those held are of before: ask for new ones, by `cowl renew`"
    )]
    OldKeys,
    /// Another process uses the state.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The keys of this epoch were never given out or are deleted.
    #[error("there are no keys for epoch {}; the last one held is {}", .wanted.0, .last.map_or_else(|| "none".to_owned(), |epoch| epoch.0.to_string()))]
    NoKeys {
        /// The epoch now.
        wanted: Epoch,
        /// The last epoch with keys.
        last: Option<Epoch>,
    },
    /// A gateway has no such identity.
    #[error("there are {0} identities in this credential, and no more")]
    NoIdentity(usize),
    /// All counters of this epoch were used.
    #[error("all counters of this epoch are used up")]
    NoCounter,
    /// A beacon said that two machines send with this credential (spec §4.4).
    #[error("this credential is in use on a second device: enrol both again")]
    Cloned,
    /// The state was lost, and which counters are used with it; from the next epoch after a beacon on they are known again.
    #[error("the state of this credential was lost: it sends again from the next epoch after a beacon")]
    Restored,
    /// The report could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The newest manifest known must not be followed any more (spec §6.1).
    #[error("the manifest expired after epoch {}, and no newer one was heard", .0.0)]
    ManifestExpired(Epoch),
    /// A bundle that gives no keys.
    #[error("the responders' bundle is {0}")]
    Bundle(#[from] BundleError),
    /// A manifest that cannot be followed.
    #[error("the manifest is {0}")]
    Manifest(#[from] ManifestError),
}
