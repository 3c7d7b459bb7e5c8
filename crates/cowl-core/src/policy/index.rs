//! The policy made ready for reducing: each input name resolved once, so that a reading costs one search per member.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::size::WorstCase;
use super::source::{Input, Source};
use super::{Draft, FieldKind, Role};
use crate::ids::FieldIndex;

/// Made by [`Draft::check`](super::Draft::check).
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// Top-level input names, in [`order`]; a name's place here is its slot.
    names: Vec<String>,
    /// The inputs of each field, in its order of preference.
    fields: Vec<Vec<Lookup>>,
    /// The one position field.
    pub(super) position: Option<FieldIndex>,
    /// Bytes of each role's longest body.
    pub(super) worst: Vec<WorstCase>,
    /// The custodians, as a role.
    pub(super) custody: Option<Role>,
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
        names.sort_unstable_by(|left, right| order(left, right));
        names.dedup();
        let spot = |source: &Source| match source {
            Source::Topic(level) => Spot::Topic(*level),
            Source::Time => Spot::Time,
            Source::Name(name) => Spot::Member { slot: slot(&names, name), steps: Vec::new() },
            Source::Pointer(path) => Spot::Member {
                slot: path.first().map_or(usize::MAX, |name| slot(&names, name)),
                steps: path.get(1..).unwrap_or_default().to_vec(),
            },
        };
        let lookup = |input: &Input| match input {
            Input::One(source) => Lookup::One(spot(source)),
            Input::Pair { latitude, longitude } => Lookup::Pair(spot(latitude), spot(longitude)),
        };
        let fields = draft.fields.iter().map(|field| field.from.iter().map(lookup).collect()).collect();
        let position = (0_u8..)
            .zip(&draft.fields)
            .find(|(_, field)| field.kind == FieldKind::Position)
            .map(|(index, _)| FieldIndex(index));
        Self { names, fields, position, worst, custody: draft.custodians() }
    }

    /// Which slot a top-level input fills; `None`: no field takes it.
    pub(crate) fn slot(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|known| order(known, name)).ok()
    }

    /// How many slots there are.
    pub(crate) const fn slots(&self) -> usize {
        self.names.len()
    }

    /// Each field's inputs, in field order.
    pub(crate) fn lookups(&self) -> impl Iterator<Item = &[Lookup]> {
        self.fields.iter().map(Vec::as_slice)
    }
}

/// All names are in the list by construction; a slot beyond its end is never filled.
fn slot(names: &[String], name: &str) -> usize {
    names.binary_search_by(|known| order(known, name)).unwrap_or(usize::MAX)
}

/// By length first, which decides most comparisons without looking at the bytes.
fn order(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}
