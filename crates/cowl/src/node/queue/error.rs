//! What can go wrong with a queue.

use std::{io, path::PathBuf};

use crate::files::FileError;

/// Why something was not kept. Nothing of it is on disk, and nothing that was acknowledged is lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// The limit of the policy is reached, and it drops nothing to make room.
    #[error("the queue is full")]
    Full,
    /// The record of what was kept before is full and may forget nothing yet.
    #[error("the queue's record of what was kept before is full")]
    OnceFull,
    /// More is waiting to be written than is held in memory: the disk is slower than what comes in.
    #[error("the disk is slower than what comes in")]
    Busy,
    /// Longer than [`MAX_BODY`](super::MAX_BODY).
    #[error("longer than a queue takes")]
    TooLong,
    /// There is no room on the disk; the queue goes on when there is.
    #[error("the queue's disk is full")]
    DiskFull,
    /// The disk failed in another way; the queue tries again with what comes next.
    #[error("the queue's disk fails: {0}")]
    Disk(io::ErrorKind),
    /// The queue's file cannot be used any more. It is looked into when the queue is opened next.
    #[error("the queue's file is damaged")]
    Damaged,
    /// The queue was closed.
    #[error("the queue is closed")]
    Closed,
}

/// Why a queue was not opened. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file could not be made, read or moved.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process has it open.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// It was written under another key.
    #[error("the queue was written under another key")]
    OtherKey,
    /// Of a later version, or no queue at all.
    #[error("the queue is of a form that this version does not know")]
    Form,
    /// The disk failed.
    #[error("the queue's disk fails: {0}")]
    Disk(io::ErrorKind),
    /// The database is damaged, and it is not in a file of its own that could be moved aside.
    #[error("the queue's database is damaged")]
    Damaged,
}

/// What a damaged file was turned into. Say it to whoever runs the node: entries may be lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the queue's file was damaged: {kept} entries were saved from it, {broken} could not be read, and settled ones may \
     have come back; it is kept as {}", .moved_to.display()
)]
pub struct Damage {
    /// Where the damaged file is now.
    pub moved_to: PathBuf,
    /// Entries that were found in it whole.
    pub kept: u64,
    /// What looked like an entry and does not open: it may have been one, or old bytes of one.
    pub broken: u64,
}
