//! Cursor on Target (MITRE, version 2.0): one event a line, as TAK servers and clients take them from a stream.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};
use cowl_core::rfc3339;
use serde_json::Value;

use super::{
    case::Case,
    place::{Place, cut},
};
use crate::triage::Triage;

/// An event is stale a day after its report came, or when its role must forget it.
const STALE: u64 = 86_400;
/// What stands for an unknown height or error of height.
const UNKNOWN: &str = "9999999.0";

/// A report as an event in the middle of its place, whose circular error is the place's radius. `None` without a place: an event
/// without one does not exist. `now` in Unix seconds is when it is written.
pub(super) fn event(case: &Case, now: u64) -> Option<String> {
    let place = case.place.as_ref()?;
    let stale = case.received.saturating_add(STALE.min(case.keeps.into()));
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "<event version=\"2.0\" uid=\"{}\" type=\"{}\" how=\"h-e\" time=\"{}\" start=\"{}\" stale=\"{}\">\
         <point lat=\"{}\" lon=\"{}\" hae=\"{UNKNOWN}\" ce=\"{:.0}\" le=\"{UNKNOWN}\"/><detail><contact callsign=\"{}\"/>{}\
         <remarks>{}</remarks></detail></event>",
        uid(&case.report, &case.role),
        kind(case.triage),
        rfc3339(now),
        rfc3339(case.received),
        rfc3339(stale),
        cut(place.centre.latitude()),
        cut(place.centre.longitude()),
        place.radius_m.ceil(),
        escaped(&callsign(case.triage, place)),
        detail(case.triage),
        escaped(&remarks(case)),
    );
    Some(text)
}

/// Immediate and delayed are asked to be evacuated; everything else is a spot on the map.
const fn kind(triage: Option<Triage>) -> &'static str {
    match triage {
        Some(Triage::Red | Triage::Yellow) => "b-r-f-h-c",
        _ => "b-m-p-s-m",
    }
}

/// What TAK clients show by: a patient of the evacuation's precedence, or the spot's colour.
const fn detail(triage: Option<Triage>) -> &'static str {
    match triage {
        Some(Triage::Red) => "<_medevac_ casevac=\"true\" urgent=\"1\"/>",
        Some(Triage::Yellow) => "<_medevac_ casevac=\"true\" priority=\"1\"/>",
        Some(Triage::Green) => "<color argb=\"-16711936\"/>",
        Some(Triage::Black) => "<color argb=\"-16777216\"/>",
        None => "<color argb=\"-1\"/>",
    }
}

fn callsign(triage: Option<Triage>, place: &Place) -> String {
    let colour = triage.map_or("report", Triage::name);
    place.zone.as_ref().map_or_else(|| colour.to_owned(), |zone| format!("{colour} {}", zone.label))
}

fn remarks(case: &Case) -> String {
    let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let said = case.fields.iter().map(|(name, field)| format!("{name}: {}", value(field)));
    said.collect::<Vec<_>>().join("; ")
}

/// XML 1.0: what has a meaning is escaped, what may not stand there at all is replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            // A line break would end the event for whoever reads line by line.
            '\t' | '\n' | '\r' => safe.push(' '),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            symbol if symbol.is_control() => safe.push('\u{fffd}'),
            symbol => safe.push(symbol),
        }
    }
    safe
}

/// What an event is called: the same for the same report and role, so that a second export puts no second marker on the map;
/// nobody finds the report's id from it.
fn uid(report: &[u8; 16], role: &str) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(b"cowl cursor on target");
    hash.update(report);
    hash.update(role.as_bytes());
    let digest = hash.finish();
    format!("cowl-{}", hex::encode(digest.as_ref().get(..16).unwrap_or_default()))
}
