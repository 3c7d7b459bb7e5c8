//! Words that carry meaning by themselves, and plain text.

use super::ident::{is_pseudonym_shape, looks_random};
use super::number::digits;
use super::{Meaning, coarse, exact};
use crate::payload::field::Kind;

/// Words that grade an emergency, whole value, any case.
const SEVERITY: [&str; 17] = [
    "low",
    "minor",
    "medium",
    "moderate",
    "high",
    "severe",
    "critical",
    "urgent",
    "emergency",
    "immediate",
    "delayed",
    "expectant",
    "deceased",
    "sos",
    "alarm",
    "life-threatening",
    "non-urgent",
];

pub(super) fn severity(bytes: &[u8]) -> bool {
    SEVERITY.iter().any(|word| bytes.eq_ignore_ascii_case(word.as_bytes()))
}

/// A value whose key says severity, health or demography: exact, unless it is a range or masked.
pub(super) fn keyed(kind: Kind, bytes: &[u8]) -> Meaning {
    if is_range(bytes) || is_masked(bytes) { coarse(kind) } else { exact(kind) }
}

/// A value whose key says a name: codes instead of names are pseudonyms.
pub(super) fn person(bytes: &[u8]) -> Meaning {
    if is_pseudonym_shape(bytes) || looks_random(bytes) {
        coarse(Kind::Pseudonym)
    } else if digits(bytes).is_some() {
        exact(Kind::Id)
    } else if is_masked(bytes) {
        coarse(Kind::PersonName)
    } else {
        exact(Kind::PersonName)
    }
}

/// `20-29`, `0–4`, `>60`, `<= 5`, `65+`.
pub(super) fn is_range(bytes: &[u8]) -> bool {
    let (head, tail) = match bytes {
        [b'<' | b'>', rest @ ..] => {
            return !rest.is_empty() && rest.iter().all(|b| b.is_ascii_digit() || b"= .".contains(b));
        }
        [rest @ .., b'+'] => return digits(rest).is_some(),
        _ => match bytes.iter().position(|&byte| byte == b'-') {
            Some(at) => (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default()),
            None => return false,
        },
    };
    digits(head.trim_ascii()).is_some_and(|low| low < 10_000)
        && digits(tail.trim_ascii()).is_some_and(|high| high < 10_000)
}

/// Something was replaced by `*`, `xxx` or the word redacted.
pub(super) fn is_masked(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"**")
        || bytes.windows(3).any(|three| three.eq_ignore_ascii_case(b"xxx"))
        || bytes.eq_ignore_ascii_case(b"redacted")
        || bytes.eq_ignore_ascii_case(b"[redacted]")
}

/// At least two words with a letter in them.
pub(super) fn is_free_text(bytes: &[u8]) -> bool {
    bytes
        .split(u8::is_ascii_whitespace)
        .filter(|word| word.iter().any(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80))
        .nth(1)
        .is_some()
}
