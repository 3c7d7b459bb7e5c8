//! Rhythm of a set of messages: its own period, and its phase in periods that many share.

use core::f64::consts::TAU;

use crate::convert::float_len;
use crate::learn::quantile;

/// Periods that software is often given, seconds.
const USUAL: [f64; 13] =
    [1.0, 60.0, 120.0, 300.0, 600.0, 720.0, 900.0, 1200.0, 1800.0, 2700.0, 3600.0, 7200.0, 86_400.0];
/// Periods beside the usual ones that a view may have of its own.
const OWN: usize = 3;
/// Messages from which an own rhythm is told.
const LEAST: usize = 6;
/// Steps of frequency around the best one at which two sets are held together.
const AROUND: usize = 5;

/// A point that times turn to on a circle: their number times how well they agree, in the direction where they agree.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Turn {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Turn {
    /// Of times on a circle of this frequency.
    pub(crate) fn of(times: &[f64], frequency: f64) -> Self {
        let mut sum = Self::default();
        for time in times {
            let (y, x) = (TAU * (time * frequency).fract()).sin_cos();
            sum.x += x;
            sum.y += y;
        }
        sum
    }

    pub(crate) fn length(self) -> f64 {
        self.x.hypot(self.y)
    }

    /// How well two agree in direction, weighed by how sure both are.
    pub(crate) fn agreement(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }
}

/// The rhythm that messages keep by themselves.
#[derive(Debug, Clone)]
pub(crate) struct Rhythm {
    /// Seconds from one to the next.
    pub(crate) period: f64,
    /// How well they keep it, 0 to 1.
    pub(crate) strength: f64,
    times: usize,
    turns: Vec<(f64, Turn)>,
}

impl Rhythm {
    /// The period under which these times agree best, looked for around their median gap (losses make gaps longer).
    pub(crate) fn new(times: &[f64]) -> Option<Self> {
        if times.len() < LEAST {
            return None;
        }
        let length = times.last()? - times.first()?;
        let mut gaps: Vec<f64> =
            times.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).collect();
        // messages that come in bunches have no shorter rhythm than this; it also bounds the search
        let usual = quantile(&mut gaps, 0.4)?.max(0.3 * length / float_len(times.len()));
        if length <= 0.0 || usual <= 0.0 {
            return None;
        }
        let score = |frequency: f64| Turn::of(times, frequency).length();
        let (lowest, highest, step) = (0.75 / usual, 2.2 / usual, 0.25 / length);
        let mut best = (0.0, 0.0);
        let mut frequency = lowest;
        while frequency < highest {
            let found = score(frequency);
            // a period agrees with its halves and thirds too: the longest wins unless another is clearly better
            if found > best.1 * 1.08 {
                best = (frequency, found);
            }
            frequency += step;
        }
        let mut step = step / 2.0;
        for _ in 0..6 {
            for near in [best.0 - step, best.0 + step] {
                let found = score(near);
                if found > best.1 {
                    best = (near, found);
                }
            }
            step /= 2.0;
        }
        let width = 0.3 / length / float_len(AROUND / 2);
        let turns = (0..AROUND)
            .map(|place| best.0 + width * (float_len(place) - float_len(AROUND / 2)))
            .map(|frequency| (frequency, Turn::of(times, frequency)))
            .collect();
        let strength = best.1 / float_len(times.len());
        Some(Self { period: 1.0 / best.0, strength, times: times.len(), turns })
    }

    /// How well other times go on in this rhythm: agreement of both together at the best frequency near by, 0 to 1, and that of the phase
    /// alone at this rhythm's own frequency, −1 to 1.
    pub(crate) fn continued(&self, other: &[f64]) -> [f64; 2] {
        let total = float_len(self.times + other.len());
        let (mut together, mut phase) = (0.0_f64, f64::NAN);
        for (place, (frequency, turn)) in self.turns.iter().enumerate() {
            let that = Turn::of(other, *frequency);
            together = together.max((turn.x + that.x).hypot(turn.y + that.y) / total);
            if place == AROUND / 2 {
                phase = turn.agreement(that) / (turn.length() * float_len(other.len())).max(1e-9);
            }
        }
        [together, phase]
    }
}

/// Periods in which phases are compared: usual ones, and those that the messages of this view keep, set by set.
pub(crate) fn periods<'a>(sets: impl Iterator<Item = &'a [f64]>) -> Vec<f64> {
    let sets: Vec<&[f64]> = sets.filter(|times| times.len() >= LEAST).collect();
    // 2 % apart: a set of some tens of periods cannot tell less
    let candidates: Vec<f64> = core::iter::successors(Some(20.0), |period| Some(period * 1.02))
        .take_while(|period| *period < 6.0 * 3600.0)
        .collect();
    let mut found: Vec<(f64, f64)> = Vec::new();
    for period in &candidates {
        // Rayleigh's statistic, 1 on average for times at random, of sets that are long enough to have the period
        let sum: f64 = sets
            .iter()
            .filter(|times| {
                times.last().zip(times.first()).is_some_and(|(last, first)| last - first > 4.0 * period)
            })
            .map(|times| Turn::of(times, 1.0 / period).length().powi(2) / float_len(times.len()) - 1.0)
            .sum();
        let excess = sum / float_len(sets.len()).max(1.0);
        if excess > 4.0 / float_len(sets.len()).max(1.0).sqrt() {
            found.push((*period, excess));
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut periods = USUAL.to_vec();
    for (period, _) in found {
        let is_new = periods.iter().all(|known| (period / known).ln().abs() > 0.04);
        if is_new && periods.len() < USUAL.len() + OWN {
            periods.push(period);
        }
    }
    periods.resize(USUAL.len() + OWN, f64::NAN);
    periods
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Random;

    /// Times of a sender with this period and start; one in five is lost, each is late by up to 20 s.
    fn sender(random: &mut Random, period: f64, start: f64, range: core::ops::Range<usize>) -> Vec<f64> {
        range
            .filter_map(|number| {
                let late = 20.0 * random.unit();
                (random.unit() > 0.2).then_some(start + period * float_len(number) + late)
            })
            .collect()
    }

    #[test]
    fn a_period_is_found_in_spite_of_losses_and_goes_on_in_the_next_set() {
        let mut random = Random::new(1);
        for period in [640.0, 1234.0, 3333.0] {
            let before = sender(&mut random, period, 77.0, 0..40);
            let after = sender(&mut random, period, 77.0, 40..80);
            let shifted = sender(&mut random, period, 77.0 + period / 2.0, 40..80);
            let rhythm = Rhythm::new(&before).unwrap();
            assert!((rhythm.period - period).abs() < 2.0, "{}", rhythm.period);
            assert!(rhythm.strength > 0.9);
            let [together, phase] = rhythm.continued(&after);
            let [apart, other] = rhythm.continued(&shifted);
            assert!(together > 0.8 && apart < 0.8 && together > apart + 0.2, "{together} {apart}");
            assert!(phase > 0.5 && other < 0.0, "{phase} {other}");
        }
    }

    #[test]
    fn a_common_period_is_found() {
        let mut random = Random::new(2);
        let sets: Vec<Vec<f64>> = (0..40)
            .map(|_| {
                let start = 1000.0 * random.unit();
                sender(&mut random, 1000.0, start, 0..30)
            })
            .collect();
        let found = periods(sets.iter().map(Vec::as_slice));
        assert!(found.iter().any(|period| (period / 1000.0).ln().abs() < 0.02), "{found:?}");
        let mut noise = Random::new(3);
        let poisson: Vec<Vec<f64>> = (0..40)
            .map(|_| {
                let mut at = 0.0;
                (0..30)
                    .map(|_| {
                        at += noise.exponential(1000.0);
                        at
                    })
                    .collect()
            })
            .collect();
        let none = periods(poisson.iter().map(Vec::as_slice));
        assert!(none.iter().skip(USUAL.len()).filter(|period| !period.is_nan()).count() <= 1, "{none:?}");
    }
}
