//! Looking for the devices of messages that nobody was expected to send: a device that was away for long, or started
//! again, is found by trying every place of every epoch held.

use std::time::{Duration, Instant};

use crate::keyring::{ReadReport, Reader};

/// Passes that find nothing take at most every so-manyth part of the time: junk must not keep reports waiting.
const SHARE: u32 = 5;
/// The longest that the end waits for a pass. Only operations of hundreds of thousands of places take longer.
const PASS: Duration = Duration::from_secs(2);

/// How far it went.
#[derive(Debug)]
pub(super) struct Search {
    /// How many unexpected messages there had been when the last pass began.
    unexpected: u64,
    /// Steps until the pass has seen everything.
    steps: u32,
    found: usize,
    took: Duration,
    next: Instant,
}

impl Search {
    pub(super) fn new() -> Self {
        Self { unexpected: 0, steps: 0, found: 0, took: Duration::ZERO, next: Instant::now() }
    }

    /// Whole passes, when rest is of no more use.
    pub(super) fn last_pass(&mut self, reader: &mut Reader, reports: &mut Vec<ReadReport>) {
        let begin = Instant::now();
        self.next = begin;
        loop {
            self.step(reader, reports);
            if self.steps == 0 || begin.elapsed() >= PASS {
                break;
            }
        }
    }

    /// One step of a pass; begins one if there is something new to look for, and it is time.
    pub(super) fn step(&mut self, reader: &mut Reader, reports: &mut Vec<ReadReport>) {
        let now = Instant::now();
        if self.steps == 0 && now >= self.next && reader.unexpected() > self.unexpected {
            let policy = &reader.manifest().policy;
            let epochs =
                reader.manifest().calendar.epochs_in(policy.lateness_seconds.into()).saturating_add(2);
            let places = policy.places.saturating_mul(epochs);
            // One more, because the last pass may have ended anywhere.
            self.steps = places.div_ceil(policy.windows.search.max(1)).saturating_add(1);
            self.unexpected = reader.unexpected();
            (self.found, self.took) = (0, Duration::ZERO);
        }
        if self.steps == 0 {
            return;
        }
        self.steps -= 1;
        self.found += reader.search(reports);
        let end = Instant::now();
        self.took += end.saturating_duration_since(now);
        let is_fruitless = self.steps == 0 && self.found == 0;
        self.next = end + if is_fruitless { self.took * (SHARE - 1) } else { Duration::ZERO };
    }

    /// Whether a pass is begun and not done.
    pub(super) const fn is_begun(&self) -> bool {
        self.steps > 0
    }

    /// Whether half of what can wait does.
    pub(super) fn is_urgent(&self, reader: &Reader) -> bool {
        let limit = usize::try_from(reader.manifest().policy.windows.waiting / 2).unwrap_or(usize::MAX);
        reader.waiting() > limit
    }

    /// When to go on, if there is something to look for.
    pub(super) fn next(&self, reader: &Reader) -> Option<Instant> {
        (self.steps > 0 || reader.unexpected() > self.unexpected).then_some(self.next)
    }
}
