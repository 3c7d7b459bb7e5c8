//! Cases with a yes or no, judged by boosted trees on people who were not trained on, with both controls.

use std::collections::BTreeMap;

use crate::attack::cast::{Measure, finding, too_little};
use crate::convert::{count, float_len};
use crate::learn::{
    Case, Matrix, Random, Settings, advantage, at_chance, at_least, auc, auc_interval, cross_fit, folds,
    shuffled,
};
use crate::score::{AttackId, Finding, Interval, Outcome, Unit};
use crate::view::Adversary;

/// Cases of each side below which nothing is measured.
pub(super) const LEAST_CASES: usize = 20;
/// People below which nothing is measured.
pub(super) const LEAST_PEOPLE: usize = 8;
/// Folds of people.
pub(super) const FOLDS: usize = 3;
/// What a planted leak must reach.
const FOUND: f64 = 0.9;
/// Columns of what anybody knows.
const PRIOR: usize = 3;

/// Rows with their labels.
#[derive(Debug, Clone)]
pub(super) struct Cases {
    /// Features.
    pub(super) matrix: Matrix,
    /// Whether it is so.
    pub(super) labels: Vec<bool>,
    /// Whom each row is about; rows of one person are trained on or tested on together.
    pub(super) people: Vec<u32>,
    /// What anybody knows without seeing anything, such as the hour of the day; guessing by it is chance.
    pub(super) prior: Matrix,
}

impl Cases {
    /// None yet.
    pub(super) const fn new(columns: usize) -> Self {
        Self {
            matrix: Matrix::new(columns),
            labels: Vec::new(),
            people: Vec::new(),
            prior: Matrix::new(PRIOR),
        }
    }

    /// One more.
    pub(super) fn push(&mut self, row: &[f64], prior: f64, label: bool, person: u32) {
        self.push_known(row, [prior, f64::NAN, f64::NAN], label, person);
    }

    /// One more of which several things are known to anybody.
    pub(super) fn push_known(&mut self, row: &[f64], prior: [f64; PRIOR], label: bool, person: u32) {
        self.matrix.push(row);
        self.prior.push(&prior);
        self.labels.push(label);
        self.people.push(person);
    }

    /// Why these are too few to measure anything; `None` if they are enough.
    pub(super) fn too_few(&self) -> Option<String> {
        let positive = self.labels.iter().filter(|label| **label).count();
        let negative = self.labels.len() - positive;
        let people = self.distinct();
        let few = positive < LEAST_CASES || negative < LEAST_CASES || people < LEAST_PEOPLE;
        few.then(|| format!("too few cases: {positive} positive and {negative} negative of {people} people"))
    }

    /// How many people there are.
    pub(super) fn distinct(&self) -> usize {
        self.people.iter().collect::<std::collections::BTreeSet<_>>().len()
    }

    /// The fold of each row: people with positive cases are spread evenly.
    pub(super) fn folds(&self, seed: u64) -> Vec<usize> {
        let mut strata: BTreeMap<u32, u32> = BTreeMap::new();
        for (person, label) in self.people.iter().zip(&self.labels) {
            *strata.entry(*person).or_default() |= u32::from(*label);
        }
        let of = folds(strata, FOLDS, seed);
        self.people.iter().map(|person| of.get(person).copied().unwrap_or(0)).collect()
    }

    /// Each row's score by a model of other people, with these labels in place of its own.
    pub(super) fn scores(&self, labels: &[bool], seed: u64) -> Vec<f64> {
        let settings = Settings { least_rows: self.least_rows(), ..Settings::default() };
        cross_fit(&self.matrix, labels, &self.folds(seed), &settings, seed)
    }

    fn auc(&self, labels: &[bool], seed: u64) -> Option<Interval> {
        auc_interval(&self.cases(&self.scores(labels, seed), labels), seed)
    }

    /// What the prior alone reaches, at least a coin's 0.5.
    fn chance(&self, seed: u64) -> f64 {
        let settings =
            Settings { least_rows: self.least_rows(), trees: 40, column_share: 1.0, ..Settings::default() };
        let scores = cross_fit(&self.prior, &self.labels, &self.folds(seed), &settings, seed);
        auc(&self.cases(&scores, &self.labels)).unwrap_or(0.5).max(0.5)
    }

    /// Few rows need small leaves.
    fn least_rows(&self) -> f64 {
        (float_len(self.labels.len()) / 50.0).clamp(3.0, 20.0)
    }

    fn cases(&self, scores: &[f64], labels: &[bool]) -> Vec<Case> {
        let rows = scores.iter().zip(labels).zip(&self.people);
        let case = |((score, positive), person): ((&f64, &bool), &u32)| Case {
            score: *score,
            positive: *positive,
            people: [*person; 2],
        };
        rows.map(case).collect()
    }
}

/// The area under the curve of telling positive cases, with both controls: `planted` are the same cases in a world where they can be told.
/// Chance is what the prior alone reaches.
pub(super) fn detect(main: &Cases, planted: &Cases, seed: u64) -> Outcome {
    if let Some(reason) = main.too_few() {
        return too_little(&reason);
    }
    let measured = (
        main.auc(&main.labels, seed),
        planted.auc(&planted.labels, seed),
        main.auc(&shuffled(&main.labels, seed ^ 0x5a5a), seed),
    );
    let (Some(estimate), Some(found), Some(blind)) = measured else {
        return too_little("no interval: positive cases are of too few people");
    };
    let chance = main.chance(seed);
    let measure = Measure {
        unit: Unit::Auc,
        estimate,
        chance,
        advantage: advantage(estimate, chance),
        n: count(main.labels.len()),
        people: count(main.distinct()),
    };
    measure.judged(seed, at_least(found, FOUND), at_chance(blind, 0.5))
}

/// Findings of one attack by one adversary.
pub(super) struct Report {
    /// The attack.
    pub(super) attack: AttackId,
    /// The adversary.
    pub(super) adversary: Adversary,
    /// What came of it so far.
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// Nothing yet.
    pub(super) const fn new(attack: AttackId, adversary: Adversary) -> Self {
        Self { attack, adversary, findings: Vec::new() }
    }

    /// One more.
    pub(super) fn add(&mut self, variant: &str, headline: bool, outcome: Outcome) {
        self.findings.push(finding(self.attack, self.adversary, variant, headline, outcome));
    }
}

/// At most this many of these cases, drawn at random: positive ones make up a third at most if there are too many, negative ones the rest.
pub(super) fn thinned<T>(mut cases: Vec<T>, most: usize, seed: u64, positive: impl Fn(&T) -> bool) -> Vec<T> {
    if cases.len() <= most {
        return cases;
    }
    Random::new(seed).shuffle(&mut cases);
    let positives = cases.iter().filter(|case| positive(case)).count().min(most / 3);
    let (mut yes, mut no) = (0, 0);
    cases.retain(|case| {
        let (taken, limit) = if positive(case) { (&mut yes, positives) } else { (&mut no, most - positives) };
        *taken += 1;
        *taken <= limit
    });
    cases
}
