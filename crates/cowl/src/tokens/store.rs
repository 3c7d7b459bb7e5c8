//! A database in a file of its own, 0600, that says what it is.

use std::path::Path;

use redb::{Database, ReadableTable as _, TableDefinition};

use super::TokensError;
use crate::files::{self, Access};

const META: TableDefinition<'_, &str, &str> = TableDefinition::new("meta");

/// Opens or makes it. What is damaged or another file is left as it is.
pub(super) fn open(path: &Path, form: &str) -> Result<Database, TokensError> {
    let failed = |error: redb::Error| TokensError::store(path, &error);
    let is_new = !path.exists();
    if is_new {
        // Made 0600 before the database writes a byte to it.
        files::create(path, &[], Access::Owner)?;
    }
    // A file of anything but pages makes the database's own code panic in places.
    let opened = std::panic::catch_unwind(|| Database::create(path));
    let database = opened.map_err(|_| TokensError::Damaged(path.to_owned()))?;
    let database = database.map_err(|error| failed(error.into()))?;
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
