//! Looking for the devices of messages that nobody was expected to send: a device that was away for long, or started
//! again, is found by trying every place of every epoch held, a few at a time: word from the others must not wait for it,
//! nor the local broker for a sign of life.

use std::time::{Duration, Instant};

use super::{ReadReport, Reader};

/// Places that are tried before the clock is looked at.
const PLACES: u32 = 16;
/// The longest step.
const STEP: Duration = Duration::from_millis(10);
/// Steps that find nothing take at most every so-manyth part of the time: junk must not keep reports waiting.
const SHARE: u32 = 5;
/// The longest that the end waits for a whole round.
const LAST: Duration = Duration::from_secs(1);

/// When a reader goes on looking, a few places at a time: for one that has other things to do meanwhile.
#[derive(Debug)]
pub struct Search {
    next: Instant,
}

impl Search {
    /// One that may begin at once.
    pub fn new() -> Self {
        Self { next: Instant::now() }
    }

    /// One step, if there is something to look for, and it is time.
    pub fn step(&mut self, reader: &mut Reader, reports: &mut Vec<ReadReport>) {
        let begin = Instant::now();
        if begin >= self.next && reader.unsearched() > 0 {
            let found = look(reader, reports, STEP);
            let end = Instant::now();
            self.next = if found { end } else { end + (end - begin) * (SHARE - 1) };
        }
    }

    /// A whole round, if it does not take too long: at the end, when rest is of no more use.
    pub fn last_round(reader: &mut Reader, reports: &mut Vec<ReadReport>) {
        look(reader, reports, LAST);
    }

    /// When to go on, if there is something to look for.
    pub fn next(&self, reader: &Reader) -> Option<Instant> {
        (reader.unsearched() > 0).then_some(self.next)
    }
}

impl Default for Search {
    fn default() -> Self {
        Self::new()
    }
}

fn look(reader: &mut Reader, reports: &mut Vec<ReadReport>, time: Duration) -> bool {
    let begin = Instant::now();
    let mut found = 0;
    while reader.unsearched() > 0 && begin.elapsed() < time {
        found += reader.search_some(PLACES, reports);
    }
    found > 0
}
