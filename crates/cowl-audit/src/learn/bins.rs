//! Features in bins: what a histogram learner works on.
#![expect(
    clippy::indexing_slicing,
    reason = "bins and thresholds are made here, of one matrix, and stay in step"
)]

use crate::learn::matrix::Matrix;

/// Bin of a missing value; present ones have smaller numbers.
pub(crate) const MISSING: u8 = u8::MAX;
/// Rows from which thresholds are chosen: more would cost sorting time and move a quantile by less than a bin.
const SAMPLE: usize = 8192;

/// One column in bins.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Its number in the matrix.
    pub(crate) number: usize,
    /// Bin `b` holds values up to and with `thresholds[b]`; the last bin the rest.
    pub(crate) thresholds: Vec<f64>,
    /// Bin of each row.
    pub(crate) bins: Vec<u8>,
}

/// A matrix in bins. Making it costs about as much as a few trees, so it is kept where several models are trained on one matrix.
#[derive(Debug, Clone)]
pub struct Binned {
    pub(crate) rows: usize,
    /// Columns that say something: constant ones are left out.
    pub(crate) columns: Vec<Column>,
}

impl Binned {
    /// Puts each column into at most `bins` (2 to 255) bins of about equally many rows; few distinct values get a bin each.
    pub fn new(matrix: &Matrix, bins: usize) -> Self {
        let rows = matrix.rows();
        let columns = (0..matrix.columns()).filter_map(|number| column(matrix, number, bins.clamp(2, 255)));
        Self { rows, columns: columns.collect() }
    }
}

fn column(matrix: &Matrix, number: usize, bins: usize) -> Option<Column> {
    let step = matrix.rows().div_ceil(SAMPLE).max(1);
    let mut sorted: Vec<f64> = matrix.column(number).step_by(step).filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let thresholds = thresholds(&sorted, bins);
    let bin = |value: f64| {
        if value.is_nan() {
            MISSING
        } else {
            // at most 254 thresholds: see `thresholds`
            u8::try_from(thresholds.partition_point(|threshold| *threshold < value)).unwrap_or(MISSING - 1)
        }
    };
    let bins: Vec<u8> = matrix.column(number).map(bin).collect();
    let first = bins.first()?;
    let varies = bins.iter().any(|bin| bin != first);
    varies.then_some(Column { number, thresholds, bins })
}

fn thresholds(sorted: &[f64], bins: usize) -> Vec<f64> {
    let mut distinct = sorted.to_vec();
    distinct.dedup();
    let between = |low: f64, high: f64| {
        let middle = f64::midpoint(low, high);
        // infinite or neighbouring numbers have no middle
        if middle.is_finite() && middle < high { middle } else { low }
    };
    if distinct.len() <= bins {
        return distinct.windows(2).map(|pair| between(pair[0], pair[1])).collect();
    }
    let mut chosen: Vec<f64> = (1..bins)
        .filter_map(|bin| {
            let place = bin * sorted.len() / bins;
            let low = sorted[place - 1];
            // the next value that differs: equal values stay in one bin
            let next = sorted.partition_point(|value| *value <= low);
            sorted.get(next).map(|high| between(low, *high))
        })
        .collect();
    chosen.dedup();
    chosen
}
