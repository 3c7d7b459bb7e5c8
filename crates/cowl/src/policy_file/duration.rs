//! `"6h"`, `"28 days"`: durations as people write them.

/// Seconds; `None`: not a whole number and a unit.
pub(super) fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|char: char| !char.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim() {
        "s" | "second" | "seconds" => 1,
        "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// The same in milliseconds, which may be written too.
pub(super) fn parse_ms(text: &str) -> Option<u64> {
    let number = text.trim().strip_suffix("ms").and_then(|number| number.trim_end().parse().ok());
    number.or_else(|| parse(text)?.checked_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_ms};

    #[test]
    fn reads_numbers_with_units() {
        assert_eq!(parse("6h"), Some(21_600));
        assert_eq!(parse("28 days"), Some(2_419_200));
        assert_eq!(parse("90"), None);
        assert_eq!(parse("h"), None);
        assert_eq!(parse("1.5h"), None);
        assert_eq!(parse_ms("250 ms"), Some(250));
        assert_eq!(parse_ms("10s"), Some(10_000));
        assert_eq!(parse_ms("2 min"), Some(120_000));
        assert_eq!(parse_ms("250"), None);
        assert_eq!(parse("99999999999999999999 d"), None);
    }
}
