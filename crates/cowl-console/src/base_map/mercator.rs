//! Tiles and degrees: Web Mercator (EPSG:3857), halved in both directions at each zoom; tiles are numbered along Hilbert's curve.

use std::f64::consts::PI;

/// The finest zoom that is asked for: a tile of half a metre.
pub(super) const FINEST: u8 = 26;
/// Where the world's square ends.
const POLE: f64 = 85.051_128_779_806_6;

/// A part of the world, in degrees. East of west, if need be beyond ±180.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) west: f64,
    pub(crate) south: f64,
    pub(crate) east: f64,
    pub(crate) north: f64,
}

/// Which tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    zoom: u8,
    x: u32,
    y: u32,
}

/// A tile, and the part of the world that it shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tile {
    pub(crate) place: Place,
    pub(crate) area: Area,
}

/// Tiles of one zoom, side by side. Columns may lie once around the world.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    zoom: u8,
    columns: (i64, i64),
    rows: (i64, i64),
}

/// Degrees that a tile is wide.
pub(super) fn width(zoom: u8) -> f64 {
    360.0 / side(zoom)
}

/// Where the edge above a row lies; between two, somewhere in the row.
pub(super) fn latitude(row: f64, zoom: u8) -> f64 {
    (PI * (1.0 - 2.0 * row / side(zoom))).sinh().atan().to_degrees()
}

/// Tiles from one side of the world to the other.
fn side(zoom: u8) -> f64 {
    f64::from(zoom).exp2()
}

fn column_at(longitude: f64, zoom: u8) -> f64 {
    (longitude + 180.0) / 360.0 * side(zoom)
}

fn row_at(latitude: f64, zoom: u8) -> f64 {
    let latitude = latitude.clamp(-POLE, POLE).to_radians();
    (1.0 - latitude.tan().asinh() / PI) / 2.0 * side(zoom)
}

impl Area {
    /// Itself, or all of the world where it has no extent.
    pub(super) fn or_the_world(self) -> Self {
        if self.east > self.west && self.north > self.south {
            self
        } else {
            Self { west: -180.0, south: -90.0, east: 180.0, north: 90.0 }
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.east - self.west
    }

    /// What lies in bounds too, in up to three parts: it may go around the world where they do not.
    pub(super) fn within(&self, bounds: &Self) -> Vec<Self> {
        let part = |turn: f64| Self {
            west: self.west.max(bounds.west + turn),
            south: self.south.max(bounds.south),
            east: self.east.min(bounds.east + turn),
            north: self.north.min(bounds.north),
        };
        let parts = [-360.0, 0.0, 360.0].map(part).into_iter();
        parts.filter(|part| part.east > part.west && part.north > part.south).collect()
    }
}

impl Place {
    /// `None`: there is no such tile.
    pub(crate) fn new(zoom: u8, x: u32, y: u32) -> Option<Self> {
        let side = 1_u32.checked_shl(zoom.into())?;
        (zoom <= FINEST && x < side && y < side).then_some(Self { zoom, x, y })
    }

    /// Its place in an address.
    pub(crate) fn path(self) -> String {
        format!("{}/{}/{}", self.zoom, self.x, self.y)
    }

    pub(super) const fn zoom(self) -> u8 {
        self.zoom
    }

    pub(super) const fn y(self) -> u32 {
        self.y
    }

    /// Its number: behind all coarser ones, along the curve.
    pub(super) fn id(self) -> u64 {
        let (mut x, mut y) = (u64::from(self.x), u64::from(self.y));
        let before = ((1_u64 << (2 * u32::from(self.zoom))) - 1) / 3;
        let mut along = 0;
        for level in (0..self.zoom).rev() {
            let half = 1_u64 << level;
            let (right, below) = (x & half > 0, y & half > 0);
            along += half * half * ((3 * u64::from(right)) ^ u64::from(below));
            // The quarter's curve is turned.
            if !below {
                if right {
                    (x, y) = ((half - 1).wrapping_sub(x), (half - 1).wrapping_sub(y));
                }
                (x, y) = (y, x);
            }
        }
        before + along
    }
}

impl Span {
    /// The tiles that show some of an area.
    pub(super) fn of(area: &Area, zoom: u8) -> Self {
        let between = |from: f64, to: f64| {
            let first = whole(from.floor());
            (first, whole(to.ceil()).saturating_sub(1).max(first))
        };
        let columns = between(column_at(area.west, zoom), column_at(area.east, zoom));
        let (first, last) = between(row_at(area.north, zoom), row_at(area.south, zoom));
        let lowest = (1_i64 << zoom) - 1;
        Self { zoom, columns, rows: (first.clamp(0, lowest), last.clamp(0, lowest)) }
    }

    pub(super) fn count(self) -> u64 {
        let long = |(first, last): (i64, i64)| last.abs_diff(first).saturating_add(1);
        long(self.columns).saturating_mul(long(self.rows))
    }

    /// Row by row.
    pub(super) fn tiles(self) -> impl Iterator<Item = Tile> {
        let Self { zoom, columns, rows } = self;
        let all = (rows.0..=rows.1).flat_map(move |y| (columns.0..=columns.1).map(move |x| (x, y)));
        all.filter_map(move |(x, y)| {
            let around = u32::try_from(x.rem_euclid(1 << zoom)).ok()?;
            let place = Place::new(zoom, around, u32::try_from(y).ok()?)?;
            let west = f64::from(i32::try_from(x).ok()?) * width(zoom) - 180.0;
            let row = f64::from(place.y);
            let area = Area {
                west,
                south: latitude(row + 1.0, zoom),
                east: west + width(zoom),
                north: latitude(row, zoom),
            };
            Some(Tile { place, area })
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounded already; `as` saturates")]
fn whole(value: f64) -> i64 {
    value as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(zoom: u8, x: u32, y: u32) -> Place {
        Place::new(zoom, x, y).unwrap()
    }

    #[test]
    fn tiles_are_numbered_along_the_curve() {
        // As the format's own description numbers them.
        let ids = [(0, 0, 0, 0), (1, 0, 0, 1), (1, 0, 1, 2), (1, 1, 1, 3), (1, 1, 0, 4), (2, 0, 0, 5)];
        for (zoom, x, y, id) in ids {
            assert_eq!(place(zoom, x, y).id(), id, "{zoom}/{x}/{y}");
        }
        assert_eq!(place(12, 3_423, 1_763).id(), 19_078_479);
        assert!(Place::new(1, 2, 0).is_none() && Place::new(FINEST + 1, 0, 0).is_none());
        assert!(Place::new(255, 0, 0).is_none());
        // Each zoom's numbers follow the coarser ones', none is left out, and neighbours on the curve are neighbours.
        let mut all: Vec<_> =
            (0..16).flat_map(|x| (0..16).map(move |y| (place(4, x, y).id(), x, y))).collect();
        all.sort_unstable();
        assert!(all.iter().map(|(id, ..)| *id).eq(85..85 + 256));
        for pair in all.windows(2) {
            assert_eq!(pair[0].1.abs_diff(pair[1].1) + pair[0].2.abs_diff(pair[1].2), 1);
        }
    }

    #[test]
    fn an_area_across_the_antimeridian_is_covered_once() {
        let area = Area { west: 176.0, south: -20.0, east: 184.0, north: -12.0 };
        let world = Area { west: 0.0, south: 0.0, east: 0.0, north: 0.0 }.or_the_world();
        let parts = area.within(&world);
        let tiles: Vec<_> = parts.iter().flat_map(|part| Span::of(part, 5).tiles()).collect();
        let places: Vec<_> = tiles.iter().map(|tile| (tile.place.x, tile.place.y)).collect();
        assert_eq!(places, [(31, 17), (0, 17)]);
        assert_eq!((tiles[0].area.west, tiles[0].area.east), (168.75, 180.0));
        assert_eq!((tiles[1].area.west, tiles[1].area.east), (180.0, 191.25));
        assert!(area.within(&Area { west: 0.0, south: -20.0, east: 170.0, north: 0.0 }).is_empty());
    }

    proptest! {
        #[test]
        fn whatever_lies_in_an_area_lies_on_one_of_its_tiles(
            west in -400.0..400.0_f64, south in -90.0..89.0_f64, wide in 0.001..40.0_f64, high in 0.001..40.0_f64, zoom in 0..9_u8, part in 0.0..1.0_f64,
        ) {
            let area = Area { west, south, east: west + wide, north: (south + high).min(90.0) };
            let span = Span::of(&area, zoom);
            let tiles: Vec<_> = span.tiles().collect();
            prop_assert_eq!(u64::try_from(tiles.len()).unwrap(), span.count());
            let at = (west + wide * part, (area.south + (area.north - area.south) * part).clamp(-85.0, 85.0));
            let near = 1e-9;
            let is_on = |tile: &Tile| {
                let own = tile.area;
                let across = own.west - near..=own.east + near;
                across.contains(&at.0) && (own.south - near..=own.north + near).contains(&at.1)
            };
            prop_assert!(tiles.iter().any(is_on) || area.north < -85.0 || area.south > 85.0);
        }

        #[test]
        fn rows_and_latitudes_are_each_others_inverse(latitude_ in -85.0..85.0_f64, zoom in 0..20_u8) {
            prop_assert!((latitude(row_at(latitude_, zoom), zoom) - latitude_).abs() < 1e-9);
        }
    }
}
