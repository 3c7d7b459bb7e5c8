//! The Military Grid Reference System (NGA.SIG.0012), cut off at a grain: the labels that search-and-rescue
//! teams read over the radio, such as `18QYF79` (10 km), `18QYF7949` (1 km) and `18QYF794492` (100 m).
//!
//! Cut off, never rounded: a coarser label is the finer one with digits left out, and contains it. Grid zones
//! have two digits always, so that labels sort and have one form; [`Reference::parse`] takes one digit too.

mod cell;
mod reference;
mod ups;
mod utm;

pub(super) use cell::Cell;
use minicbor::{Decode, Encode};
pub(super) use reference::Reference;
pub(super) use utm::{E, E2};

use super::ZoneLabel;
use crate::Position;

/// The side of a grid square.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum MgrsGrain {
    /// 100 m: three digits each way.
    #[n(0)]
    M100,
    /// 1 km: two digits each way.
    #[n(1)]
    Km1,
    /// 10 km: one digit each way.
    #[n(2)]
    Km10,
}

impl MgrsGrain {
    /// Digits each way in a label.
    pub(super) const fn digits(self) -> u8 {
        match self {
            Self::M100 => 3,
            Self::Km1 => 2,
            Self::Km10 => 1,
        }
    }

    /// Metres along a side.
    pub(super) const fn side(self) -> u32 {
        match self {
            Self::M100 => 100,
            Self::Km1 => 1_000,
            Self::Km10 => 10_000,
        }
    }

    pub(super) fn locate(self, position: Position) -> Option<ZoneLabel> {
        Reference::of(position)?.label(self)
    }
}

#[cfg(test)]
#[path = "mgrs_tests.rs"]
mod tests;
