//! From a key and a value to a meaning. No regular expressions: each recogniser is a byte scan.

mod ident;
mod keys;
mod number;
mod place;
mod time;
mod words;

pub(crate) use ident::{looks_random, network_id};
pub(crate) use keys::kind_of_key;
pub(crate) use number::{decimals, digits, parse as parse_number};
pub(crate) use place::coordinate_pair;

use crate::payload::field::{Kind, Precision};

/// A leaf value as the format had it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    /// A string, or a bare word of a text format.
    Text(&'a [u8]),
    /// A number in its decimal text.
    Number(&'a [u8]),
    /// `true` or `false`.
    Flag(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(crate) const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(bytes) | Self::Number(bytes) | Self::Flag(bytes) => bytes,
        }
    }
}

/// What a value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) kind: Kind,
    pub(crate) precision: Precision,
}

pub(crate) const fn exact(kind: Kind) -> Meaning {
    Meaning { kind, precision: Precision::Exact }
}

pub(crate) const fn coarse(kind: Kind) -> Meaning {
    Meaning { kind, precision: Precision::Coarse }
}

const fn graded(kind: Kind, is_exact: bool) -> Meaning {
    if is_exact { exact(kind) } else { coarse(kind) }
}

/// What a leaf says: by its key where the value fits the key, else by its shape, else as number, flag, word or text.
/// `index` is the place in an array. `None`: it says nothing (empty, or long and opaque).
pub(crate) fn meaning(key: Option<&[u8]>, value: Value<'_>, index: Option<usize>) -> Option<Meaning> {
    let bytes = value.bytes().trim_ascii();
    if bytes.is_empty() {
        return None;
    }
    let by_key = key.and_then(kind_of_key).and_then(|kind| by_key(kind, key, value, bytes, index));
    by_key.or_else(|| match value {
        Value::Flag(_) => Some(exact(Kind::Flag)),
        Value::Number(_) => Some(time::epoch(bytes).unwrap_or(exact(Kind::Number))),
        Value::Text(_) => by_shape(bytes).or_else(|| otherwise(bytes)),
    })
}

/// What a value says without any key, from shapes that are unlikely to be something else.
pub(crate) fn by_shape(bytes: &[u8]) -> Option<Meaning> {
    if bytes.len() > 256 {
        return None;
    }
    strong_shape(bytes)
        .or_else(|| coordinate_pair(bytes))
        .or_else(|| time::epoch(bytes))
        .or_else(|| number::parse(bytes).map(|_| exact(Kind::Number)))
        .or_else(|| words::severity(bytes).then_some(exact(Kind::Severity)))
        .or_else(|| ident::is_pseudonym_shape(bytes).then_some(coarse(Kind::Pseudonym)))
}

/// The kind that a value's shape alone says.
pub(crate) fn shape_of(bytes: &[u8]) -> Option<Kind> {
    by_shape(bytes).map(|meaning| meaning.kind)
}

/// Whether a name of a field is rather somebody's or something's own: an address, a random value, a long number.
pub(crate) fn names_somebody(key: &[u8]) -> bool {
    by_shape(key).is_some_and(|meaning| meaning.kind.identifies())
        || looks_random(key)
        || key.split(|byte| !byte.is_ascii_hexdigit()).any(|run| {
            run.len() >= 6 && run.iter().filter(|byte| byte.is_ascii_digit()).count() * 3 >= run.len()
        })
}

/// The shapes that are believed even inside binary data.
pub(crate) fn strong_shape(bytes: &[u8]) -> Option<Meaning> {
    if bytes.len() < 5 || bytes.len() > 256 {
        return None;
    }
    network_id(bytes).or_else(|| place::label(bytes)).or_else(|| time::written(bytes))
}

fn by_key(
    kind: Kind,
    key: Option<&[u8]>,
    value: Value<'_>,
    bytes: &[u8],
    index: Option<usize>,
) -> Option<Meaning> {
    let numeric = number::parse(bytes);
    match kind {
        Kind::Latitude => {
            numeric.filter(|degrees| degrees.abs() <= 90.0).map(|_| place::degrees(kind, bytes))
        }
        Kind::Longitude => {
            numeric.filter(|degrees| degrees.abs() <= 180.0).map(|_| place::degrees(kind, bytes))
        }
        Kind::Position => place::position(key, bytes, index, numeric),
        Kind::PlaceName | Kind::Mgrs | Kind::H3Cell | Kind::Geohash => match value {
            Value::Flag(_) => None,
            _ => place::keyed_label(kind, bytes),
        },
        Kind::IpAddress => ident::keyed_ip(bytes),
        Kind::MacAddress => ident::keyed_mac(bytes),
        Kind::Phone => ident::keyed_phone(bytes),
        Kind::Email => network_id(bytes).filter(|found| found.kind == Kind::Email),
        Kind::PersonName => match value {
            Value::Flag(_) => Some(exact(Kind::Id)),
            _ => Some(ident::reach(key, bytes).unwrap_or_else(|| match value {
                Value::Text(_) => words::person(bytes),
                _ => exact(Kind::Id),
            })),
        },
        Kind::UserId | Kind::DeviceId | Kind::Id | Kind::KeyId | Kind::Credential | Kind::Pseudonym => {
            ident::keyed(kind, value, bytes)
        }
        Kind::Timestamp => time::keyed(bytes),
        Kind::Temperature | Kind::Battery | Kind::Altitude | Kind::Motion => numeric.map(|_| exact(kind)),
        Kind::FreeText => matches!(value, Value::Text(_)).then_some(exact(Kind::FreeText)),
        Kind::Severity | Kind::Health | Kind::Demographic => Some(words::keyed(kind, bytes)),
        // versions look like addresses
        Kind::Word => matches!(value, Value::Text(_)).then_some(exact(Kind::Word)),
        _ => None,
    }
}

fn otherwise(bytes: &[u8]) -> Option<Meaning> {
    if words::is_range(bytes) {
        Some(coarse(Kind::Number))
    } else if words::is_free_text(bytes) {
        Some(exact(Kind::FreeText))
    } else if looks_random(bytes) {
        // up to 32 bytes of base64 it may name somebody again; longer it is taken for ciphertext
        (bytes.len() <= 44).then_some(coarse(Kind::Id))
    } else {
        Some(exact(Kind::Word))
    }
}

#[cfg(test)]
#[path = "recognise_tests.rs"]
mod tests;
