//! Area under the receiver operating characteristic.

use crate::learn::bootstrap::{Weights, bootstrap};
use crate::score::Interval;

/// One scored case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// How sure the attacker is that it is positive; any scale.
    pub score: f64,
    /// Whether it is.
    pub positive: bool,
    /// The people it is about: of a pair both, else the same one twice.
    pub people: [u32; 2],
}

/// The probability that a positive case scores higher than a negative one, ties counting half (Mann and Whitney).
///
/// `None` without a positive and a negative case. NaN scores lowest.
pub fn auc(cases: &[Case]) -> Option<f64> {
    Ranked::new(cases).auc(|_| 1.0)
}

/// [`auc`] with a 95 % interval by [`bootstrap`] of people. A case of two people weighs the product of their weights, as both must
/// have been drawn.
pub fn auc_interval(cases: &[Case], seed: u64) -> Option<Interval> {
    let ranked = Ranked::new(cases);
    let people: Vec<u32> = cases.iter().flat_map(|case| case.people).collect();
    bootstrap(&people, seed, |weights| ranked.auc(|case| weight(case, weights)))
}

/// The gain from one set of cases to another of the same people (`after` − `before`), each person drawn for both.
pub fn auc_difference(before: &[Case], after: &[Case], seed: u64) -> Option<Interval> {
    let (first, second) = (Ranked::new(before), Ranked::new(after));
    let people: Vec<u32> = before.iter().chain(after).flat_map(|case| case.people).collect();
    bootstrap(&people, seed, |weights| {
        Some(second.auc(|case| weight(case, weights))? - first.auc(|case| weight(case, weights))?)
    })
}

fn weight(case: &Case, weights: &Weights<'_>) -> f64 {
    let [first, second] = case.people;
    if first == second { weights.of(first) } else { weights.of(first) * weights.of(second) }
}

/// Cases in ascending order of score, sorted once for all resamples.
struct Ranked(Vec<Case>);

impl Ranked {
    fn new(cases: &[Case]) -> Self {
        let mut cases = cases.to_vec();
        for case in &mut cases {
            if case.score.is_nan() {
                case.score = f64::NEG_INFINITY;
            }
        }
        cases.sort_by(|a, b| a.score.total_cmp(&b.score));
        Self(cases)
    }

    fn auc(&self, weight: impl Fn(&Case) -> f64) -> Option<f64> {
        // exact: equal up to sign of zero
        let (mut won, mut below, mut positives, mut negatives) = (0.0, 0.0, 0.0, 0.0);
        for tied in self.0.chunk_by(|a, b| a.score >= b.score) {
            let (mut positive, mut negative) = (0.0, 0.0);
            for case in tied {
                *(if case.positive { &mut positive } else { &mut negative }) += weight(case);
            }
            won += positive * (below + negative / 2.0);
            below += negative;
            positives += positive;
            negatives += negative;
        }
        let pairs: f64 = positives * negatives;
        (pairs > 0.0).then(|| won / pairs)
    }
}

#[cfg(test)]
#[path = "auc_tests.rs"]
mod tests;
