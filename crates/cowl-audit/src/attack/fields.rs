//! What stands in a message, held against what its device knew.

use std::collections::{BTreeMap, HashMap};

use crate::attack::clues::hash;
use crate::attack::places::{Area, Located, Map, Place, area, coordinates};
use crate::payload::{FieldRef, Kind, Precision, Sighting, Source, extract, scan};
use crate::truth::{MessageTruth, Operation};
use crate::view::{Message, View};

/// Radius up to which a place is exact, metres: half of the kilometre of the counting rule, and what geohash and H3 add to it.
const EXACT_PLACE: f64 = 620.0;
/// Radius from which a place says nothing.
const NO_PLACE: f64 = 150_000.0;

/// What a device knew when it made a message.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) fields: Vec<KnownField>,
    /// Where it was, by its own fields or else by the truth.
    at: Option<Located>,
}

/// One field that a device knew. Latitude and longitude are one.
#[derive(Debug, Clone)]
pub(crate) struct KnownField {
    name: String,
    kind: Option<Kind>,
    value: Vec<u8>,
    /// What the policy says; `None`: nothing.
    needed: Option<bool>,
}

/// A value that an extractor found.
#[derive(Debug, Clone)]
struct Value {
    kind: Kind,
    precision: Precision,
    source: Source,
    key: String,
    text: Vec<u8>,
    area: Option<Area>,
}

/// All that extractors found in one message.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    values: Vec<Value>,
    /// Exact and coarse fields in payload and opened text, by the counting rule.
    counted: u32,
}

/// How much of what a device knew was read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Recovered {
    pub(crate) known: usize,
    pub(crate) known_needed: usize,
    pub(crate) known_not_needed: usize,
    pub(crate) exact: usize,
    pub(crate) coarse: usize,
    /// Needed fields recovered, exactly or coarsely.
    pub(crate) needed: usize,
    /// Fields recovered that nobody needs.
    pub(crate) not_needed: usize,
    /// Values read that are none of what the device knew.
    pub(crate) spurious: usize,
    pub(crate) counted: u32,
}

impl Known {
    pub(crate) fn new(truth: &MessageTruth, operation: &Operation, map: &Map) -> Self {
        let needed =
            |name: &str| operation.fields.iter().find(|field| field.name == name).map(|field| field.needed);
        // a policy that lists fields and not this one has no use for it
        let otherwise = (!operation.fields.is_empty()).then_some(false);
        let mut fields = Vec::new();
        let (mut lat, mut lon): (Option<&str>, Option<&str>) = (None, None);
        let mut position_needed = needed("position");
        for (name, value) in &truth.fields {
            let kind = kind_of(name, value);
            match kind {
                Some(Kind::Latitude) => lat = Some(value),
                Some(Kind::Longitude) => lon = Some(value),
                _ if value.trim().is_empty() => continue,
                _ => {
                    let needed = needed(name).or(otherwise);
                    fields.push(KnownField {
                        name: folded(name),
                        kind,
                        value: value.trim().as_bytes().to_vec(),
                        needed,
                    });
                    continue;
                }
            }
            position_needed = match (position_needed, needed(name)) {
                (Some(one), Some(other)) => Some(one || other),
                (one, other) => one.or(other),
            };
        }
        let own = lat.zip(lon).and_then(|(lat, lon)| coordinates(lat.as_bytes(), lon.as_bytes()));
        if let Some(own) = own {
            let value = format!("{},{}", own.centre.lat, own.centre.lon).into_bytes();
            let needed = position_needed.or(otherwise);
            fields.push(KnownField {
                name: "position".to_owned(),
                kind: Some(Kind::Position),
                value,
                needed,
            });
        }
        let written = truth.lat.zip(truth.lon).and_then(|(lat, lon)| Place::new(lat, lon));
        let at = own.map(|area| area.centre).or(written).map(|place| map.locate(place));
        Self { fields, at }
    }
}

/// What a field's name and value say it is.
fn kind_of(name: &str, value: &str) -> Option<Kind> {
    let pair = [(name.as_bytes(), value.as_bytes())];
    let seen = Sighting { user_properties: &pair, ..Sighting::new(b"", b"") };
    let mut kind = None;
    scan(&seen, &mut |field| kind = kind.or(Some(field.kind)));
    kind
}

/// Runs the extractors on all bytes of a message that the adversary sees.
pub(crate) fn read(view: &View, message: &Message, map: &Map) -> Read {
    let topic = view.get(&message.topic);
    let mut counted = 0;
    let mut values = Vec::new();
    let subject = topic.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    for bytes in [view.get(&message.payload), view.get(&message.opened)] {
        if !bytes.is_empty() {
            counted += extract(&Sighting::new(b"", bytes)).counts.payload.total();
            take(&Sighting::new(b"", bytes), subject, map, &mut values);
        }
    }
    let connection = message.connection.and_then(|index| view.connections.get(usize::try_from(index).ok()?));
    let mut properties = pairs(view.get(&message.properties));
    let (mut ip, mut client_id, mut user_name) = (None, None, None);
    if let Some(connection) = connection {
        properties.extend(pairs(view.get(&connection.properties)));
        ip = connection.address;
        client_id = Some(view.get(&connection.client_id)).filter(|it| !it.is_empty());
        user_name = Some(view.get(&connection.user_name)).filter(|it| !it.is_empty());
        if let Some(at) = view.get(&connection.will).iter().position(|byte| *byte == 0) {
            let (topic, payload) = view.get(&connection.will).split_at(at);
            take(&Sighting::new(topic, payload.get(1..).unwrap_or_default()), subject, map, &mut values);
        }
    }
    let around =
        Sighting { ip, client_id, user_name, user_properties: &properties, ..Sighting::new(topic, b"") };
    take(&around, subject, map, &mut values);
    Read { values, counted }
}

fn pairs(properties: &[u8]) -> Vec<(&[u8], &[u8])> {
    let halves = |property| {
        let mut halves = <[u8]>::splitn(property, 2, |byte| *byte == b'=');
        (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
    };
    properties.split(|byte| *byte == 0).filter(|property| !property.is_empty()).map(halves).collect()
}

/// Runs the extractors. A value without a key has the topic's last level for a name.
fn take(seen: &Sighting<'_>, subject: &[u8], map: &Map, values: &mut Vec<Value>) {
    const MOST: usize = 200;
    let mut lat: Option<Vec<u8>> = None;
    scan(seen, &mut |field: &FieldRef<'_>| {
        if values.len() >= MOST || field.kind == Kind::Subject {
            return;
        }
        let value = field.value.trim_ascii().to_vec();
        let place = match field.kind {
            Kind::Latitude => {
                lat = Some(value.clone());
                None
            }
            Kind::Longitude => lat.take().and_then(|lat| coordinates(&lat, &value)),
            kind => area(kind, &value, map),
        };
        let key = String::from_utf8_lossy(field.key.unwrap_or(subject));
        let (kind, precision, source) = (field.kind, field.precision, field.source);
        values.push(Value { kind, precision, source, key: folded(&key), text: value, area: place });
    });
}

/// Letters and digits of a name, in small letters.
fn folded(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Values that always stand beside the same value of a field, and so stand for it: a token for a user id.
#[derive(Debug)]
pub(crate) struct StandIns {
    /// By the slot and value read, and the field known: the one value of that field, and how often; `None` if there were two.
    seen: HashMap<(u64, u64), (Option<u64>, u64)>,
    /// Fields with more than one value among all messages.
    varies: BTreeMap<String, bool>,
}

impl StandIns {
    pub(crate) fn learn<'a>(messages: impl Iterator<Item = (&'a Known, &'a Read)>) -> Self {
        let mut seen: HashMap<(u64, u64), (Option<u64>, u64)> = HashMap::new();
        let mut first: BTreeMap<String, u64> = BTreeMap::new();
        let mut varies: BTreeMap<String, bool> = BTreeMap::new();
        for (known, read) in messages {
            for field in known.fields.iter().filter(|field| field.names_somebody()) {
                let truth = hash(&field.value);
                let before = *first.entry(field.name.clone()).or_insert(truth);
                *varies.entry(field.name.clone()).or_default() |= before != truth;
                for value in read.values.iter().filter(|value| value.kind.identifies()) {
                    let (one, times) = seen.entry(key(value, field)).or_insert((Some(truth), 0));
                    *times += 1;
                    if *one != Some(truth) {
                        *one = None;
                    }
                }
            }
        }
        Self { seen, varies }
    }

    fn stands(&self, value: &Value, field: &KnownField) -> bool {
        value.kind.identifies()
            && field.names_somebody()
            && self.varies.get(&field.name) == Some(&true)
            && matches!(self.seen.get(&key(value, field)), Some((Some(one), times)) if *one == hash(&field.value) && *times > 1)
    }
}

fn key(value: &Value, field: &KnownField) -> (u64, u64) {
    let slot = hash(value.key.as_bytes())
        ^ u64::from(value.source == Source::Connection)
        ^ hash(field.name.as_bytes()).rotate_left(1);
    (slot, hash(&value.text))
}

impl KnownField {
    fn names_somebody(&self) -> bool {
        self.kind.is_some_and(Kind::identifies)
    }

    fn is_place(&self) -> bool {
        matches!(
            self.kind,
            Some(Kind::Position | Kind::PlaceName | Kind::Mgrs | Kind::H3Cell | Kind::Geohash)
        )
    }

    /// Whether a value read is this field: by its name, its kind, or because it is too special to be anything else.
    fn is_meant(&self, value: &Value) -> bool {
        let special = self.value.len() >= 5 && !matches!(value.kind, Kind::Number | Kind::Timestamp);
        let same =
            self.kind == Some(value.kind) && !matches!(value.kind, Kind::Number | Kind::Flag | Kind::Word);
        self.name == value.key || same || special
    }

    fn judged(&self, value: &Value, at: Option<Located>) -> Option<Precision> {
        if self.is_meant(value) && self.equals(value) {
            return Some(Precision::Exact);
        }
        if self.is_place()
            && let Some((place, at)) = value.area.zip(at)
        {
            let near = place.excess(at) <= (place.radius() / 2.0).max(5.0) && place.radius() < NO_PLACE;
            let exact = place.zone.is_none() && place.radius() <= EXACT_PLACE;
            return near.then_some(if exact { Precision::Exact } else { Precision::Coarse });
        }
        let coarse =
            value.precision == Precision::Coarse && self.kind == Some(value.kind) && !self.names_somebody();
        (self.is_meant(value) && (coarse || self.rounds_to(value))).then_some(Precision::Coarse)
    }

    fn equals(&self, value: &Value) -> bool {
        let same = self.value.eq_ignore_ascii_case(&value.text);
        same || numbers(&self.value, &value.text)
            .is_some_and(|(one, other)| (one - other).abs() <= 1e-9 * one.abs().max(1.0))
    }

    /// Whether the value read is this one, rounded or cut to fewer digits.
    fn rounds_to(&self, value: &Value) -> bool {
        let Some((truth, read)) = numbers(&self.value, &value.text) else { return false };
        let unit = unit(&value.text);
        unit > unit_of_truth(&self.value) && (truth - read).abs() < unit * 0.999
    }
}

fn numbers(one: &[u8], other: &[u8]) -> Option<(f64, f64)> {
    let number =
        |text| core::str::from_utf8(text).ok()?.parse::<f64>().ok().filter(|value| value.is_finite());
    Some((number(one)?, number(other)?))
}

/// The size of a number's last digit that is not a zero before the point: 0.1 of 21.5, 10 of 120.
fn unit(text: &[u8]) -> f64 {
    if text.contains(&b'.') {
        return unit_of_truth(text);
    }
    let zeros = text.iter().rev().take_while(|byte| **byte == b'0').count().min(text.len().saturating_sub(1));
    (0..zeros).fold(1.0, |unit, _| unit * 10.0)
}

/// The size of a number's last digit.
fn unit_of_truth(text: &[u8]) -> f64 {
    let point = text.iter().position(|byte| *byte == b'.');
    let decimals = point.and_then(|at| text.get(at + 1..)).map_or(0, <[u8]>::len);
    (0..decimals.min(12)).fold(1.0, |unit, _| unit / 10.0)
}

/// Holds what was read against what was known. A value stands for one field at most, but a place names all places it lies in.
pub(crate) fn recovered(known: &Known, read: &Read, stand_ins: &StandIns) -> Recovered {
    let mut used = vec![false; read.values.len()];
    let mut found: Vec<Option<Precision>> = vec![None; known.fields.len()];
    for wanted in [Precision::Exact, Precision::Coarse] {
        for (field, found) in known.fields.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let free = |(index, value): &(usize, &Value)| {
                (field.is_place() || used.get(*index) == Some(&false))
                    && field.judged(value, known.at) == Some(wanted)
            };
            if let Some((index, _)) = read.values.iter().enumerate().find(free) {
                *found = Some(wanted);
                used.get_mut(index).into_iter().for_each(|used| *used = true);
            }
        }
    }
    for (field, found) in known.fields.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        let free = |(index, value): &(usize, &Value)| {
            used.get(*index) == Some(&false) && stand_ins.stands(value, field)
        };
        if let Some((index, _)) = read.values.iter().enumerate().find(free) {
            *found = Some(Precision::Coarse);
            used.get_mut(index).into_iter().for_each(|used| *used = true);
        }
    }
    let all = || known.fields.iter().zip(&found);
    let is_latitude = |value: &Value| value.kind == Kind::Latitude;
    Recovered {
        known: known.fields.len(),
        known_needed: all().filter(|(field, _)| field.needed == Some(true)).count(),
        known_not_needed: all().filter(|(field, _)| field.needed == Some(false)).count(),
        exact: all().filter(|(_, found)| **found == Some(Precision::Exact)).count(),
        coarse: all().filter(|(_, found)| **found == Some(Precision::Coarse)).count(),
        needed: all().filter(|(field, found)| field.needed == Some(true) && found.is_some()).count(),
        not_needed: all().filter(|(field, found)| field.needed == Some(false) && found.is_some()).count(),
        spurious: read
            .values
            .iter()
            .zip(&used)
            .filter(|(value, used)| !**used && !is_latitude(value))
            .count(),
        counted: read.counted,
    }
}
