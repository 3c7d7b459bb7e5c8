//! The policy made ready for reducing: each input name resolved once, so that a reading costs one search per member.

use alloc::string::String;
use alloc::vec::Vec;

use super::size::WorstCase;
use super::source::{Input, Source};
use super::{Draft, Field, FieldKind, Role};
use crate::ids::{FieldIndex, FieldSet};

/// Made by [`Draft::check`](super::Draft::check).
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// Top-level input names, the shorter first; a name's place here is its slot.
    names: Vec<String>,
    /// How many of them are shorter than so many bytes: a name is only held against those of its own length.
    shorter: Vec<usize>,
    /// The inputs of each field.
    fields: Vec<Inputs>,
    /// The one position field.
    pub(super) position: Option<FieldIndex>,
    /// Fields that go with the position.
    companions: FieldSet,
    /// Bytes of each role's longest body.
    pub(super) worst: Vec<WorstCase>,
    /// The custodians, as a role.
    pub(super) custody: Option<Role>,
}

/// Where a field's value may be.
#[derive(Debug, Clone)]
pub(crate) struct Inputs {
    /// The places, in the field's order of preference.
    pub(crate) lookups: Vec<Lookup>,
    /// Which slots they are in, if they are in members only.
    slots: Option<SlotSet>,
}

impl Inputs {
    fn of(lookups: Vec<Lookup>) -> Self {
        let mut slots = Some(SlotSet::default());
        for lookup in &lookups {
            let (first, second) = match lookup {
                Lookup::One(spot) => (spot, None),
                Lookup::Pair(latitude, longitude) => (latitude, Some(longitude)),
            };
            for spot in [first].into_iter().chain(second) {
                match (spot, &mut slots) {
                    (Spot::Member { slot, .. }, Some(slots)) => slots.add(*slot),
                    _ => slots = None,
                }
            }
        }
        Self { lookups, slots }
    }

    /// Whether a reading that fills these slots may have a value for the field; if not, nobody need look.
    pub(crate) fn may_be_in(&self, filled: SlotSet) -> bool {
        self.slots.is_none_or(|slots| slots.0 & filled.0 != 0)
    }
}

/// Some slots. Those 64 apart share a bit, so it tells for certain only which are not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SlotSet(u64);

impl SlotSet {
    pub(crate) fn add(&mut self, slot: usize) {
        self.0 |= u32::try_from(slot % 64).map_or(u64::MAX, |slot| 1_u64.wrapping_shl(slot));
    }
}

/// Where to find a field's value.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    /// In one place.
    One(Spot),
    /// In two: latitude and longitude.
    Pair(Spot, Spot),
}

/// One place in a reading.
#[derive(Debug, Clone)]
pub(crate) enum Spot {
    /// In the member with this slot, then down these steps.
    Member { slot: usize, steps: Vec<String> },
    /// The topic or one of its levels.
    Topic(Option<u8>),
    /// The time of the reading.
    Time,
}

impl Index {
    pub(super) fn new(draft: &Draft, worst: Vec<WorstCase>) -> Self {
        let inputs = || draft.fields.iter().flat_map(|field| &field.from);
        let mut names: Vec<String> =
            inputs().flat_map(Input::sources).filter_map(Source::root).map(String::from).collect();
        names.sort_unstable_by(|left, right| left.len().cmp(&right.len()).then_with(|| left.cmp(right)));
        names.dedup();
        let longest = names.last().map_or(0, String::len);
        let shorter: Vec<usize> =
            (0..=longest + 1).map(|length| names.partition_point(|name| name.len() < length)).collect();
        // All names are in the list by construction; a slot beyond its end is never filled.
        let slot = |name: &String| slot(&names, &shorter, name).unwrap_or(usize::MAX);
        let spot = |source: &Source| match source {
            Source::Topic(level) => Spot::Topic(*level),
            Source::Time => Spot::Time,
            Source::Name(name) => Spot::Member { slot: slot(name), steps: Vec::new() },
            Source::Pointer(path) => Spot::Member {
                slot: path.first().map_or(usize::MAX, slot),
                steps: path.get(1..).unwrap_or_default().to_vec(),
            },
        };
        let lookup = |input: &Input| match input {
            Input::One(source) => Lookup::One(spot(source)),
            Input::Pair { latitude, longitude } => Lookup::Pair(spot(latitude), spot(longitude)),
        };
        let inputs = |field: &Field| Inputs::of(field.from.iter().map(lookup).collect());
        let fields = draft.fields.iter().map(inputs).collect();
        let position = (0_u8..)
            .zip(&draft.fields)
            .find(|(_, field)| field.kind == FieldKind::Position)
            .map(|(index, _)| FieldIndex(index));
        let companions = (0_u8..).map(FieldIndex).zip(&draft.fields).filter(|(_, field)| field.with_position);
        let companions = companions.map(|(index, _)| index).collect();
        Self { names, shorter, fields, position, companions, worst, custody: draft.custodians() }
    }

    /// Which slot a top-level input fills; `None`: no field takes it.
    pub(crate) fn slot(&self, name: &str) -> Option<usize> {
        slot(&self.names, &self.shorter, name)
    }

    /// How many slots there are.
    pub(crate) const fn slots(&self) -> usize {
        self.names.len()
    }

    /// Fields that a role gets only with a position as fine as it asked for.
    pub(crate) const fn companions(&self) -> FieldSet {
        self.companions
    }

    /// Each field's inputs, in field order.
    pub(crate) fn inputs(&self) -> &[Inputs] {
        &self.fields
    }
}

/// Where a name stands among those of its length.
fn slot(names: &[String], shorter: &[usize], name: &str) -> Option<usize> {
    let (start, end) = (*shorter.get(name.len())?, *shorter.get(name.len() + 1)?);
    names.get(start..end)?.iter().position(|known| known == name).map(|place| start + place)
}
