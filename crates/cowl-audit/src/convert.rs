//! Number conversions whose loss does not matter, each stated once.

/// A count as a float. Counts above 2^53 lose their last digits, which no statistic here shows.
#[expect(clippy::cast_precision_loss, reason = "statistics over counts: relative error below 2^-53")]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

/// A length as a count.
pub(crate) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A length as a float.
pub(crate) fn float_len(length: usize) -> f64 {
    float(count(length))
}

/// How often a byte occurs.
#[expect(clippy::naive_bytecount, reason = "short texts: a crate for it would not be faster")]
pub(crate) fn occurrences(bytes: &[u8], wanted: u8) -> usize {
    bytes.iter().filter(|byte| **byte == wanted).count()
}

/// The whole part of a float; 0 below 0 and of what is no number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and the fraction is what is to go"
)]
pub(crate) const fn whole(number: f64) -> u64 {
    number as u64
}
