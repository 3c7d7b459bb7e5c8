//! Features as numbers.

/// Rows of equally many numbers; NaN where a feature is missing.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// No rows yet.
    pub const fn new(columns: usize) -> Self {
        Self { columns, values: Vec::new() }
    }

    /// Adds a row. Too short a row is filled up with NaN, too long a one is cut.
    pub fn push(&mut self, row: &[f64]) {
        let given = row.get(..self.columns).unwrap_or(row);
        self.values.extend_from_slice(given);
        self.values.extend(core::iter::repeat_n(f64::NAN, self.columns - given.len()));
    }

    /// Number of columns.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    /// A row; empty if there is none of that number.
    pub fn row(&self, row: usize) -> &[f64] {
        let start = row.saturating_mul(self.columns);
        self.values.get(start..start.saturating_add(self.columns)).unwrap_or(&[])
    }

    /// The values of a column, from the first row on.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f64> {
        self.values.iter().skip(column).step_by(self.columns.max(1)).copied()
    }
}
