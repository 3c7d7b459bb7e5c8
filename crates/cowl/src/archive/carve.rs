//! Pages of a database wherever they lie: freed ones, those of a write-ahead log, of a file that was deleted from a disk. What a
//! thief finds who reads the disk and not the file system.
//!
//! Only rows that lie in one page of 4,096 bytes are found; a report of more than some 3,900 bytes does not.

use std::collections::BTreeSet;

use cowl_core::Secret;
use zeroize::Zeroizing;

use super::{cipher::Binding, content::Whose, hazmat::open, keys::Row};

/// Bytes of a page, as every archive has them.
const PAGE: usize = 4_096;
/// What a leaf of a table begins with (the file format of `SQLite`, §1.6).
const LEAF: u8 = 0x0d;
/// Pages begin on sectors of a disk, and in a write-ahead log on multiples of this.
const STEP: usize = 8;

/// Rows that were found, of whichever archive.
#[derive(Default)]
struct Rows {
    archives: BTreeSet<[u8; 16]>,
    epochs: BTreeSet<(u32, Vec<u8>)>,
    reports: Vec<(Row, Vec<u8>)>,
    /// Whose reports, the row's own number, and what is sealed.
    records: BTreeSet<(i64, i64, Vec<u8>)>,
}

/// A column's value.
enum Value<'a> {
    Null,
    Integer(i64),
    Bytes(&'a [u8]),
    Other,
}

/// The text of every record that opens of all pages that lie anywhere on these media, with any of these store keys.
pub fn open_pages<'a>(
    media: impl IntoIterator<Item = &'a [u8]>,
    store_keys: &BTreeSet<[u8; 32]>,
) -> Vec<Zeroizing<Vec<u8>>> {
    let mut rows = Rows::default();
    media.into_iter().for_each(|bytes| rows.carve(bytes));
    let mut texts = Vec::new();
    for archive in &rows.archives {
        let mut keys: Vec<(u32, Secret)> = Vec::new();
        for (epoch, sealed) in &rows.epochs {
            for store_key in store_keys {
                let binding = Binding::Epoch { archive, epoch: *epoch };
                let key = open(&Secret::new(*store_key), &binding, sealed);
                let key = key.and_then(|key| key.first_chunk::<32>().copied());
                keys.extend(key.map(|key| (*epoch, Secret::new(key))));
            }
        }
        for (row, sealed) in &rows.reports {
            let keys = keys.iter().filter(|(epoch, _)| *epoch == row.epoch);
            for text in keys.filter_map(|(_, key)| open(key, &row.binding(archive), sealed)) {
                if let Ok(whose) = Whose::decode(&text) {
                    texts.extend(rows.records_of(archive, row.id, &whose));
                }
                texts.push(text);
            }
        }
    }
    texts
}

impl Rows {
    fn carve(&mut self, bytes: &[u8]) {
        for at in (0..bytes.len()).step_by(STEP) {
            if bytes.get(at) == Some(&LEAF)
                && let Some(page) = bytes.get(at..at.saturating_add(PAGE).min(bytes.len()))
            {
                self.take(page);
            }
        }
    }

    /// The cells of a page; `None`: it is none.
    fn take(&mut self, page: &[u8]) -> Option<()> {
        let number = |at: usize| Some(usize::from(u16::from_be_bytes(*page.get(at..)?.first_chunk::<2>()?)));
        let cells = number(3)?;
        let begin = 8 + 2 * cells;
        if cells == 0 || begin > PAGE || number(5)? < begin || *page.get(7)? > 60 {
            return None;
        }
        for cell in 0..cells {
            let at = number(8 + 2 * cell)?;
            if let Some(cell) = page.get(at..).filter(|_| at >= begin) {
                self.cell(cell);
            }
        }
        Some(())
    }

    fn cell(&mut self, cell: &[u8]) -> Option<()> {
        let (length, rest) = varint(cell)?;
        let (id, rest) = varint(rest)?;
        let columns = columns(rest.get(..usize::try_from(length).ok()?)?)?;
        let epoch = |number: &i64| u32::try_from(*number).ok();
        match columns.as_slice() {
            [Value::Null, Value::Bytes(sealed)] => {
                self.epochs.insert((epoch(&id)?, sealed.to_vec()));
            }
            [Value::Bytes(archive), Value::Bytes(_), Value::Bytes(_), ..] if columns.len() == 7 => {
                self.archives.insert((*archive).try_into().ok()?);
            }
            [
                Value::Null,
                Value::Integer(of),
                Value::Bytes(role),
                Value::Integer(hour),
                _,
                Value::Bytes(sealed),
            ] => {
                let role = std::str::from_utf8(role).ok()?.to_owned();
                let row = Row { id, epoch: epoch(of)?, role, hour: *hour };
                self.reports.push((row, sealed.to_vec()));
            }
            [Value::Null, Value::Integer(reports), Value::Integer(_), _, _, Value::Bytes(sealed)] => {
                self.records.insert((*reports, id, sealed.to_vec()));
            }
            _ => {}
        }
        Some(())
    }

    fn records_of(&self, archive: &[u8; 16], reports: i64, whose: &Whose) -> Vec<Zeroizing<Vec<u8>>> {
        let own = self.records.range((reports, i64::MIN, Vec::new())..).take_while(|one| one.0 == reports);
        own.filter_map(|(_, row, sealed)| {
            open(&whose.key, &Binding::Record { archive, reports, row: *row }, sealed)
        })
        .collect()
    }
}

/// A record's columns (the file format of `SQLite`, §2.1).
fn columns(record: &[u8]) -> Option<Vec<Value<'_>>> {
    let (head, rest) = varint(record)?;
    let head = usize::try_from(head).ok()?;
    let mut kinds = rest.get(..head.checked_sub(record.len() - rest.len())?)?;
    let mut body = record.get(head..)?;
    let mut columns = Vec::new();
    while !kinds.is_empty() {
        let (kind, left) = varint(kinds)?;
        kinds = left;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 | 7 => 8,
            12.. => usize::try_from((kind - 12) / 2).ok()?,
            _ => return None,
        };
        let (value, left) = body.split_at_checked(length)?;
        body = left;
        columns.push(match kind {
            0 => Value::Null,
            1..=6 => Value::Integer(integer(value)),
            8 | 9 => Value::Integer(kind - 8),
            12.. => Value::Bytes(value),
            _ => Value::Other,
        });
    }
    Some(columns)
}

/// Big endian, with its sign.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| *first >= 0x80);
    bytes.iter().fold(if negative { -1 } else { 0 }, |number, byte| number << 8 | i64::from(*byte))
}

/// As `SQLite` writes numbers: up to nine bytes, the highest first.
fn varint(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut number = 0_u64;
    for (place, byte) in (1..).zip(bytes.iter().take(9)) {
        if place == 9 {
            return Some(((number << 8 | u64::from(*byte)).cast_signed(), bytes.get(place..)?));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number.cast_signed(), bytes.get(place..)?));
        }
    }
    None
}

#[cfg(test)]
#[path = "carve_tests.rs"]
mod tests;
