//! A database in a file of its own, 0600, that says what it is.

use std::{
    fs::File,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

use redb::{Database, ReadableTable as _, TableDefinition};

use super::TokensError;
use crate::files::{self, FileError};

const META: TableDefinition<'_, &str, &str> = TableDefinition::new("meta");

/// The database of a file. One process at a time has it.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    form: &'static str,
    /// `None` after the disk failed it: it does nothing more then, and is opened again.
    database: Option<Database>,
}

impl Store {
    /// Opens or makes it. What is damaged or another file is left as it is.
    pub(super) fn open(path: PathBuf, form: &'static str) -> Result<Self, TokensError> {
        if !path.exists() {
            make(&path)?;
        }
        let database = Some(open(&path, form)?);
        Ok(Self { path, form, database })
    }

    /// Does something with the database. What failed, on a full disk say, can be tried again: nothing of it counts, unless it is on
    /// disk.
    pub(super) fn with<T>(
        &mut self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, TokensError> {
        let database = match self.database.take() {
            Some(database) => database,
            None => open(&self.path, self.form)?,
        };
        let done = work(&database).map_err(|error| TokensError::store(&self.path, &error))?;
        self.database = Some(database);
        Ok(done)
    }
}

/// Makes an empty database, 0600 before a byte is written to it, and under its name only once it is whole: a crash would leave a file
/// that is none.
fn make(path: &Path) -> Result<(), TokensError> {
    let new = files::temporary(path)?;
    let made = Database::create(new.path()).map_err(redb::Error::from);
    made.and_then(|database| Ok(database.close()?)).map_err(|error| TokensError::store(path, &error))?;
    Ok(files::keep_new(new, path)?)
}

fn open(path: &Path, form: &str) -> Result<Database, TokensError> {
    let failed = |error: redb::Error| TokensError::store(path, &error);
    let database = open_sound(path)?;
    let check = || -> Result<bool, redb::Error> {
        let transaction = database.begin_write()?;
        let known = {
            let mut table = transaction.open_table(META)?;
            let known = table.get("form")?.map(|known| known.value() == form);
            if known.is_none() {
                table.insert("form", form)?;
            }
            known
        };
        transaction.commit()?;
        Ok(known.unwrap_or(true))
    };
    if !check().map_err(failed)? {
        return Err(TokensError::Damaged(path.to_owned()));
    }
    Ok(database)
}

/// Opens a database and reads every checksum in it: one that forgot a token because of a disk's fault would take it twice, and the
/// database itself looks at checksums only after a crash.
fn open_sound(path: &Path) -> Result<Database, TokensError> {
    // A file of anything but pages makes the database's own code panic in places.
    let opened = catch_unwind(|| -> Result<_, redb::Error> {
        // Empty: left so by a crash of an earlier version. One that is gone is not made here.
        let is_empty = path.metadata()?.len() == 0;
        let mut database = if is_empty { Database::create(path)? } else { Database::open(path)? };
        let is_sound = database.check_integrity()?;
        Ok(is_sound.then_some(database))
    });
    let damaged = || TokensError::Damaged(path.to_owned());
    let opened = opened.map_err(|_| damaged())?;
    opened.map_err(|error| TokensError::store(path, &error))?.ok_or_else(damaged)
}

/// Whether a file is sound, from a copy: nothing of it is written.
pub(super) fn examine(path: &Path, form: &str) -> Result<(), TokensError> {
    let unreadable = |source| FileError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    // Whoever uses it holds it alone.
    file.try_lock_shared().map_err(|_| TokensError::InUse(path.to_owned()))?;
    let mut copy = tempfile::NamedTempFile::new().map_err(unreadable)?;
    std::io::copy(&mut file, &mut copy).map_err(unreadable)?;
    // Said, not left to the closing: a process that another thread is starting just now has the file open too, for a moment.
    file.unlock().map_err(unreadable)?;
    if copy.path().metadata().is_ok_and(|copy| copy.len() == 0) {
        // A crash left it before anything was in it.
        return Ok(());
    }
    match open(copy.path(), form) {
        Ok(_) => Ok(()),
        Err(TokensError::Store { what, .. }) => Err(TokensError::Store { path: path.to_owned(), what }),
        Err(_) => Err(TokensError::Damaged(path.to_owned())),
    }
}
