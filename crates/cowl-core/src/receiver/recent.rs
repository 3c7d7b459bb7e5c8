//! Tags that were used lately: tells a replay from a clone, and finds stragglers (spec §4.5).

use alloc::vec::Vec;

use super::{
    lane::Hit,
    tags::{MAX_PLACES, Slot, TagTable},
};
use crate::{Place, block::TAG_LEN};

/// A bounded record of tags, oldest dropped first.
///
/// Its index is not seeded: only tags of authenticated parts and of the receiver's own making come in, and a device
/// that sought out tags alike could lengthen its own look-ups by microseconds.
pub(super) struct Recent<T> {
    /// In a ring, at most `limit`. What was taken leaves an empty entry until its turn comes.
    entries: Vec<([u8; TAG_LEN], Option<T>)>,
    /// The oldest entry, once the ring is full.
    oldest: usize,
    /// From tags to entries.
    index: TagTable,
    limit: usize,
}

/// A tag that was used: by whom, and the end of the part that used it.
#[derive(Clone, Copy)]
pub(super) struct Used {
    pub(super) hit: Hit,
    pub(super) auth: [u8; 16],
}

impl<T> Recent<T> {
    pub(super) fn new(limit: usize) -> Self {
        let most = usize::try_from(MAX_PLACES).unwrap_or(usize::MAX);
        Self { entries: Vec::new(), oldest: 0, index: TagTable::with_capacity(0), limit: limit.min(most) }
    }

    pub(super) fn insert(&mut self, tag: [u8; TAG_LEN], what: T) {
        if let Some((_, entry)) = self.position(&tag).and_then(|at| self.entries.get_mut(at)) {
            *entry = Some(what);
            return;
        }
        let at = if self.entries.len() < self.limit { self.entries.len() } else { self.oldest };
        match self.entries.get_mut(at) {
            Some(entry) => {
                let (dropped, _) = core::mem::replace(entry, (tag, Some(what)));
                self.index.remove(slot(&dropped, at));
                self.oldest = if at + 1 < self.limit { at + 1 } else { 0 };
            }
            None if self.limit > 0 => self.entries.push((tag, Some(what))),
            None => return,
        }
        self.index.insert(slot(&tag, at));
    }

    pub(super) fn get(&self, tag: &[u8; TAG_LEN]) -> Option<&T> {
        self.entries.get(self.position(tag)?)?.1.as_ref()
    }

    pub(super) fn take(&mut self, tag: &[u8; TAG_LEN]) -> Option<T> {
        let at = self.position(tag)?;
        self.entries.get_mut(at)?.1.take()
    }

    fn position(&self, tag: &[u8; TAG_LEN]) -> Option<usize> {
        let positions = self.index.of(tag).filter_map(|slot| usize::try_from(slot.place().0).ok());
        positions.into_iter().find(|at| self.entries.get(*at).is_some_and(|(held, _)| held == tag))
    }
}

/// A position in the ring stands where a place does in the other index.
fn slot(tag: &[u8; TAG_LEN], at: usize) -> Slot {
    Slot::new(tag, Place(u32::try_from(at).unwrap_or(0)), 0)
}

#[cfg(test)]
mod tests {
    use alloc::{collections::VecDeque, vec::Vec};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keeps_the_newest(limit in 0_usize..8, steps in prop::collection::vec((0_u8..3, 0_u8..12), 0..200)) {
            let mut recent = Recent::new(limit);
            let mut model: VecDeque<(u8, Option<usize>)> = VecDeque::new();
            for (number, (step, name)) in steps.into_iter().enumerate() {
                // Tags that differ in their last byte only: the index cannot tell them apart.
                let tag = [[0; 15].as_slice(), &[name]].concat().try_into().unwrap();
                let known = model.iter_mut().find(|(held, _)| *held == name);
                match step {
                    0 => prop_assert_eq!(recent.take(&tag), known.and_then(|(_, what)| what.take())),
                    1 => prop_assert_eq!(recent.get(&tag).copied(), known.and_then(|(_, what)| *what)),
                    _ => {
                        recent.insert(tag, number);
                        match known {
                            Some((_, what)) => *what = Some(number),
                            None => model.push_back((name, Some(number))),
                        }
                        if model.len() > limit {
                            model.pop_front();
                        }
                    }
                }
            }
            let left: Vec<_> = model.iter().map(|(name, what)| (*name, *what)).collect();
            for (name, what) in left {
                let tag = [[0; 15].as_slice(), &[name]].concat().try_into().unwrap();
                prop_assert_eq!(recent.get(&tag).copied(), what);
            }
        }
    }
}
