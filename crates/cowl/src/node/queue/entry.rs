//! What goes into a queue and comes out of it.

use core::fmt;

use zeroize::Zeroizing;

/// The longest body that a queue takes, in bytes. A reading has a few hundred, a wrapped message a few thousand.
pub const MAX_BODY: usize = 65_536;

/// The size class that an entry is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Reports of enrolled devices.
    Enrolled,
    /// Messages of the size of a walk-in's.
    WalkIn,
}

impl Lane {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Enrolled, Self::WalkIn];
}

/// What is to be kept.
#[derive(Clone)]
pub struct New {
    /// The size class that it will be sent in.
    pub lane: Lane,
    /// Whether it goes before what is not urgent (by [`Order::UrgentFirst`](super::Order)), and stays when what is
    /// not urgent is dropped.
    pub urgent: bool,
    /// What will be sealed when it is sent; at most [`MAX_BODY`] bytes.
    pub body: Zeroizing<Vec<u8>>,
    /// What makes the same one, offered again, known instead of new.
    pub once: Option<Once>,
}

/// By what an entry is known again, even long after it was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Once {
    /// The same for the same message, and for no other: a digest or a random mark.
    pub key: [u8; 16],
    /// In units of the caller's: by [`Queue::forget_before`](super::Queue::forget_before) it is forgotten.
    pub expiry: u64,
}

/// Whether what was put was new. Either way it is safe on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was.
    New,
    /// An entry of the same [`Once`] was kept before; this one was not kept again.
    Known,
}

/// One that was taken out to be sent.
#[derive(Clone)]
pub struct Entry {
    /// To settle it by, or to give it back.
    pub id: EntryId,
    /// Its size class.
    pub lane: Lane,
    /// Whether it was put as urgent.
    pub urgent: bool,
    /// What was put.
    pub body: Zeroizing<Vec<u8>>,
}

/// Names an entry of a queue that is open; worth nothing to another process, or after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub(super) u64);

impl fmt::Debug for New {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("New").field("lane", &self.lane).field("urgent", &self.urgent).finish_non_exhaustive()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("id", &self.id).field("lane", &self.lane).finish_non_exhaustive()
    }
}
