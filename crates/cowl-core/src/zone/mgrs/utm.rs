//! Universal Transverse Mercator on WGS 84: Karney's form of the Krüger series to order 6, whose error within
//! the grid's zones is below a micrometre (C. F. F. Karney, "Transverse Mercator with an accuracy of a few
//! nanometers", J. Geodesy 85, 2011: equations 7 to 12, 35 and 36).
//!
//! Written here because the one maintained crate for it needs `std` and `num`, rebuilds the series on each call
//! and has asserts and indexing on parsed text; it stays in the tests as the other implementation. `libm`
//! rather than the platform's functions, so that every device names the same zone for the same position.

use core::f64::consts::FRAC_PI_2;

/// WGS 84: equatorial radius in metres.
pub(in crate::zone) const A: f64 = 6_378_137.0;
/// WGS 84: flattening.
pub(in crate::zone) const F: f64 = 1.0 / 298.257_223_563;
/// First eccentricity, squared.
pub(in crate::zone) const E2: f64 = F * (2.0 - F);
/// First eccentricity: the root of [`E2`] (a test holds it to that).
pub(in crate::zone) const E: f64 = 0.081_819_190_842_621_49;

/// Scale on the central meridian.
const K0: f64 = 0.9996;
/// Third flattening.
const N: f64 = F / (2.0 - F);
const N2: f64 = N * N;
const N3: f64 = N2 * N;
const N4: f64 = N2 * N2;
const N5: f64 = N4 * N;
const N6: f64 = N3 * N3;
/// Rectifying radius times the scale, in metres.
const RADIUS: f64 = K0 * A / (1.0 + N) * (1.0 + N2 / 4.0 + N4 / 64.0 + N6 / 256.0);

/// Equation 35: from the conformal sphere to the projection.
const ALPHA: [f64; 6] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 5.0 / 16.0 * N3 + 41.0 / 180.0 * N4 - 127.0 / 288.0 * N5
        + 7891.0 / 37800.0 * N6,
    13.0 / 48.0 * N2 - 3.0 / 5.0 * N3 + 557.0 / 1440.0 * N4 + 281.0 / 630.0 * N5
        - 1_983_433.0 / 1_935_360.0 * N6,
    61.0 / 240.0 * N3 - 103.0 / 140.0 * N4 + 15061.0 / 26880.0 * N5 + 167_603.0 / 181_440.0 * N6,
    49561.0 / 161_280.0 * N4 - 179.0 / 168.0 * N5 + 6_601_661.0 / 7_257_600.0 * N6,
    34729.0 / 80640.0 * N5 - 3_418_889.0 / 1_995_840.0 * N6,
    212_378_941.0 / 319_334_400.0 * N6,
];

/// Equation 36: the way back.
const BETA: [f64; 6] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 37.0 / 96.0 * N3 - 1.0 / 360.0 * N4 - 81.0 / 512.0 * N5
        + 96199.0 / 604_800.0 * N6,
    1.0 / 48.0 * N2 + 1.0 / 15.0 * N3 - 437.0 / 1440.0 * N4 + 46.0 / 105.0 * N5
        - 1_118_711.0 / 3_870_720.0 * N6,
    17.0 / 480.0 * N3 - 37.0 / 840.0 * N4 - 209.0 / 4480.0 * N5 + 5569.0 / 90720.0 * N6,
    4397.0 / 161_280.0 * N4 - 11.0 / 504.0 * N5 - 830_251.0 / 7_257_600.0 * N6,
    4583.0 / 161_280.0 * N5 - 108_847.0 / 3_991_680.0 * N6,
    20_648_693.0 / 638_668_800.0 * N6,
];

/// Metres east of the central meridian and north of the equator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Geodetic latitude, and longitude from the central meridian, in degrees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Angles {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

/// Projects; the longitude is within 90° of the central meridian.
pub(super) fn forward(at: Angles) -> Plane {
    let tau = conformal_tangent(at.latitude);
    let (sin, cos) = libm::sincos(at.longitude.to_radians());
    let square = tau * tau + cos * cos;
    // Functions of twice ξ′ and η′, from those of the simple angles: two thirds of the time saved.
    let sinh = sin / libm::sqrt(square);
    let double = Series {
        sin: 2.0 * tau * cos / square,
        cos: (cos * cos - tau * tau) / square,
        sinh: 2.0 * sinh * libm::sqrt(1.0 + sinh * sinh),
        cosh: 1.0 + 2.0 * sinh * sinh,
    };
    let sum = double.sum(&ALPHA);
    Plane { x: RADIUS * (libm::asinh(sinh) + sum.eta), y: RADIUS * (libm::atan2(tau, cos) + sum.xi) }
}

/// The way back.
pub(super) fn inverse(at: Plane) -> Angles {
    let (xi, eta) = (at.y / RADIUS, at.x / RADIUS);
    let (sin, cos) = libm::sincos(2.0 * xi);
    let sum = Series { sin, cos, sinh: libm::sinh(2.0 * eta), cosh: libm::cosh(2.0 * eta) }.sum(&BETA);
    let (sin, cos) = libm::sincos(xi - sum.xi);
    let sinh = libm::sinh(eta - sum.eta);
    Angles {
        latitude: latitude_of(sin / libm::hypot(sinh, cos)),
        longitude: libm::atan2(sinh, cos).to_degrees(),
    }
}

/// Tangent of the conformal latitude (equations 7 to 9) of a geodetic latitude in degrees.
pub(super) fn conformal_tangent(latitude: f64) -> f64 {
    let (sin, cos) = libm::sincos(latitude.to_radians());
    tau_prime(sin / cos, sin)
}

/// The geodetic latitude in degrees of a tangent of a conformal one: Newton's method, equations 19 to 21.
pub(super) fn latitude_of(tau_prime_wanted: f64) -> f64 {
    let mut tau = tau_prime_wanted / (1.0 - E2);
    for _ in 0..5 {
        let root = libm::sqrt(1.0 + tau * tau);
        let got = tau_prime(tau, tau / root);
        let step = (tau_prime_wanted - got) / libm::sqrt(1.0 + got * got) * (1.0 + (1.0 - E2) * tau * tau)
            / ((1.0 - E2) * root);
        tau += step;
    }
    if tau.is_finite() {
        libm::atan(tau).to_degrees()
    } else {
        FRAC_PI_2.to_degrees().copysign(tau_prime_wanted)
    }
}

fn tau_prime(tau: f64, sin: f64) -> f64 {
    let sigma = libm::sinh(E * libm::atanh(E * sin));
    tau * libm::sqrt(1.0 + sigma * sigma) - sigma * libm::sqrt(1.0 + tau * tau)
}

/// The circular functions of 2ξ and the hyperbolic ones of 2η.
struct Series {
    sin: f64,
    cos: f64,
    sinh: f64,
    cosh: f64,
}

struct Sum {
    xi: f64,
    eta: f64,
}

impl Series {
    /// Σ cⱼ sin 2j(ξ + iη), split in its real and imaginary part, by Clenshaw's recurrence on complex numbers.
    fn sum(&self, coefficients: &[f64; 6]) -> Sum {
        // 2 cos 2(ξ + iη)
        let (a_re, a_im) = (2.0 * self.cos * self.cosh, -2.0 * self.sin * self.sinh);
        let (mut re, mut im, mut older_re, mut older_im) = (0.0, 0.0, 0.0, 0.0);
        for coefficient in coefficients.iter().rev() {
            let next_re = a_re * re - a_im * im - older_re + coefficient;
            let next_im = a_re * im + a_im * re - older_im;
            (older_re, older_im, re, im) = (re, im, next_re, next_im);
        }
        // times sin 2(ξ + iη)
        let (s_re, s_im) = (self.sin * self.cosh, self.cos * self.sinh);
        Sum { xi: s_re * re - s_im * im, eta: s_re * im + s_im * re }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eccentricity_is_the_root_of_its_square() {
        assert!((libm::sqrt(E2) - E).abs() < 1e-16);
    }

    #[test]
    fn there_and_back_within_a_micrometre() {
        for latitude in (-80..=84).step_by(4) {
            for longitude in -6..=6 {
                let at = Angles { latitude: f64::from(latitude), longitude: f64::from(longitude) };
                let back = inverse(forward(at));
                assert!((back.latitude - at.latitude).abs() < 1e-11, "{latitude} {longitude}");
                assert!((back.longitude - at.longitude).abs() < 1e-11, "{latitude} {longitude}");
            }
        }
    }
}
