//! What a configuration costs, to stand beside what it gains.

use core::net::IpAddr;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::attack::Scene;
use crate::convert::{count, float};
use crate::truth::MessageKind;
use crate::view::{Adversary, View};

/// Cost of a configuration, from the broker's view of the trace and the truth beside it. `None` where the trace does not show it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Mean bytes of a PUBLISH packet.
    pub message_bytes: Option<f64>,
    /// Messages a person and day, cover included.
    pub messages_a_day: Option<f64>,
    /// Connections a person and day.
    pub connections_a_day: Option<f64>,
    /// Bytes to and from the broker a person and day, all MQTT packets.
    pub bytes_a_day: Option<f64>,
    /// Messages of a gateway or relay a day, cover included.
    #[serde(default)]
    pub node_messages_a_day: Option<f64>,
    /// The share of them that is cover.
    #[serde(default)]
    pub cover_share: Option<f64>,
    /// Bytes to and from the broker a gateway or relay and day, all MQTT packets, without TLS and TCP/IP.
    #[serde(default)]
    pub node_bytes_a_day: Option<f64>,
    /// Median seconds between writing a report and its arrival at the broker.
    pub latency_median_s: Option<f64>,
    /// The same, worst 5 %.
    pub latency_worst_s: Option<f64>,
    /// Processor time to make a message, microseconds.
    pub make_us: Option<f64>,
    /// Processor time to open one, microseconds.
    pub open_us: Option<f64>,
}

impl Cost {
    /// The cost of a scene.
    pub fn of(scene: &Scene) -> Self {
        let expense = scene.truth.expense;
        let mut cost = Self { make_us: expense.make_us, open_us: expense.open_us, ..Self::default() };
        let Ok(view) = scene.view(Adversary::Broker).or_else(|_| scene.view(Adversary::Subscriber)) else {
            return cost;
        };
        let people = float(count(scene.truth.people.values().filter(|person| person.uses).count()));
        let days = float(scene.truth.operation.length) / 8.64e10;
        let mut bytes = 0;
        let mut messages = 0_u64;
        let mut latencies = Vec::new();
        for message in &view.messages {
            let Some(truth) = scene.message(message.id) else { continue };
            if truth.kind == MessageKind::Authority || truth.forged.is_some() {
                continue;
            }
            messages += 1;
            bytes += u64::from(message.size);
            if truth.kind != MessageKind::Cover && !truth.again {
                latencies.push(message.at.saturating_sub(truth.written));
            }
        }
        let person_days = people * days;
        let rate = |amount: u64| (person_days > 0.0).then(|| float(amount) / person_days);
        cost.message_bytes = (messages > 0).then(|| float(bytes) / float(messages));
        cost.messages_a_day = rate(messages);
        if !view.connections.is_empty() {
            cost.connections_a_day = rate(count(view.connections.len()));
            cost.bytes_a_day =
                rate(view.connections.iter().map(|connection| connection.sent + connection.received).sum());
        }
        cost.nodes(scene, view, days);
        latencies.sort_unstable();
        cost.latency_median_s = quantile(&latencies, 0.5);
        cost.latency_worst_s = quantile(&latencies, 0.95);
        cost
    }
}

impl Cost {
    /// What gateways and relays do: connections on which several people's messages come, or covers that are nobody's.
    fn nodes(&mut self, scene: &Scene, view: &View, days: f64) {
        let nodes: BTreeSet<u32> = scene.truth.people.values().filter_map(|person| person.gateway).collect();
        let node_days = float(count(nodes.len())) * days;
        if view.connections.is_empty() || node_days <= 0.0 {
            return;
        }
        let (mut messages, mut covers) = (0, 0);
        let addresses: BTreeSet<_> = view
            .messages
            .iter()
            .filter(|message| scene.message(message.id).is_some_and(|truth| truth.kind == MessageKind::Cover))
            .filter_map(|message| address(view, message.connection?))
            .collect();
        for message in &view.messages {
            let Some(connection) = message.connection else { continue };
            if address(view, connection).is_some_and(|address| addresses.contains(&address)) {
                messages += 1;
                let cover = scene.message(message.id).is_some_and(|truth| truth.kind == MessageKind::Cover);
                covers += u64::from(cover);
            }
        }
        let bytes: u64 = view
            .connections
            .iter()
            .filter(|connection| connection.address.is_some_and(|address| addresses.contains(&address)))
            .map(|connection| connection.sent + connection.received)
            .sum();
        if messages > 0 {
            self.node_messages_a_day = Some(float(messages) / node_days);
            self.cover_share = Some(float(covers) / float(messages));
            self.node_bytes_a_day = Some(float(bytes) / node_days);
        }
    }
}

fn address(view: &View, connection: u32) -> Option<IpAddr> {
    view.connections.get(usize::try_from(connection).ok()?)?.address
}

/// A quantile of sorted microseconds, in seconds.
pub(super) fn quantile(sorted: &[u64], share: f64) -> Option<f64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let index = (share * float(count(sorted.len().saturating_sub(1)))).round() as usize;
    sorted.get(index).map(|us| float(*us) / 1e6)
}
