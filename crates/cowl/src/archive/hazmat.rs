//! For whoever looks whether erased reports are gone: databases and store keys wherever they lie, tried on each other, with
//! none of the checks of [`super::Archive`].

use std::fs;

use cowl_core::Secret;
use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

pub use super::carve::open_pages;
use super::{
    ArchiveError,
    cipher::{Binding, Sealer},
    content::Whose,
    keys::Row,
};
use crate::files::{self, Access, FileError};

/// What a database begins with.
const DATABASE: &[u8; 16] = b"SQLite format 3\0";
/// What a slot of a store key begins with, and where its key is.
const KEY: &[u8; 16] = b"cowl store key 1";
const KEY_AT: usize = 16 + 8 + 16;
/// Databases in a disk image begin on a sector.
const SECTOR: usize = 512;

/// All store keys that lie in these bytes, overwritten ones excepted.
pub fn carve_store_keys(bytes: &[u8]) -> Vec<[u8; 32]> {
    let starts = bytes.windows(KEY.len()).enumerate().filter(|(_, window)| *window == KEY);
    starts.filter_map(|(at, _)| bytes.get(at + KEY_AT..)?.first_chunk::<32>().copied()).collect()
}

/// All databases that lie in these bytes in one piece: a file of one is one.
pub fn carve_databases(bytes: &[u8]) -> Vec<Vec<u8>> {
    let starts = (0..bytes.len()).step_by(SECTOR);
    starts
        .filter_map(|at| {
            let rest = bytes.get(at..).filter(|rest| rest.starts_with(DATABASE))?;
            let size = u16::from_be_bytes(*rest.get(16..)?.first_chunk()?);
            let size = if size == 1 { 65_536 } else { usize::from(size) };
            let pages = u32::from_be_bytes(*rest.get(28..)?.first_chunk()?);
            let length = size.checked_mul(usize::try_from(pages).ok()?)?;
            Some(rest.get(..length).unwrap_or(rest).to_vec())
        })
        .collect()
}

/// The text of everything that opens of a database, with this store key: records and what keys are of. What does not open is
/// passed over.
pub fn open_with(
    database: &[u8],
    log: Option<&[u8]>,
    store_key: &[u8; 32],
) -> Result<Vec<Zeroizing<Vec<u8>>>, ArchiveError> {
    let failed = |source| FileError::Write { path: "a temporary folder".into(), source };
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = folder.path().join("copy");
    files::create(&path, database, Access::Owner)?;
    if let Some(log) = log.filter(|log| !log.is_empty()) {
        fs::write(folder.path().join("copy-wal"), log).map_err(failed)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(connection) = Connection::open_with_flags(&path, flags) else { return Ok(Vec::new()) };
    Ok(opened(&connection, &Secret::new(*store_key)).unwrap_or_default())
}

/// A row of the database, as it comes.
type Sealed = (Row, Vec<u8>);

fn opened(connection: &Connection, store_key: &Secret) -> rusqlite::Result<Vec<Zeroizing<Vec<u8>>>> {
    let archive: [u8; 16] = connection.query_row("SELECT archive FROM meta", [], |row| row.get(0))?;
    let rows: Vec<Sealed> = connection
        .prepare("SELECT id, epoch, role, hour, sealed FROM reports")?
        .query_map([], |row| {
            let of = Row { id: row.get(0)?, epoch: row.get(1)?, role: row.get(2)?, hour: row.get(3)? };
            Ok((of, row.get(4)?))
        })?
        .filter_map(Result::ok)
        .collect();
    let mut texts = Vec::new();
    for (row, sealed) in rows {
        let epoch: rusqlite::Result<Vec<u8>> =
            connection.query_row("SELECT sealed FROM epoch WHERE epoch = ?", [row.epoch], |row| row.get(0));
        let binding = Binding::Epoch { archive: &archive, epoch: row.epoch };
        let key = epoch.ok().and_then(|sealed| open(store_key, &binding, &sealed));
        let key = key.and_then(|key| key.first_chunk::<32>().copied()).map(Secret::new);
        let Some(text) = key.and_then(|key| open(&key, &row.binding(&archive), &sealed)) else { continue };
        if let Ok(whose) = Whose::decode(&text) {
            texts.extend(records(connection, &archive, &row, &whose)?);
        }
        texts.push(text);
    }
    Ok(texts)
}

fn records(
    connection: &Connection,
    archive: &[u8; 16],
    row: &Row,
    whose: &Whose,
) -> rusqlite::Result<Vec<Zeroizing<Vec<u8>>>> {
    let mut query = connection.prepare_cached("SELECT id, sealed FROM record WHERE reports = ?")?;
    let rows = query.query_map([row.id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let open = |(id, sealed): (i64, Vec<u8>)| {
        open(&whose.key, &Binding::Record { archive, reports: row.id, row: id }, &sealed)
    };
    Ok(rows.filter_map(Result::ok).filter_map(open).collect())
}

pub(super) fn open(key: &Secret, binding: &Binding<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    Sealer::new(key).and_then(|sealer| sealer.open(binding, sealed)).ok()
}
