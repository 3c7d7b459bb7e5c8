//! Which places of an epoch are live: a responder opens nothing of the others (spec §3.6, §6.5).

use alloc::{collections::BTreeSet, vec::Vec};

use minicbor::{Decode, Encode};

use crate::Place;

/// The places of one epoch whose devices may report: all but those of revoked devices.
///
/// A place that nobody has yet is live, so that a device that is enrolled now needs no bundle to be heard; a place is
/// never given to another device, so one that is not live stays so.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct LivePlaces {
    /// In ascending order, each once.
    #[n(0)]
    revoked: Vec<u32>,
}

impl LivePlaces {
    /// All places: nobody was revoked, as far as is known.
    pub const fn all() -> Self {
        Self { revoked: Vec::new() }
    }

    /// All but these.
    pub fn without(revoked: impl IntoIterator<Item = Place>) -> Self {
        let revoked: BTreeSet<u32> = revoked.into_iter().map(|place| place.0).collect();
        Self { revoked: revoked.into_iter().collect() }
    }

    /// Whether what comes from a place is opened.
    pub fn is_live(&self, place: Place) -> bool {
        self.revoked.binary_search(&place.0).is_err()
    }

    /// The places that are not live, in ascending order.
    pub fn revoked(&self) -> impl ExactSizeIterator<Item = Place> + '_ {
        self.revoked.iter().copied().map(Place)
    }

    /// Whether the places ascend, as they do unless a file was altered.
    pub(crate) fn is_sound(&self) -> bool {
        self.revoked.is_sorted_by(|one, next| one < next)
    }
}

/// How many were revoked tells nothing of a person; which places tells no name either, but is nobody's business.
impl core::fmt::Debug for LivePlaces {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LivePlaces").field("revoked", &self.revoked.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_revoked_are_live() {
        assert!(LivePlaces::all().is_live(Place(0)));
        let live = LivePlaces::without([7, 3, 7].map(Place));
        assert_eq!(live.revoked().map(|place| place.0).collect::<Vec<_>>(), [3, 7]);
        assert!(live.is_live(Place(4)) && !live.is_live(Place(3)) && !live.is_live(Place(7)));
        assert!(live.is_sound() && !LivePlaces { revoked: [2, 1].into() }.is_sound());
        assert_eq!(alloc::format!("{live:?}"), "LivePlaces { revoked: 2 }");
    }
}
