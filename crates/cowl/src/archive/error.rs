//! What can go wrong with an archive. Each names the file and what to do.

use std::path::{Path, PathBuf};

use crate::files::FileError;

/// Why an archive could not be opened, read or changed. What was not said to be done was not done.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database could not be read or written.
    #[error("archive {}: {source}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The disk, or the room that the database may have, is full: nothing was added.
    #[error("archive {}: no room is left on its disk", .0.display())]
    Full(PathBuf),
    /// Not the database of an archive.
    #[error("{} is not an archive of reports", .0.display())]
    NotAnArchive(PathBuf),
    /// Of a form that this version does not know.
    #[error("archive {}: it is of form {form}, which this version does not know", .path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// The form that it says.
        form: i64,
    },
    /// Another operation's reports.
    #[error("archive {}: it holds reports of another operation", .0.display())]
    OtherOperation(PathBuf),
    /// The store key is gone: nothing opens.
    #[error("archive {}: its store key {} is not there; without it nothing opens", .path.display(), .key.display())]
    NoKey {
        /// The database.
        path: PathBuf,
        /// The file that should be there.
        key: PathBuf,
    },
    /// The store key is damaged or of another archive, or was replaced by an erasure after this database was copied.
    #[error(
        "store key {}: damaged, of another archive, or replaced by an erasure since this database was copied",
        .0.display()
    )]
    OtherKey(PathBuf),
    /// Something in the database does not open under the keys: a byte changed, or a row was put in another's place.
    #[error("archive {}: {what} {number} is damaged or was moved", .path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// A table's name.
        what: &'static str,
        /// Which row.
        number: i64,
    },
    /// An erase order that is not the authority's.
    #[error("the erase order is not accepted: it is {0}")]
    Order(#[from] cowl_core::ErasuresError),
}

impl ArchiveError {
    /// Whether the machine, rather than a file's content, is the cause.
    pub const fn is_storage(&self) -> bool {
        matches!(self, Self::File(_) | Self::Database { .. } | Self::Full(_))
    }

    /// Whether the database or its key is damaged, or they do not belong together.
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::OtherKey(_) | Self::NoKey { .. } | Self::NotAnArchive(_))
    }

    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Full(_) => Some("make room, or expire sooner; the broker keeps what was not archived"),
            Self::NoKey { .. } => {
                Some("the key lies beside the database as FILE.key; put it back, or begin a new archive")
            }
            Self::OtherKey(_) => Some(
                "take the newest pair of database and key; what an erasure made unreadable is meant to stay so",
            ),
            Self::Damaged { .. } => {
                Some("`cowl archive check` lists what is damaged; put back the newest copy of the database")
            }
            Self::NotAnArchive(_) | Self::Form { .. } => Some("name a file that `cowl sub --archive` made"),
            Self::OtherOperation(_) => Some("one archive holds one operation; name another file"),
            Self::Database { .. } => {
                Some("is it open elsewhere, or its disk failing? `cowl archive check` looks")
            }
            _ => None,
        }
    }

    pub(super) fn database(path: &Path) -> impl Fn(rusqlite::Error) -> Self + '_ {
        |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full(path.to_owned()),
            Some(rusqlite::ErrorCode::NotADatabase) => Self::NotAnArchive(path.to_owned()),
            _ => Self::Database { path: path.to_owned(), source },
        }
    }
}
