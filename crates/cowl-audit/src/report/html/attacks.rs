//! Every attack in its own unit, folded away: the page prints on a few sheets, and whoever unfolds it prints all.

use core::fmt::{self, Write};

use crate::report::document::Document;
use crate::report::page::{escape, table};
use crate::report::text;
use crate::score::{Finding, Outcome};

/// Every attack; who gets the same stands in one row, so that the page can be printed.
pub(super) fn attacks(document: &Document, out: &mut dyn Write) -> fmt::Result {
    for card in &document.scorecards {
        let mut rows: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
        for finding in &card.findings {
            if matches!(finding.outcome, Outcome::NotApplicable { .. }) {
                continue;
            }
            let (row, who) = (row(finding), text::medium(finding.adversary));
            match rows.iter_mut().find(|(known, _)| *known == row) {
                Some((_, all)) => all.push(who),
                None => rows.push((row, vec![who])),
            }
        }
        let key = |row: &Vec<String>| row.iter().take(2).cloned().collect::<Vec<_>>();
        let order = |row: &Vec<String>| rows.iter().position(|(other, _)| key(other) == key(row));
        let mut sorted: Vec<_> = rows.iter().map(|(row, who)| (order(row), row, who)).collect();
        sorted.sort_by_key(|(order, _, _)| *order);
        writeln!(
            out,
            "<details>\n<summary>{}: every attack in its own unit</summary>",
            escape(&card.configuration)
        )?;
        table(
            &format!(
                "{}: every attack. Marked with * are variants that no cell counts. Where there is an advantage without a reason beside it, both \
                 controls were as they must be; --json has them",
                card.configuration
            ),
            &[
                "Attack",
                "Variant",
                "Estimate, or why there is none",
                "Advantage",
                "n",
                "People",
                "Adversaries",
            ],
            sorted.into_iter().map(|(_, row, who)| [row.clone(), vec![who.join(", ")]].concat()),
            out,
        )?;
        writeln!(out, "</details>")?;
    }
    Ok(())
}

/// An attack's row without the adversary.
fn row(finding: &Finding) -> Vec<String> {
    let (advantage, n, people) = match &finding.outcome {
        Outcome::Measured(figure) | Outcome::NotMeasured { figure: Some(figure), .. } => {
            (text::bounds(&figure.advantage), text::grouped(figure.n), text::grouped(figure.people))
        }
        _ => Default::default(),
    };
    let star = if finding.headline { "" } else { " *" };
    vec![
        format!("{:?}", finding.attack),
        format!("{}{star}", finding.variant),
        text::outcome(&finding.outcome),
        advantage,
        n,
        people,
    ]
}
