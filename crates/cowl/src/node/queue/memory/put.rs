//! What may come in, and what has to go for it.

use std::sync::Arc;

use super::{Memory, Placed, Put};
use crate::node::queue::{
    Kept, Lane, MAX_BODY, New, QueueError, Ticket, WhenFull,
    line::charge,
    sealed::{Content, record_len},
};

/// Records that are on their way to the disk, in bytes: more is refused.
const PENDING_BYTES: u64 = 16 << 20;

impl Memory {
    /// Takes something in. Whether it is the first for the next commit: then that has to be asked for.
    pub(in super::super) fn put(&mut self, new: New) -> Putting {
        let first = !self.has_puts();
        match self.try_put(new) {
            Ok(ticket) => Putting { ticket, first: first && self.has_puts() },
            Err(error) => {
                self.refused += 1;
                Putting { ticket: Ticket::settled(Err(error)), first: false }
            }
        }
    }

    fn try_put(&mut self, new: New) -> Result<Ticket, QueueError> {
        if self.closed {
            return Err(QueueError::Closed);
        }
        if new.body.len() > MAX_BODY {
            return Err(QueueError::TooLong);
        }
        if let Some(once) = &new.once {
            if let Some(commit) = self.once.commit_of(&once.key) {
                return Ok(self.known(commit));
            }
            if self.once.is_full() {
                return Err(QueueError::OnceFull);
            }
        }
        let record = record_len(new.body.len());
        if self.pending_bytes + record as u64 > PENDING_BYTES {
            return Err(QueueError::Busy);
        }
        let charge = charge(record);
        self.make_room(charge)?;
        self.bytes += charge;
        self.pending_bytes += record as u64;
        self.pending += 1;
        if let Some(once) = new.once {
            self.once.add(once.key, self.open.commit);
            self.open.once.push(once);
        }
        let since = u32::try_from(self.settings.clock.unix()).unwrap_or(u32::MAX);
        let content = Content { lane: new.lane, urgent: new.urgent, since, body: new.body };
        self.open.puts.push(Put { number: self.next, content });
        self.next += 1;
        Ok(Ticket::waits(Arc::clone(&self.open.group), Kept::New))
    }

    /// The ticket of one that was put before: it resolves when that one is safe, not earlier.
    fn known(&self, commit: u64) -> Ticket {
        if commit == self.open.commit {
            return Ticket::waits(Arc::clone(&self.open.group), Kept::Known);
        }
        match &self.committing {
            Some((now, group)) if commit == *now => Ticket::waits(Arc::clone(group), Kept::Known),
            _ => Ticket::settled(Ok(Kept::Known)),
        }
    }

    /// Drops what the policy says until there is room for this much, or nothing if that cannot be.
    fn make_room(&mut self, needed: u64) -> Result<(), QueueError> {
        let limit = self.settings.limit_bytes;
        if self.bytes + needed <= limit {
            return Ok(());
        }
        let urgencies: &[bool] = match self.settings.when_full {
            WhenFull::Refuse => return Err(QueueError::Full),
            WhenFull::DropRoutine => &[false],
            WhenFull::DropOldest => &[false, true],
        };
        let droppable: u64 = lines(urgencies).map(|(lane, urgent)| self.line(lane, urgent).bytes()).sum();
        if self.bytes + needed > limit + droppable {
            return Err(QueueError::Full);
        }
        while self.bytes + needed > limit
            && let Some(dropped) = self.pop_oldest(urgencies)
        {
            self.bytes -= dropped.held.charge();
            self.dropped += 1;
            drop(self.body(dropped.held.number));
            self.open.drops.push(dropped);
        }
        Ok(())
    }

    fn pop_oldest(&mut self, urgencies: &[bool]) -> Option<Placed> {
        let (_, lane, urgent) = lines(urgencies)
            .filter_map(|(lane, urgent)| Some((self.line(lane, urgent).oldest()?.number, lane, urgent)))
            .min()?;
        let held = self.line(lane, urgent).pop_oldest()?;
        Some(Placed { lane, urgent, held })
    }
}

/// What became of a put.
pub(in super::super) struct Putting {
    pub(in super::super) ticket: Ticket,
    pub(in super::super) first: bool,
}

fn lines(urgencies: &[bool]) -> impl Iterator<Item = (Lane, bool)> {
    Lane::ALL.into_iter().flat_map(|lane| urgencies.iter().map(move |urgent| (lane, *urgent)))
}
