//! The search for the devices of messages that nobody was expected to send (spec §4.5).
//!
//! Every message of junk asks for one look at every place of every epoch held, and for no second one: what a search found
//! nothing for can be opened only when its device moves on, which is noticed then, or when keys of another epoch come.

use alloc::vec::Vec;

use super::{Hit, Lane, Opened, Receiver};
use crate::{Epoch, Place};

/// Where the search stands.
#[derive(Default)]
pub(super) struct Sweep {
    /// The place that was looked at last.
    cursor: Option<(Epoch, Place)>,
    /// Places that the round under way has still to look at; 0: none is under way.
    left: u64,
    /// What waits up to this message has had its round when this one ends.
    covers: u64,
    /// Places that were looked at, ever.
    looked: u64,
}

impl Receiver {
    /// Looks for the senders of waiting messages further ahead than the table reaches, and in older held
    /// epochs: at most the policy's number of places per call, from where the last call stopped. Returns how
    /// many reports were found.
    ///
    /// A message is looked for once, in a round over all places; while [`Self::unsearched`] is 0 a call costs nothing.
    pub fn search(&mut self, reports: &mut Vec<Opened>) -> usize {
        self.search_some(self.windows.search, reports)
    }

    /// The same at so many places at the most: for a caller that has other things to do meanwhile.
    pub fn search_some(&mut self, places: u32, reports: &mut Vec<Opened>) -> usize {
        let before = reports.len();
        for _ in 0..places {
            if self.sweep.left == 0 && !self.begin_round() {
                break;
            }
            if let Some((epoch, place)) = self.next_place() {
                self.search_place(epoch, place, reports);
            }
            self.sweep.looked += 1;
            // What was found may have been a reason to begin anew; then nothing is left of this round.
            if let Some(left) = self.sweep.left.checked_sub(1) {
                self.sweep.left = left;
                if left == 0 {
                    self.waiting.had_their_round(self.sweep.covers);
                }
            }
        }
        reports.len() - before
    }

    /// How many waiting messages were not looked for at every place yet: what [`Self::search`] has to do.
    pub fn unsearched(&self) -> usize {
        self.waiting.fresh()
    }

    /// How many places were looked at so far: what searching cost, in units of some microseconds.
    pub const fn looked_at(&self) -> u64 {
        self.sweep.looked
    }

    /// All that waits is to be looked for again: there is more to find.
    pub(super) fn search_again(&mut self) {
        self.waiting.all_fresh();
        self.sweep.left = 0;
    }

    /// Begins a round over all places if something waits that had none.
    fn begin_round(&mut self) -> bool {
        self.sweep.left = self.lanes.values().map(|lane| u64::from(lane.place_count())).sum();
        self.sweep.covers = self.waiting.newest();
        self.sweep.left > 0 && self.waiting.fresh() > 0 || {
            self.sweep.left = 0;
            false
        }
    }

    /// Tries a place's stragglers, its next tags and its further marks.
    fn search_place(&mut self, epoch: Epoch, place: Place, reports: &mut Vec<Opened>) {
        let Some(lane) = self.lanes.get(&epoch) else { return };
        let (Some(next), Some(known)) = (lane.next_of(place), self.cache.derive(lane, place)) else { return };
        for counter in self.windows.behind(next) {
            self.open_waiting(&known.keys.tag(counter), Hit { epoch, place, counter }, &known, reports);
        }
        for counter in self.windows.expected(next).chain(self.windows.further_marks(next)) {
            let hit = Hit { epoch, place, counter };
            if self.open_waiting(&known.keys.tag(counter), hit, &known, reports) {
                self.advance(hit, &known, reports);
            }
        }
    }

    /// The place after the cursor, after the last one the first.
    fn next_place(&mut self) -> Option<(Epoch, Place)> {
        let has_places = |(_, lane): &(&Epoch, &Lane)| lane.place_count() > 0;
        let after = self.sweep.cursor.and_then(|(epoch, place)| {
            let next = Place(place.0.saturating_add(1));
            match self.lanes.get(&epoch) {
                Some(lane) if next.0 < lane.place_count() => Some((epoch, next)),
                _ => {
                    let (epoch, _) = self.lanes.range(epoch.plus(1)..).find(has_places)?;
                    Some((*epoch, Place(0)))
                }
            }
        });
        let first = || self.lanes.iter().find(has_places).map(|(epoch, _)| (*epoch, Place(0)));
        self.sweep.cursor = after.or_else(first);
        self.sweep.cursor
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
