//! Counts below `k` are not shown, and nothing that is shown gives them away.
//!
//! What is published of a table of zones and colours is built so that it can be checked by counting:
//!
//! - A cell of at least `k`, or of none, is shown. Any other says `<k` and no more. (With `k` = 2 none says `<k` too: else it would mean 1.)
//! - The sum of a row is shown only if all its cells are. Else it says "at least", reckoned from what is shown alone.
//! - The sum of a column is shown if all its cells are, or if at least two are hidden and their sum is neither the least nor the most
//!   that they can have: each of them can then have two values at the least. Else "at least". That a sum is not shown says only that
//!   the hidden cells are all at their least or all at their most (or together below `k`): again two values for each.
//! - The sum of all is shown if the sum of each column is.
//!
//! Columns share no cell, and no exact row sum has a hidden cell, so nothing joins them. The test goes through every small table there
//! is and looks for one whose publication no other table with another value in a hidden place has: who knows this rule learns nothing
//! by it either.
//!
//! It holds for what is shown at one moment. Whoever watches a cell for long sees it begin to say `<k`.

use super::Triage;

/// Colours.
const COLUMNS: usize = Triage::ALL.len();

/// A count as it may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shown {
    /// So many.
    Exact(u32),
    /// Fewer than this.
    Under(u32),
    /// This many or more.
    AtLeast(u32),
}

/// Counts of zones and colours, as they may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Table {
    /// In the order in which the zones were given.
    pub(crate) rows: Vec<ShownRow>,
    /// The sums of the columns.
    pub(crate) columns: [Shown; COLUMNS],
    /// The sum of all.
    pub(crate) total: Shown,
}

/// A zone's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ShownRow {
    /// By colour, in [`Triage::ALL`]'s order.
    pub(crate) cells: [Shown; COLUMNS],
    /// Their sum.
    pub(crate) total: Shown,
}

/// When counts are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    k: u32,
}

impl Rule {
    /// The rule of a `k`; 0 and 1 hide nothing.
    pub(crate) const fn new(k: u32) -> Self {
        Self { k }
    }

    /// How many there must be.
    pub(crate) const fn k(self) -> u32 {
        self.k
    }

    /// The least that a hidden count can be.
    const fn least(self) -> u32 {
        if self.k <= 2 { 0 } else { 1 }
    }

    /// Whether a count may not be shown.
    pub(crate) const fn hides(self, count: u32) -> bool {
        self.k > 1 && count < self.k && count >= self.least()
    }

    /// One count, as it may be shown.
    const fn show(self, count: u32) -> Shown {
        if self.hides(count) { Shown::Under(self.k) } else { Shown::Exact(count) }
    }

    /// A table of zones and colours.
    pub(crate) fn table(self, rows: &[[u32; COLUMNS]]) -> Table {
        let mut columns = [Part::default(); COLUMNS];
        let shown = rows
            .iter()
            .map(|row| {
                let mut sum = Part::default();
                for (count, column) in row.iter().zip(&mut columns) {
                    sum.add(self, *count);
                    column.add(self, *count);
                }
                ShownRow { cells: row.map(|count| self.show(count)), total: sum.bounded(self) }
            })
            .collect();
        let columns = columns.map(|column| column.summed(self));
        let sum = columns.iter().fold(0_u32, |sum, column| sum.saturating_add(column.least()));
        let is_exact = columns.iter().all(|column| matches!(column, Shown::Exact(_)));
        Table { rows: shown, columns, total: if is_exact { Shown::Exact(sum) } else { Shown::AtLeast(sum) } }
    }
}

impl Shown {
    /// The least that it can be, by what it says itself.
    pub(crate) const fn least(self) -> u32 {
        match self {
            Self::Exact(count) | Self::AtLeast(count) => count,
            Self::Under(_) => 0,
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(count) => write!(f, "{count}"),
            Self::Under(k) => write!(f, "<{k}"),
            Self::AtLeast(count) => write!(f, "≥{count}"),
        }
    }
}

/// Some counts: those that are shown, and those that are not.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    shown: u32,
    hidden: u32,
    hidden_sum: u32,
}

impl Part {
    fn add(&mut self, rule: Rule, count: u32) {
        if rule.hides(count) {
            self.hidden += 1;
            self.hidden_sum = self.hidden_sum.saturating_add(count);
        } else {
            self.shown = self.shown.saturating_add(count);
        }
    }

    /// Reckoned from what is shown alone.
    fn bounded(self, rule: Rule) -> Shown {
        match (self.hidden, self.shown) {
            (0, shown) => Shown::Exact(shown),
            (1, 0) => Shown::Under(rule.k),
            (hidden, shown) => Shown::AtLeast(shown.saturating_add(hidden.saturating_mul(rule.least()))),
        }
    }

    /// The sum itself, where it leaves every hidden count two values.
    fn summed(self, rule: Rule) -> Shown {
        let (least, most) =
            (self.hidden.saturating_mul(rule.least()), self.hidden.saturating_mul(rule.k.saturating_sub(1)));
        let sum = self.shown.saturating_add(self.hidden_sum);
        let is_open = self.hidden >= 2 && least < self.hidden_sum && self.hidden_sum < most;
        if is_open && sum >= rule.k { Shown::Exact(sum) } else { self.bounded(rule) }
    }
}

#[cfg(test)]
#[path = "suppress_tests.rs"]
mod tests;
