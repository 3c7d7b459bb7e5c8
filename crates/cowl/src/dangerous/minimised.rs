//! The study's minimised message: severity, zone and a fixed token.

use cowl_core::policy::{Field, FieldKind, Precision, Read, Role, RoleKind, Traffic};
use cowl_core::{
    Body, FieldIndex, LevelIndex, Notice, Notices, Policy, Reading, RoleIndex, Surroundings, Value,
};
use serde_json::{Map, Value as Json};

use super::error::{ExposeError, SetupError};
use super::token::FixedToken;
use crate::formats;

/// The field that says how bad it is, by its name in the policy.
const SEVERITY: &str = "severity";
const ZONE: &str = "zone";
const TOKEN: &str = "token";
/// The one role of the policy below.
const READER: RoleIndex = RoleIndex(0);
/// More than a severity and a zone ever take.
const ROOM: u16 = 4_096;

/// Reduces by policies of its own: the operation's fields and zones, and a single role that reads the severity and the
/// zone at one level. The first is for the fallback level or, outside its zones, a coarser one; the others for the finer
/// levels, coarsest first, for positions outside all of those: the study names a zone for every position.
pub(super) struct Minimiser {
    usual: Policy,
    finer: Vec<Policy>,
}

/// A minimised report, and what it left out.
pub(super) struct Minimised {
    pub(super) fields: Map<String, Json>,
    pub(super) notices: Notices,
}

impl Minimiser {
    pub(super) fn of(policy: &Policy) -> Result<Self, SetupError> {
        let fallback = policy.anonymity.fallback;
        let finer = (0..fallback.0).rev().map(LevelIndex);
        Ok(Self {
            usual: minimal(policy, Precision::Level { level: fallback, anonymous: true })?,
            finer: finer
                .map(|level| minimal(policy, Precision::Level { level, anonymous: false }))
                .collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn minimise(
        &self,
        reading: &Reading,
        token: FixedToken,
        now: u64,
    ) -> Result<Minimised, ExposeError> {
        let mut minimised = fields(&self.usual, reading, now)?;
        for policy in &self.finer {
            if minimised.notices.get(Notice::OutsideZones) == 0 {
                break;
            }
            minimised = fields(policy, reading, now)?;
        }
        minimised.fields.insert(TOKEN.into(), token.to_string().into());
        Ok(minimised)
    }
}

/// The operation's policy with nothing left in it but the severity, and the position at this precision.
fn minimal(policy: &Policy, zone: Precision) -> Result<Policy, SetupError> {
    let mut draft = policy.as_draft().clone();
    // Both speak of fields that go.
    draft.traffic = Traffic::default();
    draft.devices.clear();
    draft.fields.retain(|field| field.name == SEVERITY || field.kind == FieldKind::Position);
    for field in &mut draft.fields {
        field.with_position = false;
    }
    if draft.fields.is_empty() {
        return Err(SetupError::NothingLeft);
    }
    let precision = |kept: &Field| if kept.kind == FieldKind::Position { zone } else { Precision::Exact };
    let reads = (0..).map(FieldIndex).zip(&draft.fields);
    draft.roles = vec![Role {
        name: "minimised".into(),
        kind: RoleKind::Reports,
        size: ROOM,
        reads: reads.map(|(field, kept)| Read { field, precision: precision(kept) }).collect(),
        purpose: "the study's minimised message".into(),
        retention_seconds: 0,
    }];
    Ok(draft.check()?)
}

fn fields(policy: &Policy, reading: &Reading, now: u64) -> Result<Minimised, ExposeError> {
    let reduced = policy.reduce(reading.clone(), &Surroundings { counts: None, now })?;
    let body = Body::decode(policy, READER, reduced.part(READER).unwrap_or_default())?;
    let mut fields = Map::new();
    fields.extend(formats::to_json(policy, &body).remove_entry(SEVERITY));
    fields.extend(body.iter().find_map(|(_, value)| zone(value)).map(|label| (ZONE.into(), label)));
    Ok(Minimised { fields, notices: *reduced.notices() })
}

fn zone(value: &Value) -> Option<Json> {
    match value {
        Value::Zone(zone) => Some(zone.label.as_str().into()),
        _ => None,
    }
}
