//! The machine's clock against what the authority signed. Cowl decides by beacons and elapsed time (spec §2.2), so most goes
//! on under a wrong clock; this says what does not.

use std::time::{Duration, Instant, SystemTime};

use super::{
    finding::{Finding, Topic},
    words::{date, span},
};

/// No machine that runs this program was switched on earlier than 2026-01-01.
const EARLIEST: u64 = 1_767_225_600;
/// Nor is it 2070 yet: certificates and calendars reach that far nowhere.
const LATEST: u64 = 3_155_760_000;
/// Differences below this are nobody's concern.
const SLACK: u64 = 300;
const DAY: u64 = 86_400;

const WHY: &str = "reports go out all the same, because Cowl goes by beacons; but a broker's certificate under `--cafile` counts \
                   as not valid yet or expired (`--pin` goes on to work), and what is kept by the hour is kept too long or too short";
const WHY_AUTHORITY: &str = "the operation's clock is this one: with a wrong one `cowl serve` and `cowl enrol` refuse to work, \
                             rather than delete keys that are still needed";

/// Something that the authority signed, and when.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    /// Unix seconds: it is not earlier than this.
    pub(super) time: u64,
    /// What says so.
    pub(super) what: &'static str,
}

/// What is known of the time in an operation.
#[derive(Debug, Clone, Default)]
pub(super) struct Witnesses {
    pub(super) signed: Vec<Witness>,
    /// Until when keys were given out at all, in Unix seconds.
    pub(super) until: Option<u64>,
    /// Whether this machine's clock is the operation's.
    pub(super) authority: bool,
}

impl Witnesses {
    pub(super) fn newest(&self) -> Option<&Witness> {
        self.signed.iter().max_by_key(|witness| witness.time)
    }

    /// Whether the clock can be right.
    pub(super) fn agree(&self, now: u64) -> bool {
        let after = self.newest().is_none_or(|newest| now.saturating_add(SLACK) >= newest.time);
        is_sane(now) && after && self.until.is_none_or(|until| now <= until)
    }
}

/// The clock by itself.
pub(super) fn alone(now: u64) -> Finding {
    if is_sane(now) {
        return Topic::Clock.ok(format!("the clock says {}", date(now)), WHY);
    }
    let side = if now < EARLIEST { "this program is younger" } else { "that is not yet" };
    Topic::Clock.problem(format!("the clock says {}, and {side}", date(now)), WHY, set(None))
}

/// The clock against what was signed.
pub(super) fn check(now: u64, known: &Witnesses) -> Finding {
    let why = if known.authority { WHY_AUTHORITY } else { WHY };
    let bad = |what: String, years: bool, time: Option<u64>| {
        if known.authority || years {
            Topic::Clock.problem(what, why, set(time))
        } else {
            Topic::Clock.warning(what, why, set(time))
        }
    };
    let Some(newest) = known.newest() else { return alone(now) };
    let behind = newest.time.saturating_sub(now);
    if behind > SLACK {
        let what = format!(
            "the clock is behind by {} at least: {} is of {}",
            span(behind),
            newest.what,
            date(newest.time)
        );
        return bad(what, behind > 365 * DAY, Some(newest.time));
    }
    if let Some(until) = known.until.filter(|until| now > *until) {
        let ahead = now - until;
        let what = format!(
            "by this clock ({}) all keys ran out {} ago: it is ahead, or nothing was heard of the operation since",
            date(now),
            span(ahead)
        );
        return bad(what, ahead > 365 * DAY, None);
    }
    if !is_sane(now) {
        return alone(now);
    }
    let what =
        format!("the clock agrees with all that was signed: {} is of {}", newest.what, date(newest.time));
    Topic::Clock.ok(what, why)
}

/// A beacon from the broker: it left `cowl serve` at `at`, and another comes every so many seconds.
pub(super) fn against_beacon(now: u64, at: u64, every: u64) -> Finding {
    let behind = at.saturating_sub(now);
    if behind > SLACK {
        let what = format!("the clock is behind the broker's newest beacon by {}", span(behind));
        return Topic::Clock.warning(what, WHY, set(Some(at)));
    }
    let age = now.saturating_sub(at);
    let late = every.saturating_mul(3).max(SLACK);
    if age > late {
        return Topic::Clock.warning(
            format!("the broker's newest beacon is {} old by this clock, and one is due every {}", span(age), span(every)),
            "either the clock is ahead, or `cowl serve` does not run: then nobody gets new keys, and revocations are not heard",
            "cowl serve DIR -h BROKER    (on the authority's machine; or, if the clock is wrong: sudo date -u -s 'YYYY-MM-DD HH:MM')",
        );
    }
    Topic::Clock.ok(format!("the clock agrees with the broker's newest beacon, {} old", span(age)), WHY)
}

/// Two readings, to see whether the clock is moved while we look.
#[derive(Debug)]
pub(super) struct Watch(Instant, SystemTime);

impl Watch {
    pub(super) fn start() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    pub(super) fn stop(&self) -> Finding {
        let passed = SystemTime::now().duration_since(self.1).ok();
        steps(self.0.elapsed(), passed)
    }
}

/// How much passed by the timer, and by the clock; `None`: the clock went back.
fn steps(timer: Duration, clock: Option<Duration>) -> Finding {
    let apart = clock.map_or(Duration::MAX, |clock| clock.abs_diff(timer));
    if apart <= Duration::from_secs(2) {
        let what = "the clock went as the machine's own timer while this ran";
        return Topic::Clock.ok(what, "Cowl measures waiting times by the timer");
    }
    Topic::Clock.notice(
        "the clock was moved while this ran",
        "Cowl measures waiting times by the machine's own timer, which does not jump; what other programs write down is out of order",
        "timedatectl status",
    )
}

const fn is_sane(now: u64) -> bool {
    now >= EARLIEST && now < LATEST
}

fn set(time: Option<u64>) -> String {
    match time {
        Some(time) => {
            let date = date(time);
            format!(
                "sudo date -u -s '{}'    (or later: take the time from a phone)",
                date.trim_end_matches(" UTC")
            )
        }
        None => "sudo date -u -s 'YYYY-MM-DD HH:MM'    (take the time, in UTC, from a phone)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    const NOW: u64 = 1_800_000_000;

    fn known(authority: bool) -> Witnesses {
        let signed = vec![
            Witness { time: NOW - 9 * DAY, what: "the manifest" },
            Witness { time: NOW, what: "the newest beacon" },
        ];
        Witnesses { signed, until: Some(NOW + 28 * DAY), authority }
    }

    #[test]
    fn a_clock_that_fits_is_ok() {
        assert_eq!(alone(NOW).level, Level::Ok);
        for now in [NOW, NOW - 60, NOW + 27 * DAY] {
            assert_eq!(check(now, &known(true)).level, Level::Ok);
            assert!(known(false).agree(now));
        }
        assert_eq!(against_beacon(NOW + 200, NOW, 300).level, Level::Ok);
        assert_eq!(steps(Duration::from_secs(9), Some(Duration::from_secs(10))).level, Level::Ok);
    }

    #[test]
    fn in_1970_and_in_2099_it_is_said_and_so_is_what_goes_on() {
        for now in [0, 4_070_908_800] {
            let found = alone(now);
            assert_eq!(found.level, Level::Problem);
            assert!(found.why.contains("reports go out all the same"), "{found:?}");
            for authority in [false, true] {
                let found = check(now, &known(authority));
                assert_eq!(found.level, Level::Problem, "{found:?}");
                assert_eq!(found.why.contains("cowl serve"), authority);
                assert!(!known(authority).agree(now));
            }
        }
        let behind = check(0, &known(false));
        assert!(behind.what.contains("57 years") && behind.what.contains("beacon"), "{behind:?}");
        assert!(behind.remedy.unwrap().starts_with("sudo date -u -s '2027-01-15 08:00'"));
    }

    #[test]
    fn a_few_days_off_is_a_warning_to_a_member_and_a_problem_to_the_authority() {
        for now in [NOW - 2 * DAY, NOW + 29 * DAY] {
            assert_eq!(check(now, &known(false)).level, Level::Warning);
            assert_eq!(check(now, &known(true)).level, Level::Problem);
        }
        assert_eq!(against_beacon(NOW - 3_600, NOW, 300).level, Level::Warning);
        assert_eq!(against_beacon(NOW + 3_600, NOW, 300).level, Level::Warning);
    }

    #[test]
    fn a_clock_that_jumps_is_noticed() {
        assert_eq!(steps(Duration::from_secs(1), None).level, Level::Notice);
        assert_eq!(steps(Duration::from_secs(1), Some(Duration::from_hours(1))).level, Level::Notice);
    }
}
