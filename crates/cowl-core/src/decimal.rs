//! Numbers as whole multiples of a power of ten: what a precision keeps, and nothing below it.

use core::fmt;

/// The most decimals that a number or a coordinate may have.
pub const MAX_DECIMALS: u8 = 9;

/// Above this an `f64` no longer holds every whole number (2^53).
const LIMIT: f64 = 9_007_199_254_740_992.0;

/// `scaled / 10^decimals`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// The number times 10^`decimals`.
    pub scaled: i64,
    /// Digits behind the point, at most [`MAX_DECIMALS`].
    pub decimals: u8,
}

impl Decimal {
    /// Rounds to the nearest multiple of 10^-`decimals`, ties to even. `None`: not finite, or the scaled number is
    /// beyond 2^53.
    pub fn round(value: f64, decimals: u8) -> Option<Self> {
        let scaled = value * power(decimals)?;
        if !(-LIMIT..=LIMIT).contains(&scaled) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked: within ±2^53; the fraction is the point"
        )]
        let whole = scaled as i64;
        #[expect(clippy::cast_precision_loss, reason = "checked: within ±2^53")]
        let fraction = scaled - whole as f64;
        let away = fraction.abs() > 0.5 || (fraction.abs() >= 0.5 && whole % 2 != 0);
        let step = if fraction < 0.0 { -1 } else { 1 };
        Some(Self { scaled: if away { whole + step } else { whole }, decimals })
    }

    /// Rounds to the nearest multiple of `step` (in units of the last decimal), ties to even.
    #[must_use]
    pub const fn to_step(self, step: i64) -> Self {
        if step <= 1 {
            return self;
        }
        let down = self.scaled.div_euclid(step);
        let rest = self.scaled.rem_euclid(step);
        // `rest` against `step - rest`: no doubling, so no overflow
        let up = rest > step - rest || (rest == step - rest && down % 2 != 0);
        let scaled = if up { down.saturating_add(1) } else { down }.saturating_mul(step);
        Self { scaled, decimals: self.decimals }
    }

    /// The nearest `f64`.
    pub fn to_f64(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nearest is what is asked")]
        let scaled = self.scaled as f64;
        power(self.decimals).map_or(f64::NAN, |power| scaled / power)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(power) = 10_u64.checked_pow(u32::from(self.decimals)) else { return Err(fmt::Error) };
        let size = self.scaled.unsigned_abs();
        if self.scaled < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", size / power)?;
        if self.decimals > 0 {
            write!(f, ".{:0width$}", size % power, width = usize::from(self.decimals))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decimal(…)")
    }
}

/// 10^`decimals`, exact.
fn power(decimals: u8) -> Option<f64> {
    const POWERS: [f64; MAX_DECIMALS as usize + 1] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    POWERS.get(usize::from(decimals)).copied()
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounds_half_to_even() {
        let scaled = |value, decimals| Decimal::round(value, decimals).map(|d| d.scaled);
        assert_eq!(scaled(0.5, 0), Some(0));
        assert_eq!(scaled(1.5, 0), Some(2));
        assert_eq!(scaled(-2.5, 0), Some(-2));
        assert_eq!(scaled(-3.5, 0), Some(-4));
        assert_eq!(scaled(-0.0, 3), Some(0));
        assert_eq!(scaled(37.25, 1), Some(372));
        assert_eq!(scaled(256.0, 1), Some(2560));
        assert_eq!(scaled(f64::NAN, 0), None);
        assert_eq!(scaled(f64::INFINITY, 0), None);
        assert_eq!(scaled(1e300, 2), None);
        assert_eq!(scaled(1.0, 10), None);
    }

    #[test]
    fn steps() {
        let step = |scaled, step| Decimal { scaled, decimals: 0 }.to_step(step).scaled;
        assert_eq!(step(14, 10), 10);
        assert_eq!(step(15, 10), 20);
        assert_eq!(step(25, 10), 20);
        assert_eq!(step(-15, 10), -20);
        assert_eq!(step(-14, 10), -10);
        assert_eq!(step(7, 0), 7);
    }

    #[test]
    fn displays_as_written() {
        assert_eq!(Decimal { scaled: -5, decimals: 2 }.to_string(), "-0.05");
        assert_eq!(Decimal { scaled: 2560, decimals: 1 }.to_string(), "256.0");
        assert_eq!(Decimal { scaled: i64::MIN, decimals: 0 }.to_string(), "-9223372036854775808");
    }

    proptest! {
        #[test]
        fn never_further_than_half_a_unit(value in -1e6_f64..1e6, decimals in 0_u8..=6) {
            let rounded = Decimal::round(value, decimals).unwrap();
            prop_assert!((rounded.to_f64() - value).abs() <= 0.5001 / 10_f64.powi(i32::from(decimals)));
        }

        #[test]
        fn any_step_is_total(scaled: i64, step: i64) {
            let _ = Decimal { scaled, decimals: 0 }.to_step(step);
        }
    }
}
