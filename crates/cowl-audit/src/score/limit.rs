//! Limits that a system is held to: `linking=0.10`, `detecting:broker=0.05`.

use core::fmt;
use core::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use crate::score::{Category, Cell, Scorecard};
use crate::view::Adversary;

/// The highest upper bound of the advantage that is accepted, in one category, for one adversary or for all that the trace knows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limit {
    /// The category.
    pub category: Category,
    /// The adversary; all if none.
    pub adversary: Option<Adversary>,
    /// The limit, 0 to 1.
    pub most: f64,
}

/// Why a limit cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LimitError {
    /// There is no `=`.
    #[error("a limit is written category=number, such as linking=0.10")]
    Form,
    /// No such category.
    #[error("no category is called that; there are {}", names(Category::ALL.iter().map(|one| one.name())))]
    Category,
    /// No such adversary.
    #[error("no adversary is called that; there are {}", names(Adversary::ALL.iter().map(|one| one.name())))]
    Adversary,
    /// Not a number from 0 to 1.
    #[error("the limit is a number from 0 to 1")]
    Number,
}

/// A cell over its limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violation {
    /// The limit.
    pub limit: Limit,
    /// The cell's adversary; none if no cell of the category could be judged at all.
    pub adversary: Option<Adversary>,
    /// What the cell says, in words.
    pub found: String,
}

impl Limit {
    /// The cells that do not keep it. What was not measured does not keep any limit; neither does a category without a mechanism, nor one for
    /// which the trace shows no adversary at all: a limit that judged nothing would be a check that cannot fail.
    pub fn judge(&self, card: &Scorecard) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut judged = false;
        for adversary in Adversary::ALL {
            if self.adversary.is_some_and(|wanted| wanted != adversary) {
                continue;
            }
            let found = match card.cell(self.category, adversary) {
                Cell::NotApplicable => continue,
                Cell::Measured { finding, figure } => {
                    judged = true;
                    if figure.advantage.high <= self.most {
                        continue;
                    }
                    format!("{:?} reaches an advantage of up to {:.2}", finding.attack, figure.advantage.high)
                }
                Cell::NotMeasured { reason, .. } => format!("not measured: {reason}"),
                Cell::NoMechanism { reason } => format!("no mechanism: {reason}"),
            };
            judged = true;
            violations.push(Violation { limit: *self, adversary: Some(adversary), found });
        }
        if !judged {
            let found = "not measured: no adversary of this trace was held to it".to_owned();
            violations.push(Violation { limit: *self, adversary: self.adversary, found });
        }
        violations
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let (cell, most) = text.split_once('=').ok_or(LimitError::Form)?;
        let (category, adversary) = match cell.split_once(':') {
            Some((category, adversary)) => (category, Some(adversary)),
            None => (cell, None),
        };
        let find = |name: &str| Adversary::ALL.into_iter().find(|one| one.name() == name);
        Ok(Self {
            category: Category::ALL
                .into_iter()
                .find(|one| one.name() == category)
                .ok_or(LimitError::Category)?,
            adversary: adversary.map(|name| find(name).ok_or(LimitError::Adversary)).transpose()?,
            most: most.parse().ok().filter(|most| (0.0..=1.0).contains(most)).ok_or(LimitError::Number)?,
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.adversary {
            Some(adversary) => write!(out, "{}:{}={}", self.category.name(), adversary.name(), self.most),
            None => write!(out, "{}={}", self.category.name(), self.most),
        }
    }
}

fn names(all: impl Iterator<Item = &'static str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}
