//! Numbers as people read them.

use std::time::Duration;

/// `0.2 s`, `10 s`, `1 min 40 s`, `2 h 5 min`, `3 days`; rounded up, as all that is said so is a bound.
pub(super) fn duration(duration: Duration) -> String {
    let tenths = duration.as_micros().div_ceil(100_000);
    if tenths < 600 && !tenths.is_multiple_of(10) {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    let whole = |unit: u64| {
        u64::try_from(duration.as_nanos().div_ceil(u128::from(unit) * 1_000_000_000)).unwrap_or(u64::MAX)
    };
    let (seconds, minutes, hours) = (whole(1), whole(60), whole(3_600));
    let pair = |large: u64, one: &str, small: u64, other: &str| match small {
        0 => format!("{large} {one}"),
        _ => format!("{large} {one} {small} {other}"),
    };
    if seconds < 60 {
        format!("{seconds} s")
    } else if seconds < 3_600 {
        pair(seconds / 60, "min", seconds % 60, "s")
    } else if minutes < 24 * 60 {
        pair(minutes / 60, "h", minutes % 60, "min")
    } else {
        pair(hours / 24, if hours < 48 { "day" } else { "days" }, hours % 24, "h")
    }
}

/// `930 bytes`, `77 kB`, `16.9 MB`, `1.2 GB`: SI, rounded up.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => tenths(bytes.div_ceil(100_000), "MB"),
        _ => tenths(bytes.div_ceil(100_000_000), "GB"),
    }
}

/// `8,640`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn tenths(tenths: u64, unit: &str) -> String {
    if tenths.is_multiple_of(10) {
        format!("{} {unit}", tenths / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_up() {
        for (milliseconds, text) in [
            (0, "0 s"),
            (101, "0.2 s"),
            (1_000, "1 s"),
            (10_200, "10.2 s"),
            (59_990, "1 min"),
            (60_000, "1 min"),
            (100_000, "1 min 40 s"),
            (7_440_001, "2 h 5 min"),
            (10_799_999, "3 h"),
            (86_400_000, "1 day"),
            (3 * 86_400_000, "3 days"),
        ] {
            assert_eq!(duration(Duration::from_millis(milliseconds)), text);
        }
    }

    #[test]
    fn bytes_and_counts() {
        for (number, text) in [
            (930, "930 bytes"),
            (76_001, "77 kB"),
            (16_850_001, "16.9 MB"),
            (21_000_000, "21 MB"),
            (1_200_000_000, "1.2 GB"),
        ] {
            assert_eq!(bytes(number), text);
        }
        for (number, text) in [(0, "0"), (999, "999"), (8_640, "8,640"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
    }
}
