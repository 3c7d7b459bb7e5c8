//! Numbers as people read them.

use std::time::Duration;

use cowl_core::rfc3339;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// To the minute: `2026-11-03 14:05 UTC`.
pub(super) fn date(unix_seconds: u64) -> String {
    let text = rfc3339(unix_seconds);
    format!("{} UTC", text.get(..16).unwrap_or(&text).replacen('T', " ", 1))
}

/// Rounded down to the largest unit: `3 days`, `5 h`, `12 min`, `4 s`, `16 years`.
pub(super) fn span(seconds: u64) -> String {
    let of = |count: u64, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    match seconds {
        0..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..DAY => format!("{} h", seconds / HOUR),
        _ if seconds < 730 * DAY => of(seconds / DAY, "day", "days"),
        _ => of(seconds / (365 * DAY), "year", "years"),
    }
}

/// A bound, rounded up: `11 s`, `101 s`, `12 min`.
pub(super) fn at_most(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    if seconds < 10 * MINUTE { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(MINUTE)) }
}

/// SI, rounded down: `930 bytes`, `77 kB`, `16.8 MB`, `1.2 GB`.
pub(super) fn bytes(bytes: u64) -> String {
    let tenths = |unit: u64, name: &str| {
        let tenths = bytes / (unit / 10);
        match tenths % 10 {
            0 => format!("{} {name}", tenths / 10),
            rest => format!("{}.{rest} {name}", tenths / 10),
        }
    };
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => tenths(1_000_000, "MB"),
        _ => tenths(1_000_000_000, "GB"),
    }
}

/// `1 member`, `3 members`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_read_them() {
        let spans = [4, 720, 18_000, 86_400, 3 * 86_400, 900 * 86_400].map(span);
        assert_eq!(spans, ["4 s", "12 min", "5 h", "1 day", "3 days", "2 years"]);
        let bounds = [10_200, 100_200, 600_001].map(|time| at_most(Duration::from_millis(time)));
        assert_eq!(bounds, ["11 s", "101 s", "11 min"]);
        let sizes = [930, 77_900, 16_850_000, 2_000_000_000].map(bytes);
        assert_eq!(sizes, ["930 bytes", "77 kB", "16.8 MB", "2 GB"]);
        assert_eq!(date(1_800_000_000), "2027-01-15 08:00 UTC");
        assert_eq!((count(1, "a", "b"), count(2, "a", "b")), ("1 a".to_owned(), "2 b".to_owned()));
    }
}
