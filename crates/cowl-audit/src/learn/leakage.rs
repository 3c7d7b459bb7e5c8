//! Leakage in bits, as F-BLEAU estimates it.
//!
//! How much better can a secret be guessed in one try with an observation than without? Min-entropy leakage is
//! log₂(success with / success without). The best possible success is not known, so it is estimated from below with guessers that are
//! consistent, each tested on observations that it was not trained on, and the best of them is taken (Cherubini, Chatzikokolakis,
//! Palamidessi: F-BLEAU, IEEE S&P 2019): the *frequentist* one, which knows only observations that it has seen exactly, and *nearest
//! neighbours* (one; and ln n, which is consistent). From above it is bounded by Cover and Hart 1967, by the error of one neighbour.

use std::collections::{BTreeMap, HashMap};

use crate::convert::float_len;
use crate::learn::bootstrap::bootstrap;
use crate::learn::matrix::Matrix;
use crate::learn::random::Random;
use crate::score::Interval;

/// Observations that guessers learn from, at most; drawn at random. Time grows with the product of both.
const MOST_TRAINING: usize = 3000;
/// Observations that are guessed, at most.
const MOST_TESTS: usize = 1500;

/// Observations, one a row, with the secret behind each.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// Features; NaN is a value of its own.
    pub features: &'a Matrix,
    /// The secret of each row.
    pub secrets: &'a [u32],
}

/// Who guesses best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guesser {
    /// By observations seen exactly so before.
    Frequentist,
    /// By the nearest one.
    Nearest,
    /// By the majority of the nearest ln n.
    Neighbours,
}

/// One guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// Row of the test observations.
    pub row: usize,
    /// Whether the guess without the observation is right.
    pub blind: bool,
    /// Whether the guess with it is.
    pub seeing: bool,
}

/// What an observation tells of a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Leakage {
    /// Success of one guess without the observation: always the most frequent secret.
    pub blind: f64,
    /// Success of the best guesser with it.
    pub seeing: f64,
    /// log₂(seeing / blind): 0 where nothing leaks; below 0 where the guessers have learnt what is not there.
    pub bits: f64,
    /// No attacker who sees these features can have more, as far as one neighbour's error is known.
    pub most_bits: f64,
    /// The best guesser.
    pub guesser: Guesser,
    /// Its guesses, for intervals.
    pub guesses: Vec<Guess>,
}

/// Whether each guesser is right, and the guess.
type Tried = ([bool; 3], Guess);

/// Estimates the leakage. Train and test must be of different people where a person's observations hang together.
///
/// `None` if either is empty or nothing is ever guessed right.
pub fn leakage(train: Observed<'_>, test: Observed<'_>, seed: u64) -> Option<Leakage> {
    let mut random = Random::new(seed);
    let learnt = Learnt::new(&train, &draw(rows(&train), MOST_TRAINING, &mut random))?;
    let tests = draw(rows(&test), MOST_TESTS, &mut random);
    let guesses: Vec<Tried> = tests
        .iter()
        .filter_map(|row| {
            let secret = *test.secrets.get(*row)?;
            let right = learnt.guess(test.features.row(*row)).map(|guess| guess == secret);
            Some((right, Guess { row: *row, blind: learnt.likeliest == secret, seeing: false }))
        })
        .collect();
    let share = |hit: &dyn Fn(&Tried) -> bool| {
        float_len(guesses.iter().filter(|guess| hit(guess)).count()) / float_len(guesses.len()).max(1.0)
    };
    let [frequentist, nearest, neighbours] =
        [share(&|(right, _)| right[0]), share(&|(right, _)| right[1]), share(&|(right, _)| right[2])];
    let (guesser, place, seeing) = [
        (Guesser::Neighbours, 2, neighbours),
        (Guesser::Nearest, 1, nearest),
        (Guesser::Frequentist, 0, frequentist),
    ]
    .into_iter()
    .max_by(|a, b| a.2.total_cmp(&b.2))?;
    let blind = share(&|(_, guess)| guess.blind);
    let most = 1.0 - least_error(1.0 - nearest, learnt.secrets);
    (blind > 0.0 && seeing > 0.0).then(|| Leakage {
        blind,
        seeing,
        bits: (seeing / blind).log2(),
        most_bits: (most.max(seeing) / blind).log2(),
        guesser,
        guesses: guesses
            .into_iter()
            .map(|(right, guess)| Guess { seeing: right.get(place) == Some(&true), ..guess })
            .collect(),
    })
}

/// The leakage in bits with its interval by person; `people[row]` is whom a test row is of.
pub fn leakage_interval(leakage: &Leakage, people: &[u32], seed: u64) -> Option<Interval> {
    let of: Vec<(u32, Guess)> =
        leakage.guesses.iter().filter_map(|guess| Some((*people.get(guess.row)?, *guess))).collect();
    let drawn: Vec<u32> = of.iter().map(|(person, _)| *person).collect();
    bootstrap(&drawn, seed, |weights| {
        let (mut blind, mut seeing) = (0.0, 0.0);
        for (person, guess) in &of {
            let weight = weights.of(*person);
            blind += if guess.blind { weight } else { 0.0 };
            seeing += if guess.seeing { weight } else { 0.0 };
        }
        (blind > 0.0 && seeing > 0.0).then(|| (seeing / blind).log2())
    })
}

/// The least error that any guesser among `secrets` can have when one neighbour errs so often (Cover and Hart 1967).
pub fn least_error(nearest: f64, secrets: usize) -> f64 {
    if secrets < 2 {
        return 0.0;
    }
    let ratio = float_len(secrets) / float_len(secrets - 1);
    (1.0 - (1.0 - ratio * nearest).max(0.0).sqrt()) / ratio
}

fn rows(observed: &Observed<'_>) -> usize {
    observed.features.rows().min(observed.secrets.len())
}

fn draw(rows: usize, most: usize, random: &mut Random) -> Vec<usize> {
    let mut drawn: Vec<usize> = (0..rows).collect();
    if rows > most {
        random.shuffle(&mut drawn);
        drawn.truncate(most);
        drawn.sort_unstable();
    }
    drawn
}

/// What the guessers know.
struct Learnt<'a> {
    rows: Vec<(&'a [f64], u32)>,
    /// One over the variance of each column; 0 for constant ones.
    scales: Vec<f64>,
    exactly: HashMap<Vec<u64>, u32>,
    likeliest: u32,
    secrets: usize,
    neighbours: usize,
}

impl<'a> Learnt<'a> {
    fn new(train: &Observed<'a>, drawn: &[usize]) -> Option<Self> {
        let rows: Vec<(&[f64], u32)> = drawn
            .iter()
            .filter_map(|row| Some((train.features.row(*row), *train.secrets.get(*row)?)))
            .collect();
        let mut seen: HashMap<Vec<u64>, BTreeMap<u32, usize>> = HashMap::new();
        let mut all: BTreeMap<u32, usize> = BTreeMap::new();
        for (row, secret) in &rows {
            *seen.entry(key(row)).or_default().entry(*secret).or_default() += 1;
            *all.entry(*secret).or_default() += 1;
        }
        let scales = (0..train.features.columns()).map(|column| scale(&rows, column)).collect();
        let exactly = seen.into_iter().filter_map(|(key, votes)| Some((key, majority(&votes)?))).collect();
        // ln n, at least 1: the number that makes the vote consistent
        let neighbours = (1..64).find(|k| float_len(k + 1) > float_len(rows.len()).ln()).unwrap_or(64);
        Some(Self { scales, exactly, likeliest: majority(&all)?, secrets: all.len(), neighbours, rows })
    }

    /// The guesses of the frequentist, the nearest neighbour and the neighbours.
    fn guess(&self, row: &[f64]) -> [u32; 3] {
        let exactly = self.exactly.get(&key(row)).copied().unwrap_or(self.likeliest);
        let mut near: Vec<(f64, u32)> =
            self.rows.iter().map(|(other, secret)| (self.distance(row, other), *secret)).collect();
        let by_distance = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0);
        let vote = |near: &[(f64, u32)], wanted: usize| {
            let reach = near.get(wanted - 1).or(near.last()).map_or(0.0, |last| last.0);
            let mut votes: BTreeMap<u32, usize> = BTreeMap::new();
            // all that are as near as the last one vote: the order of rows must not decide
            for (_, secret) in near.iter().filter(|(distance, _)| *distance <= reach) {
                *votes.entry(*secret).or_default() += 1;
            }
            majority(&votes).unwrap_or(self.likeliest)
        };
        let wanted = self.neighbours.min(near.len()).max(1);
        near.select_nth_unstable_by(wanted - 1, by_distance);
        if let Some(head) = near.get_mut(..wanted) {
            head.sort_unstable_by(by_distance);
        }
        [exactly, vote(&near, 1), vote(&near, wanted)]
    }

    fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        let squares =
            a.iter().zip(b).zip(&self.scales).map(|((a, b), scale)| match (a.is_nan(), b.is_nan()) {
                (false, false) => (a - b) * (a - b) * scale,
                (true, true) => 0.0,
                // missing or not: further than any value of a usual column is from another
                _ => 9.0,
            });
        squares.sum()
    }
}

fn key(row: &[f64]) -> Vec<u64> {
    row.iter().map(|value| value.to_bits()).collect()
}

/// The most frequent; of equally frequent ones the smallest.
fn majority(votes: &BTreeMap<u32, usize>) -> Option<u32> {
    votes.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|(secret, _)| *secret)
}

fn scale(rows: &[(&[f64], u32)], column: usize) -> f64 {
    let present = || rows.iter().filter_map(|(row, _)| row.get(column)).filter(|value| value.is_finite());
    let number = float_len(present().count()).max(1.0);
    let mean = present().sum::<f64>() / number;
    let variance = present().map(|value| (value - mean) * (value - mean)).sum::<f64>() / number;
    if variance > 0.0 { 1.0 / variance } else { 0.0 }
}

#[cfg(test)]
#[path = "leakage_tests.rs"]
mod tests;
