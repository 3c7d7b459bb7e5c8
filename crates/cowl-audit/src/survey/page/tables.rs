//! The census and the fields.

use core::fmt::{self, Write};

use super::{count, cut, paragraph, percent, seconds};
use crate::report::text::grouped;
use crate::survey::report::{Counter, Identifier, Report, Survival};

/// Rows of fields that are not personal.
const OTHERS: usize = 12;
/// Rows of the census that stand for words in payloads.
const PAYLOAD_ROWS: usize = 20;

pub(super) fn identifiers(report: &Report, out: &mut dyn Write) -> fmt::Result {
    writeln!(
        out,
        "{:24}{:>10}{:>6}{:>9}{:>9}{:>11}{:>11}",
        "", "values", "bits", "life", "share", "reconnect", "rotation"
    )?;
    let mut payload = 0;
    let mut hidden = 0;
    for row in &report.identifiers {
        let of_payload = row.id.starts_with("payload:");
        payload += usize::from(of_payload);
        if of_payload && (payload > PAYLOAD_ROWS || (!row.personal && row.distinct < 2)) {
            hidden += 1;
            continue;
        }
        identifier(row, report.about.messages, out)?;
    }
    if hidden > 0 {
        writeln!(out, "and {} in payloads (--json lists all)", count(hidden, "more identifier"))?;
    }
    writeln!(out)?;
    paragraph(
        "values: different ones (≥: at least). bits: entropy of a random message's value. life: median time from first to last \
         sight. share: of messages. reconnect, rotation: values seen again on a later connection, on both sides of a rotation; \
         ? the trace cannot say (--rotation tells when identifiers change).",
        0,
        out,
    )?;
    shapes(report, out)?;
    sequences(report, out)
}

fn identifier(row: &Identifier, messages: u64, out: &mut dyn Write) -> fmt::Result {
    let survival = |survival: Survival| match survival {
        Survival::Unknown => "?".to_owned(),
        Survival::No => "no".to_owned(),
        Survival::Yes { values, of } if values == of && of > 1 => "all".to_owned(),
        Survival::Yes { values, of } if of == 1 && values == 1 => "yes".to_owned(),
        Survival::Yes { values, of } if of > 9_999 => percent(super::super::census::share(values, of)),
        Survival::Yes { values, of } => format!("{values}/{of}"),
    };
    writeln!(
        out,
        "{:24}{:>10}{:>6}{:>9}{:>9}{:>11}{:>11}",
        cut(&row.name, 24),
        format!("{}{}", if row.at_least { "≥" } else { "" }, grouped(row.distinct)),
        format!("{:.1}", row.bits),
        if row.lifetime_max_us > 0.0 { seconds(row.lifetime_median_us / 1e6) } else { "–".to_owned() },
        if messages > 0 { percent(row.share_of_messages) } else { "–".to_owned() },
        survival(row.survives_reconnect),
        survival(row.survives_rotation)
    )
}

fn shapes(report: &Report, out: &mut dyn Write) -> fmt::Result {
    if report.client_id_shapes.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = report
        .client_id_shapes
        .iter()
        .map(|(shape, number)| format!("{} {}", grouped(*number), shape.name()))
        .collect();
    paragraph(&format!("client ids: {}", list.join(", ")), 0, out)
}

fn sequences(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let seen = &report.sequences;
    if seen.numbered > 0 {
        let returning = match seen.returning {
            0 => String::new(),
            all => format!(
                "; {} of {} clients that came back went on counting",
                grouped(seen.continued),
                grouped(all)
            ),
        };
        let text = format!(
            "packet ids: {} of {} connections begin with 1, {} count by one{returning}",
            grouped(seen.from_one),
            grouped(seen.numbered),
            grouped(seen.sequential)
        );
        paragraph(&text, 0, out)?;
    }
    if seen.ports > 0 {
        let text = format!(
            "source ports: of {} connections from a known address {} reuse the port, {} come from one at most 16 higher",
            grouped(seen.ports),
            grouped(seen.same_port),
            grouped(seen.next_port)
        );
        paragraph(&text, 0, out)?;
    }
    Ok(())
}

pub(super) fn fields(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let fields = &report.fields;
    paragraph(
        &format!(
            "per message {:.1} exact and {:.1} coarse fields in the payload, {:.1} and {:.1} around it",
            fields.payload.exact, fields.payload.coarse, fields.metadata.exact, fields.metadata.coarse
        ),
        0,
        out,
    )?;
    if fields.places.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  {:16}{:15}{:15}{:>8}{:>8}  such as", "", "where", "key", "exact", "coarse")?;
    let mut others = 0_usize;
    for field in &fields.places {
        if !field.personal {
            others += 1;
            if others > OTHERS {
                continue;
            }
        }
        let counter = match field.counter {
            Counter::No => "",
            Counter::Counts | Counter::Continues => " counts up",
        };
        let place = if field.of_envelope { "envelope" } else { field.source.name() };
        writeln!(
            out,
            "{} {:16}{:15}{:15}{:>8}{:>8}  {}",
            if field.personal { '!' } else { ' ' },
            cut(field.kind.name(), 15),
            cut(place, 14),
            cut(field.key.as_deref().unwrap_or("–"), 14),
            short(field.exact),
            short(field.coarse),
            cut(&format!("{}{counter}", field.example), 14)
        )?;
    }
    if others > OTHERS {
        writeln!(out, "  and {} more places (--json lists all)", others - OTHERS)?;
    }
    writeln!(out, "\n! says something about a person, or leads to one; examples are masked")
}

/// A count in at most seven columns.
fn short(number: u64) -> String {
    match number {
        0 => "–".to_owned(),
        1..1_000_000 => grouped(number),
        _ => format!("{:.1} M", crate::convert::float(number) / 1e6),
    }
}
