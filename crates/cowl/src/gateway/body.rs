//! What waits in the queue: a report as it was taken, before any role's precision.
//!
//! ```text
//! [1, report id: 16 bytes, identity, Unix time, [[field's name, value]…]]
//! value = flag | integer | float64 | text | [latitude, longitude]
//! ```
//!
//! Fields are named and not numbered: the policy may change while a report waits. So that it can be destroyed, it is sealed
//! once more (see `vault`), and waits as
//!
//! ```text
//! [2, key id: 8 bytes, epoch, nonce: 12 ‖ the above, sealed]
//! ```

use cowl_core::{Epoch, MAX_MEMBERS, Members, RawValue, Reading, ReportId};
use minicbor::{Decoder, Encoder, data::Type};
use zeroize::Zeroizing;

/// The form of a report; another one is not read.
const FORM: u8 = 1;
/// The form of a sealed one.
const SEALED: u8 = 2;

/// A report that waits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waiting {
    /// Drawn when it was taken: what names it in all copies.
    pub(super) report: ReportId,
    /// Whose it is.
    pub(super) identity: u32,
    /// When it was taken, by the gateway's clock.
    pub(super) time: u64,
    /// Its fields, by name.
    pub(super) members: Members,
}

/// A report that waits, sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sealed<'a> {
    /// Names its device's key.
    pub(super) key: [u8; 8],
    /// When it was taken: names the other key.
    pub(super) epoch: Epoch,
    /// Nonce and what is sealed.
    pub(super) text: &'a [u8],
}

/// Bytes are no report that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a report as this version writes it")]
pub(super) struct NotWaiting;

impl Waiting {
    /// Writes it. A value that no field can have (an object, a longer list) is left out.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Reserved once and not moved: what is moved from is not wiped.
        let names: usize = self.members.iter().map(|(name, value)| name.len() + 6 + size(value)).sum();
        let mut bytes = Zeroizing::new(Vec::with_capacity(48 + names));
        let written = self.write(&mut Encoder::new(&mut *bytes));
        debug_assert!(written.is_ok(), "a Vec takes everything");
        bytes
    }

    /// Reads it. Nothing that this version does not write is taken.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, NotWaiting> {
        let mut d = Decoder::new(bytes);
        let read = Self::read(&mut d).ok_or(NotWaiting)?;
        if d.position() == bytes.len() { Ok(read) } else { Err(NotWaiting) }
    }

    /// As the policy's reduction takes it.
    pub(super) fn reading(&self) -> Reading {
        Reading::by_field(self.members.clone()).at(self.time)
    }

    fn write<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(5)?.u8(FORM)?.bytes(&self.report.0)?.u32(self.identity)?.u64(self.time)?;
        let fields = || self.members.iter().filter(|(_, value)| is_kept(value));
        e.array(fields().count() as u64)?;
        for (name, value) in fields() {
            e.array(2)?.str(name)?;
            encode(e, value)?;
        }
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Option<Self> {
        (d.array().ok()? == Some(5) && d.u8().ok()? == FORM).then_some(())?;
        let report = ReportId(d.bytes().ok()?.try_into().ok()?);
        let (identity, time) = (d.u32().ok()?, d.u64().ok()?);
        let count = d.array().ok()??;
        (count <= MAX_MEMBERS as u64).then_some(())?;
        let mut members = Members::new();
        for _ in 0..count {
            (d.array().ok()? == Some(2)).then_some(())?;
            let name = d.str().ok()?;
            let value = decode(d, true)?;
            members.push(name, value).ok()?;
        }
        Some(Self { report, identity, time, members })
    }
}

impl<'a> Sealed<'a> {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.text.len() + 24);
        let mut e = Encoder::new(&mut bytes);
        let written = e
            .array(4)
            .and_then(|e| e.u8(SEALED))
            .and_then(|e| e.bytes(&self.key))
            .and_then(|e| e.u32(self.epoch.0))
            .and_then(|e| e.bytes(self.text));
        debug_assert!(written.is_ok(), "a Vec takes everything");
        bytes
    }

    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut d = Decoder::new(bytes);
        (d.array().ok()? == Some(4) && d.u8().ok()? == SEALED).then_some(())?;
        let sealed = Self {
            key: d.bytes().ok()?.try_into().ok()?,
            epoch: Epoch(d.u32().ok()?),
            text: d.bytes().ok()?,
        };
        (d.position() == bytes.len()).then_some(sealed)
    }
}

fn size(value: &RawValue) -> usize {
    match value {
        RawValue::Text(text) => text.len() + 5,
        RawValue::List(pair) => 1 + pair.iter().map(size).sum::<usize>(),
        _ => 9,
    }
}

fn is_kept(value: &RawValue) -> bool {
    match value {
        RawValue::List(pair) => pair.len() == 2 && pair.iter().all(is_scalar),
        value => is_scalar(value),
    }
}

const fn is_scalar(value: &RawValue) -> bool {
    matches!(value, RawValue::Flag(_) | RawValue::Integer(_) | RawValue::Real(_) | RawValue::Text(_))
}

fn encode<W: minicbor::encode::Write>(
    e: &mut Encoder<W>,
    value: &RawValue,
) -> Result<(), minicbor::encode::Error<W::Error>> {
    match value {
        RawValue::Flag(flag) => e.bool(*flag)?.ok(),
        RawValue::Integer(number) => e.i64(*number)?.ok(),
        RawValue::Real(number) => e.f64(*number)?.ok(),
        RawValue::Text(text) => e.str(text)?.ok(),
        RawValue::List(pair) => {
            e.array(pair.len() as u64)?;
            pair.iter().try_for_each(|value| encode(e, value))
        }
        RawValue::Null | RawValue::Object(_) => e.null()?.ok(),
    }
}

fn decode(d: &mut Decoder<'_>, pairs: bool) -> Option<RawValue> {
    match d.datatype().ok()? {
        Type::Bool => d.bool().ok().map(RawValue::Flag),
        Type::F64 => d.f64().ok().map(RawValue::Real),
        Type::String => d.str().ok().map(|text| RawValue::Text(text.to_owned())),
        Type::Array if pairs => {
            (d.array().ok()? == Some(2)).then_some(())?;
            Some(RawValue::List(vec![decode(d, false)?, decode(d, false)?]))
        }
        kind if is_integer(kind) => d.i64().ok().map(RawValue::Integer),
        _ => None,
    }
}

const fn is_integer(kind: Type) -> bool {
    matches!(
        kind,
        Type::U8
            | Type::U16
            | Type::U32
            | Type::U64
            | Type::I8
            | Type::I16
            | Type::I32
            | Type::I64
            | Type::Int
    )
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
