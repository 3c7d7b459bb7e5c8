//! The outline of a zone, in degrees. Longitudes of one ring follow each other without a jump.

use std::f64::consts::PI;

use cowl_core::{Ladder, LevelIndex, NamedPolygon, Position, System, Zone, ZoneLabel};
use h3o::CellIndex;

/// A corner, in degrees; the longitude may pass ±180.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corner {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

/// Of a cell of a grid. `None`: the level has no such cell.
pub(super) fn outline(
    ladder: &Ladder,
    level: usize,
    system: &System,
    label: &str,
) -> Option<Vec<Vec<Corner>>> {
    if let System::H3(_) = system {
        let cell: CellIndex = label.parse().ok()?;
        let corners = cell
            .boundary()
            .iter()
            .map(|place| Corner { latitude: place.lat(), longitude: place.lng() })
            .collect();
        return Some(vec![unrolled(corners)]);
    }
    let level = LevelIndex(u8::try_from(level).ok()?);
    let extent = ladder.extent(&Zone { level, label: ZoneLabel::new(label).ok()? })?;
    // A square of the military grid is turned against the meridians by less than three degrees: its box is as good on a map.
    let bounds = extent.bounds;
    let east = if bounds.east < bounds.west { bounds.east + 360.0 } else { bounds.east };
    let corner = |latitude, longitude| Corner { latitude, longitude };
    Some(vec![vec![
        corner(bounds.south, bounds.west),
        corner(bounds.north, bounds.west),
        corner(bounds.north, east),
        corner(bounds.south, east),
    ]])
}

/// Of a named polygon.
pub(super) fn of_polygon(polygon: &NamedPolygon) -> Vec<Vec<Corner>> {
    let corner =
        |position: Position| Corner { latitude: position.latitude(), longitude: position.longitude() };
    polygon.rings().map(|ring| ring.map(corner).collect()).collect()
}

/// A ring over the antimeridian goes on beyond 180°.
fn unrolled(mut corners: Vec<Corner>) -> Vec<Corner> {
    let Some(first) = corners.first().map(|corner| corner.longitude) else { return corners };
    let half = PI.to_degrees();
    for corner in &mut corners {
        if corner.longitude - first > half {
            corner.longitude -= 2.0 * half;
        } else if first - corner.longitude > half {
            corner.longitude += 2.0 * half;
        }
    }
    corners
}
