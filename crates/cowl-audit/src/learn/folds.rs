//! Tests on people who were not trained on.

use std::collections::{BTreeMap, BTreeSet};

use crate::learn::bins::Binned;
use crate::learn::boost::{Model, Settings};
use crate::learn::matrix::Matrix;
use crate::learn::random::Random;

/// Puts each person into one of `folds` folds, equally many of each stratum into each. The order of `people` does not matter; a person
/// named twice keeps her first stratum.
pub fn folds(people: impl IntoIterator<Item = (u32, u32)>, folds: usize, seed: u64) -> BTreeMap<u32, usize> {
    let mut strata: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (person, stratum) in people {
        if seen.insert(person) {
            strata.entry(stratum).or_default().push(person);
        }
    }
    let mut random = Random::new(seed);
    let mut next = 0;
    let mut of = BTreeMap::new();
    for mut members in strata.into_values() {
        members.sort_unstable();
        random.shuffle(&mut members);
        for person in members {
            of.insert(person, next % folds.max(1));
            next += 1;
        }
    }
    of
}

/// Scores of each row by a model that has seen no row of the same fold. `folds[row]` is the row's fold; rows beyond its end get NaN.
///
/// Scores of different folds are comparable only as far as their models are; with some hundred rows a fold they are.
pub fn cross_fit(
    matrix: &Matrix,
    labels: &[bool],
    folds: &[usize],
    settings: &Settings,
    seed: u64,
) -> Vec<f64> {
    cross_fit_binned(matrix, &Binned::new(matrix, settings.bins), labels, folds, settings, seed)
}

/// As [`cross_fit`], of a matrix that is in bins already.
pub fn cross_fit_binned(
    matrix: &Matrix,
    binned: &Binned,
    labels: &[bool],
    folds: &[usize],
    settings: &Settings,
    seed: u64,
) -> Vec<f64> {
    let mut scores = vec![f64::NAN; matrix.rows()];
    let distinct: BTreeSet<usize> = folds.iter().copied().collect();
    for fold in distinct {
        let train: Vec<usize> =
            folds.iter().enumerate().filter(|(_, of)| **of != fold).map(|(row, _)| row).collect();
        let model = Model::train_binned(binned, &train, labels, settings, seed);
        for (row, score) in scores.iter_mut().enumerate() {
            if folds.get(row) == Some(&fold) {
                *score = model.score(matrix.row(row));
            }
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_even_within_strata_and_do_not_depend_on_order() {
        let people: Vec<(u32, u32)> = (0..101).map(|person| (person, u32::from(person % 10 == 0))).collect();
        let of = folds(people.iter().copied(), 2, 7);
        let reversed = folds(people.iter().rev().copied(), 2, 7);
        assert_eq!(of, reversed);
        assert_ne!(of, folds(people.iter().copied(), 2, 8));
        for stratum in [0, 1] {
            let members: Vec<u32> =
                people.iter().filter(|(_, of)| *of == stratum).map(|(person, _)| *person).collect();
            let first = members.iter().filter(|person| of.get(person) == Some(&0)).count();
            assert!(first.abs_diff(members.len() - first) <= 1);
        }
    }

    /// A model that saw a person's rows would know her by heart: labels are random by person, and the person is a column.
    #[test]
    fn cross_fitting_never_tests_on_trained_people() {
        let mut random = Random::new(3);
        let mut matrix = Matrix::new(1);
        let (mut labels, mut rows) = (Vec::new(), Vec::new());
        for person in 0..200_u32 {
            let label = random.unit() < 0.5;
            for _ in 0..20 {
                matrix.push(&[f64::from(person)]);
                labels.push(label);
                rows.push(person);
            }
        }
        let of = folds(rows.iter().map(|person| (*person, 0)), 2, 1);
        let by_row: Vec<usize> = rows.iter().map(|person| of[person]).collect();
        let settings = Settings { bins: 255, leaves: 64, ..Settings::default() };
        let apart = cross_fit(&matrix, &labels, &by_row, &settings, 1);
        let mixed: Vec<usize> = (0..rows.len()).map(|row| row % 2).collect();
        let leaking = cross_fit(&matrix, &labels, &mixed, &settings, 1);
        let right = |scores: &[f64]| {
            let hits = scores.iter().zip(&labels).filter(|(score, label)| (**score > 0.0) == **label).count();
            f64::from(u32::try_from(hits).unwrap()) / 4000.0
        };
        assert!(right(&leaking) > 0.95, "{}", right(&leaking));
        assert!((right(&apart) - 0.5).abs() < 0.15, "{}", right(&apart));
    }
}
