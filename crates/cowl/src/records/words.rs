//! The policy's parts in words, for all records in English.

use cowl_core::{
    FieldIndex, Policy, Preset,
    policy::{Field, FieldKind, Read, Role, RoleKind, Sensitivity},
};

use super::document::Text;
use crate::consent::{Language, Messages, precision_words, printable};

/// What writes of a policy.
#[derive(Debug)]
pub(super) struct Words<'a> {
    pub(super) policy: &'a Policy,
    messages: Messages,
}

impl<'a> Words<'a> {
    pub(super) fn of(policy: &'a Policy) -> Self {
        Self { policy, messages: Messages::of(Language::English) }
    }

    /// The fields with their numbers.
    pub(super) fn fields(&self) -> impl Iterator<Item = (FieldIndex, &'a Field)> {
        (0_u8..).map(FieldIndex).zip(&self.policy.fields)
    }

    /// Length of time in its largest whole unit.
    pub(super) fn duration(&self, seconds: u64) -> String {
        self.messages.duration(seconds)
    }

    pub(super) fn precision(&self, read: &Read) -> String {
        precision_words(self.policy, &self.messages, read)
    }

    /// Who gets a field, each with the precision: `medical: exactly as given; rescue: …`.
    pub(super) fn readers(&self, field: FieldIndex) -> Text {
        let of = |name: &str, reads: &[Read]| {
            let read = reads.iter().find(|read| read.field == field)?;
            Some(format!("{}: {}", printable(name), self.precision(read)))
        };
        let mut readers: Vec<_> =
            self.policy.roles.iter().filter_map(|role| of(&role.name, &role.reads)).collect();
        if self.is_counted(field) {
            let census = self.policy.roles.iter().filter(|role| role.kind == RoleKind::Census);
            readers.extend(
                census.map(|role| {
                    format!("{}: only the zone, at every level, to count", printable(&role.name))
                }),
            );
        }
        if let Some(custody) = &self.policy.custody {
            let name = format!("{} of {} custodians together", custody.threshold, custody.custodians);
            readers.extend(of(&name, &custody.reads));
        }
        if readers.is_empty() { "nobody".into() } else { readers.join("; ").into() }
    }

    /// What a role gets: `position: only the zone …; severity: exactly as given`.
    pub(super) fn reads(&self, role: &Role) -> Text {
        if role.kind == RoleKind::Census {
            return "only the zone of each report, at every level, to count".into();
        }
        self.list_of(&role.reads).into()
    }

    /// Fields with their precision.
    pub(super) fn list_of(&self, reads: &[Read]) -> String {
        let field = |read: &Read| {
            let name = self.policy.field(read.field).map(|field| printable(&field.name)).unwrap_or_default();
            format!("{name}: {}", self.precision(read))
        };
        let all: Vec<_> = reads.iter().map(field).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join("; ") }
    }

    /// The highest sensitivity among what is read.
    pub(super) fn worst(&self, reads: &[Read]) -> Option<Sensitivity> {
        reads.iter().filter_map(|read| self.policy.field(read.field)).map(|field| field.sensitivity).max()
    }

    /// Whether a field is the position, and somebody counts by it.
    fn is_counted(&self, field: FieldIndex) -> bool {
        self.policy.position_field() == Some(field) && self.policy.census().is_some()
    }

    /// Whether and when it is sent.
    pub(super) fn obligation(&self, at: FieldIndex, field: &Field) -> &'static str {
        match (self.policy.is_choice(at), field.optional) {
            (true, _) => "off by default: sent only if the person says so",
            (false, true) => "optional",
            (false, false) => "required",
        }
    }

    /// Texts into which people may write anything.
    pub(super) fn free_texts(&self) -> Vec<String> {
        let free = |field: &&Field| matches!(field.kind, FieldKind::Text { .. });
        self.policy.fields.iter().filter(free).map(|field| printable(&field.name)).collect()
    }
}

/// What values a field takes.
pub(super) fn kind(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Number { unit, min, max, .. } => {
            let unit = printable(unit);
            format!("number from {min} to {max} {unit}").trim_end().to_owned()
        }
        FieldKind::Choice { names, .. } => {
            let names: Vec<_> = names.iter().map(|name| printable(name)).collect();
            format!("one of: {}", names.join(", "))
        }
        FieldKind::Flag => "yes or no".to_owned(),
        FieldKind::Text { max } => format!("free text of up to {max} bytes"),
        FieldKind::Position => "place".to_owned(),
        FieldKind::Time => "time".to_owned(),
    }
}

pub(super) const fn sensitivity(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Low => "low",
        Sensitivity::Moderate => "moderate",
        Sensitivity::High => "high",
        Sensitivity::Severe => "severe",
    }
}

/// A policy's own words, without what moves a cursor or turns a line.
pub(super) fn own(text: &str) -> Text {
    printable(text).into()
}

/// `1 device`, `2 devices`.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// Whether reports are reduced to what the policy names before anybody gets them.
pub(super) const fn is_reduced(preset: Preset) -> bool {
    matches!(preset, Preset::Cowl)
}
