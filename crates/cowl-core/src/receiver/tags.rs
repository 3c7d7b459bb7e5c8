//! A table of expected tags, eight bytes each in one array, so that a look-up among millions waits for memory once.
//!
//! Open addressing with linear probing. The tags are a cipher's output under keys that no sender chooses, so their own
//! bits spread them.

use alloc::{vec, vec::Vec};
use core::hint::black_box;

use crate::{Place, block::TAG_LEN};

/// An expected tag in eight bytes: 32 bits of the tag, the low 4 of the counter, 28 of the place. The whole tag is
/// computed again before it counts as found, so a collision costs time and nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(u64);

/// Places have 28 bits in a [`Slot`]; policies allow 24. The last is no place, so that no slot equals [`Slot::FREE`].
pub(super) const MAX_PLACES: u32 = (1 << PLACE_BITS) - 1;
const PLACE_BITS: u32 = 28;

impl Slot {
    const FREE: Self = Self(u64::MAX);

    /// The slot of a place below [`MAX_PLACES`].
    pub(super) fn new(tag: &[u8; TAG_LEN], place: Place, counter: u64) -> Self {
        Self(u64::from(print(tag)) << 32 | (counter & 15) << PLACE_BITS | u64::from(place.0))
    }

    pub(super) const fn place(self) -> Place {
        #[expect(clippy::cast_possible_truncation, reason = "masked to 28 bits")]
        Place(self.0 as u32 & MAX_PLACES)
    }

    /// The low four bits of the counter.
    pub(super) const fn low_bits(self) -> u64 {
        self.0 >> PLACE_BITS & 15
    }

    /// Whether a counter has these low bits.
    pub(super) const fn fits(self, counter: u64) -> bool {
        self.low_bits() == counter & 15
    }

    const fn print(self) -> u64 {
        self.0 >> 32
    }
}

fn print(tag: &[u8; TAG_LEN]) -> u32 {
    u32::from_be_bytes(*tag.first_chunk().unwrap_or(&[0; 4]))
}

/// The slots of one epoch.
pub(super) struct TagTable {
    slots: Vec<Slot>,
    /// How many of them are not free.
    held: usize,
    /// Slots that came last, to be put in their places together.
    pending: Vec<Slot>,
}

/// A slot put in its place waits for memory; so many together wait little longer than one. Each look-up pays by
/// looking at those that are pending: a seventh less time a message among a million devices, and as much more among a
/// thousand, whose table is in the cache anyway.
const PENDING: usize = 16;

impl TagTable {
    /// A table that so many slots fill to 70 %: 11.4 bytes each. A full line of memory then holds nearly every run
    /// that a look-up walks through.
    pub(super) fn with_capacity(count: usize) -> Self {
        let slots = vec![Slot::FREE; count / 7 * 10 + 2 * PENDING];
        Self { slots, held: 0, pending: Vec::with_capacity(PENDING) }
    }

    pub(super) fn insert(&mut self, slot: Slot) {
        self.pending.push(slot);
        if self.pending.len() >= PENDING {
            self.settle();
        }
    }

    /// Takes a slot out, and moves what stood behind it back to where a look-up from its home finds it.
    pub(super) fn remove(&mut self, slot: Slot) {
        let Some((mut hole, _)) = self.run(self.home(slot)).find(|(_, other)| *other == slot) else {
            self.pending.retain(|other| *other != slot);
            return;
        };
        let mut at = self.after(hole);
        while let Some(next) = self.slots.get(at).copied().filter(|next| *next != Slot::FREE) {
            // It may stand in the hole if its home is not behind it.
            if self.steps(self.home(next), at) >= self.steps(hole, at) {
                self.set(hole, next);
                hole = at;
            }
            at = self.after(at);
        }
        self.set(hole, Slot::FREE);
        self.held -= 1;
    }

    /// All slots that may be of a tag.
    pub(super) fn of(&self, tag: &[u8; TAG_LEN]) -> impl Iterator<Item = Slot> + '_ {
        let wanted = Slot(u64::from(print(tag)) << 32);
        let is_of_tag = move |slot: &Slot| slot.print() == wanted.print();
        // Hardly ever is it a pending one: found out without a branch for each.
        let is_pending = self.pending.iter().fold(false, |any, slot| any | is_of_tag(slot));
        let pending = if is_pending { self.pending.as_slice() } else { &[] };
        let run = self.run(self.home(wanted)).map(|(_, slot)| slot);
        run.filter(is_of_tag).chain(pending.iter().copied().filter(is_of_tag))
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }

    /// Puts the pending slots in their places.
    fn settle(&mut self) {
        // Places keep their number of tags, so a table made for them never grows; if it did not, runs would get long.
        if self.held + PENDING >= self.slots.len() / 8 * 7 {
            let grown = Self::with_capacity(self.held * 2);
            let old = core::mem::replace(&mut self.slots, grown.slots);
            self.held = 0;
            old.into_iter().filter(|slot| *slot != Slot::FREE).for_each(|slot| self.put(slot));
        }
        let mut pending = core::mem::take(&mut self.pending);
        // All places are read before the first is needed, so that the waits for memory overlap.
        let homes = pending.iter().filter_map(|slot| self.slots.get(self.home(*slot)));
        black_box(homes.fold(0, |all, slot| all ^ slot.0));
        pending.drain(..).for_each(|slot| self.put(slot));
        self.pending = pending;
    }

    fn put(&mut self, slot: Slot) {
        let mut at = self.home(slot);
        while self.slots.get(at).is_some_and(|other| *other != Slot::FREE) {
            at = self.after(at);
        }
        self.set(at, slot);
        self.held += 1;
    }

    /// The slots from a position to the next free one, and where each stands. There is always a free one.
    fn run(&self, from: usize) -> impl Iterator<Item = (usize, Slot)> + '_ {
        let mut next = from;
        core::iter::from_fn(move || {
            let at = next;
            next = self.after(at);
            self.slots.get(at).filter(|slot| **slot != Slot::FREE).map(|slot| (at, *slot))
        })
    }

    /// Where a slot would stand alone: its bits as a fraction of the table. Always below the length.
    fn home(&self, slot: Slot) -> usize {
        let place = u128::from(slot.print()) * self.slots.len() as u128;
        usize::try_from(place >> 32).unwrap_or(0)
    }

    /// The next position, around the end.
    fn after(&self, at: usize) -> usize {
        if at + 1 < self.slots.len() { at + 1 } else { 0 }
    }

    /// Steps from one position to another.
    fn steps(&self, from: usize, to: usize) -> usize {
        if to >= from { to - from } else { to + self.slots.len() - from }
    }

    fn set(&mut self, at: usize, slot: Slot) {
        if let Some(place) = self.slots.get_mut(at) {
            *place = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A tag whose home is near the table's end or start, so that runs are long and go round the end.
    fn tag(near: i8, low: u8) -> [u8; TAG_LEN] {
        let mut tag = [0; TAG_LEN];
        let print = i32::from(near).wrapping_mul(1 << 26).wrapping_add(i32::from(low));
        tag[..4].copy_from_slice(&print.to_be_bytes());
        tag
    }

    proptest! {
        #[test]
        fn is_a_set_of_slots(
            capacity in 0_usize..40,
            steps in prop::collection::vec((any::<bool>(), -4_i8..4, 0_u8..3, 0_u32..4, 0_u64..3), 0..400),
        ) {
            let mut table = TagTable::with_capacity(capacity);
            let mut model = BTreeSet::new();
            for (puts, near, low, place, counter) in steps {
                let tag = tag(near, low);
                let slot = Slot::new(&tag, Place(place), counter);
                if !puts {
                    table.remove(slot);
                    model.remove(&slot.0);
                } else if model.insert(slot.0) {
                    table.insert(slot);
                }
                prop_assert_eq!(table.held + table.pending.len(), model.len());
                let found: BTreeSet<_> = table.of(&tag).map(|slot| slot.0).collect();
                let first = u64::from(print(&tag)) << 32;
                let expected = model.range(first..=first | 0xffff_ffff).copied().collect();
                prop_assert_eq!(found, expected);
            }
            table.settle();
            let held = table.slots.iter().filter(|slot| **slot != Slot::FREE);
            let all: BTreeSet<_> = held.map(|slot| slot.0).collect();
            prop_assert_eq!(all, model);
        }
    }

    #[test]
    fn a_slot_gives_back_what_it_was_made_of() {
        let slot = Slot::new(&[0xff; TAG_LEN], Place(MAX_PLACES - 1), 31);
        assert!(
            slot != Slot::FREE && slot.place() == Place(MAX_PLACES - 1) && slot.fits(15) && !slot.fits(14)
        );
    }
}
