//! What the Privacy view shows: scorecards of audits, and what the plan's slots cost and give.

mod cards;
mod plan;
mod sections;

use std::{path::PathBuf, sync::Arc};

pub(crate) use cards::Cards;
pub use cards::CardsError;
pub(crate) use plan::{Answer, Budget, Plan, SLOTS};
pub use plan::{Measure, Measured};
#[cfg(test)]
pub(crate) use sections::title;
pub(crate) use sections::{PARTS, part};

/// What stands behind the view.
#[derive(Debug)]
pub(crate) struct Privacy {
    pub(crate) cards: Cards,
    pub(crate) plan: Plan,
}

impl Privacy {
    /// Reads the scorecards.
    pub(crate) fn new(files: &[PathBuf], measure: Option<Arc<dyn Measure>>) -> Result<Self, CardsError> {
        Ok(Self { cards: Cards::read(files)?, plan: Plan::new(measure) })
    }
}
