//! Where something is: points, areas, and the public map that turns a zone's name into a place.

mod labels;
mod map;
mod mgrs;

pub(crate) use labels::{area, coordinates};
pub(crate) use map::Map;

/// Metres in one degree of latitude, on the sphere of the Earth's mean radius.
pub(crate) const DEGREE: f64 = 111_195.0;

/// A point on the Earth, degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

/// A point with the zone of the public map it lies in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Located {
    pub(crate) place: Place,
    pub(crate) zone: Option<u32>,
}

/// What a message says about a place: a centre, and how far around it that may mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) centre: Place,
    /// Half the extent to the north and to the east, metres.
    half: [f64; 2],
    /// Whether it is a rectangle; else a circle.
    is_rectangle: bool,
    /// The zone of the public map that it is.
    pub(crate) zone: Option<u32>,
}

impl Place {
    /// `None` if there is no such point.
    pub(crate) fn new(lat: f64, lon: f64) -> Option<Self> {
        (lat.abs() <= 90.0 && lon.abs() <= 180.0).then_some(Self { lat, lon })
    }

    /// Metres to the north and to the east, on a plane that touches the Earth here: good to 1 % within 300 km.
    fn offset(self, other: Self) -> [f64; 2] {
        let stretch = self.lat.midpoint(other.lat).to_radians().cos();
        let turn = (other.lon - self.lon + 540.0).rem_euclid(360.0) - 180.0;
        [(other.lat - self.lat) * DEGREE, turn * DEGREE * stretch]
    }

    /// Distance in metres.
    pub(crate) fn metres(self, other: Self) -> f64 {
        let [north, east] = self.offset(other);
        north.hypot(east)
    }
}

impl Area {
    /// A circle.
    pub(crate) const fn around(centre: Place, radius: f64) -> Self {
        Self { centre, half: [radius, radius], is_rectangle: false, zone: None }
    }

    /// A rectangle, by half its extent to the north and to the east in metres.
    pub(crate) const fn rectangle(centre: Place, north: f64, east: f64) -> Self {
        Self { centre, half: [north, east], is_rectangle: true, zone: None }
    }

    /// A zone of the public map.
    pub(crate) const fn of_zone(zone: u32, centre: Place, radius: f64) -> Self {
        Self { centre, half: [radius, radius], is_rectangle: false, zone: Some(zone) }
    }

    /// How far from the centre it reaches along an axis, metres.
    pub(crate) const fn radius(&self) -> f64 {
        let [north, east] = self.half;
        north.max(east)
    }

    /// As [`Self::excess`], but exact only up to a limit, which costs less for what is farther.
    pub(crate) fn excess_up_to(&self, point: Located, limit: f64) -> f64 {
        let [half, _] = self.half;
        let north = (point.place.lat - self.centre.lat).abs() * DEGREE - half;
        if north > limit { north } else { self.excess(point) }
    }

    /// How far outside a point is, metres; 0 inside.
    pub(crate) fn excess(&self, point: Located) -> f64 {
        if let (Some(mine), Some(other)) = (self.zone, point.zone) {
            return if mine == other { 0.0 } else { self.centre.metres(point.place).max(1.0) };
        }
        let [north, east] = self.centre.offset(point.place);
        let [half_north, half_east] = self.half;
        if self.is_rectangle {
            (north.abs() - half_north).max(0.0).hypot((east.abs() - half_east).max(0.0))
        } else {
            (north.hypot(east) - half_north).max(0.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Located {
        Located { place: Place::new(lat, lon).unwrap(), zone: None }
    }

    #[test]
    fn distances_are_those_of_the_sphere() {
        let paris = at(48.8566, 2.3522).place;
        let london = at(51.5074, -0.1278).place;
        assert!((paris.metres(london) - 343_500.0).abs() < 3_000.0);
        // across the date line
        assert!(at(0.0, 179.9).place.metres(at(0.0, -179.9).place) < 22_300.0);
    }

    #[test]
    fn a_rectangle_has_corners_and_a_circle_has_none() {
        let centre = at(0.0, 0.0).place;
        let corner = at(0.008, 0.008);
        assert!(Area::rectangle(centre, 900.0, 900.0).excess(corner) < 1e-9);
        assert!(Area::around(centre, 900.0).excess(corner) > 300.0);
        let (mine, other) = (Located { zone: Some(1), ..corner }, Located { zone: Some(2), ..corner });
        let zone = Area::of_zone(1, centre, 10.0);
        assert!(zone.excess(mine) < 1e-9 && zone.excess(other) > 1_000.0);
    }
}
