//! The survey in 80 columns, without need of colour.

mod leaks;
mod prose;
mod tables;

use core::fmt::{self, Write};

use super::report::Report;
use crate::report::text::{self, WIDTH, grouped, wrap};

/// Writes the report for people. `source` names what was read.
///
/// # Errors
/// Those of `out`.
pub fn terminal(report: &Report, source: &str, out: &mut dyn Write) -> fmt::Result {
    about(report, source, out)?;
    heading("What stands out", out)?;
    leaks::leaks(&report.findings, out)?;
    if !report.identifiers.is_empty() {
        heading("Identifiers", out)?;
        tables::identifiers(report, out)?;
    }
    if report.about.messages > 0 || !report.fields.places.is_empty() {
        heading("Fields that can be read", out)?;
        tables::fields(report, out)?;
    }
    heading("Encryption", out)?;
    prose::encryption(report, out)?;
    heading("Sizes and rhythm", out)?;
    prose::sizes(report, out)?;
    prose::rhythm(report, out)?;
    heading("Linking without ground truth (unsupervised)", out)?;
    prose::linking(report, out)?;
    if report.retained.topics > 0 {
        heading("Retained messages", out)?;
        prose::retained(report, out)?;
    }
    Ok(())
}

fn about(report: &Report, source: &str, out: &mut dyn Write) -> fmt::Result {
    let about = &report.about;
    if about.partial {
        let mut missing = about.remarks.clone();
        missing.extend(about.losses.iter().map(|loss| {
            format!("{} bytes {} ({})", grouped(loss.bytes), loss.cause, count(loss.times, "gap"))
        }));
        if about.unreadable > 0 {
            missing.push(format!("{} packets unreadable", grouped(about.unreadable)));
        }
        if about.unfollowed > 0 {
            missing.push(format!("{} events of connections beyond the limit", grouped(about.unfollowed)));
        }
        paragraph(&format!("PARTIAL: {}. Figures are too low.", missing.join("; ")), 0, out)?;
        writeln!(out)?;
    }
    let note = if about.note.is_empty() { String::new() } else { format!(" ({})", about.note) };
    let date = if about.start_us > 0 { format!(" from {}", date(about.start_us)) } else { String::new() };
    paragraph(
        &format!("{source}: {}{note}, {}{date}", about.observer, seconds(micro(about.length_us))),
        0,
        out,
    )?;
    let mut parts = vec![
        count(about.connections, "connection"),
        count(about.packets, "MQTT packet"),
        count(about.messages, "message"),
    ];
    if about.delivered > 0 {
        parts.push(format!("{} sent, {} delivered", grouped(about.sent), grouped(about.delivered)));
    }
    if about.records > 0 {
        parts.push(format!("{} ({} bytes)", count(about.records, "TLS record"), grouped(about.record_bytes)));
    }
    paragraph(&parts.join(", "), 0, out)
}

fn heading(title: &str, out: &mut dyn Write) -> fmt::Result {
    let rule = WIDTH.saturating_sub(title.chars().count() + 4);
    writeln!(out, "\n── {title} {}", "─".repeat(rule))
}

fn paragraph(text: &str, indent: usize, out: &mut dyn Write) -> fmt::Result {
    wrap(text, WIDTH, indent).into_iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// A label of at most 18 columns, and a text beside it.
fn labelled(label: &str, text: &str, out: &mut dyn Write) -> fmt::Result {
    const LABEL: usize = 18;
    let lines = wrap(text, WIDTH, LABEL);
    for (number, line) in lines.iter().enumerate() {
        if number == 0 {
            writeln!(out, "{label:LABEL$}{}", line.trim_start())?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// `1 message`, `2,000 messages`.
fn count(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        none if none <= 0.0 => "0 %".to_owned(),
        little if little < 1.0 => "<1 %".to_owned(),
        most if (99.5..100.0).contains(&most) => ">99 %".to_owned(),
        per_cent => format!("{per_cent:.0} %"),
    }
}

fn micro(microseconds: u64) -> f64 {
    crate::convert::float(microseconds) / 1e6
}

/// A time in at most eight columns.
fn seconds(value: f64) -> String {
    match value / 86_400.0 {
        days if days >= 9_999.0 => format!("{:.0e} y", days / 365.25),
        days if days >= 3.0 => format!("{days:.0} d"),
        _ => text::seconds(value),
    }
}

/// A text cut to so many columns.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Date and time in UTC (Hinnant's algorithm for the civil calendar).
fn date(microseconds: u64) -> String {
    let seconds = microseconds / 1_000_000;
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) =
        (of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3_600, rest / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil() {
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(951_868_799_000_000), "2000-02-29 23:59 UTC");
        assert_eq!(date(1_700_000_000_000_000), "2023-11-14 22:13 UTC");
    }
}
