//! Every topic: what it says, how often it is used, what is retained on it.

use crate::payload::{Counts, Precision};

use super::fields::PlaceId;
use super::hash::ByHash;
use super::joins::Joins;
use super::nodes::{Node, Nodes};
use super::pace::Pace;
use super::values::{Held, Met};

/// Topics that are followed.
const MAX_TOPICS: usize = 458_752;
/// Bytes of their names.
const MAX_NAMES: usize = 64 << 20;
/// Messages that were on their way when the retained one was erased may arrive so much later, microseconds.
const GRACE: u64 = 2_000_000;

#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: Box<[u8]>,
    /// What its levels say, once for all messages.
    pub(super) says: Box<[(PlaceId, Precision)]>,
    pub(super) counts: Counts,
    pub(super) seen: Held,
    pub(super) sizes: (u32, u32),
    pub(super) pace: Pace,
    pub(super) retained: Retained,
    /// Stands for a sender where the observer sees no senders.
    pub(super) node: Option<Node>,
}

/// What is known of the retained message of a topic.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Retained {
    /// Content hash of the one that was stored last.
    pub(super) content: u64,
    /// When it was erased by an empty one, if it is.
    pub(super) erased: Option<u64>,
    /// Deliveries out of the store.
    pub(super) delivered: u64,
    /// Of these, after it had been erased.
    pub(super) haunting: u64,
    pub(super) stored: u64,
    /// Whether a field that says something about a person was in it.
    pub(super) personal: bool,
}

#[derive(Debug)]
pub(super) struct Topics {
    index: ByHash<u32>,
    pub(super) list: Vec<Topic>,
    names: usize,
    /// Messages on topics beyond the limit.
    pub(super) elsewhere: u64,
    pub(super) joins: Joins,
}

impl Topics {
    pub(super) fn new() -> Self {
        Self { index: ByHash::default(), list: Vec::new(), names: 0, elsewhere: 0, joins: Joins::default() }
    }

    pub(super) fn find(&self, hash: u64) -> Option<usize> {
        self.index.get(&hash).and_then(|place| usize::try_from(*place).ok())
    }

    /// A topic that was not seen before. `None` beyond the limit.
    pub(super) fn insert(&mut self, hash: u64, topic: Topic) -> Option<usize> {
        if self.list.len() >= MAX_TOPICS || self.names + topic.name.len() > MAX_NAMES {
            self.elsewhere += 1;
            return None;
        }
        self.names += topic.name.len();
        let place = self.list.len();
        self.index.insert(hash, u32::try_from(place).ok()?);
        self.list.push(topic);
        Some(place)
    }

    /// A message on a known topic.
    pub(super) fn note(&mut self, place: usize, met: Met, size: u32, nodes: &Nodes) {
        let Some(topic) = self.list.get_mut(place) else {
            return;
        };
        topic.pace.at(met.at);
        topic.sizes = (topic.sizes.0.min(size), topic.sizes.1.max(size));
        if topic.seen.messages == 0 {
            topic.seen = Held::new(met);
        } else {
            topic.seen.again(crate::convert::count(place), met, nodes, &mut self.joins);
            if self.joins.is_due() {
                self.settle(nodes);
            }
        }
    }

    /// Decides what waits and can be decided; at the end of the trace that is all.
    pub(super) fn settle(&mut self, nodes: &Nodes) {
        for (pair, meeting) in self.joins.known(nodes) {
            let place = usize::try_from(pair.key).ok();
            if let Some(topic) = place.and_then(|place| self.list.get_mut(place)) {
                self.joins.decide(&mut topic.seen, pair, meeting);
            }
        }
    }
}

impl Retained {
    /// A client stores or erases.
    pub(super) const fn store(&mut self, at: u64, empty: bool, content: u64, personal: bool) {
        if empty {
            self.erased = Some(at);
        } else {
            self.erased = None;
            self.content = content;
            self.personal |= personal;
            self.stored += 1;
        }
    }

    /// The broker gives one out of its store.
    pub(super) const fn deliver(&mut self, at: u64, content: u64, personal: bool) {
        self.delivered += 1;
        self.personal |= personal;
        match self.erased {
            Some(erased) if at > erased.saturating_add(GRACE) => self.haunting += 1,
            _ => {}
        }
        if self.stored == 0 {
            // stored before the trace began: an erasure of it can be recognised
            self.stored = 1;
            self.content = content;
        }
    }
}
