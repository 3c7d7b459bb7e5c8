//! Intervals: people are drawn, not messages, for the messages of one person are not independent.

use std::collections::BTreeMap;

use crate::convert::{count, float, float_len};
use crate::learn::random::Random;
use crate::score::Interval;

/// Resamples of a bootstrap.
pub const RESAMPLES: usize = 1000;

/// How often each person was drawn.
#[derive(Debug)]
pub struct Weights<'a> {
    place: &'a Places,
    drawn: &'a [f64],
}

impl Weights<'_> {
    /// How often this person was drawn; 0 for one who is not in the sample.
    pub fn of(&self, person: u32) -> f64 {
        self.place.get(person).and_then(|place| self.drawn.get(place)).copied().unwrap_or(0.0)
    }
}

/// From a person's number to her place in the draw: a table where numbers are small, as they are in simulations.
#[derive(Debug)]
enum Places {
    Table(Vec<u32>),
    Map(BTreeMap<u32, usize>),
}

impl Places {
    fn new(sorted: &[u32]) -> Self {
        let end = sorted.last().map_or(0, |last| usize::try_from(*last).unwrap_or(usize::MAX));
        if end > 64 * sorted.len() + 1024 {
            return Self::Map(sorted.iter().enumerate().map(|(place, person)| (*person, place)).collect());
        }
        let mut table = vec![u32::MAX; end + 1];
        for (place, person) in (0..).zip(sorted) {
            if let Some(slot) = usize::try_from(*person).ok().and_then(|person| table.get_mut(person)) {
                *slot = place;
            }
        }
        Self::Table(table)
    }

    fn get(&self, person: u32) -> Option<usize> {
        match self {
            Self::Table(table) => table
                .get(usize::try_from(person).ok()?)
                .filter(|place| **place != u32::MAX)
                .and_then(|place| usize::try_from(*place).ok()),
            Self::Map(map) => map.get(&person).copied(),
        }
    }
}

/// The statistic of all people, with the percentile interval (2.5 %, 97.5 %) of [`RESAMPLES`] draws with replacement from them.
///
/// `people` may name a person many times. A draw in which the statistic is `None` (no positive case in it, say) is left out; the whole
/// is `None` if it is so for all people, or for half the draws. With fewer than about 20 people the interval is too narrow.
pub fn bootstrap(
    people: &[u32],
    seed: u64,
    mut statistic: impl FnMut(&Weights<'_>) -> Option<f64>,
) -> Option<Interval> {
    let mut distinct = people.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let place = Places::new(&distinct);
    let mut drawn = vec![1.0; distinct.len()];
    let value = statistic(&Weights { place: &place, drawn: &drawn })?;
    let mut random = Random::new(seed);
    let mut values = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        drawn.fill(0.0);
        for _ in 0..distinct.len() {
            if let Some(weight) = drawn.get_mut(random.below(distinct.len())) {
                *weight += 1.0;
            }
        }
        values.extend(statistic(&Weights { place: &place, drawn: &drawn }));
    }
    if values.len() < RESAMPLES / 2 {
        return None;
    }
    let low = quantile(&mut values, 0.025)?;
    let high = quantile(&mut values, 0.975)?;
    Some(Interval { value, low, high })
}

/// The mean over people of each one's mean, with its interval: everybody counts once, however much she sends.
pub fn mean_interval(values: &[(u32, f64)], seed: u64) -> Option<Interval> {
    let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (person, value) in values {
        let (sum, number) = sums.entry(*person).or_default();
        *sum += value;
        *number += 1.0;
    }
    let means: Vec<(u32, f64)> =
        sums.into_iter().map(|(person, (sum, number))| (person, sum / number)).collect();
    let people: Vec<u32> = means.iter().map(|(person, _)| *person).collect();
    bootstrap(&people, seed, |weights| {
        let (mut sum, mut total) = (0.0, 0.0);
        for (person, mean) in &means {
            let weight = weights.of(*person);
            sum += weight * mean;
            total += weight;
        }
        (total > 0.0).then(|| sum / total)
    })
}

/// A quantile over people (one value each), with its interval.
pub fn quantile_interval(values: &[(u32, f64)], share: f64, seed: u64) -> Option<Interval> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let people: Vec<u32> = sorted.iter().map(|(person, _)| *person).collect();
    bootstrap(&people, seed, |weights| {
        let total: f64 = sorted.iter().map(|(person, _)| weights.of(*person)).sum();
        let mut before = 0.0;
        let reached = sorted.iter().find(|(person, _)| {
            before += weights.of(*person);
            before > 0.0 && before >= share * total
        });
        reached.map(|(_, value)| *value)
    })
}

/// The mean change of people who are in both (`after` − `before`), with its interval: a person's own level cancels out.
pub fn paired_difference(before: &[(u32, f64)], after: &[(u32, f64)], seed: u64) -> Option<Interval> {
    let earlier: BTreeMap<u32, f64> = before.iter().copied().collect();
    let changes: Vec<(u32, f64)> =
        after.iter().filter_map(|(person, value)| Some((*person, value - earlier.get(person)?))).collect();
    mean_interval(&changes, seed)
}

/// `after` − `before` of two intervals of which no more is known: their half-widths add as squares (Zou and Donner 2008). Too wide
/// where both come from the same people, never too narrow for that reason.
pub fn difference(before: Interval, after: Interval) -> Interval {
    let value = after.value - before.value;
    let low = value - (after.value - after.low).hypot(before.high - before.value);
    let high = value + (after.high - after.value).hypot(before.value - before.low);
    Interval { value, low, high }
}

/// Wilson's 95 % score interval of a proportion of independent trials; 0 to 1 without trials.
pub fn wilson(successes: u64, trials: u64) -> Interval {
    // 97.5 % quantile of the normal distribution
    const Z: f64 = 1.959_963_984_540_054;
    if trials == 0 {
        return Interval { value: 0.0, low: 0.0, high: 1.0 };
    }
    let (n, share) = (float(trials), float(successes.min(trials)) / float(trials));
    let denominator = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / denominator;
    let half = Z / denominator * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Interval { value: share, low: (centre - half).clamp(0.0, share), high: (centre + half).clamp(share, 1.0) }
}

/// An estimate on the scale where 0 is chance and 1 certainty: (success − chance) / (1 − chance). `low` and `high` are not below 0: to
/// do worse than chance is no protection; `value` is left as it is.
pub fn advantage(estimate: Interval, chance: f64) -> Interval {
    let scale = |success: f64| if chance < 1.0 { (success - chance) / (1.0 - chance) } else { 0.0 };
    Interval {
        value: scale(estimate.value),
        low: scale(estimate.low).max(0.0),
        high: scale(estimate.high).max(0.0),
    }
}

/// The value at this share of a list, by linear interpolation between neighbours; sorts the list. `None` of an empty one.
pub fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let place = share.clamp(0.0, 1.0) * float_len(values.len().checked_sub(1)?);
    let below = (0..values.len()).take_while(|index| float(count(*index)) <= place).last()?;
    let (low, rest) = (values.get(below)?, place - float_len(below));
    let high = values.get(below + 1).unwrap_or(low);
    Some(low + (high - low) * rest)
}

#[cfg(test)]
#[path = "bootstrap_tests.rs"]
mod tests;
