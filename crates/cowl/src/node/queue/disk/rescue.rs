//! What can be saved of a damaged file: every record in it that opens, wherever it lies and whatever has become of the
//! tree around it.
//!
//! The file is kept beside, the new one takes its place when it is complete; after a crash at any instant one of both
//! is there. Pages that were free hold old records: entries that were settled may come back, and a put that failed may
//! turn up. Receivers drop the former.

use std::{collections::HashSet, fs::File, io::Read as _, path::Path};

use redb::{Database, ReadableTable as _, Table};
use zeroize::Zeroizing;

use super::{
    ENTRIES, ONCE, beside, guarded, make, remove_if_there, rename,
    source::{Place, Source},
    write::begin,
};
use crate::{
    files::{self, Access, FileError},
    node::queue::{
        Damage, MAX_BODY, OpenError,
        sealed::{HEADER, Kind, Said, Sealer, record_len},
    },
};

/// Bytes that are looked through at a time.
const WINDOW: usize = 4 << 20;
/// The longest record: an entry's. Those of [`Kind::Once`] are shorter but for commits of thousands.
const LONGEST: usize = 1 << 20;
const _: () = assert!(record_len(MAX_BODY) <= LONGEST, "an entry fits in what a window overlaps");
/// Pages of the new file in memory, in bytes.
const CACHE: usize = 4 << 20;
/// Records in a transaction.
const AT_ONCE: usize = 1_000;
/// How many damaged files are kept beside.
const MOST_KEPT: u32 = 1_000;

/// Completes what a crash interrupted.
pub(super) fn finish(path: &Path) -> Result<(), OpenError> {
    let saved = beside(path, "saved");
    if path.exists() {
        return Ok(remove_if_there(&saved)?);
    }
    // The damaged file was moved away, and it was not before the new one was complete.
    if saved.exists() { rename(&saved, path) } else { Ok(()) }
}

/// Makes a new file of what opens in the damaged one; of entries that are not among `live`, nothing.
pub(super) fn rescue(path: &Path, sealer: &Sealer, live: Option<&HashSet<u64>>) -> Result<Damage, OpenError> {
    let saved = beside(path, "saved");
    remove_if_there(&saved)?;
    files::create(&saved, &[], Access::Owner)?;
    let found = guarded(|| {
        let place = Place::File(saved.clone());
        let database = Source { place, cache: CACHE }.open()?;
        make(&database, sealer)?;
        let found = save(path, &database, sealer, live)?;
        database.close()?;
        Ok(found)
    });
    let found = match found {
        Ok(found) if found.right_key => found,
        refused => {
            remove_if_there(&saved)?;
            return Err(match refused {
                Ok(found) if found.broken > 0 => OpenError::OtherKey,
                Ok(_) => OpenError::Form,
                Err(error) => error.into(),
            });
        }
    };
    let moved_to = (0..MOST_KEPT)
        .map(|number| beside(path, &format!("damaged-{number}")))
        .find(|name| !name.exists())
        .ok_or_else(|| FileError::Exists(beside(path, "damaged")))?;
    rename(path, &moved_to)?;
    rename(&saved, path)?;
    Ok(Damage { moved_to, kept: found.kept, broken: found.broken })
}

/// What was found.
#[derive(Default)]
struct Found {
    kept: u64,
    broken: u64,
    /// Something opened.
    right_key: bool,
    /// Entries that share their number with another.
    seconds: Vec<Vec<u8>>,
    last: u64,
}

fn save(
    path: &Path,
    database: &Database,
    sealer: &Sealer,
    live: Option<&HashSet<u64>>,
) -> Result<Found, redb::Error> {
    let mut found = Found::default();
    let mut batch = Vec::new();
    records(path, |record| {
        let Some(kind) = opens(record, sealer) else {
            found.broken += 1;
            return Ok(());
        };
        found.right_key = true;
        batch.push((kind, record.to_vec()));
        if batch.len() >= AT_ONCE { flush(database, &mut batch, &mut found, live) } else { Ok(()) }
    })?;
    flush(database, &mut batch, &mut found, live)?;
    renumber(database, sealer, &mut found)?;
    Ok(found)
}

fn opens(record: &[u8], sealer: &Sealer) -> Option<Said> {
    let said = Said::of(record)?;
    match said.kind {
        Kind::Entry => sealer.open_entry(said.number, record).is_ok(),
        Kind::Once | Kind::Check => sealer.open(said.kind, said.number, record).is_ok(),
    }
    .then_some(said)
}

fn flush(
    database: &Database,
    batch: &mut Vec<(Said, Vec<u8>)>,
    found: &mut Found,
    live: Option<&HashSet<u64>>,
) -> Result<(), redb::Error> {
    let transaction = begin(database)?;
    {
        let mut entries = transaction.open_table(ENTRIES)?;
        let mut pieces = transaction.open_table(ONCE)?;
        for (said, record) in batch.drain(..) {
            found.last = found.last.max(said.number);
            match said.kind {
                Kind::Entry if live.is_none_or(|live| live.contains(&said.number)) => {
                    match keep(&mut entries, said.number, &record)? {
                        Kept::New => found.kept += 1,
                        Kept::Known => (),
                        Kept::Other => found.seconds.push(record),
                    }
                }
                Kind::Once => match keep(&mut pieces, said.number, &record)? {
                    Kept::New | Kept::Known => (),
                    Kept::Other => found.seconds.push(record),
                },
                Kind::Entry | Kind::Check => (),
            }
        }
    }
    Ok(transaction.commit()?)
}

enum Kept {
    New,
    Known,
    /// Another record is there under that number: of a commit that a crash undid, and the next one that took its numbers.
    Other,
}

fn keep(table: &mut Table<'_, u64, &'static [u8]>, number: u64, record: &[u8]) -> Result<Kept, redb::Error> {
    if let Some(there) = table.get(number)? {
        return Ok(if there.value() == record { Kept::Known } else { Kept::Other });
    }
    table.insert(number, record)?;
    Ok(Kept::New)
}

/// Gives numbers of their own to those that share one.
fn renumber(database: &Database, sealer: &Sealer, found: &mut Found) -> Result<(), redb::Error> {
    found.seconds.sort_unstable();
    found.seconds.dedup();
    let transaction = begin(database)?;
    {
        let mut entries = transaction.open_table(ENTRIES)?;
        let mut pieces = transaction.open_table(ONCE)?;
        let mut sealed = Vec::new();
        for record in std::mem::take(&mut found.seconds) {
            let Some(said) = Said::of(&record) else { continue };
            found.last += 1;
            let Ok(text) = sealer.open(said.kind, said.number, &record) else { continue };
            // The nonce differs from the first one's by the number, or else by its prefix.
            let again = sealer.seal(said.kind, found.last, said.prefix, 0, &mut sealed, |out| {
                out.extend_from_slice(&text);
            });
            if again.is_err() {
                continue;
            }
            if said.kind == Kind::Entry {
                entries.insert(found.last, sealed.as_slice())?;
                found.kept += 1;
            } else {
                pieces.insert(found.last, sealed.as_slice())?;
            }
        }
    }
    Ok(transaction.commit()?)
}

/// Hands everything that looks like a record to `each`, from front to back.
fn records(path: &Path, mut each: impl FnMut(&[u8]) -> Result<(), redb::Error>) -> Result<(), redb::Error> {
    let mut file = File::open(path).map_err(redb::Error::Io)?;
    let mut window = Vec::new();
    loop {
        let read = file.by_ref().take(WINDOW as u64).read_to_end(&mut window).map_err(redb::Error::Io)?;
        let last = read < WINDOW;
        // What begins in the last `LONGEST` bytes is looked at with what follows them.
        let until = if last { window.len() } else { window.len().saturating_sub(LONGEST) };
        let mut from = 0;
        while let Some(at) = next_magic(&window, from, until) {
            from = at + 1;
            let Some(rest) = window.get(at..) else { break };
            let length = Said::of(rest).map_or(0, |said| said.length);
            // A length that is broken itself still counts as one that looked like a record.
            each(rest.get(..length).filter(|record| record.len() > HEADER).unwrap_or(&[]))?;
        }
        if last {
            return Ok(());
        }
        window.drain(..until);
    }
}

/// The bodies of all entries in these bytes that open, wherever they lie: what a thief of the disk and the key finds.
pub(in crate::node::queue) fn carve(bytes: &[u8], sealer: &Sealer) -> Vec<Zeroizing<Vec<u8>>> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = next_magic(bytes, from, bytes.len()) {
        from = at + 1;
        let Some(rest) = bytes.get(at..) else { break };
        let record = Said::of(rest).and_then(|said| Some((said, rest.get(..said.length)?)));
        let content = record.and_then(|(said, record)| sealer.open_entry(said.number, record).ok());
        found.extend(content.map(|content| content.body));
    }
    found
}

/// Where the next magic begins, from `from` on and before `until`.
fn next_magic(window: &[u8], from: usize, until: usize) -> Option<usize> {
    let (start, _) = Kind::Entry.magic().split_first()?;
    (from..until).find(|at| window.get(*at) == Some(start) && window.get(*at..).and_then(Said::of).is_some())
}
