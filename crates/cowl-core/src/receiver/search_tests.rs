//! What a search costs, counted in places, and that it loses nothing that can be opened.

use alloc::{collections::BTreeSet, vec, vec::Vec};

use proptest::prelude::*;

use super::super::tests::{OPERATION, ROLE, counters, device, layout, root, seal};
use super::*;
use crate::{PolicyVersion, WalkInLimits, Windows};

const NOW: Epoch = Epoch(10);
const PLACES: u32 = 10;
/// Five epochs are held.
const ROUND: u64 = 50;

fn receiver(windows: Windows) -> Receiver {
    let mut receiver =
        Receiver::new(OPERATION, ROLE, layout(), windows, WalkInLimits::default(), vec![PolicyVersion(1)]);
    for epoch in [NOW.minus(3), NOW.minus(2), NOW.minus(1), NOW, NOW.plus(1)] {
        receiver.hold(epoch, &root(ROLE, epoch), PLACES, |_| true);
    }
    receiver.enter(NOW);
    receiver
}

fn junk(receiver: &mut Receiver, n: u8) {
    let mut message = vec![n; layout().enrolled_len()];
    message[..2].copy_from_slice(&[0xee, n]);
    assert!(receiver.receive(&message, 0, &mut Vec::new()).is_err());
}

#[test]
fn junk_is_looked_for_once_however_often_a_search_is_asked_for() {
    let (mut receiver, mut reports) = (receiver(Windows::default()), Vec::new());
    (0..100).for_each(|n| junk(&mut receiver, n));
    assert_eq!(receiver.unsearched(), 100);
    (0..1_000).for_each(|_| assert_eq!(receiver.search(&mut reports), 0));
    assert_eq!((receiver.looked_at(), receiver.unsearched()), (ROUND, 0));
    assert_eq!(receiver.waiting(), 100, "its devices may still turn up");
    // More junk, one round more, however much of it came together.
    for more in 1..=5_u8 {
        (0..20).for_each(|n| junk(&mut receiver, 100 + 20 * (more - 1) + n));
        (0..10).for_each(|_| assert_eq!(receiver.search(&mut reports), 0));
        assert_eq!(receiver.looked_at(), ROUND * (1 + u64::from(more)));
    }
}

#[test]
fn messages_of_devices_that_are_expected_make_nobody_search() {
    let (mut receiver, mut reports) = (receiver(Windows::default()), Vec::new());
    junk(&mut receiver, 1);
    receiver.search(&mut reports);
    let keys = device(NOW, 5);
    for counter in 0..1_000 {
        // Two swapped now and then: one waits for a moment.
        let counter = if counter % 16 < 2 { counter ^ 1 } else { counter };
        receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports).unwrap();
        receiver.search(&mut reports);
    }
    assert_eq!((reports.len(), receiver.looked_at()), (1_000, ROUND));
}

#[test]
fn a_round_goes_on_where_the_last_call_stopped() {
    let windows = Windows { search: 7, ..Windows::default() };
    let (mut receiver, mut reports) = (receiver(windows), Vec::new());
    let late = seal(&device(NOW.minus(3), 9), 3);
    assert!(receiver.receive(late.bytes(), 0, &mut reports).is_err());
    let mut calls = 0;
    while receiver.unsearched() > 0 {
        receiver.search(&mut reports);
        calls += 1;
        // Junk that comes meanwhile is for the next round: this one ends.
        junk(&mut receiver, calls);
        if reports.len() == 1 {
            break;
        }
    }
    assert!((1..=8).contains(&calls), "{calls}");
    assert_eq!(counters(&reports), [3]);
    while receiver.unsearched() > 0 {
        receiver.search(&mut reports);
    }
    assert!(receiver.looked_at() <= 2 * ROUND + 7, "{}", receiver.looked_at());
}

#[test]
fn keys_of_another_epoch_are_a_reason_to_look_again() {
    let (mut receiver, mut reports) = (receiver(Windows::default()), Vec::new());
    let early = seal(&device(NOW.plus(2), 5), 2);
    assert!(receiver.receive(early.bytes(), 0, &mut reports).is_err());
    receiver.search(&mut reports);
    assert_eq!((reports.len(), receiver.unsearched()), (0, 0));
    receiver.hold(NOW.plus(2), &root(ROLE, NOW.plus(2)), PLACES, |_| true);
    assert_eq!(receiver.unsearched(), 1);
    receiver.search(&mut reports);
    assert_eq!(counters(&reports), [2]);
    // Keys that are held already change nothing; deleted ones neither.
    junk(&mut receiver, 1);
    receiver.search(&mut reports);
    receiver.hold(NOW, &root(ROLE, NOW), PLACES, |_| true);
    receiver.forget_before(NOW);
    assert_eq!(receiver.unsearched(), 0);
}

#[test]
fn a_mark_that_comes_into_reach_opens_what_was_looked_for_in_vain() {
    // 4 tags in a row, 2 marks of 16 expected, 3 more by a search: 100 and 160 are beyond all.
    let windows = Windows { next: 4, every: 16, ahead: 2, search_marks: 3, ..Windows::default() };
    let (mut receiver, mut reports) = (receiver(windows), Vec::new());
    let keys = device(NOW, 5);
    for counter in [100, 160] {
        assert!(receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports).is_err());
    }
    receiver.search(&mut reports);
    assert!(reports.is_empty());
    // In order, each as expected. The mark at 160 comes into reach on the way, and is a reason to search.
    let mut searches = 0;
    for counter in 0..100 {
        receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports).unwrap();
        if receiver.unsearched() > 0 && counter == 99 {
            receiver.search(&mut reports);
            searches += 1;
        }
    }
    let mut seen = counters(&reports);
    seen.sort_unstable();
    assert_eq!((seen, searches), ((0..=100).chain([160]).collect::<Vec<_>>(), 1));
}

/// What a search finds moves a device so far that a further mark comes into reach, in the middle of a round.
#[test]
fn a_find_that_is_a_reason_to_search_ends_the_round_under_way() {
    let windows = Windows { next: 3, every: 16, ahead: 2, search_marks: 4, search: 3, ..Windows::default() };
    let (mut receiver, mut reports) = (receiver(windows), Vec::new());
    let keys = device(NOW, 5);
    for counter in [80, 128] {
        assert!(receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports).is_err());
    }
    while receiver.unsearched() > 0 {
        receiver.search(&mut reports);
    }
    assert_eq!(counters(&reports), [80, 128]);
    assert!(receiver.looked_at() <= 3 * ROUND);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Any gaps, order, junk and moments of searching: what a search over everything at the end would open was opened.
    #[test]
    fn searching_once_loses_nothing(
        steps in prop::collection::vec((0_u8..8, 0_u64..40, 0_u32..2), 1..50),
        search in 1_u32..80,
    ) {
        let windows = Windows { next: 3, every: 16, ahead: 2, search_marks: 4, search, ..Windows::default() };
        let (mut once, mut always) = (receiver(windows), receiver(Windows { search: 1 << 20, ..windows }));
        let (mut by_once, mut by_always) = (Vec::new(), Vec::new());
        let devices = [device(NOW, 5), device(NOW.minus(2), 7)];
        let (mut next, mut sent) = ([0_u64; 2], BTreeSet::new());
        let mut noise = 0;
        for (what, far, who) in steps {
            let who = usize::try_from(who).unwrap();
            match what {
                0 => {
                    noise += 1;
                    junk(&mut once, noise);
                    junk(&mut always, noise);
                }
                1 => drop(once.search(&mut by_once)),
                // On, over a gap, to a mark, or back to one that was overtaken.
                2 => next[who] += far,
                3 => next[who] = (next[who] / 16 + 1 + far % 8) * 16,
                _ => {
                    let counter = if what == 4 { next[who].saturating_sub(far % 20) } else { next[who] };
                    next[who] = next[who].max(counter + 1);
                    if sent.insert((who, counter)) {
                        let message = seal(&devices[who], counter);
                        let _ = once.receive(message.bytes(), 0, &mut by_once);
                        let _ = always.receive(message.bytes(), 0, &mut by_always);
                    }
                }
            }
            // As if nothing had ever been looked for.
            always.waiting.all_fresh();
            always.search(&mut by_always);
        }
        while once.unsearched() > 0 {
            once.search(&mut by_once);
        }
        let opened = |reports: &[Opened]| {
            reports.iter().map(|one| (one.epoch, one.body.clone())).collect::<BTreeSet<_>>()
        };
        let (once, always) = (opened(&by_once), opened(&by_always));
        prop_assert!(once.is_superset(&always), "{:?}", always.difference(&once).collect::<Vec<_>>());
    }
}
