//! Looking at an archive from outside, for whoever only wants to know how it stands.

use std::{fmt::Write as _, fs, path::Path};

use rusqlite::{Connection, OpenFlags};

use super::{
    ArchiveError, beside,
    expire::overdue,
    key_file::KeyFile,
    key_path,
    keys::Keys,
    schema::{self, Meta},
};
use crate::files::FileError;

/// Bytes of a database whose every page is checked; of a larger one it would take minutes.
const CHECKED: u64 = 512 << 20;

/// How an archive stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Bytes of the database.
    pub(crate) size: u64,
    /// Reports in it.
    pub(crate) reports: u64,
    /// When the oldest and the newest came, to the hour, in Unix seconds.
    pub(crate) hours: Option<(u64, u64)>,
    /// Reports that are kept longer than their role may.
    pub(crate) overdue: u64,
    /// Whether the pages are as `SQLite` wrote them, as far as they were checked.
    pub(crate) sound: bool,
    /// Whether a process has it open, or was cut off: then nothing else of this is known.
    pub(crate) busy: bool,
}

/// Looks, and writes nothing: no lock, no write-ahead log.
pub(crate) fn look(path: &Path, now: u64) -> Result<Look, ArchiveError> {
    let length = |path: &Path| fs::metadata(path).map(|data| data.len());
    let size = length(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    let seen = Look { size, reports: 0, hours: None, overdue: 0, sound: true, busy: true };
    if length(&beside(path, "-wal")).is_ok_and(|waiting| waiting > 0) {
        return Ok(seen);
    }
    let failed = ArchiveError::database(path);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri(path), flags).map_err(&failed)?;
    schema::check(&connection, path)?;
    let meta = Meta::read(&connection).map_err(&failed)?;
    let key = key_path(path);
    if !key.exists() {
        return Err(ArchiveError::NoKey { path: path.to_owned(), key });
    }
    Keys::new(path, KeyFile::open(&key)?, &meta)?;
    let (reports, hours) = connection
        .query_row("SELECT count(*), min(hour), max(hour) FROM reports", [], |row| {
            let hour = |hour: i64| hour.cast_unsigned().saturating_mul(super::keep::HOUR);
            let (oldest, newest): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), oldest.map(hour).zip(newest.map(hour))))
        })
        .map_err(&failed)?;
    let overdue = overdue(&connection, now).map_err(&failed)?.values().map(Vec::len).sum::<usize>();
    let sound = size > CHECKED || is_sound(&connection);
    Ok(Look { reports, hours, overdue: overdue as u64, sound, busy: false, ..seen })
}

fn is_sound(connection: &Connection) -> bool {
    let checked = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    checked.is_ok_and(|said| said == "ok")
}

/// The name under which `SQLite` takes a file for one that nobody changes.
fn uri(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02x}");
        }
    }
    uri.push_str("?immutable=1");
    uri
}
