//! Store and forward: a bounded queue on disk that survives power cuts, encrypted, in front of a node's uplink.
//!
//! What is put is safe when its [`Ticket`] says so: it was written by a transaction that is on disk whole or not at
//! all, and only then can it be taken. What is taken is out until it is settled or given back; after a crash it waits
//! again. A settled entry leaves the disk with the next commit, so a crash may bring back those of the last second:
//! receivers drop them by their report ids.
//!
//! ```
//! use cowl::node::{Kept, Lane, New, Queue, Settings, WhenFull};
//! use cowl_core::Secret;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let settings = Settings::new(64 << 20, WhenFull::Refuse);
//! let queue = Queue::open(&folder.path().join("queue"), &Secret::new([7; 32]), settings)?;
//! let body = b"a reading".to_vec().into();
//! let kept = queue.put(New { lane: Lane::Enrolled, urgent: false, body, once: None }).await?;
//! assert_eq!(kept, Kept::New); // acknowledge now
//! let entry = queue.take(Lane::Enrolled).ok_or("nothing waits")?;
//! queue.settle(entry.id); // or give_back, when the connection broke
//! queue.close()?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```

use core::fmt;
use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use cowl_core::Secret;
use redb::StorageBackend;
use zeroize::Zeroizing;

mod disk;
mod entry;
mod error;
mod line;
mod memory;
mod once;
mod sealed;
mod settings;
mod status;
mod ticket;
mod writer;

use self::{
    disk::{Disk, Opened, Unread},
    memory::{Memory, Picked, Putting},
    sealed::Sealer,
    writer::{Shared, Writer},
};
pub use self::{
    entry::{Entry, EntryId, Kept, Lane, MAX_BODY, New, Once},
    error::{Damage, OpenError, QueueError},
    settings::{Clock, Commit, OnceLimit, OnceWhenFull, Order, Settings, WhenFull},
    status::{Status, Waiting},
    ticket::Ticket,
};
use crate::random::SystemRng;

/// A durable queue. Clones are the same queue; the last one closes it.
#[derive(Clone)]
pub struct Queue(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    committer: Committer,
}

/// Who commits.
enum Committer {
    Thread(Mutex<Option<JoinHandle<()>>>),
    Inline(Mutex<Writer>),
}

impl Queue {
    /// Opens the queue in a file, or makes it. `key` is its own and nothing else's.
    pub fn open(path: &Path, key: &Secret, settings: Settings) -> Result<Self, OpenError> {
        let Opened { disk, damage } = Disk::open(path, key, settings.cache_bytes)?;
        Self::start(disk, damage, settings, SystemRng::new())
    }

    /// Opens the queue that `backend` holds, in memory for example, with the randomness that [`Order::Shuffled`] takes
    /// its choices from.
    pub fn open_on(
        backend: impl StorageBackend,
        key: &Secret,
        settings: Settings,
        rng: SystemRng,
    ) -> Result<Self, OpenError> {
        Self::start(Disk::open_on(backend, key, settings.cache_bytes)?, None, settings, rng)
    }

    /// The bodies of all entries in these bytes that open under a key, wherever they lie and whatever became of them: in a queue's
    /// file, its freed pages, a disk image, a backup. For looking whether something is gone.
    pub fn hazmat_carve(bytes: &[u8], key: &Secret) -> Vec<Zeroizing<Vec<u8>>> {
        Sealer::new(key).map(|sealer| disk::rescue::carve(bytes, &sealer)).unwrap_or_default()
    }

    fn start(
        disk: Disk,
        damage: Option<Damage>,
        settings: Settings,
        rng: SystemRng,
    ) -> Result<Self, OpenError> {
        let commit = settings.commit;
        let mut memory = Memory::new(settings, rng);
        disk.load(&mut memory)?;
        memory.recovered(damage);
        let shared = Arc::new(Shared::new(disk, memory));
        let committer = match commit {
            Commit::Inline => Committer::Inline(Mutex::new(Writer::new())),
            Commit::Group => {
                let theirs = Arc::clone(&shared);
                let thread = std::thread::Builder::new()
                    .name("cowl-queue".to_owned())
                    .spawn(move || Writer::new().run(&theirs))
                    .map_err(|error| OpenError::Disk(error.kind()))?;
                Committer::Thread(Mutex::new(Some(thread)))
            }
        };
        Ok(Self(Arc::new(Handle { shared, committer })))
    }

    /// Takes something to keep. With [`Commit::Group`] it never waits for the disk; the ticket does.
    pub fn put(&self, new: New) -> Ticket {
        let Putting { ticket, first } = self.0.shared.memory().put(new);
        if first {
            self.0.commit();
        }
        ticket
    }

    /// The next one to send in this size class. It is out until it is settled or given back. Reads the disk when it
    /// waited behind many others. `None` also while the disk cannot be read; [`Self::ready`] says when it can.
    pub fn take(&self, lane: Lane) -> Option<Entry> {
        self.take_by(|memory| memory.pick(lane))
    }

    /// The next one where the order must not tell what is urgent, or what was lost: an urgent one that came since
    /// [`Self::mark_waited`]; else with `again` any of [`Self::again`], urgent or not, each as likely, and without it the next
    /// that is neither. In a shuffled queue as [`Self::take`].
    pub fn take_mixed(&self, lane: Lane, again: bool) -> Option<Entry> {
        self.take_by(|memory| memory.pick_mixed(lane, again))
    }

    /// How many wait in this size class that were given back, or were urgent at the last [`Self::mark_waited`]. A shuffled
    /// queue makes no difference: 0.
    pub fn again(&self, lane: Lane) -> usize {
        self.0.shared.memory().again(lane)
    }

    /// Says that a time without sending is over: the urgent ones that wait, the first 4,096, are among [`Self::again`] from now on.
    pub fn mark_waited(&self) {
        self.0.shared.memory().mark_waited();
    }

    /// It was delivered: it will leave the disk within a second. What is not out is left alone.
    pub fn settle(&self, id: EntryId) {
        let first = self.0.shared.memory().settle(id);
        if first {
            self.0.shared.wake_writer();
        }
    }

    /// It was not delivered: it is first again for [`Self::take`], or in a shuffled queue one of the waiting.
    pub fn give_back(&self, id: EntryId) {
        let lane = self.0.shared.memory().give_back(id);
        if let Some(lane) = lane {
            self.0.shared.ready(lane).notify_waiters();
        }
    }

    /// Waits until there is something to take in this size class. Somebody else may take it first.
    pub async fn ready(&self, lane: Lane) {
        loop {
            let notified = self.0.shared.ready(lane).notified();
            if self.0.shared.memory().is_ready(lane) {
                return;
            }
            notified.await;
        }
    }

    /// Forgets of every [`Once`] those that expired before this.
    pub fn forget_before(&self, expiry: u64) {
        self.0.shared.memory().forget_before(expiry);
        self.0.shared.wake_writer();
    }

    /// How it stands.
    pub fn status(&self) -> Status {
        self.0.shared.memory().status()
    }

    /// Writes what is left to write and closes the file; from now on puts are refused. Waits for the disk.
    pub fn close(&self) -> Result<(), QueueError> {
        self.0.close()
    }

    /// The body of one that is on disk only; with it come those behind it.
    fn read(&self, picked: &Picked) -> Result<Zeroizing<Vec<u8>>, Unread> {
        let numbers = self.0.shared.memory().to_read(picked);
        let mut read = self.0.shared.disk.read(&numbers)?.into_iter();
        let body = read.next().flatten().ok_or(Unread::Damaged)?;
        // One that does not open is found when it is its turn.
        let ahead = numbers.into_iter().skip(1).zip(read);
        let ahead = ahead.filter_map(|(number, body)| Some((number, body?)));
        self.0.shared.memory().keep_ahead(picked, ahead);
        Ok(body)
    }

    fn take_by(&self, pick: impl Fn(&mut Memory) -> Option<Picked>) -> Option<Entry> {
        loop {
            let mut picked = pick(&mut self.0.shared.memory())?;
            let body = picked.body.take().map_or_else(|| self.read(&picked), Ok);
            let recover = match body {
                Ok(body) => return Some(picked.with(body)),
                Err(Unread::Damaged) => self.0.shared.memory().damaged(picked.number),
                Err(Unread::NotNow) => {
                    self.0.shared.memory().cannot_read(picked.number);
                    true
                }
            };
            if recover && !self.0.recover() {
                return None;
            }
        }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queue")
    }
}

impl Handle {
    /// Has what there is written: by the thread soon, or here and now.
    fn commit(&self) {
        match &self.committer {
            Committer::Thread(_) => self.shared.wake_writer(),
            Committer::Inline(writer) => {
                writer.lock().unwrap_or_else(PoisonError::into_inner).write(&self.shared);
            }
        }
    }

    /// Has the database opened again: by the thread soon, or here. Whether it is open again.
    fn recover(&self) -> bool {
        match &self.committer {
            Committer::Thread(_) => {
                self.shared.wake_writer();
                false
            }
            Committer::Inline(writer) => {
                let _writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                self.shared.recover(None).is_ok()
            }
        }
    }

    fn close(&self) -> Result<(), QueueError> {
        self.shared.memory().close();
        match &self.committer {
            Committer::Thread(thread) => {
                self.shared.wake_writer();
                let thread = thread.lock().unwrap_or_else(PoisonError::into_inner).take();
                if thread.is_some_and(|thread| thread.join().is_err()) {
                    return Err(QueueError::Disk(io::ErrorKind::Other));
                }
            }
            Committer::Inline(writer) => {
                writer.lock().unwrap_or_else(PoisonError::into_inner).write(&self.shared);
            }
        }
        let failing = self.shared.memory().failing();
        self.shared.disk.close()?;
        failing.map_or(Ok(()), Err)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Whoever wants to know calls `close`. What was acknowledged is on disk already.
        let _ = self.close();
    }
}
