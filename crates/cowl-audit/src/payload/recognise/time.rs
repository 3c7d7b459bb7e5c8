//! Points in time, and their grain.

use super::number::{digits, parse};
use super::{Meaning, coarse, exact, graded};
use crate::payload::field::Kind;

/// 2001-09-09 to 2096: numbers in here, in seconds, are taken for Unix time even without a key.
const SECONDS: core::ops::RangeInclusive<u64> = 1_000_000_000..=3_999_999_999;

/// A whole number that is Unix time in s, ms, µs or ns in a plausible range. Coarse when it is a multiple of an hour.
pub(super) fn epoch(bytes: &[u8]) -> Option<Meaning> {
    if !matches!(bytes.len(), 10 | 13 | 16 | 19) {
        return None;
    }
    let value = digits(bytes)?;
    let unit = match bytes.len() {
        10 => 1,
        13 => 1_000,
        16 => 1_000_000,
        _ => 1_000_000_000,
    };
    // without a key, whole seconds beyond 2038 are rather telephone or serial numbers
    let seconds = value / unit;
    (SECONDS.contains(&seconds) && seconds <= 2_147_483_647).then(|| grain(value, unit))
}

/// `2010-01-12`, `2010-01-12T04:08`, with or without seconds, fraction and zone. Coarse when it stops at the day or the hour, or
/// when minutes and seconds are zero.
pub(super) fn written(bytes: &[u8]) -> Option<Meaning> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, ref rest @ ..] = bytes else {
        return None;
    };
    let date = [y0, y1, y2, y3, m0, m1, d0, d1];
    if !date.iter().all(u8::is_ascii_digit) || rest.len() > 22 {
        return None;
    }
    match rest {
        [] => Some(coarse(Kind::Timestamp)),
        [b'T' | b't' | b' ', h0, h1, tail @ ..] if h0.is_ascii_digit() && h1.is_ascii_digit() => {
            let fine =
                tail.split(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-')).next().unwrap_or_default();
            let plausible =
                fine.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b','));
            plausible.then(|| graded(Kind::Timestamp, fine.iter().any(|byte| (b'1'..=b'9').contains(byte))))
        }
        _ => None,
    }
}

/// A value whose key says time: any of the above, a clock time, or any number.
pub(super) fn keyed(bytes: &[u8]) -> Option<Meaning> {
    if let Some(found) = epoch(bytes).or_else(|| written(bytes)) {
        return Some(found);
    }
    if let Some(value) = digits(bytes) {
        return Some(grain(value, if value > *SECONDS.end() { 1_000 } else { 1 }));
    }
    if parse(bytes).is_some() {
        return Some(exact(Kind::Timestamp));
    }
    let clock = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b":-/., +".contains(byte));
    let has_digit = bytes.iter().any(u8::is_ascii_digit);
    (clock && has_digit).then(|| graded(Kind::Timestamp, bytes.contains(&b':')))
}

fn grain(value: u64, unit: u64) -> Meaning {
    graded(Kind::Timestamp, !value.is_multiple_of(3_600 * unit))
}
