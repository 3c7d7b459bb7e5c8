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

/// Waiting entries of one lane and urgency.
pub(super) enum Line {
    InOrder(InOrder),
    Shuffled(Shuffled),
}

/// First in, first out; what was given back is first again.
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
        match order {
            Order::UrgentFirst => Self::InOrder(InOrder::default()),
            Order::Shuffled => Self::Shuffled(Shuffled::default()),
        }
    }

    /// Takes one that is newer than all others.
    pub(super) fn push(&mut self, held: Held) {
        match self {
            Self::InOrder(line) => line.line.push_back(held),
            Self::Shuffled(pool) => pool.insert(held),
        }
    }

    /// Takes one back that was popped.
    pub(super) fn give_back(&mut self, held: Held) {
        match self {
            Self::InOrder(line) => {
                line.returned.insert(held.number, held);
            }
            Self::Shuffled(pool) => pool.insert(held),
        }
    }

    /// The next one: the oldest, or in a shuffled line the one at `place`.
    pub(super) fn pop(&mut self, place: usize) -> Option<Held> {
        match self {
            Self::InOrder(line) => line.pop(),
            Self::Shuffled(pool) => pool.remove(place),
        }
    }

    pub(super) fn pop_oldest(&mut self) -> Option<Held> {
        match self {
            Self::InOrder(line) => line.pop(),
            Self::Shuffled(pool) => pool.pop_oldest(),
        }
    }

    pub(super) fn oldest(&self) -> Option<&Held> {
        match self {
            Self::InOrder(line) => line.oldest(),
            Self::Shuffled(pool) => pool.oldest(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::InOrder(line) => line.returned.len() + line.line.len(),
            Self::Shuffled(pool) => pool.pool.len(),
        }
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
