//! The report in 80 columns, without need of colour.

mod attacks;

use core::fmt::{self, Write};

use super::document::Document;
use super::text::{self, WIDTH};
use super::whom::{REACHES, deed, whom};
use super::words::words;
use crate::score::{Category, Comparison, Cost, Scorecard, Utility};
use crate::view::Adversary;

/// Writes the report: the scorecard, what changed, the cost and the utility, and with `details` every attack in its own unit.
///
/// # Errors
/// Those of `out`.
pub fn terminal(document: &Document, details: bool, out: &mut dyn Write) -> fmt::Result {
    for card in &document.scorecards {
        writeln!(
            out,
            "{}: {} people, {:.0} h, {} messages, seed {}",
            card.configuration,
            text::grouped(card.people),
            card.hours,
            text::grouped(card.messages),
            card.seed
        )?;
    }
    in_short(document, out)?;
    heading("Scorecard", out)?;
    scorecard(&document.scorecards, out)?;
    for comparison in &document.comparisons {
        heading(&format!("{} → {}", comparison.before, comparison.after), out)?;
        changed(comparison, out)?;
    }
    heading("Cost", out)?;
    costs(&document.scorecards, out)?;
    heading("Utility", out)?;
    utilities(&document.scorecards, out)?;
    for card in &document.scorecards {
        heading(&format!("{}: the attacks behind the cells", card.configuration), out)?;
        attacks::attacks(card, details, out)?;
    }
    Ok(())
}

/// What can whom do, of the last configuration.
fn in_short(document: &Document, out: &mut dyn Write) -> fmt::Result {
    const LABEL: usize = 15;
    let Some((last, earlier)) = document.scorecards.split_last() else { return Ok(()) };
    heading(&format!("What can whom do? {}", last.configuration), out)?;
    for category in Category::ALL.into_iter().filter(|category| last.covers(*category)) {
        writeln!(out, "{}: {}", text::category(category), deed(category))?;
        let found = whom(earlier.first(), last, category);
        if found.is_empty() {
            writeln!(out, "  no adversary of this trace was asked")?;
        }
        for (reach, those) in found {
            for (index, line) in text::wrap(&those.join(", "), WIDTH, LABEL).iter().enumerate() {
                let label = if index == 0 { reach.name() } else { "" };
                writeln!(out, "  {label:13}{}", line.trim_start())?;
            }
        }
    }
    writeln!(out)?;
    text::wrap(REACHES, WIDTH, 0).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn heading(title: &str, out: &mut dyn Write) -> fmt::Result {
    let rule = WIDTH.saturating_sub(title.chars().count() + 4);
    writeln!(out, "\n── {title} {}", "─".repeat(rule))
}

fn scorecard(cards: &[Scorecard], out: &mut dyn Write) -> fmt::Result {
    const LABEL: usize = 14;
    let shown: Vec<Adversary> = Adversary::ALL
        .into_iter()
        .filter(|adversary| cards.iter().any(|card| card.knows(*adversary)))
        .collect();
    // Names are cut no shorter than the columns make it necessary.
    let width = (WIDTH - LABEL).checked_div(shown.len()).unwrap_or(0).saturating_sub(1).min(12);
    let name = |one: Adversary| match width {
        0..7 => text::short(one),
        7..12 => text::brief(one),
        _ => text::medium(one),
    };
    let row = |label: &str, cells: &mut dyn Iterator<Item = String>| {
        let mut line = format!("{label:LABEL$}");
        for cell in cells {
            let _ = write!(line, " {cell:<width$}");
        }
        line.truncate(line.trim_end().len());
        line
    };
    writeln!(out, "{}", row("", &mut shown.iter().map(|one| name(*one).to_owned())))?;
    for category in Category::ALL.into_iter().filter(|one| cards.iter().any(|card| card.covers(*one))) {
        let name = match category {
            Category::NonRepudiation => "Non-repudiat.",
            Category::DataDisclosure => "Disclosure",
            Category::NonCompliance => "Non-complian.",
            _ => text::category(category),
        };
        if cards.len() > 1 {
            writeln!(out, "{name}")?;
        }
        for card in cards {
            let label = if cards.len() > 1 { format!("  {}", card.configuration) } else { name.to_owned() };
            let label: String = label.chars().take(LABEL).collect();
            let cells = &mut shown.iter().map(|one| text::cell(&card.cell(category, *one)));
            writeln!(out, "{}", row(&label, cells))?;
        }
    }
    writeln!(out)?;
    for line in text::wrap(text::LEGEND, WIDTH, 0) {
        writeln!(out, "{line}")?;
    }
    let mut names: Vec<String> = Vec::new();
    for adversary in Adversary::ALL {
        if shown.contains(&adversary) && name(adversary) != text::adversary(adversary) {
            names.push(format!("{}: {}", name(adversary), text::adversary(adversary)));
        }
    }
    let absent: Vec<&str> =
        Adversary::ALL.into_iter().filter(|one| !shown.contains(one)).map(text::adversary).collect();
    if !absent.is_empty() {
        names.push(format!("not in this trace, or not asked: {}", absent.join(", ")));
    }
    for line in text::wrap(&names.join("; "), WIDTH, 0) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn changed(comparison: &Comparison, out: &mut dyn Write) -> fmt::Result {
    for (category, sentence) in words(comparison) {
        writeln!(out, "{}", text::category(category))?;
        for line in text::wrap(&sentence, WIDTH, 2) {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out, "\n{:17}{:32}{:>29}", "", "", "difference of advantages")?;
    for cell in &comparison.cells {
        writeln!(
            out,
            "{:17}{:32}{:>29}",
            text::category(cell.category),
            text::adversary(cell.adversary),
            text::change(&cell.difference)
        )?;
    }
    Ok(())
}

fn costs(cards: &[Scorecard], out: &mut dyn Write) -> fmt::Result {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
    let time = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), text::seconds);
    writeln!(
        out,
        "{:20}{:>8}{:>10}{:>8}{:>10}{:>12}{:>12}",
        "", "bytes", "messages", "conn.", "kB", "latency", "µs"
    )?;
    writeln!(
        out,
        "{:20}{:>8}{:>10}{:>8}{:>10}{:>12}{:>12}",
        "", "each", "a day", "a day", "a day", "med/worst", "make/open"
    )?;
    for card in cards {
        let Cost { message_bytes, messages_a_day, connections_a_day, bytes_a_day, .. } = card.cost;
        writeln!(
            out,
            "{:20}{:>8}{:>10}{:>8}{:>10}{:>12}{:>12}",
            card.configuration.chars().take(20).collect::<String>(),
            number(message_bytes),
            number(messages_a_day),
            number(connections_a_day),
            number(bytes_a_day.map(|bytes| bytes / 1e3)),
            format!("{}/{}", time(card.cost.latency_median_s), time(card.cost.latency_worst_s)),
            format!("{}/{}", number(card.cost.make_us), number(card.cost.open_us)),
        )?;
    }
    for card in cards {
        let Cost { node_messages_a_day, node_bytes_a_day, cover_share, .. } = card.cost;
        if let (Some(messages), Some(bytes), Some(cover)) =
            (node_messages_a_day, node_bytes_a_day, cover_share)
        {
            writeln!(
                out,
                "{}: a gateway or relay sends {messages:.0} messages a day, {:.0} % of them cover; {:.1} MB both ways",
                card.configuration,
                100.0 * cover,
                bytes / 1e6
            )?;
        }
    }
    writeln!(out, "A day is one of one person. Bytes are MQTT's; TCP and TLS add their own.")
}

fn utilities(cards: &[Scorecard], out: &mut dyn Write) -> fmt::Result {
    let share =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.1} %", value * 100.0));
    let time = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), text::seconds);
    writeln!(
        out,
        "{:20}{:>9}{:>10}{:>17}{:>12}{:>12}",
        "", "urgent", "seen", "after med/worst", "zone coarse", "withheld"
    )?;
    for card in cards {
        let Utility { urgent, urgent_seen, zone_coarsened, zone_withheld, .. } = &card.utility;
        writeln!(
            out,
            "{:20}{:>9}{:>10}{:>17}{:>12}{:>12}",
            card.configuration.chars().take(20).collect::<String>(),
            text::grouped(*urgent),
            share(*urgent_seen),
            format!("{}/{}", time(card.utility.urgent_median_s), time(card.utility.urgent_worst_s)),
            share(*zone_coarsened),
            share(*zone_withheld),
        )?;
    }
    for card in cards {
        for role in &card.utility.roles {
            let fields = role.carried.iter().map(|(name, share)| format!("{name} {:.0} %", share * 100.0));
            let line = format!(
                "{}, role {} reads: {}",
                card.configuration,
                role.role,
                fields.collect::<Vec<_>>().join(", ")
            );
            for line in text::wrap(&line, WIDTH, 0) {
                writeln!(out, "{line}")?;
            }
        }
    }
    Ok(())
}
