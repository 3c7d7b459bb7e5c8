//! What a gateway of responders counts: sums, never anything of a person.

use std::collections::BTreeMap;

use cowl_core::rfc3339;
use serde_json::{Value, json};

use crate::keyring::Reader;

/// Sums since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Reports published to the local broker.
    pub published: u64,
    /// Of them, walk-ins: unverified.
    pub walk_ins: u64,
    /// Cover messages that were opened. Nothing of them is published.
    pub covers: u64,
    /// Second copies of reports that were dropped.
    pub repeated: u64,
    /// Reports that another gateway published first.
    pub published_elsewhere: u64,
    /// Reports that were opened and could not be read, by reason.
    pub unreadable: BTreeMap<String, u64>,
    /// Messages that were not opened, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Messages on a shard that is not theirs.
    pub misplaced: u64,
    /// Messages that show a device's state to live twice.
    pub clones: u64,
    /// Reports whose own topic is not allowed, so that they were published by the template.
    pub topics_not_allowed: u64,
    /// Reports that the local broker finds too large.
    pub too_large: u64,
    /// Reports that this gateway's last process, or a member that died, had on their way, and that were brought to their end.
    pub resumed: u64,
    /// Reports that were on their way when the local broker forgot how far they were: they can have come twice.
    pub in_doubt: u64,
    /// Reports that were published such that they come twice if the gateway dies right then: the local broker can do no better, or
    /// cannot take the word of them.
    pub at_least_once: u64,
    /// Reports that were published without being retained, because there are too many topics.
    pub not_retained: u64,
    /// Messages that were given up because too many waited for their device.
    pub given_up: u64,
    /// Reports that came after the authority had ordered to erase them, and were not published.
    pub withdrawn: u64,
    /// Retained topics that were cleared by its order.
    pub erased: u64,
    /// Of those, the ones that were opened before the order came.
    pub(super) dropped: u64,
    /// Times that another gateway took a shard over unasked.
    pub evicted: u64,
    /// Times that the local broker was lost.
    pub local_lost: u64,
    /// Times that a connection to the operation's broker was lost.
    pub uplink_lost: u64,
}

/// What holds now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) role: String,
    pub(super) epoch: u32,
    pub(super) shards: Vec<u16>,
    pub(super) of_shards: u16,
    pub(super) connected: usize,
    pub(super) members: usize,
    pub(super) waiting: usize,
    pub(super) retained: usize,
}

impl Counters {
    /// Takes over what the reader counts.
    pub(super) fn refresh(&mut self, reader: &Reader) {
        (self.covers, self.repeated, self.clones) = (reader.covers(), reader.repeated(), reader.clones());
        self.withdrawn = self.dropped + reader.withdrawn();
        self.refused = reader.refused().map(|(reason, count)| (reason.to_string(), count)).collect();
    }

    /// As JSON, for the status topic.
    pub(super) fn to_json(&self, state: &State, now: u64) -> Value {
        json!({
            "role": state.role,
            "time": rfc3339(now),
            "epoch": state.epoch,
            "shards": state.shards,
            "of_shards": state.of_shards,
            "connected": state.connected,
            "members": state.members,
            "published": self.published,
            "walk_ins": self.walk_ins,
            "covers": self.covers,
            "waiting": state.waiting,
            "retained": state.retained,
            "repeated": self.repeated,
            "published_elsewhere": self.published_elsewhere,
            "refused": self.refused,
            "unreadable": self.unreadable,
            "misplaced": self.misplaced,
            "clones": self.clones,
            "topics_not_allowed": self.topics_not_allowed,
            "too_large": self.too_large,
            "resumed": self.resumed,
            "in_doubt": self.in_doubt,
            "at_least_once": self.at_least_once,
            "not_retained": self.not_retained,
            "given_up": self.given_up,
            "withdrawn": self.withdrawn,
            "erased": self.erased,
            "evicted": self.evicted,
            "local_lost": self.local_lost,
            "uplink_lost": self.uplink_lost,
        })
    }
}
