//! What each message of a view says, taken apart once, to be compared many times.

use core::net::IpAddr;

use crate::attack::features::bytes::Bytes;
use crate::attack::features::line;
use crate::attack::features::slots::{Collector, Labels, Numbers, hash, intern};
use crate::attack::places::{Map, Place, area, coordinates};
use crate::convert::{float, float_len};
use crate::payload::{FieldRef, Kind, Sighting, scan};
use crate::view::{Connection, Message, View};

/// The name of a slot: what it is, and of which key or place.
pub(super) fn slot(what: &str, key: &[u8]) -> u64 {
    hash(what.as_bytes()).rotate_left(17) ^ hash(key)
}

/// The slot of planted tokens.
fn planted() -> u64 {
    slot("planted", b"")
}

/// All messages of a view.
#[derive(Debug, Clone)]
pub(crate) struct Digest {
    /// When each arrived, seconds.
    pub(crate) times: Vec<f64>,
    /// Size of each.
    pub(crate) sizes: Vec<f64>,
    /// Packet identifier of each; NaN without.
    pub(crate) packet_ids: Vec<f64>,
    /// Slots of labels.
    pub(crate) labels: Vec<Labels>,
    /// Slots of numbers.
    pub(crate) numbers: Vec<Numbers>,
    /// Where each message says it is from.
    pub(crate) places: Vec<Option<Place>>,
    /// When each one's connection was opened and closed, seconds; NaN where that is not seen.
    pub(crate) spans: Vec<[f64; 2]>,
    /// How many messages of the same address came before each (of all, where addresses are not seen).
    pub(crate) order: Vec<f64>,
    /// Payloads side by side.
    pub(crate) bytes: Bytes,
}

impl Digest {
    /// Takes a view apart. The map is public knowledge: where zones are that messages name; so is the calendar of epochs.
    pub(crate) fn new(view: &View, map: &Map, epochs: &[u64]) -> Self {
        let mut collector = Collector::new(view.messages.len());
        let order = line::collect(view, epochs, &mut collector);
        let bytes = Bytes::new(view);
        let mut places = Vec::with_capacity(view.messages.len());
        let connections: Vec<Vec<(u64, u64)>> =
            view.connections.iter().map(|connection| of_connection(view, connection)).collect();
        let mut spans = Vec::with_capacity(view.messages.len());
        for (number, message) in view.messages.iter().enumerate() {
            let index = message.connection.and_then(|index| usize::try_from(index).ok());
            if let Some(index) = index {
                collector.label(number, slot("connection", b""), crate::convert::count(index));
                for (name, value) in connections.get(index).into_iter().flatten() {
                    collector.label(number, *name, *value);
                }
            }
            let open = index.and_then(|index| view.connections.get(index));
            spans.push(
                open.map_or([f64::NAN; 2], |open| {
                    [seconds(open.opened), open.closed.map_or(f64::NAN, seconds)]
                }),
            );
            places.push(said(view, number, message, &bytes, map, &mut collector));
        }
        let (labels, numbers) = collector.finish();
        Self {
            times: view.messages.iter().map(|message| seconds(message.at)).collect(),
            sizes: view.messages.iter().map(|message| f64::from(message.size)).collect(),
            packet_ids: view
                .messages
                .iter()
                .map(|message| message.packet_id.map_or(f64::NAN, f64::from))
                .collect(),
            labels,
            numbers,
            places,
            spans,
            order,
            bytes,
        }
    }

    /// The same with the tokens that are planted in this view, which is otherwise the one that it was made of: as if they were a field.
    pub(crate) fn plant(&mut self, view: &View) {
        self.labels.retain(|slot| slot.name != planted());
        let said: Vec<(usize, u64)> = view
            .messages
            .iter()
            .enumerate()
            .filter_map(|(number, message)| Some((number, message.planted?)))
            .collect();
        self.labels.extend(intern(view.messages.len(), planted(), &said));
    }
}

/// Microseconds as seconds.
pub(crate) fn seconds(micros: u64) -> f64 {
    float(micros) / 1e6
}

/// Labels that all messages of a connection share.
fn of_connection(view: &View, connection: &Connection) -> Vec<(u64, u64)> {
    let mut labels = Vec::new();
    if let Some(address) = connection.address {
        let (whole, block) = match address {
            IpAddr::V4(address) => (address.octets().to_vec(), 3),
            IpAddr::V6(address) => (address.octets().to_vec(), 8),
        };
        labels.push((slot("address", b""), hash(&whole)));
        labels.push((slot("address block", b""), hash(whole.get(..block).unwrap_or(&whole))));
    }
    let texts = [
        ("client id", &connection.client_id),
        ("user name", &connection.user_name),
        ("will", &connection.will),
        ("connection's properties", &connection.properties),
    ];
    for (what, span) in texts {
        let text = view.get(span);
        if !text.is_empty() {
            labels.push((slot(what, b""), hash(text)));
            labels.push((slot(what, b"length"), crate::convert::count(text.len())));
            // what stands before the part that is different for each: the software's name
            let stem = text.iter().position(u8::is_ascii_digit).unwrap_or(text.len()).min(12);
            labels.push((slot(what, b"stem"), hash(text.get(..stem).unwrap_or(text))));
        }
    }
    for property in view.get(&connection.properties).split(|byte| *byte == 0) {
        labels
            .extend(named(property).map(|(name, value)| (slot("connection's property", name), hash(value))));
    }
    let numbers = [
        ("keep alive", connection.keep_alive.map(u64::from)),
        ("level", connection.level.map(u64::from)),
        ("fingerprint", connection.fingerprint),
    ];
    labels.extend(numbers.into_iter().filter_map(|(what, value)| Some((slot(what, b""), value?))));
    labels
}

fn named(property: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = property.iter().position(|byte| *byte == b'=')?;
    Some((property.get(..equals)?, property.get(equals + 1..)?))
}

/// Collects what one message says; the place that it names.
fn said(
    view: &View,
    number: usize,
    message: &Message,
    bytes: &Bytes,
    map: &Map,
    collector: &mut Collector,
) -> Option<Place> {
    let topic = view.get(&message.topic);
    if !topic.is_empty() {
        collector.label(number, slot("topic", b""), hash(topic));
        for (level, text) in (0_u8..8).zip(topic.split(|byte| *byte == b'/')) {
            collector.label(number, slot("topic level", &[level]), hash(text));
        }
    }
    let flags = u64::from(message.qos) << 1 | u64::from(message.retain);
    collector.label(number, slot("flags", b""), flags);
    collector.label(number, slot("size", b""), u64::from(message.size));
    for property in view.get(&message.properties).split(|byte| *byte == 0) {
        if let Some((name, value)) = named(property) {
            collector.label(number, slot("property", name), hash(value));
        }
    }
    if let Some(token) = message.planted {
        collector.label(number, planted(), token);
    }
    bytes.labels(view.get(&message.payload), |offset, value| {
        collector.label(number, slot("bytes", &offset.to_le_bytes()), value);
    });
    let mut reading = Reading { number, at: seconds(message.at), lat: None, place: None, map };
    for (layer, span) in [("payload", &message.payload), ("opened", &message.opened)] {
        let text = view.get(span);
        if !text.is_empty() {
            let mut unnamed = 0;
            scan(&Sighting::new(b"", text), &mut |field| {
                reading.field(layer, field, &mut unnamed, collector);
            });
        }
    }
    reading.place
}

/// State while the fields of one message are read.
struct Reading<'a> {
    number: usize,
    at: f64,
    lat: Option<Vec<u8>>,
    place: Option<Place>,
    map: &'a Map,
}

impl Reading<'_> {
    fn field(&mut self, layer: &str, field: &FieldRef<'_>, unnamed: &mut u8, collector: &mut Collector) {
        let kind = field.kind.name();
        let name = if let Some(key) = field.key {
            slot(layer, key) ^ slot("kind", kind.as_bytes())
        } else {
            *unnamed = unnamed.saturating_add(1);
            slot(layer, &[*unnamed]) ^ slot("kind", kind.as_bytes())
        };
        collector.label(self.number, name, hash(field.value));
        let here = match field.kind {
            Kind::Latitude => {
                self.lat = Some(field.value.to_vec());
                None
            }
            Kind::Longitude => self.lat.take().and_then(|lat| coordinates(&lat, field.value)),
            kind => area(kind, field.value, self.map),
        };
        self.place = self.place.or(here.map(|area| area.centre));
        let text = core::str::from_utf8(field.value).unwrap_or_default().trim();
        let value: Option<f64> = text.parse().ok().filter(|value: &f64| value.is_finite());
        match (field.kind, value) {
            // a clock that is wrong is its owner's: what counts is how far it is from the time of arrival
            (Kind::Timestamp, Some(value)) => {
                let unit = if value.abs() > 1e14 {
                    1e6
                } else if value.abs() > 1e11 {
                    1e3
                } else {
                    1.0
                };
                collector.number(self.number, name, value / unit - self.at);
            }
            (Kind::Latitude | Kind::Longitude, _) | (_, None) => {}
            (_, Some(value)) => collector.number(self.number, name, value),
        }
    }
}

/// The gap between two messages on a circle of this length, as the shorter way, 0 to half of it.
pub(crate) fn around(gap: f64, circle: f64) -> f64 {
    let rest = gap.rem_euclid(circle);
    rest.min(circle - rest)
}

/// A share of a length that is never 0.
pub(crate) fn share(part: f64, whole: usize) -> f64 {
    part / float_len(whole).max(1.0)
}
