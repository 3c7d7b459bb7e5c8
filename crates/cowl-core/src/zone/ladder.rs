//! The levels of an operation's zones, from fine to coarse.

use alloc::{string::String, vec::Vec};

use minicbor::{Decode, Encode};

use super::{
    H3Resolution, LevelIndex, MgrsGrain, Polygons, Ring, Zone, ZoneExtent, ZoneLabel,
    mgrs::{Cell, Reference},
};
use crate::Position;

/// Why levels are not a ladder. Indices count from 0; the texts count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LadderError {
    /// No level, or more than [`Ladder::MAX_LEVELS`].
    #[error("there are 1 to {} levels of zones", Ladder::MAX_LEVELS)]
    Count,
    /// A name that is empty, longer than [`Level::MAX_NAME`] bytes or holds a control character.
    #[error("the name of level {} is empty, longer than {max} bytes, or holds a control character", .0 + 1, max = Level::MAX_NAME)]
    Name(usize),
    /// The level has the name of an earlier one.
    #[error("level {} has the name of an earlier level", .0 + 1)]
    Duplicate(usize),
    /// The level's grid is not coarser than an earlier level's of the same system.
    #[error("level {} is not coarser than an earlier level: list levels from fine to coarse", .0 + 1)]
    Order(usize),
}

/// How a level divides the Earth.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub enum System {
    /// The military grid, cut off: labels that rescue teams use, squares of one size.
    #[n(0)]
    Mgrs(#[n(0)] MgrsGrain),
    /// H3 cells: hexagons of nearly one size, neighbours all alike; labels for machines.
    #[n(1)]
    H3(#[n(0)] H3Resolution),
    /// Named polygons: labels for people; sizes differ, and the polygons travel in every manifest.
    #[n(2)]
    Polygons(#[n(0)] Polygons),
}

/// One level: a name that the policy's roles refer to, and a division.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Level {
    /// Such as `100m` or `department`.
    #[n(0)]
    pub name: String,
    /// The division.
    #[n(1)]
    pub system: System,
}

impl Level {
    /// The longest name, in bytes.
    pub const MAX_NAME: usize = 24;

    /// The label of the zone that holds a position.
    fn label_of(&self, position: Position) -> Option<ZoneLabel> {
        match &self.system {
            System::Mgrs(grain) => grain.locate(position),
            System::H3(resolution) => resolution.locate(position),
            System::Polygons(polygons) => polygons.locate(position),
        }
    }
}

/// Levels from fine to coarse. It travels in the manifest; CBOR: an array of `[name, system]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Ladder(Vec<Level>);

impl Ladder {
    /// The most levels. Each makes the census role's part longer by a label.
    pub const MAX_LEVELS: usize = 8;

    /// Takes levels from fine to coarse. That polygons are coarser than what stands before them is the
    /// operator's to say: only grids can be checked.
    pub fn new(levels: Vec<Level>) -> Result<Self, LadderError> {
        if levels.is_empty() || levels.len() > Self::MAX_LEVELS {
            return Err(LadderError::Count);
        }
        for (index, level) in levels.iter().enumerate() {
            let name = level.name.as_str();
            if name.is_empty() || name.len() > Level::MAX_NAME || name.chars().any(char::is_control) {
                return Err(LadderError::Name(index));
            }
            for earlier in levels.iter().take(index) {
                if earlier.name == level.name {
                    return Err(LadderError::Duplicate(index));
                }
                let coarser = match (&earlier.system, &level.system) {
                    (System::Mgrs(fine), System::Mgrs(coarse)) => fine < coarse,
                    (System::H3(fine), System::H3(coarse)) => fine > coarse,
                    _ => true,
                };
                if !coarser {
                    return Err(LadderError::Order(index));
                }
            }
        }
        Ok(Self(levels))
    }

    /// The level of a name.
    pub fn level(&self, name: &str) -> Option<LevelIndex> {
        self.numbered().find(|(_, level)| level.name == name).map(|(index, _)| index)
    }

    /// All levels, from fine to coarse.
    pub fn levels(&self) -> &[Level] {
        &self.0
    }

    /// The zone of a level that holds a position; `None` outside all its zones.
    pub fn locate(&self, position: Position, level: LevelIndex) -> Option<Zone> {
        let label = self.0.get(usize::from(level.0))?.label_of(position)?;
        Some(Zone { level, label })
    }

    /// The zones of all levels that hold a position, from fine to coarse: what the census counts. Cheaper than
    /// one [`Self::locate`] a level, as the grid is computed once.
    pub fn locate_all(&self, position: Position) -> impl Iterator<Item = Zone> {
        let mut grid: Option<Option<Reference>> = None;
        self.numbered().filter_map(move |(index, level)| {
            let label = match &level.system {
                System::Mgrs(grain) => {
                    (*grid.get_or_insert_with(|| Reference::of(position)))?.label(*grain)?
                }
                _ => level.label_of(position)?,
            };
            Some(Zone { level: index, label })
        })
    }

    /// The zones that a text may mean, level by level: a polygon's name however spelt, a grid reference at
    /// least as fine as the level, an H3 index at least as fine as the level.
    pub fn find(&self, text: &str) -> Vec<ZoneExtent> {
        let text = text.trim();
        let mut found = Vec::new();
        for (level, Level { system, .. }) in self.numbered() {
            let labels = match system {
                System::Mgrs(grain) => Reference::parse(text)
                    .filter(|parsed| parsed.digits >= grain.digits())
                    .and_then(|parsed| parsed.reference.label(*grain))
                    .into_iter()
                    .collect(),
                System::H3(resolution) => resolution.find(text).into_iter().collect(),
                System::Polygons(polygons) => polygons.find(text),
            };
            found.extend(labels.into_iter().filter_map(|label| self.extent(&Zone { level, label })));
        }
        found
    }

    /// Where a zone lies and how large it is; `None` when its level has no such zone.
    pub fn extent(&self, zone: &Zone) -> Option<ZoneExtent> {
        match &self.0.get(usize::from(zone.level.0))?.system {
            System::Mgrs(grain) => Cell::parse(&zone.label, *grain)?.extent(*zone),
            System::H3(resolution) => resolution.extent(*zone),
            System::Polygons(polygons) => polygons.extent(*zone),
        }
    }

    /// The outline of a zone, ring by ring; `None` when its level has no such zone. Grid squares have 16 corners a side.
    pub fn outline(&self, zone: &Zone) -> Option<Vec<Ring>> {
        match &self.0.get(usize::from(zone.level.0))?.system {
            System::Mgrs(grain) => Some([Cell::parse(&zone.label, *grain)?.ring()?].into()),
            System::H3(resolution) => Some([resolution.ring(&zone.label)?].into()),
            System::Polygons(polygons) => polygons.outline(&zone.label),
        }
    }

    fn numbered(&self) -> impl Iterator<Item = (LevelIndex, &Level)> {
        (0..=u8::MAX).map(LevelIndex).zip(&self.0)
    }
}

impl<C> Encode<C> for Ladder {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        self.0.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for Ladder {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        let malformed = || minicbor::decode::Error::message("not a ladder of zones").at(at);
        let count = d.array()?.and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= Self::MAX_LEVELS);
        let mut levels = Vec::new();
        for _ in 0..count.ok_or_else(malformed)? {
            levels.push(Level::decode(d, ctx)?);
        }
        Self::new(levels).map_err(|_| malformed())
    }
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
