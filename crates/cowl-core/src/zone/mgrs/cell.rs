//! A grid square back on the ellipsoid.

use alloc::vec::Vec;

use super::{
    MgrsGrain, Reference,
    reference::{BANDS, SOUTHERN_ROWS, TILE, central_meridian},
    ups,
    utm::{self, Plane},
};
use crate::zone::{
    Bounds, Zone, ZoneExtent, ZoneLabel,
    extent::{Corner, Ring, unwrapped},
};

/// Points drawn along each side: a 10 km side then bends by centimetres from its chords, and near a pole, where
/// chords in degrees are poor, the area is right within 0.1 %.
const POINTS: u8 = 16;
/// Degrees by which the border of a grid zone is drawn too far, so that slivers at the border do not vanish.
const SLACK: f64 = 1e-5;

/// One square of one grain.
#[derive(Clone, Copy)]
pub(in crate::zone) struct Cell {
    reference: Reference,
    grain: MgrsGrain,
}

impl Cell {
    /// The square of a grain that holds a place.
    pub(in crate::zone) fn new(reference: Reference, grain: MgrsGrain) -> Self {
        Self { reference, grain }
    }

    /// Reads a label of exactly this grain.
    pub(in crate::zone) fn parse(label: &ZoneLabel, grain: MgrsGrain) -> Option<Self> {
        let parsed = Reference::parse(label.as_str())?;
        (parsed.digits == grain.digits() && parsed.reference.label(grain)? == *label)
            .then(|| Self::new(parsed.reference, grain))
    }

    /// Where it lies. `None` when its grid zone has no such square.
    pub(in crate::zone) fn extent(self, zone: Zone) -> Option<ZoneExtent> {
        let rings = [self.ring()?];
        let extent = ZoneExtent::of_rings(zone, &rings)?;
        // Centroids in degrees are poor around a pole.
        let near_pole = |centre: &Corner| self.reference.zone == 0 && centre.latitude.abs() > 85.0;
        match self.polar_centre().filter(near_pole) {
            Some(centre) => {
                let corners = rings.iter().flat_map(|ring| ring.corners.iter().copied());
                ZoneExtent::around(zone, centre, corners, extent.area_km2)
            }
            None => Some(extent),
        }
    }

    /// Its outline, cut off at the border of its grid zone.
    pub(in crate::zone) fn ring(self) -> Option<Ring> {
        let mut ring = if self.reference.zone == 0 { self.polar_outline()? } else { self.outline()? };
        ring.clip(self.grid_zone()?);
        (ring.corners.len() > 2).then_some(ring)
    }

    /// The corner nearest to the false origin, in metres from it.
    fn corner(self) -> Option<Plane> {
        let square = self.reference.square()?;
        let side = self.grain.side();
        let within = |metres: u32| f64::from(metres - metres % side);
        Some(Plane {
            x: f64::from(square.column) * TILE + within(self.reference.easting),
            y: f64::from(square.row) * TILE + within(self.reference.northing),
        })
    }

    fn outline(self) -> Option<Ring> {
        let corner = self.corner()?;
        let equator = if self.reference.band < b'N' { f64::from(SOUTHERN_ROWS) * TILE } else { 0.0 };
        let middle = central_meridian(self.reference.zone);
        let corners = self
            .sides()
            .map(|step| {
                let at =
                    utm::inverse(Plane { x: corner.x - 500_000.0 + step.x, y: corner.y - equator + step.y });
                Corner { latitude: at.latitude, longitude: middle + at.longitude }
            })
            .collect();
        Some(Ring { corners, hole: false })
    }

    fn polar_centre(self) -> Option<Corner> {
        let half = f64::from(self.grain.side()) / 2.0;
        Some(self.polar(self.corner()?, Plane { x: half, y: half }))
    }

    fn polar(self, corner: Plane, step: Plane) -> Corner {
        let plane = Plane { x: corner.x - 2_000_000.0 + step.x, y: corner.y - 2_000_000.0 + step.y };
        let at = ups::inverse(plane, self.reference.band >= b'Y');
        Corner { latitude: at.latitude, longitude: at.longitude }
    }

    fn polar_outline(self) -> Option<Ring> {
        let corner = self.corner()?;
        let middle = self.polar_centre()?.longitude;
        let place = |step| {
            let at = self.polar(corner, step);
            Corner { longitude: unwrapped(at.longitude, middle), ..at }
        };
        let steps: Vec<Plane> = self.sides().collect();
        let mut corners = Vec::with_capacity(steps.len() + 1);
        for (index, step) in steps.iter().enumerate() {
            let corner = place(*step);
            if corner.latitude.abs() < 90.0 - 1e-9 {
                corners.push(corner);
                continue;
            }
            // The pole lies on every meridian: here, on the one that the outline comes along and the one it leaves by.
            for beside in [index + steps.len() - 1, index + 1] {
                let beside = place(*steps.get(beside % steps.len())?);
                corners.push(Corner { latitude: corner.latitude, longitude: beside.longitude });
            }
        }
        Some(Ring { corners, hole: false })
    }

    /// Steps around the square, anticlockwise, in metres from its corner.
    fn sides(self) -> impl Iterator<Item = Plane> {
        let side = f64::from(self.grain.side());
        (0..4_u8).flat_map(move |edge| {
            (0..POINTS).map(move |point| {
                let along = side * f64::from(point) / f64::from(POINTS);
                match edge {
                    0 => Plane { x: along, y: 0.0 },
                    1 => Plane { x: side, y: along },
                    2 => Plane { x: side - along, y: side },
                    _ => Plane { x: 0.0, y: side - along },
                }
            })
        })
    }

    /// The box that the grid zone's squares end at. `None` for 32X, 34X and 36X, which do not exist.
    fn grid_zone(self) -> Option<Bounds> {
        let Reference { zone, band, .. } = self.reference;
        let everywhere = Bounds { south: -90.0, west: -720.0, north: 90.0, east: 720.0 };
        if zone == 0 {
            return Some(if band >= b'Y' {
                Bounds { south: 84.0 - SLACK, ..everywhere }
            } else {
                Bounds { north: -80.0 + SLACK, ..everywhere }
            });
        }
        let (west, east) = match (zone, band) {
            (31, b'V') => (3.0, 0.0),
            (31, b'X') => (3.0, 6.0),
            (32, b'V') | (37, b'X') => (6.0, 3.0),
            (33 | 35, b'X') => (6.0, 6.0),
            (32 | 34 | 36, b'X') => return None,
            _ => (3.0, 3.0),
        };
        let middle = central_meridian(zone);
        let index = u8::try_from(BANDS.iter().position(|b| *b == band)?).ok()?;
        let south = f64::from(index) * 8.0 - 80.0;
        let north = if band == b'X' { 84.0 } else { south + 8.0 };
        Some(Bounds {
            south: south - SLACK,
            west: middle - west - SLACK,
            north: north + SLACK,
            east: middle + east + SLACK,
        })
    }
}
