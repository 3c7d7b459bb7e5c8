//! The demo for people: what the phone knew, then for each preset what the broker sees beside what the roles read.

use cowl_sim::HOUR;
use serde_json::{Map, Value};

use super::{
    columns::{HALF, WIDTH, beside, grouped, heading, wrap},
    day::Day,
    document::Document,
    findings::{Findings, Shown},
    table,
};
use crate::{failure::Failure, printer::Printer};

/// Lines of a payload that are shown.
const HEAD_LINES: usize = 3;
/// Columns of an entry's name, and of its value.
const LABEL: usize = 9;
const ENTRY: usize = HALF - LABEL;

/// What happens, and what one phone knew.
pub(super) fn opening(day: &Day, printer: &mut Printer) -> Result<(), Failure> {
    let scenario = day.crisis.scenario();
    let shocks: Vec<_> =
        scenario.aftershocks.iter().map(|shock| clock(scenario.first_hour, *shock)).collect();
    let text = format!(
        "A simulated day in Haiti after an earthquake (seed {}): {} people in towns and villages, an aftershock at {}, \
         {} reports. They go through a real broker on this machine, once under each preset, and everything below is \
         measured on that traffic.",
        scenario.seed,
        grouped(day.crisis.people().len()),
        shocks.join(" and "),
        grouped(day.reports.len()),
    );
    paragraph(&text, printer)?;
    let Some(sent) = day.reports.get(day.example) else { return printer.flush() };
    let name = day.crisis.people().get(sent.person).map(|person| person.name.as_str()).unwrap_or_default();
    printer.data("")?;
    printer.data(format!("What one phone knew, {name}'s, at {}:", clock(scenario.first_hour, sent.at)))?;
    let fields: Map<String, Value> = serde_json::from_str(&sent.line).unwrap_or_default();
    for line in wrap(&flat(&fields), WIDTH - 2, 0) {
        printer.data(format!("  {line}"))?;
    }
    printer.flush()
}

/// One preset.
pub(super) fn block(findings: &Findings, printer: &mut Printer) -> Result<(), Failure> {
    printer.data("")?;
    printer.data(heading(findings.preset, what(findings.preset)))?;
    let mut left = vec!["THE BROKER SEES".to_owned()];
    left.extend(seen(&findings.example, findings));
    let mut right = vec!["RESPONDERS READ".to_owned()];
    right.extend(read(&findings.example));
    for line in beside(&left, &right) {
        printer.data(line)?;
    }
    printer.flush()
}

/// The table, and what is to be said about it.
pub(super) fn closing(document: &Document, printer: &mut Printer) -> Result<(), Failure> {
    printer.data("")?;
    table::print(document, printer)?;
    printer.flush()
}

/// A paragraph.
pub(super) fn paragraph(text: &str, printer: &mut Printer) -> Result<(), Failure> {
    wrap(text, WIDTH, 0).into_iter().try_for_each(|line| printer.data(line))
}

/// A paragraph that hangs below its first word.
pub(super) fn point(text: &str, printer: &mut Printer) -> Result<(), Failure> {
    wrap(&format!("- {text}"), WIDTH, 2).into_iter().try_for_each(|line| printer.data(line))
}

/// The counting rule, as `cowl-audit` words it, in these columns.
pub(super) fn rule(text: &str, printer: &mut Printer) -> Result<(), Failure> {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in text.lines() {
        match paragraphs
            .last_mut()
            .filter(|_| line.starts_with(' ') || !line.starts_with(|first: char| first.is_ascii_digit()))
        {
            Some(last) => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            None => paragraphs.push(line.to_owned()),
        }
    }
    paragraphs.iter().flat_map(|paragraph| wrap(paragraph, WIDTH, 3)).try_for_each(|line| printer.data(line))
}

fn what(preset: &str) -> &'static str {
    match preset {
        "plain" => "MQTT as it is",
        "fernet" => "the study: payload encrypted, one key for all",
        "minimised" => "the study: severity, zone and a token, in clear",
        "fernet-minimised" => "the study: both",
        _ => "each role its own part, nothing that repeats",
    }
}

fn seen(example: &Shown, findings: &Findings) -> Vec<String> {
    let client = match example.client_ids {
        0 | 1 => example.client_id.clone(),
        several => format!("{} (1 of {several} today)", shorten(&example.client_id, 16)),
    };
    let kinds = match findings.fields.kinds.as_slice() {
        [] => "nothing".to_owned(),
        kinds => kinds.join(", "),
    };
    let mut lines = entry("topic", &shorten(&example.topic, ENTRY), usize::MAX);
    lines.extend(entry("client", &client, usize::MAX));
    lines.extend(entry("address", &example.from, usize::MAX));
    lines.extend(entry("size", &format!("{} bytes", example.bytes), usize::MAX));
    lines.extend(entry("payload", &example.head, HEAD_LINES));
    lines.extend(entry("in clear", &kinds, usize::MAX));
    lines
}

/// A name and its value, which may take so many lines.
fn entry(name: &str, value: &str, most: usize) -> Vec<String> {
    let mut lines = wrap(value, ENTRY, 0);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let _ = last.pop();
            last.push('…');
        }
    }
    let name = |row: usize| if row == 0 { name } else { "" };
    lines.iter().enumerate().map(|(row, line)| format!("{:<LABEL$}{line}", name(row))).collect()
}

/// Roles that read the same are said together.
fn read(example: &Shown) -> Vec<String> {
    let mut groups: Vec<(Vec<&str>, &Map<String, Value>)> = Vec::new();
    for (role, fields) in &example.read {
        match groups.iter_mut().find(|(_, known)| *known == fields) {
            Some((roles, _)) => roles.push(role),
            None => groups.push((vec![role], fields)),
        }
    }
    let line = |(roles, fields): &(Vec<&str>, &Map<String, Value>)| {
        wrap(&format!("{}: {}", roles.join(", "), flat(fields)), HALF, 2)
    };
    groups.iter().flat_map(line).collect()
}

/// `severity high · position 18QYF79 (10km)`
fn flat(fields: &Map<String, Value>) -> String {
    let one = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Object(members) => match (members.get("zone"), members.get("level")) {
                (Some(Value::String(zone)), Some(Value::String(level))) => format!("{zone} ({level})"),
                _ => value.to_string(),
            },
            other => other.to_string(),
        };
        format!("{name} {value}")
    };
    fields.iter().map(one).collect::<Vec<_>>().join(" · ")
}

/// Long random names are cut in the middle: their ends say what they are.
fn shorten(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    let front: String = text.chars().take(8).collect();
    let back: String = text.chars().skip(count - 8).collect();
    format!("{front}…{back}")
}

/// `14:33`, local time.
fn clock(first_hour: u32, at: u64) -> String {
    format!("{:02}:{:02}", (u64::from(first_hour) + at / HOUR) % 24, at % HOUR / 60)
}
