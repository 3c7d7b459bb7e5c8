//! Where an opened report is published: the operator's template, and what a hostile value may make of it.

use std::{fmt::Write as _, str::FromStr};

use cowl_core::{Body, Policy, Value};

use super::CONTROL;
use crate::transport::Topic;

/// Bytes of one value in a topic at the most, escaped.
const LEVEL: usize = 96;
/// Levels of an original topic that stay levels; what follows is part of the last one.
const LEVELS: usize = 8;
/// What stands for a value that a report does not have.
const NONE: &str = "none";

/// A topic with fields in braces, such as `relief/{role}/{zone}/{pseudonym}`:
///
/// | field | value |
/// |---|---|
/// | `{role}` | the role that reads |
/// | `{pseudonym}` | the device's name of the epoch, such as `V-7K3M-Q2XD`; `walk-in` for the unverified |
/// | `{zone}`, `{level}` | label and level of the report's zone, the finest that it has |
/// | `{epoch}`, `{report}` | the epoch's number; the report's id |
/// | `{topic}` | the topic for which the report was sent, its slashes kept, where the role reads it; else the pseudonym |
/// | `{topic/2}` | its second level |
/// | `{=severity}` | a field of the policy by its name |
///
/// A value is one level, never more: what is no letter, digit or one of `-_.~@:,` and space is written as `%2F`, so no value
/// makes a wildcard, a further level or a `$`. One that is missing or empty is `none`. The first level holds no value
/// of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Role,
    Pseudonym,
    Zone,
    Level,
    Epoch,
    Report,
    Topic,
    TopicLevel(usize),
    Field(String),
}

/// What a template is filled with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) policy: &'a Policy,
    pub(super) role: &'a str,
    pub(super) from: &'a str,
    pub(super) epoch: u32,
    pub(super) report: &'a str,
    pub(super) topic: Option<&'a str>,
    pub(super) body: &'a Body,
}

/// Why a template cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace that is not closed, or closes nothing.
    #[error("a brace is not closed, or closes nothing")]
    Brace,
    /// A field that there is not.
    #[error("there is no such field in braces")]
    Unknown,
    /// Fixed text that cannot stand in a topic.
    #[error("a topic has no +, # and control characters, and does not begin with $ or a slash")]
    Text,
    /// A report would choose the first level.
    #[error("the first level of the topic is fixed text or {{role}}: no report may choose it")]
    FirstLevel,
    /// The topics that the gateway itself uses.
    #[error("topics below {CONTROL} are the gateway's own")]
    Reserved,
}

impl Template {
    /// What is used unless another is given.
    pub const DEFAULT: &str = "relief/{role}/{topic}";

    /// Whether the topics name a device of one epoch or a single report, so that they are another one soon.
    pub fn is_passing(&self) -> bool {
        self.0
            .iter()
            .any(|piece| matches!(piece, Piece::Pseudonym | Piece::Epoch | Piece::Report | Piece::Topic))
    }

    /// The topic of a report. Always one that can be published to.
    pub(super) fn fill(&self, values: &Values<'_>) -> Result<Topic, crate::transport::Error> {
        let mut topic = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => topic.push_str(text),
                Piece::Role => escape(values.role, &mut topic),
                Piece::Pseudonym => escape(values.from, &mut topic),
                Piece::Zone => escape(&zone(values).0, &mut topic),
                Piece::Level => escape(&zone(values).1, &mut topic),
                Piece::Epoch => escape(&values.epoch.to_string(), &mut topic),
                Piece::Report => escape(values.report, &mut topic),
                Piece::Topic => match values.topic {
                    Some(original) => escape_levels(original, &mut topic),
                    None => escape(values.from, &mut topic),
                },
                Piece::TopicLevel(level) => {
                    let original = values.topic.unwrap_or_default();
                    escape(original.split('/').nth(level - 1).unwrap_or_default(), &mut topic);
                }
                Piece::Field(name) => escape(&field(values, name), &mut topic),
            }
        }
        Topic::new(topic)
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        loop {
            let (plain, field) = match rest.split_once('{') {
                None => (rest, None),
                Some((plain, after)) => {
                    let (field, after) = after.split_once('}').ok_or(TemplateError::Brace)?;
                    rest = after;
                    (plain, Some(field))
                }
            };
            if plain.contains('}') {
                return Err(TemplateError::Brace);
            }
            if plain.contains(['+', '#']) || plain.chars().any(char::is_control) {
                return Err(TemplateError::Text);
            }
            if !plain.is_empty() {
                pieces.push(Piece::Text(plain.to_owned()));
            }
            let Some(field) = field else { break };
            pieces.push(Piece::named(field)?);
        }
        check_front(&pieces, text)?;
        Ok(Self(pieces))
    }
}

impl Piece {
    fn named(name: &str) -> Result<Self, TemplateError> {
        Ok(match name {
            "role" => Self::Role,
            "pseudonym" => Self::Pseudonym,
            "zone" => Self::Zone,
            "level" => Self::Level,
            "epoch" => Self::Epoch,
            "report" => Self::Report,
            "topic" => Self::Topic,
            _ => match (name.strip_prefix("topic/"), name.strip_prefix('=')) {
                (Some(level), _) => {
                    let level = level.parse().ok().filter(|level| (1..=16).contains(level));
                    Self::TopicLevel(level.ok_or(TemplateError::Unknown)?)
                }
                (None, Some(field)) if !field.is_empty() => Self::Field(field.to_owned()),
                _ => return Err(TemplateError::Unknown),
            },
        })
    }
}

/// No report decides where the tree of topics begins.
fn check_front(pieces: &[Piece], text: &str) -> Result<(), TemplateError> {
    if text.is_empty() || text.starts_with(['$', '/']) {
        return Err(TemplateError::Text);
    }
    let below = text.strip_prefix(CONTROL);
    if below.is_some_and(|below| below.is_empty() || below.starts_with(['/', '{'])) {
        return Err(TemplateError::Reserved);
    }
    for piece in pieces {
        match piece {
            Piece::Text(text) if text.contains('/') => return Ok(()),
            Piece::Text(_) | Piece::Role => {}
            _ => return Err(TemplateError::FirstLevel),
        }
    }
    Ok(())
}

/// Appends a value as one level, or a piece of one.
pub(super) fn escape(value: &str, out: &mut String) {
    let begin = out.len();
    for char in value.chars() {
        let mut escaped = String::new();
        if char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '~' | '@' | ':' | ',' | ' ') {
            escaped.push(char);
        } else {
            for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
        if out.len() - begin + escaped.len() > LEVEL {
            return;
        }
        out.push_str(&escaped);
    }
    if out.len() == begin {
        out.push_str(NONE);
    }
}

fn escape_levels(topic: &str, out: &mut String) {
    for (place, level) in topic.splitn(LEVELS, '/').enumerate() {
        if place > 0 {
            out.push('/');
        }
        escape(level, out);
    }
}

/// Label and level of the finest zone that a report has.
fn zone(values: &Values<'_>) -> (String, String) {
    let zones = values.body.iter().filter_map(|(_, value)| match value {
        Value::Zone(zone) => Some(zone),
        Value::Zones(zones) => zones.iter().min_by_key(|zone| zone.level.0),
        _ => None,
    });
    zones.min_by_key(|zone| zone.level.0).map_or_else(Default::default, |zone| {
        let level = values.policy.zones.levels().get(usize::from(zone.level.0));
        let level = level.map(|level| level.name.clone()).unwrap_or_default();
        (zone.label.as_str().to_owned(), level)
    })
}

fn field(values: &Values<'_>, name: &str) -> String {
    let mut object = crate::formats::to_json(values.policy, values.body);
    match object.remove(name) {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text,
        Some(other) => match other.get("zone").and_then(serde_json::Value::as_str) {
            Some(label) => label.to_owned(),
            None => other.to_string(),
        },
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
