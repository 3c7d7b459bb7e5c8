//! From values to rows of the census.

use crate::convert::float;
use crate::payload::{Kind, Source};

use super::core::Core;
use super::fields::Place;
use super::report::{Identifier, Survival};
use super::topics::Topic;
use super::traits::Trait;
use super::values::{Figures, Values};

/// Topic levels that have a row.
const MAX_LEVELS: usize = 8;

type Epochs = Option<Box<dyn Fn(u64) -> u64>>;

/// What survival is judged by.
pub(super) struct Judge {
    epochs: Epochs,
    /// Whether any time was seen on both sides of a rotation.
    rotated: bool,
    /// Whether a connection began after another had ended.
    reconnected: bool,
    messages: u64,
}

impl Judge {
    pub(super) fn new(core: &Core) -> Self {
        let epochs = core.options.rotation.epochs(core.header.start_us);
        let (first, last) = (core.sums.first.unwrap_or(0), core.sums.last);
        let rotated = epochs.as_ref().is_some_and(|epoch| epoch(first) != epoch(last));
        let reconnected = !core.is_subscription() && core.census.nodes.any_after();
        Self { epochs, rotated, reconnected, messages: core.sums.messages }
    }

    fn figures(&self, values: &Values) -> Figures {
        values.figures(self.epochs.as_deref())
    }

    fn row(
        &self,
        id: String,
        name: String,
        figures: Figures,
        connections: u64,
        personal: bool,
    ) -> Identifier {
        let survival = |known: bool, survivors: u64| match (known, survivors) {
            (false, _) => Survival::Unknown,
            (true, 0) => Survival::No,
            (true, values) => Survival::Yes { values, of: figures.distinct },
        };
        let share = float(figures.messages) / float(self.messages.max(1));
        Identifier {
            id,
            name,
            distinct: figures.distinct,
            at_least: figures.at_least,
            bits: figures.entropy,
            bits_most: float(figures.distinct.max(1)).log2(),
            lifetime_median_us: figures.lifetime.0,
            lifetime_max_us: figures.lifetime.1,
            survives_reconnect: survival(self.reconnected, figures.returned),
            survives_rotation: survival(self.rotated, figures.rotated),
            messages: figures.messages,
            share_of_messages: share.min(1.0),
            connections,
            repeated: figures.repeated,
            shared: figures.shared,
            personal,
        }
    }
}

/// All rows, in the order of the layers: network, TLS, MQTT, topics, payload.
pub(super) fn rows(core: &Core, judge: &Judge) -> Vec<Identifier> {
    let mut rows: Vec<Identifier> = core
        .census
        .traits
        .iter()
        .filter(|(_, values, _)| values.len() > 0)
        .map(|(kind, values, connections)| {
            let connections = if kind.is_of_connection() { connections } else { 0 };
            let personal = kind.is_personal() && !(kind == Trait::Address && core.is_subscription());
            judge.row(
                kind.id().to_owned(),
                kind.name().to_owned(),
                judge.figures(values),
                connections,
                personal,
            )
        })
        .collect();
    rows.extend(topics(core, judge));
    let mut places: Vec<&Place> = core.fields.places.iter().filter(|place| place.values.is_some()).collect();
    places.sort_by_key(|place| core::cmp::Reverse(place.messages));
    for place in places {
        if let Some(values) = &place.values {
            let (id, name) = named(place);
            let personal = place.kind.identifies() || place.source == Source::UserProperty;
            rows.push(judge.row(id, name, judge.figures(values), 0, personal));
        }
    }
    rows
}

/// The whole topic, and each of its levels.
fn topics(core: &Core, judge: &Judge) -> Vec<Identifier> {
    let list: Vec<&Topic> = core.topics.list.iter().filter(|topic| topic.seen.messages > 0).collect();
    let keyed = core.census.keyed;
    let mut rows = Vec::new();
    let mut whole = Values::new(usize::MAX);
    for topic in &list {
        whole.adopt(keyed.bytes(&topic.name), topic.seen);
    }
    if whole.len() > 0 {
        let mut figures = judge.figures(&whole);
        figures.at_least = core.topics.elsewhere > 0;
        rows.push(judge.row("topic".to_owned(), "topic".to_owned(), figures, 0, true));
    }
    for place in 0..MAX_LEVELS {
        let mut level = Values::new(usize::MAX);
        for topic in &list {
            if let Some(part) = topic.name.split(|byte| *byte == b'/').nth(place) {
                level.adopt(keyed.bytes(part), topic.seen);
            }
        }
        // one level is the whole topic again
        if level.len() == 0 || (place == 0 && list.iter().all(|topic| !topic.name.contains(&b'/'))) {
            break;
        }
        let mut figures = judge.figures(&level);
        figures.at_least = core.topics.elsewhere > 0;
        let number = place + 1;
        rows.push(judge.row(
            format!("topic-level-{number}"),
            format!("topic level {number}"),
            figures,
            0,
            true,
        ));
    }
    rows
}

/// Stable id and name of a place.
pub(super) fn named(place: &Place) -> (String, String) {
    let side = match place.source {
        Source::UserProperty => "property",
        Source::Will => "will",
        Source::Topic => "topic",
        _ => "payload",
    };
    match (&place.key, place.of_envelope, place.kind) {
        (None, true, Kind::Timestamp) => {
            ("payload:fernet-time".to_owned(), "time in Fernet tokens".to_owned())
        }
        (Some(key), ..) => (format!("{side}:{key}"), format!("{side} \"{key}\"")),
        (None, ..) => (format!("{side}:({})", place.kind), format!("{} in {side}", place.kind)),
    }
}

/// Messages in all groups, for shares.
pub(super) fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { float(part) / float(of) }
}
