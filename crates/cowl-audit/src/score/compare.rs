//! Before and after: what a step changed, with the difference's interval.

use serde::{Deserialize, Serialize};

use crate::score::{AttackId, Category, Cell, Finding, Interval, Outcome, Scorecard, Unit};
use crate::view::Adversary;

/// What a step changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Configuration before.
    pub before: String,
    /// Configuration after.
    pub after: String,
    /// Cells of which both sides were measured.
    pub cells: Vec<Difference>,
    /// Single attacks, all variants, of which both sides were measured.
    pub attacks: Vec<Difference>,
}

/// One difference, after minus before: negative is a gain in privacy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The category.
    pub category: Category,
    /// By whom.
    pub adversary: Adversary,
    /// The attack and variant; none for a cell, whose worst attack may be another one after the step.
    pub attack: Option<(AttackId, String)>,
    /// What the estimates behind it are measured in; none for a cell.
    pub unit: Option<Unit>,
    /// Advantage before.
    pub before: Interval,
    /// Advantage after.
    pub after: Interval,
    /// Difference of the advantages.
    pub difference: Interval,
}

/// Compares two scorecards cell by cell and attack by attack.
pub fn compare(before: &Scorecard, after: &Scorecard) -> Comparison {
    let mut cells = Vec::new();
    for category in Category::ALL {
        for adversary in Adversary::ALL {
            if let (Some(old), Some(new)) =
                (advantage(before.cell(category, adversary)), advantage(after.cell(category, adversary)))
            {
                let difference = minus(new, old);
                cells.push(Difference {
                    category,
                    adversary,
                    attack: None,
                    unit: None,
                    before: old,
                    after: new,
                    difference,
                });
            }
        }
    }
    let attacks = before.findings.iter().filter_map(|old| {
        let new = after.findings.iter().find(|new| same(old, new))?;
        let (Outcome::Measured(was), Outcome::Measured(is)) = (&old.outcome, &new.outcome) else {
            return None;
        };
        Some(Difference {
            category: old.attack.category(),
            adversary: old.adversary,
            attack: Some((old.attack, old.variant.clone())),
            unit: Some(was.unit),
            before: was.advantage,
            after: is.advantage,
            difference: minus(is.advantage, was.advantage),
        })
    });
    Comparison {
        before: before.configuration.clone(),
        after: after.configuration.clone(),
        cells,
        attacks: attacks.collect(),
    }
}

fn same(old: &Finding, new: &Finding) -> bool {
    old.attack == new.attack && old.adversary == new.adversary && old.variant == new.variant
}

const fn advantage(cell: Cell<'_>) -> Option<Interval> {
    match cell {
        Cell::Measured { figure, .. } => Some(figure.advantage),
        _ => None,
    }
}

/// The difference of two estimates with an interval recovered from theirs (MOVER: Newcombe 1998, Zou and Donner 2008). It takes them as
/// independent; the same people stand behind both, so it is rather too wide than too narrow.
fn minus(a: Interval, b: Interval) -> Interval {
    let value = a.value - b.value;
    let low = value - (a.value - a.low).hypot(b.high - b.value);
    let high = value + (a.high - a.value).hypot(b.value - b.low);
    Interval { value, low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_difference_is_as_wide_as_both_together() {
        let before = Interval { value: 0.9, low: 0.8, high: 0.95 };
        let after = Interval { value: 0.1, low: 0.0, high: 0.3 };
        let change = minus(after, before);
        assert!((change.value + 0.8).abs() < 1e-12);
        assert!((change.low - (-0.8 - 0.1_f64.hypot(0.05))).abs() < 1e-9);
        assert!((change.high - (-0.8 + 0.2_f64.hypot(0.1))).abs() < 1e-9);
    }
}
