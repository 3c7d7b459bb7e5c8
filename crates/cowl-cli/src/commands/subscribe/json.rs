//! JSON, written straight into a buffer: a reader that keeps up with a busy mailbox builds no trees.

use cowl_core::{Body, Decimal, ExactPosition, Policy, Value, Zone, policy::FieldKind, rfc3339};
use std::io::Write as _;

/// The members that stand in front of a report's fields.
const OWN: [&str; 5] = ["report", "epoch", "from", "received", "help_key"];

/// How the fields of one policy are written: names and words are escaped once.
#[derive(Debug)]
pub(super) struct Fields {
    names: Vec<Vec<u8>>,
    choices: Vec<Vec<Vec<u8>>>,
    levels: Vec<Vec<u8>>,
}

impl Fields {
    /// The fields of a policy.
    pub(super) fn of(policy: &Policy) -> Self {
        let names: Vec<String> = policy.fields.iter().map(|field| field.name.clone()).collect();
        let member = |name: &String| {
            let mut member = quoted(&free(name, &OWN, |other| names.iter().any(|known| known == other)));
            member.push(b':');
            member
        };
        let choices = policy.fields.iter().map(|field| match &field.kind {
            FieldKind::Choice { names, .. } => names.iter().map(|name| quoted(name)).collect(),
            _ => Vec::new(),
        });
        Self {
            names: names.iter().map(member).collect(),
            choices: choices.collect(),
            levels: policy.zones.levels().iter().map(|level| quoted(&level.name)).collect(),
        }
    }

    /// Writes the members of a body with commas between them, without braces.
    pub(super) fn write(&self, body: &Body, out: &mut Vec<u8>) {
        let mut first = true;
        for (field, value) in body.iter() {
            let index = usize::from(field.0);
            let Some(name) = self.names.get(index) else { continue };
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            out.extend_from_slice(name);
            self.value(index, value, out);
        }
    }

    fn value(&self, field: usize, value: &Value, out: &mut Vec<u8>) {
        match value {
            Value::Number(decimal) => number(*decimal, out),
            Value::Choice(choice) => {
                let name = self.choices.get(field).and_then(|names| names.get(usize::from(*choice)));
                out.extend_from_slice(name.map_or(b"null", Vec::as_slice));
            }
            Value::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Value::Text(text) => quote(text, out),
            Value::Zone(zone) => self.zone(zone, out),
            Value::Zones(zones) => {
                out.push(b'[');
                for (index, zone) in zones.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.zone(zone, out);
                }
                out.push(b']');
            }
            Value::Exact(ExactPosition { latitude, longitude }) => {
                out.extend_from_slice(b"{\"lat\":");
                number(*latitude, out);
                out.extend_from_slice(b",\"lon\":");
                number(*longitude, out);
                out.push(b'}');
            }
            Value::Time(seconds) => quote(&rfc3339(*seconds), out),
        }
    }

    fn zone(&self, zone: &Zone, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"zone\":");
        quote(zone.label.as_str(), out);
        out.extend_from_slice(b",\"level\":");
        let level = self.levels.get(usize::from(zone.level.0));
        out.extend_from_slice(level.map_or(b"null", Vec::as_slice));
        out.push(b'}');
    }
}

/// A name that is none of `own`: the name itself, or with `_field` behind it as often as it takes.
pub(super) fn free(name: &str, own: &[&str], is_taken: impl Fn(&str) -> bool) -> String {
    let mut free = name.to_owned();
    while own.contains(&free.as_str()) || (free != name && is_taken(&free)) {
        free.push_str("_field");
    }
    free
}

/// Appends a JSON string. Control characters are escaped, those above 127 too: a terminal would obey them.
pub(super) fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.find(|char: char| char.is_control() || matches!(char, '"' | '\\')) {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let mut chars = special.chars();
        match chars.next() {
            Some('"') => out.extend_from_slice(b"\\\""),
            Some('\\') => out.extend_from_slice(b"\\\\"),
            Some('\n') => out.extend_from_slice(b"\\n"),
            Some('\t') => out.extend_from_slice(b"\\t"),
            Some(control) => {
                // Writing to a vector cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
    out.push(b'"');
}

fn quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    quote(text, &mut out);
    out
}

/// A decimal with the decimals that its precision has: `37.50` says more than `37.5`.
fn number(decimal: Decimal, out: &mut Vec<u8>) {
    let _ = write!(out, "{decimal}");
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
