//! A scorecard kept on file, that later ones must not be worse than.

use core::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::score::{AttackId, Category, Cell, Scorecard};
use crate::view::Adversary;

/// The cells of a scorecard, as kept in a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Name of the configuration.
    pub configuration: String,
    /// Seed of the attacks.
    pub seed: u64,
    /// Versions of the attacks that made it.
    pub attacks: Vec<(AttackId, u32)>,
    /// The cells that say a number or ought to.
    pub cells: Vec<RecordedCell>,
}

/// One cell on file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedCell {
    /// Its category.
    pub category: Category,
    /// Its adversary.
    pub adversary: Adversary,
    /// Upper bound of the advantage, to three digits; none where it was not measured or has no mechanism.
    pub high: Option<f64>,
}

/// Why a scorecard cannot be held against a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BaselineError {
    /// Another configuration.
    #[error("the recorded scorecard is of another configuration")]
    Configuration,
    /// Attacks of other versions, or others altogether.
    #[error(
        "the recorded scorecard was made by other versions of the attacks; record it anew, with old and new figures in the changelog"
    )]
    Attacks,
    /// Another seed.
    #[error("the recorded scorecard was made with another seed")]
    Seed,
}

/// A cell that differs from the one on file by more than the tolerance.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The cell on file.
    pub recorded: RecordedCell,
    /// Its upper bound now.
    pub now: Option<f64>,
    /// Whether it became worse: higher, or not measured any more.
    pub worse: bool,
}

impl Baseline {
    /// What two runs of the same attacks may differ by without a cause in the system: floating-point arithmetic of another machine can send a
    /// tree down another branch.
    pub const TOLERANCE: f64 = 0.02;

    /// The cells of a scorecard.
    pub fn of(card: &Scorecard) -> Self {
        let mut cells = Vec::new();
        for category in Category::ALL {
            for adversary in Adversary::ALL {
                let cell = card.cell(category, adversary);
                if cell != Cell::NotApplicable {
                    let high = bound(cell).map(|high| (high * 1e3).round() / 1e3);
                    cells.push(RecordedCell { category, adversary, high });
                }
            }
        }
        Self {
            configuration: card.configuration.clone(),
            seed: card.seed,
            attacks: card.attacks.clone(),
            cells,
        }
    }

    /// What differs from this file to a newer one, old and new, a line each: for a changelog.
    pub fn changes(&self, newer: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (attack, version) in &newer.attacks {
            match self.attacks.iter().find(|(old, _)| old == attack) {
                Some((_, old)) if old == version => {}
                Some((_, old)) => lines.push(format!("{attack:?}: version {old} → {version}")),
                None => lines.push(format!("{attack:?}: new, version {version}")),
            }
        }
        for cell in &newer.cells {
            let same = |old: &&RecordedCell| old.category == cell.category && old.adversary == cell.adversary;
            let old = self.cells.iter().find(same);
            if old.is_none_or(|old| old.high != cell.high) {
                let recorded = RecordedCell { high: old.and_then(|old| old.high), ..cell.clone() };
                lines.push(Change { recorded, now: cell.high, worse: false }.to_string());
            }
        }
        lines
    }

    /// Holds a scorecard against this one: every cell that changed.
    ///
    /// # Errors
    /// If the two cannot be compared.
    pub fn hold(&self, card: &Scorecard) -> Result<Vec<Change>, BaselineError> {
        if self.configuration != card.configuration {
            return Err(BaselineError::Configuration);
        }
        if self.seed != card.seed {
            return Err(BaselineError::Seed);
        }
        if self.attacks != card.attacks {
            return Err(BaselineError::Attacks);
        }
        let mut changes = Vec::new();
        for recorded in &self.cells {
            let now = bound(card.cell(recorded.category, recorded.adversary));
            let (worse, better) = match (recorded.high, now) {
                (Some(was), Some(is)) => (is > was + Self::TOLERANCE, is < was - Self::TOLERANCE),
                (Some(_), None) => (true, false),
                (None, Some(_)) => (false, true),
                (None, None) => (false, false),
            };
            if worse || better {
                changes.push(Change { recorded: recorded.clone(), now, worse });
            }
        }
        // A cell that is new says more than the file: not worse, but the file is to be recorded anew.
        for cell in Self::of(card).cells {
            let known = |old: &RecordedCell| old.category == cell.category && old.adversary == cell.adversary;
            if !self.cells.iter().any(known) {
                let now = cell.high;
                changes.push(Change { recorded: RecordedCell { high: None, ..cell }, now, worse: false });
            }
        }
        Ok(changes)
    }
}

/// The upper bound of a cell that was measured.
const fn bound(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Measured { figure, .. } => Some(figure.advantage.high),
        _ => None,
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word =
            |high: Option<f64>| high.map_or_else(|| "not measured".to_owned(), |high| format!("{high:.3}"));
        write!(
            out,
            "{} by {}: {} → {}",
            self.recorded.category.name(),
            self.recorded.adversary.name(),
            word(self.recorded.high),
            word(self.now)
        )
    }
}
