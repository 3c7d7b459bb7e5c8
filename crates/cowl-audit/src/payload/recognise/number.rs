//! Decimal numbers as text.

/// The value of a decimal number in the forms of JSON (a leading `+` or bare point is let through); `None` for anything else,
/// infinity, or text beyond 40 bytes.
pub(crate) fn parse(bytes: &[u8]) -> Option<f64> {
    let first = *bytes.first()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) || bytes.len() > 40 {
        return None;
    }
    let last = *bytes.last()?;
    if !(last.is_ascii_digit() || last == b'.') {
        return None;
    }
    let value: f64 = core::str::from_utf8(bytes).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

/// Digits written after the decimal point.
pub(crate) fn decimals(bytes: &[u8]) -> usize {
    let point = bytes.iter().position(|&byte| byte == b'.');
    let tail = point.and_then(|at| bytes.get(at + 1..)).unwrap_or_default();
    tail.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The value of a run of ASCII digits that fits 64 bits.
pub(crate) fn digits(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || bytes.len() > 19 {
        return None;
    }
    bytes.iter().try_fold(0_u64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
}
