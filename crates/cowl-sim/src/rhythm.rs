//! When people report.

use crate::report::Severity;
use crate::scenario::{HOUR, Scenario};

/// How much more is reported right after an aftershock; reports that do not follow need (assumed).
const BURST: f64 = 7.0;
/// How fast that wears off, in seconds (assumed; it is faster than the aftershocks themselves do).
const BURST_S: f64 = 5_400.0;
/// Reports at night, beside those by day (assumed: the times of the 2010 reports are those of volunteers around the world).
const NIGHT: f64 = 0.25;
/// Most that a person's rate can be multiplied by.
pub(crate) const MOST: f64 = 3.2 * (1.0 + BURST);

/// What a person's mean rate is multiplied by at a time.
pub(crate) fn intensity(scenario: &Scenario, at: f64, severity: Severity) -> f64 {
    let urgency = match severity {
        Severity::Low => 0.8,
        Severity::Moderate => 1.0,
        Severity::High => 2.0,
        Severity::Critical => 3.2,
    };
    urgency * day(scenario, at) * (1.0 + burst(scenario, at))
}

/// 1 around one in the afternoon, [`NIGHT`] at one in the morning; in an hour of need people report at night, too.
fn day(scenario: &Scenario, at: f64) -> f64 {
    let sun = 0.5 - 0.5 * libm::cos(core::f64::consts::TAU * (hour_of_day(scenario, at) - 1.0) / 24.0);
    (NIGHT + (1.0 - NIGHT) * sun).max((burst(scenario, at) / BURST).min(1.0))
}

/// Falls off after each aftershock; they do not add up beyond the worst.
fn burst(scenario: &Scenario, at: f64) -> f64 {
    let since = scenario.aftershocks.iter().map(|shock| at - seconds(*shock)).filter(|since| *since >= 0.0);
    since.fold(0.0, |most, since| most.max(BURST * libm::exp(-since / BURST_S)))
}

/// The local time of day in hours.
pub(crate) fn hour_of_day(scenario: &Scenario, at: f64) -> f64 {
    libm::fmod(f64::from(scenario.first_hour) + at / seconds(HOUR), 24.0)
}

/// Virtual seconds as a number to reckon with: scenarios last days, not the 142 million years at which this gets inexact.
#[expect(clippy::cast_precision_loss, reason = "seconds of a scenario are far below 2^53")]
pub(crate) const fn seconds(whole: u64) -> f64 {
    whole as f64
}
