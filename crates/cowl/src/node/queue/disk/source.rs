//! Where the database is, and how it is opened, again and again.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
};

use redb::{Builder, Database, StorageBackend};

use crate::node::queue::QueueError;

/// Where the database is, and how many bytes of its pages are kept in memory.
pub(super) struct Source {
    pub(super) place: Place,
    pub(super) cache: usize,
}

/// Where the database is.
pub(super) enum Place {
    File(PathBuf),
    Backend(Arc<dyn StorageBackend>),
}

impl Source {
    /// Opens or makes it, after the checksum of every page was verified.
    pub(super) fn open(&self) -> Result<Database, redb::Error> {
        let mut builder = Builder::new();
        builder.set_cache_size(self.cache);
        builder.set_check_integrity_on_open(true);
        // Before that check, redb may panic at what a flipped bit did to its header.
        let opened = catch_unwind(AssertUnwindSafe(|| match &self.place {
            Place::File(path) => builder.create(path),
            Place::Backend(backend) => builder.create_with_backend(Again(Arc::clone(backend))),
        }));
        match opened {
            Ok(opened) => Ok(opened?),
            Err(_) => Err(redb::Error::Corrupted(String::new())),
        }
    }
}

/// What a failure of the database means. redb's own texts say nothing that helps whoever runs a node.
pub(super) fn failure(error: &redb::Error) -> QueueError {
    use io::ErrorKind::{FileTooLarge, InvalidData, Other, QuotaExceeded, StorageFull, UnexpectedEof};
    match error {
        redb::Error::Io(error) => match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => QueueError::DiskFull,
            InvalidData | UnexpectedEof => QueueError::Damaged,
            kind => QueueError::Disk(kind),
        },
        redb::Error::PreviousIo | redb::Error::DatabaseClosed => QueueError::Disk(Other),
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
