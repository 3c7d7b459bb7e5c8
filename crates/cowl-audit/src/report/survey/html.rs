//! A survey on one page.

use core::fmt::{self, Write};

use crate::convert::float;
use crate::report::page::{self, escape, table};
use crate::report::text::{self, grouped};
use crate::survey::{Counter, Distribution, Identifier, Leak, Report, Severity, Survival};

/// Places of one kind of finding that are listed.
const LISTED: usize = 8;
/// Rows of a table.
const ROWS: usize = 60;

/// Writes the page. `source` names what was read.
///
/// # Errors
/// Those of `out`.
pub fn html(report: &Report, source: &str, out: &mut dyn Write) -> fmt::Result {
    page::begin("What this traffic gives away", source, out)?;
    about(report, out)?;
    findings(&report.findings, out)?;
    identifiers(report, out)?;
    fields(report, out)?;
    facts(report, out)?;
    page::end(out)
}

fn about(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let about = &report.about;
    if about.partial {
        let mut missing = about.remarks.clone();
        let lost = |loss: &crate::survey::LossSeen| {
            format!("{} bytes {} ({} times)", grouped(loss.bytes), loss.cause, grouped(loss.times))
        };
        missing.extend(about.losses.iter().map(lost));
        for (number, what) in
            [(about.unreadable, "packets unreadable"), (about.unfollowed, "events beyond the limit")]
        {
            if number > 0 {
                missing.push(format!("{} {what}", grouped(number)));
            }
        }
        writeln!(out, "<p><b>Partial: {}. Figures are too low.</b></p>", escape(&missing.join("; ")))?;
    }
    let note = if about.note.is_empty() { String::new() } else { format!(" ({})", about.note) };
    writeln!(
        out,
        "<p>Made by {}{}; {} of {} connections, {} MQTT packets, {} messages, {} TLS records. No ground truth was used: this is what stands \
         there for everybody to read, and what rules recognise in it. Examples are masked.</p>",
        escape(about.observer),
        escape(&note),
        text::seconds(float(about.length_us) / 1e6),
        grouped(about.connections),
        grouped(about.packets),
        grouped(about.messages),
        grouped(about.records)
    )
}

fn findings(findings: &[Leak], out: &mut dyn Write) -> fmt::Result {
    writeln!(
        out,
        "<table class=\"findings\">\n<caption>What stands out, worst first</caption>\n<thead><tr>"
    )?;
    for head in ["", "What", "Where, and what shows it", "Seen by", "What would help"] {
        write!(out, "<th scope=\"col\">{head}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    let mut told: Vec<&str> = Vec::new();
    for leak in findings {
        if told.contains(&leak.id) {
            continue;
        }
        told.push(leak.id);
        let same = findings.iter().filter(|other| other.id == leak.id);
        let mut places: Vec<String> = same
            .clone()
            .take(LISTED)
            .map(|other| format!("{}: {}", escape(&other.place), escape(&other.evidence)))
            .collect();
        let more = same.count().saturating_sub(LISTED);
        if more > 0 {
            places.push(format!("and {more} more places"));
        }
        let seen: Vec<&str> = leak.seen_by.iter().map(|who| text::adversary(*who)).collect();
        writeln!(
            out,
            "<tr><td class=\"{}\">{} {}</td><td>{}<br><small>{}, {}</small></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            class(leak.severity),
            leak.severity.sign(),
            leak.severity.name(),
            escape(&leak.what),
            leak.id,
            leak.category.name(),
            places.join("<br>"),
            escape(&seen.join(", ")),
            escape(leak.advice)
        )?;
    }
    if findings.is_empty() {
        writeln!(
            out,
            "<tr><td colspan=\"5\">Nothing that these rules know. That is no proof: the attacks with ground truth (cowl audit score) \
             measure what rules cannot see.</td></tr>"
        )?;
    }
    writeln!(out, "</tbody>\n</table>")
}

const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "some",
        Severity::Low => "low",
        Severity::Note => "none",
    }
}

fn identifiers(report: &Report, out: &mut dyn Write) -> fmt::Result {
    if report.identifiers.is_empty() {
        return Ok(());
    }
    let row = |row: &Identifier| {
        vec![
            row.name.clone(),
            format!("{}{}", if row.at_least { "≥ " } else { "" }, grouped(row.distinct)),
            format!("{:.1}", row.bits),
            text::seconds(row.lifetime_median_us / 1e6),
            percent(row.share_of_messages),
            survival(row.survives_reconnect),
            survival(row.survives_rotation),
        ]
    };
    table(
        &format!(
            "Identifiers. Life is the median time from first to last sight of a value{}",
            cut(report.identifiers.len())
        ),
        &[
            "Identifier",
            "Values",
            "Bits",
            "Life",
            "Of messages",
            "Seen on a later connection",
            "On both sides of a rotation",
        ],
        report.identifiers.iter().take(ROWS).map(row),
        out,
    )
}

fn fields(report: &Report, out: &mut dyn Write) -> fmt::Result {
    if report.fields.places.is_empty() {
        return Ok(());
    }
    let row = |field: &crate::survey::FieldSeen| {
        let counter = if field.counter == Counter::No { "" } else { ", counts up" };
        vec![
            field.kind.name().to_owned(),
            if field.of_envelope { "envelope" } else { field.source.name() }.to_owned(),
            field.key.clone().unwrap_or_default(),
            if field.personal { "yes" } else { "" }.to_owned(),
            grouped(field.exact),
            grouped(field.coarse),
            format!("{}{counter}", field.example),
        ]
    };
    table(
        &format!(
            "Fields that can be read: per message {:.1} exact and {:.1} coarse ones in the payload, {:.1} and {:.1} around it{}",
            report.fields.payload.exact,
            report.fields.payload.coarse,
            report.fields.metadata.exact,
            report.fields.metadata.coarse,
            cut(report.fields.places.len())
        ),
        &["Field", "Where", "Key", "Personal", "Exact", "Coarse", "Such as (masked)"],
        report.fields.places.iter().take(ROWS).map(row),
        out,
    )
}

/// Encryption, sizes, rhythm, linking and what is retained.
fn facts(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut fact = |name: &str, text: String| rows.push([name.to_owned(), text]);
    let seen = &report.encryption;
    fact("Transport", listed(seen.carriers.iter().map(|(name, number)| (*name, *number))));
    if seen.handshakes > 0 {
        let all = [&seen.tls_versions, &seen.ciphers, &seen.groups];
        let all = all.map(|list| listed(list.iter().map(|(name, number)| (name.as_str(), *number))));
        fact("TLS", all.join("; "));
    }
    if report.about.messages > 0 {
        fact(
            "Payloads",
            format!(
                "{} readable, {} in a known encryption, {} opaque ({})",
                percent(seen.readable),
                percent(seen.known_envelopes),
                percent(seen.opaque),
                listed(seen.formats.iter().map(|(format, number)| (format.name(), *number)))
            ),
        );
    }
    let sizes = &report.sizes;
    if sizes.distinct > 0 {
        let of = if sizes.of_records { "TLS records" } else { "payloads" };
        fact(
            "Sizes",
            format!(
                "{of} of {} sizes, {} to {} bytes, median {}; a size tells {:.1} bits",
                grouped(sizes.distinct),
                grouped(sizes.min),
                grouped(sizes.max),
                grouped(sizes.median),
                sizes.bits
            ),
        );
    }
    let rhythm = &report.rhythm;
    if rhythm.gaps_s.count > 0 {
        fact("Rhythm", format!("{} between a sender's messages", spread(&rhythm.gaps_s)));
    }
    if rhythm.sessions_s.count > 0 {
        fact("Connections", format!("last {}", spread(&rhythm.sessions_s)));
    }
    let linking = &report.linking;
    if linking.nodes > 0 {
        let by: Vec<&str> = linking.by.iter().filter(|by| by.used).map(|by| by.name.as_str()).collect();
        fact(
            "Linking, unsupervised",
            format!(
                "{} {} make {} groups by equal identifiers alone, the largest of {}{}",
                grouped(linking.nodes),
                linking.of,
                grouped(linking.groups),
                grouped(linking.largest),
                if by.is_empty() { String::new() } else { format!("; joined by {}", by.join(", ")) }
            ),
        );
    }
    let retained = &report.retained;
    if retained.topics > 0 {
        fact(
            "Retained messages",
            format!(
                "on {} topics, {} with something about a person; {} deliveries; {} topics erased",
                grouped(retained.topics),
                grouped(retained.personal_topics),
                grouped(retained.delivered),
                grouped(retained.erased)
            ),
        );
    }
    table("Encryption, sizes, rhythm, linking", &["", "Seen"], rows.into_iter().map(Vec::from), out)
}

fn listed<'a>(all: impl Iterator<Item = (&'a str, u64)>) -> String {
    all.map(|(name, number)| format!("{name} {}", grouped(number))).collect::<Vec<_>>().join(", ")
}

fn spread(seen: &Distribution) -> String {
    let [least, median, most] = [seen.p05, seen.median, seen.p95].map(text::seconds);
    format!("{median} in the median, 90 % from {least} to {most}")
}

fn survival(survival: Survival) -> String {
    match survival {
        Survival::Unknown => "cannot be told".to_owned(),
        Survival::No => "no".to_owned(),
        Survival::Yes { values, of } => format!("{} of {}", grouped(values), grouped(of)),
    }
}

fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.01 { "< 1 %".to_owned() } else { format!("{:.0} %", share * 100.0) }
}

fn cut(rows: usize) -> String {
    if rows > ROWS { format!("; the first {ROWS} of {rows}") } else { String::new() }
}
