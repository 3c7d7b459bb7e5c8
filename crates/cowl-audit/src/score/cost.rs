//! What a configuration costs, to stand beside what it gains.

use serde::{Deserialize, Serialize};

use crate::attack::Scene;
use crate::convert::{count, float};
use crate::truth::MessageKind;
use crate::view::Adversary;

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
        latencies.sort_unstable();
        cost.latency_median_s = quantile(&latencies, 0.5);
        cost.latency_worst_s = quantile(&latencies, 0.95);
        cost
    }
}

/// A quantile of sorted microseconds, in seconds.
pub(super) fn quantile(sorted: &[u64], share: f64) -> Option<f64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let index = (share * float(count(sorted.len().saturating_sub(1)))).round() as usize;
    sorted.get(index).map(|us| float(*us) / 1e6)
}
