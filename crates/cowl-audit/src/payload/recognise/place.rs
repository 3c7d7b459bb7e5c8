//! Positions and labels of areas. Exact means: pins the reporter to about a kilometre or better.

use super::number::{decimals, parse};
use super::{Meaning, coarse, exact, graded};
use crate::payload::field::Kind;

/// Decimals of a degree from which a coordinate is exact: 0.01° of latitude is 1.1 km.
const EXACT_DECIMALS: usize = 2;
/// Digits of an MGRS easting from which it is exact: two digits are a cell of 1 km.
const EXACT_MGRS_DIGITS: usize = 2;
/// H3 resolution from which a cell is exact: 8 is 0.7 km² on average, 7 is 5.2 km².
const EXACT_H3: u64 = 8;
/// Characters of a geohash from which it is exact: six are 1.2 km × 0.6 km, five are 4.9 km × 4.9 km.
const EXACT_GEOHASH: usize = 6;

/// One coordinate whose key says so.
pub(super) fn degrees(kind: Kind, bytes: &[u8]) -> Meaning {
    graded(kind, decimals(bytes) >= EXACT_DECIMALS)
}

/// Value of a key such as `location` or `coordinates`: a pair in one text, one element of an array (`GeoJSON` puts longitude
/// first under `coordinates`), or a place in words.
pub(super) fn position(
    key: Option<&[u8]>,
    bytes: &[u8],
    index: Option<usize>,
    numeric: Option<f64>,
) -> Option<Meaning> {
    if let Some(degrees_written) = numeric {
        let longitude_first = key.is_some_and(|key| key.eq_ignore_ascii_case(b"coordinates"));
        let kind = match (index?, longitude_first) {
            (0, true) | (1, false) => Kind::Longitude,
            (0, false) | (1, true) => Kind::Latitude,
            _ => Kind::Altitude,
        };
        return (degrees_written.abs() <= 180.0).then(|| degrees(kind, bytes));
    }
    coordinate_pair(bytes).or_else(|| keyed_label(Kind::PlaceName, bytes))
}

/// `48.8583, 2.2945`, `48.8583 2.2945`, `geo:48.8583,2.2945`: two numbers with a decimal point in the ranges of latitude and
/// longitude, one of them with three decimals or more (two would also fit sizes and prices).
pub(crate) fn coordinate_pair(bytes: &[u8]) -> Option<Meaning> {
    let (bytes, marked) = match bytes.strip_prefix(b"geo:") {
        Some(rest) => (rest.split(|&byte| byte == b';').next().unwrap_or_default(), true),
        None => (bytes, false),
    };
    let mut parts = bytes
        .split(|byte| matches!(byte, b',' | b' ' | b';' | b'/' | b'(' | b')'))
        .filter(|part| !part.is_empty());
    let (first, second) = (parts.next()?, parts.next()?);
    let in_range = parse(first)?.abs() <= 90.0 && parse(second)?.abs() <= 180.0;
    let finest = decimals(first).max(decimals(second));
    let coordinates = marked || (decimals(first) > 0 && decimals(second) > 0 && finest >= 3);
    (in_range && coordinates && parts.next().is_none())
        .then(|| graded(Kind::Position, finest >= EXACT_DECIMALS))
}

/// Labels of areas that are recognised without a key: MGRS with digits, H3.
pub(super) fn label(bytes: &[u8]) -> Option<Meaning> {
    mgrs(bytes, 1).or_else(|| h3(bytes))
}

/// A value whose key says place: MGRS, H3, geohash, coordinates, else a name.
pub(super) fn keyed_label(kind: Kind, bytes: &[u8]) -> Option<Meaning> {
    if super::words::is_masked(bytes) {
        return Some(coarse(Kind::PlaceName));
    }
    if super::words::severity(bytes) {
        // `state: critical`
        return Some(exact(Kind::Severity));
    }
    mgrs(bytes, 0)
        .or_else(|| h3(bytes))
        .or_else(|| geohash(bytes, kind == Kind::Geohash))
        .or_else(|| coordinate_pair(bytes))
        .or(Some(coarse(Kind::PlaceName)))
}

/// Zone 1–60, band C–X, 100 km square, then an even number of digits, at least `2 × least`; spaces allowed.
fn mgrs(bytes: &[u8], least: usize) -> Option<Meaning> {
    let mut packed = [0_u8; 16];
    let mut length = 0;
    for &byte in bytes.iter().filter(|byte| **byte != b' ') {
        *packed.get_mut(length)? = byte;
        length += 1;
    }
    let packed = packed.get(..length)?;
    let zone_digits = packed.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let zone = super::number::digits(packed.get(..zone_digits)?)?;
    let &[band, column, row, ref rest @ ..] = packed.get(zone_digits..)? else {
        return None;
    };
    let letter =
        |byte: u8, last: u8| byte.is_ascii_uppercase() && byte <= last && !matches!(byte, b'I' | b'O');
    let valid = (1..=60).contains(&zone)
        && zone_digits <= 2
        && letter(band, b'X')
        && band >= b'C'
        && letter(column, b'Z')
        && letter(row, b'V')
        && rest.len().is_multiple_of(2)
        && rest.len() <= 10
        && rest.len() / 2 >= least
        && rest.iter().all(u8::is_ascii_digit);
    valid.then(|| graded(Kind::Mgrs, rest.len() / 2 >= EXACT_MGRS_DIGITS))
}

/// 15 or 16 hexadecimal digits whose bits are those of an H3 cell (mode 1, base cell below 122, digits 0–6 up to the
/// resolution and 7 after it).
fn h3(bytes: &[u8]) -> Option<Meaning> {
    if !matches!(bytes.len(), 15 | 16) || !bytes.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let cell = u64::from_str_radix(core::str::from_utf8(bytes).ok()?, 16).ok()?;
    let resolution = (cell >> 52) & 0xf;
    let digits_fit = (1..=15).all(|digit| ((cell >> (45 - 3 * digit)) & 7 == 7) == (digit > resolution));
    let valid = cell >> 63 == 0
        && (cell >> 59) & 0xf == 1
        && (cell >> 56).trailing_zeros() >= 3
        && (cell >> 45) & 0x7f < 122
        && digits_fit;
    valid.then(|| graded(Kind::H3Cell, resolution >= EXACT_H3))
}

/// 4 to 12 characters of the geohash alphabet; unless the key says geohash, with both letters and digits and no capital.
fn geohash(bytes: &[u8], sure: bool) -> Option<Meaning> {
    let alphabet = bytes
        .iter()
        .all(|byte| byte.is_ascii_digit() || (byte.is_ascii_lowercase() && !b"ailo".contains(byte)));
    let mixed = bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_lowercase);
    let fits = alphabet
        && (if sure { (1..=12).contains(&bytes.len()) } else { mixed && (5..=12).contains(&bytes.len()) });
    fits.then(|| if bytes.len() >= EXACT_GEOHASH { exact(Kind::Geohash) } else { coarse(Kind::Geohash) })
}
