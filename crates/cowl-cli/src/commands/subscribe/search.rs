//! Looking for the devices of messages that nobody was expected to send: a device that was away for long, or started
//! again, is found by trying every place of every epoch held.

use std::time::Duration;

use cowl::keyring::{Rest, SearchPace};
use tokio::time::Instant;

use super::desk::Desk;

/// The longest that acknowledgements wait for a pass. Only operations of hundreds of thousands of places take longer.
const PASS: Duration = Duration::from_secs(2);

/// How far it went.
pub(super) struct Search {
    /// Steps until the pass has seen everything.
    steps: u32,
    /// What it opened.
    found: usize,
    /// What it cost.
    took: Duration,
    /// When the next one may begin.
    next: Instant,
    /// When it may begin if much is waiting.
    soonest: Instant,
    pace: SearchPace,
}

impl Search {
    pub(super) fn new() -> Self {
        let (now, pace) = (Instant::now(), SearchPace::default());
        Self { steps: 0, found: 0, took: Duration::ZERO, next: now, soonest: now, pace }
    }

    /// Before the broker may forget them, messages that wait for their device get their search: what still waits then has to be
    /// written down.
    pub(super) fn pass(&mut self, desk: &mut Desk<'_>) {
        let begin = Instant::now();
        loop {
            self.step(desk);
            if self.steps == 0 || begin.elapsed() >= PASS {
                break;
            }
        }
    }

    /// The same at the end, when rest is of no more use.
    pub(super) fn last_pass(&mut self, desk: &mut Desk<'_>) {
        (self.next, self.soonest) = (Instant::now(), Instant::now());
        self.pass(desk);
    }

    /// One step of a pass; begins one if there is something new to look for, and it is time.
    pub(super) fn step(&mut self, desk: &mut Desk<'_>) {
        let now = Instant::now();
        let due = if is_much(desk) { self.soonest } else { self.next };
        let reader = desk.reader();
        if self.steps == 0 && now >= due && reader.unsearched() > 0 {
            let policy = &reader.manifest().policy;
            let epochs =
                reader.manifest().calendar.epochs_in(policy.lateness_seconds.into()).saturating_add(2);
            let places = policy.places.saturating_mul(epochs);
            // One more, because the last pass may have ended anywhere.
            self.steps = places.div_ceil(policy.windows.search.max(1)).saturating_add(1);
            (self.found, self.took) = (0, Duration::ZERO);
        }
        if self.steps == 0 {
            return;
        }
        self.steps -= 1;
        self.found += desk.search();
        if desk.reader().unsearched() == 0 {
            self.steps = 0;
        }
        let end = Instant::now();
        self.took += end.saturating_duration_since(now);
        if self.steps == 0 {
            let Rest { usual, least } = self.pace.rest(self.found, self.took);
            (self.next, self.soonest) = (end + usual, end + least);
        }
    }

    /// Whether a pass is begun, or half of what can wait has had none.
    pub(super) fn is_urgent(&self, desk: &Desk<'_>) -> bool {
        self.steps > 0 || is_much(desk)
    }

    /// When to go on, if there is something to look for.
    pub(super) fn next(&self, desk: &Desk<'_>) -> Option<Instant> {
        let due = if self.is_urgent(desk) { self.soonest } else { self.next };
        (self.steps > 0 || desk.reader().unsearched() > 0).then_some(due)
    }
}

/// Whether half of what can wait had no pass yet: soon some of it would be dropped without one.
fn is_much(desk: &Desk<'_>) -> bool {
    let half = desk.reader().manifest().policy.windows.waiting / 2;
    u32::try_from(desk.reader().unsearched()).is_ok_and(|unsearched| unsearched > half)
}
