//! The bound of a Poisson count.

/// The smallest `k` that a Poisson variable of this mean exceeds with probability `tail` at most. Tails below 10⁻³⁰⁰ are taken for that.
pub(crate) fn upper_bound(mean: f64, tail: f64) -> u64 {
    if mean.is_nan() || mean <= 0.0 {
        return 0;
    }
    let tail = tail.max(1e-300);
    // far enough that what lies beyond is below the smallest tail
    let mut k = start(mean);
    let mut beyond = 0.0;
    while k > 0 {
        beyond += log_probability(mean, k).exp();
        if beyond > tail {
            return k;
        }
        k -= 1;
    }
    0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturates")]
fn start(mean: f64) -> u64 {
    (mean + 40.0 * mean.sqrt() + 200.0) as u64
}

/// ln of the probability of `k`, by Stirling's series (error below 10⁻⁷ from k = 1).
fn log_probability(mean: f64, k: u64) -> f64 {
    let k = crate::convert::float(k);
    let stirling = 1.0 / (12.0 * k) - 1.0 / (360.0 * k.powi(3)) + 1.0 / (1260.0 * k.powi(5))
        - 1.0 / (1680.0 * k.powi(7));
    let log_factorial = k * k.ln() - k + 0.5 * (core::f64::consts::TAU * k).ln() + stirling;
    k * mean.ln() - mean - log_factorial
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_agree_with_tables() {
        // 99.9 % quantiles of the Poisson distribution (scipy.stats.poisson.ppf)
        for (mean, bound) in
            [(0.001, 0), (0.0011, 1), (0.89, 5), (1.0, 5), (10.0, 21), (100.0, 132), (10_000.0, 10_310)]
        {
            assert_eq!(upper_bound(mean, 0.001), bound, "{mean}");
        }
        assert_eq!(upper_bound(0.0, 0.001), 0);
        assert_eq!(upper_bound(f64::NAN, 0.001), 0);
    }
}
