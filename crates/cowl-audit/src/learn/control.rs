//! Controls: a measurement must find what is there, and nothing where nothing is.

use std::collections::BTreeMap;

use crate::learn::random::Random;
use crate::score::{Control, Interval};

/// How far from chance an estimate may lie for no reason: twice the (longer) half of its interval, about four standard errors,
/// which chance exceeds once in 16,000 controls, and a hundredth for intervals that are too narrow.
pub const TOLERANCE: f64 = 0.01;

/// The labels in another order: nothing can be learnt from them.
pub fn shuffled(labels: &[bool], seed: u64) -> Vec<bool> {
    let mut labels = labels.to_vec();
    Random::new(seed).shuffle(&mut labels);
    labels
}

/// The labels in another order within each group (a matched set, say), so that the share of positives in it stays.
pub fn shuffled_within(labels: &[bool], groups: &[u32], seed: u64) -> Vec<bool> {
    let mut members: BTreeMap<u32, Vec<bool>> = BTreeMap::new();
    for (label, group) in labels.iter().zip(groups) {
        members.entry(*group).or_default().push(*label);
    }
    let mut random = Random::new(seed);
    for labels in members.values_mut() {
        random.shuffle(labels);
    }
    let drawn = labels
        .iter()
        .zip(groups)
        .map(|(label, group)| members.get_mut(group).and_then(Vec::pop).unwrap_or(*label));
    drawn.collect()
}

/// Passed if the estimate lies at chance, up to [`TOLERANCE`].
pub fn at_chance(measured: Interval, chance: f64) -> Control {
    near_chance(measured, chance, TOLERANCE)
}

/// As [`at_chance`], for a quantity of another scale: `tolerance` is a hundredth of it.
pub fn near_chance(measured: Interval, chance: f64, tolerance: f64) -> Control {
    let half = (measured.value - measured.low).max(measured.high - measured.value);
    Control { measured, passed: (measured.value - chance).abs() <= 2.0 * half + tolerance }
}

/// Passed if the estimate is at least `least`.
pub fn at_least(measured: Interval, least: f64) -> Control {
    Control { measured, passed: measured.value >= least }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffling_keeps_the_shares() {
        let labels: Vec<bool> = (0..300).map(|row| row % 3 == 0).collect();
        let groups: Vec<u32> = (0..300).map(|row| row / 30).collect();
        let other = shuffled_within(&labels, &groups, 1);
        assert_ne!(other, labels);
        for group in 0..10_usize {
            let slice = &other[group * 30..(group + 1) * 30];
            assert_eq!(slice.iter().filter(|label| **label).count(), 10);
        }
        assert_eq!(shuffled(&labels, 1).iter().filter(|label| **label).count(), 100);
    }

    #[test]
    fn chance_is_judged_by_the_interval() {
        let at = |value: f64, half: f64| Interval { value, low: value - half, high: value + half };
        assert!(at_chance(at(0.52, 0.01), 0.5).passed);
        assert!(!at_chance(at(0.54, 0.01), 0.5).passed);
        assert!(at_chance(at(0.42, 0.04), 0.5).passed);
        assert!(!at_chance(at(0.40, 0.04), 0.5).passed);
        assert!(at_least(at(0.99, 0.0), 0.95).passed && !at_least(at(0.9, 0.0), 0.95).passed);
    }
}
