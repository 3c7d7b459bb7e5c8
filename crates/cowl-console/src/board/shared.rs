//! The board between the feed, which writes, and the views and streams, which read.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::Board;

/// A board that several look at. Clones are the same board.
#[derive(Clone)]
pub(crate) struct SharedBoard {
    board: Arc<Mutex<Board>>,
    changed: Arc<watch::Sender<u64>>,
    /// Drawn for each start: numbers of changes of an earlier process mean nothing to this one.
    run: u64,
}

impl SharedBoard {
    /// A board, and what tells this start from others.
    pub(crate) fn new(board: Board, run: u64) -> Self {
        let (changed, _) = watch::channel(board.seq());
        Self { board: Arc::new(Mutex::new(board)), changed: Arc::new(changed), run }
    }

    /// Looks. Whoever looks holds up the feed: no more than a page at a time.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Board) -> T) -> T {
        look(&self.lock())
    }

    /// Changes something, and tells those who watch.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Board) -> T) -> T {
        let mut board = self.lock();
        let done = change(&mut board);
        let seq = board.seq();
        drop(board);
        self.changed.send_if_modified(|known| std::mem::replace(known, seq) != seq);
        done
    }

    /// Told of each change: its number.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The number of a change as it goes out: with the start that it is of.
    pub(crate) fn event_id(&self, seq: u64) -> String {
        format!("{:x}-{seq}", self.run)
    }

    /// The change that an id names; `None`: of another start, or none at all.
    pub(crate) fn seq_of(&self, id: &str) -> Option<u64> {
        let (run, seq) = id.split_once('-')?;
        (u64::from_str_radix(run, 16).ok()? == self.run).then(|| seq.parse().ok()).flatten()
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        // A panic while it was held leaves a board that is rebuilt case by case; showing it beats showing nothing.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SharedBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBoard").finish_non_exhaustive()
    }
}
