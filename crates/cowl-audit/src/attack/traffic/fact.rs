//! What one message looks like from outside.

use std::collections::HashSet;

use super::content::{Content, hash};
use crate::convert::float;
use crate::view::View;

/// One message, as numbers. What the adversary does not see is NaN.
#[derive(Debug, Clone)]
pub(in crate::attack) struct Fact {
    /// When it arrived, microseconds.
    pub(in crate::attack) at: u64,
    /// Its size.
    pub(in crate::attack) size: f64,
    /// Bytes of the payload.
    pub(in crate::attack) payload: f64,
    /// Seconds since its connection began.
    pub(in crate::attack) since_open: f64,
    /// The how-manieth on its connection, from 0.
    pub(in crate::attack) nth: f64,
    /// Its connection.
    pub(in crate::attack) connection: Option<u32>,
    /// Whether the same payload came before.
    pub(in crate::attack) resent: bool,
    /// Bit n: it has the n-th common word.
    pub(in crate::attack) words: u32,
    /// Retained, and at which quality of service.
    pub(in crate::attack) flags: f64,
}

/// The messages of a view, as numbers.
pub(in crate::attack) fn facts(view: &View, content: &Content) -> Vec<Fact> {
    let mut seen = HashSet::new();
    let mut sent: Vec<u32> = vec![0; view.connections.len()];
    let mut facts = Vec::with_capacity(view.messages.len());
    for (message, words) in view.messages.iter().zip(&content.words) {
        let payload = view.get(&message.payload);
        let resent = payload.len() >= 16 && !seen.insert(hash(&[payload]));
        let place = message.connection.and_then(|place| usize::try_from(place).ok());
        let connection = place.and_then(|place| view.connections.get(place));
        let nth = place.and_then(|place| sent.get_mut(place)).map_or(f64::NAN, |sent| {
            *sent += 1;
            f64::from(*sent - 1)
        });
        let readable = !message.topic.is_empty() || !message.payload.is_empty();
        facts.push(Fact {
            at: message.at,
            size: f64::from(message.size),
            payload: if readable { f64::from(message.payload.end - message.payload.start) } else { f64::NAN },
            since_open: connection.map_or(f64::NAN, |open| seconds(message.at.saturating_sub(open.opened))),
            nth,
            connection: message.connection,
            resent,
            words: *words,
            flags: f64::from(message.qos) + if message.retain { 4.0 } else { 0.0 },
        });
    }
    facts
}

/// Microseconds as seconds.
pub(super) fn seconds(micros: u64) -> f64 {
    float(micros) / 1e6
}
