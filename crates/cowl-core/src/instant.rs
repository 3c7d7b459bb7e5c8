//! Points in time as people and devices write them: seconds since 1970 UTC, RFC 3339, ISO 8601 without a zone.

use core::fmt;

/// 9999-12-31T23:59:59Z: the last second that RFC 3339 can write.
pub(crate) const LAST: u64 = 253_402_300_799;

const DAY: i64 = 86_400;

/// Reads RFC 3339 (`2010-01-12T04:08:00Z`, `…+05:00`, a blank or `t` instead of `T`) and, because field data has it,
/// the same without seconds or without zone, which is **taken as UTC**. Fractions of a second are dropped. `None`:
/// none of these, or before 1970.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let (year, rest) = digits::<4>(text.as_bytes())?;
    let (month, rest) = digits::<2>(skip(rest, b"-")?)?;
    let (day, rest) = digits::<2>(skip(rest, b"-")?)?;
    let (hour, rest) = digits::<2>(skip(rest, b"Tt ")?)?;
    let (minute, rest) = digits::<2>(skip(rest, b":")?)?;
    let (second, rest) = match skip(rest, b":") {
        Some(rest) => digits::<2>(rest)?,
        None => (0, rest),
    };
    let rest = match skip(rest, b".,") {
        Some(fraction) => {
            let end = fraction.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(fraction.len());
            if end == 0 {
                return None;
            }
            fraction.get(end..)?
        }
        None => rest,
    };
    let in_range = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        // a leap second counts as the second before it
        && second <= 60;
    if !in_range {
        return None;
    }
    let local = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second.min(59);
    u64::try_from(local - offset(rest)?).ok().filter(|&seconds| seconds <= LAST)
}

/// Writes RFC 3339 in UTC.
pub(crate) fn write(f: &mut impl fmt::Write, seconds: u64) -> fmt::Result {
    let seconds = i64::try_from(seconds.min(LAST)).map_err(|_| fmt::Error)?;
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil_from_days(days);
    write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Seconds east of UTC; nothing or `Z` is UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = digits::<2>(rest)?;
    let (minutes, rest) =
        if rest.is_empty() { (0, rest) } else { digits::<2>(skip(rest, b":").unwrap_or(rest))? };
    (rest.is_empty() && hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn skip<'a>(text: &'a [u8], any_of: &[u8]) -> Option<&'a [u8]> {
    text.split_first().filter(|(first, _)| any_of.contains(first)).map(|(_, rest)| rest)
}

fn digits<const N: usize>(text: &[u8]) -> Option<(i64, &[u8])> {
    let (head, rest) = text.split_at_checked(N)?;
    head.iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
        .map(|number| (number, rest))
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The same source, `civil_from_days`: year, month, day.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_field_data_has() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse("2010-01-12T04:08"), Some(1_263_269_280));
        assert_eq!(parse("2010-01-12 04:08:00.999"), Some(1_263_269_280));
        assert_eq!(parse("2010-01-12T04:08:00+05:00"), Some(1_263_269_280 - 5 * 3600));
        assert_eq!(parse("2010-01-12T04:08:00-0500"), Some(1_263_269_280 + 5 * 3600));
        assert_eq!(parse("2016-12-31T23:59:60Z"), Some(1_483_228_799));
        assert_eq!(parse("2024-02-29T00:00Z"), Some(1_709_164_800));
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "2010",
            "2010-01-12",
            "2010-13-01T00:00Z",
            "2023-02-29T00:00Z",
            "2010-01-12T24:00Z",
            "2010-1-12T04:08",
            "2010-01-12T04:08:00.Z",
            "2010-01-12T04:08X",
            "1969-12-31T23:59:59Z",
            "2010-01-12T04:08:00+5",
            "é010-01-12T04:08",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(seconds in 0..=LAST) {
            let mut text = String::new();
            write(&mut text, seconds).unwrap();
            prop_assert_eq!(parse(&text), Some(seconds));
        }

        #[test]
        fn any_text_is_total(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
