//! Coarsening until enough others stand under the same name.

use core::borrow::Borrow;

use crate::{
    Position,
    counts::Counts,
    zone::{Ladder, LevelIndex, Zone},
};

/// The zone that a report may carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coarsened {
    /// The zone.
    pub zone: Zone,
    /// The zone is of a coarser level than wanted; counted and shown, since it costs the responders precision.
    pub raised: bool,
}

/// Why a report carries no zone. Counted, never silent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Withheld {
    /// The place is in no zone of any level that was tried.
    #[error("the place is outside all zones")]
    OutsideZones,
    /// No zone around the place, up to the coarsest, has enough people reporting.
    #[error("too few people report around the place")]
    TooFew,
}

impl Ladder {
    /// The finest zone around a position, from the level `wanted` up, whose name enough others bear.
    ///
    /// With counts: at `wanted`, a zone that [`Counts::holds`]; above it, one that [`Counts::holds_raised`]. With
    /// none (no beacon yet): the zone of the level `fallback`, or of `wanted` where that is coarser, taken on the
    /// policy's word. Outside all zones of a level the next coarser one is tried.
    ///
    /// The counts are those of the last beacon: whoever comes to an empty place is hidden by this only up to
    /// where others rest, and withheld beyond.
    pub fn coarsen(
        &self,
        position: Position,
        wanted: LevelIndex,
        counts: Option<&Counts>,
        fallback: LevelIndex,
    ) -> Result<Coarsened, Withheld> {
        coarsen(self.locate_all(position), wanted, counts, fallback)
    }
}

/// The same over the zones that [`Ladder::locate_all`] gave, for callers who ask for several roles.
pub(crate) fn coarsen(
    zones: impl Iterator<Item = impl Borrow<Zone>>,
    wanted: LevelIndex,
    counts: Option<&Counts>,
    fallback: LevelIndex,
) -> Result<Coarsened, Withheld> {
    let first = if counts.is_some() { wanted } else { wanted.max(fallback) };
    let mut outcome = Withheld::OutsideZones;
    for zone in zones {
        let zone = zone.borrow();
        if zone.level < first {
            continue;
        }
        let raised = zone.level > wanted;
        let enough = counts
            .is_none_or(|counts| if raised { counts.holds_raised(zone, wanted) } else { counts.holds(zone) });
        if enough {
            return Ok(Coarsened { zone: *zone, raised });
        }
        outcome = Withheld::TooFew;
    }
    Err(outcome)
}

#[cfg(test)]
#[path = "anonymity_tests.rs"]
mod tests;
