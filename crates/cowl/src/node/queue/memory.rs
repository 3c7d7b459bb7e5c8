//! The queue without its disk: what waits, what is out, what is on its way. No call here takes longer than a few
//! microseconds, however much waits.

use std::{collections::HashMap, sync::Arc};

use zeroize::Zeroizing;

use super::{
    Entry, EntryId, Kept, Lane, New, Once, Order, QueueError, Settings, Status, Ticket, Waiting, WhenFull,
    entry::MAX_BODY,
    line::{Held, Line},
    once::{Piece, Record},
    sealed::{Content, record_len},
    ticket::Group,
};
use crate::random::SystemRng;

/// Bodies that are on their way to the disk, in bytes: more is refused.
const PENDING_BYTES: u64 = 16 << 20;
/// Bodies that are on disk and kept in memory too, in bytes: most are taken soon.
const RECENT_BYTES: usize = 8 << 20;

/// What one commit writes.
#[derive(Default)]
pub(super) struct Batch {
    /// Commits are numbered while the queue is open.
    commit: u64,
    pub(super) group: Arc<Group>,
    pub(super) puts: Vec<Put>,
    pub(super) once: Vec<Once>,
    /// Under which number `once` is written.
    pub(super) once_number: u64,
    /// Entries that are delivered or dropped.
    pub(super) removals: Vec<u64>,
    /// Entries that do not open.
    pub(super) set_aside: Vec<u64>,
    /// Pieces of the record that go.
    pub(super) forgotten: Vec<u64>,
    /// What was dropped to make room for these puts: comes back if they fail.
    drops: Vec<Dropped>,
}

pub(super) struct Put {
    pub(super) number: u64,
    pub(super) content: Content,
}

struct Dropped {
    lane: Lane,
    urgent: bool,
    held: Held,
}

/// One that is out.
struct Taken {
    lane: Lane,
    urgent: bool,
    held: Held,
}

/// What is taken, before its body is there.
pub(super) struct Picked {
    pub(super) number: u64,
    pub(super) lane: Lane,
    pub(super) urgent: bool,
    /// `None`: it is on disk only.
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
}

/// A lane's two lines.
struct Lines {
    urgent: Line,
    routine: Line,
}

pub(super) struct Memory {
    settings: Settings,
    rng: SystemRng,
    enrolled: Lines,
    walk_in: Lines,
    taken: HashMap<u64, Taken>,
    recent: HashMap<u64, Zeroizing<Vec<u8>>>,
    recent_bytes: usize,
    once: Record,
    /// What the next commit writes.
    open: Batch,
    /// The commit that is being written now.
    committing: Option<(u64, Arc<Group>)>,
    pending: usize,
    pending_bytes: u64,
    bytes: u64,
    next: u64,
    dropped: u64,
    refused: u64,
    damaged: u64,
    failing: Option<QueueError>,
    closed: bool,
}

impl Memory {
    pub(super) fn new(settings: Settings, rng: SystemRng) -> Self {
        let order = settings.order;
        let lines = || Lines { urgent: Line::new(order), routine: Line::new(order) };
        Self {
            rng,
            enrolled: lines(),
            walk_in: lines(),
            taken: HashMap::new(),
            recent: HashMap::new(),
            recent_bytes: 0,
            once: Record::new(settings.once),
            // Keys that were loaded are of commit 0, which is over.
            open: Batch { commit: 1, ..Batch::default() },
            committing: None,
            pending: 0,
            pending_bytes: 0,
            bytes: 0,
            next: 0,
            dropped: 0,
            refused: 0,
            damaged: 0,
            failing: None,
            closed: false,
            settings,
        }
    }

    /// Takes over an entry that was on disk when the queue was opened; oldest first.
    pub(super) fn load(&mut self, number: u64, content: &Content, record: usize) {
        let held = Held { number, since: content.since, size: u32::try_from(record).unwrap_or(u32::MAX) };
        self.bytes += charge(held.size);
        self.next = self.next.max(number + 1);
        self.line(content.lane, content.urgent).push(held);
    }

    /// Takes over a piece of the record of what was kept before.
    pub(super) fn load_once(&mut self, piece: Piece) {
        self.next = self.next.max(piece.number + 1);
        self.once.load(piece);
    }

    /// Takes note of an entry that was on disk and does not open.
    pub(super) fn load_broken(&mut self, number: u64) {
        self.next = self.next.max(number + 1);
        self.damaged += 1;
        self.open.set_aside.push(number);
    }

    /// Takes note of a piece of the record that does not open.
    pub(super) fn load_broken_once(&mut self, number: u64) {
        self.next = self.next.max(number + 1);
        self.damaged += 1;
        self.open.forgotten.push(number);
    }

    /// Takes over how many entries lie aside.
    pub(super) fn load_damaged(&mut self, damaged: u64) {
        self.damaged += damaged;
    }

    pub(super) fn put(&mut self, new: New) -> Ticket {
        match self.try_put(new) {
            Ok(ticket) => ticket,
            Err(error) => {
                self.refused += 1;
                Ticket::settled(Err(error))
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
        let size = u32::try_from(record).map_err(|_| QueueError::TooLong)?;
        self.make_room(charge(size))?;
        self.bytes += charge(size);
        self.pending_bytes += u64::from(size);
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

    /// Drops what the policy says until there is room for `charge` bytes, or nothing if that cannot be.
    fn make_room(&mut self, charge_needed: u64) -> Result<(), QueueError> {
        let mut drops = Vec::new();
        let mut freed = 0;
        while self.bytes - freed + charge_needed > self.settings.limit_bytes {
            let Some(dropped) = self.pop_victim() else {
                drops.into_iter().for_each(|dropped| self.undrop(dropped));
                return Err(QueueError::Full);
            };
            freed += charge(dropped.held.size);
            drops.push(dropped);
        }
        self.bytes -= freed;
        self.dropped += drops.len() as u64;
        for dropped in &drops {
            self.forget_body(dropped.held.number);
            self.open.removals.push(dropped.held.number);
        }
        self.open.drops.append(&mut drops);
        Ok(())
    }

    fn pop_victim(&mut self) -> Option<Dropped> {
        let urgencies: &[bool] = match self.settings.when_full {
            WhenFull::Refuse => &[],
            WhenFull::DropRoutine => &[false],
            WhenFull::DropOldest => &[false, true],
        };
        let oldest =
            Lane::ALL.into_iter().flat_map(|lane| urgencies.iter().map(move |urgent| (lane, *urgent)));
        let (lane, urgent) = oldest
            .filter_map(|(lane, urgent)| Some((self.line(lane, urgent).oldest()?.number, lane, urgent)))
            .min()
            .map(|(_, lane, urgent)| (lane, urgent))?;
        let held = self.line(lane, urgent).pop_oldest()?;
        Some(Dropped { lane, urgent, held })
    }

    fn undrop(&mut self, dropped: Dropped) {
        self.line(dropped.lane, dropped.urgent).give_back(dropped.held);
    }

    /// Picks the next one of a lane. Whoever finds no body in it reads it from disk, and says so if it cannot.
    pub(super) fn pick(&mut self, lane: Lane) -> Option<Picked> {
        let (urgent, place) = match self.settings.order {
            Order::UrgentFirst => (self.line(lane, true).len() > 0, 0),
            Order::Shuffled => self.random_place(lane)?,
        };
        let held = self.line(lane, urgent).pop(place)?;
        let body = self.forget_body(held.number);
        self.taken.insert(held.number, Taken { lane, urgent, held });
        Some(Picked { number: held.number, lane, urgent, body })
    }

    fn random_place(&mut self, lane: Lane) -> Option<(bool, usize)> {
        let urgent = self.line(lane, true).len();
        let all = urgent + self.line(lane, false).len();
        let place = below(&mut self.rng, all)?;
        Some(place.checked_sub(urgent).map_or((true, place), |place| (false, place)))
    }

    /// It was delivered. Whether it was out.
    pub(super) fn settle(&mut self, id: EntryId) -> bool {
        let Some(taken) = self.taken.remove(&id.0) else { return false };
        self.bytes -= charge(taken.held.size);
        self.open.removals.push(id.0);
        true
    }

    /// It was not delivered. The lane it waits in again.
    pub(super) fn give_back(&mut self, id: EntryId) -> Option<Lane> {
        let taken = self.taken.remove(&id.0)?;
        self.line(taken.lane, taken.urgent).give_back(taken.held);
        Some(taken.lane)
    }

    /// What was taken does not open.
    pub(super) fn set_aside(&mut self, number: u64) {
        if let Some(taken) = self.taken.remove(&number) {
            self.bytes -= charge(taken.held.size);
            self.damaged += 1;
            self.open.set_aside.push(number);
        }
    }

    pub(super) fn forget_before(&mut self, expiry: u64) {
        let mut gone = self.once.forget_before(expiry);
        self.open.forgotten.append(&mut gone);
    }

    /// What is to be written now; `None` when there is nothing.
    pub(super) fn begin_commit(&mut self) -> Option<Batch> {
        let mut gone = self.once.forget_oldest();
        self.open.forgotten.append(&mut gone);
        if !self.has_puts() && !self.has_chores() {
            return None;
        }
        let next = Batch { commit: self.open.commit + 1, ..Batch::default() };
        let mut batch = std::mem::replace(&mut self.open, next);
        batch.once_number = self.next;
        self.next += 1;
        self.committing = Some((batch.commit, Arc::clone(&batch.group)));
        Some(batch)
    }

    /// It is on disk.
    pub(super) fn committed(&mut self, batch: Batch) -> Arc<Group> {
        self.end_commit(&batch, None);
        if !batch.once.is_empty() {
            self.once.keep(Piece::new(batch.once_number, &batch.once));
        }
        for Put { number, content } in batch.puts {
            let size = u32::try_from(record_len(content.body.len())).unwrap_or(u32::MAX);
            self.line(content.lane, content.urgent).push(Held { number, since: content.since, size });
            if self.recent_bytes + content.body.len() <= RECENT_BYTES {
                self.recent_bytes += content.body.len();
                self.recent.insert(number, content.body);
            }
        }
        batch.group
    }

    /// It is not on disk: nothing of it was done, and what nobody waits for is done with the next one.
    pub(super) fn failed(&mut self, batch: Batch, error: QueueError) -> Arc<Group> {
        self.end_commit(&batch, Some(error));
        self.refused += batch.puts.len() as u64;
        self.once.withdraw(&batch.once);
        let dropped: Vec<u64> = batch.drops.iter().map(|dropped| dropped.held.number).collect();
        let still_gone = batch.removals.into_iter().filter(|number| !dropped.contains(number));
        self.open.removals.extend(still_gone);
        self.open.set_aside.extend(batch.set_aside);
        self.open.forgotten.extend(batch.forgotten);
        for put in batch.puts {
            let size = u32::try_from(record_len(put.content.body.len())).unwrap_or(u32::MAX);
            self.bytes -= charge(size);
        }
        self.dropped -= dropped.len() as u64;
        for dropped in batch.drops {
            self.bytes += charge(dropped.held.size);
            self.undrop(dropped);
        }
        batch.group
    }

    fn end_commit(&mut self, batch: &Batch, failing: Option<QueueError>) {
        self.committing = None;
        self.failing = failing;
        self.pending -= batch.puts.len();
        self.pending_bytes -=
            batch.puts.iter().map(|put| record_len(put.content.body.len()) as u64).sum::<u64>();
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Whether somebody waits for the next commit.
    pub(super) fn has_puts(&self) -> bool {
        !self.open.puts.is_empty()
    }

    /// Whether there is something to write that nobody waits for.
    pub(super) fn has_chores(&self) -> bool {
        !(self.open.removals.is_empty() && self.open.set_aside.is_empty() && self.open.forgotten.is_empty())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn is_ready(&self, lane: Lane) -> bool {
        self.waiting(lane).all() > 0
    }

    pub(super) fn failing(&self) -> Option<QueueError> {
        self.failing.clone()
    }

    pub(super) fn status(&self) -> Status {
        let lines =
            [&self.enrolled, &self.walk_in].into_iter().flat_map(|lines| [&lines.urgent, &lines.routine]);
        let now = self.settings.clock.unix();
        let oldest = lines.filter_map(|line| line.oldest().map(|held| held.since)).min();
        Status {
            enrolled: self.waiting(Lane::Enrolled),
            walk_in: self.waiting(Lane::WalkIn),
            taken: self.taken.len(),
            pending: self.pending,
            bytes: self.bytes,
            limit_bytes: self.settings.limit_bytes,
            dropped: self.dropped,
            refused: self.refused,
            damaged: self.damaged,
            once: self.once.len(),
            oldest_seconds: oldest.map(|since| now.saturating_sub(u64::from(since))),
            failing: self.failing.clone(),
        }
    }

    fn waiting(&self, lane: Lane) -> Waiting {
        let lines = match lane {
            Lane::Enrolled => &self.enrolled,
            Lane::WalkIn => &self.walk_in,
        };
        Waiting { urgent: lines.urgent.len(), routine: lines.routine.len() }
    }

    fn line(&mut self, lane: Lane, urgent: bool) -> &mut Line {
        let lines = match lane {
            Lane::Enrolled => &mut self.enrolled,
            Lane::WalkIn => &mut self.walk_in,
        };
        if urgent { &mut lines.urgent } else { &mut lines.routine }
    }

    fn forget_body(&mut self, number: u64) -> Option<Zeroizing<Vec<u8>>> {
        let body = self.recent.remove(&number)?;
        self.recent_bytes -= body.len();
        Some(body)
    }
}

impl Picked {
    pub(super) fn with(self, body: Zeroizing<Vec<u8>>) -> Entry {
        Entry { id: EntryId(self.number), lane: self.lane, urgent: self.urgent, body }
    }
}

/// What an entry counts for: its record and its share of the tree's pages, of which a third is empty.
const fn charge(record: u32) -> u64 {
    record as u64 + record as u64 / 2
}

/// A random number below `count`, each as likely as the others; `None` when there is none.
fn below(rng: &mut SystemRng, count: usize) -> Option<usize> {
    let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
    let fair = u64::MAX - u64::MAX % count;
    loop {
        let drawn = rand_core::Rng::next_u64(rng);
        if drawn < fair {
            return usize::try_from(drawn % count).ok();
        }
    }
}
