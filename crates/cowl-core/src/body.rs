//! A role's part of a report, decoded: what a receiver reads (spec §2.4).

use alloc::vec::Vec;

use minicbor::{Decode, Decoder};

use crate::ids::{FieldIndex, RoleIndex};
use crate::policy::{EXACT_POSITION_DECIMALS, FieldKind, Policy, Precision, Role, RoleKind};
use crate::value::Value;

/// Why bytes are no body of a role. Who made them held the keys, so this is a fault or a forgery, not noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The policy has no such role.
    #[error("the policy has no such role")]
    NoRole,
    /// Not a CBOR map of fields and values, or something stands behind it.
    #[error("not a body")]
    Malformed,
    /// Fields out of order, or one twice: there is one encoding of a report only.
    #[error("the fields are not in ascending order")]
    Order,
    /// A field that the role may not read, or that does not exist.
    #[error("field {} is not for this role", .0.0)]
    NotForRole(FieldIndex),
    /// A value of another kind or precision than the policy says.
    #[error("field {} has a value of another kind or precision than the policy says", .0.0)]
    Value(FieldIndex),
}

/// What one role was given of one report: fields that it may read, each at its precision.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    role: RoleIndex,
    fields: Vec<(FieldIndex, Value)>,
}

impl Body {
    /// Decodes the body of a role, and holds it against the policy.
    pub fn decode(policy: &Policy, role: RoleIndex, bytes: &[u8]) -> Result<Self, BodyError> {
        Self::by(policy, policy.role(role).ok_or(BodyError::NoRole)?, role, bytes)
    }

    /// Decodes what custodians opened, and holds it against the policy. Its role is the one behind the last.
    pub fn decode_custody(policy: &Policy, bytes: &[u8]) -> Result<Self, BodyError> {
        let role = RoleIndex(u8::try_from(policy.roles.len()).unwrap_or(u8::MAX));
        Self::by(policy, policy.custody_role().ok_or(BodyError::NoRole)?, role, bytes)
    }

    fn by(policy: &Policy, rules: &Role, role: RoleIndex, bytes: &[u8]) -> Result<Self, BodyError> {
        let mut d = Decoder::new(bytes);
        let count = d.map().ok().flatten().ok_or(BodyError::Malformed)?;
        let mut fields: Vec<(FieldIndex, Value)> = Vec::new();
        for _ in 0..count {
            let field = FieldIndex(d.u8().map_err(|_| BodyError::Malformed)?);
            let value = Value::decode(&mut d, &mut ()).map_err(|_| BodyError::Malformed)?;
            if fields.last().is_some_and(|(last, _)| *last >= field) {
                return Err(BodyError::Order);
            }
            check(policy, rules, field, &value)?;
            fields.push((field, value));
        }
        if d.position() == bytes.len() { Ok(Self { role, fields }) } else { Err(BodyError::Malformed) }
    }

    /// Whose body it is.
    pub const fn role(&self) -> RoleIndex {
        self.role
    }

    /// The value of a field, if the report had one that this role may read.
    pub fn get(&self, field: FieldIndex) -> Option<&Value> {
        self.fields.iter().find(|(known, _)| *known == field).map(|(_, value)| value)
    }

    /// All fields, ascending.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (FieldIndex, &Value)> {
        self.fields.iter().map(|(field, value)| (*field, value))
    }

    /// Whether the report had nothing for this role.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

fn check(policy: &Policy, role: &Role, index: FieldIndex, value: &Value) -> Result<(), BodyError> {
    let levels = policy.zones.levels().len();
    if role.kind == RoleKind::Census {
        let Value::Zones(zones) = value else { return Err(BodyError::Value(index)) };
        let ascending = zones.iter().zip(zones.iter().skip(1)).all(|(finer, zone)| finer.level < zone.level);
        let known = zones.iter().all(|zone| usize::from(zone.level.0) < levels);
        return if policy.position_field() != Some(index) {
            Err(BodyError::NotForRole(index))
        } else if ascending && known {
            Ok(())
        } else {
            Err(BodyError::Value(index))
        };
    }
    let read = role.reads.iter().find(|read| read.field == index).ok_or(BodyError::NotForRole(index))?;
    let field = policy.field(index).ok_or(BodyError::NotForRole(index))?;
    let holds = match (&field.kind, read.precision, value) {
        (FieldKind::Number { .. }, Precision::Step { step, decimals }, Value::Number(number)) => {
            number.decimals == decimals && number.scaled % step.max(1) == 0
        }
        (FieldKind::Number { .. }, Precision::Decimals(decimals), Value::Number(number)) => {
            number.decimals == decimals
        }
        (FieldKind::Number { decimals, .. }, Precision::Exact, Value::Number(number)) => {
            number.decimals == *decimals
        }
        (FieldKind::Choice { names, .. }, _, Value::Choice(choice)) => usize::from(*choice) < names.len(),
        (FieldKind::Flag, _, Value::Flag(_)) | (FieldKind::Time, Precision::Exact, Value::Time(_)) => true,
        (FieldKind::Text { max }, _, Value::Text(text)) => text.len() <= usize::from(*max),
        (FieldKind::Time, Precision::Grain(grain), Value::Time(seconds)) => {
            seconds % u64::from(grain.max(1)) == 0
        }
        (FieldKind::Position, Precision::Level { level, .. }, Value::Zone(zone)) => {
            zone.level >= level && usize::from(zone.level.0) < levels
        }
        (FieldKind::Position, Precision::Decimals(decimals), Value::Exact(position)) => {
            position.latitude.decimals == decimals
        }
        (FieldKind::Position, Precision::Exact, Value::Exact(position)) => {
            position.latitude.decimals == EXACT_POSITION_DECIMALS
        }
        _ => false,
    };
    if holds { Ok(()) } else { Err(BodyError::Value(index)) }
}
