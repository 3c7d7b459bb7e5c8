//! Which epoch it is, without trusting the machine's clock (spec §2.2).

use crate::{Calendar, Epoch};

/// The epoch of the newest beacon, moved on by elapsed time, never back.
///
/// `monotonic` is seconds of a timer that only runs forward while the machine is up; its zero does not matter.
#[derive(Debug, Clone, Copy)]
pub struct EpochClock {
    length: u64,
    known: Epoch,
    /// When the known epoch began, on the monotonic timer; `None` until a beacon said so.
    began: Option<i128>,
}

impl EpochClock {
    /// A clock that knows only the epoch that a stored state remembers. Until a beacon comes it stands still.
    pub const fn new(calendar: Calendar, known: Epoch) -> Self {
        Self { length: calendar.length as u64, known, began: None }
    }

    /// Takes a beacon's word. An older epoch than the one known is ignored.
    pub fn hear(&mut self, epoch: Epoch, into_epoch: u32, monotonic: u64) {
        if epoch >= self.now(monotonic) {
            self.known = epoch;
            self.began = Some(i128::from(monotonic) - i128::from(into_epoch));
        }
    }

    /// The epoch now.
    pub fn now(&self, monotonic: u64) -> Epoch {
        let Some(began) = self.began else { return self.known };
        let passed =
            u128::try_from(i128::from(monotonic) - began).unwrap_or(0) / u128::from(self.length.max(1));
        self.known.plus(u32::try_from(passed).unwrap_or(u32::MAX))
    }

    /// The operation's time in Unix seconds, as far as it is known: without a beacon, when the last known epoch began.
    pub fn time(&self, calendar: Calendar, monotonic: u64) -> u64 {
        calendar.end_of(self.now(monotonic)).saturating_sub(self.left(monotonic))
    }

    /// Seconds until the epoch ends; all of it while no beacon was heard.
    pub fn left(&self, monotonic: u64) -> u64 {
        let passed = self.began.map_or(0, |began| {
            u64::try_from((i128::from(monotonic) - began).max(0)).unwrap_or(0) % self.length.max(1)
        });
        self.length.saturating_sub(passed)
    }

    /// Whether a beacon was heard since this clock was made.
    pub const fn has_heard(&self) -> bool {
        self.began.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALENDAR: Calendar = Calendar { start: 0, length: 100 };

    #[test]
    fn stands_still_without_a_beacon_and_runs_on_after_one() {
        let mut clock = EpochClock::new(CALENDAR, Epoch(3));
        assert_eq!(clock.now(1_000_000), Epoch(3));
        clock.hear(Epoch(5), 90, 50);
        assert_eq!((clock.now(50), clock.now(59), clock.now(60)), (Epoch(5), Epoch(5), Epoch(6)));
    }

    #[test]
    fn tells_the_operations_time_as_far_as_it_knows_it() {
        let mut clock = EpochClock::new(CALENDAR, Epoch(3));
        assert_eq!(clock.time(CALENDAR, 1_000_000), 300);
        clock.hear(Epoch(5), 90, 50);
        assert_eq!([50, 59, 60, 161].map(|timer| clock.time(CALENDAR, timer)), [590, 599, 600, 701]);
    }

    #[test]
    fn never_goes_back() {
        let mut clock = EpochClock::new(CALENDAR, Epoch(3));
        clock.hear(Epoch(5), 0, 50);
        clock.hear(Epoch(4), 0, 51);
        assert_eq!(clock.now(51), Epoch(5));
        clock.hear(Epoch(5), 0, 400);
        assert_eq!(clock.now(400), Epoch(8));
        assert_eq!(clock.now(0), Epoch(5));
    }
}
