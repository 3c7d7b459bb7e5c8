//! Places on the ground, near enough to a plane for a walk.

use core::fmt;

/// Metres of a degree of latitude, on a sphere of the Earth's mean radius (6,371,008.8 m).
const METRES_A_DEGREE: f64 = 111_195.08;

/// A latitude and longitude in degrees (WGS 84). `Debug` shows them: these people are invented.
#[derive(Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

impl Point {
    /// The point so many metres away; right to 1 % up to 50 km.
    pub(crate) fn moved(self, east_m: f64, north_m: f64) -> Self {
        let latitude = self.latitude + north_m / METRES_A_DEGREE;
        Self { latitude, longitude: self.longitude + east_m / metres_a_degree_east(self.latitude) }
    }

    /// The point at a distance in a direction, in radians clockwise from north.
    pub(crate) fn towards(self, direction: f64, metres: f64) -> Self {
        self.moved(metres * libm::sin(direction), metres * libm::cos(direction))
    }

    /// The point this share of the way to another.
    pub(crate) fn between(self, other: Self, share: f64) -> Self {
        Self {
            latitude: self.latitude + (other.latitude - self.latitude) * share,
            longitude: self.longitude + (other.longitude - self.longitude) * share,
        }
    }

    /// Metres to another point; right to 1 % up to 50 km.
    pub fn distance_m(self, other: Self) -> f64 {
        let middle = f64::midpoint(self.latitude, other.latitude);
        let east = (other.longitude - self.longitude) * metres_a_degree_east(middle);
        libm::hypot(east, (other.latitude - self.latitude) * METRES_A_DEGREE)
    }

    /// Rounded as phones write it: 5 decimals, 1.1 m.
    pub(crate) fn rounded(self) -> Self {
        let round = |degrees: f64| libm::round(degrees * 1e5) / 1e5;
        Self { latitude: round(self.latitude), longitude: round(self.longitude) }
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:.5}, {:.5})", self.latitude, self.longitude)
    }
}

fn metres_a_degree_east(latitude: f64) -> f64 {
    METRES_A_DEGREE * libm::cos(latitude.to_radians())
}
