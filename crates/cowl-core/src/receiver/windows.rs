//! How far ahead a receiver expects tags, and what it keeps for later (spec §4.5).

use minicbor::{Decode, Encode};

use crate::Counter;

/// The last counter that a device may use.
const LAST: u64 = Counter::MAX.0 as u64;

/// The receiver's windows: constants of the policy, each with its cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Windows {
    /// Tags expected directly after the last one of a device, 1 to 16. Each costs about 11 to 20 bytes a
    /// device and epoch; fewer make a lossy link wait for the next mark.
    #[n(0)]
    pub next: u8,
    /// Further ahead every n-th tag is expected, the *marks*; a multiple of 16. Devices begin a block of
    /// counters at a mark. Smaller finds a lost device sooner; each mark costs as much as a tag.
    #[n(1)]
    pub every: u16,
    /// How many marks ahead are expected, 1 to 8: a gap up to `every × ahead` messages is bridged by the
    /// table alone, a longer one by a search.
    #[n(2)]
    pub ahead: u8,
    /// Messages that nobody is expected to have sent are kept for a while, at most so many: a message's
    /// size of memory each.
    #[n(3)]
    pub waiting: u32,
    /// Places that one search looks at, at most: about 2 µs each.
    #[n(4)]
    pub search: u32,
    /// Marks that a search looks at for each place, at most.
    #[n(5)]
    pub search_marks: u16,
    /// Counters that were passed over and are still awaited, and tags kept against clones, over all devices: about 40 bytes each.
    #[n(6)]
    pub late: u32,
}

impl Default for Windows {
    fn default() -> Self {
        Self { next: 4, every: 64, ahead: 3, waiting: 4_096, search: 65_536, search_marks: 256, late: 65_536 }
    }
}

impl Windows {
    /// How many counters a device may skip from a mark on and still be found without a search. So many, or fewer, it
    /// reserves at a time: then this holds for whatever a crash skips (spec §4.4).
    pub fn reach(&self) -> u32 {
        u32::from(self.every) * u32::from(self.ahead)
    }

    /// The counters expected of a device whose next one is `next`: a run, then the marks beyond it. None beyond
    /// [`Counter::MAX`]: what cannot be stepped over would be opened for ever.
    pub(super) fn expected(&self, next: u32) -> impl Iterator<Item = u64> + use<> {
        let next = u64::from(next);
        let (every, after) = (u64::from(self.every.max(1)), next + u64::from(self.next));
        let first = after.div_ceil(every) * every;
        let marks = (0..u64::from(self.ahead)).map(move |n| first + n * every);
        (next..after).chain(marks).filter(|counter| *counter <= LAST)
    }

    /// The counter of the run that has these low four bits: the likeliest that [`Self::expected`] has.
    pub(super) fn in_run(&self, next: u32, low_bits: u64) -> Option<u64> {
        let next = u64::from(next);
        let counter = next + (low_bits.wrapping_sub(next) & 15);
        (counter < next + u64::from(self.next) && counter <= LAST).then_some(counter)
    }

    /// Whether [`Self::expected`] has a counter.
    pub(super) fn expects(&self, next: u32, counter: u64) -> bool {
        let (start, every) = (u64::from(next), u64::from(self.every.max(1)));
        let after = start + u64::from(self.next);
        let first = after.div_ceil(every) * every;
        let in_run = (start..after).contains(&counter);
        let at_mark = counter.is_multiple_of(every)
            && (first..first + u64::from(self.ahead) * every).contains(&counter);
        (in_run || at_mark) && counter <= LAST
    }

    /// The counter that is expected after one step from `next` and was not before: the run's new end, or, where
    /// that was a mark already, the mark beyond the last.
    pub(super) fn entering(&self, next: u32) -> Option<u64> {
        let (every, end) = (u64::from(self.every.max(1)), u64::from(next) + u64::from(self.next));
        let entering = if end.is_multiple_of(every) { end + u64::from(self.ahead) * every } else { end };
        (entering <= LAST).then_some(entering)
    }

    /// Counters already passed that a search tries again, for messages that were overtaken by many.
    pub(super) fn behind(&self, next: u32) -> impl Iterator<Item = u64> + use<> {
        let reach = u32::from(self.every).saturating_mul(u32::from(self.ahead) + 1);
        (u64::from(next.saturating_sub(reach))..u64::from(next)).rev()
    }

    pub(super) fn expected_per_place(&self) -> usize {
        usize::from(self.next) + usize::from(self.ahead)
    }

    /// The marks that a search tries, from the first one not expected anyway.
    pub(super) fn further_marks(&self, next: u32) -> impl Iterator<Item = u64> + use<> {
        let every = u64::from(self.every.max(1));
        let after = u64::from(next) + u64::from(self.next);
        let first = (after.div_ceil(every) + u64::from(self.ahead)) * every;
        (0..u64::from(self.search_marks)).map(move |n| first + n * every).filter(|counter| *counter <= LAST)
    }
}

impl Windows {
    /// The further marks that a device has at `next` and had not at `before`.
    pub(super) fn further_entering(&self, before: u32, next: u32) -> impl Iterator<Item = u64> + use<> {
        let known = self.further_marks(before).last();
        self.further_marks(next).filter(move |counter| known.is_none_or(|known| *counter > known))
    }
}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeSet, vec, vec::Vec};

    use super::*;

    #[test]
    fn expects_a_run_and_marks_beyond_it() {
        let windows = Windows { next: 3, every: 16, ahead: 2, ..Windows::default() };
        let at = |next| windows.expected(next).collect::<Vec<_>>();
        assert_eq!(at(0), vec![0, 1, 2, 16, 32]);
        assert_eq!(at(13), vec![13, 14, 15, 16, 32]);
        assert_eq!(at(14), vec![14, 15, 16, 32, 48]);
        assert_eq!(windows.further_marks(14).next(), Some(64));
        for next in 0..200 {
            let run = (0..16).filter_map(|low| windows.in_run(next, low)).collect::<BTreeSet<_>>();
            assert!(run.into_iter().eq(u64::from(next)..u64::from(next) + 3));
            let entering = at(next + 1).into_iter().filter(|counter| !at(next).contains(counter));
            assert!(entering.eq(windows.entering(next)), "{next}");
            for counter in 0..400 {
                assert_eq!(windows.expects(next, counter), at(next).contains(&counter), "{next} {counter}");
            }
        }
    }

    #[test]
    fn whoever_skips_what_it_reserved_is_expected() {
        for (next, every, ahead) in [(1, 16, 1), (4, 64, 3), (16, 16, 8), (16, 32, 2)] {
            let windows = Windows { next, every, ahead, ..Windows::default() };
            for block in (1..=u32::from(ahead)).map(|marks| marks * u32::from(every)) {
                let blocks = windows.reach() / block;
                // Where the reservation began: anywhere, after a clean end; and how far it was used.
                for begin in 0..2 * block {
                    let end = (begin / block + blocks) * block;
                    assert!((begin..end).all(|used| windows.expects(used, end.into())), "{begin}..{end}");
                }
                // A block more would not be.
                let end = (blocks + 1) * block;
                let whole = windows.reach().is_multiple_of(block);
                assert!(!whole || !windows.expects(0, end.into()), "{end}");
            }
        }
    }

    #[test]
    fn expects_nothing_that_could_not_be_stepped_over() {
        let windows = Windows::default();
        assert_eq!(windows.expected(Counter::MAX.0).count(), 1);
        assert_eq!(windows.expected(Counter::MAX.0 + 1).count(), 0);
    }
}
