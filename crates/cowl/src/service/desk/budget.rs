//! How much may be done in a time, with some more at once.

/// A bucket that fills steadily.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    /// How much there is at the most, and how much comes a second; both in `seconds`-ths of one, as what is left.
    most: u64,
    rate: u64,
    seconds: u64,
    left: u64,
    at: u64,
}

impl Budget {
    /// `count` a second, and twice as many at once.
    pub(super) const fn per_second(count: u32) -> Self {
        Self::new(count, 1, 2)
    }

    /// `count` an hour, all at once if need be.
    pub(super) const fn per_hour(count: u32) -> Self {
        Self::new(count, 3_600, 1)
    }

    const fn new(count: u32, seconds: u64, times: u64) -> Self {
        let rate = count as u64;
        let most = rate.saturating_mul(seconds).saturating_mul(times);
        Self { most, rate, seconds, left: most, at: 0 }
    }

    /// Takes one, if there is one left.
    pub(super) fn take(&mut self, now: u64) -> bool {
        self.fill(now);
        let enough = self.left >= self.seconds;
        if enough {
            self.left -= self.seconds;
        }
        enough
    }

    /// Whether nothing was taken for so long that it does not matter any more.
    pub(super) const fn is_full(&self) -> bool {
        self.left >= self.most
    }

    /// What came since the last time. A clock that was set back gives nothing.
    pub(super) fn fill(&mut self, now: u64) {
        let passed = now.saturating_sub(self.at);
        self.left = self.left.saturating_add(passed.saturating_mul(self.rate)).min(self.most);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(budget: &mut Budget, now: u64) -> usize {
        (0..10_000).take_while(|_| budget.take(now)).count()
    }

    #[test]
    fn a_burst_and_then_a_steady_rate() {
        let mut budget = Budget::per_second(10);
        assert_eq!(taken(&mut budget, 1_000), 20);
        assert_eq!(taken(&mut budget, 1_000), 0);
        assert_eq!(taken(&mut budget, 1_001), 10);
        assert_eq!(taken(&mut budget, 1_100), 20);
        // A clock that is set back stops it until it is there again, and no longer than that.
        assert_eq!((taken(&mut budget, 500), taken(&mut budget, 501)), (0, 10));
    }

    #[test]
    fn some_an_hour_and_all_of_them_at_once() {
        let mut budget = Budget::per_hour(6);
        assert!(budget.is_full());
        assert_eq!(taken(&mut budget, 1_000), 6);
        assert_eq!((taken(&mut budget, 1_599), taken(&mut budget, 1_600)), (0, 1));
        budget.fill(9_000);
        assert!(budget.is_full());
    }
}
