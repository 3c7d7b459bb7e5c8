//! A place in the grid to the metre, and its text.

use super::{
    MgrsGrain, ups,
    utm::{self, Angles, Plane},
};
use crate::{
    Position,
    zone::{ZoneLabel, numeric},
};

/// Latitude bands of 8° from 80° S; the last, X, has 12°. I and O are left out as too like 1 and 0.
pub(super) const BANDS: &[u8; 20] = b"CDEFGHJKLMNPQRSTUVWX";
/// Columns of 100 km from easting 100 km, by grid zone modulo 3 (zone 1 first).
const COLUMNS: [&[u8; 8]; 3] = [b"ABCDEFGH", b"JKLMNPQR", b"STUVWXYZ"];
/// Rows of 100 km, repeating; even zones begin five letters on.
const ROWS: &[u8; 20] = b"ABCDEFGHJKLMNPQRSTUV";
const EVEN_ZONE_SHIFT: i32 = 5;
/// Rows from the equator to the false origin of the southern hemisphere.
pub(super) const SOUTHERN_ROWS: i32 = 100;
/// Metres along a lettered square.
pub(super) const TILE: f64 = 100_000.0;

/// The four polar quarters: band letter, first column's number, column letters, first row's number, row letters.
const QUARTERS: [Quarter; 4] = [
    Quarter { band: b'A', column: 8, columns: b"JKLPQRSTUXYZ", row: 8, rows: b"ABCDEFGHJKLMNPQRSTUVWXYZ" },
    Quarter { band: b'B', column: 20, columns: b"ABCFGHJKLPQR", row: 8, rows: b"ABCDEFGHJKLMNPQRSTUVWXYZ" },
    Quarter { band: b'Y', column: 13, columns: b"RSTUXYZ", row: 13, rows: b"ABCDEFGHJKLMNP" },
    Quarter { band: b'Z', column: 20, columns: b"ABCFGHJ", row: 13, rows: b"ABCDEFGHJKLMNP" },
];

struct Quarter {
    band: u8,
    column: i32,
    columns: &'static [u8],
    row: i32,
    rows: &'static [u8],
}

/// A place in the grid to the metre.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::zone) struct Reference {
    /// 1 to 60, or 0 at the poles.
    pub(super) zone: u8,
    /// Latitude band C to X, or polar quarter A, B, Y or Z.
    pub(super) band: u8,
    pub(super) column: u8,
    pub(super) row: u8,
    /// Metres east and north within the lettered square, below 100,000.
    pub(super) easting: u32,
    pub(super) northing: u32,
}

/// What a text said, with how many digits each way.
#[derive(Clone, Copy)]
pub(in crate::zone) struct Parsed {
    pub(in crate::zone) reference: Reference,
    pub(in crate::zone) digits: u8,
}

impl Reference {
    /// Where a position lies. `None` would be a fault of the tables; the properties find none.
    pub(in crate::zone) fn of(position: Position) -> Option<Self> {
        let latitude = position.latitude();
        if (-80.0..84.0).contains(&latitude) { Self::in_zone(position) } else { Self::polar(position) }
    }

    /// Reads a text such as `18QYF79`, spaces and case ignored, with none to five digits each way.
    pub(in crate::zone) fn parse(text: &str) -> Option<Parsed> {
        let mut bytes = [0_u8; 15];
        let mut length = 0;
        for byte in text.bytes().filter(|b| *b != b' ') {
            *bytes.get_mut(length)? = byte.to_ascii_uppercase();
            length += 1;
        }
        let bytes = bytes.get(..length)?;
        let zone_digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
        let zone = bytes
            .get(..zone_digits)?
            .iter()
            .try_fold(0_u8, |n, b| n.checked_mul(10)?.checked_add(b - b'0'))?;
        let [band, column, row, digits @ ..] = bytes.get(zone_digits..)? else { return None };
        let polar = matches!(band, b'A' | b'B' | b'Y' | b'Z');
        if digits.len() % 2 != 0
            || digits.len() > 10
            || zone > 60
            || (zone == 0) != polar
            || polar != (zone_digits == 0)
        {
            return None;
        }
        let each = digits.len() / 2;
        let number = |digits: &[u8]| {
            let value = digits
                .iter()
                .try_fold(0_u32, |n, b| b.is_ascii_digit().then(|| 10 * n + u32::from(b - b'0')))?;
            Some(value * 10_u32.pow(5_u32.checked_sub(u32::try_from(each).ok()?)?))
        };
        let reference = Self {
            zone,
            band: *band,
            column: *column,
            row: *row,
            easting: number(digits.get(..each)?)?,
            northing: number(digits.get(each..)?)?,
        };
        Some(Parsed { reference, digits: u8::try_from(each).ok()? })
    }

    /// The text at a grain.
    pub(in crate::zone) fn label(self, grain: MgrsGrain) -> Option<ZoneLabel> {
        let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or_default();
        let each = |metres: u32| [metres / 10_000, metres / 1_000, metres / 100].map(digit);
        let ([e1, e2, e3], [n1, n2, n3]) = (each(self.easting), each(self.northing));
        let [d1, d2, d3, d4, d5, d6] = match grain {
            MgrsGrain::M100 => [e1, e2, e3, n1, n2, n3],
            MgrsGrain::Km1 => [e1, e2, n1, n2, 0, 0],
            MgrsGrain::Km10 => [e1, n1, 0, 0, 0, 0],
        };
        let (band, column, row) = (self.band, self.column, self.row);
        if self.zone == 0 {
            return ZoneLabel::of_ascii([band, column, row, d1, d2, d3, d4, d5, d6, 0, 0]);
        }
        let zone = u32::from(self.zone);
        ZoneLabel::of_ascii([digit(zone / 10), digit(zone), band, column, row, d1, d2, d3, d4, d5, d6])
    }

    /// The south-west corner of the lettered square: kilometre numbers of its column and row, as counted from
    /// the grid zone's false origin (rows of the southern hemisphere below [`SOUTHERN_ROWS`]).
    pub(super) fn square(self) -> Option<Square> {
        if self.zone == 0 {
            let quarter = QUARTERS.iter().find(|q| q.band == self.band)?;
            return Some(Square {
                column: quarter.column + index_of(quarter.columns, self.column)?,
                row: quarter.row + index_of(quarter.rows, self.row)?,
            });
        }
        let column = 1 + index_of(*COLUMNS.get(usize::from((self.zone + 2) % 3))?, self.column)?;
        let band = index_of(BANDS, self.band)?;
        let period = (index_of(ROWS, self.row)? - row_shift(self.zone)).rem_euclid(20);
        // Row letters come again every 2,000 km and a band is at most 1,340 km high: the row nearest to the
        // band's middle is the only one that can touch it.
        let high = if band == 19 { 6.0 } else { 4.0 };
        let latitude = f64::from(8 * band - 80) + high;
        let middle = numeric::floor(utm::forward(Angles { latitude, longitude: 0.0 }).y / TILE);
        let row = middle - 10 + (period - (middle - 10)).rem_euclid(20);
        Some(Square { column, row: if band < 10 { row + SOUTHERN_ROWS } else { row } })
    }

    fn in_zone(position: Position) -> Option<Self> {
        let latitude = position.latitude();
        // 180° is the same meridian as −180°
        let longitude = if position.longitude() >= 180.0 { -180.0 } else { position.longitude() };
        let band = usize::try_from(numeric::floor((latitude + 80.0) / 8.0)).ok()?.min(BANDS.len() - 1);
        let zone = grid_zone(*BANDS.get(band)?, longitude)?;
        let plane = utm::forward(Angles { latitude, longitude: longitude - central_meridian(zone) });
        let x = numeric::floor(plane.x + 500_000.0);
        // The band decides the hemisphere; a hair beside the equator must not round into the other one's rows.
        let (y, shift) = if band < 10 {
            (numeric::floor(plane.y + TILE * f64::from(SOUTHERN_ROWS)).min(9_999_999), SOUTHERN_ROWS)
        } else {
            (numeric::floor(plane.y).max(0), 0)
        };
        let row = (y.div_euclid(100_000) - shift + row_shift(zone)).rem_euclid(20);
        Some(Self {
            zone,
            band: *BANDS.get(band)?,
            column: letter(*COLUMNS.get(usize::from((zone + 2) % 3))?, x.div_euclid(100_000) - 1)?,
            row: letter(ROWS, row)?,
            easting: u32::try_from(x.rem_euclid(100_000)).ok()?,
            northing: u32::try_from(y.rem_euclid(100_000)).ok()?,
        })
    }

    fn polar(position: Position) -> Option<Self> {
        let north = position.latitude() > 0.0;
        let plane: Plane =
            ups::forward(Angles { latitude: position.latitude(), longitude: position.longitude() }, north);
        let (x, y) = (numeric::floor(plane.x + 2_000_000.0), numeric::floor(plane.y + 2_000_000.0));
        let east = x >= 2_000_000;
        let quarter = QUARTERS.get(usize::from(north) * 2 + usize::from(east))?;
        Some(Self {
            zone: 0,
            band: quarter.band,
            column: letter(quarter.columns, x.div_euclid(100_000) - quarter.column)?,
            row: letter(quarter.rows, y.div_euclid(100_000) - quarter.row)?,
            easting: u32::try_from(x.rem_euclid(100_000)).ok()?,
            northing: u32::try_from(y.rem_euclid(100_000)).ok()?,
        })
    }
}

/// A lettered square, as counts of 100 km from the false origin.
#[derive(Clone, Copy)]
pub(super) struct Square {
    pub(super) column: i32,
    pub(super) row: i32,
}

/// The longitude in the middle of a grid zone, which its projection is built on, also where the zone is cut.
pub(super) fn central_meridian(zone: u8) -> f64 {
    f64::from(zone) * 6.0 - 183.0
}

/// The grid zone of a longitude (−180 ≤ λ < 180) in a band: 6° each but for south-west Norway and Svalbard.
fn grid_zone(band: u8, longitude: f64) -> Option<u8> {
    let zone = match (band, numeric::floor(longitude)) {
        (b'V', 3..12) => 32,
        (b'X', 0..9) => 31,
        (b'X', 9..21) => 33,
        (b'X', 21..33) => 35,
        (b'X', 33..42) => 37,
        (_, degree) => (degree + 180).div_euclid(6) + 1,
    };
    u8::try_from(zone).ok()
}

fn row_shift(zone: u8) -> i32 {
    if zone.is_multiple_of(2) { EVEN_ZONE_SHIFT } else { 0 }
}

fn letter(letters: &[u8], index: i32) -> Option<u8> {
    letters.get(usize::try_from(index).ok()?).copied()
}

fn index_of(letters: &[u8], letter: u8) -> Option<i32> {
    i32::try_from(letters.iter().position(|l| *l == letter)?).ok()
}
