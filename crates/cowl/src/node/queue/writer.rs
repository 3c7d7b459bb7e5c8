//! What brings the queue to the disk: a thread of its own, or whoever puts.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rand_core::Rng as _;
use tokio::sync::Notify;

use super::{
    Lane, QueueError,
    disk::{Disk, Found},
    memory::{Batch, Memory},
    ticket::Group,
};
use crate::random::SystemRng;

/// How long a settled entry may stay on disk when nothing else is written: a crash before brings it back. And how long
/// to wait before a database that could not be opened is tried again.
const LAZY: Duration = Duration::from_secs(1);

/// What the queue's handles and its thread share.
pub(super) struct Shared {
    pub(super) disk: Disk,
    memory: Mutex<Memory>,
    /// Tells the thread that there is work.
    work: Condvar,
    /// Tell who waits for an entry of a lane.
    enrolled: Notify,
    walk_in: Notify,
}

/// Writes one batch after the other.
pub(super) struct Writer {
    rng: SystemRng,
    record: Vec<u8>,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { rng: SystemRng::new(), record: Vec::new() }
    }

    /// Writes what there is until the queue is closed.
    pub(super) fn run(mut self, shared: &Shared) {
        while let Some(job) = shared.wait() {
            match job {
                Job::Write => self.write(shared),
                Job::Recover => {
                    let _ = shared.recover(None);
                }
            }
        }
    }

    /// Writes what there is to write now.
    pub(super) fn write(&mut self, shared: &Shared) {
        let Some(batch) = shared.memory().begin_commit() else { return };
        let (group, written) = match self.try_write(shared, &batch) {
            Ok(()) => (shared.memory().committed(batch), Ok(())),
            Err(Failed::Before(error)) => (shared.memory().failed(batch, error.clone(), false), Err(error)),
            Err(Failed::Meanwhile(error)) => shared.look_into(batch, error),
        };
        shared.tell();
        group.finish(written);
    }

    fn try_write(&mut self, shared: &Shared, batch: &Batch) -> Result<(), Failed> {
        if !shared.disk.is_open() {
            shared.recover(Some(batch)).map_err(Failed::Before)?;
        }
        let mut prefix = [0; 8];
        self.rng.fill_bytes(&mut prefix);
        shared.disk.write(batch, prefix, &mut self.record).map_err(Failed::Meanwhile)
    }
}

/// When a write failed.
enum Failed {
    /// Nothing of it can be on disk.
    Before(QueueError),
    Meanwhile(QueueError),
}

/// What the thread is to do.
enum Job {
    Write,
    Recover,
}

impl Shared {
    pub(super) fn new(disk: Disk, memory: Memory) -> Self {
        Self {
            disk,
            memory: Mutex::new(memory),
            work: Condvar::new(),
            enrolled: Notify::new(),
            walk_in: Notify::new(),
        }
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wake_writer(&self) {
        self.work.notify_one();
    }

    pub(super) const fn ready(&self, lane: Lane) -> &Notify {
        match lane {
            Lane::Enrolled => &self.enrolled,
            Lane::WalkIn => &self.walk_in,
        }
    }

    /// Finds out what became of a batch after a failure: it may have come after the commit. If that cannot be found out
    /// now, it counts as failed, and what of it is on disk all the same is removed later.
    fn look_into(&self, batch: Batch, error: QueueError) -> (Arc<Group>, Result<(), QueueError>) {
        let found = self.recover(Some(&batch)).and_then(|()| self.disk.find(&batch));
        if found == Ok(Found::All) {
            return (self.memory().committed(batch), Ok(()));
        }
        let part = found != Ok(Found::Nothing);
        (self.memory().failed(batch, error.clone(), part), Err(error))
    }

    /// Opens the database again. `batch` is what was being written.
    pub(super) fn recover(&self, batch: Option<&Batch>) -> Result<(), QueueError> {
        let mut live = self.memory().live();
        live.extend(batch.into_iter().flat_map(Batch::numbers));
        match self.disk.recover(&live) {
            Ok(damage) => {
                self.memory().recovered(damage);
                self.tell();
                Ok(())
            }
            Err(error) => {
                self.memory().not_recovered(error.clone());
                Err(error)
            }
        }
    }

    /// Tells who waits for something to take.
    fn tell(&self) {
        let ready = {
            let memory = self.memory();
            Lane::ALL.map(|lane| memory.is_ready(lane))
        };
        for (lane, ready) in Lane::ALL.into_iter().zip(ready) {
            if ready {
                self.ready(lane).notify_waiters();
            }
        }
    }

    /// Waits until there is something to do; `None` when the queue was closed and nothing is left.
    fn wait(&self) -> Option<Job> {
        let mut memory = self.memory();
        let mut later = None;
        loop {
            let failing = memory.failing().is_some();
            if memory.is_closed() {
                let left = memory.has_puts() || (memory.has_chores() && !failing);
                return left.then_some(Job::Write);
            }
            if memory.has_puts() {
                return Some(Job::Write);
            }
            let unreadable = memory.is_unreadable();
            if unreadable && !failing {
                return Some(Job::Recover);
            }
            memory = if unreadable || memory.has_chores() {
                let at = *later.get_or_insert_with(|| Instant::now() + LAZY);
                let Some(left) = at.checked_duration_since(Instant::now()) else {
                    return Some(if unreadable { Job::Recover } else { Job::Write });
                };
                self.work.wait_timeout(memory, left).unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.work.wait(memory).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }
}
