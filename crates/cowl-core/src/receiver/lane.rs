//! The expected tags of one epoch, for one role: from a tag to its device in O(1) (spec §4.5).

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use zeroize::Zeroize;

use super::{
    Windows,
    cache::Known,
    tags::{MAX_PLACES, Slot, TagTable},
};
use crate::{Epoch, OperationId, Place, RoleIndex, block::TAG_LEN, envelope::PartKeys, schedule::RoleRoot};

/// Every live place of one epoch: its key, its next counter, and (while the epoch is near) its next tags.
///
/// Memory a place: 36 bytes of state; while indexed, 11.4 bytes for each expected tag.
pub(super) struct Lane {
    pub(super) epoch: Epoch,
    roots: Vec<[u8; 32]>,
    next: Vec<u32>,
    index: Option<TagTable>,
}

/// A tag that was found: whose it is, and which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hit {
    pub(super) epoch: Epoch,
    pub(super) place: Place,
    pub(super) counter: u64,
}

/// The next counter of a place that is not live.
const NOT_LIVE: u32 = u32::MAX;

impl Lane {
    /// Expands the role's root into the keys of all live places; the root is not kept.
    pub(super) fn new(
        operation: OperationId,
        role: RoleIndex,
        epoch: Epoch,
        root: &RoleRoot,
        places: u32,
        is_live: impl Fn(Place) -> bool,
    ) -> Self {
        let expander = root.devices(operation, role, epoch);
        let count = usize::try_from(places.min(MAX_PLACES)).unwrap_or(0);
        let (mut roots, mut next) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for place in (0..places).take(count).map(Place) {
            let mut key = [0; 32];
            let live = is_live(place);
            if live {
                expander.fill(place, &mut key);
            }
            roots.push(key);
            next.push(if live { 0 } else { NOT_LIVE });
        }
        Self { epoch, roots, next, index: None }
    }

    /// Puts the expected tags of all live places into the index.
    pub(super) fn index(&mut self, windows: &Windows) {
        if self.index.is_some() {
            return;
        }
        let mut index = TagTable::with_capacity(self.live().count() * windows.expected_per_place());
        for (place, next) in self.live() {
            let Some(keys) = self.keys(place) else { continue };
            for counter in windows.expected(next) {
                index.insert(Slot::new(&keys.tag(counter), place, counter));
            }
        }
        self.index = Some(index);
    }

    /// Drops the index; the places and their counters stay, for a search.
    pub(super) fn unindex(&mut self) {
        self.index = None;
    }

    /// Moves a place past a counter whose part was authenticated. Returns the counter that was expected next
    /// before.
    pub(super) fn advance(&mut self, windows: &Windows, keys: &PartKeys, hit: Hit) -> Option<u32> {
        let next = self.next.get_mut(usize::try_from(hit.place.0).ok()?)?;
        let (before, after) = (*next, u32::try_from(hit.counter.checked_add(1)?).ok()?);
        if before == NOT_LIVE || after <= before || after == NOT_LIVE {
            return None;
        }
        *next = after;
        let Some(index) = &mut self.index else { return Some(before) };
        let slot = |counter| Slot::new(&keys.tag(counter), hit.place, counter);
        if after == before + 1 {
            // Nearly every message: one tag goes, one comes.
            index.remove(slot(hit.counter));
            windows.entering(before).into_iter().for_each(|counter| index.insert(slot(counter)));
            return Some(before);
        }
        for counter in windows.expected(before).filter(|counter| !windows.expects(after, *counter)) {
            index.remove(slot(counter));
        }
        for counter in windows.expected(after).filter(|counter| !windows.expects(before, *counter)) {
            index.insert(slot(counter));
        }
        Some(before)
    }

    /// Sets the next counter of a place as a stored state remembers it; only before [`Self::index`].
    pub(super) fn resume(&mut self, place: Place, next_counter: u32) {
        let next = usize::try_from(place.0).ok().and_then(|position| self.next.get_mut(position));
        if let Some(next) = next.filter(|next| **next != NOT_LIVE) {
            *next = next_counter.max(*next).min(NOT_LIVE - 1);
        }
    }

    /// Makes a place not live: its key is gone, and none of its tags is expected any more. Says whether it was live.
    pub(super) fn retire(&mut self, windows: &Windows, place: Place) -> bool {
        let (Some(before), Some(keys)) = (self.next_of(place), self.keys(place)) else { return false };
        if let Some(index) = &mut self.index {
            for counter in windows.expected(before) {
                index.remove(Slot::new(&keys.tag(counter), place, counter));
            }
        }
        let position = usize::try_from(place.0).unwrap_or(usize::MAX);
        self.next.get_mut(position).into_iter().for_each(|next| *next = NOT_LIVE);
        self.roots.get_mut(position).into_iter().for_each(Zeroize::zeroize);
        true
    }

    /// The device and counter that a tag belongs to, if it is expected. `known` gives a place's keys.
    ///
    /// Slots of other tags can share the 32 bits that are stored (one look-up in 600 at a million places), so all
    /// that match are tried.
    pub(super) fn find(
        &self,
        windows: &Windows,
        tag: &[u8; TAG_LEN],
        mut known: impl FnMut(Place) -> Option<Arc<Known>>,
    ) -> Option<(Hit, Arc<Known>)> {
        self.index.as_ref()?.of(tag).find_map(|slot| {
            let place = slot.place();
            let next = self.next_of(place)?;
            let known = known(place)?;
            let is_it = |counter: &u64| known.keys.tag(*counter) == *tag;
            let in_run = windows.in_run(next, slot.low_bits()).filter(is_it);
            let counter = in_run
                .or_else(|| windows.expected(next).filter(|counter| slot.fits(*counter)).find(is_it))?;
            Some((Hit { epoch: self.epoch, place, counter }, known))
        })
    }

    /// The keys of a live place.
    pub(super) fn keys(&self, place: Place) -> Option<PartKeys> {
        self.next_of(place)?;
        let root = self.roots.get(usize::try_from(place.0).ok()?)?;
        Some(PartKeys::of(root))
    }

    pub(super) fn next_of(&self, place: Place) -> Option<u32> {
        let next = self.next.get(usize::try_from(place.0).ok()?).copied()?;
        (next != NOT_LIVE).then_some(next)
    }

    /// The places whose next counter is past 0, for a stored state.
    pub(super) fn progress(&self) -> impl Iterator<Item = (Place, u32)> + '_ {
        self.live().filter(|(_, next)| *next > 0)
    }

    pub(super) fn place_count(&self) -> u32 {
        u32::try_from(self.next.len()).unwrap_or(u32::MAX)
    }

    /// Bytes of memory that this lane holds.
    pub(super) fn memory(&self) -> usize {
        let index = self.index.as_ref().map_or(0, TagTable::memory);
        self.roots.capacity() * 32 + self.next.capacity() * 4 + index
    }

    fn live(&self) -> impl Iterator<Item = (Place, u32)> + '_ {
        (0_u32..).map(Place).zip(self.next.iter().copied()).filter(|(_, next)| *next != NOT_LIVE)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.roots.iter_mut().for_each(Zeroize::zeroize);
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[test]
    fn a_slot_that_shares_its_bits_with_another_hides_neither() {
        let (operation, windows) = (OperationId([1; 16]), Windows::default());
        let root = RoleRoot::new(Secret::new([2; 32]));
        let mut lane = Lane::new(operation, RoleIndex(0), Epoch(0), &root, 3, |_| true);
        lane.index(&windows);
        let tag = lane.keys(Place(1)).unwrap().tag(2);
        for decoy in [0, 2] {
            lane.index.as_mut().unwrap().insert(Slot::new(&tag, Place(decoy), 2));
        }
        let known = |place| {
            let pseudonym = crate::Pseudonym::of(operation, lane.epoch, place);
            lane.keys(place).map(|keys| Arc::new(Known { keys, pseudonym }))
        };
        let (hit, _) = lane.find(&windows, &tag, known).unwrap();
        assert_eq!(hit, Hit { epoch: Epoch(0), place: Place(1), counter: 2 });
    }
}
