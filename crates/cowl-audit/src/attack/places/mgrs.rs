//! From a grid reference of the Military Grid Reference System to its square.

use core::f64::consts::PI;

use super::{Area, Place};

/// WGS 84 (NGA.STND.0036 §3): semi-major axis in metres and flattening.
const AXIS: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Scale of UTM on the central meridian.
const SCALE: f64 = 0.9996;
/// Letters in their order; I and O are left out.
const LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Northings of the 20 row letters repeat after this many metres.
const ROWS: f64 = 2_000_000.0;

/// The square that a reference names, `None` if it names none (NGA.STND.0037 §3). Spaces are skipped.
pub(super) fn square(text: &[u8]) -> Option<Area> {
    let packed: Vec<u8> = text.iter().filter(|byte| **byte != b' ').map(u8::to_ascii_uppercase).collect();
    let digits = packed.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let zone = number(packed.get(..digits)?)?;
    let &[band, column, row, ref rest @ ..] = packed.get(digits..)? else {
        return None;
    };
    if !(1.0..=60.0).contains(&zone) || !rest.len().is_multiple_of(2) || rest.len() > 10 {
        return None;
    }
    let (east, north) = rest.split_at(rest.len() / 2);
    let grain = (0..east.len()).fold(100_000.0, |grain, _| grain / 10.0);
    // three sets of eight columns, and rows that start at A in odd zones and at F in even ones
    let columns = ((zone - 1.0) % 3.0) * 8.0;
    let column = (index(column)? - columns).clamp(0.0, 7.0) + 1.0;
    let row = (index(row)? + if zone % 2.0 == 0.0 { 15.0 } else { 0.0 }) % 20.0;
    let easting = column * 100_000.0 + (number(east).unwrap_or(0.0) + 0.5) * grain;
    let within = row * 100_000.0 + (number(north).unwrap_or(0.0) + 0.5) * grain;
    // bands are 8 degrees high from 80 south on; the square is the first of its row letter that reaches into the band
    let south = (index(band)? - 2.0).mul_add(8.0, -80.0);
    let floor = south.mul_add(110_574.0 * SCALE, -200_000.0);
    let northing = ((floor - within) / ROWS).ceil().mul_add(ROWS, within);
    let centre = from_utm(zone, easting, northing)?;
    Some(Area::rectangle(centre, grain / 2.0, grain / 2.0))
}

fn index(letter: u8) -> Option<f64> {
    LETTERS.iter().position(|known| *known == letter).map(crate::convert::float_len)
}

fn number(digits: &[u8]) -> Option<f64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0.0, |sum: f64, byte| {
        byte.is_ascii_digit().then(|| sum.mul_add(10.0, f64::from(byte.saturating_sub(b'0'))))
    })
}

/// Inverse transverse Mercator (Snyder, USGS Professional Paper 1395, p. 63), a metre or better inside a zone. Northings south of the
/// equator are negative.
fn from_utm(zone: f64, easting: f64, northing: f64) -> Option<Place> {
    let e2 = FLATTENING * (2.0 - FLATTENING);
    let ep2 = e2 / (1.0 - e2);
    let root = (1.0 - e2).sqrt();
    let e1 = (1.0 - root) / (1.0 + root);
    let mu = northing / SCALE / (AXIS * (1.0 - e2 / 4.0 - 3.0 * e2 * e2 / 64.0 - 5.0 * e2.powi(3) / 256.0));
    let foot = mu
        + (3.0 * e1 / 2.0 - 27.0 * e1.powi(3) / 32.0) * (2.0 * mu).sin()
        + (21.0 * e1 * e1 / 16.0 - 55.0 * e1.powi(4) / 32.0) * (4.0 * mu).sin()
        + (151.0 * e1.powi(3) / 96.0) * (6.0 * mu).sin();
    let (sin, cos, tan) = (foot.sin(), foot.cos(), foot.tan());
    let (t1, c1) = (tan * tan, ep2 * cos * cos);
    let n1 = AXIS / (1.0 - e2 * sin * sin).sqrt();
    let r1 = AXIS * (1.0 - e2) / (1.0 - e2 * sin * sin).powf(1.5);
    let d = (easting - 500_000.0) / (n1 * SCALE);
    let fourth = 5.0 + 3.0 * t1 + 10.0 * c1 - 4.0 * c1 * c1 - 9.0 * ep2;
    let lat = foot - (n1 * tan / r1) * (d * d / 2.0 - fourth * d.powi(4) / 24.0);
    let fifth = 5.0 - 2.0 * c1 + 28.0 * t1 - 3.0 * c1 * c1 + 8.0 * ep2 + 24.0 * t1 * t1;
    let turn = (d - (1.0 + 2.0 * t1 + c1) * d.powi(3) / 6.0 + fifth * d.powi(5) / 120.0) / cos;
    Place::new(lat * 180.0 / PI, zone.mul_add(6.0, -183.0) + turn * 180.0 / PI)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Eiffel Tower, a summit in Hawaii, Sydney's opera house, by the references that maps print for them.
    #[test]
    fn squares_are_where_maps_have_them() {
        let cases = [
            ("31U DQ 48251 11932", 48.858_26, 2.294_50),
            ("4QFJ1234567890", 21.409_8, -157.916_1),
            ("56HLH3490052288", -33.856_8, 151.215_3),
        ];
        for (text, lat, lon) in cases {
            let area = square(text.as_bytes()).unwrap();
            let off = area.centre.metres(Place::new(lat, lon).unwrap());
            assert!(off < 80.0, "{text}: {off} m off, at {:?}", area.centre);
        }
    }

    #[test]
    fn coarse_references_are_wide_and_nonsense_is_none() {
        let square_km = square(b"18QYF7949").unwrap();
        assert!((square_km.radius() - 500.0).abs() < 1e-9);
        assert!(square_km.centre.metres(Place::new(18.53, -72.30).unwrap()) < 12_000.0);
        for text in ["", "18", "18Q", "99QYF79", "18QYF794", "18QIF7949", "QYF7949"] {
            assert!(square(text.as_bytes()).is_none(), "{text}");
        }
    }
}
