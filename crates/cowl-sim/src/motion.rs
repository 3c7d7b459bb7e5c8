//! Where a person is: at its base, on the way, where help is given.

use crate::dice::Dice;
use crate::geo::Point;
use crate::rhythm::{hour_of_day, seconds};
use crate::scenario::{HOUR, Scenario};

/// What a person is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Whereabouts {
    /// At home or in its tent, or near.
    AtBase,
    /// Walking there or back.
    Walking,
    /// Where help is given.
    AtAid,
}

/// Metres a second, at ease and with a load.
const WALK: (f64, f64) = (0.9, 1.5);
/// How far people stray from where they stay, in metres.
const STRAY_M: f64 = 150.0;
/// How fast, in metres a second: most of the time they stand.
const STRAY: f64 = 0.4;
/// Hours between two walks for help, by day, on average.
const BETWEEN_WALKS_H: f64 = 7.0;
/// Between these hours of the day people set out.
const DAY: (f64, f64) = (5.5, 17.5);

/// A person's way through the scenario. It only goes forward.
#[derive(Debug, Clone)]
pub(crate) struct Motion {
    base: Point,
    aid: Point,
    here: Point,
    at: f64,
    phase: Phase,
    visits: u32,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Base { until: f64 },
    There { from: Point, left: f64, arrives: f64 },
    Aid { until: f64 },
    Back { from: Point, left: f64, arrives: f64 },
}

impl Motion {
    pub(crate) fn new(base: Point, aid: Point, dice: &mut Dice) -> Self {
        let until = dice.exponential(BETWEEN_WALKS_H * seconds(HOUR));
        Self { base, aid, here: base, at: 0.0, phase: Phase::Base { until }, visits: 0 }
    }

    /// Where the person is at a time, which must not be before the last one asked for.
    pub(crate) fn advance(&mut self, to: f64, scenario: &Scenario, dice: &mut Dice) -> Point {
        while self.step(to, scenario, dice) {}
        self.here
    }

    pub(crate) const fn whereabouts(&self) -> Whereabouts {
        match self.phase {
            Phase::Base { .. } => Whereabouts::AtBase,
            Phase::There { .. } | Phase::Back { .. } => Whereabouts::Walking,
            Phase::Aid { .. } => Whereabouts::AtAid,
        }
    }

    /// How often the person was helped.
    pub(crate) const fn visits(&self) -> u32 {
        self.visits
    }

    /// Goes on to the end of the phase or to `to`; says whether there is more to go.
    fn step(&mut self, to: f64, scenario: &Scenario, dice: &mut Dice) -> bool {
        let end = match self.phase {
            Phase::Base { until } | Phase::Aid { until } => until,
            Phase::There { arrives, .. } | Phase::Back { arrives, .. } => arrives,
        };
        let now = end.min(to);
        self.here = match self.phase {
            Phase::Base { .. } => stray(self.here, self.base, now - self.at, dice),
            Phase::Aid { .. } => stray(self.here, self.aid, now - self.at, dice),
            Phase::There { from, left, arrives } => from.between(self.aid, (now - left) / (arrives - left)),
            Phase::Back { from, left, arrives } => from.between(self.base, (now - left) / (arrives - left)),
        };
        self.at = now;
        if end > to {
            return false;
        }
        self.phase = match self.phase {
            Phase::Base { .. } if !is_day(scenario, now) => {
                Phase::Base { until: now + dice.exponential(2.0 * seconds(HOUR)).max(60.0) }
            }
            Phase::Base { .. } => {
                Phase::There { from: self.here, left: now, arrives: now + self.walk(self.aid, dice) }
            }
            Phase::There { .. } => Phase::Aid { until: now + dice.between(0.5, 2.5) * seconds(HOUR) },
            Phase::Aid { .. } => {
                self.visits += 1;
                Phase::Back { from: self.here, left: now, arrives: now + self.walk(self.base, dice) }
            }
            Phase::Back { .. } => {
                Phase::Base { until: now + dice.exponential(BETWEEN_WALKS_H * seconds(HOUR)).max(60.0) }
            }
        };
        true
    }

    /// Seconds of a walk.
    fn walk(&self, to: Point, dice: &mut Dice) -> f64 {
        self.here.distance_m(to) / dice.between(WALK.0, WALK.1) + 1.0
    }
}

/// A few steps about a place, never faster than a stroll and never far.
fn stray(here: Point, about: Point, elapsed: f64, dice: &mut Dice) -> Point {
    let direction = dice.between(0.0, core::f64::consts::TAU);
    let metres = (STRAY * elapsed).min(STRAY_M) * dice.unit();
    let there = here.towards(direction, metres);
    if there.distance_m(about) <= STRAY_M {
        return there;
    }
    // Turns back to it, no further than it had meant to go.
    let back = here.distance_m(about);
    here.between(about, if back > 0.0 { (metres / back).min(1.0) } else { 1.0 })
}

fn is_day(scenario: &Scenario, at: f64) -> bool {
    let hour = hour_of_day(scenario, at);
    hour >= DAY.0 && hour < DAY.1
}
