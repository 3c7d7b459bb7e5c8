//! A state's database: opened, and its checksums read.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use redb::Database;

use crate::keyring::KeyringError;

/// What is said of one that does not fit its checksums.
const DAMAGED: &str = "it is damaged; move it away, and the credential counts as restored";

/// Opens a database and reads every checksum in it: a counter that a disk's fault made smaller would be used twice, and the
/// database itself looks at checksums only after a crash. Damage can also make it panic.
pub(super) fn open_sound(path: &Path) -> Result<Database, KeyringError> {
    let damaged = || KeyringError::State { path: path.to_owned(), what: DAMAGED.to_owned() };
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let mut database = open(path)?;
        match database.check_integrity() {
            Ok(true) => Ok(database),
            Ok(false) | Err(_) => Err(damaged()),
        }
    }));
    opened.unwrap_or_else(|_| Err(damaged()))
}

pub(super) fn open(path: &Path) -> Result<Database, KeyringError> {
    Database::create(path).map_err(|error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => KeyringError::InUse(path.to_owned()),
        other => KeyringError::State { path: path.to_owned(), what: other.to_string() },
    })
}
