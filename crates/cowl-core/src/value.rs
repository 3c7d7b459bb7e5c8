//! One field of a report as a role gets it (spec §2.5).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use minicbor::data::{Tag, Type};
use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::decimal::{Decimal, MAX_DECIMALS};
use crate::instant;
use crate::position::Position;
use crate::zone::Zone;

/// RFC 8949 §3.4.2: seconds since 1970.
const TIME_TAG: Tag = Tag::new(1);
/// RFC 8949 §3.4.4: a decimal fraction.
const DECIMAL_TAG: Tag = Tag::new(4);
/// More levels than a ladder has are no zones.
const MAX_ZONES: u64 = 8;

/// One value, already at the precision that the role may read. `Debug` shows its kind only.
///
/// CBOR, self-describing: a number is an integer, or a decimal fraction `4([-decimals, scaled])`; a choice `[n]`; a
/// flag, a text themselves; a time `1(seconds)`; a zone `[level, label]`; zones `[[level, label], …]`; an exact
/// position `[decimals, latitude, longitude]`, both in units of the last decimal of a degree.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// A number.
    Number(Decimal),
    /// Which of the field's choices.
    Choice(u16),
    /// Yes or no.
    Flag(bool),
    /// Text.
    Text(String),
    /// The zone of a position.
    Zone(Zone),
    /// The zone at each level that has one, fine to coarse: what a census counts.
    Zones(Vec<Zone>),
    /// A position.
    Exact(ExactPosition),
    /// Seconds since 1970 UTC, rounded down to the role's grain.
    Time(u64),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number(_) => "Number(…)",
            Self::Choice(_) => "Choice(…)",
            Self::Flag(_) => "Flag(…)",
            Self::Text(_) => "Text(…)",
            Self::Zone(_) => "Zone(…)",
            Self::Zones(_) => "Zones(…)",
            Self::Exact(_) => "Exact(…)",
            Self::Time(_) => "Time(…)",
        })
    }
}

/// A position rounded to a number of decimals of a degree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ExactPosition {
    /// Degrees north.
    pub latitude: Decimal,
    /// Degrees east, with the same decimals.
    pub longitude: Decimal,
}

impl ExactPosition {
    /// Rounds, ties to even. `None`: more decimals than there are.
    pub fn round(position: Position, decimals: u8) -> Option<Self> {
        Some(Self {
            latitude: Decimal::round(position.latitude(), decimals)?,
            longitude: Decimal::round(position.longitude(), decimals)?,
        })
    }

    /// As a position; `None`: outside the Earth's degrees (a decoded one may be).
    pub fn position(self) -> Option<Position> {
        Position::new(self.latitude.to_f64(), self.longitude.to_f64()).ok()
    }
}

impl fmt::Debug for ExactPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExactPosition(…)")
    }
}

/// Seconds since 1970 UTC as RFC 3339 (`2010-01-12T04:08:00Z`), for people.
pub fn rfc3339(seconds: u64) -> String {
    let mut text = String::with_capacity(20);
    // writing to a String cannot fail
    let _ = instant::write(&mut text, seconds);
    text
}

/// Reads a time as people write it: RFC 3339, or a date alone, which is its first second; without a zone it is UTC. `None`:
/// it is none, or before 1970.
pub fn unix_seconds(text: &str) -> Option<u64> {
    instant::parse(text).or_else(|| instant::parse(&alloc::format!("{text}T00:00:00Z")))
}

impl<C> Encode<C> for Value {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Number(number) if number.decimals == 0 => e.i64(number.scaled)?.ok(),
            Self::Number(number) => {
                e.tag(DECIMAL_TAG)?.array(2)?.i64(-i64::from(number.decimals))?.i64(number.scaled)?.ok()
            }
            Self::Choice(choice) => e.array(1)?.u16(*choice)?.ok(),
            Self::Flag(flag) => e.bool(*flag)?.ok(),
            Self::Text(text) => e.str(text)?.ok(),
            Self::Zone(zone) => zone.encode(e, ctx),
            Self::Zones(zones) => encode_zones(zones, e),
            Self::Exact(position) => e
                .array(3)?
                .u8(position.latitude.decimals)?
                .i64(position.latitude.scaled)?
                .i64(position.longitude.scaled)?
                .ok(),
            Self::Time(seconds) => e.tag(TIME_TAG)?.u64(*seconds)?.ok(),
        }
    }
}

/// As [`Value::Zones`], of zones that stay with the caller.
pub(crate) fn encode_zones<W: minicbor::encode::Write>(
    zones: &[Zone],
    e: &mut Encoder<W>,
) -> Result<(), minicbor::encode::Error<W::Error>> {
    e.array(zones.len() as u64)?;
    zones.iter().try_for_each(|zone| zone.encode(e, &mut ()))
}

impl<'b, C> Decode<'b, C> for Value {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let malformed = || minicbor::decode::Error::message("not a value");
        match d.datatype()? {
            Type::Bool => d.bool().map(Self::Flag),
            Type::String => d.str().map(|text| Self::Text(text.into())),
            Type::Tag => match d.tag()? {
                TIME_TAG => d.u64().map(Self::Time),
                DECIMAL_TAG if d.array()? == Some(2) => {
                    let decimals = d.i64()?.checked_neg().and_then(|number| u8::try_from(number).ok());
                    let decimals = decimals
                        .filter(|number| (1..=MAX_DECIMALS).contains(number))
                        .ok_or_else(malformed)?;
                    Ok(Self::Number(Decimal { scaled: d.i64()?, decimals }))
                }
                _ => Err(malformed()),
            },
            Type::Array => {
                let length = d.array()?.ok_or_else(malformed)?;
                let of_arrays = length == 0 || d.datatype()? == Type::Array;
                match length {
                    0..=MAX_ZONES if of_arrays => {
                        (0..length).map(|_| Zone::decode(d, ctx)).collect::<Result<_, _>>().map(Self::Zones)
                    }
                    1 => d.u16().map(Self::Choice),
                    2 => Ok(Self::Zone(Zone {
                        level: Decode::decode(d, ctx)?,
                        label: Decode::decode(d, ctx)?,
                    })),
                    3 => {
                        let decimals = d.u8()?;
                        let latitude = Decimal { scaled: d.i64()?, decimals };
                        let position =
                            ExactPosition { latitude, longitude: Decimal { scaled: d.i64()?, decimals } };
                        if decimals > MAX_DECIMALS || position.position().is_none() {
                            return Err(malformed());
                        }
                        Ok(Self::Exact(position))
                    }
                    _ => Err(malformed()),
                }
            }
            _ => d.i64().map(|scaled| Self::Number(Decimal { scaled, decimals: 0 })),
        }
    }
}
