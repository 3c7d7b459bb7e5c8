//! Named polygons: departments, communes, camps.
//!
//! Corners are kept on a grid of 10⁻⁵ degrees (about a metre), the form in which they travel in the manifest,
//! so the operator's machine and every device decide alike. Edges are straight in latitude and longitude, as
//! in `GeoJSON` (RFC 7946 §3.1.1), and no zone crosses the antimeridian: one that does is cut there in two parts
//! (§3.1.9), which the checks insist on.
//!
//! Boundary rule: a zone owns its western and southern edges, not its eastern and northern ones, so of two
//! zones with a common edge exactly one owns each point of it. Where zones overlap, the first in order wins.

mod codec;
mod fold;
mod index;

use alloc::{collections::BTreeMap, vec::Vec};
use core::fmt;

use index::RowIndex;

use super::{
    Zone, ZoneExtent, ZoneLabel,
    extent::{Corner, Ring},
    numeric,
};
use crate::Position;

/// Grid units per degree.
const UNITS: f64 = 1e5;
/// Half a turn in grid units.
const HALF_TURN: i32 = 18_000_000;

/// Why polygons are not zones. Indices count from 0; the texts count from 1, as people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolygonsError {
    /// No polygon, or more than [`Polygons::MAX_ZONES`].
    #[error("a level has 1 to {} polygons", Polygons::MAX_ZONES)]
    Count,
    /// More than [`Polygons::MAX_POINTS`] corners in all.
    #[error("a level has at most {} corners in all: simplify the polygons", Polygons::MAX_POINTS)]
    Points,
    /// A ring has fewer than three different corners once rounded to 10⁻⁵ degrees.
    #[error("ring {} has fewer than three different corners", ring + 1)]
    Ring {
        /// The ring within its polygon.
        ring: usize,
    },
    /// An edge spans more than 180° of longitude: a polygon not cut at the antimeridian.
    #[error("ring {} crosses the antimeridian: cut it there in two (RFC 7946 §3.1.9)", ring + 1)]
    Antimeridian {
        /// The ring within its polygon.
        ring: usize,
    },
    /// Two polygons have the same label, so counts could not tell them apart.
    #[error("polygons {} and {} have the same label", first + 1, second + 1)]
    Duplicate {
        /// The first of the two.
        first: usize,
        /// The second.
        second: usize,
    },
}

/// A corner in grid units.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Point {
    latitude: i32,
    longitude: i32,
}

/// One zone's outline: outer rings and holes, in any order and direction. A place is inside when an odd number
/// of rings is around it, which is what holes and several parts need as long as parts do not overlap.
#[derive(Clone, PartialEq)]
pub struct NamedPolygon {
    label: ZoneLabel,
    rings: Vec<Vec<Point>>,
}

impl NamedPolygon {
    /// Rounds rings to the grid and checks them. A last corner equal to the first is dropped.
    pub fn new(label: ZoneLabel, rings: &[Vec<Position>]) -> Result<Self, PolygonsError> {
        let on_grid = |position: &Position| Point {
            latitude: numeric::round(position.latitude() * UNITS),
            longitude: numeric::round(position.longitude() * UNITS),
        };
        let rings = rings.iter().map(|ring| {
            let mut points: Vec<Point> = ring.iter().map(on_grid).collect();
            points.dedup();
            if points.len() > 1 && points.first() == points.last() {
                points.pop();
            }
            points
        });
        Self::from_points(label, rings.collect())
    }

    /// The zone's name.
    pub fn label(&self) -> ZoneLabel {
        self.label
    }

    /// Corners of all rings.
    pub fn points(&self) -> usize {
        self.rings.iter().map(Vec::len).sum()
    }

    /// Its rings, outer ones and holes, as positions; the first corner of each is not repeated. For drawing: filled by the even-odd
    /// rule they are the zone.
    pub fn rings(&self) -> impl Iterator<Item = impl Iterator<Item = Position> + '_> + '_ {
        let position = |point: &Point| {
            Position::new(f64::from(point.latitude) / UNITS, f64::from(point.longitude) / UNITS).ok()
        };
        self.rings.iter().map(move |points| points.iter().filter_map(position))
    }

    fn from_points(label: ZoneLabel, rings: Vec<Vec<Point>>) -> Result<Self, PolygonsError> {
        if rings.is_empty() {
            return Err(PolygonsError::Ring { ring: 0 });
        }
        for (ring, points) in rings.iter().enumerate() {
            if points.len() < 3 {
                return Err(PolygonsError::Ring { ring });
            }
            if edges(points).any(|(from, to)| (from.longitude - to.longitude).abs() > HALF_TURN) {
                return Err(PolygonsError::Antimeridian { ring });
            }
        }
        Ok(Self { label, rings })
    }

    fn outline(&self) -> Vec<Ring> {
        let corner = |point: &Point| Corner {
            latitude: f64::from(point.latitude) / UNITS,
            longitude: f64::from(point.longitude) / UNITS,
        };
        let ring = |(index, points): (usize, &Vec<Point>)| Ring {
            corners: points.iter().map(corner).collect(),
            hole: points.first().is_some_and(|point| self.depth(*point, index) % 2 == 1),
        };
        self.rings.iter().enumerate().map(ring).collect()
    }

    /// How many other rings are around a corner of one ring.
    fn depth(&self, point: Point, own: usize) -> usize {
        let (x, y) = (f64::from(point.longitude), f64::from(point.latitude));
        let around = |ring: &Vec<Point>| {
            edges(ring)
                .filter_map(|(from, to)| index::Edge::new(from, to, 0))
                .filter(|e| e.is_east_of(x, y))
                .count()
                % 2
                == 1
        };
        self.rings.iter().enumerate().filter(|(index, ring)| *index != own && around(ring)).count()
    }
}

/// The zones of one level, with an index by latitude.
#[derive(Clone)]
pub struct Polygons {
    zones: Vec<NamedPolygon>,
    index: RowIndex,
}

impl Polygons {
    /// The most zones in a level.
    pub const MAX_ZONES: usize = 4_096;
    /// The most corners in a level. Each costs about four bytes of every manifest and 20 bytes of memory.
    pub const MAX_POINTS: usize = 65_536;

    /// Takes polygons in order of precedence.
    pub fn new(zones: Vec<NamedPolygon>) -> Result<Self, PolygonsError> {
        if zones.is_empty() || zones.len() > Self::MAX_ZONES {
            return Err(PolygonsError::Count);
        }
        if zones.iter().map(NamedPolygon::points).sum::<usize>() > Self::MAX_POINTS {
            return Err(PolygonsError::Points);
        }
        let mut seen = BTreeMap::new();
        for (second, zone) in zones.iter().enumerate() {
            if let Some(first) = seen.insert(zone.label, second) {
                return Err(PolygonsError::Duplicate { first, second });
            }
        }
        let index = RowIndex::new(&zones);
        Ok(Self { zones, index })
    }

    /// The zones in order.
    pub fn zones(&self) -> &[NamedPolygon] {
        &self.zones
    }

    pub(super) fn locate(&self, position: Position) -> Option<ZoneLabel> {
        // 180° is the same meridian as −180°, whose zones own their western edge.
        let longitude = if position.longitude() >= 180.0 { -180.0 } else { position.longitude() };
        let zone = self.index.locate(longitude * UNITS, position.latitude() * UNITS)?;
        Some(self.zones.get(zone)?.label)
    }

    /// Labels equal to a text but for case, diacritics, spaces and hyphens; if none, those that contain it.
    pub(super) fn find(&self, text: &str) -> Vec<ZoneLabel> {
        let wanted = fold::folded(text);
        if wanted.is_empty() {
            return Vec::new();
        }
        let matching = |test: &dyn Fn(&str) -> bool| -> Vec<ZoneLabel> {
            self.zones.iter().map(|z| z.label).filter(|l| test(&fold::folded(l.as_str()))).collect()
        };
        let equal = matching(&|label| label == wanted);
        if equal.is_empty() { matching(&|label| label.contains(wanted.as_str())) } else { equal }
    }

    pub(super) fn extent(&self, zone: Zone) -> Option<ZoneExtent> {
        ZoneExtent::of_rings(zone, &self.outline(&zone.label)?)
    }

    pub(super) fn outline(&self, label: &ZoneLabel) -> Option<Vec<Ring>> {
        self.zones.iter().find(|zone| zone.label == *label).map(NamedPolygon::outline)
    }
}

impl PartialEq for Polygons {
    fn eq(&self, other: &Self) -> bool {
        self.zones == other.zones
    }
}

impl fmt::Debug for Polygons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Polygons({} zones)", self.zones.len())
    }
}

impl fmt::Debug for NamedPolygon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NamedPolygon({} points)", self.points())
    }
}

/// The edges of a ring, the closing one included.
fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

#[cfg(test)]
#[path = "polygons_tests.rs"]
mod tests;
