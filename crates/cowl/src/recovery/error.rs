//! Why nothing was rebuilt.

use std::path::PathBuf;

use crate::{files::FileError, keyring::KeyringError, operation::OperationError, rest::RestError};

/// Why shares, a recovery file or a backup cannot be used. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// What was to be saved, or what came back, is no operation to go on with.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The same of a credential.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// It does not open.
    #[error("{source}")]
    Rest {
        /// Why.
        #[from]
        source: RestError,
    },
    /// Thresholds that make no sense.
    #[error(
        "of {of} shares {threshold} cannot be needed: it takes 2 at least, and no more than there are (at most 16)"
    )]
    Threshold {
        /// How many would be needed.
        threshold: u8,
        /// How many there would be.
        of: u8,
    },
    /// Words or bytes that are no share.
    #[error("not a share: one has 32 words, or the 88 digits of its QR code")]
    NotAShare,
    /// A word that is not in the list; told by its place, because words are secret.
    #[error("word {0} of the share is not in the list")]
    Word(usize),
    /// Words that were misread or changed places.
    #[error("the share was written down or read wrongly: its checksum does not fit")]
    Misread,
    /// A share of another operation, or of an earlier set.
    #[error("share {number} belongs to set {found}, and the file to set {wanted}")]
    OtherSet {
        /// Its number.
        number: u8,
        /// Its set.
        found: String,
        /// The file's.
        wanted: String,
    },
    /// A share that is none of those that were dealt, though it says so.
    #[error("share {0} was altered: it is not the one that was given out under this number")]
    Altered(u8),
    /// Not enough shares.
    #[error("{need} different shares are needed, and there are only {have}")]
    TooFew {
        /// Different ones that were given.
        have: u8,
        /// How many it takes.
        need: u8,
    },
    /// Shares that fit, of a key that does not.
    #[error("the shares give a key that is not this file's")]
    WrongKey,
    /// A file that the recovery file would have overwritten.
    #[error("{} is something else than a recovery file, and is not overwritten", .0.display())]
    Other(PathBuf),
    /// Not a recovery file or a backup.
    #[error("{} is not a {what}", .path.display())]
    NotOne {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
    },
    /// One that was cut off or altered.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// One of another version.
    #[error("{} is of version {version}, and this program reads version 1", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// Nothing that a backup is made of.
    #[error("{} is neither an operation's folder nor a credential", .0.display())]
    NothingToSave(PathBuf),
    /// No shares were made yet.
    #[error("no shares were made for this operation yet")]
    NoShares,
    /// Something is there.
    #[error("{} is there already: what is restored goes to a place of its own", .0.display())]
    Exists(PathBuf),
}
