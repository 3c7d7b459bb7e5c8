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

/// What happens, and what one phone knew.
pub(super) fn opening(day: &Day, printer: &mut Printer) -> Result<(), Failure> {
    let scenario = day.crisis.scenario();
    let shocks: Vec<_> = scenario.aftershocks.iter().map(|shock| clock(scenario.first_hour, *shock)).collect();
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
    let mut lines = Vec::new();
    let mut entry = |name: &str, value: &str| lines.extend(wrap(&format!("{name:<8}{value}"), HALF, 8));
    entry("topic", &shorten(&example.topic, 30));
    entry("client", &shorten(&example.client_id, 30));
    entry("address", &example.from);
    entry("size", &format!("{} bytes", example.bytes));
    let mut payload = wrap(&format!("payload {}", example.head), HALF, 8);
    if payload.len() > HEAD_LINES {
        payload.truncate(HEAD_LINES);
        if let Some(last) = payload.last_mut() {
            let _ = last.pop();
            last.push('…');
        }
    }
    lines.extend(payload);
    let kinds = match findings.fields.kinds.as_slice() {
        [] => "nothing, without a key".to_owned(),
        kinds => kinds.join(", "),
    };
    lines.extend(wrap(&format!("reads   {kinds}"), HALF, 8));
    lines
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
