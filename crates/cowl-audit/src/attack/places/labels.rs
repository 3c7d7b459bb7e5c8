//! From a recognised value to the area that it names.

use h3o::{CellIndex, LatLng};

use super::{Area, DEGREE, Map, Place, mgrs};
use crate::payload::Kind;

/// Letters of geohash, in the order of their values.
const GEOHASH: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// The area that a value of this kind names, if it names one. A name in words is looked up in the public map.
pub(crate) fn area(kind: Kind, value: &[u8], map: &Map) -> Option<Area> {
    let value = value.trim_ascii();
    match kind {
        Kind::Position => pair(value),
        Kind::Mgrs => mgrs::square(value),
        Kind::H3Cell => cell(value),
        Kind::Geohash => geohash(value),
        Kind::Latitude | Kind::Longitude => None,
        _ => map.zone_named(value),
    }
}

/// The area that a latitude and a longitude as written name: half a unit of the last decimal that either has.
pub(crate) fn coordinates(lat: &[u8], lon: &[u8]) -> Option<Area> {
    let (lat_text, lon_text) = (lat.trim_ascii(), lon.trim_ascii());
    let centre = Place::new(number(lat_text)?, number(lon_text)?)?;
    let decimals = decimals(lat_text).max(decimals(lon_text)).min(9);
    let unit = (0..decimals).fold(1.0, |unit, _| unit / 10.0) * DEGREE;
    Some(Area::rectangle(centre, unit / 2.0, unit / 2.0 * centre.lat.to_radians().cos()))
}

fn pair(value: &[u8]) -> Option<Area> {
    let value = value.strip_prefix(b"geo:").unwrap_or(value);
    let value = value.split(|byte| *byte == b';').next().unwrap_or(value);
    let mut parts = value
        .split(|byte| matches!(byte, b',' | b' ' | b';' | b'/' | b'(' | b')'))
        .filter(|part| !part.is_empty());
    coordinates(parts.next()?, parts.next()?)
}

fn cell(value: &[u8]) -> Option<Area> {
    let cell: CellIndex = core::str::from_utf8(value).ok()?.parse().ok()?;
    let centre = LatLng::from(cell);
    // a hexagon reaches 0.62 of the root of its area to its corners and 0.54 to its sides
    Some(Area::around(Place::new(centre.lat(), centre.lng())?, cell.area_m2().sqrt() * 0.58))
}

/// A cell of a geohash: five bits a letter, longitude first, in turn.
fn geohash(value: &[u8]) -> Option<Area> {
    let mut ranges = [[-180.0, 180.0], [-90.0, 90.0]];
    let mut turn = 0;
    for letter in value {
        let five = GEOHASH.iter().position(|known| known == letter)?;
        for bit in (0..5).rev() {
            let range = ranges.get_mut(turn)?;
            let [low, high] = *range;
            let middle = f64::midpoint(low, high);
            *range = if five >> bit & 1 == 1 { [middle, high] } else { [low, middle] };
            turn = 1 - turn;
        }
    }
    let [[west, east], [south, north]] = ranges;
    let centre = Place::new(f64::midpoint(south, north), f64::midpoint(west, east))?;
    let stretch = centre.lat.to_radians().cos();
    Some(Area::rectangle(centre, (north - south) / 2.0 * DEGREE, (east - west) / 2.0 * DEGREE * stretch))
}

fn number(text: &[u8]) -> Option<f64> {
    core::str::from_utf8(text).ok()?.parse::<f64>().ok().filter(|value| value.is_finite())
}

fn decimals(text: &[u8]) -> usize {
    let point = text.iter().position(|byte| *byte == b'.');
    point.and_then(|at| text.get(at + 1..)).map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off(area: Area, lat: f64, lon: f64) -> f64 {
        area.centre.metres(Place::new(lat, lon).unwrap())
    }

    #[test]
    fn written_decimals_say_how_wide_a_coordinate_is() {
        let fine = coordinates(b"18.5432", b"-72.3").unwrap();
        assert!((fine.radius() - 5.6).abs() < 0.1, "{}", fine.radius());
        let coarse = area(Kind::Position, b"geo:18.5,-72.3;u=10", &Map::default()).unwrap();
        assert!((coarse.radius() - 5_560.0).abs() < 10.0, "{}", coarse.radius());
        assert!(coordinates(b"95.0", b"10").is_none());
        assert!(coordinates(b"here", b"10").is_none());
    }

    #[test]
    fn cells_and_hashes_are_where_they_should_be() {
        let cell = area(Kind::H3Cell, b"864cc6d27ffffff", &Map::default()).unwrap();
        assert!((2_500.0..4_500.0).contains(&cell.radius()), "{}", cell.radius());
        let hash = area(Kind::Geohash, b"u09tunq", &Map::default()).unwrap();
        assert!(off(hash, 48.858, 2.294) < 200.0, "{hash:?}");
        assert!(area(Kind::Geohash, b"aaa", &Map::default()).is_none());
    }
}
