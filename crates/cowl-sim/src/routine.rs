//! A phone that reports by itself: what the audit's operation is made of.
//!
//! Assumed, as in the prototype behind the study's figures: each app reports at an interval of its own, between 10 and 60 minutes,
//! not quite evenly, and once more in an hour in which something urgent is reported. Fitted: the day's rhythm and the decay
//! ([`fitted`](crate::fitted)), by which the interval is divided.

use crate::dice::Dice;
use crate::fitted::{decay_factor, hour_factor};
use crate::geo::Point;
use crate::life::Life;
use crate::person::Person;
use crate::report::Report;
use crate::rhythm::{hour_of_day, seconds};
use crate::scenario::{HOUR, Scenario};

/// Minutes between two reports of an app, at least and at most.
const INTERVAL_MIN: (f64, f64) = (10.0, 60.0);
/// Deviation of an interval from the app's own: the timers of phones that sleep are late by minutes.
const JITTER: f64 = 0.1;
/// Streams of when people report, after those of what happens to them.
const ROUTINE_STREAM: u64 = 1 << 43;

/// What is true of one person over the whole time.
#[derive(Debug, Clone)]
pub(crate) struct Diary {
    /// Where it was at the beginning of each hour.
    pub(crate) stays: Vec<Point>,
    /// What its phone reports, in order of time.
    pub(crate) reports: Vec<Written>,
}

/// A report, to the microsecond.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// Microseconds since the beginning.
    pub(crate) at: u64,
    pub(crate) report: Report,
}

/// Lives a person's life; without an app it is only lived.
pub(crate) fn diary(scenario: &Scenario, person: &Person, has_app: bool) -> Diary {
    let mut dice = Dice::new(scenario.seed, ROUTINE_STREAM + u64::from(person.id.0));
    let interval = dice.between(INTERVAL_MIN.0, INTERVAL_MIN.1) * 60.0;
    let mut life = Life::new(scenario, person);
    let mut diary = Diary { stays: Vec::new(), reports: Vec::new() };
    let mut next = if has_app { interval * dice.unit() } else { f64::INFINITY };
    for hour in 0..u64::from(scenario.hours) {
        let (begins, ends) = (seconds(hour * HOUR), seconds((hour + 1) * HOUR));
        life.live_until(begins.max(life.at()));
        diary.stays.push(life.here());
        let mut once_more = f64::INFINITY;
        let mut was_urgent = false;
        while next.min(once_more) < ends {
            let at = next.min(once_more);
            life.live_until(at);
            if at < next {
                once_more = f64::INFINITY;
            } else {
                let rate = hour_factor(hour_of_day(scenario, at)) * decay_factor(at / (24.0 * seconds(HOUR)));
                let uneven = (1.0 + JITTER * dice.normal()).clamp(0.5, 1.5);
                next = at + interval * uneven / rate;
            }
            if !life.is_on() {
                continue;
            }
            let report = life.report(whole(at));
            if report.severity.is_urgent() && !was_urgent {
                was_urgent = true;
                once_more = dice.between(at + 1.0, ends);
            }
            diary.reports.push(Written { at: whole(at * 1e6), report });
        }
    }
    diary
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and the end of the scenario"
)]
const fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crisis::Crisis;

    fn scenario() -> Scenario {
        Scenario { people: 200, hours: 72, ..Scenario::default() }
    }

    #[test]
    fn apps_report_at_intervals_of_their_own_and_once_more_in_an_urgent_hour() {
        let crisis = Crisis::new(scenario());
        let (mut calm, mut urgent) = ((0_u32, 0_u32), (0_u32, 0_u32));
        for person in crisis.people() {
            let diary = diary(crisis.scenario(), person, true);
            assert!(diary.reports.is_sorted_by_key(|written| written.at));
            assert!(diary.reports.iter().all(|written| written.at < crisis.scenario().end() * 1_000_000));
            for hour in 0..72 {
                let begins = hour * HOUR * 1_000_000;
                let of_hour = |written: &&Written| (begins..begins + HOUR * 1_000_000).contains(&written.at);
                let reports: Vec<_> = diary.reports.iter().filter(of_hour).collect();
                let Ok(count) = u32::try_from(reports.len()) else { continue };
                let sums = if reports.iter().any(|written| written.report.severity.is_urgent()) {
                    &mut urgent
                } else {
                    &mut calm
                };
                sums.0 += count;
                sums.1 += u32::from(count > 0);
            }
        }
        let mean = |(sum, hours): (u32, u32)| f64::from(sum) / f64::from(hours);
        assert!((1.5..3.0).contains(&mean(calm)), "{}", mean(calm));
        assert!((0.7..1.3).contains(&(mean(urgent) - mean(calm))), "{} and {}", mean(urgent), mean(calm));
    }

    #[test]
    fn a_person_without_the_app_lives_as_well() {
        let crisis = Crisis::new(scenario());
        for person in crisis.people().iter().take(5) {
            let without = diary(crisis.scenario(), person, false);
            assert_eq!((without.reports.len(), without.stays.len()), (0, 72));
        }
    }
}
