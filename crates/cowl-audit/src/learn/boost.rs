//! Gradient-boosted decision trees for yes or no.
//!
//! Logistic loss, second-order steps, histograms, missing values sent to the better side, rows and columns drawn per tree: the
//! learner of `LightGBM` and of scikit-learn's `HistGradientBoostingClassifier`, against which a test holds it. Single-threaded and
//! deterministic: the same rows, labels, settings and seed give the same model.

use crate::convert::{float, float_len};
use crate::learn::bins::Binned;
use crate::learn::matrix::Matrix;
use crate::learn::random::Random;
use crate::learn::tree::{Growth, Tree};

/// How a model is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Trees, at most: training ends earlier when nothing is left to learn.
    pub trees: u32,
    /// Share of each tree's step that is taken.
    pub rate: f64,
    /// Leaves of a tree, at most.
    pub leaves: usize,
    /// Rows in a leaf, at least.
    pub least_rows: f64,
    /// Penalty on a leaf's value.
    pub l2: f64,
    /// Gain below which a leaf is not split.
    pub least_gain: f64,
    /// Share of the rows that each tree sees.
    pub row_share: f64,
    /// Share of the columns that each tree sees.
    pub column_share: f64,
    /// Bins per column, 2 to 255.
    pub bins: usize,
}

impl Default for Settings {
    /// Enough for tens of columns and some thousand rows; cheap enough for hundreds of trainings.
    fn default() -> Self {
        Self {
            trees: 100,
            rate: 0.12,
            leaves: 16,
            least_rows: 20.0,
            l2: 1.0,
            least_gain: 1e-6,
            row_share: 0.8,
            column_share: 0.8,
            bins: 64,
        }
    }
}

/// Loss per row under which a model has learnt all there is.
const LEARNT: f64 = 0.002;

/// A trained model.
#[derive(Debug, Clone)]
pub struct Model {
    base: f64,
    trees: Vec<Tree>,
}

impl Model {
    /// Trains on a whole matrix. `labels` beyond the rows are ignored; rows beyond the labels are not used.
    pub fn train(matrix: &Matrix, labels: &[bool], settings: &Settings, seed: u64) -> Self {
        let rows: Vec<usize> = (0..matrix.rows().min(labels.len())).collect();
        Self::train_binned(&Binned::new(matrix, settings.bins), &rows, labels, settings, seed)
    }

    /// Trains on some rows of a matrix in bins. Row numbers outside the matrix or the labels are not used.
    pub fn train_binned(
        binned: &Binned,
        rows: &[usize],
        labels: &[bool],
        settings: &Settings,
        seed: u64,
    ) -> Self {
        let known = binned.rows.min(labels.len());
        let rows: Vec<usize> = rows.iter().copied().filter(|row| *row < known).collect();
        let positive = rows.iter().filter(|row| labels.get(**row) == Some(&true)).count();
        // half a case on each side keeps the base finite when all labels are equal
        let base = ((float_len(positive) + 0.5) / (float_len(rows.len() - positive) + 0.5)).ln();
        let mut model = Self { base, trees: Vec::new() };
        if positive == 0 || positive == rows.len() || binned.columns.is_empty() {
            return model;
        }
        let mut random = Random::new(seed);
        let mut scores = vec![base; known];
        let (mut gradients, mut hessians) = (vec![0.0; known], vec![0.0; known]);
        let mut places: Vec<usize> = (0..binned.columns.len()).collect();
        for _ in 0..settings.trees {
            let loss = derivatives(&rows, labels, &scores, &mut gradients, &mut hessians);
            if loss < LEARNT {
                break;
            }
            let drawn = draw(&mut places, settings.column_share, &mut random);
            let growth =
                Growth { binned, places: drawn, gradients: &gradients, hessians: &hessians, settings };
            let seen = rows.iter().copied().filter(|_| random.unit() < settings.row_share).collect();
            // another tree may draw better columns
            if let Some(tree) = growth.tree(seen) {
                tree.add_to(binned, &rows, &mut scores);
                model.trees.push(tree);
            }
        }
        model
    }

    /// Log odds that the row is positive; at the training set's share of positives.
    pub fn score(&self, row: &[f64]) -> f64 {
        self.base + self.trees.iter().map(|tree| tree.score(row)).sum::<f64>()
    }

    /// Probability that the row is positive.
    pub fn probability(&self, row: &[f64]) -> f64 {
        logistic(self.score(row))
    }
}

/// 1 / (1 + e⁻ˣ).
pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Fills in the loss's derivatives by the score; the mean loss.
fn derivatives(
    rows: &[usize],
    labels: &[bool],
    scores: &[f64],
    gradients: &mut [f64],
    hessians: &mut [f64],
) -> f64 {
    let mut loss = 0.0;
    for row in rows {
        let (Some(label), Some(score)) = (labels.get(*row), scores.get(*row)) else { continue };
        let (Some(gradient), Some(hessian)) = (gradients.get_mut(*row), hessians.get_mut(*row)) else {
            continue;
        };
        let probability = logistic(*score);
        *gradient = probability - if *label { 1.0 } else { 0.0 };
        *hessian = (probability * (1.0 - probability)).max(1e-12);
        loss -= (1.0 - gradient.abs()).max(1e-12).ln();
    }
    loss / float_len(rows.len()).max(1.0)
}

/// A random share of the columns, at least one, in ascending order.
fn draw<'a>(places: &'a mut [usize], share: f64, random: &mut Random) -> &'a [usize] {
    if share >= 1.0 {
        places.sort_unstable();
        return places;
    }
    random.shuffle(places);
    let total = places.len();
    let wanted = (1..total).find(|take| float(crate::convert::count(*take)) >= share * float_len(total));
    let drawn = places.get_mut(..wanted.unwrap_or(total)).unwrap_or(&mut []);
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
#[path = "boost_tests.rs"]
mod tests;
