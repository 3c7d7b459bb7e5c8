//! How often a reader may search: junk must not keep its machine busy, nor reports waiting.

use std::time::Duration;

/// Passes that find nothing take at most every so-manyth part of the time.
const SHARE: u32 = 5;
/// The longest rest, unless a pass takes so long that its share is longer.
const LONGEST: Duration = Duration::from_mins(1);

/// Passes over all places and the rests between them: the more of them found nothing in a row, the longer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SearchPace {
    vain: u32,
}

/// How long to rest after a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// Usually.
    pub usual: Duration,
    /// When so much is waiting that some of it would be dropped before it was searched for.
    pub least: Duration,
}

impl SearchPace {
    /// The rest after a pass that found so many reports and took so long.
    pub fn rest(&mut self, found: usize, took: Duration) -> Rest {
        if found > 0 {
            self.vain = 0;
            return Rest { usual: Duration::ZERO, least: Duration::ZERO };
        }
        let least = took.saturating_mul(SHARE - 1);
        let usual = least.saturating_mul(1 << self.vain).min(LONGEST).max(least);
        self.vain = (self.vain + 1).min(10);
        Rest { usual, least }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds of searching in an hour with one junk message a second, and how many passes.
    fn hour(took: Duration) -> (Duration, u32) {
        let (mut pace, mut now, mut work, mut passes) =
            (SearchPace::default(), Duration::ZERO, Duration::ZERO, 0);
        while now < Duration::from_hours(1) {
            now += took + pace.rest(0, took).usual.max(Duration::from_secs(1));
            (work, passes) = (work + took, passes + 1);
        }
        (work, passes)
    }

    #[test]
    fn an_hour_of_junk_costs_a_pass_a_minute() {
        let (work, passes) = hour(Duration::from_millis(250));
        assert!(passes <= 70 && work < Duration::from_secs(18), "{passes} passes, {work:?}");
        // A pass of half a minute has no more than its share.
        let (work, _) = hour(Duration::from_secs(30));
        assert!(work <= Duration::from_hours(1) / 5 + Duration::from_mins(1), "{work:?}");
    }

    #[test]
    fn what_is_found_ends_the_rest() {
        let (mut pace, took) = (SearchPace::default(), Duration::from_millis(100));
        let first = pace.rest(0, took);
        assert_eq!((first.usual, first.least), (took * 4, took * 4));
        assert_eq!(pace.rest(0, took).usual, took * 8);
        assert_eq!(pace.rest(0, took), Rest { usual: took * 16, least: took * 4 });
        assert_eq!(pace.rest(1, took).usual, Duration::ZERO);
        assert_eq!(pace.rest(0, took), first);
    }
}
