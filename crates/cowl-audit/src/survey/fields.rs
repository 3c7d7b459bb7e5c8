//! Every place where a value was recognised: a key in payloads, a user property, a will, a topic.

use crate::payload::{FieldRef, Kind, Precision, Source, mask};

use super::counter::Counting;
use super::hash::{ByHash, Keyed};
use super::nodes::Nodes;
use super::values::{Budget, Met, Values};

/// Places that are told apart; fields at further ones are only counted.
const MAX_PLACES: usize = 512;
/// Values of one place that are told apart.
const MAX_VALUES: usize = 229_376;
/// The same for words and labels, which matter only where they are few.
const MAX_WORDS: usize = 14_336;
/// Characters of a key that are shown.
const MAX_KEY: usize = 40;

/// Index of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlaceId(pub(super) u16);

#[derive(Debug)]
pub(super) struct Place {
    pub(super) source: Source,
    pub(super) kind: Kind,
    /// Set for the clear part of an encryption header.
    pub(super) of_envelope: bool,
    pub(super) key: Option<Box<str>>,
    pub(super) exact: u64,
    pub(super) coarse: u64,
    pub(super) messages: u64,
    last: u64,
    pub(super) example: Box<str>,
    pub(super) values: Option<Values>,
    pub(super) counting: Counting,
}

#[derive(Debug)]
pub(super) struct Fields {
    index: ByHash<PlaceId>,
    pub(super) places: Vec<Place>,
    /// Fields at places beyond the limit.
    pub(super) elsewhere: u64,
}

impl Fields {
    pub(super) fn new() -> Self {
        Self { index: ByHash::default(), places: Vec::new(), elsewhere: 0 }
    }

    /// The place of a field; `None` beyond the limit.
    pub(super) fn place(&mut self, field: &FieldRef<'_>, of_envelope: bool, keyed: Keyed) -> Option<PlaceId> {
        let what = (u64::from(field.kind.number()) << 8) | (u64::from(field.source.number()) << 1);
        let mark = keyed.joined(field.key.map_or(0, |key| keyed.bytes(key)), what | u64::from(of_envelope));
        if let Some(place) = self.index.get(&mark) {
            return Some(*place);
        }
        if self.places.len() >= MAX_PLACES {
            self.elsewhere += 1;
            return None;
        }
        let id = PlaceId(u16::try_from(self.places.len()).ok()?);
        self.index.insert(mark, id);
        self.places.push(Place {
            source: field.source,
            kind: field.kind,
            of_envelope,
            key: field.key.map(name),
            exact: 0,
            coarse: 0,
            messages: 0,
            last: 0,
            example: mask(field.value).into(),
            values: values_of(field, of_envelope).map(Values::new),
            counting: Counting::default(),
        });
        Some(id)
    }

    pub(super) fn get_mut(&mut self, id: PlaceId) -> Option<&mut Place> {
        self.places.get_mut(usize::from(id.0))
    }
}

impl Place {
    /// A field met here in message `number`.
    pub(super) fn count(&mut self, precision: Precision, number: u64, messages: u64) {
        if self.last != number || number == 0 {
            self.messages += messages;
            self.last = number;
        }
        match precision {
            Precision::Exact => self.exact += messages,
            Precision::Coarse => self.coarse += messages,
        }
    }

    pub(super) fn value(&mut self, value: &[u8], met: Met, keyed: Keyed, nodes: &Nodes, budget: &mut Budget) {
        if let Some(values) = &mut self.values {
            values.note(keyed.bytes(value), met, nodes, budget);
        }
    }
}

/// How many values of a place are told apart, if it may tell senders apart at all. Numbers and flags are counted as fields only; topic
/// levels have rows of their own.
const fn values_of(field: &FieldRef<'_>, of_envelope: bool) -> Option<usize> {
    match (field.source, field.kind) {
        (Source::Topic | Source::ClientId | Source::UserName | Source::Connection, _) => None,
        (_, kind) if kind.identifies() => Some(MAX_VALUES),
        (Source::UserProperty | Source::Will, _) => Some(MAX_VALUES),
        (_, Kind::Timestamp) if of_envelope => Some(MAX_VALUES),
        (_, Kind::Word | Kind::PlaceName | Kind::Mgrs | Kind::H3Cell | Kind::Geohash) => Some(MAX_WORDS),
        _ => None,
    }
}

/// A key as it may be shown: a name of a field is not a person's, but a key that is itself an identifier is masked.
fn name(key: &[u8]) -> Box<str> {
    let text: String = String::from_utf8_lossy(key)
        .chars()
        .take(MAX_KEY)
        .map(|letter| if letter.is_control() { '.' } else { letter })
        .collect();
    if crate::payload::names_somebody(key) { mask(text.as_bytes()).into() } else { text.into() }
}
