//! Entropy of a byte histogram, and what random bytes of the same length would show.

use crate::convert::{float, float_len};

/// Plug-in entropy of the byte histogram in bits per byte. It cannot exceed log2 of the length, and of short random inputs it is
/// well below 8: compare with [`expected`].
pub(crate) fn bits_per_byte(bytes: &[u8]) -> f64 {
    let total = float_len(bytes.len());
    let sum: f64 = histogram(bytes)
        .iter()
        .filter(|count| **count > 0)
        .map(|count| -term(float(u64::from(*count)) / total))
        .sum();
    // no negative zero
    if sum > 0.0 { sum } else { 0.0 }
}

/// Number of each byte value.
pub(crate) fn histogram(bytes: &[u8]) -> [u32; 256] {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    counts
}

/// Mean and standard deviation of [`bits_per_byte`] over random inputs of this length.
///
/// The mean is exact (a binomial sum); the deviation comes from the sum's variance with the cells taken as independent, and is a little
/// too large, which makes the test built on it more cautious.
pub(crate) fn expected(length: usize) -> Expected {
    // beyond this the bias formula of Miller and Madow is exact to five digits
    if length > 1 << 16 {
        let total = float_len(length);
        let deviation = (255.0_f64 / 2.0).sqrt() / (total * core::f64::consts::LN_2);
        return Expected { mean: 8.0 - 255.0 / (2.0 * total * core::f64::consts::LN_2), deviation };
    }
    let total = float_len(length);
    let mut probability = (total * (255.0_f64 / 256.0).ln()).exp();
    let (mut mean, mut square, mut slope) = (0.0, 0.0, 0.0);
    let likely = 1.0 / 256.0;
    for count in 1..=length.min(length / 256 + 200) {
        let here = float_len(count);
        probability *= (total - here + 1.0) / here * likely / (1.0 - likely);
        let cell = -term(here / total);
        mean += probability * cell;
        square += probability * cell * cell;
        slope += probability * cell * here;
    }
    // what the fixed total of all cells takes away: the part that goes along with the cell's count
    let variance_of_count = total * likely * (1.0 - likely);
    let shared = slope - mean * total * likely;
    let variance = 256.0 * (square - mean * mean - shared * shared / variance_of_count);
    Expected { mean: 256.0 * mean, deviation: variance.max(0.0).sqrt() }
}

/// See [`expected`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}

fn term(share: f64) -> f64 {
    share * share.log2()
}
