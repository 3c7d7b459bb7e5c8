//! Seven categories × the adversaries, each cell the worst of its attacks.

use serde::{Deserialize, Serialize};

use crate::score::{AttackId, Category, Cost, Figure, Finding, Outcome, Utility};
use crate::view::Adversary;

/// Everything measured on one configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    /// Name of the configuration, as the truth says it.
    pub configuration: String,
    /// Seed of the attacks: split, training, bootstrap.
    pub seed: u64,
    /// Length of the trace in hours.
    pub hours: f64,
    /// People who use the service.
    pub people: u64,
    /// Messages of the trace at the broker.
    pub messages: u64,
    /// The attacks that ran, and their versions.
    pub attacks: Vec<(AttackId, u32)>,
    /// What came of each attack by each adversary.
    pub findings: Vec<Finding>,
    /// What the configuration costs.
    pub cost: Cost,
    /// What it does to the work of relief.
    pub utility: Utility,
}

/// One cell: the worst that an adversary can do in a category.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// All headline attacks were measured; this is the worst by the upper bound of its advantage.
    Measured {
        /// The worst attack.
        finding: &'a Finding,
        /// Its number.
        figure: &'a Figure,
    },
    /// At least one headline attack was not measured.
    NotMeasured {
        /// Why.
        reason: &'a str,
        /// The worst of those that were, if there is one: a leak that was found stays one.
        leak: Option<(&'a Finding, &'a Figure)>,
    },
    /// What would be measured does not exist.
    NoMechanism {
        /// What is missing.
        reason: &'a str,
    },
    /// The adversary is not in the trace, or no attack of the category ran for him.
    NotApplicable,
}

impl Scorecard {
    /// The cell of a category and an adversary.
    pub fn cell(&self, category: Category, adversary: Adversary) -> Cell<'_> {
        let mut worst: Option<(&Finding, &Figure)> = None;
        let mut unmeasured: Option<&str> = None;
        let mut missing: Option<&str> = None;
        for finding in self.headlines(category, adversary) {
            match &finding.outcome {
                Outcome::Measured(figure) => {
                    if worst.is_none_or(|(_, known)| figure.advantage.high > known.advantage.high) {
                        worst = Some((finding, figure));
                    }
                }
                Outcome::NotMeasured { reason, .. } => unmeasured = unmeasured.or(Some(reason)),
                Outcome::NoMechanism { reason } => missing = missing.or(Some(reason)),
                Outcome::NotApplicable { .. } => {}
            }
        }
        match (unmeasured, worst, missing) {
            (Some(reason), leak, _) => Cell::NotMeasured { reason, leak },
            (None, Some((finding, figure)), _) => Cell::Measured { finding, figure },
            (None, None, Some(reason)) => Cell::NoMechanism { reason },
            (None, None, None) => Cell::NotApplicable,
        }
    }

    /// Whether any attack says anything of this adversary.
    pub fn knows(&self, adversary: Adversary) -> bool {
        let applies = |finding: &Finding| !matches!(finding.outcome, Outcome::NotApplicable { .. });
        self.findings.iter().any(|finding| finding.adversary == adversary && applies(finding))
    }

    /// Whether an attack of this category ran.
    pub fn covers(&self, category: Category) -> bool {
        self.attacks.iter().any(|(attack, _)| attack.category() == category)
    }

    /// The version of an attack as it ran; `None` if it did not.
    pub fn version(&self, attack: AttackId) -> Option<u32> {
        self.attacks.iter().find(|(id, _)| *id == attack).map(|(_, version)| *version)
    }

    fn headlines(&self, category: Category, adversary: Adversary) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| {
            finding.headline && finding.adversary == adversary && finding.attack.category() == category
        })
    }
}

#[cfg(test)]
#[path = "scorecard_tests.rs"]
mod tests;
