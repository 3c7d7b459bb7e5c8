//! What brings the queue to the disk: a thread of its own, or whoever puts.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rand_core::Rng as _;
use tokio::sync::Notify;

use super::{Lane, disk::Disk, memory::Memory};
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
    pub(super) enrolled: Notify,
    pub(super) walk_in: Notify,
}

/// Writes one batch after the other.
pub(super) struct Writer {
    rng: SystemRng,
    record: Vec<u8>,
    /// The database has to be opened again first.
    reopen: bool,
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
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { rng: SystemRng::new(), record: Vec::new(), reopen: false }
    }

    /// Writes what there is until the queue is closed.
    pub(super) fn run(mut self, shared: &Arc<Shared>) {
        while shared.wait() {
            self.write(shared);
        }
    }

    /// Writes what there is to write now. Whether it is on disk.
    pub(super) fn write(&mut self, shared: &Shared) -> bool {
        let Some(batch) = shared.memory().begin_commit() else { return true };
        let written = self.try_write(shared, &batch);
        self.reopen = written.is_err();
        let group = match &written {
            Ok(()) => shared.memory().committed(batch),
            Err(error) => shared.memory().failed(batch, error.clone()),
        };
        for lane in Lane::ALL {
            if shared.memory().is_ready(lane) {
                shared.ready(lane).notify_waiters();
            }
        }
        let done = written.is_ok();
        group.finish(written);
        done
    }

    fn try_write(&mut self, shared: &Shared, batch: &super::memory::Batch) -> Result<(), super::QueueError> {
        if self.reopen {
            shared.disk.reopen()?;
        }
        let mut prefix = [0; 8];
        self.rng.fill_bytes(&mut prefix);
        shared.disk.write(batch, prefix, &mut self.record)
    }
}

impl Shared {
    /// Waits until there is something to write; `false` when the queue was closed and there is nothing left.
    fn wait(&self) -> bool {
        let mut memory = self.memory();
        let mut chores_at = None;
        loop {
            if memory.is_closed() {
                return memory.has_puts() || (memory.has_chores() && memory.failing().is_none());
            }
            if memory.has_puts() {
                return true;
            }
            memory = if memory.has_chores() {
                let at = *chores_at.get_or_insert_with(|| Instant::now() + LAZY);
                let Some(left) = at.checked_duration_since(Instant::now()) else { return true };
                self.work.wait_timeout(memory, left).unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.work.wait(memory).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }
}
