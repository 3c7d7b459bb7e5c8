//! When a node sends: at the instants of a fixed grid, whether there is something to say or not (spec §7.4).
//!
//! [`Slots`] is the grid of one start of a node, [`Capacity`] what a policy's grid carries and costs. Neither knows of a
//! queue, so no instant can depend on one.

use core::time::Duration;

use crate::{
    Dispatch, Layout, Mode,
    policy::{Draft, Traffic, message_cost},
};

/// Microseconds of a millisecond.
const MS: u64 = 1_000;
/// The most that a message is made ready ahead of its slot, in microseconds: a disk on an SD card syncs within that.
const LONGEST_LEAD: u64 = 200 * MS;
/// A day.
const DAY: Duration = Duration::from_hours(24);
/// Bytes of a PINGREQ or PINGRESP on the line, counted as [`message_cost`] counts: a record of two bytes, a segment, and the
/// segment that acknowledges it.
const PING: u64 = 2 + 22 + 2 * 72;
/// Bytes of the greetings of TCP, of TLS 1.3 with X25519MLKEM768 and one certificate, and of MQTT with the farewells, both
/// ways, headers included: an estimate, rounded up.
const GREETINGS: u64 = 8_000;

/// The instants at which a node sends, from one start to its end.
///
/// All instants are durations since a moment that the caller chooses, once. The grid's place on it is random, so it says
/// nothing of when the node was started, and two nodes' grids are not one.
#[derive(Debug, Clone)]
pub struct Slots {
    /// Microseconds from one slot to the next.
    length: u64,
    /// Slots from one walk-in's slot to the next; 0: there is none.
    walk_in_every: u64,
    /// How far, in microseconds, slot 0 lies before the caller's moment: up to a whole round.
    phase: u64,
    /// The slot given out last.
    last: Option<Slot>,
    missed: u64,
}

/// One instant, and what leaves at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Grows by one from slot to slot, missed ones included. Where it begins is random.
    pub number: u64,
    /// When.
    pub at: Duration,
    /// Whether a message of a walk-in's size leaves too. One of an enrolled report's size always does.
    pub walk_in: bool,
}

impl Slots {
    /// The grid of a policy, at a place given by a random number; `None` if slots are off.
    pub fn new(traffic: &Traffic, random: u64) -> Option<Self> {
        let length = u64::from(traffic.slot_ms) * MS;
        let walk_in_every = u64::from(traffic.walk_in_slots);
        let phase = random.checked_rem(length * walk_in_every.max(1))?;
        Some(Self { length, walk_in_every, phase, last: None, missed: 0 })
    }

    /// The first slot at `now` or later that was not given out before. Slots that passed meanwhile are missed for good:
    /// whoever was late sends no more at a time than anybody else.
    pub fn next(&mut self, now: Duration) -> Slot {
        let earliest = self.last.map_or(now, |last| now.max(last.at + self.length()));
        let earliest = u64::try_from(earliest.as_micros()).unwrap_or(u64::MAX).saturating_add(self.phase);
        let number = earliest.div_ceil(self.length);
        if let Some(last) = self.last {
            self.missed += number.saturating_sub(last.number.saturating_add(1));
        }
        let at = Duration::from_micros(number.saturating_mul(self.length).saturating_sub(self.phase));
        let slot = Slot { number, at, walk_in: number.checked_rem(self.walk_in_every) == Some(0) };
        self.last = Some(slot);
        slot
    }

    /// Takes up a newer policy: nothing moves if its numbers are the same, else there is another grid from the next slot on, a
    /// whole slot or more after the last one. `false`: slots are off.
    pub fn follow(&mut self, traffic: &Traffic, random: u64) -> bool {
        let Some(next) = Self::new(traffic, random) else { return false };
        if (next.length, next.walk_in_every) != (self.length, self.walk_in_every) {
            // Numbers of the other grid say nothing of this one: what lies between is no missed slot.
            let last = self.last.map(|last| {
                let at = u64::try_from(last.at.as_micros()).unwrap_or(u64::MAX).saturating_add(next.phase);
                Slot {
                    number: at.saturating_add(next.length).div_ceil(next.length).saturating_sub(1),
                    ..last
                }
            });
            *self = Self { last, missed: self.missed, ..next };
        }
        true
    }

    /// How long before a slot its messages are made ready, real and cover alike, so that making them takes no time of the
    /// instant: a tenth of a slot, 200 ms at most. What comes later waits for the next slot.
    pub const fn lead(&self) -> Duration {
        Duration::from_micros(lead(self.length))
    }

    /// Whether at `now` it is too late for a slot: by more than a quarter of its length. Sending then would stand too close to
    /// the next one.
    pub fn is_too_late(&self, slot: &Slot, now: Duration) -> bool {
        now > slot.at.saturating_add(Duration::from_micros(self.length / 4))
    }

    /// From one slot to the next.
    pub const fn length(&self) -> Duration {
        Duration::from_micros(self.length)
    }

    /// How many slots passed without being given out, since the start.
    pub const fn missed(&self) -> u64 {
        self.missed
    }
}

impl Slot {
    /// Whether a message of this size class leaves.
    pub const fn carries(&self, class: Mode) -> bool {
        match class {
            Mode::Enrolled => true,
            Mode::WalkIn => self.walk_in,
        }
    }
}

/// What a node's slots carry and cost under a policy, for people to choose by.
///
/// ```
/// use core::time::Duration;
/// use cowl_core::{Capacity, Mode};
/// # fn show(policy: &cowl_core::policy::Draft) -> Option<()> {
/// let capacity = Capacity::of(policy)?;
/// let third = capacity.wait(Mode::Enrolled, 3)?; // at most three slots, and the time to make it ready
/// assert!(third < 4 * capacity.slot());
/// # Some(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    slot: Duration,
    walk_in_slots: u16,
    /// Bytes of one message on the line, both ways: enrolled, walk-in.
    message: [u64; 2],
    beacon: u64,
    dispatch: u64,
    beacon_every: Duration,
    keep_alive: Duration,
}

/// Where a node's bytes go, in one day, both ways. Estimates from above, see [`message_cost`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyBytes {
    /// Messages of an enrolled report's size.
    pub enrolled: u64,
    /// Messages of a walk-in's size.
    pub walk_in: u64,
    /// Beacons that come in.
    pub beacons: u64,
    /// Dispatches that come in, one with each beacon, whether anything is said or not (spec §12.1).
    pub dispatches: u64,
    /// Pings, where slots are longer than the keep-alive.
    pub pings: u64,
}

impl Capacity {
    /// Of a policy; `None` if its slots are off.
    pub fn of(policy: &Draft) -> Option<Self> {
        let Draft { traffic, sizes, transport, .. } = policy;
        let layout = Layout::of(policy);
        let cost = |bytes: u32| message_cost(usize::try_from(bytes).unwrap_or(usize::MAX));
        traffic.has_slots().then(|| Self {
            slot: Duration::from_millis(traffic.slot_ms.into()),
            walk_in_slots: traffic.walk_in_slots,
            message: [message_cost(layout.enrolled_len()), message_cost(layout.walk_in_len())],
            beacon: cost(sizes.beacon),
            dispatch: message_cost(Dispatch::size(sizes.beacon)),
            beacon_every: Duration::from_secs(policy.beacon_seconds.max(1).into()),
            keep_alive: Duration::from_secs(transport.keep_alive_seconds.max(1).into()),
        })
    }

    /// From one slot to the next.
    pub const fn slot(&self) -> Duration {
        self.slot
    }

    /// From one slot of this size class to the next; `None`: nodes carry none.
    pub fn every(&self, class: Mode) -> Option<Duration> {
        match class {
            Mode::Enrolled => Some(self.slot),
            Mode::WalkIn => (self.walk_in_slots > 0).then(|| self.slot * u32::from(self.walk_in_slots)),
        }
    }

    /// How many reports of this size class can leave in a day: what comes beyond that waits longer and longer.
    pub fn per_day(&self, class: Mode) -> u64 {
        let every = self.every(class).map_or(0, |every| every.as_micros());
        DAY.as_micros().checked_div(every).map_or(0, |count| u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// The longest time from the acceptance of a report until it leaves, if it is the `n`-th that waits (from 1) and the line
    /// is up: `n` slots of its class, and the time by which messages are made ready ahead. Urgent ones go first, so for
    /// them only the urgent ones count.
    pub fn wait(&self, class: Mode, n: u32) -> Option<Duration> {
        let lead = lead(u64::try_from(self.slot.as_micros()).unwrap_or(u64::MAX));
        Some(self.every(class)?.saturating_mul(n).saturating_add(Duration::from_micros(lead)))
    }

    /// What a day costs, whatever is reported.
    pub fn daily_bytes(&self) -> DailyBytes {
        let [enrolled, walk_in] = self.message;
        let times =
            |every: Duration| u64::try_from(DAY.as_millis() / every.as_millis().max(1)).unwrap_or(u64::MAX);
        let pings = if self.slot > self.keep_alive { 2 * PING * times(self.keep_alive) } else { 0 };
        DailyBytes {
            enrolled: enrolled.saturating_mul(self.per_day(Mode::Enrolled)),
            walk_in: walk_in.saturating_mul(self.per_day(Mode::WalkIn)),
            beacons: self.beacon.saturating_mul(times(self.beacon_every)),
            dispatches: self.dispatch.saturating_mul(times(self.beacon_every)),
            pings,
        }
    }

    /// What one more connection costs, when one was lost: greetings, and the beacon and the dispatch that the broker keeps. The manifest comes only when
    /// a beacon names a newer one.
    pub const fn connection_bytes(&self) -> u64 {
        GREETINGS.saturating_add(self.beacon).saturating_add(self.dispatch)
    }
}

impl DailyBytes {
    /// All of it.
    pub const fn total(&self) -> u64 {
        let Self { enrolled, walk_in, beacons, dispatches, pings } = *self;
        let heard = beacons.saturating_add(dispatches);
        enrolled.saturating_add(walk_in).saturating_add(heard).saturating_add(pings)
    }
}

const fn lead(length: u64) -> u64 {
    if length / 10 < LONGEST_LEAD { length / 10 } else { LONGEST_LEAD }
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
