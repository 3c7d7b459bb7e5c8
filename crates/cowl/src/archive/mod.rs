//! The archive: opened reports, kept as long as the policy allows and not longer, and erased so that no copy opens again.
//!
//! [`Archive::keep`] takes what a [`crate::keyring::Reader`] opened; it is on disk when that returns, so a reader commits and
//! acknowledges after it. [`Archive::read`] looks reports up. [`Archive::obey`] and [`Archive::erase`] erase by the
//! authority's order, [`Archive::expire`] by the policy's retention.
//!
//! Keys form a tree: the *store key*, in a small file beside the database, opens a key for each epoch; that opens a key for
//! what one pseudonym and handle sent to one role within an hour, or for one walk-in message; and that opens the records.
//! Erasing destroys what is named, makes new keys of the epochs that it touched and a new store key, wraps what stays anew,
//! and overwrites the old store key. So neither a disk image, nor a write-ahead log, nor a backup of the database from before
//! opens what was erased, even together with every later store key. The price: such a backup opens nothing else either, so a
//! new one is due after each erasure; and the store key must never lie in the same backup as its database.
//!
//! A thief of the database without the key sees how many records an epoch, a role and an hour have, which of them belong
//! together, and one of 256 numbers in place of a zone.

mod carve;
mod cipher;
mod content;
mod entry;
mod erase;
mod error;
mod expire;
mod export;
pub mod hazmat;
mod keep;
mod key_file;
mod keys;
mod look;
mod read;
mod schema;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use cowl_core::{Authority, OperationId, SignedManifest};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

pub use entry::Entry;
pub use erase::Erased;
pub use error::ArchiveError;
pub use export::{Export, Format, NoCounts, Shared, Sharing, What, Written};
pub(crate) use look::{Look, look};
pub use read::{Kept, Query};

use self::{
    key_file::KeyFile,
    keys::Keys,
    schema::{Meta, connect},
};
use crate::{
    files::{self, Access},
    random::SystemRng,
};

/// The first store key's generation.
const FIRST: u64 = 1;

/// An archive, open. Several processes may have it open at once.
pub struct Archive {
    path: PathBuf,
    connection: Connection,
    keys: Keys,
    rng: SystemRng,
}

impl Archive {
    /// Opens an archive.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        fs::metadata(path).map_err(|source| files::FileError::Read { path: path.to_owned(), source })?;
        Self::open_there(path)
    }

    /// Opens an archive of this operation, or makes one.
    pub fn open_or_create(path: &Path, manifest: &SignedManifest) -> Result<Self, ArchiveError> {
        if !path.exists() {
            create(path, manifest)?;
        }
        let archive = Self::open_there(path)?;
        if archive.operation()? != manifest.operation || archive.authority()? != manifest.authority() {
            return Err(ArchiveError::OtherOperation(path.to_owned()));
        }
        Ok(archive)
    }

    fn open_there(path: &Path) -> Result<Self, ArchiveError> {
        let mut rng = SystemRng::new();
        let connection = connect(path)?;
        schema::check(&connection, path)?;
        let failed = ArchiveError::database(path);
        let meta = Meta::read(&connection).map_err(&failed)?;
        let key_path = key_path(path);
        if !key_path.exists() {
            let row = connection.query_row("SELECT epoch FROM epoch", [], |_| Ok(())).optional();
            // Made a moment ago, and cut off before it had a key: it has held nothing yet.
            if row.map_err(&failed)?.is_some() || meta.generation != FIRST {
                return Err(ArchiveError::NoKey { path: path.to_owned(), key: key_path });
            }
            KeyFile::create(&key_path, &meta.archive, FIRST, &rng.secret())?;
        }
        let keys = Keys::new(path, KeyFile::open(&key_path)?, &meta)?;
        let mut archive = Self { path: path.to_owned(), connection, keys, rng };
        archive.tidy()?;
        Ok(archive)
    }

    /// The operation whose reports it keeps.
    pub fn operation(&self) -> Result<OperationId, ArchiveError> {
        Ok(OperationId(self.meta()?.operation))
    }

    /// Whose orders it obeys.
    pub fn authority(&self) -> Result<Authority, ArchiveError> {
        Ok(Authority(self.meta()?.authority))
    }

    /// How many times the store key was replaced.
    pub fn replaced(&self) -> Result<u64, ArchiveError> {
        Ok(self.meta()?.generation.saturating_sub(FIRST))
    }

    /// The newest list of erase orders that was obeyed.
    pub fn obeyed(&self) -> Result<Option<u64>, ArchiveError> {
        Ok(Some(self.meta()?.orders).filter(|sequence| *sequence > 0))
    }

    /// What it is called before the operation's service: random, drawn when it was made.
    pub fn name(&self) -> Result<[u8; 16], ArchiveError> {
        Ok(self.meta()?.archive)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Overwrites whatever store key is not the one that the database names: an erasure was cut off before it came to that.
    /// Done whenever an archive is opened.
    fn tidy(&mut self) -> Result<(), ArchiveError> {
        let failed = ArchiveError::database(&self.path);
        // Under the lock that replacing takes, so that no key that is about to be named is taken for an old one.
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let generation = Meta::read(&transaction).map_err(&failed)?.generation;
        self.keys.file.keep_only(generation)?;
        transaction.commit().map_err(&failed)
    }

    fn meta(&self) -> Result<Meta, ArchiveError> {
        Meta::read(&self.connection).map_err(ArchiveError::database(&self.path))
    }
}

/// The store key of an archive: `FILE.key`. To be backed up apart from the database, or not at all.
pub fn key_path(path: &Path) -> PathBuf {
    beside(path, ".key")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Makes the database under another name first, so that one is there whole or not at all.
fn create(path: &Path, manifest: &SignedManifest) -> Result<(), ArchiveError> {
    let key_path = key_path(path);
    if key_path.exists() {
        // Of a database that is elsewhere just now: its key is not lost for a new one.
        return Err(files::FileError::Exists(key_path).into());
    }
    let new = beside(path, ".new");
    for left in [new.clone(), beside(&new, "-wal"), beside(&new, "-shm"), beside(&new, "-journal")] {
        match fs::remove_file(&left) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(files::FileError::Write { path: left, source }.into());
            }
            _ => {}
        }
    }
    // Made 0600 before the database writes a byte to it; what SQLite puts beside it is as private.
    files::create(&new, &[], Access::Owner)?;
    let meta = Meta {
        archive: SystemRng::new().id(),
        operation: manifest.operation.0,
        authority: manifest.authority().0,
        generation: FIRST,
        last_reports: 0,
        last_record: 0,
        orders: 0,
    };
    let failed = ArchiveError::database(path);
    let mut connection = connect(&new)?;
    schema::create(&mut connection, &meta).map_err(&failed)?;
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(&failed)?;
    connection.close().map_err(|(_, error)| failed(error))?;
    fs::rename(&new, path).map_err(|source| files::FileError::Write { path: path.to_owned(), source })?;
    Ok(files::sync_folder(path)?)
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod erase_tests;
#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod keep_tests;
#[cfg(test)]
mod testing;
