//! What trying all keys would cost.

use core::fmt;

use serde::Serialize;

/// Keys a second that the study's figure implies: all 2¹²⁸ keys in 1.7 × 10¹⁴ years.
pub const STUDY_KEYS_PER_SECOND: f64 = 6.3e16;

/// Seconds of a Julian year.
const YEAR: f64 = 365.25 * 86_400.0;

/// Years to try all keys of this many bits; on average half of that finds one. Infinite for a rate of zero or less.
///
/// ```
/// let years = cowl_audit::brute_force(128, cowl_audit::STUDY_KEYS_PER_SECOND);
/// assert!((1.6e14..1.8e14).contains(&years));
/// ```
pub fn brute_force(bits: u32, keys_per_second: f64) -> f64 {
    if keys_per_second.is_nan() || keys_per_second <= 0.0 {
        return f64::INFINITY;
    }
    2_f64.powi(i32::try_from(bits).unwrap_or(i32::MAX)) / keys_per_second / YEAR
}

/// A key whose search is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Suite {
    /// AES-128, the cipher inside Fernet.
    Aes128,
    /// AES-256.
    Aes256,
    /// X25519 with ML-KEM-768 (X-Wing).
    XWing,
}

/// Cost of one suite at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Price {
    /// What is attacked.
    pub suite: Suite,
    /// Bits of the search.
    pub bits: u32,
    /// Assumed keys a second.
    pub keys_per_second: f64,
    /// Years to try all keys.
    pub years: f64,
}

impl Suite {
    /// The suites with a price, weakest first.
    pub const ALL: [Self; 3] = [Self::Aes128, Self::Aes256, Self::XWing];

    /// Bits of an exhaustive search without a quantum computer. ML-KEM-768 is NIST category 3: as hard as AES-192 by definition
    /// of the category.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Aes128 => 128,
            Self::Aes256 => 256,
            Self::XWing => 192,
        }
    }

    /// The price at a rate.
    pub fn price(self, keys_per_second: f64) -> Price {
        let bits = self.bits();
        Price { suite: self, bits, keys_per_second, years: brute_force(bits, keys_per_second) }
    }

    const fn note(self) -> &'static str {
        match self {
            Self::Aes128 => "AES-128 (inside Fernet; the other half of its key is for the HMAC)",
            Self::Aes256 => "AES-256",
            Self::XWing => {
                "X-Wing (ML-KEM-768 is NIST category 3: at least as hard as AES-192; X25519 beside it 2^128)"
            }
        }
    }
}

/// What the prices assume and leave out, in plain words.
pub const fn brute_force_assumption() -> &'static str {
    "\
Years to try every key; half of that on average. The study's 1.7 × 10^14 years for 2^128 keys implies 6.3 × 10^16 keys a second;
another rate divides the years in proportion. Grover's algorithm would need about 2^64 steps
for AES-128 and 2^128 for AES-256 on a fault-tolerant quantum computer, steps that must run one after the other: NIST takes AES-128 for
category 1 and AES-256 for category 5. Nobody tries keys: they are stolen, shared or guessed, and metadata needs no key."
}

impl fmt::Display for Price {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}: 2^{} keys at {} a second: {} years",
            self.suite.note(),
            self.bits,
            Scientific(self.keys_per_second),
            Scientific(self.years)
        )
    }
}

/// `1.7 × 10^14`.
struct Scientific(f64);

impl fmt::Display for Scientific {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.1e}", self.0);
        match text.split_once('e') {
            Some((digits, "0")) => out.write_str(digits),
            Some((digits, power)) => write!(out, "{digits} × 10^{power}"),
            None => out.write_str(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_study_figure_follows_from_its_rate() {
        let price = Suite::Aes128.price(STUDY_KEYS_PER_SECOND).to_string();
        assert!(price.ends_with("2^128 keys at 6.3 × 10^16 a second: 1.7 × 10^14 years"), "{price}");
    }

    #[test]
    fn rates_that_are_none_cost_forever() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert!(brute_force(40, rate).is_infinite());
        }
        assert!(brute_force(u32::MAX, 1.0).is_infinite());
    }
}
