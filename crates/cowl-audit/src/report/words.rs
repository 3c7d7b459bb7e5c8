//! What a comparison says, in sentences made from its numbers.

use super::text;
use crate::score::{Category, Comparison, Difference};

/// Where a control failed on one side, for every adversary.
const UNCOMPARED: &str = "no cell was measured in whole on both sides, so none is compared; the attacks that were measured stand below.";

/// One paragraph per category: whom the step stopped, and whom not.
pub(super) fn words(comparison: &Comparison) -> Vec<(Category, String)> {
    Category::ALL
        .into_iter()
        .filter_map(|category| {
            let cells: Vec<&Difference> =
                comparison.cells.iter().filter(|cell| cell.category == category).collect();
            let single = comparison.attacks.iter().any(|attack| attack.category == category);
            match cells.is_empty() {
                false => Some((category, sentence(&cells))),
                true if single => Some((category, UNCOMPARED.to_owned())),
                true => None,
            }
        })
        .collect()
}

fn sentence(cells: &[&Difference]) -> String {
    let of = |wanted: fn(&Difference) -> bool| cells.iter().copied().filter(move |cell| wanted(cell));
    let mut parts = Vec::new();
    let stopped = list(of(|cell| cell.after.high <= 0.1 && cell.before.high > 0.1));
    if !stopped.is_empty() {
        parts.push(format!("stopped: {stopped}"));
    }
    let perhaps =
        list(of(|cell| cell.after.high > 0.1 && cell.after.low <= 0.1 && cell.difference.high < -0.005));
    if !perhaps.is_empty() {
        parts.push(format!("less, and perhaps nothing left (the interval reaches above 0.1): {perhaps}"));
    }
    let hindered = list(of(|cell| cell.after.low > 0.1 && cell.difference.high < -0.005));
    if !hindered.is_empty() {
        parts.push(format!("hindered, not stopped: {hindered}"));
    }
    let same = list(of(|cell| {
        cell.after.high > 0.1 && cell.difference.high >= -0.005 && cell.difference.low <= 0.005
    }));
    if !same.is_empty() {
        parts.push(format!("no difference shown: {same}"));
    }
    let worse = list(of(|cell| cell.difference.low > 0.005));
    if !worse.is_empty() {
        parts.push(format!("worse: {worse}"));
    }
    let never =
        list(of(|cell| cell.before.high <= 0.1 && cell.after.high <= 0.1 && cell.difference.low <= 0.005));
    if !never.is_empty() {
        parts.push(format!("nothing found before or after: {never}"));
    }
    let mut text = parts.join("; ");
    text.push('.');
    text
}

fn list<'a>(cells: impl Iterator<Item = &'a Difference>) -> String {
    cells
        .map(|cell| {
            format!(
                "{} {} → {}",
                text::medium(cell.adversary),
                text::advantage(cell.before.value),
                text::advantage(cell.after.value)
            )
        })
        .collect::<Vec<_>>()
        .join(", ")
}
