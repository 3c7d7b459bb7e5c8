//! A report as it may be handed on: no finer than its role may read it by the policy of today, and under no name.

use cowl_core::{
    Decimal, Policy,
    policy::{Field, FieldKind, Precision, Read, Role, RoleKind},
    rfc3339, unix_seconds,
};
use serde_json::{Map, Number, Value};

use super::{
    super::{ArchiveError, Kept},
    place::{Place, Places},
};
use crate::triage::{Triage, TriageField};

/// Times of arrival are rounded down to so many seconds, or to the role's own grain of time where that is coarser: to the
/// second they would join a report with what was recorded on a network.
const MINUTE: u64 = 60;

/// A report that may leave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Case {
    pub(super) role: String,
    /// Unix seconds, rounded down.
    pub(super) received: u64,
    /// Until when the role itself may keep it.
    pub(super) keeps: u32,
    pub(super) triage: Option<Triage>,
    pub(super) place: Option<Place>,
    /// In the order of the policy; the position is not among them.
    pub(super) fields: Vec<(String, Value)>,
    /// The report's id, which only numbers are made of.
    pub(super) report: [u8; 16],
    /// Whose it is within its epoch; for counting people only.
    pub(super) sender: Option<(u32, String)>,
}

/// Makes cases by a policy.
#[derive(Debug)]
pub(super) struct Reducer {
    policy: Policy,
    places: Places,
    pub(super) triage: Option<TriageField>,
}

impl Reducer {
    pub(super) fn new(policy: Policy) -> Self {
        Self { places: Places::new(policy.zones.clone()), triage: TriageField::of(&policy), policy }
    }

    pub(super) const fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) const fn places(&self) -> &Places {
        &self.places
    }

    /// What of a report may leave; `None` of a role that the policy does not know, or that does not read reports.
    pub(super) fn reduce(&self, kept: &Kept) -> Result<Option<Case>, ArchiveError> {
        let role = self.policy.roles.iter().find(|role| role.name == kept.role);
        let Some(role) = role.filter(|role| role.kind == RoleKind::Reports) else { return Ok(None) };
        let Ok(Value::Object(said)) = serde_json::from_str::<Value>(&kept.fields) else {
            return Err(ArchiveError::Damaged {
                path: "".into(),
                what: "fields of record",
                number: kept.number,
            });
        };
        let position = self.position(role, &said);
        let fields = self.fields(role, &said, position.as_ref().is_some_and(|(_, whole)| *whole));
        let triage = self.triage.as_ref().and_then(|field| {
            let (_, value) = fields.iter().find(|(name, _)| *name == field.name)?;
            field.colour(value.as_str()?)
        });
        let grain = grain(role).max(MINUTE);
        Ok(Some(Case {
            role: role.name.clone(),
            received: kept.received - kept.received % grain,
            keeps: role.retention_seconds,
            triage,
            place: position.map(|(place, _)| place),
            fields,
            report: kept.report,
            sender: kept.from.clone().map(|from| (kept.epoch, from)),
        }))
    }

    /// Where it is, and whether that is as precise as the role asked for.
    fn position(&self, role: &Role, said: &Map<String, Value>) -> Option<(Place, bool)> {
        let index = self.policy.position_field()?;
        let may = role.reads.iter().find(|read| read.field == index)?.precision;
        self.places.of(said.get(&self.policy.field(index)?.name)?, may)
    }

    fn fields(&self, role: &Role, said: &Map<String, Value>, whole_place: bool) -> Vec<(String, Value)> {
        let one = |read: &Read| {
            let field = self.policy.field(read.field)?;
            if field.kind == FieldKind::Position || (field.with_position && !whole_place) {
                return None;
            }
            Some((field.name.clone(), coarse(field, read.precision, said.get(&field.name)?)?))
        };
        role.reads.iter().filter_map(one).collect()
    }
}

/// Seconds to which the role may read times; 0 if it reads none.
fn grain(role: &Role) -> u64 {
    let grain = |read: &Read| match read.precision {
        Precision::Grain(seconds) => u64::from(seconds),
        _ => 0,
    };
    role.reads.iter().map(grain).max().unwrap_or(0)
}

/// The value as coarse as the role reads the field today; what was kept under an older policy may be finer. `None`: it is not
/// what the field holds.
fn coarse(field: &Field, precision: Precision, value: &Value) -> Option<Value> {
    match (&field.kind, precision, value) {
        (FieldKind::Number { .. }, Precision::Decimals(decimals), Value::Number(number)) => {
            shown(Decimal::round(number.as_f64()?, decimals)?)
        }
        (FieldKind::Number { .. }, Precision::Step { step, decimals }, Value::Number(number)) => {
            shown(Decimal::round(number.as_f64()?, decimals)?.to_step(step))
        }
        (FieldKind::Time, Precision::Grain(grain), Value::String(text)) => {
            let seconds = unix_seconds(text)?;
            Some(rfc3339(seconds - seconds % u64::from(grain.max(1))).into())
        }
        (FieldKind::Number { .. }, _, Value::Number(_))
        | (FieldKind::Flag, _, Value::Bool(_))
        | (FieldKind::Choice { .. } | FieldKind::Text { .. } | FieldKind::Time, _, Value::String(_)) => {
            Some(value.clone())
        }
        _ => None,
    }
}

fn shown(decimal: Decimal) -> Option<Value> {
    if decimal.decimals == 0 {
        return Some(decimal.scaled.into());
    }
    Number::from_f64(decimal.to_f64()).map(Value::Number)
}
