//! What each message says to one adversary, taken apart: places, labels, numbers, each in a slot that is the same for all messages.
//!
//! A slot is a position in what is seen: the value under one key of the payload, one level of the topic, the client id, the size. Which
//! slots are worth anything is for each attack to learn.

use std::collections::HashMap;

use crate::attack::places::{Area, Map, area, coordinates};
use crate::convert::{float, float_len};
use crate::payload::{FieldRef, Kind, Sighting, Source, scan};
use crate::view::{Connection, Message, View};

/// Slots that are told apart; what comes after them is not looked at.
const MAX_SLOTS: usize = 400;
/// Fields of one message that are kept.
const MAX_FIELDS: usize = 48;

/// A slot's number.
pub(crate) type Slot = u16;

/// Where a slot is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Spot {
    /// A field of the payload, of what keys open, or of properties, by its key, else by its order.
    Field(Layer, Vec<u8>),
    /// A level of the topic; the whole of it is level 255.
    Topic(u8),
    /// Something of the connection or packet, by name.
    Part(&'static str),
}

/// Which bytes a field stood in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Layer {
    /// The payload.
    Payload,
    /// What the adversary's keys open.
    Opened,
    /// Properties of the message, or of its connection.
    Property,
    /// The will.
    Will,
}

/// What one message says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clue {
    /// Places named.
    pub(crate) areas: Vec<Area>,
    /// Values as hashes, by slot.
    pub(crate) labels: Vec<(Slot, u64)>,
    /// Numbers, by slot.
    pub(crate) numbers: Vec<(Slot, f64)>,
}

/// What all messages say.
#[derive(Debug)]
pub(crate) struct Clues {
    /// One for each message asked for, in their order.
    pub(crate) of: Vec<Clue>,
    /// How many slots there are.
    pub(crate) slots: Slot,
}

impl Clues {
    /// Takes messages of a view apart.
    pub(crate) fn new<'a>(view: &'a View, messages: impl Iterator<Item = &'a Message>, map: &Map) -> Self {
        let mut taker = Taker { view, map, slots: HashMap::new(), connections: HashMap::new() };
        let mut last: HashMap<u32, u64> = HashMap::new();
        let of = messages.map(|message| taker.clue(message, &mut last)).collect();
        Self { of, slots: Slot::try_from(taker.slots.len()).unwrap_or(Slot::MAX) }
    }
}

impl Clue {
    /// The value in a slot.
    pub(crate) fn label(&self, slot: Slot) -> Option<u64> {
        self.labels.iter().find(|(at, _)| *at == slot).map(|(_, value)| *value)
    }

    /// The number in a slot.
    pub(crate) fn number(&self, slot: Slot) -> Option<f64> {
        self.numbers.iter().find(|(at, _)| *at == slot).map(|(_, value)| *value)
    }

    fn put(&mut self, slot: Option<Slot>, value: &[u8]) {
        self.put_hash(slot, hash(value));
    }

    fn put_hash(&mut self, slot: Option<Slot>, value: u64) {
        if let Some(slot) = slot.filter(|slot| self.label(*slot).is_none()) {
            self.labels.push((slot, value));
        }
    }

    fn put_number(&mut self, slot: Option<Slot>, value: f64) {
        if let Some(slot) = slot.filter(|slot| self.number(*slot).is_none() && value.is_finite()) {
            self.numbers.push((slot, value));
        }
    }
}

/// FNV-1a, 64 bits, mixed once more: equal for equal bytes, and the same on every machine.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let folded = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    (folded ^ (folded >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

struct Taker<'a> {
    view: &'a View,
    map: &'a Map,
    slots: HashMap<Spot, Slot>,
    connections: HashMap<u32, Clue>,
}

impl Taker<'_> {
    fn slot(&mut self, spot: Spot) -> Option<Slot> {
        let next = self.slots.len();
        if next >= MAX_SLOTS && !self.slots.contains_key(&spot) {
            return None;
        }
        let next = Slot::try_from(next).ok()?;
        Some(*self.slots.entry(spot).or_insert(next))
    }

    fn part(&mut self, name: &'static str) -> Option<Slot> {
        self.slot(Spot::Part(name))
    }

    fn clue(&mut self, message: &Message, last: &mut HashMap<u32, u64>) -> Clue {
        let mut clue = message.connection.map(|number| self.connection(number)).unwrap_or_default();
        self.packet(&mut clue, message);
        let view = self.view;
        self.fields(&mut clue, Layer::Payload, view.get(&message.payload));
        self.fields(&mut clue, Layer::Opened, view.get(&message.opened));
        self.properties(&mut clue, view.get(&message.properties));
        self.topic(&mut clue, view.get(&message.topic));
        if let Some(number) = message.connection {
            let before = last.insert(number, message.at);
            let opened = usize::try_from(number).ok().and_then(|index| view.connections.get(index));
            let since = before.or(opened.map(|connection| connection.opened)).unwrap_or(message.at);
            let gap = float(message.at.saturating_sub(since) / 1_000_000);
            let slot = self.part("gap");
            clue.put_number(slot, gap.ln_1p());
        }
        clue
    }

    fn packet(&mut self, clue: &mut Clue, message: &Message) {
        let size = self.part("size");
        clue.put_hash(size, u64::from(message.size));
        clue.put_number(size, f64::from(message.size));
        let second = self.part("time of day");
        clue.put_number(second, float(message.at / 1_000_000 % 86_400));
        let flags = self.part("flags");
        clue.put_hash(flags, u64::from(message.qos) << 1 | u64::from(message.retain));
        if let Some(planted) = message.planted {
            let slot = self.part("planted");
            clue.put_hash(slot, planted);
            clue.put_number(slot, float(planted));
        }
    }

    fn connection(&mut self, number: u32) -> Clue {
        if let Some(known) = self.connections.get(&number) {
            return known.clone();
        }
        let view = self.view;
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let clue =
            view.connections.get(index).map(|seen| self.of_connection(number, seen)).unwrap_or_default();
        self.connections.insert(number, clue.clone());
        clue
    }

    fn of_connection(&mut self, number: u32, seen: &Connection) -> Clue {
        let (mut clue, view) = (Clue::default(), self.view);
        let slot = self.part("connection");
        clue.put_hash(slot, u64::from(number));
        for (name, span) in
            [("client id", &seen.client_id), ("user name", &seen.user_name), ("will", &seen.will)]
        {
            let value = view.get(span);
            if !value.is_empty() {
                let slot = self.part(name);
                clue.put(slot, value);
            }
        }
        if let Some(address) = seen.address {
            let (whole, network) = (self.part("address"), self.part("network"));
            let bytes = match address {
                core::net::IpAddr::V4(v4) => v4.octets().to_vec(),
                core::net::IpAddr::V6(v6) => v6.octets().to_vec(),
            };
            clue.put(whole, &bytes);
            let prefix = if bytes.len() == 4 { 3 } else { 6 };
            clue.put(network, bytes.get(..prefix).unwrap_or_default());
        }
        if let Some(seconds) = seen.keep_alive {
            let slot = self.part("keep-alive");
            clue.put_hash(slot, u64::from(seconds));
        }
        if let Some(fingerprint) = seen.fingerprint {
            let slot = self.part("fingerprint");
            clue.put_hash(slot, fingerprint);
        }
        self.properties(&mut clue, view.get(&seen.properties));
        let mut will = view.get(&seen.will).splitn(2, |byte| *byte == 0);
        if let Some(payload) = will.nth(1) {
            self.fields(&mut clue, Layer::Will, payload);
        }
        clue
    }

    fn topic(&mut self, clue: &mut Clue, topic: &[u8]) {
        if topic.is_empty() {
            return;
        }
        let whole = self.slot(Spot::Topic(u8::MAX));
        clue.put(whole, topic);
        for (place, level) in (0..32).zip(topic.split(|byte| *byte == b'/')) {
            let slot = self.slot(Spot::Topic(place));
            clue.put(slot, level);
            clue.areas.extend(self.map.zone_named(level));
        }
        let mut found = Vec::new();
        scan(&Sighting::new(topic, b""), &mut |field| found.push(Found::new(field)));
        self.places(clue, &found);
    }

    fn properties(&mut self, clue: &mut Clue, properties: &[u8]) {
        for property in properties.split(|byte| *byte == 0).filter(|property| !property.is_empty()) {
            let mut halves = property.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            let pair = [(name, value)];
            let seen = Sighting { user_properties: &pair, ..Sighting::new(b"", b"") };
            self.take(clue, Layer::Property, &seen);
        }
        // a latitude and a longitude are two properties
        let pairs: Vec<_> = properties
            .split(|byte| *byte == 0)
            .filter_map(|property| {
                let at = property.iter().position(|byte| *byte == b'=')?;
                Some((property.get(..at)?, property.get(at + 1..)?))
            })
            .collect();
        if pairs.len() > 1 {
            let mut found = Vec::new();
            let seen = Sighting { user_properties: &pairs, ..Sighting::new(b"", b"") };
            scan(&seen, &mut |field| found.push(Found::new(field)));
            found.retain(|field| matches!(field.kind, Kind::Latitude | Kind::Longitude));
            self.places(clue, &found);
        }
    }

    fn fields(&mut self, clue: &mut Clue, layer: Layer, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.take(clue, layer, &Sighting::new(b"", bytes));
        }
    }

    fn take(&mut self, clue: &mut Clue, layer: Layer, seen: &Sighting<'_>) {
        let mut found: Vec<Found> = Vec::new();
        scan(seen, &mut |field| {
            if found.len() < MAX_FIELDS && field.source != Source::Topic {
                found.push(Found::new(field));
            }
        });
        for (order, field) in found.iter().enumerate() {
            let name = field.key.clone().unwrap_or_else(|| format!("#{order}").into_bytes());
            let slot = self.slot(Spot::Field(layer, name));
            clue.put(slot, &field.value);
            if let Some(number) = field.number {
                clue.put_number(slot, number);
            }
        }
        self.places(clue, &found);
    }

    fn places(&mut self, clue: &mut Clue, found: &[Found]) {
        let mut north: Option<&Found> = None;
        for field in found {
            match field.kind {
                Kind::Latitude => north = Some(field),
                Kind::Longitude => {
                    let pair =
                        north.take().or_else(|| found.iter().find(|other| other.kind == Kind::Latitude));
                    clue.areas.extend(pair.and_then(|lat| coordinates(&lat.value, &field.value)));
                }
                kind => clue.areas.extend(area(kind, &field.value, self.map)),
            }
        }
    }
}

/// A field, kept.
struct Found {
    kind: Kind,
    key: Option<Vec<u8>>,
    value: Vec<u8>,
    number: Option<f64>,
}

impl Found {
    fn new(field: &FieldRef<'_>) -> Self {
        let value = field.value.trim_ascii();
        let number = core::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse().ok())
            .filter(|it: &f64| it.is_finite());
        // a text's length is a number too
        let number = number.or_else(|| (field.kind == Kind::FreeText).then(|| float_len(value.len())));
        Self { kind: field.kind, key: field.key.map(<[u8]>::to_vec), value: value.to_vec(), number }
    }
}
