//! What was fitted to the public report stream of the Haiti earthquake of January 2010 (Ushahidi; 3,580 reports with a place and a
//! time). The reports do not ship; `cargo run -p cowl-sim --example fit -- FILE` fits them again and says how well.
//!
//! Where people live stands in [`TOWNS`](crate::TOWNS), what they lack in [`Need`](crate::Need).

use core::f64::consts::TAU;

/// Cosine and sine of one and of two periods a day, beside a mean of 1: the reports' hour of day, hours above twice the median cut
/// to it (one bulk import entered 536 at 13 h). Two periods explain 65 % of the variance between hours. What people entered when is
/// partly the volunteers' day and not the victims'; there is no better public source.
const DAY: [(f64, f64); 2] = [(-0.216_8, 0.118_1), (0.351_1, -0.030_8)];

/// Days in which reports fall to 1/e, from their peak on 23 January (Poisson regression over 28 days).
const DECAY_DAYS: f64 = 9.74;

/// How much more than on average is reported at an hour of the day: 0.52 to 1.58, mean 1.
pub fn hour_factor(hour: f64) -> f64 {
    let angle = TAU * hour / 24.0;
    let [(cosine, sine), (cosine_2, sine_2)] = DAY;
    1.0 + cosine * libm::cos(angle)
        + sine * libm::sin(angle)
        + cosine_2 * libm::cos(2.0 * angle)
        + sine_2 * libm::sin(2.0 * angle)
}

/// How much of the first day's rate is left after so many days.
pub fn decay_factor(days: f64) -> f64 {
    libm::exp(-days / DECAY_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_as_many_reports_as_its_mean_and_each_hour_some() {
        let hours: Vec<f64> = (0..24).map(|hour| hour_factor(f64::from(hour) + 0.5)).collect();
        assert!((hours.iter().sum::<f64>() - 24.0).abs() < 1e-9);
        assert!(hours.iter().all(|factor| (0.5..1.6).contains(factor)), "{hours:?}");
        assert!((hour_factor(0.0) - hour_factor(24.0)).abs() < 1e-9);
    }

    #[test]
    fn reports_fall_off() {
        assert!((decay_factor(0.0) - 1.0).abs() < 1e-12);
        assert!((decay_factor(9.74) - 0.367_9).abs() < 1e-3);
    }
}
