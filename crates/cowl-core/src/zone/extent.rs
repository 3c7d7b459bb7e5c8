//! Where a zone lies and how large it is: what `cowl zone` prints.

use alloc::vec::Vec;
use core::fmt;

use super::{
    Zone,
    mgrs::{E, E2},
};
use crate::Position;

/// A zone's place and size.
///
/// `Debug` shows the level only, like [`Zone`]'s.
#[derive(Clone, Copy, PartialEq)]
pub struct ZoneExtent {
    /// The zone.
    pub zone: Zone,
    /// Its middle: the centroid. Of a zone with bends, holes or several parts it may lie outside.
    pub centre: Position,
    /// Metres from the centre to the farthest corner, on a sphere (within 0.6 %).
    pub radius_m: f64,
    /// Area in square kilometres, on WGS 84; a grid square is counted up to the border of its grid zone.
    pub area_km2: f64,
    /// The smallest box around it.
    pub bounds: Bounds,
}

/// A box of latitudes and longitudes, in degrees. `west` above `east` means that it crosses the antimeridian.
#[derive(Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Lowest latitude.
    pub south: f64,
    /// Where it begins, going east.
    pub west: f64,
    /// Highest latitude.
    pub north: f64,
    /// Where it ends, going east.
    pub east: f64,
}

impl fmt::Debug for ZoneExtent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZoneExtent").field("level", &self.zone.level.0).finish_non_exhaustive()
    }
}

impl fmt::Debug for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bounds(…)")
    }
}

impl Bounds {
    /// Whether a position lies in the box, its edges included.
    pub fn contains(&self, position: Position) -> bool {
        let (latitude, longitude) = (position.latitude(), position.longitude());
        let between = if self.west <= self.east {
            (self.west..=self.east).contains(&longitude)
        } else {
            longitude >= self.west || longitude <= self.east
        };
        between && (self.south..=self.north).contains(&latitude)
    }
}

/// A corner of an outline, in degrees. Longitudes of one ring follow each other without a jump, so they may pass ±180.
#[derive(Clone, Copy, PartialEq)]
pub struct Corner {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// A closed ring of corners, the first not repeated: one piece of a zone's outline, in no particular direction.
#[derive(Clone, PartialEq)]
pub struct Ring {
    /// The corners.
    pub corners: Vec<Corner>,
    /// The ring bounds a hole.
    pub hole: bool,
}

impl fmt::Debug for Corner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Corner(…)")
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ring({} corners)", self.corners.len())
    }
}

impl ZoneExtent {
    /// Measures rings. `None` when they enclose nothing.
    pub(super) fn of_rings(zone: Zone, rings: &[Ring]) -> Option<Self> {
        let (mut area, mut planar, mut latitude, mut longitude) = (0.0, 0.0, 0.0, 0.0);
        for ring in rings {
            let measures = ring.measures()?;
            let sign = if ring.hole { -1.0 } else { 1.0 };
            area += sign * measures.area_km2;
            planar += sign * measures.planar;
            latitude += sign * measures.planar * measures.centre.latitude;
            longitude += sign * measures.planar * measures.centre.longitude;
        }
        if planar <= 0.0 {
            return None;
        }
        let centre = Corner { latitude: latitude / planar, longitude: longitude / planar };
        Self::around(zone, centre, rings.iter().flat_map(|r| &r.corners).copied(), area)
    }

    /// Draws box and radius around corners whose centre and area are known.
    pub(super) fn around(
        zone: Zone,
        centre: Corner,
        corners: impl Iterator<Item = Corner>,
        area_km2: f64,
    ) -> Option<Self> {
        let (mut south, mut north, mut west, mut east) = (90.0_f64, -90.0_f64, f64::INFINITY, -f64::INFINITY);
        let mut radius_m = 0.0_f64;
        for corner in corners {
            south = south.min(corner.latitude);
            north = north.max(corner.latitude);
            west = west.min(corner.longitude);
            east = east.max(corner.longitude);
            radius_m = radius_m.max(distance_m(centre, corner));
        }
        let bounds = if east - west >= 360.0 {
            Bounds { south, west: -180.0, north, east: 180.0 }
        } else {
            Bounds { south, west: normalised(west), north, east: normalised(east) }
        };
        let centre = Position::new(centre.latitude.clamp(-90.0, 90.0), normalised(centre.longitude)).ok()?;
        Some(Self { zone, centre, radius_m, area_km2, bounds })
    }
}

struct Measures {
    area_km2: f64,
    /// Area in square degrees, and the centroid that goes with it.
    planar: f64,
    centre: Corner,
}

impl Ring {
    fn measures(&self) -> Option<Measures> {
        let first = *self.corners.first()?;
        let (mut area, mut planar, mut latitude, mut longitude) = (0.0, 0.0, 0.0, 0.0);
        let next = self.corners.iter().cycle().skip(1);
        for (from, to) in self.corners.iter().zip(next) {
            area += (to.longitude - from.longitude).to_radians()
                * (strip(from.latitude) + strip(to.latitude))
                / 2.0;
            // from the first corner, so that small rings far from 0° lose no digits
            let (x0, y0) = (from.longitude - first.longitude, from.latitude - first.latitude);
            let (x1, y1) = (to.longitude - first.longitude, to.latitude - first.latitude);
            let cross = x0 * y1 - x1 * y0;
            planar += cross;
            longitude += (x0 + x1) * cross;
            latitude += (y0 + y1) * cross;
        }
        if planar.abs() < f64::MIN_POSITIVE {
            return None;
        }
        Some(Measures {
            area_km2: area.abs() / 1e6,
            planar: planar.abs() / 2.0,
            centre: Corner {
                latitude: first.latitude + latitude / (3.0 * planar),
                longitude: first.longitude + longitude / (3.0 * planar),
            },
        })
    }

    /// Keeps what lies inside a box (Sutherland and Hodgman, 1974).
    pub(super) fn clip(&mut self, bounds: Bounds) {
        self.clip_side(|c| c.longitude - bounds.west);
        self.clip_side(|c| bounds.east - c.longitude);
        self.clip_side(|c| c.latitude - bounds.south);
        self.clip_side(|c| bounds.north - c.latitude);
    }

    fn clip_side(&mut self, inside: impl Fn(&Corner) -> f64) {
        let next = self.corners.iter().cycle().skip(1);
        let mut kept = Vec::with_capacity(self.corners.len() + 4);
        for (from, to) in self.corners.iter().zip(next) {
            let (a, b) = (inside(from), inside(to));
            if a >= 0.0 {
                kept.push(*from);
            }
            if (a >= 0.0) != (b >= 0.0) {
                let part = a / (a - b);
                kept.push(Corner {
                    latitude: from.latitude + part * (to.latitude - from.latitude),
                    longitude: from.longitude + part * (to.longitude - from.longitude),
                });
            }
        }
        self.corners = kept;
    }
}

/// The longitude nearest to `near` that names the same meridian.
pub(super) fn unwrapped(longitude: f64, near: f64) -> f64 {
    longitude - 360.0 * libm::round((longitude - near) / 360.0)
}

fn normalised(longitude: f64) -> f64 {
    if (-180.0..=180.0).contains(&longitude) {
        longitude
    } else {
        unwrapped(longitude, 0.0).clamp(-180.0, 180.0)
    }
}

/// Square metres between the equator and a latitude, per radian of longitude (the authalic latitude's integral).
fn strip(latitude: f64) -> f64 {
    const POLAR_RADIUS: f64 = 6_356_752.314_245_179;
    let sin = libm::sin(latitude.to_radians());
    POLAR_RADIUS * POLAR_RADIUS / 2.0 * (sin / (1.0 - E2 * sin * sin) + libm::atanh(E * sin) / E)
}

/// Haversine on the mean radius.
fn distance_m(a: Corner, b: Corner) -> f64 {
    let half = |x: f64, y: f64| libm::sin((x - y).to_radians() / 2.0);
    let (vertical, horizontal) = (half(a.latitude, b.latitude), half(a.longitude, b.longitude));
    let scale = libm::cos(a.latitude.to_radians()) * libm::cos(b.latitude.to_radians());
    let root = libm::sqrt(vertical * vertical + scale * horizontal * horizontal);
    2.0 * 6_371_008.8 * libm::asin(root.min(1.0))
}
