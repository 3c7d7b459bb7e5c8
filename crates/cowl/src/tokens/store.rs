//! A database in a file of its own, 0600, that says what it is.

use std::{fs::File, panic::catch_unwind, path::Path};

use redb::{Database, ReadableTable as _, TableDefinition};

use super::TokensError;
use crate::files::{self, Access, FileError};

const META: TableDefinition<'_, &str, &str> = TableDefinition::new("meta");

/// Opens or makes it. What is damaged or another file is left as it is.
pub(super) fn open(path: &Path, form: &str) -> Result<Database, TokensError> {
    let failed = |error: redb::Error| TokensError::store(path, &error);
    let is_new = !path.exists();
    if is_new {
        // Made 0600 before the database writes a byte to it.
        files::create(path, &[], Access::Owner)?;
    }
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
        let mut database = Database::create(path)?;
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
