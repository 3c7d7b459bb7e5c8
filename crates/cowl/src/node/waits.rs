//! How long reports wait at a node whose slots are full of others: the real grid, drawn arrivals, no clock.

use std::{collections::VecDeque, time::Duration};

use cowl_core::{Slots, policy::Traffic};

/// Reports that one run draws: a thousand urgent ones at one in ten.
const REPORTS: u32 = 10_000;
/// A run that is not over then is one in which the queue only grows.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// What arrives at one node.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Reports an hour, at independent random times.
    pub per_hour: f64,
    /// The share of them that is urgent, 0 to 1.
    pub urgent: f64,
    /// What the arrivals are drawn from: the same number, the same delays.
    pub seed: u64,
}

/// From a report's arrival to the slot in which it leaves.
#[derive(Debug, Clone, Copy)]
pub struct Delays {
    /// Of a hundred, the fiftieth.
    pub median: Duration,
    /// Of a hundred, the ninety-fifth.
    pub p95: Duration,
    /// The longest.
    pub worst: Duration,
    /// Reports behind these numbers.
    pub reports: usize,
}

/// What became of one kind of report.
#[derive(Debug, Clone, Copy)]
pub enum Wait {
    /// There was none.
    None,
    /// More arrives than the slots can ever carry: the queue grows without end.
    TooMany,
    /// So long.
    Took(Delays),
}

/// What became of a load.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// Of urgent reports, which go first.
    pub urgent: Wait,
    /// Of all others.
    pub routine: Wait,
}

/// Lets a load pass through the slots; `None` where slots are off.
pub fn wait(traffic: &Traffic, load: Load) -> Option<Waits> {
    if !traffic.has_slots() {
        return None;
    }
    let fits = |per_hour: f64| per_hour * f64::from(traffic.slot_ms) / 3.6e6 < 1.0;
    if fits(load.per_hour) {
        return pass(traffic, load);
    }
    // Urgent ones go first, so the others do not make them wait: alone they may fit.
    let urgent = Load { per_hour: load.per_hour * load.urgent, urgent: 1.0, ..load };
    let alone = if fits(urgent.per_hour) { pass(traffic, urgent)?.urgent } else { Wait::TooMany };
    Some(Waits { urgent: alone, routine: Wait::TooMany })
}

fn pass(traffic: &Traffic, load: Load) -> Option<Waits> {
    let mut dice = Dice(load.seed);
    let mut slots = Slots::new(traffic, dice.next())?;
    let mut arrivals = Arrivals { dice, load, at: Duration::ZERO, left: REPORTS }.peekable();
    let (mut urgent, mut routine) = (VecDeque::new(), VecDeque::new());
    let (mut urgent_waits, mut routine_waits) = (Vec::new(), Vec::new());
    let mut now = Duration::ZERO;
    while now < LONGEST && !(arrivals.peek().is_none() && urgent.is_empty() && routine.is_empty()) {
        let slot = slots.next(now);
        now = slot.at;
        // What comes later is not made ready in time.
        let ready = slot.at.saturating_sub(slots.lead());
        while let Some(arrival) = arrivals.next_if(|arrival| arrival.at <= ready) {
            if arrival.urgent { &mut urgent } else { &mut routine }.push_back(arrival.at);
        }
        if let Some(at) = urgent.pop_front() {
            urgent_waits.push(slot.at.saturating_sub(at));
        } else if let Some(at) = routine.pop_front() {
            routine_waits.push(slot.at.saturating_sub(at));
        }
    }
    let took = |waits| Delays::of(waits).map_or(Wait::None, Wait::Took);
    Some(Waits { urgent: took(urgent_waits), routine: took(routine_waits) })
}

impl Delays {
    fn of(mut waits: Vec<Duration>) -> Option<Self> {
        waits.sort_unstable();
        // The nearest rank: of a hundred the fiftieth, the ninety-fifth.
        let rank =
            |percent: usize| waits.get((waits.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { median: rank(50)?, p95: rank(95)?, worst: *waits.last()?, reports: waits.len() })
    }
}

struct Arrival {
    at: Duration,
    urgent: bool,
}

/// Independent arrivals: the time to the next is exponential.
struct Arrivals {
    dice: Dice,
    load: Load,
    at: Duration,
    left: u32,
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        self.left = self.left.checked_sub(1)?;
        if self.load.per_hour <= 0.0 {
            return None;
        }
        let hours = -(1.0 - self.dice.unit()).ln() / self.load.per_hour;
        self.at += Duration::try_from_secs_f64(hours * 3_600.0).unwrap_or(LONGEST);
        Some(Arrival { at: self.at, urgent: self.dice.unit() < self.load.urgent })
    }
}

/// `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014): the same seed, the same arrivals.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `[0, 1)`.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(slot_ms: u32) -> Traffic {
        Traffic { slot_ms, ..Traffic::default() }
    }

    fn took(wait: Wait) -> Delays {
        match wait {
            Wait::Took(delays) => delays,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn almost_alone_a_report_waits_half_a_slot_and_never_much_more_than_one() {
        let load = Load { per_hour: 3.6, urgent: 1.0, seed: 7 };
        let waits = took(wait(&slots(10_000), load).unwrap().urgent);
        assert!((waits.median.as_secs_f64() - 5.2).abs() < 0.2, "{waits:?}");
        assert!(waits.p95 <= Duration::from_millis(10_200), "{waits:?}");
        assert_eq!(waits.reports, 10_000);
    }

    /// M/D/1 in slots: Pollaczek and Khinchine's ρ/(2(1−ρ)) slots of waiting, half a slot to the instant, one slot of service that
    /// here is none, and the lead.
    #[test]
    fn under_load_it_is_the_queue_of_the_textbook() {
        let load = Load { per_hour: 288.0, urgent: 0.0, seed: 11 };
        let waits = wait(&slots(10_000), load).unwrap();
        assert!(matches!(waits.urgent, Wait::None));
        // ρ = 0.8: 2 slots of waiting, half a slot, the lead: 25.2 s; the median of such a queue lies below its mean.
        let median = took(waits.routine).median;
        assert!(median > Duration::from_secs(12) && median < Duration::from_secs(26), "{median:?}");
    }

    #[test]
    fn urgent_reports_do_not_wait_for_the_others() {
        let load = Load { per_hour: 345.0, urgent: 0.1, seed: 3 };
        let waits = wait(&slots(10_000), load).unwrap();
        let (urgent, routine) = (took(waits.urgent), took(waits.routine));
        assert!(urgent.p95 < Duration::from_secs(25), "{urgent:?}");
        assert!(routine.p95 > 2 * urgent.p95, "{routine:?}");
        assert_eq!(urgent.reports + routine.reports, 10_000);
    }

    #[test]
    fn what_never_leaves_has_no_delay() {
        let waits = |per_hour, urgent| wait(&slots(10_000), Load { per_hour, urgent, seed: 1 }).unwrap();
        let over = waits(360.0, 0.1);
        assert!(matches!((over.urgent, over.routine), (Wait::Took(_), Wait::TooMany)), "{over:?}");
        assert!(matches!(waits(400.0, 1.0).urgent, Wait::TooMany));
        assert!(matches!(waits(0.0, 0.1).routine, Wait::None));
        assert!(wait(&slots(0), Load { per_hour: 10.0, urgent: 0.1, seed: 1 }).is_none());
    }
}
