//! What a PUBLISH says.

use crate::mqtt::{Properties, Publish, Value, property};
use crate::payload::{
    Counter, Counts, FieldRef, Format, Kind, LeafValue, Precision, Scan, Sighting, Source, digits,
    walk_metadata,
};
use crate::trace::Way;

use super::connection::State;
use super::core::Core;
use super::counter::{Slot, follow};
use super::fields::{Fields, PlaceId};
use super::nodes::Node;
use super::pace::Pace;
use super::topics::{Retained, Topic};
use super::traits::{Census, Trait};
use super::values::{Held, Met};

/// What a scan of one message says beside its fields.
#[derive(Debug, Default, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "five things that do not exclude each other")]
struct Remarks {
    altitude: bool,
    coarse_place: bool,
    exact_place: bool,
    personal: bool,
    fernet: bool,
}

impl Core {
    pub(super) fn publish(&mut self, state: &mut State, way: Way, at: u64, publish: &Publish<'_>) {
        let topic_hash = self.census.keyed.bytes(publish.topic);
        let content = self.census.keyed.joined(topic_hash, self.census.keyed.bytes(publish.payload));
        let place = self.topic(topic_hash, publish.topic, at);
        let sent = way == Way::ToServer;
        if sent {
            self.sums.sent += 1;
            if let (Some(id), false) = (publish.packet_id, publish.duplicate) {
                state.packet_id(id);
            }
        } else {
            self.sums.delivered += 1;
        }
        let again = self.recent.has(content);
        let stored = place.and_then(|place| self.topics.list.get(place)).map(|topic| topic.retained.content);
        let is_delivery = !sent && (again || stored == Some(content)) && !self.is_subscription();
        let mut remarks = Remarks::default();
        if is_delivery {
            self.sums.known += 1;
        } else {
            self.sums.repeats += u64::from(again && !publish.duplicate && !publish.payload.is_empty());
            self.recent.note(content);
            remarks = self.message(state, sent, at, publish, place);
        }
        let Some(topic) = place.and_then(|place| self.topics.list.get_mut(place)) else {
            return;
        };
        let empty = publish.payload.is_empty();
        if sent && publish.retain {
            topic.retained.store(at, empty, content, remarks.personal);
        } else if !sent && publish.retain && !empty {
            topic.retained.deliver(at, content, remarks.personal);
        } else if !sent && empty && topic.retained.delivered > 0 {
            // a subscriber sees an erasure as an empty message
            topic.retained.store(at, true, content, false);
        }
    }

    fn topic(&mut self, hash: u64, name: &[u8], at: u64) -> Option<usize> {
        if let Some(place) = self.topics.find(hash) {
            return Some(place);
        }
        let mut says = Vec::new();
        let mut counter = Counter::default();
        let (fields, keyed) = (&mut self.fields, self.census.keyed);
        walk_metadata(&Sighting::new(name, b""), &mut |field| {
            counter.add(field);
            if let Some(place) = fields.place(field, false, keyed) {
                says.push((place, field.precision));
            }
        });
        let node = if self.is_subscription() { self.census.nodes.open(at) } else { None };
        let topic = Topic {
            name: name.into(),
            says: says.into(),
            counts: counter.finish(),
            seen: Held::new(Met { at, node: None, messages: 0 }),
            sizes: (u32::MAX, 0),
            pace: Pace::new(),
            retained: Retained::default(),
            node,
        };
        self.topics.insert(hash, topic)
    }

    /// One message, counted once however often it is delivered.
    fn message(
        &mut self,
        state: &mut State,
        sent: bool,
        at: u64,
        publish: &Publish<'_>,
        place: Option<usize>,
    ) -> Remarks {
        let payload = publish.payload;
        let size = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        self.sums.messages += 1;
        self.sums.bytes += u64::from(size);
        self.sums.sizes.add(payload.len());
        self.rhythm.message(at);
        let mut around = Counts::default();
        let mut node = state.node.filter(|_| sent);
        if let Some(topic) = place.and_then(|place| self.topics.list.get(place)) {
            around = topic.counts;
            node = node.or(topic.node);
        }
        let met = Met { at, node, messages: 1 };
        if let Some(place) = place {
            // where topics stand for senders they are no property of them
            let node = if self.is_subscription() { None } else { node };
            self.topics.note(place, Met { node, ..met }, size, &self.census.nodes);
        }
        state.messages += u64::from(sent);
        if sent {
            state.size(size);
            if let Some(gap) = state.pace.at(at) {
                self.rhythm.gaps.add(gap);
            }
        }
        let mut taker = Taker {
            fields: &mut self.fields,
            census: &mut self.census,
            counters: &mut state.counters,
            counter: Counter::default(),
            remarks: Remarks::default(),
            number: self.sums.messages,
            met,
        };
        let format = Scan::new(Source::Payload, &mut |field| taker.take(field)).payload(payload);
        if !publish.properties.is_empty() {
            taker.properties(publish.properties);
        }
        let (counts, remarks) = (taker.counter.finish(), taker.remarks);
        around.metadata.exact += counts.metadata.exact;
        around.metadata.coarse += counts.metadata.coarse;
        around.metadata.values += counts.metadata.values;
        self.sums.fields(counts, around);
        if let Some(count) = self.sums.formats.get_mut(format.number()) {
            *count += 1;
        }
        self.sums.with_altitude += u64::from(remarks.altitude);
        self.sums.altitudes += u64::from(remarks.altitude && remarks.coarse_place && !remarks.exact_place);
        self.sums.fernet += u64::from(remarks.fernet);
        if matches!(format, Format::Binary | Format::Base64 | Format::Hex) {
            self.opaque.add(payload, format, node);
        }
        remarks
    }
}

/// Takes the fields of one message.
struct Taker<'a> {
    fields: &'a mut Fields,
    census: &'a mut Census,
    counters: &'a mut Vec<Slot>,
    counter: Counter,
    remarks: Remarks,
    number: u64,
    met: Met,
}

impl Taker<'_> {
    fn take(&mut self, field: &FieldRef<'_>) {
        self.counter.add(field);
        self.remark(field);
        let Some(id) = self.fields.place(field, field.of_envelope, self.census.keyed) else {
            return;
        };
        let Some(place) = self.fields.get_mut(id) else {
            return;
        };
        place.count(field.precision, self.number, 1);
        let Census { keyed, nodes, budget, .. } = &mut *self.census;
        place.value(field.value, self.met, *keyed, nodes, budget);
        if matches!(field.kind, Kind::Number | Kind::Id) {
            self.number_at(id, field.value);
        }
    }

    fn number_at(&mut self, place: PlaceId, value: &[u8]) {
        if let (Some(Node(_)), Some(number)) = (self.met.node, digits(value)) {
            follow(self.counters, place, number);
        }
    }

    fn remark(&mut self, field: &FieldRef<'_>) {
        let exact = field.precision == Precision::Exact;
        match field.kind {
            // hundreds of metres are as coarse as the position beside them
            Kind::Altitude => self.remarks.altitude |= !is_round(field.value),
            Kind::Position
            | Kind::Latitude
            | Kind::Longitude
            | Kind::Mgrs
            | Kind::H3Cell
            | Kind::Geohash
            | Kind::PlaceName => {
                self.remarks.exact_place |= exact;
                self.remarks.coarse_place |= !exact;
            }
            Kind::Timestamp if field.of_envelope => self.remarks.fernet = true,
            _ => {}
        }
        self.remarks.personal |= super::personal(field.kind);
    }

    fn properties(&mut self, properties: Properties<'_>) {
        for property in properties.iter() {
            match (property.id, property.value) {
                (property::USER_PROPERTY, Value::Pair(name, value)) => {
                    Scan::new(Source::UserProperty, &mut |field| self.take(field)).leaf(
                        Some(name),
                        LeafValue::Text(value),
                        0,
                        None,
                    );
                }
                (property::CONTENT_TYPE, Value::Text(text)) => {
                    self.census.note(Trait::ContentType, text, self.met);
                }
                (property::RESPONSE_TOPIC, Value::Text(text)) => {
                    self.census.note(Trait::ResponseTopic, text, self.met);
                }
                (property::CORRELATION_DATA, Value::Binary(bytes)) => {
                    self.census.note(Trait::Correlation, bytes, self.met);
                }
                _ => {}
            }
        }
    }
}

/// Zero, or a multiple of 100.
fn is_round(value: &[u8]) -> bool {
    let whole = value.split(|byte| *byte == b'.').next().unwrap_or_default();
    let whole = whole.strip_prefix(b"-").unwrap_or(whole);
    let fraction = value.get(value.len().min(whole.len() + 1)..).unwrap_or_default();
    let zeros = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b'0' | b'.'));
    (zeros(whole) || whole.ends_with(b"00")) && zeros(fraction)
}
