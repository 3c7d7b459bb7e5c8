//! The scorecards on one page.

mod attacks;

use core::fmt::{self, Write};

use super::document::Document;
use super::explain;
use super::page::{self, escape, table};
use super::text;
use super::whom::{REACHES, deed, whom};
use super::words::words;
use crate::score::{AttackId, Category, Cell, Scorecard};
use crate::view::Adversary;

/// Writes the page.
///
/// # Errors
/// Those of `out`.
pub fn html(document: &Document, out: &mut dyn Write) -> fmt::Result {
    let names: Vec<&str> = document.scorecards.iter().map(|card| card.configuration.as_str()).collect();
    page::begin("Privacy scorecard", &names.join(" → "), out)?;
    writeln!(out, "<ul class=\"runs\">")?;
    for card in &document.scorecards {
        writeln!(
            out,
            "<li><b>{}</b>: {} people, {:.0} h, {} messages, seed {}</li>",
            escape(&card.configuration),
            text::grouped(card.people),
            card.hours,
            text::grouped(card.messages),
            card.seed
        )?;
    }
    writeln!(out, "</ul>")?;
    in_short(document, out)?;
    grid(&document.scorecards, out)?;
    changes(document, out)?;
    cost(&document.scorecards, out)?;
    utility(&document.scorecards, out)?;
    attacks::attacks(document, out)?;
    meaning(document, out)?;
    page::end(out)
}

/// What can whom do, of the last configuration.
fn in_short(document: &Document, out: &mut dyn Write) -> fmt::Result {
    let Some((last, earlier)) = document.scorecards.split_last() else { return Ok(()) };
    writeln!(
        out,
        "<section>\n<h2>What can whom do? {}</h2>\n<p>{}</p>",
        escape(&last.configuration),
        REACHES
    )?;
    writeln!(out, "<table class=\"short\">\n<tbody>")?;
    for category in Category::ALL.into_iter().filter(|category| last.covers(*category)) {
        let found = whom(earlier.first(), last, category);
        let lines: Vec<String> = found
            .iter()
            .map(|(reach, those)| {
                format!("<b>{}</b> {}", reach.name(), escape(&those.join(", ")).replace("# ", "#&nbsp;"))
            })
            .collect();
        writeln!(
            out,
            "<tr><th scope=\"row\"><b>{}</b><br>{}</th><td>{}</td></tr>",
            text::category(category),
            deed(category),
            if lines.is_empty() {
                "no adversary of this trace was asked".to_owned()
            } else {
                lines.join("<br>")
            }
        )?;
    }
    writeln!(out, "</tbody>\n</table>\n</section>")
}

fn grid(cards: &[Scorecard], out: &mut dyn Write) -> fmt::Result {
    let shown: Vec<Adversary> =
        Adversary::ALL.into_iter().filter(|one| cards.iter().any(|card| card.knows(*one))).collect();
    writeln!(
        out,
        "<table class=\"grid\">\n<caption>Worst advantage of each adversary, by category. {}</caption>",
        text::LEGEND
    )?;
    write!(out, "<thead><tr><th scope=\"col\">Category</th><th scope=\"col\">Configuration</th>")?;
    for adversary in &shown {
        write!(out, "<th scope=\"col\">{}</th>", escape(text::adversary(*adversary)))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for category in Category::ALL.into_iter().filter(|one| cards.iter().any(|card| card.covers(*one))) {
        for (index, card) in cards.iter().enumerate() {
            write!(out, "<tr{}>", if index == 0 { " class=\"first\"" } else { "" })?;
            if index == 0 {
                write!(
                    out,
                    "<th scope=\"rowgroup\" rowspan=\"{}\">{}</th>",
                    cards.len(),
                    text::category(category)
                )?;
            }
            write!(out, "<th scope=\"row\">{}</th>", escape(&card.configuration))?;
            for adversary in &shown {
                let cell = card.cell(category, *adversary);
                write!(
                    out,
                    "<td class=\"{}\" title=\"{}\">{}</td>",
                    class(&cell),
                    escape(&evidence(&cell)),
                    text::cell(&cell)
                )?;
            }
            writeln!(out, "</tr>")?;
        }
    }
    writeln!(out, "</tbody>\n</table>")
}

/// A leak that was found keeps its colour where something else was not measured.
const fn class(cell: &Cell<'_>) -> &'static str {
    match cell {
        Cell::NotMeasured { leak: Some((_, figure)), .. } if figure.advantage.low > 0.1 => "high",
        _ => match text::sign(cell) {
            '■' => "high",
            '▲' => "some",
            '·' => "low",
            '?' => "dark",
            _ => "none",
        },
    }
}

fn evidence(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Measured { finding, .. } => {
            format!("{:?}, {}: {}", finding.attack, finding.variant, text::outcome(&finding.outcome))
        }
        Cell::NotMeasured { reason, .. } => format!("not measured: {reason}"),
        Cell::NoMechanism { reason } => format!("no mechanism: {reason}"),
        Cell::NotApplicable => "not in this trace".to_owned(),
    }
}

fn changes(document: &Document, out: &mut dyn Write) -> fmt::Result {
    for comparison in &document.comparisons {
        writeln!(
            out,
            "<section>\n<h2>{} → {}</h2>\n<dl>",
            escape(&comparison.before),
            escape(&comparison.after)
        )?;
        for (category, sentence) in words(comparison) {
            writeln!(out, "<dt>{}</dt><dd>{}</dd>", text::category(category), escape(&sentence))?;
        }
        writeln!(
            out,
            "</dl>\n<details>\n<summary>Cell by cell</summary>\n<table>\n<caption>Difference of advantages with its 95 % interval; negative is a gain</caption>"
        )?;
        writeln!(
            out,
            "<thead><tr><th scope=\"col\">Category</th><th scope=\"col\">Adversary</th><th scope=\"col\">Before</th>\
             <th scope=\"col\">After</th><th scope=\"col\">Difference</th></tr></thead>\n<tbody>"
        )?;
        for cell in &comparison.cells {
            writeln!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                text::category(cell.category),
                escape(text::adversary(cell.adversary)),
                text::bounds(&cell.before),
                text::bounds(&cell.after),
                text::change(&cell.difference)
            )?;
        }
        writeln!(out, "</tbody>\n</table>\n</details>\n</section>")?;
    }
    Ok(())
}

fn cost(cards: &[Scorecard], out: &mut dyn Write) -> fmt::Result {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
    let time = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), text::seconds);
    table(
        "Cost, a day of one person",
        &[
            "Configuration",
            "Bytes a message",
            "Messages",
            "Connections",
            "kB",
            "Latency, median",
            "worst 5 %",
            "µs to make",
            "to open",
        ],
        cards.iter().map(|card| {
            let cost = &card.cost;
            vec![
                card.configuration.clone(),
                number(cost.message_bytes),
                number(cost.messages_a_day),
                number(cost.connections_a_day),
                number(cost.bytes_a_day.map(|bytes| bytes / 1e3)),
                time(cost.latency_median_s),
                time(cost.latency_worst_s),
                number(cost.make_us),
                number(cost.open_us),
            ]
        }),
        out,
    )
}

fn utility(cards: &[Scorecard], out: &mut dyn Write) -> fmt::Result {
    let share =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.1} %", value * 100.0));
    let time = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), text::seconds);
    table(
        "Utility: what responders still get",
        &[
            "Configuration",
            "Urgent reports",
            "seen",
            "after, median",
            "worst 5 %",
            "Zones coarser",
            "withheld",
            "Fields read by role",
        ],
        cards.iter().map(|card| {
            let utility = &card.utility;
            let roles = utility.roles.iter().map(|role| {
                let fields = role.carried.iter().filter(|(_, share)| **share > 0.0);
                let fields = fields.map(|(name, share)| {
                    if *share > 0.995 { name.clone() } else { format!("{name} {:.0} %", share * 100.0) }
                });
                format!("{}: {}", role.role, fields.collect::<Vec<_>>().join(", "))
            });
            vec![
                card.configuration.clone(),
                text::grouped(utility.urgent),
                share(utility.urgent_seen),
                time(utility.urgent_median_s),
                time(utility.urgent_worst_s),
                share(utility.zone_coarsened),
                share(utility.zone_withheld),
                roles.collect::<Vec<_>>().join("; "),
            ]
        }),
        out,
    )
}

fn meaning(document: &Document, out: &mut dyn Write) -> fmt::Result {
    let ran = |attack: &AttackId| document.scorecards.iter().any(|card| card.version(*attack).is_some());
    writeln!(
        out,
        "<details>\n<summary>What the attacks ask, and what would lower their numbers</summary>\n<dl>"
    )?;
    for attack in AttackId::ALL.into_iter().filter(ran) {
        writeln!(
            out,
            "<dt>{attack:?}: {}</dt><dd>{} {}</dd>",
            escape(explain::title(attack)),
            escape(&explain::flat(explain::part(attack, "What the number means"))),
            escape(&explain::flat(explain::part(attack, "What would lower it")))
        )?;
    }
    writeln!(out, "</dl>\n</details>")
}
