//! Streams: messages that an adversary can tell to be of one sender, by what he sees.

use std::collections::BTreeMap;

use super::Content;
use super::content::hash;
use crate::convert::{float, float_len};
use crate::view::{Connection, View};

/// Which stream each message is in.
#[derive(Debug, Clone)]
pub(in crate::attack) struct Streams {
    /// The stream of each message, numbered from 0.
    pub(in crate::attack) of: Vec<u32>,
    /// How many there are.
    pub(in crate::attack) number: u32,
}

/// Messages that make a stream.
const LEAST: usize = 3;

impl Streams {
    /// All messages are one stream.
    pub(in crate::attack) fn whole(messages: usize) -> Self {
        Self { of: vec![0; messages], number: 1 }
    }

    /// Streams by any value: equal values, one stream.
    pub(in crate::attack) fn by(values: impl IntoIterator<Item = u64>) -> Self {
        let mut known: BTreeMap<u64, u32> = BTreeMap::new();
        let mut of = Vec::new();
        for value in values {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            of.push(*known.entry(value).or_insert(next));
        }
        Self { of, number: u32::try_from(known.len()).unwrap_or(u32::MAX) }
    }

    /// By topic, if several of them come again.
    pub(in crate::attack) fn topics(view: &View) -> Option<Self> {
        let streams = Self::by(view.messages.iter().map(|message| hash(&[view.get(&message.topic)])));
        (streams.senders(view) >= 2.0).then_some(streams)
    }

    /// By source address, if several of them come again.
    pub(in crate::attack) fn addresses(view: &View) -> Option<Self> {
        let streams = Self::connections(view, address);
        (streams.senders(view) >= 2.0).then_some(streams)
    }

    /// By what a message's connection shows.
    fn connections(view: &View, read: impl Fn(&Connection) -> u64) -> Self {
        let values: Vec<u64> = view.connections.iter().map(read).collect();
        Self::by(view.messages.iter().map(|message| {
            let place = message.connection.and_then(|place| usize::try_from(place).ok());
            place.and_then(|place| values.get(place)).copied().unwrap_or(0)
        }))
    }

    /// The streams that tell most senders apart: by planted token, user name, client id, address, connection, topic, or an identifier that can
    /// be read. What changes with every message tells nobody apart; what lasts an hour counts an hour. `None` if nothing tells two senders apart.
    pub(in crate::attack) fn best(view: &View, content: &Content) -> Option<Self> {
        let mut candidates = vec![
            Self::by(view.messages.iter().map(|message| message.planted.unwrap_or(0))),
            Self::connections(view, |connection| hash(&[view.get(&connection.user_name)])),
            Self::connections(view, |connection| hash(&[view.get(&connection.client_id)])),
            Self::connections(view, address),
            Self::by(view.messages.iter().map(|message| message.connection.map_or(0, u64::from))),
            Self::by(view.messages.iter().map(|message| hash(&[view.get(&message.topic)]))),
        ];
        candidates.extend(content.identifiers.values().map(|column| Self::by(column.iter().copied())));
        let scored = candidates.into_iter().map(|streams| (streams.senders(view), streams));
        let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        (best.0 >= 2.0).then_some(best.1)
    }

    /// The messages of each stream, in order of time.
    pub(in crate::attack) fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); usize::try_from(self.number).unwrap_or(0)];
        for (message, stream) in self.of.iter().enumerate() {
            if let Some(list) = usize::try_from(*stream).ok().and_then(|stream| members.get_mut(stream)) {
                list.push(message);
            }
        }
        members
    }

    /// How many senders are told apart at a time, on average: the sum over streams of the share of the trace that they last. Longer ones are
    /// preferred a little. 0 if streams of some messages hold less than half of all.
    fn senders(&self, view: &View) -> f64 {
        let at = |message: usize| view.messages.get(message).map_or(0, |message| message.at);
        let length = at(view.messages.len().saturating_sub(1)).saturating_sub(at(0));
        let (mut sum, mut held) = (0.0, 0);
        for stream in self.members() {
            let (Some(first), Some(last)) = (stream.first(), stream.last()) else { continue };
            if stream.len() >= LEAST {
                let share = float(at(*last).saturating_sub(at(*first))) / float(length.max(1));
                sum += share * (1.0 + 0.1 * share);
                held += stream.len();
            }
        }
        if float_len(held) < 0.5 * float_len(self.of.len()) { 0.0 } else { sum }
    }
}

fn address(connection: &Connection) -> u64 {
    connection.address.map_or(0, |address| hash(&[address.to_string().as_bytes()]))
}
