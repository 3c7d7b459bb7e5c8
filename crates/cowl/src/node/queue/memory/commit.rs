//! What goes to the disk in one transaction, and what becomes of it.

use std::sync::Arc;

use super::{Memory, Placed};
use crate::node::queue::{
    Once, QueueError,
    line::Held,
    once::Piece,
    sealed::{Content, record_len},
    ticket::Group,
};

/// The most that one commit does of what nobody waits for: more would keep those waiting who do.
const CHORES: usize = 4_096;

/// What one commit writes.
#[derive(Default)]
pub(in super::super) struct Batch {
    /// Commits are numbered while the queue is open.
    pub(super) commit: u64,
    pub(in super::super) group: Arc<Group>,
    /// In the order of their numbers.
    pub(in super::super) puts: Vec<Put>,
    pub(in super::super) once: Vec<Once>,
    /// Under which number `once` is written.
    pub(in super::super) once_number: u64,
    /// Entries that are delivered.
    pub(in super::super) removals: Vec<u64>,
    /// Entries that do not open.
    pub(in super::super) set_aside: Vec<u64>,
    /// Pieces of the record that go.
    pub(in super::super) forgotten: Vec<u64>,
    /// What goes to make room for these puts.
    pub(super) drops: Vec<Placed>,
}

/// A new entry.
pub(in super::super) struct Put {
    pub(in super::super) number: u64,
    pub(in super::super) content: Content,
}

impl Batch {
    pub(super) fn numbered(commit: u64) -> Self {
        Self { commit, ..Self::default() }
    }

    /// Entries that leave the table.
    pub(in super::super) fn gone(&self) -> impl Iterator<Item = u64> {
        self.removals.iter().copied().chain(self.drops.iter().map(|dropped| dropped.held.number))
    }

    /// Entries that may be on disk after it failed.
    pub(in super::super) fn numbers(&self) -> impl Iterator<Item = u64> {
        let dropped = self.drops.iter().map(|dropped| dropped.held.number);
        self.puts.iter().map(|put| put.number).chain(dropped)
    }
}

impl Memory {
    /// What is to be written now; `None` when there is nothing.
    pub(in super::super) fn begin_commit(&mut self) -> Option<Batch> {
        let mut gone = self.once.forget_oldest();
        self.open.forgotten.append(&mut gone);
        if !self.has_puts() && !self.has_chores() {
            return None;
        }
        let mut next = Batch::numbered(self.open.commit + 1);
        for (now, later) in [
            (&mut self.open.removals, &mut next.removals),
            (&mut self.open.set_aside, &mut next.set_aside),
            (&mut self.open.forgotten, &mut next.forgotten),
        ] {
            *later = now.split_off(now.len().min(CHORES));
        }
        let mut batch = std::mem::replace(&mut self.open, next);
        batch.once_number = self.next;
        self.next += 1;
        self.committing = Some((batch.commit, Arc::clone(&batch.group)));
        Some(batch)
    }

    /// It is on disk.
    pub(in super::super) fn committed(&mut self, batch: Batch) -> Arc<Group> {
        self.end_commit(&batch, None);
        if !batch.once.is_empty() {
            self.once.keep(Piece::new(batch.once_number, &batch.once));
        }
        for Put { number, content } in batch.puts {
            let size = u32::try_from(record_len(content.body.len())).unwrap_or(u32::MAX);
            self.line(content.lane, content.urgent).push(Held { number, since: content.since, size });
            self.recent.insert(number, content.body);
        }
        batch.group
    }

    /// It is not on disk, or only a `part` of it. What nobody waits for is tried again with a later one.
    pub(in super::super) fn failed(&mut self, batch: Batch, error: QueueError, part: bool) -> Arc<Group> {
        self.end_commit(&batch, Some(error));
        self.refused += batch.puts.len() as u64;
        self.once.withdraw(&batch.once);
        self.open.removals.extend(batch.removals);
        self.open.set_aside.extend(batch.set_aside);
        self.open.forgotten.extend(batch.forgotten);
        for put in batch.puts {
            self.bytes -= crate::node::queue::line::charge(record_len(put.content.body.len()));
            if part {
                self.open.removals.push(put.number);
            }
        }
        if part {
            self.open.forgotten.push(batch.once_number);
        }
        self.dropped -= batch.drops.len() as u64;
        for dropped in batch.drops {
            self.bytes += dropped.held.charge();
            self.line(dropped.lane, dropped.urgent).give_back(dropped.held);
        }
        batch.group
    }

    /// Whether somebody waits for the next commit.
    pub(in super::super) fn has_puts(&self) -> bool {
        !self.open.puts.is_empty()
    }

    /// Whether there is something to write that nobody waits for.
    pub(in super::super) fn has_chores(&self) -> bool {
        !(self.open.removals.is_empty() && self.open.set_aside.is_empty() && self.open.forgotten.is_empty())
    }

    fn end_commit(&mut self, batch: &Batch, failing: Option<QueueError>) {
        self.committing = None;
        self.failing = failing;
        self.pending -= batch.puts.len();
        self.pending_bytes -=
            batch.puts.iter().map(|put| record_len(put.content.body.len()) as u64).sum::<u64>();
    }
}
