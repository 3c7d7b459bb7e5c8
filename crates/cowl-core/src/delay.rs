//! How long a client that sends by itself waits before it does (spec §7.4).

use core::time::Duration;

use crate::policy::Traffic;

/// No delay is longer than so many means; 3 in 10,000 would be.
const LONGEST: u32 = 8;

/// One exponential delay for all reports of a client, urgent or not.
///
/// Exponential, because it forgets: whoever sees a message leave learns nothing about when the next one will, and order is not
/// kept. Urgent reports wait as long as any, for what leaves sooner would be known as urgent.
///
/// ```
/// use cowl_core::Delay;
/// # fn show(traffic: &cowl_core::policy::Traffic, random: u64) -> Option<()> {
/// let delay = Delay::of(traffic)?; // `None`: the policy has none
/// assert!(delay.draw(random) <= delay.longest());
/// # Some(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    mean: Duration,
}

impl Delay {
    /// The policy's; `None` if clients do not wait.
    pub fn of(traffic: &Traffic) -> Option<Self> {
        let seconds = traffic.phone_delay_seconds;
        (seconds > 0).then(|| Self { mean: Duration::from_secs(seconds.into()) })
    }

    /// A delay for one report, from 64 random bits of its own: exponential, cut off at [`Self::longest`] by scaling, so that no one
    /// delay stands out.
    pub fn draw(self, random: u64) -> Duration {
        // Exact: 53 bits.
        let [high, low] =
            [random >> 32, (random >> 11) & 0x1f_ffff].map(|part| u32::try_from(part).unwrap_or(0));
        let uniform = (f64::from(high) * 2_097_152.0 + f64::from(low)) / 9_007_199_254_740_992.0;
        let within = -libm::expm1(-f64::from(LONGEST));
        let means = -libm::log1p(-uniform * within);
        self.mean.mul_f64(means.clamp(0.0, f64::from(LONGEST)))
    }

    /// The mean of the exponential delay; being cut off makes it a quarter of a percent shorter.
    pub const fn mean(self) -> Duration {
        self.mean
    }

    /// No delay is longer: eight means.
    pub fn longest(self) -> Duration {
        self.mean * LONGEST
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn delay(seconds: u32) -> Delay {
        Delay::of(&Traffic { phone_delay_seconds: seconds, ..Traffic::default() }).unwrap()
    }

    #[test]
    fn none_by_the_policy_is_none() {
        assert!(Delay::of(&Traffic::default()).is_none());
    }

    #[test]
    fn ends_of_the_range() {
        assert_eq!(delay(60).draw(0), Duration::ZERO);
        let longest = delay(60).draw(u64::MAX);
        assert!(longest <= delay(60).longest() && longest > Duration::from_secs(479), "{longest:?}");
        assert!(delay(86_400).draw(u64::MAX) <= delay(86_400).longest());
    }

    #[test]
    fn is_exponential() {
        // Every 2^-16 of the range: the quantiles of the distribution itself.
        let mut drawn: Vec<f64> =
            (0..1_u64 << 16).map(|step| delay(60).draw((step << 48) | (1 << 47)).as_secs_f64()).collect();
        drawn.sort_by(f64::total_cmp);
        let mean = drawn.iter().sum::<f64>() / 65_536.0;
        assert!((mean - 59.84).abs() < 0.05, "{mean}");
        for (share, expected) in [(16_384, 17.26), (32_768, 41.57), (58_982, 138.0), (64_881, 274.4)] {
            let found = drawn[share];
            assert!((found - expected).abs() < 0.6, "{share}: {found}");
        }
    }
}
