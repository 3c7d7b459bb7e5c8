//! What a report says, before it is laid out.

use serde::{Deserialize, Serialize};

use crate::score::{Comparison, Scorecard, compare};

/// Scorecards of one or more configurations, and what changed from the first to each other. Its JSON form is specified by
/// `spec/audit.schema.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Version of the form: 1.
    pub version: u32,
    /// The scorecards; the first is the one that the others are compared with.
    pub scorecards: Vec<Scorecard>,
    /// From the first to each other.
    pub comparisons: Vec<Comparison>,
}

impl Document {
    /// Compares the first scorecard with each other.
    pub fn new(scorecards: Vec<Scorecard>) -> Self {
        let comparisons = match scorecards.split_first() {
            Some((before, after)) => after.iter().map(|after| compare(before, after)).collect(),
            None => Vec::new(),
        };
        Self { version: 1, scorecards, comparisons }
    }
}
