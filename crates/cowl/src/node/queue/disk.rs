//! The queue's database.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use cowl_core::Secret;
use redb::{
    Builder, Database, Durability, ReadableDatabase as _, ReadableTable as _, StorageBackend,
    TableDefinition, WriteTransaction,
};
use zeroize::Zeroizing;

use super::{
    Once, OpenError, QueueError,
    memory::{Batch, Memory},
    once::{ONCE_LEN, Piece},
    sealed::{Kind, Sealer},
};
use crate::files::{self, Access};

/// The form of queues; another one is refused.
const FORM: &[u8] = b"1";
/// Pages in memory, in bytes.
const CACHE: usize = 8 << 20;

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// Number → record of an entry.
const ENTRIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");
/// Number → record of a piece of what was kept before.
const ONCE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("once");
/// Number → what was found there and did not open.
const ASIDE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("aside");

pub(super) struct Disk {
    source: Source,
    sealer: Sealer,
    /// `None` while it is being opened again after a failure.
    database: RwLock<Option<Database>>,
}

/// Where the database is.
enum Source {
    File(PathBuf),
    Backend(Arc<dyn StorageBackend>),
}

/// Why an entry was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It does not open, or is not there.
    Damaged,
    /// The disk fails; perhaps later.
    NotNow,
}

impl Disk {
    /// Opens or makes the database in a file of its own.
    pub(super) fn open(path: &Path, key: &Secret) -> Result<Self, OpenError> {
        if !path.exists() {
            // Made 0600 before the database writes a byte to it.
            files::create(path, &[], Access::Owner)?;
        }
        Self::open_source(Source::File(path.to_owned()), key)
    }

    /// Opens or makes the database that `backend` holds.
    pub(super) fn open_on(backend: impl StorageBackend, key: &Secret) -> Result<Self, OpenError> {
        Self::open_source(Source::Backend(Arc::new(backend)), key)
    }

    fn open_source(source: Source, key: &Secret) -> Result<Self, OpenError> {
        let sealer = Sealer::new(key).map_err(|_| OpenError::OtherKey)?;
        let database = source.open().map_err(|error| source.open_error(error))?;
        let disk = Self { sealer, database: RwLock::new(Some(database)), source };
        disk.check_or_make()?;
        Ok(disk)
    }

    fn check_or_make(&self) -> Result<(), OpenError> {
        let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = guard.as_ref() else { return Err(OpenError::Damaged) };
        let known = || -> Result<Option<(Vec<u8>, Vec<u8>)>, redb::Error> {
            let meta = match database.begin_read()?.open_table(META) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
                other => other?,
            };
            let value =
                |key| Ok::<_, redb::Error>(meta.get(key)?.map_or(Vec::new(), |value| value.value().to_vec()));
            Ok(Some((value("form")?, value("check")?)))
        };
        match known().map_err(|error| OpenError::from_failure(failure(error)))? {
            Some((form, _)) if form != FORM => Err(OpenError::Form),
            Some((_, check)) => {
                self.sealer.open(Kind::Check, 0, &check).map(|_| ()).map_err(|_| OpenError::OtherKey)
            }
            None => self.make(database).map_err(|error| OpenError::from_failure(failure(error))),
        }
    }

    fn make(&self, database: &Database) -> Result<(), redb::Error> {
        let mut check = Vec::new();
        // Under number 0, which no commit uses again with this prefix: it holds nothing.
        if self.sealer.seal(Kind::Check, 0, [0; 8], 0, &mut check, |_| ()).is_err() {
            return Err(redb::Error::Corrupted(String::new()));
        }
        let transaction = begin(database)?;
        {
            let mut meta = transaction.open_table(META)?;
            meta.insert("form", FORM)?;
            meta.insert("check", check.as_slice())?;
            transaction.open_table(ENTRIES)?;
            transaction.open_table(ONCE)?;
            transaction.open_table(ASIDE)?;
        }
        Ok(transaction.commit()?)
    }

    /// Hands everything that is on disk to `memory`, oldest first.
    pub(super) fn load(&self, memory: &mut Memory) -> Result<(), OpenError> {
        let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = guard.as_ref() else { return Err(OpenError::Damaged) };
        let mut load = || -> Result<(), redb::Error> {
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
                match self.open_piece(number.value(), record.value()) {
                    Some(piece) => memory.load_once(piece),
                    None => memory.load_broken_once(number.value()),
                }
            }
            let aside = transaction.open_table(ASIDE)?;
            memory.load_damaged(redb::ReadableTableMetadata::len(&aside)?);
            Ok(())
        };
        load().map_err(|error| OpenError::from_failure(failure(error)))
    }

    fn open_piece(&self, number: u64, record: &[u8]) -> Option<Piece> {
        let text = self.sealer.open(Kind::Once, number, record).ok()?;
        let (keys, rest) = text.as_chunks::<ONCE_LEN>();
        if !rest.is_empty() {
            return None;
        }
        let once: Option<Vec<Once>> = keys
            .iter()
            .map(|bytes| {
                let (key, expiry) = bytes.split_first_chunk::<16>()?;
                Some(Once { key: *key, expiry: u64::from_be_bytes(expiry.try_into().ok()?) })
            })
            .collect();
        Some(Piece::new(number, &once?))
    }

    /// The body of an entry.
    pub(super) fn read(&self, number: u64) -> Result<Zeroizing<Vec<u8>>, Unread> {
        let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = guard.as_ref() else { return Err(Unread::NotNow) };
        let read = || -> Result<Option<_>, redb::Error> {
            let record = database.begin_read()?.open_table(ENTRIES)?.get(number)?;
            Ok(record.and_then(|record| self.sealer.open_entry(number, record.value()).ok()))
        };
        match read().map_err(failure) {
            Ok(Some(content)) => Ok(content.body),
            Ok(None) | Err(QueueError::Damaged) => Err(Unread::Damaged),
            Err(_) => Err(Unread::NotNow),
        }
    }

    /// Writes a batch: durable when it returns, or not there at all. After a failure the database is opened again.
    pub(super) fn write(
        &self,
        batch: &Batch,
        prefix: [u8; 8],
        record: &mut Vec<u8>,
    ) -> Result<(), QueueError> {
        let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = guard.as_ref() else { return Err(QueueError::Disk(io::ErrorKind::Other)) };
        let transaction = begin(database).map_err(failure)?;
        self.write_to(&transaction, batch, prefix, record).map_err(failure)?;
        transaction.commit().map_err(|error| failure(error.into()))
    }

    fn write_to(
        &self,
        transaction: &WriteTransaction,
        batch: &Batch,
        prefix: [u8; 8],
        record: &mut Vec<u8>,
    ) -> Result<(), redb::Error> {
        let broken = |_| redb::Error::Corrupted(String::new());
        let mut entries = transaction.open_table(ENTRIES)?;
        for number in &batch.removals {
            entries.remove(number)?;
        }
        for put in &batch.puts {
            self.sealer.entry(put.number, prefix, &put.content, record).map_err(broken)?;
            entries.insert(put.number, record.as_slice())?;
        }
        if !batch.set_aside.is_empty() {
            let mut aside = transaction.open_table(ASIDE)?;
            for number in &batch.set_aside {
                let found = entries.remove(number)?;
                aside.insert(number, found.as_ref().map_or([].as_slice(), |found| found.value()))?;
            }
        }
        if !batch.once.is_empty() || !batch.forgotten.is_empty() {
            let mut pieces = transaction.open_table(ONCE)?;
            for number in &batch.forgotten {
                pieces.remove(number)?;
            }
            if !batch.once.is_empty() {
                let write = |text: &mut Vec<u8>| {
                    for once in &batch.once {
                        text.extend_from_slice(&once.key);
                        text.extend_from_slice(&once.expiry.to_be_bytes());
                    }
                };
                self.sealer.seal(Kind::Once, batch.once_number, prefix, 0, record, write).map_err(broken)?;
                pieces.insert(batch.once_number, record.as_slice())?;
            }
        }
        Ok(())
    }

    /// Opens the database again, as redb asks for after any failure of the disk. What was not committed is gone.
    pub(super) fn reopen(&self) -> Result<(), QueueError> {
        let mut guard = self.database.write().unwrap_or_else(PoisonError::into_inner);
        drop(guard.take());
        *guard = Some(self.source.open().map_err(|error| failure(error.into()))?);
        Ok(())
    }

    /// Closes the database; it says whether that went well.
    pub(super) fn close(&self) -> Result<(), QueueError> {
        let database = self.database.write().unwrap_or_else(PoisonError::into_inner).take();
        database.map_or(Ok(()), |database| database.close().map_err(|error| failure(error.into())))
    }
}

impl Source {
    fn open(&self) -> Result<Database, redb::DatabaseError> {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE);
        match self {
            Self::File(path) => builder.create(path),
            Self::Backend(backend) => builder.create_with_backend(Again(Arc::clone(backend))),
        }
    }

    fn open_error(&self, error: redb::DatabaseError) -> OpenError {
        match (self, error) {
            (Self::File(path), redb::DatabaseError::DatabaseAlreadyOpen) => OpenError::InUse(path.clone()),
            (_, error) => OpenError::from_failure(failure(error.into())),
        }
    }
}

impl OpenError {
    fn from_failure(failure: QueueError) -> Self {
        match failure {
            QueueError::Disk(kind) => Self::Disk(kind),
            QueueError::DiskFull => Self::Disk(io::ErrorKind::StorageFull),
            _ => Self::Damaged,
        }
    }
}

/// A transaction that is there whole or not at all after a crash at any instant.
fn begin(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

fn failure(error: redb::Error) -> QueueError {
    use io::ErrorKind::{FileTooLarge, InvalidData, QuotaExceeded, StorageFull, UnexpectedEof};
    match error {
        redb::Error::Io(error) => match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => QueueError::DiskFull,
            InvalidData | UnexpectedEof => QueueError::Damaged,
            kind => QueueError::Disk(kind),
        },
        redb::Error::PreviousIo | redb::Error::DatabaseClosed => QueueError::Disk(io::ErrorKind::Other),
        _ => QueueError::Damaged,
    }
}

/// A backend that can be opened more than once, one after the other.
#[derive(Debug)]
struct Again(Arc<dyn StorageBackend>);

impl StorageBackend for Again {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}
