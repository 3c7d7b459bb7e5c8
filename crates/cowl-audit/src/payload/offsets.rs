//! What each place of equally long payloads does from message to message: stands still, counts, prefers some values.

use core::ops::Range;

use serde::Serialize;

use crate::convert::float_len;

/// Messages below which nothing is said of counters.
const LEAST_FOR_COUNTER: usize = 24;
/// Messages below which nothing is said of preferred values: five for each byte value.
const LEAST_FOR_SKEW: usize = 5 * 256;
/// Standard deviations of the chi-square statistic (Wilson–Hilferty) from which a byte is called skewed: 1 in 10⁹ random ones.
const SKEW: f64 = 6.0;

/// A number that goes up from message to message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CounterAt {
    /// First byte.
    pub offset: usize,
    /// Bytes: 1, 2 or 4.
    pub width: usize,
    /// Most significant byte first.
    pub big_endian: bool,
}

/// Regularities over payloads of one size, in the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct OffsetProfile {
    /// Size of the payloads in bytes.
    pub size: usize,
    /// Payloads looked at.
    pub messages: usize,
    /// Places whose bytes are the same in every message.
    pub constant: Vec<Range<usize>>,
    /// Counters and clocks: in 95 % of the steps the number stays or goes up by less than a sixteenth of its range. The narrowest reading
    /// is given. A counter per sender shows when the messages are those of one sender; look at one connection at a time.
    pub counters: Vec<CounterAt>,
    /// Bytes that prefer some values (from 1,280 messages; constant ones are not repeated here).
    pub skewed: Vec<usize>,
}

/// Looks at payloads of one size in order of arrival. Payloads of other sizes than the first are passed over.
pub fn profile<P: AsRef<[u8]>>(payloads: &[P]) -> OffsetProfile {
    let size = payloads.first().map_or(0, |payload| payload.as_ref().len());
    let group: Vec<&[u8]> =
        payloads.iter().map(AsRef::as_ref).filter(|payload| payload.len() == size).collect();
    let mut found = OffsetProfile { size, messages: group.len(), ..OffsetProfile::default() };
    if group.len() < 2 {
        return found;
    }
    for offset in 0..size {
        let column = || group.iter().filter_map(|payload| payload.get(offset).copied());
        let first = column().next();
        if column().all(|byte| Some(byte) == first) {
            match found.constant.last_mut() {
                Some(range) if range.end == offset => range.end += 1,
                _ => found.constant.push(offset..offset + 1),
            }
        } else if group.len() >= LEAST_FOR_SKEW && is_skewed(column()) {
            found.skewed.push(offset);
        }
    }
    if group.len() >= LEAST_FOR_COUNTER {
        for width in [1, 2, 4] {
            counters(&group, width, &mut found.counters);
        }
    }
    found
}

fn counters(group: &[&[u8]], width: usize, found: &mut Vec<CounterAt>) {
    let size = group.first().map_or(0, |payload| payload.len());
    for offset in 0..(size + 1).saturating_sub(width) {
        for big_endian in [true, false] {
            let covered =
                found.iter().any(|old| old.offset >= offset && old.offset + old.width <= offset + width);
            if !covered && counts_up(group, offset, width, big_endian) {
                found.push(CounterAt { offset, width, big_endian });
            }
        }
    }
}

fn counts_up(group: &[&[u8]], offset: usize, width: usize, big_endian: bool) -> bool {
    let bits = 8 * width;
    let mask = (1_u64 << bits) - 1;
    let mut values = group.iter().filter_map(|payload| payload.get(offset..offset + width)).map(|bytes| {
        let join = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        if big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    });
    let Some(mut before) = values.next() else {
        return false;
    };
    let (mut rises, mut breaks) = (0_usize, 0_usize);
    // 5 % of the steps may break the rule: wrap-arounds of another sender, redeliveries
    let allowed = group.len() / 20;
    for value in values {
        let step = value.wrapping_sub(before) & mask;
        rises += usize::from(step != 0);
        breaks += usize::from(step > mask / 16);
        if breaks > allowed {
            return false;
        }
        before = value;
    }
    rises >= 8
}

fn is_skewed(column: impl Iterator<Item = u8>) -> bool {
    let bytes: Vec<u8> = column.collect();
    let expected = float_len(bytes.len()) / 256.0;
    let counts = crate::payload::entropy::histogram(&bytes);
    let statistic: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    let freedom = 255.0;
    let spread = 2.0 / (9.0 * freedom);
    ((statistic / freedom).cbrt() - (1.0 - spread)) / spread.sqrt() > SKEW
}

#[cfg(test)]
#[path = "offsets_tests.rs"]
mod tests;
