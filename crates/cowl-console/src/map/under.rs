//! Where the base map's tiles lie below the zones.

use super::{Corner, Frame, Map, WIDTH};
use crate::base_map::{Area, BaseMap, TILES, Tile};

/// Tiles overlap by so much, or a line of the background showed between them.
const OVERLAP: f64 = 0.6;

/// A tile's place on the map. Within it latitudes are in equal steps, as on the rest of the map; a finished picture is stretched to that.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Under {
    /// Where it is asked for.
    pub(crate) address: String,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Map {
    /// The tiles below it: few, or none.
    pub(crate) fn under(&self, base: &BaseMap) -> Vec<Under> {
        base.cover(&self.frame.area()).iter().map(|tile| self.frame.lay(tile)).collect()
    }
}

impl Frame {
    /// All that is seen.
    fn area(&self) -> Area {
        Area {
            west: self.west,
            south: self.north - self.height / self.south_by,
            east: self.west + WIDTH / self.east_by,
            north: self.north,
        }
    }

    fn lay(&self, tile: &Tile) -> Under {
        let at = |latitude, longitude| self.place(&Corner { latitude, longitude });
        let (x, y) = at(tile.area.north, tile.area.west);
        let (right, below) = at(tile.area.south, tile.area.east);
        Under {
            address: format!("{TILES}/{}", tile.place.path()),
            x,
            y,
            width: right - x + OVERLAP,
            height: below - y + OVERLAP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_map::testing::{Parts, png};

    /// How far a finished picture's points lie from where the zones' are, in thousandths of the map's width.
    fn off(west: f64, south: f64, east: f64, north: f64) -> f64 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("base.pmtiles");
        std::fs::write(&path, Parts { zooms: (0, 14), ..Parts::of(2, png(256, 256)) }.bytes()).unwrap();
        let base = BaseMap::open(&path).unwrap();
        let corner = |latitude, longitude| Corner { latitude, longitude };
        let frame = Frame::around([corner(south, west), corner(north, east)].iter()).unwrap();
        let tiles = base.cover(&frame.area());
        assert!(!tiles.is_empty());
        // On Mercator's map, and back.
        let flat = |latitude: f64| latitude.to_radians().tan().asinh();
        let mut most = 0.0_f64;
        for tile in &tiles {
            let (above, below) = (flat(tile.area.north), flat(tile.area.south));
            let under = frame.lay(tile);
            for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
                let latitude = (above - (above - below) * part).sinh().atan().to_degrees();
                let (_, y) = frame.place(&corner(latitude, tile.area.west));
                if (south..north).contains(&latitude) {
                    most = most.max((under.y + (under.height - OVERLAP) * part - y).abs());
                }
            }
        }
        most
    }

    #[test]
    fn pictures_lie_nearly_where_the_zones_do() {
        let (island, country, continent) =
            (off(-74.6, 17.9, -71.5, 20.2), off(-5.0, 42.0, 8.5, 51.0), off(-125.0, 25.0, -67.0, 49.0));
        // Docs say what this prints.
        println!("island {island:.1}, country {country:.1}, continent {continent:.1} thousandths");
        assert!(island < 1.0 && country < 5.0 && continent < 15.0, "{island} {country} {continent}");
    }

    #[test]
    fn tiles_cover_the_map_from_edge_to_edge() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("base.pmtiles");
        std::fs::write(&path, Parts { zooms: (0, 14), ..Parts::of(1, Vec::from(*b"x")) }.bytes()).unwrap();
        let base = BaseMap::open(&path).unwrap();
        let corners =
            [(18.0, 179.0), (19.0, 181.5)].map(|(latitude, longitude)| Corner { latitude, longitude });
        let frame = Frame::around(corners.iter()).unwrap();
        let tiles: Vec<_> = base.cover(&frame.area()).iter().map(|tile| frame.lay(tile)).collect();
        let least = |of: fn(&Under) -> f64| tiles.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&Under) -> f64| tiles.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        assert!(least(|tile| tile.x) <= 0.0 && least(|tile| tile.y) <= 0.0);
        assert!(
            most(|tile| tile.x + tile.width) >= WIDTH && most(|tile| tile.y + tile.height) >= frame.height
        );
        // On both sides of the antimeridian, each tile once.
        let mut addresses: Vec<_> = tiles.iter().map(|tile| tile.address.as_str()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), tiles.len());
    }
}
