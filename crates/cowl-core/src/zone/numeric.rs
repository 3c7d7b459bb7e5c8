//! The few conversions from floating point to integers that zones need, each checked for range by its caller.

/// The largest integer not above `x`; saturates at the ends, and NaN gives 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates; callers pass metres or degrees of the Earth"
)]
pub(super) fn floor(x: f64) -> i32 {
    libm::floor(x) as i32
}

/// The integer nearest to `x`, halves away from zero; saturates at the ends, and NaN gives 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates; callers pass metres or degrees of the Earth"
)]
pub(super) fn round(x: f64) -> i32 {
    libm::round(x) as i32
}
