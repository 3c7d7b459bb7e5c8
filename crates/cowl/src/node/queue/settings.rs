//! What an owner of a queue chooses.

use core::fmt;
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

pub use cowl_core::policy::WhenFull;

/// How a queue keeps and gives.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most that entries may take up on disk, in bytes. Each counts with its padding and its share of the
    /// database's pages; the file can be larger by a constant (a few MB of pages to be used again).
    pub limit_bytes: u64,
    /// What happens to the next one at that limit.
    pub when_full: WhenFull,
    /// Which one goes first.
    pub order: Order,
    /// When puts become durable.
    pub commit: Commit,
    /// The record of what was kept before.
    pub once: OnceLimit,
    /// Pages of the database that are kept in memory, in bytes. Less makes the queue slower when much waits. Beside it,
    /// a queue needs up to 16 MB for what is on its way to the disk, 8 MB for what was put lately, and for each waiting
    /// entry 16 bytes, or 50 in a shuffled queue.
    pub cache_bytes: usize,
    /// The wall clock, for the age of entries in [`Status`](super::Status).
    pub clock: Clock,
}

impl Settings {
    /// A gateway's: urgent first, group commit, of devices' retransmissions the last 65,536 known.
    pub fn new(limit_bytes: u64, when_full: WhenFull) -> Self {
        Self {
            limit_bytes,
            when_full,
            order: Order::UrgentFirst,
            commit: Commit::Group,
            once: OnceLimit { most: 65_536, when_full: OnceWhenFull::ForgetOldest },
            cache_bytes: 8 << 20,
            clock: Clock::system(),
        }
    }

    /// A relay's: a random one of the waiting, and no mark is forgotten before its time.
    pub fn for_relay(limit_bytes: u64, when_full: WhenFull) -> Self {
        Self {
            order: Order::Shuffled,
            once: OnceLimit { most: 1 << 20, when_full: OnceWhenFull::Refuse },
            ..Self::new(limit_bytes, when_full)
        }
    }
}

/// Which of the waiting entries of a lane goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The urgent ones in the order they came, then the others in theirs.
    UrgentFirst,
    /// A random one: relays cannot know urgency, and order of arrival is what they are there to hide.
    Shuffled,
}

/// When puts become durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// On a thread of the queue's own: whatever came while one sync ran shares the next.
    Group,
    /// Each put before it returns, by its caller: for simulations, which must do the same again.
    Inline,
}

/// How much is remembered of what was kept before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnceLimit {
    /// The most keys; each costs about 100 bytes of memory and 50 on disk.
    pub most: usize,
    /// What happens to the next one.
    pub when_full: OnceWhenFull,
}

/// What happens to a new key when the record is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnceWhenFull {
    /// The put is refused until [`Queue::forget_before`](super::Queue::forget_before) makes room: for relays,
    /// where whoever could make one forget could replay.
    Refuse,
    /// The oldest keys are forgotten: for retransmissions of devices, which come soon or never.
    ForgetOldest,
}

/// A wall clock.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// The machine's.
    pub fn system() -> Self {
        Self::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }

    /// Anything that tells seconds since 1970.
    pub fn new(unix: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(unix))
    }

    /// Seconds since 1970.
    pub fn unix(&self) -> u64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
