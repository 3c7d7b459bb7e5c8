//! Which of several classes is it? One against the rest by boosted trees, on cases that were not trained on, with both controls.

use std::collections::BTreeMap;

use crate::attack::cast::{Measure, too_little};
use crate::convert::{count, float_len};
use crate::learn::Binned;
use crate::learn::{
    Matrix, Observed, Random, Settings, advantage, at_chance, at_least, bootstrap, cross_fit_binned, leakage,
    leakage_interval,
};
use crate::score::{Interval, Outcome, Unit};

/// Cases of a class, at least.
const LEAST: usize = 20;
/// Cases of a class, at most.
const MOST: usize = 160;
/// What a planted leak must reach.
const FOUND: f64 = 0.9;

/// Cases, each of one class.
#[derive(Debug, Clone)]
pub(super) struct Sorted {
    /// Features.
    pub(super) matrix: Matrix,
    /// The class of each row, numbered from 0.
    pub(super) classes: Vec<u32>,
    /// The fold of each row.
    pub(super) folds: Vec<usize>,
    /// What is drawn together for intervals.
    pub(super) clusters: Vec<u32>,
}

/// Both ways to say how well classes are told apart.
pub(super) struct Told {
    /// Share of right guesses where all classes are equally frequent.
    pub(super) share: Outcome,
    /// Bits of min-entropy leakage.
    pub(super) bits: Outcome,
}

impl Told {
    /// The same outcome for both.
    pub(super) fn both(outcome: Outcome) -> Self {
        Self { share: outcome.clone(), bits: outcome }
    }
}

/// Draws equally many cases of each class, so that guessing is right once in as many times as there are classes. Classes with
/// fewer than [`LEAST`] cases are left out; `None` if fewer than two are left. Returns the chosen indices and their new classes.
pub(super) fn balanced(classes: &[u32], seed: u64) -> Option<Vec<(usize, u32)>> {
    let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, class) in classes.iter().enumerate() {
        members.entry(*class).or_default().push(index);
    }
    members.retain(|_, list| list.len() >= LEAST);
    let each = members.values().map(Vec::len).min().unwrap_or(0).min(MOST);
    if members.len() < 2 {
        return None;
    }
    let mut random = Random::new(seed);
    let mut chosen = Vec::new();
    for (class, mut list) in (0_u32..).zip(members.into_values()) {
        random.shuffle(&mut list);
        chosen.extend(list.into_iter().take(each).map(|index| (index, class)));
    }
    chosen.sort_unstable();
    Some(chosen)
}

/// How well the classes are told apart, with both controls: `planted` are the same cases in a world where they can be told.
pub(super) fn tell(main: &Sorted, planted: &Sorted, people: usize, seed: u64) -> Told {
    let number = main.classes.iter().max().map_or(0, |last| last + 1);
    let mut shuffled = main.clone();
    Random::new(seed ^ 0x5a5a).shuffle(&mut shuffled.classes);
    let all = (main.share(number, seed), planted.share(number, seed), shuffled.share(number, seed));
    let (Some(share), Some(found), Some(blind)) = all else {
        return Told::both(too_little("no interval: cases are of too few people"));
    };
    let chance = 1.0 / f64::from(number.max(1));
    let (n, people) = (count(main.classes.len()), count(people));
    let (positive, negative) = (at_least(found, FOUND), at_chance(blind, chance));
    let estimate = advantage(share, chance);
    let counted = Measure { unit: Unit::Share, estimate: share, chance, advantage: estimate, n, people };
    let entropy = f64::from(number.max(2)).log2();
    let bits = main.bits(share, chance, seed);
    let part = |bits: f64| bits.max(0.0) / entropy;
    let leaked = Measure {
        unit: Unit::Bits,
        estimate: bits,
        chance: 0.0,
        advantage: Interval { value: bits.value / entropy, low: part(bits.low), high: part(bits.high) },
        n,
        people,
    };
    Told { share: counted.judged(seed, positive, negative), bits: leaked.judged(seed, positive, negative) }
}

impl Sorted {
    /// The share of right guesses, each class counting alike, with its interval.
    fn share(&self, number: u32, seed: u64) -> Option<Interval> {
        let settings = Settings {
            trees: 40,
            leaves: 8,
            least_rows: (float_len(self.classes.len()) / 60.0).clamp(2.0, 10.0),
            ..Settings::default()
        };
        let binned = Binned::new(&self.matrix, settings.bins);
        let mut best = vec![(f64::NEG_INFINITY, 0); self.classes.len()];
        for class in 0..number {
            let labels: Vec<bool> = self.classes.iter().map(|own| *own == class).collect();
            let scores = cross_fit_binned(&self.matrix, &binned, &labels, &self.folds, &settings, seed);
            for (best, score) in best.iter_mut().zip(scores) {
                if score > best.0 {
                    *best = (score, class);
                }
            }
        }
        // hits and cases of each class in each cluster
        let mut sums: BTreeMap<(u32, u32), (f64, f64)> = BTreeMap::new();
        for (((_, guess), class), cluster) in best.iter().zip(&self.classes).zip(&self.clusters) {
            let (hits, total) = sums.entry((*class, *cluster)).or_default();
            *hits += if guess == class { 1.0 } else { 0.0 };
            *total += 1.0;
        }
        let sums: Vec<((u32, u32), (f64, f64))> = sums.into_iter().collect();
        bootstrap(&self.clusters, seed, |weights| {
            let (mut shares, mut number) = (0.0, 0.0);
            for class in sums.chunk_by(|one, other| one.0.0 == other.0.0) {
                let (mut right, mut drawn) = (0.0, 0.0);
                for ((_, cluster), (hits, total)) in class {
                    right += weights.of(*cluster) * hits;
                    drawn += weights.of(*cluster) * total;
                }
                if drawn > 0.0 {
                    shares += right / drawn;
                    number += 1.0;
                }
            }
            (number > 0.0).then(|| shares / number)
        })
    }

    /// Min-entropy leakage in bits: by the trees, or by F-BLEAU's guessers where these are better.
    fn bits(&self, share: Interval, chance: f64, seed: u64) -> Interval {
        let of = |share: f64| (share.max(1e-9) / chance).log2();
        let trees = Interval { value: of(share.value), low: of(share.low), high: of(share.high) };
        let part = |test: bool| {
            let mut rows = (Matrix::new(self.matrix.columns()), Vec::new(), Vec::new());
            for (row, class) in self.classes.iter().enumerate() {
                if (self.folds.get(row) == Some(&0)) == test {
                    rows.0.push(self.matrix.row(row));
                    rows.1.push(*class);
                    rows.2.push(self.clusters.get(row).copied().unwrap_or(0));
                }
            }
            rows
        };
        let ((train, learnt, _), (test, secrets, clusters)) = (part(false), part(true));
        let observed = Observed { features: &test, secrets: &secrets };
        leakage(Observed { features: &train, secrets: &learnt }, observed, seed)
            .and_then(|leakage| leakage_interval(&leakage, &clusters, seed))
            .filter(|bits| bits.low > trees.value)
            // in a draw the blind guess may be worse than chance: no more than all can leak
            .map_or(trees, |bits| Interval {
                high: bits.high.min(of(1.0)),
                value: bits.value.min(of(1.0)),
                ..bits
            })
    }
}
