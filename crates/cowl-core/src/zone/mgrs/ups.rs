//! Universal Polar Stereographic on WGS 84: the grid north of 84° and south of 80° (NGA.SIG.0012).

use super::utm::{A, Angles, E, F, Plane, conformal_tangent, latitude_of};

/// Scale at the pole.
const K0: f64 = 0.994;

/// Metres from the pole: `x` along 90° E, `y` along 180° in the north and along 0° in the south.
pub(super) fn forward(at: Angles, north: bool) -> Plane {
    // Rounding would put the pole itself a hair to one side of it, in another square for each longitude.
    if at.latitude.abs() >= 90.0 {
        return Plane { x: 0.0, y: 0.0 };
    }
    let tau = conformal_tangent(if north { at.latitude } else { -at.latitude });
    // √(1 + τ²) − τ, written so that it does not cancel near the pole
    let radius = radius() / (libm::sqrt(1.0 + tau * tau) + tau);
    let (sin, cos) = libm::sincos(at.longitude.to_radians());
    Plane { x: radius * sin, y: if north { -radius * cos } else { radius * cos } }
}

/// The way back.
pub(super) fn inverse(at: Plane, north: bool) -> Angles {
    let distance = libm::hypot(at.x, at.y) / radius();
    let latitude = if distance > 0.0 { latitude_of((1.0 / distance - distance) / 2.0) } else { 90.0 };
    let down = if north { -at.y } else { at.y };
    Angles {
        latitude: if north { latitude } else { -latitude },
        longitude: libm::atan2(at.x, down).to_degrees(),
    }
}

fn radius() -> f64 {
    2.0 * K0 * A / ((1.0 - F) * libm::exp(E * libm::atanh(E)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for latitude in [84.0, 86.5, 89.999] {
            for longitude in (-180..180).step_by(15) {
                for north in [true, false] {
                    let latitude = if north { latitude } else { -latitude };
                    let back =
                        inverse(forward(Angles { latitude, longitude: f64::from(longitude) }, north), north);
                    assert!((back.latitude - latitude).abs() < 1e-10);
                    let off = (back.longitude - f64::from(longitude)).abs();
                    assert!(off < 1e-7 || (off - 360.0).abs() < 1e-7, "{longitude} {off}");
                }
            }
        }
    }

    #[test]
    fn the_pole_is_the_origin() {
        let pole = forward(Angles { latitude: 90.0, longitude: 40.0 }, true);
        assert!(libm::hypot(pole.x, pole.y) < 1e-6);
    }
}
