//! The queue without its disk: what waits, what is out, what is on its way. No call here takes longer than a few
//! microseconds, however much waits.

mod commit;
mod put;
mod take;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use zeroize::Zeroizing;

pub(super) use self::{
    commit::{Batch, Put},
    put::Putting,
    take::Picked,
};
use super::{
    Damage, Lane, QueueError, Settings, Status, Waiting,
    line::{Held, Line},
    once::{Piece, Record},
    sealed::Content,
    ticket::Group,
};
use crate::random::SystemRng;

/// Bodies that are on disk and kept in memory too, in bytes: most are taken soon.
const RECENT_BYTES: usize = 8 << 20;

/// Bodies that were read from disk with the one before them, in bytes.
const AHEAD_BYTES: usize = 1 << 20;

/// No queue comes so far.
const MOST_NUMBER: u64 = 1 << 56;

/// The state behind the queue's lock.
pub(super) struct Memory {
    settings: Settings,
    rng: SystemRng,
    enrolled: Lines,
    walk_in: Lines,
    taken: HashMap<u64, Placed>,
    /// The first that came.
    recent: Bodies,
    /// The next that go.
    ahead: Bodies,
    /// Entries that could not be read once.
    suspects: HashSet<u64>,
    once: Record,
    /// What the next commit writes.
    open: Batch,
    /// The commit that is being written now.
    committing: Option<(u64, Arc<Group>)>,
    pending: usize,
    pending_bytes: u64,
    /// What entries count for that wait, are out or on their way.
    bytes: u64,
    /// The next number.
    next: u64,
    dropped: u64,
    refused: u64,
    damaged: u64,
    damage: Option<Damage>,
    failing: Option<QueueError>,
    /// Nothing can be read until the database was opened again.
    unreadable: bool,
    closed: bool,
}

/// A lane's two lines.
struct Lines {
    urgent: Line,
    routine: Line,
}

/// An entry and where it waits, or waited.
struct Placed {
    lane: Lane,
    urgent: bool,
    held: Held,
}

/// Bodies that need not be read from disk: never more than so many bytes.
struct Bodies {
    by_number: HashMap<u64, Zeroizing<Vec<u8>>>,
    bytes: usize,
    most: usize,
}

impl Memory {
    pub(super) fn new(settings: Settings, rng: SystemRng) -> Self {
        let lines = |order| Lines { urgent: Line::new(order), routine: Line::new(order) };
        Self {
            rng,
            enrolled: lines(settings.order),
            walk_in: lines(settings.order),
            taken: HashMap::new(),
            recent: Bodies::new(RECENT_BYTES),
            ahead: Bodies::new(AHEAD_BYTES),
            suspects: HashSet::new(),
            once: Record::new(settings.once),
            // Keys that are loaded are of commit 0, which is over.
            open: Batch::numbered(1),
            committing: None,
            pending: 0,
            pending_bytes: 0,
            bytes: 0,
            next: 1,
            dropped: 0,
            refused: 0,
            damaged: 0,
            damage: None,
            failing: None,
            unreadable: false,
            closed: false,
            settings,
        }
    }

    /// Takes over an entry that was on disk when the queue was opened; oldest first.
    pub(super) fn load(&mut self, number: u64, content: &Content, record: usize) {
        let held = Held { number, since: content.since, size: u32::try_from(record).unwrap_or(u32::MAX) };
        self.bytes += held.charge();
        self.after(number);
        self.line(content.lane, content.urgent).push(held);
    }

    /// Takes over a piece of the record of what was kept before.
    pub(super) fn load_once(&mut self, piece: Piece) {
        self.after(piece.number);
        self.once.load(piece);
    }

    /// Takes note of an entry that was on disk and does not open.
    pub(super) fn load_broken(&mut self, number: u64) {
        self.after(number);
        self.damaged += 1;
        self.open.set_aside.push(number);
    }

    /// Takes note of a piece of the record that does not open.
    pub(super) fn load_broken_once(&mut self, number: u64) {
        self.after(number);
        self.damaged += 1;
        self.open.forgotten.push(number);
    }

    /// Takes over how many entries lie aside already.
    pub(super) fn load_damaged(&mut self, damaged: u64) {
        self.damaged += damaged;
    }

    pub(super) fn forget_before(&mut self, expiry: u64) {
        let mut gone = self.once.forget_before(expiry);
        self.open.forgotten.append(&mut gone);
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn is_ready(&self, lane: Lane) -> bool {
        !self.unreadable && self.waiting(lane).all() > 0
    }

    /// The entries that are in the queue.
    pub(super) fn live(&self) -> HashSet<u64> {
        let lines =
            [&self.enrolled, &self.walk_in].into_iter().flat_map(|lines| [&lines.urgent, &lines.routine]);
        let drops = self.open.drops.iter().map(|dropped| dropped.held.number);
        lines.flat_map(Line::numbers).chain(self.taken.keys().copied()).chain(drops).collect()
    }

    /// The database was opened again.
    pub(super) fn recovered(&mut self, damage: Option<Damage>) {
        self.unreadable = false;
        self.damage = damage.or_else(|| self.damage.take());
    }

    /// The database cannot be opened now.
    pub(super) fn not_recovered(&mut self, error: QueueError) {
        self.unreadable = true;
        self.failing = Some(error);
    }

    pub(super) const fn is_unreadable(&self) -> bool {
        self.unreadable
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
            damage: self.damage.clone(),
        }
    }

    /// The next number is after this one, unless this one is broken itself and leaves no room for others.
    fn after(&mut self, number: u64) {
        self.next = self.next.max(number.min(MOST_NUMBER) + 1);
    }

    fn waiting(&self, lane: Lane) -> Waiting {
        let lines = self.lines(lane);
        Waiting { urgent: lines.urgent.len(), routine: lines.routine.len() }
    }

    /// The body of an entry that leaves, if it is in memory.
    fn body(&mut self, number: u64) -> Option<Zeroizing<Vec<u8>>> {
        let recent = self.recent.remove(number);
        recent.or_else(|| self.ahead.remove(number))
    }

    const fn lines(&self, lane: Lane) -> &Lines {
        match lane {
            Lane::Enrolled => &self.enrolled,
            Lane::WalkIn => &self.walk_in,
        }
    }

    fn line(&mut self, lane: Lane, urgent: bool) -> &mut Line {
        let lines = match lane {
            Lane::Enrolled => &mut self.enrolled,
            Lane::WalkIn => &mut self.walk_in,
        };
        if urgent { &mut lines.urgent } else { &mut lines.routine }
    }
}

impl Bodies {
    fn new(most: usize) -> Self {
        Self { by_number: HashMap::new(), bytes: 0, most }
    }

    fn insert(&mut self, number: u64, body: Zeroizing<Vec<u8>>) {
        if self.bytes + body.len() <= self.most && !self.has(number) {
            self.bytes += body.len();
            self.by_number.insert(number, body);
        }
    }

    fn has(&self, number: u64) -> bool {
        self.by_number.contains_key(&number)
    }

    fn remove(&mut self, number: u64) -> Option<Zeroizing<Vec<u8>>> {
        let body = self.by_number.remove(&number)?;
        self.bytes -= body.len();
        Some(body)
    }
}
