use std::{vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::policy::samples;

const fn traffic(slot_ms: u32, walk_in_slots: u16) -> Traffic {
    Traffic {
        slot_ms,
        walk_in_slots,
        phone_delay_seconds: 0,
        daily_bytes: u64::MAX,
        queue_bytes: 0,
        when_full: crate::policy::WhenFull::Refuse,
        urgent: Vec::new(),
    }
}

fn slots(slot_ms: u32, walk_in_slots: u16, random: u64) -> Slots {
    Slots::new(&traffic(slot_ms, walk_in_slots), random).unwrap()
}

#[test]
fn no_slots_no_grid() {
    assert!(Slots::new(&traffic(0, 6), 5).is_none());
    assert!(Capacity::of(&samples::draft()).is_none());
}

#[test]
fn instants_are_a_grid_and_walk_ins_a_coarser_one() {
    let mut slots = slots(1_000, 3, 1_300_000);
    let mut now = Duration::ZERO;
    let mut given = Vec::new();
    for _ in 0..6 {
        let slot = slots.next(now);
        given.push((slot.at.as_millis(), slot.walk_in));
        now = slot.at + Duration::from_millis(1);
    }
    let expected =
        vec![(700, false), (1_700, true), (2_700, false), (3_700, false), (4_700, true), (5_700, false)];
    assert_eq!((given, slots.missed()), (expected, 0));
}

#[test]
fn the_same_instant_is_given_once() {
    let mut slots = slots(1_000, 0, 0);
    assert_eq!(slots.next(Duration::ZERO).at, Duration::ZERO);
    assert_eq!(slots.next(Duration::ZERO).at, Duration::from_secs(1));
    assert_eq!(slots.next(Duration::ZERO).at, Duration::from_secs(2));
    assert_eq!(slots.missed(), 0);
}

#[test]
fn a_long_sleep_is_no_reason_for_a_burst() {
    let mut slots = slots(1_000, 2, 400_000);
    let first = slots.next(Duration::ZERO);
    let second = slots.next(Duration::from_hours(1));
    assert_eq!(second.at, Duration::from_millis(3_600_600));
    assert_eq!(second.number - first.number, 3_600);
    assert_eq!(slots.missed(), 3_599);
    assert_eq!(slots.next(second.at).number, second.number + 1);
}

#[test]
fn too_late_is_a_quarter_of_a_slot() {
    let mut slots = slots(1_000, 0, 0);
    let slot = slots.next(Duration::from_millis(1));
    assert!(!slots.is_too_late(&slot, Duration::from_millis(1_250)));
    assert!(slots.is_too_late(&slot, Duration::from_millis(1_251)));
}

#[test]
fn a_policy_with_the_same_numbers_moves_nothing() {
    let mut slots = slots(1_000, 2, 400_000);
    let first = slots.next(Duration::ZERO);
    assert!(slots.follow(&traffic(1_000, 2), 77));
    assert_eq!(slots.next(first.at).at, first.at + Duration::from_secs(1));
    assert!(slots.follow(&traffic(2_000, 2), 0));
    // The slot at 1.6 s was the last: at 2 s the next would be too close.
    assert_eq!(slots.next(Duration::from_millis(1_700)).at, Duration::from_secs(4));
    assert_eq!(slots.missed(), 0);
    assert_eq!(slots.next(Duration::from_secs(9)).at, Duration::from_secs(10));
    assert_eq!(slots.missed(), 2);
    assert!(!slots.follow(&traffic(0, 2), 0));
}

#[test]
fn capacity_adds_up() {
    let mut draft = samples::draft();
    draft.traffic = traffic(10_000, 6);
    draft.transport.keep_alive_seconds = 60;
    let capacity = Capacity::of(&draft).unwrap();
    assert_eq!(capacity.per_day(Mode::Enrolled), 8_640);
    assert_eq!(capacity.per_day(Mode::WalkIn), 1_440);
    assert_eq!(capacity.wait(Mode::Enrolled, 1), Some(Duration::from_millis(10_200)));
    assert_eq!(capacity.wait(Mode::Enrolled, 7), Some(Duration::from_millis(70_200)));
    assert_eq!(capacity.wait(Mode::WalkIn, 2), Some(Duration::from_millis(120_200)));
    let bytes = capacity.daily_bytes();
    // What the policy's own check counts against the budget.
    assert_eq!(bytes.enrolled + bytes.walk_in, draft.traffic.daily_cost(&Layout::of(&draft)));
    assert_eq!(bytes.pings, 0);
    // One dispatch with each beacon.
    let beacons = 86_400 / u64::from(draft.beacon_seconds);
    assert_eq!(bytes.dispatches, beacons * message_cost(Dispatch::size(draft.sizes.beacon)));
    assert_eq!(bytes.total(), bytes.enrolled + bytes.walk_in + bytes.beacons + bytes.dispatches);

    draft.traffic = traffic(120_000, 0);
    let slow = Capacity::of(&draft).unwrap();
    assert_eq!((slow.per_day(Mode::WalkIn), slow.wait(Mode::WalkIn, 1)), (0, None));
    let pings = slow.daily_bytes().pings;
    assert_eq!(pings, 1_440 * 2 * 168);
}

proptest! {
    /// However late and irregular the caller is: instants lie on one grid, never twice, never before now, and two are
    /// never closer than a slot.
    #[test]
    fn whatever_the_caller_does_the_grid_holds(
        slot_ms in 100_u32..100_000,
        walk_in_slots in 0_u16..50,
        random: u64,
        sleeps in prop::collection::vec(0_u64..1_000_000, 1..100),
    ) {
        let mut slots = slots(slot_ms, walk_in_slots, random);
        let mut now = Duration::ZERO;
        let mut last: Option<Slot> = None;
        for sleep in sleeps {
            let slot = slots.next(now);
            prop_assert!(slot.at >= now);
            if let Some(last) = last {
                let apart = slot.at.saturating_sub(last.at);
                prop_assert!(apart >= slots.length());
                prop_assert_eq!(apart.as_micros() % slots.length().as_micros(), 0);
                prop_assert_eq!(apart.as_micros() / slots.length().as_micros(), u128::from(slot.number - last.number));
            } else {
                prop_assert!(slot.at <= slots.length());
            }
            let on_round = walk_in_slots > 0 && slot.number.is_multiple_of(u64::from(walk_in_slots));
            prop_assert_eq!(slot.walk_in, on_round);
            last = Some(slot);
            now += Duration::from_millis(sleep);
        }
    }

    /// The place of the grid says nothing about the start: every phase of a round comes as often as any other.
    #[test]
    fn any_random_number_is_a_phase(random: u64) {
        let mut slots = slots(60_000, 10, random);
        let first = slots.next(Duration::ZERO);
        prop_assert!(first.at < Duration::from_mins(1));
        prop_assert!(slots.next(first.at).at == first.at + Duration::from_mins(1));
    }
}
