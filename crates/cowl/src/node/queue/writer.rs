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

/// How long a settled entry may stay on disk when nothing else is written: a crash before brings it back.
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
        let mut prefix = [0; 8];
        self.rng.fill_bytes(&mut prefix);
        let (group, written) = match shared.disk.write(&batch, prefix, &mut self.record) {
            Ok(()) => (shared.memory().committed(batch), Ok(())),
            Err(error) => shared.look_into(batch, error),
        };
        shared.tell();
        group.finish(written);
    }
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

    /// Finds out what became of a batch after a failure. Until that is known, nobody is told anything.
    fn look_into(&self, batch: Batch, error: QueueError) -> (Arc<Group>, Result<(), QueueError>) {
        let found = self.recover(Some(&batch)).and_then(|()| self.disk.find(&batch));
        if found == Ok(Found::All) {
            return (self.memory().committed(batch), Ok(()));
        }
        let part = found != Ok(Found::Nothing);
        (self.memory().failed(batch, error.clone(), part), Err(error))
    }

    /// Opens the database again, as often as it takes, or until the queue is closed.
    pub(super) fn recover(&self, batch: Option<&Batch>) -> Result<(), QueueError> {
        loop {
            let mut live = self.memory().live();
            live.extend(batch.into_iter().flat_map(Batch::numbers));
            match self.disk.recover(&live) {
                Ok(damage) => {
                    self.memory().recovered(damage);
                    self.tell();
                    return Ok(());
                }
                Err(error) => {
                    let mut memory = self.memory();
                    memory.fails(error.clone());
                    if memory.is_closed() || memory.is_inline() {
                        return Err(error);
                    }
                    drop(self.work.wait_timeout(memory, LAZY));
                }
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
        let mut chores_at = None;
        loop {
            let failing = memory.failing().is_some();
            if memory.is_closed() {
                let left = memory.has_puts() || (memory.has_chores() && !failing);
                return left.then_some(Job::Write);
            }
            if memory.has_puts() {
                return Some(Job::Write);
            }
            if memory.is_unreadable() {
                return Some(Job::Recover);
            }
            memory = if memory.has_chores() {
                let at = *chores_at.get_or_insert_with(|| Instant::now() + LAZY);
                let Some(left) = at.checked_duration_since(Instant::now()) else { return Some(Job::Write) };
                self.work.wait_timeout(memory, left).unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.work.wait(memory).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }
}
