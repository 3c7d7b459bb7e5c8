//! What a queue says of itself: numbers, and nothing of anyone.

use super::{Damage, Lane, QueueError};

/// How a queue stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Reports of enrolled devices that can be taken.
    pub enrolled: Waiting,
    /// Messages of a walk-in's size that can be taken.
    pub walk_in: Waiting,
    /// Taken and neither settled nor given back.
    pub taken: usize,
    /// Put and not yet on disk.
    pub pending: usize,
    /// Of [`Settings::limit_bytes`](super::Settings::limit_bytes), in use.
    pub bytes: u64,
    /// That limit.
    pub limit_bytes: u64,
    /// Dropped by the policy to make room, since the queue was opened.
    pub dropped: u64,
    /// Refused, since the queue was opened: full, too long, or not written.
    pub refused: u64,
    /// Found damaged and set aside, in this file, since it was made.
    pub damaged: u64,
    /// Keys in the record of what was kept before.
    pub once: usize,
    /// Seconds that the oldest one waits which can be taken.
    pub oldest_seconds: Option<u64>,
    /// Why the last write failed; `None` when it did not.
    pub failing: Option<QueueError>,
    /// What became of a damaged file when the queue was opened, or since.
    pub damage: Option<Damage>,
}

/// Waiting entries of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Put as urgent.
    pub urgent: usize,
    /// The others.
    pub routine: usize,
}

impl Status {
    /// Those of a lane.
    pub const fn waiting(&self, lane: Lane) -> Waiting {
        match lane {
            Lane::Enrolled => self.enrolled,
            Lane::WalkIn => self.walk_in,
        }
    }
}

impl Waiting {
    /// All of them.
    pub const fn all(self) -> usize {
        self.urgent + self.routine
    }
}
