//! A place on Earth, checked at the border.

use core::fmt;

/// Why two numbers are not a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// NaN or infinite.
    #[error("latitude or longitude is not a finite number")]
    NotFinite,
    /// Latitude outside −90…90 degrees.
    #[error("latitude is not within -90 and 90 degrees")]
    Latitude,
    /// Longitude outside −180…180 degrees.
    #[error("longitude is not within -180 and 180 degrees")]
    Longitude,
}

/// A WGS 84 latitude and longitude in degrees, both finite and in range.
///
/// `Debug` shows nothing: a position is personal data.
#[derive(Clone, Copy, PartialEq)]
pub struct Position {
    latitude: f64,
    longitude: f64,
}

impl Position {
    /// Checks and takes a latitude (−90…90) and a longitude (−180…180), in degrees.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, PositionError> {
        if !latitude.is_finite() || !longitude.is_finite() {
            return Err(PositionError::NotFinite);
        }
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(PositionError::Latitude);
        }
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(PositionError::Longitude);
        }
        Ok(Self { latitude, longitude })
    }

    /// Degrees north of the equator.
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east of Greenwich.
    pub const fn longitude(self) -> f64 {
        self.longitude
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Position(…)")
    }
}
