//! Where a report is, as maps take it: a zone with its outline, or a rounded position with the radius of what was rounded away.

use cowl_core::{
    Corner, Decimal, Ladder, LevelIndex, Position, Ring, Zone, ZoneLabel,
    policy::{EXACT_POSITION_DECIMALS, Precision},
};
use serde_json::{Value, json};

/// Metres of a degree along a meridian, on a sphere.
const DEGREE_M: f64 = 111_195.0;
/// Coordinates of zones are written with so many decimals, a metre: their borders are public, and are no finer themselves.
const DECIMALS: i32 = 5;

/// A place on a map.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// The zone; `None`: a rounded position.
    pub(super) zone: Option<Named>,
    pub(super) centre: Position,
    /// Metres from the centre within which it lies.
    pub(super) radius_m: f64,
}

/// A zone by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) label: String,
    pub(super) level: String,
    pub(super) zone: Zone,
}

/// The zones of an operation.
#[derive(Debug)]
pub(super) struct Places(Ladder);

impl Places {
    pub(super) const fn new(zones: Ladder) -> Self {
        Self(zones)
    }

    /// The place that a report's position says, no finer than a precision, and whether it is as fine as that.
    pub(super) fn of(&self, said: &Value, may: Precision) -> Option<(Place, bool)> {
        match (self.zone_of(said), may) {
            (Some(zone), Precision::Level { level, .. }) => {
                let whole = zone.level == level;
                Some((self.zone(&self.no_finer(zone, level)?)?, whole))
            }
            (Some(zone), _) => Some((self.zone(&zone)?, false)),
            (None, Precision::Level { level, .. }) => {
                Some((self.zone(&self.0.locate(position_of(said)?, level)?)?, true))
            }
            (None, Precision::Decimals(decimals)) => Some((rounded(position_of(said)?, decimals)?, true)),
            (None, _) => Some((rounded(position_of(said)?, EXACT_POSITION_DECIMALS)?, true)),
        }
    }

    /// The place of a zone.
    pub(super) fn zone(&self, zone: &Zone) -> Option<Place> {
        let extent = self.0.extent(zone)?;
        let level = self.0.levels().get(usize::from(zone.level.0))?.name.clone();
        let named = Named { label: zone.label.as_str().to_owned(), level, zone: *zone };
        Some(Place { zone: Some(named), centre: extent.centre, radius_m: extent.radius_m })
    }

    /// RFC 7946: the outline of a zone; the centre alone of one that crosses the antimeridian, where an outline would have to be
    /// cut (§3.1.9), and of a rounded position.
    pub(super) fn geometry(&self, place: &Place) -> Value {
        let rings = place.zone.as_ref().and_then(|named| self.0.outline(&named.zone));
        let inside = |ring: &Ring| ring.corners.iter().all(|at| at.longitude.abs() <= 180.0);
        match rings.filter(|rings| rings.iter().all(inside)) {
            Some(rings) => polygons(&rings),
            None => json!({"type": "Point", "coordinates": point(corner_of(place.centre))}),
        }
    }

    fn zone_of(&self, said: &Value) -> Option<Zone> {
        let level = self.0.level(said.get("level")?.as_str()?)?;
        Some(Zone { level, label: ZoneLabel::new(said.get("zone")?.as_str()?).ok()? })
    }

    /// The zone itself, or the one of a level that its centre is in if it is finer than that level.
    fn no_finer(&self, zone: Zone, level: LevelIndex) -> Option<Zone> {
        if zone.level >= level {
            return Some(zone);
        }
        self.0.locate(self.0.extent(&zone)?.centre, level)
    }
}

fn position_of(said: &Value) -> Option<Position> {
    Position::new(said.get("lat")?.as_f64()?, said.get("lon")?.as_f64()?).ok()
}

fn rounded(position: Position, decimals: u8) -> Option<Place> {
    let axis = |degrees: f64| Decimal::round(degrees, decimals).map(Decimal::to_f64);
    let centre = Position::new(axis(position.latitude())?, axis(position.longitude())?).ok()?;
    // Half a step each way, along the diagonal.
    let radius_m = DEGREE_M * 10_f64.powi(-i32::from(decimals)) * 0.5_f64.sqrt();
    Some(Place { zone: None, centre, radius_m })
}

/// Each ring that is no hole with the holes that lie in it.
fn polygons(rings: &[Ring]) -> Value {
    let outer: Vec<&Ring> = rings.iter().filter(|ring| !ring.hole).collect();
    let mut parts: Vec<Vec<Value>> = outer.iter().map(|ring| vec![closed(ring, true)]).collect();
    for hole in rings.iter().filter(|ring| ring.hole) {
        let first = hole.corners.first().copied();
        let around = outer.iter().position(|ring| first.is_some_and(|corner| is_around(ring, corner)));
        if let Some(part) = around.and_then(|index| parts.get_mut(index)) {
            part.push(closed(hole, false));
        }
    }
    match parts.as_slice() {
        [one] => json!({"type": "Polygon", "coordinates": one}),
        many => json!({"type": "MultiPolygon", "coordinates": many}),
    }
}

/// RFC 7946 §3.1.6: the first corner is repeated; anticlockwise around land, clockwise around a hole.
fn closed(ring: &Ring, anticlockwise: bool) -> Value {
    let edges = ring.corners.iter().zip(ring.corners.iter().cycle().skip(1));
    let twice: f64 = edges.map(|(a, b)| (b.longitude - a.longitude) * (b.latitude + a.latitude)).sum();
    let mut corners: Vec<Corner> = ring.corners.clone();
    if (twice < 0.0) != anticlockwise {
        corners.reverse();
    }
    corners.extend(corners.first().copied());
    corners.into_iter().map(point).collect()
}

/// Whether a corner lies in a ring: an odd number of edges east of it.
fn is_around(ring: &Ring, at: Corner) -> bool {
    let edges = ring.corners.iter().zip(ring.corners.iter().cycle().skip(1));
    let crossed = edges.filter(|(a, b)| {
        (a.latitude > at.latitude) != (b.latitude > at.latitude) && {
            let share = (at.latitude - a.latitude) / (b.latitude - a.latitude);
            a.longitude + share * (b.longitude - a.longitude) > at.longitude
        }
    });
    crossed.count() % 2 == 1
}

fn corner_of(position: Position) -> Corner {
    Corner { latitude: position.latitude(), longitude: position.longitude() }
}

fn point(corner: Corner) -> Value {
    json!([cut(corner.longitude), cut(corner.latitude)])
}

/// A coordinate with [`DECIMALS`] decimals.
pub(super) fn cut(degrees: f64) -> f64 {
    let scale = 10_f64.powi(DECIMALS);
    (degrees * scale).round() / scale
}
