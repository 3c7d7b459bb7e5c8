//! Which entry is next. Bodies are elsewhere: a waiting entry costs 16 bytes here, in a shuffled line about 50.

use std::collections::{BTreeMap, VecDeque};

use super::Order;

/// A waiting entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) number: u64,
    /// Seconds since 1970 when it was put.
    pub(super) since: u32,
    /// Bytes of its record.
    pub(super) size: u32,
}

impl Held {
    /// What it counts for.
    pub(super) fn charge(&self) -> u64 {
        charge(self.size as usize)
    }
}

/// What an entry counts for: its record, and as much again by half for its share of the tree's pages, which are not full.
pub(super) const fn charge(record: usize) -> u64 {
    record as u64 + record as u64 / 2
}

/// Waiting entries of one lane and urgency.
pub(super) struct Line {
    kind: Kind,
    bytes: u64,
}

enum Kind {
    InOrder(InOrder),
    Shuffled(Shuffled),
}

/// First in, first out; what was given back is first again, for whoever does not ask for one or the other.
#[derive(Default)]
pub(super) struct InOrder {
    returned: BTreeMap<u64, Held>,
    line: VecDeque<Held>,
}

/// Any of them, and the oldest too, in a time that grows with the logarithm of their number.
#[derive(Default)]
pub(super) struct Shuffled {
    pool: Vec<Held>,
    /// Number → place in the pool: the first is the oldest.
    places: BTreeMap<u64, usize>,
}

impl Line {
    pub(super) fn new(order: Order) -> Self {
        let kind = match order {
            Order::UrgentFirst => Kind::InOrder(InOrder::default()),
            Order::Shuffled => Kind::Shuffled(Shuffled::default()),
        };
        Self { kind, bytes: 0 }
    }

    /// Takes one that is newer than all others.
    pub(super) fn push(&mut self, held: Held) {
        self.bytes += held.charge();
        match &mut self.kind {
            Kind::InOrder(line) => line.line.push_back(held),
            Kind::Shuffled(pool) => pool.insert(held),
        }
    }

    /// Takes one back that was popped.
    pub(super) fn give_back(&mut self, held: Held) {
        self.bytes += held.charge();
        match &mut self.kind {
            Kind::InOrder(line) => {
                line.returned.insert(held.number, held);
            }
            Kind::Shuffled(pool) => pool.insert(held),
        }
    }

    /// The next one: the oldest, or in a shuffled line the one at `place`.
    pub(super) fn pop(&mut self, place: usize) -> Option<Held> {
        let held = match &mut self.kind {
            Kind::InOrder(line) => line.pop(),
            Kind::Shuffled(pool) => pool.remove(place),
        };
        self.less(held)
    }

    /// The oldest of those that are not among [`Self::again`].
    pub(super) fn pop_new(&mut self) -> Option<Held> {
        let held = match &mut self.kind {
            Kind::InOrder(line) => line.line.pop_front(),
            Kind::Shuffled(_) => None,
        };
        self.less(held)
    }

    /// The oldest of [`Self::again`].
    pub(super) fn pop_again(&mut self) -> Option<Held> {
        let held = match &mut self.kind {
            Kind::InOrder(line) => line.returned.pop_first().map(|(_, held)| held),
            Kind::Shuffled(_) => None,
        };
        self.less(held)
    }

    /// Counts what waits among [`Self::again`]: the oldest ones, until those are `most`.
    pub(super) fn mark_waited(&mut self, most: usize) {
        if let Kind::InOrder(line) = &mut self.kind {
            let count = most.saturating_sub(line.returned.len()).min(line.line.len());
            line.returned.extend(line.line.drain(..count).map(|held| (held.number, held)));
        }
    }

    pub(super) fn pop_oldest(&mut self) -> Option<Held> {
        let held = match &mut self.kind {
            Kind::InOrder(line) => line.pop(),
            Kind::Shuffled(pool) => pool.pop_oldest(),
        };
        self.less(held)
    }

    pub(super) fn oldest(&self) -> Option<&Held> {
        match &self.kind {
            Kind::InOrder(line) => line.oldest(),
            Kind::Shuffled(pool) => pool.oldest(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.kind {
            Kind::InOrder(line) => line.returned.len() + line.line.len(),
            Kind::Shuffled(pool) => pool.pool.len(),
        }
    }

    /// How many of them were given back, or have waited by [`Self::mark_waited`]. A shuffled line does not tell.
    pub(super) fn again(&self) -> usize {
        match &self.kind {
            Kind::InOrder(line) => line.returned.len(),
            Kind::Shuffled(_) => 0,
        }
    }

    /// Those that are next when nothing is given back, the first one first; of a shuffled line nobody knows.
    pub(super) fn upcoming(&self) -> impl Iterator<Item = &Held> {
        let line = match &self.kind {
            Kind::InOrder(line) => Some(&line.line),
            Kind::Shuffled(_) => None,
        };
        line.into_iter().flatten()
    }

    /// Whether this one is among them.
    pub(super) fn is_upcoming(&self, number: u64) -> bool {
        match &self.kind {
            Kind::InOrder(line) => line.line.binary_search_by_key(&number, |held| held.number).is_ok(),
            Kind::Shuffled(_) => false,
        }
    }

    /// What its entries count for together.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// All of them, in no order.
    pub(super) fn numbers(&self) -> Box<dyn Iterator<Item = u64> + '_> {
        match &self.kind {
            Kind::InOrder(line) => Box::new(line.returned.values().chain(&line.line).map(|held| held.number)),
            Kind::Shuffled(pool) => Box::new(pool.places.keys().copied()),
        }
    }

    fn less(&mut self, held: Option<Held>) -> Option<Held> {
        self.bytes -= held.as_ref().map_or(0, Held::charge);
        held
    }
}

impl InOrder {
    fn pop(&mut self) -> Option<Held> {
        if self.returned_is_first() {
            return self.returned.pop_first().map(|(_, held)| held);
        }
        self.line.pop_front()
    }

    fn oldest(&self) -> Option<&Held> {
        if self.returned_is_first() {
            return self.returned.first_key_value().map(|(_, held)| held);
        }
        self.line.front()
    }

    fn returned_is_first(&self) -> bool {
        match (self.returned.first_key_value(), self.line.front()) {
            (Some((returned, _)), Some(front)) => *returned < front.number,
            (returned, _) => returned.is_some(),
        }
    }
}

impl Shuffled {
    fn insert(&mut self, held: Held) {
        self.places.insert(held.number, self.pool.len());
        self.pool.push(held);
    }

    fn remove(&mut self, place: usize) -> Option<Held> {
        if place >= self.pool.len() {
            return None;
        }
        let held = self.pool.swap_remove(place);
        self.places.remove(&held.number);
        if let Some(moved) = self.pool.get(place) {
            self.places.insert(moved.number, place);
        }
        Some(held)
    }

    fn pop_oldest(&mut self) -> Option<Held> {
        let (_, place) = self.places.first_key_value()?;
        self.remove(*place)
    }

    fn oldest(&self) -> Option<&Held> {
        let (_, place) = self.places.first_key_value()?;
        self.pool.get(*place)
    }
}
