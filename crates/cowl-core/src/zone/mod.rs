//! Zones: a position turned into a name that many places share.
//!
//! A [`Ladder`] lists the levels of an operation from fine to coarse; each level divides the Earth by one
//! [`System`]: the military grid cut off at a grain, H3 cells, or named polygons. [`Ladder::locate`] goes from
//! a position to its [`Zone`], [`Ladder::find`] from a name to the zones that bear it, [`Ladder::extent`] from
//! a zone to its place and size.

mod extent;
mod h3;
mod label;
mod ladder;
mod mgrs;
mod numeric;
mod polygons;

use core::fmt;

pub use extent::{Bounds, Corner, Ring, ZoneExtent};
pub use h3::{H3Resolution, H3ResolutionError};
pub use label::{LabelError, ZoneLabel};
pub use ladder::{Ladder, LadderError, Level, System};
pub use mgrs::MgrsGrain;
pub use polygons::{NamedPolygon, Polygons, PolygonsError};

use minicbor::{Decode, Encode};

/// A level's place in its ladder, 0 the finest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct LevelIndex(#[n(0)] pub u8);

/// One zone of one level. CBOR: the array `[level, label]`.
///
/// `Debug` shows the level only: where somebody is, is personal data even when coarse.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct Zone {
    /// The level that the label belongs to.
    #[n(0)]
    pub level: LevelIndex,
    /// The zone's name within its level, such as `18QYF7949`, `Ouest` or `864cc6d27ffffff`.
    #[n(1)]
    pub label: ZoneLabel,
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zone").field("level", &self.level.0).finish_non_exhaustive()
    }
}
