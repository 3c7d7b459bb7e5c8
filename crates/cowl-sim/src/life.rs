//! What happens to one person, report after report.

use crate::dice::Dice;
use crate::geo::Point;
use crate::motion::{Motion, Whereabouts};
use crate::note::{self, Need};
use crate::person::{LIFE_STREAM, Person};
use crate::report::{Report, Severity, Truth};
use crate::rhythm::{self, hour_of_day, intensity, seconds};
use crate::scenario::{HOUR, Scenario};

/// A wound left alone gets worse within an hour with this probability: mild, moderate, high (assumed).
const WORSE_AN_HOUR: [f64; 3] = [0.004, 0.012, 0.02];
/// An aftershock hurts so many (assumed; the strongest of 2010 hurt fewer).
const HURT_BY_AFTERSHOCK: f64 = 0.06;
/// Help makes it better so often.
const HEALED: f64 = 0.6;
/// A phone in use loses so many percent an hour, at least and at most.
const DRAIN: (f64, f64) = (0.8, 3.2);
/// Where there is a generator it gains so many.
const CHARGE: f64 = 25.0;
/// A phone with less is off.
const OFF: f64 = 2.0;
/// Deviation of a satellite position from the truth, in metres, and the most of it.
const ERROR_M: (f64, f64) = (4.0, 12.0);
/// How often somebody in need writes something; others do so half as often.
const WRITES: f64 = 0.6;

/// One person's state, going forward.
#[derive(Debug)]
pub(crate) struct Life<'a> {
    scenario: &'a Scenario,
    person: &'a Person,
    dice: Dice,
    motion: Motion,
    at: f64,
    severity: Severity,
    helped: u32,
    battery: f64,
    drain: f64,
    fever: f64,
    /// Mean seconds between candidates for a report.
    gap: f64,
    last: u64,
}

impl<'a> Life<'a> {
    pub(crate) fn new(scenario: &'a Scenario, person: &'a Person) -> Self {
        let mut dice = Dice::new(scenario.seed, LIFE_STREAM + u64::from(person.id.0));
        // Some write much and some little: log-normal with mean 1.
        let talkative = libm::exp(0.5 * dice.normal() - 0.125);
        let rate = scenario.reports_a_day.max(0.001) * talkative / (24.0 * seconds(HOUR));
        Self {
            scenario,
            person,
            motion: Motion::new(person.base, person.aid, &mut dice),
            at: 0.0,
            severity: first_severity(person.need, &mut dice),
            helped: 0,
            battery: dice.between(15.0, 95.0),
            drain: dice.between(DRAIN.0, DRAIN.1),
            fever: if dice.chance(0.2) { dice.between(0.4, 1.8) } else { 0.0 },
            gap: 1.0 / (rate * rhythm::MOST),
            last: 0,
            dice,
        }
    }

    /// The time up to which it is lived, in seconds.
    pub(crate) const fn at(&self) -> f64 {
        self.at
    }

    /// Where the person is then.
    pub(crate) fn here(&mut self) -> Point {
        self.motion.advance(self.at, self.scenario, &mut self.dice)
    }

    /// Whether its phone has enough charge to report.
    pub(crate) fn is_on(&self) -> bool {
        self.battery >= OFF
    }

    /// Lives on to a time, which must not be before the last one.
    pub(crate) fn live_until(&mut self, to: f64) {
        let hours = (to - self.at) / seconds(HOUR);
        self.motion.advance(to, self.scenario, &mut self.dice);
        let worse = match self.severity {
            Severity::Low => WORSE_AN_HOUR[0],
            Severity::Moderate => WORSE_AN_HOUR[1],
            Severity::High => WORSE_AN_HOUR[2],
            Severity::Critical => 0.0,
        };
        if self.dice.chance(1.0 - libm::exp(-worse * hours)) {
            self.severity = self.severity.worse();
        }
        let shaken =
            self.scenario.aftershocks.iter().filter(|shock| (self.at..to).contains(&seconds(**shock)));
        for _ in shaken {
            if self.dice.chance(HURT_BY_AFTERSHOCK) {
                let hard = self.dice.chance(0.3);
                self.severity = if hard { self.severity.worse().worse() } else { self.severity.worse() };
            }
        }
        while self.helped < self.motion.visits() {
            self.helped += 1;
            if self.dice.chance(HEALED) {
                self.severity = self.severity.better();
            }
        }
        // Nobody has current at home. In the morning a neighbour's car charges the phones that are empty.
        let charges = self.motion.whereabouts() == Whereabouts::AtAid;
        let change = if charges { CHARGE } else { -self.drain };
        self.battery = (self.battery + change * hours).clamp(0.0, 100.0);
        let morning = (7.0..9.0).contains(&hour_of_day(self.scenario, to));
        if self.battery < OFF && morning && self.dice.chance(0.3) {
            self.battery = self.dice.between(25.0, 60.0);
        }
        self.at = to;
    }

    /// What the phone reports now.
    pub(crate) fn report(&mut self, at: u64) -> Report {
        self.battery = (self.battery - 0.15).max(1.0);
        let truth = self.motion.advance(self.at, self.scenario, &mut self.dice);
        let error = |dice: &mut Dice| (dice.normal() * ERROR_M.0).clamp(-ERROR_M.1, ERROR_M.1);
        let (east, north) = (error(&mut self.dice), error(&mut self.dice));
        let need = self.person.need;
        let writes = if self.severity.is_urgent() { WRITES } else { WRITES / 2.0 };
        let writes = self.dice.chance(writes);
        let note = writes.then(|| note::note(need, self.severity, self.person.language, &mut self.dice));
        Report {
            at,
            person: self.person.id,
            temperature: self.temperature(),
            severity: self.severity,
            position: truth.moved(east, north).rounded(),
            battery: percent(self.battery),
            note,
            truth: Truth { position: truth, whereabouts: self.motion.whereabouts(), need },
        }
    }

    /// Highest in the afternoon; a wound that is not cared for brings fever.
    fn temperature(&mut self) -> f64 {
        let hour = hour_of_day(self.scenario, self.at);
        let sun = 0.3 * libm::cos(core::f64::consts::TAU * (hour - 17.0) / 24.0);
        let wound = match self.severity {
            Severity::Low => 0.0,
            Severity::Moderate => 0.2,
            Severity::High => 0.6,
            Severity::Critical => 1.0,
        };
        let exact = 36.8 + sun + wound + self.fever + 0.15 * self.dice.normal();
        libm::round(exact.clamp(34.0, 41.5) * 10.0) / 10.0
    }
}

impl Iterator for Life<'_> {
    type Item = Report;

    /// Candidates come at the highest rate there can be, and are taken as often as the rate of the hour asks (Lewis and Shedler 1979).
    fn next(&mut self) -> Option<Report> {
        loop {
            let to = self.at + self.dice.exponential(self.gap);
            if to >= seconds(self.scenario.end()) {
                return None;
            }
            self.live_until(to);
            let taken = self.dice.chance(intensity(self.scenario, to, self.severity) / rhythm::MOST);
            if taken && self.is_on() {
                // Two reports of one person in the same second would be one.
                let at = whole(to).max(self.last + 1);
                if at >= self.scenario.end() {
                    return None;
                }
                self.last = at;
                return Some(self.report(at));
            }
        }
    }
}

/// How bad it is on the second day (assumed): few of those who can report are in danger, more of those under rubble or sick.
fn first_severity(need: Need, dice: &mut Dice) -> Severity {
    let weights = match need {
        Need::Rubble => [30.0, 38.0, 22.0, 10.0],
        Need::Medical => [25.0, 45.0, 23.0, 7.0],
        _ => [68.0, 26.0, 5.0, 1.0],
    };
    let all: Vec<(Severity, f64)> = Severity::ALL.into_iter().zip(weights).collect();
    dice.weighted(&all, |(_, weight)| *weight).map_or(Severity::Low, |(severity, _)| *severity)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and the end of the scenario"
)]
const fn whole(seconds: f64) -> u64 {
    seconds as u64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
fn percent(charge: f64) -> u8 {
    libm::round(charge.clamp(0.0, 100.0)) as u8
}
