//! What a person filled in, from the page to a reading.

use alloc::{string::String, vec::Vec};

use cowl_core::{FieldIndex, Members, Policy, RawValue, Reading};
use minicbor::{Decoder, data::Type};

use crate::{about::is_by_clock, fault::Fault};

/// A position's two numbers, whatever the policy calls the field.
const LATITUDE: &str = "lat";
const LONGITUDE: &str = "lon";
/// The names of the fields, of those that are off by default, that the person turned on.
const CHOSEN: &str = "$chosen";

/// A reading, and what was in it.
pub(crate) struct Input {
    /// For the reduction.
    pub(crate) reading: Reading,
    /// Names that the policy knows not.
    pub(crate) dropped: Vec<String>,
}

impl Input {
    /// Decodes a map of names and values. `now` is the operation's time, for fields that the policy takes from the clock.
    pub(crate) fn decode(d: &mut Decoder<'_>, policy: &Policy, now: u64) -> Result<Self, Fault> {
        let (mut members, mut dropped, mut chosen) = (Members::new(), Vec::new(), Vec::new());
        let (mut latitude, mut longitude) = (None, None);
        for _ in 0..d.map()?.ok_or(Fault::CALL)? {
            let name = d.str()?;
            if policy.field_index(name).is_some() {
                let value = scalar(d)?;
                if value != RawValue::Null {
                    members.push(name, value)?;
                }
            } else if name == LATITUDE {
                latitude = Some(scalar(d)?).filter(|value| *value != RawValue::Null);
            } else if name == LONGITUDE {
                longitude = Some(scalar(d)?).filter(|value| *value != RawValue::Null);
            } else if name == CHOSEN {
                for _ in 0..d.array()?.ok_or(Fault::CALL)? {
                    chosen.extend(policy.field_index(d.str()?));
                }
            } else {
                scalar(d)?;
                dropped.push(name.into());
            }
        }
        let position = policy.position_field().and_then(|index| policy.field(index));
        if let Some(field) = position
            && (latitude.is_some() || longitude.is_some())
        {
            // One without the other is a list of one, and refused by the policy as no position.
            let pair = latitude.into_iter().chain(longitude).collect();
            members.push(&field.name, RawValue::List(pair))?;
        }
        for field in &policy.fields {
            if is_by_clock(field) && members.get(&field.name).is_none() {
                let now = i64::try_from(now).map_err(|_| Fault::CALL)?;
                members.push(&field.name, RawValue::Integer(now))?;
            }
        }
        Ok(Self { reading: Reading::by_field(members).at(now).choosing(chosen), dropped })
    }

    /// Whether the person gave a value for a field.
    pub(crate) fn has(policy: &Policy, reading: &Reading, field: FieldIndex) -> bool {
        policy.field(field).is_some_and(|field| reading.members().get(&field.name).is_some())
    }
}

/// One value. An empty text is as if it were not there: that is what an empty box of a form holds.
fn scalar(d: &mut Decoder<'_>) -> Result<RawValue, Fault> {
    Ok(match d.datatype()? {
        Type::Null | Type::Undefined => {
            d.skip()?;
            RawValue::Null
        }
        Type::Bool => RawValue::Flag(d.bool()?),
        Type::F16 | Type::F32 | Type::F64 => RawValue::Real(d.f64()?),
        Type::String => match d.str()? {
            text if text.trim().is_empty() => RawValue::Null,
            text => RawValue::Text(text.into()),
        },
        _ => RawValue::Integer(d.i64()?),
    })
}
