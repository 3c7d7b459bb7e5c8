//! Where on its line a message stands: its order, the gaps around it, its place between the client's other packets and in the sender's own
//! grid of instants. Behind a gateway that is all that a broker sees of it.

use std::collections::HashMap;
use std::net::IpAddr;

use super::digest::{seconds, slot};
use super::slots::Collector;
use crate::convert::float_len;
use crate::learn::quantile;
use crate::view::{Connection, View};

/// Messages of a line from which its grid is told.
const LEAST: usize = 20;

/// Collects the numbers of all messages; returns the order of each on its line.
pub(super) fn collect(view: &View, epochs: &[u64], collector: &mut Collector) -> Vec<f64> {
    let mut order = vec![0.0; view.messages.len()];
    let mut nth: HashMap<u32, usize> = HashMap::new();
    for members in lines(view) {
        let at = |place: usize| {
            let message = members.get(place).and_then(|member| view.messages.get(*member));
            message.map_or(f64::NAN, |message| seconds(message.at))
        };
        let mut gaps: Vec<f64> =
            (1..members.len()).map(|place| at(place) - at(place - 1)).filter(|gap| *gap > 0.0).collect();
        let grid = quantile(&mut gaps, 0.5).filter(|_| members.len() >= LEAST);
        for (place, member) in members.iter().enumerate() {
            let Some(message) = view.messages.get(*member) else { continue };
            if let Some(order) = order.get_mut(*member) {
                *order = float_len(place);
            }
            let mut say = |what: &str, value: f64| {
                if value.is_finite() {
                    collector.number(*member, slot("line", what.as_bytes()), value);
                }
            };
            let here = at(place);
            say("gap before", place.checked_sub(1).map_or(f64::NAN, |before| here - at(before)));
            say("gap after", at(place + 1) - here);
            say("phase", grid.map_or(f64::NAN, |grid| here.rem_euclid(grid)));
            let begun = epochs.iter().rev().find(|begins| **begins <= message.at).copied().unwrap_or(0);
            say("into the epoch", seconds(message.at - begun));
            let Some((index, connection)) = connection(view, message.connection) else { continue };
            let sent = nth.entry(index).or_default();
            say("nth on the connection", float_len(*sent));
            *sent += 1;
            say("since it opened", seconds(message.at.saturating_sub(connection.opened)));
            let after = connection.others.partition_point(|(at, _)| *at <= message.at);
            let other = |place: Option<usize>| {
                let packet = place.and_then(|place| connection.others.get(place));
                packet.map_or(f64::NAN, |(at, _)| seconds(message.at.abs_diff(*at)))
            };
            say("since another packet", other(after.checked_sub(1)));
            say("until another packet", other(Some(after)));
        }
    }
    order
}

/// The messages of each address, in order of time; all of them together where no addresses are seen.
fn lines(view: &View) -> Vec<Vec<usize>> {
    let mut lines: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<Option<IpAddr>, usize> = HashMap::new();
    for (number, message) in view.messages.iter().enumerate() {
        let address = connection(view, message.connection).and_then(|(_, connection)| connection.address);
        let line = *known.entry(address).or_insert_with(|| {
            lines.push(Vec::new());
            lines.len() - 1
        });
        if let Some(line) = lines.get_mut(line) {
            line.push(number);
        }
    }
    lines
}

fn connection(view: &View, index: Option<u32>) -> Option<(u32, &Connection)> {
    let index = index?;
    Some((index, view.connections.get(usize::try_from(index).ok()?)?))
}
