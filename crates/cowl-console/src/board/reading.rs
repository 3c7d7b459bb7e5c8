//! From a report, as the archive keeps it, to what the board shows: the same for one that came just now and for one read back.

use std::{collections::BTreeSet, sync::Arc};

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use cowl::archive::{Entry, Kept};
use cowl_core::{
    Epoch, ErasureHandle, LevelIndex, Policy, Position, Pseudonym, ReportId, RoleIndex,
    policy::{FieldKind, Precision, Urgent, UrgentWhen},
};
use serde_json::{Map, Value};

use super::{Arrival, CaseKey, FieldShown, Scale, Triage, Whose, ZoneName};

/// Characters of a value that are shown; the longest text of a policy is longer, and is in the archive.
const LONGEST: usize = 400;
/// Names of zones that are kept once for all cases.
const NAMES: usize = 65_536;

/// A report, wherever it comes from.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) report: ReportId,
    pub(crate) epoch: Epoch,
    pub(crate) from: Option<Pseudonym>,
    pub(crate) handle: ErasureHandle,
    pub(crate) received: u64,
    /// One JSON object.
    pub(crate) fields: &'a str,
}

/// How a role's reports are read by one version of the policy.
pub(crate) struct Reading {
    secret: Key,
    scale: Scale,
    fields: Vec<Form>,
    urgent: Vec<(String, UrgentWhen, Vec<String>)>,
    policy: Policy,
    /// Where a report with coordinates is counted.
    level: Option<LevelIndex>,
    names: BTreeSet<Arc<str>>,
}

/// A field's name, unit and precision.
struct Form {
    name: Arc<str>,
    unit: String,
    precision: Option<Arc<str>>,
}

impl Reading {
    /// By a policy, for a role; `secret` makes the cases' keys.
    pub(crate) fn new(policy: &Policy, role: RoleIndex, secret: &[u8; 32]) -> Self {
        let reads = policy.role(role).map(|role| role.reads.as_slice()).unwrap_or_default();
        let fields = reads.iter().filter_map(|read| {
            let field = policy.field(read.field)?;
            let unit = match &field.kind {
                FieldKind::Number { unit, .. } if !unit.is_empty() => format!("\u{a0}{unit}"),
                _ => String::new(),
            };
            let precision = precision(policy, read.precision).map(Arc::from);
            Some(Form { name: Arc::from(field.name.as_str()), unit, precision })
        });
        let fields = fields.collect();
        let urgent = policy.traffic.urgent.iter().filter_map(|rule| urgent(policy, rule));
        let urgent = urgent.collect();
        let coarsest = u8::try_from(policy.zones.levels().len().saturating_sub(1)).ok().map(LevelIndex);
        Self {
            secret: Key::new(HMAC_SHA256, secret),
            scale: Scale::of(policy, role),
            fields,
            urgent,
            policy: policy.clone(),
            level: coarsest,
            names: BTreeSet::new(),
        }
    }

    /// What the board shows of a report.
    pub(crate) fn arrival(&mut self, told: &Told<'_>) -> Arrival {
        // The library wrote it; what is no object shows nothing, and is still somebody.
        let fields: Map<String, Value> = serde_json::from_str(told.fields).unwrap_or_default();
        let triage = fields.get(self.scale.field()).and_then(Value::as_str);
        let triage = triage.map_or(Triage::Untriaged, |choice| self.scale.of_choice(choice));
        let urgent =
            self.urgent.iter().any(|(name, when, choices)| is_urgent(fields.get(name), when, choices));
        let zone = fields.values().find_map(|value| self.zone(value));
        let shown: Vec<_> = fields
            .iter()
            .filter(|(name, _)| *name != self.scale.field())
            .filter_map(|(name, value)| self.shown(name, value))
            .collect();
        let whose = Whose { epoch: told.epoch, from: told.from, handle: told.handle };
        Arrival {
            key: self.key(told),
            report: told.report,
            whose,
            received: told.received,
            zone,
            triage,
            urgent,
            fields: shown.into_boxed_slice(),
        }
    }

    /// A device under one pseudonym and handle is a case; a walk-in's report is one by itself, unless it bears a handle that others
    /// of its epoch bear too.
    fn key(&self, told: &Told<'_>) -> CaseKey {
        let mut text = b"case".to_vec();
        text.extend_from_slice(&told.epoch.0.to_be_bytes());
        text.extend_from_slice(&told.handle.0);
        match told.from {
            Some(from) => text.extend_from_slice(from.to_string().as_bytes()),
            None if told.handle == ErasureHandle::NONE => text.extend_from_slice(&told.report.0),
            None => {}
        }
        CaseKey(sign(&self.secret, &text).as_ref().first_chunk().copied().unwrap_or_default())
    }

    fn zone(&mut self, value: &Value) -> Option<ZoneName> {
        if let Some(label) = value.get("zone").and_then(Value::as_str) {
            let level = value.get("level").and_then(Value::as_str).unwrap_or_default();
            return Some(ZoneName { level: self.once(level), label: self.once(label) });
        }
        let degree = |name| value.get(name).and_then(Value::as_f64);
        let position = Position::new(degree("lat")?, degree("lon")?).ok()?;
        let index = self.level?;
        let zone = self.policy.zones.locate(position, index)?;
        let level = self.policy.zones.levels().get(usize::from(index.0)).map(|level| level.name.clone())?;
        Some(ZoneName { level: self.once(&level), label: self.once(zone.label.as_str()) })
    }

    fn shown(&self, name: &str, value: &Value) -> Option<FieldShown> {
        let form = self.fields.iter().find(|form| &*form.name == name);
        let unit = form.map_or("", |form| form.unit.as_str());
        let value = match value {
            Value::String(text) => text.chars().take(LONGEST).collect(),
            Value::Number(number) => format!("{number}{unit}"),
            Value::Bool(true) => "✓".to_owned(),
            Value::Bool(false) => "✗".to_owned(),
            // A zone has a column of its own.
            Value::Object(place) => {
                format!(
                    "{}, {}",
                    place.get("lat").and_then(Value::as_f64)?,
                    place.get("lon").and_then(Value::as_f64)?
                )
            }
            Value::Null | Value::Array(_) => return None,
        };
        let (name, precision) = match form {
            Some(form) => (Arc::clone(&form.name), form.precision.clone()),
            None => (Arc::from(name), None),
        };
        Some(FieldShown { name, value: value.into_boxed_str(), precision })
    }

    /// The same text once in memory.
    fn once(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.names.get(text) {
            return Arc::clone(known);
        }
        if self.names.len() >= NAMES {
            self.names.clear();
        }
        let name: Arc<str> = Arc::from(text);
        self.names.insert(Arc::clone(&name));
        name
    }
}

impl<'a> Told<'a> {
    /// One that came just now.
    pub(crate) fn entry(entry: &'a Entry) -> Self {
        let Entry { report, epoch, from, handle, received, fields, .. } = entry;
        Self { report: *report, epoch: *epoch, from: *from, handle: *handle, received: *received, fields }
    }

    /// One that is read back.
    pub(crate) fn kept(kept: &'a Kept) -> Self {
        Self {
            report: ReportId(kept.report),
            epoch: Epoch(kept.epoch),
            from: kept.from.as_deref().and_then(|from| from.parse().ok()),
            handle: kept.handle,
            received: kept.received,
            fields: &kept.fields,
        }
    }
}

/// As people write it; `None`: as it was sent.
fn precision(policy: &Policy, precision: Precision) -> Option<String> {
    match precision {
        Precision::Exact => None,
        Precision::Decimals(decimals) => Some(format!("10⁻{}", superscript(decimals)).replace("10⁻⁰", "1")),
        Precision::Step { step, decimals } => {
            let step = cowl_core::Decimal { scaled: step, decimals };
            Some(step.to_f64().to_string())
        }
        Precision::Level { level, .. } => {
            policy.zones.levels().get(usize::from(level.0)).map(|level| level.name.clone())
        }
        Precision::Grain(seconds) if seconds % 3_600 == 0 => Some(format!("{} h", seconds / 3_600)),
        Precision::Grain(seconds) if seconds % 60 == 0 => Some(format!("{} min", seconds / 60)),
        Precision::Grain(seconds) => Some(format!("{seconds} s")),
    }
}

fn superscript(digit: u8) -> char {
    "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(usize::from(digit)).unwrap_or('⁹')
}

fn urgent(policy: &Policy, rule: &Urgent) -> Option<(String, UrgentWhen, Vec<String>)> {
    let field = policy.field(rule.field)?;
    let choices = match (&rule.when, &field.kind) {
        (UrgentWhen::OneOf(choices), FieldKind::Choice { names, .. }) => {
            choices.iter().filter_map(|choice| names.get(usize::from(*choice)).cloned()).collect()
        }
        _ => Vec::new(),
    };
    Some((field.name.clone(), rule.when.clone(), choices))
}

/// By the values at the role's precision: a number that was rounded past the bound is taken as it is shown.
fn is_urgent(value: Option<&Value>, when: &UrgentWhen, choices: &[String]) -> bool {
    match (when, value) {
        (UrgentWhen::OneOf(_), Some(Value::String(choice))) => choices.contains(choice),
        (UrgentWhen::Is(wanted), Some(Value::Bool(flag))) => wanted == flag,
        (UrgentWhen::AtLeast(bound), Some(Value::Number(number))) => {
            number.as_f64().is_some_and(|value| value >= *bound)
        }
        (UrgentWhen::AtMost(bound), Some(Value::Number(number))) => {
            number.as_f64().is_some_and(|value| value <= *bound)
        }
        _ => false,
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").field("scale", &self.scale).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
