//! When messages leave a node or a phone, what that may cost, and which reports go first (spec §7.4).

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::error::{PolicyError, PolicyProblem, Subject};
use super::{Draft, FieldKind};
use crate::ids::FieldIndex;
use crate::layout::Layout;

/// The most rules of [`Traffic::urgent`].
const MAX_URGENT: usize = 64;
/// The shortest and the longest slot, in milliseconds.
const SLOTS: core::ops::RangeInclusive<u32> = 100..=3_600_000;
/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// Bytes of a PUBLISH beside its payload: fixed header 4, topic 2 + 37, packet identifier 2, no properties 1
/// (MQTT 5 §3.3).
const PUBLISH: u64 = 46;
/// Bytes of a TLS 1.3 record beside its content: header, type, tag (RFC 8446 §5.2).
const TLS: u64 = 22;
/// Bytes of an IPv6 and a TCP header with timestamps (RFC 8200, 9293, 7323).
const TCP_IP: u64 = 72;
/// Bytes of a segment that passes every link: IPv6's least MTU of 1,280 without the headers.
const SEGMENT: u64 = 1_280 - TCP_IP;
/// Bytes of a PUBACK.
const PUBACK: u64 = 4;

/// What a queue does that is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum WhenFull {
    /// Takes no more: the device is told, keeps its report and may come again. Nothing acknowledged is ever lost.
    #[n(0)]
    #[default]
    Refuse,
    /// Drops the oldest report that is not urgent to take the new one; refuses when all are urgent.
    #[n(1)]
    DropRoutine,
    /// Drops the oldest report, urgent or not.
    #[n(2)]
    DropOldest,
}

/// A value that makes a report urgent.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Urgent {
    /// Of which field.
    #[n(0)]
    pub field: FieldIndex,
    /// Which values.
    #[n(1)]
    pub when: UrgentWhen,
}

/// Which values of a field are urgent. They are those that came in, before any role's precision.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum UrgentWhen {
    /// One of these choices.
    #[n(0)]
    OneOf(#[n(0)] Vec<u16>),
    /// A flag that is so.
    #[n(1)]
    Is(#[n(0)] bool),
    /// A number that is not less.
    #[n(2)]
    AtLeast(#[n(0)] f64),
    /// A number that is not more.
    #[n(3)]
    AtMost(#[n(0)] f64),
}

/// When messages leave, and what that may cost.
///
/// The default is what a manifest means that says nothing of it: no slots, no delay, nothing urgent.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Traffic {
    /// Length of a node's slot in milliseconds: in each leaves one enrolled message, real or cover, so that neither
    /// times nor numbers tell when somebody reported. Longer costs less and lets reports wait longer: the n-th urgent one
    /// waits n slots. 0: slots are off, reports leave at once, and their times tell.
    #[n(0)]
    pub slot_ms: u32,
    /// One message of a walk-in's size leaves every so many slots; each may wait so long. 0: nodes carry no walk-ins.
    #[n(1)]
    pub walk_in_slots: u16,
    /// Mean of the exponential delay, in seconds, of clients that send by themselves: longer blurs when they reported, and
    /// help comes later by as much. One for all their reports, urgent or not, as a shorter one would tell. 0: none.
    #[n(2)]
    pub phone_delay_seconds: u32,
    /// What one node's slots may cost a day in bytes, both ways, with MQTT, TLS and TCP/IP as estimated by
    /// [`message_cost`]. A schedule above it is refused.
    #[n(3)]
    pub daily_bytes: u64,
    /// Bytes of disk that a node's queue may take. More bridges a longer time without uplink.
    #[n(4)]
    pub queue_bytes: u64,
    /// What is done beyond that.
    #[n(5)]
    pub when_full: WhenFull,
    /// Which values make a report go first. Urgency is told to nobody: not by size, not by time but for the order.
    #[n(6)]
    pub urgent: Vec<Urgent>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            slot_ms: 0,
            walk_in_slots: 6,
            phone_delay_seconds: 0,
            daily_bytes: 21_000_000,
            queue_bytes: 256 << 20,
            when_full: WhenFull::Refuse,
            urgent: Vec::new(),
        }
    }
}

impl Traffic {
    /// Whether there are slots.
    pub const fn has_slots(&self) -> bool {
        self.slot_ms > 0
    }

    /// Bytes that the slots of one node cost a day, both ways; 0 without slots.
    pub fn daily_cost(&self, layout: &Layout) -> u64 {
        if self.slot_ms == 0 {
            0
        } else {
            self.cost_per_round(layout).saturating_mul(self.rounds(self.slot_ms))
        }
    }

    /// The shortest slot, in milliseconds, whose day costs at most [`Self::daily_bytes`]; the longest that there is if
    /// none does.
    pub fn shortest_slot_ms(&self, layout: &Layout) -> u32 {
        let round = u128::from(self.cost_per_round(layout)) * u128::from(DAY_MS);
        let slots = u128::from(self.daily_bytes.max(1)) * u128::from(self.slots_per_round());
        let fits = u32::try_from(round.div_ceil(slots)).unwrap_or(u32::MAX);
        fits.clamp(*SLOTS.start(), *SLOTS.end())
    }

    /// What must hold beyond the ranges of the numbers.
    pub(super) fn check(&self, draft: &Draft) -> Result<(), PolicyError> {
        let knob = |holds: bool, name, problem: PolicyProblem| {
            if holds { Ok(()) } else { Err(problem.at(Subject::Knob(name))) }
        };
        knob(self.slot_ms == 0 || SLOTS.contains(&self.slot_ms), "slot", PolicyProblem::Slot)?;
        let layout = Layout::of(draft);
        let needed = self.daily_cost(&layout);
        let fits_ms = self.shortest_slot_ms(&layout);
        knob(needed <= self.daily_bytes, "slot", PolicyProblem::Budget { needed, fits_ms })?;
        let count = PolicyProblem::Count { least: 0, most: MAX_URGENT };
        knob(self.urgent.len() <= MAX_URGENT, "urgent", count)?;
        for Urgent { field, when } in &self.urgent {
            let at = |problem: PolicyProblem| problem.at(Subject::Field(*field));
            let field = draft.fields.get(usize::from(field.0)).ok_or_else(|| at(PolicyProblem::NoField))?;
            let holds = match (&field.kind, when) {
                (FieldKind::Choice { names, .. }, UrgentWhen::OneOf(choices)) => {
                    !choices.is_empty() && choices.iter().all(|choice| usize::from(*choice) < names.len())
                }
                (FieldKind::Flag, UrgentWhen::Is(_)) => true,
                (
                    FieldKind::Number { min, max, .. },
                    UrgentWhen::AtLeast(bound) | UrgentWhen::AtMost(bound),
                ) => (*min..=*max).contains(bound),
                _ => false,
            };
            if !holds {
                return Err(at(PolicyProblem::Urgent));
            }
        }
        Ok(())
    }

    /// Slots from one walk-in message to the next.
    fn slots_per_round(&self) -> u64 {
        u64::from(self.walk_in_slots.max(1))
    }

    /// How many times a day, rounded up, a walk-in slot comes.
    fn rounds(&self, slot_ms: u32) -> u64 {
        DAY_MS.div_ceil((u64::from(slot_ms) * self.slots_per_round()).max(1))
    }

    fn cost_per_round(&self, layout: &Layout) -> u64 {
        let walk_in = if self.walk_in_slots == 0 { 0 } else { message_cost(layout.walk_in_len()) };
        message_cost(layout.enrolled_len()).saturating_mul(self.slots_per_round()).saturating_add(walk_in)
    }
}

/// Bytes on the line, both ways, for one acknowledged message of so many bytes: PUBLISH and PUBACK, TLS 1.3, TCP over
/// IPv6 with timestamps, every segment acknowledged by itself. An estimate from above; IPv4 costs 20 less a packet.
pub fn message_cost(payload: usize) -> u64 {
    let record = u64::try_from(payload).unwrap_or(u64::MAX).saturating_add(PUBLISH + TLS);
    let segments = record.div_ceil(SEGMENT);
    record.saturating_add(segments.saturating_mul(2 * TCP_IP)).saturating_add(PUBACK + TLS + 2 * TCP_IP)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::super::samples::{self, BATTERY, NOTE, SEVERITY, TEMPERATURE};
    use super::*;

    fn refused(change: impl FnOnce(&mut Traffic)) -> PolicyError {
        let mut draft = samples::draft();
        change(&mut draft.traffic);
        draft.check().unwrap_err()
    }

    #[test]
    fn a_schedule_above_the_budget_is_refused_with_the_slot_that_fits() {
        let layout = Layout::of(&samples::draft());
        for (walk_in_slots, daily_bytes) in
            [(0, 3_000_000), (1, 21_000_000), (6, 5_000_000), (600, 40_000_000)]
        {
            let schedule = |slot_ms| Traffic { slot_ms, walk_in_slots, daily_bytes, ..Traffic::default() };
            let fits = schedule(1).shortest_slot_ms(&layout);
            // A day holds whole rounds, so a millisecond or two may be gained.
            assert!(schedule(fits + fits / 50).daily_cost(&layout) <= daily_bytes, "{fits}");
            assert!(schedule(fits - fits / 50).daily_cost(&layout) > daily_bytes, "{fits}");
            let error = refused(|traffic| *traffic = schedule(fits / 2));
            let needed = schedule(fits / 2).daily_cost(&layout);
            assert_eq!(error, PolicyProblem::Budget { needed, fits_ms: fits }.at(Subject::Knob("slot")));
        }
    }

    #[test]
    fn slots_that_are_off_cost_nothing_and_absurd_ones_are_refused() {
        let layout = Layout::of(&samples::draft());
        assert_eq!(Traffic { slot_ms: 0, ..Traffic::default() }.daily_cost(&layout), 0);
        for slot_ms in [1, 99, 3_600_001] {
            assert_eq!(refused(|traffic| traffic.slot_ms = slot_ms).problem, PolicyProblem::Slot);
        }
    }

    #[test]
    fn a_message_costs_what_the_line_carries() {
        // 752 bytes in one segment; 3,954 bytes in four.
        assert_eq!(message_cost(752), 752 + 46 + 22 + 72 + 72 + 4 + 22 + 72 + 72);
        assert_eq!(message_cost(3_954), 3_954 + 46 + 22 + 4 * 144 + 4 + 22 + 144);
    }

    #[test]
    fn what_no_field_can_be_is_not_urgent() {
        let urgent = |field, when| move |traffic: &mut Traffic| traffic.urgent = vec![Urgent { field, when }];
        assert_eq!(refused(urgent(FieldIndex(60), UrgentWhen::Is(true))).problem, PolicyProblem::NoField);
        for (field, when) in [
            (SEVERITY, UrgentWhen::OneOf(vec![4])),
            (SEVERITY, UrgentWhen::OneOf(vec![])),
            (SEVERITY, UrgentWhen::Is(true)),
            (NOTE, UrgentWhen::OneOf(vec![0])),
            (TEMPERATURE, UrgentWhen::AtLeast(f64::NAN)),
            (BATTERY, UrgentWhen::AtMost(101.0)),
        ] {
            let error = refused(urgent(field, when));
            assert_eq!(error, PolicyProblem::Urgent.at(Subject::Field(field)));
        }
    }
}
