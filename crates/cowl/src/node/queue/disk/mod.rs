//! The queue's database.

pub(super) mod rescue;
mod source;
mod write;

use std::{
    collections::HashSet,
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use cowl_core::Secret;
use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _, StorageBackend,
    TableDefinition,
};
use zeroize::Zeroizing;

use self::source::{Place, Source, failure};
use super::{
    Damage, Once, OpenError, QueueError,
    memory::{Batch, Memory},
    once::{ONCE_LEN, Piece},
    sealed::{Kind, Sealer},
};
use crate::files::{self, Access, FileError};

/// The form of queues; another one is refused.
const FORM: &[u8] = b"1";

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// Number → record of an entry.
const ENTRIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");
/// Number → record of a piece of what was kept before.
const ONCE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("once");
/// Number → what was found there and did not open.
const ASIDE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("aside");

/// Entries that are read together lie beside each other if of so many records there one is theirs.
const SPARSE: u64 = 4;

pub(super) struct Disk {
    source: Source,
    sealer: Sealer,
    /// `None` while it cannot be opened.
    database: RwLock<Option<Database>>,
}

/// Why an entry was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It does not open, or is not there: it is damaged itself, or the tree around it is.
    Damaged,
    /// The database has to be opened again first.
    NotNow,
}

/// How much of a batch is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    All,
    Part,
    Nothing,
}

/// A disk, and what its file had suffered.
pub(super) struct Opened {
    pub(super) disk: Disk,
    pub(super) damage: Option<Damage>,
}

impl Disk {
    /// Opens or makes the database in a file of its own. A damaged one is moved aside, and everything in it that opens
    /// is taken over.
    pub(super) fn open(path: &Path, key: &Secret, cache: usize) -> Result<Opened, OpenError> {
        let sealer = Sealer::new(key).map_err(|_| OpenError::OtherKey)?;
        rescue::finish(path)?;
        if !path.exists() {
            create(path, &sealer)?;
        }
        let source = Source { place: Place::File(path.to_owned()), cache };
        let (database, damage) = match source.open() {
            Ok(database) => (database, None),
            Err(redb::Error::DatabaseAlreadyOpen) => return Err(OpenError::InUse(path.to_owned())),
            Err(error) if failure(&error) == QueueError::Damaged => {
                let damage = rescue::rescue(path, &sealer, None)?;
                (source.open().map_err(|error| OpenError::from(failure(&error)))?, Some(damage))
            }
            Err(error) => return Err(failure(&error).into()),
        };
        check(&database, &sealer)?;
        Ok(Opened { disk: Self { source, sealer, database: RwLock::new(Some(database)) }, damage })
    }

    /// Opens or makes the database that `backend` holds.
    pub(super) fn open_on(
        backend: impl StorageBackend,
        key: &Secret,
        cache: usize,
    ) -> Result<Self, OpenError> {
        let sealer = Sealer::new(key).map_err(|_| OpenError::OtherKey)?;
        let empty = backend.len().map_err(|error| OpenError::Disk(error.kind()))? == 0;
        let source = Source { place: Place::Backend(Arc::new(backend)), cache };
        let database = source.open().map_err(|error| OpenError::from(failure(&error)))?;
        if empty {
            make(&database, &sealer).map_err(|error| OpenError::from(failure(&error)))?;
        }
        check(&database, &sealer)?;
        Ok(Self { source, sealer, database: RwLock::new(Some(database)) })
    }

    /// Hands everything that is on disk to `memory`, oldest first.
    pub(super) fn load(&self, memory: &mut Memory) -> Result<(), OpenError> {
        self.with(|database| {
            let transaction = database.begin_read()?;
            for entry in transaction.open_table(ENTRIES)?.iter()? {
                let (number, record) = entry?;
                let (number, record) = (number.value(), record.value());
                match self.sealer.open_entry(number, record) {
                    Ok(content) => memory.load(number, &content, record.len()),
                    Err(_) => memory.load_broken(number),
                }
            }
            for piece in transaction.open_table(ONCE)?.iter()? {
                let (number, record) = piece?;
                match open_piece(&self.sealer, number.value(), record.value()) {
                    Some(piece) => memory.load_once(piece),
                    None => memory.load_broken_once(number.value()),
                }
            }
            memory.load_damaged(transaction.open_table(ASIDE)?.len()?);
            Ok(())
        })
        .map_err(OpenError::from)
    }

    /// The bodies of entries, their numbers growing behind the first, each `None` that does not open or is not there. What is
    /// damaged behind the first one does not keep it back.
    pub(super) fn read(&self, numbers: &[u64]) -> Result<Vec<Option<Zeroizing<Vec<u8>>>>, Unread> {
        let mut bodies = Vec::with_capacity(numbers.len());
        let read = self.with(|database| {
            let entries = database.begin_read()?.open_table(ENTRIES)?;
            let open = |number, record: &[u8]| {
                self.sealer.open_entry(number, record).ok().map(|content| content.body)
            };
            let Some((first, behind)) = numbers.split_first() else { return Ok(()) };
            bodies.push(entries.get(*first)?.and_then(|record| open(*first, record.value())));
            let (Some(next), Some(last)) = (behind.first(), behind.last()) else { return Ok(()) };
            if last - next < SPARSE * behind.len() as u64 {
                // They lie beside each other: one way down the tree for all of them.
                let mut records = entries.range(*next..=*last)?;
                let mut record = records.next().transpose()?;
                for number in behind {
                    while record.as_ref().is_some_and(|(there, _)| there.value() < *number) {
                        record = records.next().transpose()?;
                    }
                    let found = record.as_ref().filter(|(there, _)| there.value() == *number);
                    bodies.push(found.and_then(|(_, record)| open(*number, record.value())));
                }
            } else {
                for number in behind {
                    bodies.push(entries.get(*number)?.and_then(|record| open(*number, record.value())));
                }
            }
            Ok(())
        });
        match read {
            Ok(()) => Ok(bodies),
            Err(_) if !bodies.is_empty() => Ok(bodies),
            Err(QueueError::Damaged) => Err(Unread::Damaged),
            Err(_) => Err(Unread::NotNow),
        }
    }

    /// Writes a batch: durable when it returns, or else [`Self::recover`] has to be called.
    pub(super) fn write(
        &self,
        batch: &Batch,
        prefix: [u8; 8],
        record: &mut Vec<u8>,
    ) -> Result<(), QueueError> {
        self.with(|database| write::write(database, &self.sealer, batch, prefix, record))
    }

    /// Opens the database again, as redb asks for after any failure of the disk, and saves what can be saved if it is
    /// damaged: of what is not among `live`, nothing.
    pub(super) fn recover(&self, live: &HashSet<u64>) -> Result<Option<Damage>, QueueError> {
        let mut guard = self.database.write().unwrap_or_else(PoisonError::into_inner);
        let closed = catch_unwind(AssertUnwindSafe(|| drop(guard.take())));
        if closed.is_err() {
            return Err(QueueError::Damaged);
        }
        match (self.source.open(), &self.source.place) {
            (Ok(database), _) => {
                *guard = Some(database);
                Ok(None)
            }
            (Err(error), Place::File(path)) if failure(&error) == QueueError::Damaged => {
                let damage =
                    rescue::rescue(path, &self.sealer, Some(live)).map_err(|_| QueueError::Damaged)?;
                *guard = Some(self.source.open().map_err(|error| failure(&error))?);
                Ok(Some(damage))
            }
            (Err(error), _) => Err(failure(&error)),
        }
    }

    /// Whether there is a database to read and write, as far as is known.
    pub(super) fn is_open(&self) -> bool {
        self.database.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// How much of a batch is on disk after all: a failure may come after the commit.
    pub(super) fn find(&self, batch: &Batch) -> Result<Found, QueueError> {
        let (Some(first), Some(last)) = (batch.puts.first(), batch.puts.last()) else {
            return Ok(Found::Nothing);
        };
        let found = self.with(|database| {
            Ok(database.begin_read()?.open_table(ENTRIES)?.range(first.number..=last.number)?.count())
        })?;
        Ok(match found {
            0 => Found::Nothing,
            found if found == batch.puts.len() => Found::All,
            _ => Found::Part,
        })
    }

    /// Closes the database; it says whether that went well.
    pub(super) fn close(&self) -> Result<(), QueueError> {
        let database = self.database.write().unwrap_or_else(PoisonError::into_inner).take();
        let Some(database) = database else { return Ok(()) };
        catch_unwind(AssertUnwindSafe(|| database.close()))
            .map_err(|_| QueueError::Damaged)?
            .map_err(|error| failure(&error.into()))
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, QueueError> {
        let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = guard.as_ref().ok_or(QueueError::Disk(io::ErrorKind::Other))?;
        guarded(|| work(database))
    }
}

/// Does something with a database that may turn out to be damaged while it does: redb returns that or panics.
fn guarded<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, QueueError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| QueueError::Damaged)?.map_err(|error| failure(&error))
}

/// Makes a new file, whole or not at all.
fn create(path: &Path, sealer: &Sealer) -> Result<(), OpenError> {
    let new = beside(path, "new");
    remove_if_there(&new)?;
    // Made 0600 before the database writes a byte to it.
    files::create(&new, &[], Access::Owner)?;
    let source = Source { place: Place::File(new.clone()), cache: 0 };
    let database = source.open().map_err(|error| OpenError::from(failure(&error)))?;
    make(&database, sealer).map_err(|error| OpenError::from(failure(&error)))?;
    database.close().map_err(|error| OpenError::from(failure(&error.into())))?;
    rename(&new, path)
}

fn make(database: &Database, sealer: &Sealer) -> Result<(), redb::Error> {
    let mut check = Vec::new();
    // Number 0 is no entry's.
    sealer
        .seal(Kind::Check, 0, [0; 8], 0, &mut check, |_| ())
        .map_err(|_| redb::Error::Corrupted(String::new()))?;
    let transaction = write::begin(database)?;
    {
        let mut meta = transaction.open_table(META)?;
        meta.insert("form", FORM)?;
        // Twice, so that one flipped bit leaves one that tells a damaged file from another key.
        meta.insert("check", check.as_slice())?;
        meta.insert("check again", check.as_slice())?;
        transaction.open_table(ENTRIES)?;
        transaction.open_table(ONCE)?;
        transaction.open_table(ASIDE)?;
    }
    Ok(transaction.commit()?)
}

/// Refuses what is no queue of this version, or is under another key.
fn check(database: &Database, sealer: &Sealer) -> Result<(), OpenError> {
    let values = guarded(|| {
        let meta = match database.begin_read()?.open_table(META) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            other => other?,
        };
        let value = |key| Ok::<_, redb::Error>(meta.get(key)?.map(|value| value.value().to_vec()));
        Ok(value("form")?.zip(value("check")?))
    })?;
    let Some((form, check)) = values else { return Err(OpenError::Form) };
    if form != FORM {
        return Err(OpenError::Form);
    }
    sealer.open(Kind::Check, 0, &check).map(|_| ()).map_err(|_| OpenError::OtherKey)
}

fn open_piece(sealer: &Sealer, number: u64, record: &[u8]) -> Option<Piece> {
    let text = sealer.open(Kind::Once, number, record).ok()?;
    let (keys, rest) = text.as_chunks::<ONCE_LEN>();
    let once = |bytes: &[u8; ONCE_LEN]| {
        let (key, expiry) = bytes.split_first_chunk::<16>()?;
        Some(Once { key: *key, expiry: u64::from_be_bytes(expiry.try_into().ok()?) })
    };
    let once: Vec<Once> = keys.iter().map(once).collect::<Option<_>>()?;
    rest.is_empty().then(|| Piece::new(number, &once))
}

/// `path` with `.ending` behind it.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn remove_if_there(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::Write { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// Renames, and makes that survive a power cut too.
fn rename(from: &Path, to: &Path) -> Result<(), OpenError> {
    let failed = |source| FileError::Write { path: to.to_owned(), source };
    fs::rename(from, to).map_err(failed)?;
    Ok(files::sync_folder(to)?)
}

impl From<QueueError> for OpenError {
    fn from(failure: QueueError) -> Self {
        match failure {
            QueueError::Disk(kind) => Self::Disk(kind),
            QueueError::DiskFull => Self::Disk(io::ErrorKind::StorageFull),
            _ => Self::Damaged,
        }
    }
}
