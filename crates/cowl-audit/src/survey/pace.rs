//! How evenly something happens.

use serde::Serialize;

use crate::convert::float;

/// Gaps below which nothing is said.
const LEAST: u32 = 8;

/// Mean and spread of the gaps between events (Welford's sums).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    last: u64,
    gaps: u32,
    started: bool,
    mean: f64,
    squares: f64,
}

/// How even the gaps between a sender's messages are, by their coefficient of variation (standard deviation ÷ mean). A Poisson process has 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evenness {
    /// Below 0.1: a clock sends.
    Clockwork,
    /// 0.1 to 0.5: a clock with jitter.
    Jittered,
    /// 0.5 to 1.5: like chance.
    Random,
    /// Above 1.5: silence, then many at once.
    Bursty,
}

impl Evenness {
    /// All, most even first.
    pub const ALL: [Self; 4] = [Self::Clockwork, Self::Jittered, Self::Random, Self::Bursty];

    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clockwork => "clockwork",
            Self::Jittered => "jittered clock",
            Self::Random => "like chance",
            Self::Bursty => "bursts",
        }
    }
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self { last: 0, gaps: 0, started: false, mean: 0.0, squares: 0.0 }
    }

    /// Something happened; gives the gap since the last time.
    pub(super) fn at(&mut self, at: u64) -> Option<u64> {
        let gap = self.started.then(|| at.saturating_sub(self.last));
        self.started = true;
        self.last = at;
        if let Some(gap) = gap {
            self.gaps = self.gaps.saturating_add(1);
            let gap = float(gap);
            let before = gap - self.mean;
            self.mean += before / f64::from(self.gaps);
            self.squares += before * (gap - self.mean);
        }
        gap
    }

    /// Mean gap in microseconds, and how even; `None` with fewer than 8 gaps.
    pub(super) fn verdict(&self) -> Option<(f64, Evenness)> {
        if self.gaps < LEAST || self.mean <= 0.0 {
            return None;
        }
        let variation = (self.squares / f64::from(self.gaps - 1)).sqrt() / self.mean;
        let evenness = match variation {
            low if low < 0.1 => Evenness::Clockwork,
            low if low < 0.5 => Evenness::Jittered,
            low if low < 1.5 => Evenness::Random,
            _ => Evenness::Bursty,
        };
        Some((self.mean, evenness))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn pace(gaps: impl Iterator<Item = u64>) -> Option<Evenness> {
        let (mut pace, mut now) = (Pace::default(), 0);
        for gap in gaps {
            now += gap;
            pace.at(now);
        }
        pace.verdict().map(|(_, evenness)| evenness)
    }

    #[test]
    fn clocks_chance_and_bursts_are_told_apart() {
        let mut random = Random::new(3);
        let mut exponential = || {
            let unit = float(random.next() >> 11) / 9_007_199_254_740_992.0;
            format!("{:.0}", -1e6 * (1.0 - unit).ln()).parse().unwrap()
        };
        let chance: Vec<u64> = (0..400).map(|_| exponential()).collect();
        assert_eq!(pace(core::iter::repeat_n(60_000_000, 20)), Some(Evenness::Clockwork));
        assert_eq!(pace((0..40).map(|step| 60 + (step * 7) % 30)), Some(Evenness::Jittered));
        assert_eq!(pace(chance.into_iter()), Some(Evenness::Random));
        assert_eq!(
            pace((0..100).map(|step| if step % 20 == 0 { 10_000 } else { 1 })),
            Some(Evenness::Bursty)
        );
        assert_eq!(pace(core::iter::repeat_n(1, 5)), None);
    }
}
