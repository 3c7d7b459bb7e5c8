//! Numbers that count up on a connection, and go on counting on the next one.

use std::collections::BTreeSet;

use super::fields::PlaceId;

/// Numbers of one connection that are followed.
const MAX_SLOTS: usize = 12;
/// Rises after which a number that hardly ever falls is a counter.
const LEAST_RISES: u32 = 8;
/// Largest step of a counter.
const STEP: u64 = 1 << 16;
/// How far after the end of an earlier connection's counter another may begin and be its continuation.
const REACH: u64 = 16;
/// Ends of counters that are remembered.
const MAX_ENDS: usize = 8192;

/// A number followed on one connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    place: PlaceId,
    first: u64,
    last: u64,
    rises: u32,
    rests: u32,
    breaks: u32,
}

/// What the connections said of one place.
#[derive(Debug, Default)]
pub(super) struct Counting {
    /// Connections on which it counted up, and on which it did not.
    pub(super) counted: u64,
    pub(super) others: u64,
    /// Connections that began where an earlier one had ended, of those that could have.
    pub(super) continued: u64,
    pub(super) begun: u64,
    ends: BTreeSet<u64>,
}

/// Follows a number of a message.
pub(super) fn follow(slots: &mut Vec<Slot>, place: PlaceId, value: u64) {
    if let Some(slot) = slots.iter_mut().find(|slot| slot.place == place) {
        let step = value.wrapping_sub(slot.last);
        match step {
            0 => slot.rests = slot.rests.saturating_add(1),
            1..=STEP => slot.rises = slot.rises.saturating_add(1),
            _ => slot.breaks = slot.breaks.saturating_add(1),
        }
        slot.last = value;
    } else if slots.len() < MAX_SLOTS {
        slots.push(Slot { place, first: value, last: value, rises: 0, rests: 0, breaks: 0 });
    }
}

impl Slot {
    pub(super) const fn place(&self) -> PlaceId {
        self.place
    }

    const fn counts(&self) -> Option<bool> {
        let steps = self.rises + self.rests + self.breaks;
        if steps < LEAST_RISES {
            return None;
        }
        Some(self.rises >= LEAST_RISES && self.breaks * 20 <= steps && self.rises * 2 >= steps)
    }
}

impl Counting {
    /// A connection is over.
    pub(super) fn end(&mut self, slot: &Slot) {
        match slot.counts() {
            Some(true) => self.counted += 1,
            Some(false) => self.others += 1,
            // too few messages to see it count, but it may have gone on
            None => {}
        }
        if slot.counts() == Some(false) {
            return;
        }
        if !self.ends.is_empty() {
            self.begun += 1;
            let from = slot.first.saturating_sub(REACH);
            let before = self.ends.range(from..slot.first).next_back().copied();
            if let Some(before) = before.filter(|_| slot.first > REACH) {
                self.continued += 1;
                self.ends.remove(&before);
            }
        }
        if self.ends.len() < MAX_ENDS {
            self.ends.insert(slot.last);
        }
    }

    /// Whether most connections with enough messages show it counting.
    pub(super) const fn is_counter(&self) -> bool {
        self.counted > 0 && self.counted * 5 >= (self.counted + self.others) * 4
    }

    /// Whether at least half of the connections begin where another ended: by chance it is `REACH` × ends ÷ range at most.
    pub(super) const fn continues(&self) -> bool {
        self.continued > 0 && self.continued * 2 >= self.begun
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(counting: &mut Counting, values: impl Iterator<Item = u64>) {
        let mut slots = Vec::new();
        for value in values {
            follow(&mut slots, PlaceId(0), value);
        }
        for slot in &slots {
            counting.end(slot);
        }
    }

    #[test]
    fn counters_are_told_from_measurements_and_constants() {
        let mut up = Counting::default();
        run(&mut up, 100..120);
        assert!(up.is_counter() && !up.continues());
        run(&mut up, 121..140);
        assert!(up.continues());

        let mut noise = Counting::default();
        run(&mut noise, (0..100).map(|step| (step * 7919) % 101));
        assert!(!noise.is_counter());
        let mut constant = Counting::default();
        run(&mut constant, core::iter::repeat_n(5, 100));
        assert!(!constant.is_counter());
    }

    #[test]
    fn counters_that_begin_anew_do_not_continue() {
        let mut counting = Counting::default();
        for _ in 0..10 {
            run(&mut counting, 1..40);
        }
        assert!(counting.is_counter() && !counting.continues());
    }
}
