//! So many at once, and so many a minute on the average.

use std::time::Duration;

const MINUTE: u128 = 60_000_000_000;

/// A bucket of tokens that fills with time. Counts in billionths of a minute's share, so that no rate is rounded away.
#[derive(Debug)]
pub(super) struct Budget {
    per_minute: u128,
    most: u128,
    left: u128,
    /// Up to when it was filled, on the caller's timer.
    at: Duration,
}

impl Budget {
    /// Full at the zero of the caller's timer.
    pub(super) fn new(per_minute: u32, burst: u32) -> Self {
        let most = u128::from(burst.max(1)) * MINUTE;
        Self { per_minute: per_minute.into(), most, left: most, at: Duration::ZERO }
    }

    /// Takes one, if there is one at `now`.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.at).as_nanos();
        self.at = self.at.max(now);
        self.left = self.left.saturating_add(passed.saturating_mul(self.per_minute)).min(self.most);
        match self.left.checked_sub(MINUTE) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let mut budget = Budget::new(30, 5);
        let at = |ms| Duration::from_millis(ms);
        assert_eq!((0..10).filter(|_| budget.take(at(0))).count(), 5);
        assert!(!budget.take(at(1_999)));
        assert!(budget.take(at(2_000)) && !budget.take(at(2_000)));
        // A clock that stands still or goes back gives nothing.
        assert!(!budget.take(at(0)) && !budget.take(at(2_000)));
        // Every 100 ms a fraction: after an hour as many as in one step.
        let taken = (0..36_000).filter(|step| budget.take(at(2_000 + step * 100))).count();
        assert!((1_799..=1_800).contains(&taken), "{taken}");
        assert_eq!((0..10).filter(|_| budget.take(at(100_000_000))).count(), 5);
    }

    #[test]
    fn a_rate_of_nothing_gives_the_burst_and_no_more() {
        let mut budget = Budget::new(0, 0);
        assert!(budget.take(Duration::ZERO));
        assert!(!budget.take(Duration::from_hours(1_000)));
    }
}
