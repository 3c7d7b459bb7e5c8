//! A receiver against devices whose messages are lost, reordered, copied and altered.

use alloc::{sync::Arc, vec, vec::Vec};

use super::*;
use crate::{DeviceKeys, ErasureHandle, Header, Pseudonym, ReportId, RolePart, Sealed, Secret, WalkInSuite};

pub(super) const OPERATION: OperationId = OperationId([5; 16]);
pub(super) const ROLE: RoleIndex = RoleIndex(1);
pub(super) const PLACES: u32 = 40;

/// A deterministic source for tests: AES in counter mode would be overkill, a multiplicative generator is not
/// secret and need not be.
struct Numbers(u64);

impl rand_core::TryRng for Numbers {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(u32::try_from(self.0 >> 32).unwrap())
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(self.try_next_u32()?))
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for byte in out {
            *byte = self.try_next_u32()?.to_be_bytes()[0];
        }
        Ok(())
    }
}
impl rand_core::TryCryptoRng for Numbers {}

pub(super) fn layout() -> Arc<Layout> {
    let part = |size, walk_in| RolePart { size, walk_in };
    Arc::new(Layout::new(vec![part(20, true), part(30, true), part(8, false)], 16, WalkInSuite::X25519))
}

pub(super) fn root(role: RoleIndex, epoch: Epoch) -> RoleRoot {
    RoleRoot::new(Secret::new([role.0 ^ u8::try_from(epoch.0 & 63).unwrap() << 2 ^ 0x40; 32]))
}

pub(super) fn device(epoch: Epoch, place: u32) -> DeviceKeys {
    let roots: Vec<_> = (0..3)
        .map(|role| root(RoleIndex(role), epoch).device(OPERATION, RoleIndex(role), epoch, Place(place)))
        .collect();
    DeviceKeys::new(OPERATION, epoch, layout(), &roots).unwrap()
}

fn header(n: u64) -> Header {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&n.to_be_bytes());
    Header { report: ReportId(id), handle: ErasureHandle::NONE, policy: PolicyVersion(1) }
}

pub(super) fn seal(keys: &DeviceKeys, counter: u64) -> Sealed {
    let body = counter.to_be_bytes();
    let bodies: [&[u8]; 3] = [&body, &body, &[]];
    keys.seal_bodies(counter, &header(counter), bodies.into_iter(), &[], &mut Numbers(counter)).unwrap()
}

pub(super) fn receiver(now: Epoch) -> Receiver {
    let mut receiver = Receiver::new(
        OPERATION,
        ROLE,
        layout(),
        Windows::default(),
        WalkInLimits::default(),
        vec![PolicyVersion(1)],
    );
    for epoch in [now.minus(3), now.minus(2), now.minus(1), now, now.plus(1)] {
        receiver.hold(epoch, &root(ROLE, epoch), PLACES, |place| place.0 != 13);
    }
    receiver.enter(now);
    receiver
}

pub(super) fn counters(reports: &[Opened]) -> Vec<u64> {
    reports.iter().map(|report| u64::from_be_bytes(report.body.as_slice().try_into().unwrap())).collect()
}

#[test]
fn opens_what_its_devices_send_and_knows_who() {
    let now = Epoch(10);
    let (mut receiver, mut reports) = (receiver(now), Vec::new());
    for place in [0, 7, 39] {
        for epoch in [now.minus(1), now, now.plus(1)] {
            let message = seal(&device(epoch, place), 0);
            assert_eq!(receiver.receive(message.bytes(), 0, &mut reports), Ok(Received::Opened));
            let last = reports.last().unwrap();
            assert_eq!(last.epoch, epoch);
            let pseudonym = Pseudonym::of(OPERATION, epoch, Place(place));
            assert_eq!(last.sender, Sender::Enrolled { place: Place(place), pseudonym });
        }
    }
}

#[test]
fn a_message_of_a_place_that_is_not_live_stays_unknown() {
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    let message = seal(&device(Epoch(10), 13), 0);
    assert_eq!(receiver.receive(message.bytes(), 0, &mut reports), Err(Refused::Unknown));
    assert_eq!(receiver.search(&mut reports), 0);
}

#[test]
fn refuses_replays_and_every_flipped_bit_but_opens_the_original_after() {
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    let message = seal(&device(Epoch(10), 3), 0);
    for bit in 0..message.bytes().len() * 8 {
        let mut altered = message.bytes().to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        let result = receiver.receive(&altered, 0, &mut reports);
        // Another role's ciphertext is that role's to check; everything else is bound to this part.
        let start = layout().enrolled_part(RoleIndex(0)).unwrap();
        let third = layout().enrolled_part(RoleIndex(2)).unwrap();
        let others = (start.start + 16..start.end).contains(&(bit / 8))
            || (third.start + 16..third.end).contains(&(bit / 8));
        assert_eq!(result.is_err(), !others, "bit {bit}");
        if others {
            receiver = self::receiver(Epoch(10));
        }
    }
    reports.clear();
    assert_eq!(receiver.receive(message.bytes(), 0, &mut reports), Ok(Received::Opened));
    assert_eq!(receiver.receive(message.bytes(), 0, &mut reports), Err(Refused::Replayed));
    assert_eq!(reports.len(), 1);
}

#[test]
fn a_part_moved_into_another_message_is_refused() {
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    let (a, b) = (seal(&device(Epoch(10), 3), 0), seal(&device(Epoch(10), 4), 0));
    let mut spliced = a.bytes().to_vec();
    let part = layout().enrolled_part(RoleIndex(0)).unwrap();
    spliced[part.clone()].copy_from_slice(&b.bytes()[part]);
    assert_eq!(receiver.receive(&spliced, 0, &mut reports), Err(Refused::NotAuthentic));
}

#[test]
fn reordering_and_loss_within_a_block_lose_nothing_that_arrived() {
    let keys = device(Epoch(10), 5);
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    let order = [3_u64, 0, 9, 8, 1, 2, 70, 69, 64, 130, 128, 66, 65];
    for counter in order {
        let _ = receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports);
    }
    let mut seen = counters(&reports);
    seen.sort_unstable();
    let mut all = order.to_vec();
    all.sort_unstable();
    assert_eq!(seen, all);
}

#[test]
fn a_gap_of_any_length_loses_nothing_that_arrives_after_it() {
    let keys = device(Epoch(10), 5);
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    // Far beyond the marks in the table: found by a search once the device passes a mark.
    for counter in 5_000..5_100 {
        let _ = receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports);
    }
    assert!(reports.is_empty());
    assert_eq!(receiver.waiting(), 100);
    receiver.search(&mut reports);
    let mut seen = counters(&reports);
    seen.sort_unstable();
    assert_eq!(seen, (5_000..5_100).collect::<Vec<_>>());
}

#[test]
fn older_held_epochs_are_searched_and_deleted_ones_are_gone() {
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    let old = seal(&device(Epoch(7), 5), 2);
    assert_eq!(receiver.receive(old.bytes(), 0, &mut reports), Err(Refused::Unknown));
    receiver.search(&mut reports);
    assert_eq!(counters(&reports), [2]);
    receiver.forget_before(Epoch(9));
    assert_eq!(
        receiver.receive(seal(&device(Epoch(8), 5), 0).bytes(), 0, &mut reports),
        Err(Refused::Unknown)
    );
    receiver.search(&mut reports);
    assert_eq!(reports.len(), 1);
}

#[test]
fn garbage_under_a_copied_tag_suppresses_nothing() {
    let keys = device(Epoch(10), 5);
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    for counter in [0, 40, 64] {
        let message = seal(&keys, counter);
        let mut garbage = message.bytes().to_vec();
        garbage[100] ^= 1;
        let _ = receiver.receive(&garbage, 0, &mut reports);
        let _ = receiver.receive(message.bytes(), 0, &mut reports);
        let _ = receiver.receive(&garbage, 0, &mut reports);
    }
    let mut seen = counters(&reports);
    seen.sort_unstable();
    assert_eq!(seen, [0, 40, 64]);
}

#[test]
fn a_tag_used_for_two_messages_is_a_clone() {
    let keys = device(Epoch(10), 5);
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    let bodies: [&[u8]; 3] = [&[1], &[1; 8], &[]];
    let other = keys.seal_bodies(0, &header(99), bodies.into_iter(), &[], &mut Numbers(1)).unwrap();
    assert_eq!(receiver.receive(seal(&keys, 0).bytes(), 0, &mut reports), Ok(Received::Opened));
    assert_eq!(receiver.receive(other.bytes(), 0, &mut reports), Ok(Received::Clone));
    assert_eq!(reports.len(), 2);
}

#[test]
fn continues_after_a_restart_where_it_stopped() {
    let keys = device(Epoch(10), 5);
    let (mut before, mut reports) = (receiver(Epoch(10)), Vec::new());
    for counter in 0..1_000 {
        before.receive(seal(&keys, counter).bytes(), 0, &mut reports).unwrap();
    }
    let mut after = Receiver::new(
        OPERATION,
        ROLE,
        layout(),
        Windows::default(),
        WalkInLimits::default(),
        vec![PolicyVersion(1)],
    );
    after.hold(Epoch(10), &root(ROLE, Epoch(10)), PLACES, |_| true);
    for (epoch, place, next) in before.progress() {
        after.resume(epoch, place, next);
    }
    after.enter(Epoch(10));
    assert_eq!(after.receive(seal(&keys, 1_000).bytes(), 0, &mut reports), Ok(Received::Opened));
    assert_eq!(after.receive(seal(&keys, 5).bytes(), 0, &mut reports), Err(Refused::Unknown));
}

#[test]
fn walk_ins_are_opened_once_within_a_budget() {
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    let openers: Vec<_> = [0, 1]
        .map(|role| {
            let seed = root(RoleIndex(role), Epoch(10)).walk_in_seed(OPERATION, RoleIndex(role), Epoch(10));
            WalkInOpener::new(seed, WalkInSuite::X25519).public().unwrap()
        })
        .into();
    let layout = layout();
    let sealer = crate::WalkInSealer {
        operation: OPERATION,
        epoch: Epoch(10),
        policy: PolicyVersion(1),
        layout: &layout,
        keys: &openers,
        custody: None,
    };
    let mut rng = Numbers(4);
    let message = sealer.seal_bodies(&header(0), |_| Some(b"12345678"), &[], &mut rng).unwrap();
    assert_eq!(message.bytes().len(), layout.walk_in_len());
    assert_eq!(receiver.receive(message.bytes(), 0, &mut reports), Ok(Received::Opened));
    assert!(matches!(reports.last().unwrap().sender, Sender::WalkIn { .. }));
    assert_eq!(receiver.receive(message.bytes(), 0, &mut reports), Err(Refused::Replayed));
    let mut altered = message.bytes().to_vec();
    altered[0] ^= 1;
    assert_eq!(receiver.receive(&altered, 0, &mut reports), Err(Refused::NotAuthentic));
    // Someone who saw the id sends a message of his own under it: both are opened.
    let mut same_id =
        sealer.seal_bodies(&header(1), |_| Some(b"12345678"), &[], &mut Numbers(4)).unwrap().into_bytes();
    assert_eq!(same_id[..16], message.bytes()[..16]);
    let part = layout.walk_in_part(ROLE).unwrap();
    same_id[part.start] ^= 1;
    assert_eq!(receiver.receive(&same_id, 0, &mut reports), Err(Refused::NotAuthentic));
    let mut refused = None;
    for _ in 0..700 {
        let next = sealer.seal_bodies(&header(0), |_| Some(b"12345678"), &[], &mut rng).unwrap();
        refused = receiver.receive(next.bytes(), 0, &mut reports).err().or(refused);
    }
    assert_eq!(refused, Some(Refused::WalkInBudget));
    let next = sealer.seal_bodies(&header(0), |_| Some(b"12345678"), &[], &mut rng).unwrap();
    assert_eq!(receiver.receive(next.bytes(), 1, &mut reports), Ok(Received::Opened));
}

#[test]
fn other_sizes_are_refused() {
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    for length in [0, 1, 15, 200, 10_000] {
        assert_eq!(receiver.receive(&vec![7; length], 0, &mut reports), Err(Refused::Size));
    }
    let mut receiver = Receiver::new(
        OPERATION,
        RoleIndex(9),
        layout(),
        Windows::default(),
        WalkInLimits::default(),
        Vec::new(),
    );
    let message = seal(&device(Epoch(10), 1), 0);
    assert_eq!(receiver.receive(message.bytes(), 0, &mut reports), Err(Refused::Size));
}

#[test]
fn memory_stays_within_what_the_policy_says() {
    let now = Epoch(10);
    let mut receiver =
        Receiver::new(OPERATION, ROLE, layout(), Windows::default(), WalkInLimits::default(), Vec::new());
    for epoch in [now.minus(1), now, now.plus(1)] {
        receiver.hold(epoch, &root(ROLE, epoch), 2_000, |_| true);
    }
    receiver.enter(now);
    // 2,000 places fill the table as 1,000,000 do: 7 tags each at 85 % load.
    assert!(receiver.table_memory() / 2_000 <= 400, "{}", receiver.table_memory() / 2_000);
}

#[test]
fn stragglers_that_many_overtook_are_found_by_a_search() {
    let keys = device(Epoch(10), 5);
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    for counter in [0, 128, 192] {
        receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports).unwrap();
    }
    assert_eq!(receiver.receive(seal(&keys, 30).bytes(), 0, &mut reports), Err(Refused::Unknown));
    receiver.search(&mut reports);
    assert_eq!(counters(&reports), [0, 128, 192, 30]);
}

#[test]
fn what_was_opened_ahead_is_not_awaited_when_it_is_passed() {
    let keys = device(Epoch(10), 5);
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    for counter in [5, 4, 1] {
        let _ = receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports);
    }
    assert_eq!(counters(&reports), [1, 4, 5]);
    for counter in [1, 4, 5] {
        let again = receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports);
        assert_eq!(again, Err(Refused::Replayed), "{counter}");
    }
}

#[test]
fn copies_that_waited_together_are_opened_once() {
    let keys = device(Epoch(10), 5);
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    for counter in [40, 40, 4_994, 4_994, 4_994] {
        assert_eq!(receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports), Err(Refused::Unknown));
    }
    receiver.receive(seal(&keys, 64).bytes(), 0, &mut reports).unwrap();
    for _ in 0..3 {
        receiver.search(&mut reports);
    }
    receiver.receive(seal(&keys, 4_992).bytes(), 0, &mut reports).unwrap_err();
    for _ in 0..3 {
        receiver.search(&mut reports);
    }
    assert_eq!(counters(&reports), [64, 40, 4_992, 4_994]);
}

#[test]
fn the_last_counter_is_opened_once_and_the_next_is_not_sealed() {
    let keys = device(Epoch(10), 5);
    let (mut receiver, mut reports) = (receiver(Epoch(10)), Vec::new());
    let last = u64::from(crate::Counter::MAX.0);
    for counter in [0, last] {
        let _ = receiver.receive(seal(&keys, counter).bytes(), 0, &mut reports);
    }
    receiver.lanes.get_mut(&Epoch(10)).unwrap().unindex();
    receiver.resume(Epoch(10), Place(5), crate::Counter::MAX.0);
    receiver.enter(Epoch(10));
    assert_eq!(receiver.receive(seal(&keys, last).bytes(), 0, &mut reports), Ok(Received::Opened));
    for _ in 0..3 {
        assert_eq!(receiver.receive(seal(&keys, last).bytes(), 0, &mut reports), Err(Refused::Replayed));
    }
}

#[test]
fn a_walk_in_and_its_role_alone_share_what_help_is_known_by() {
    let openers: Vec<_> = [0, 1]
        .map(|role| {
            let seed = root(RoleIndex(role), Epoch(10)).walk_in_seed(OPERATION, RoleIndex(role), Epoch(10));
            WalkInOpener::new(seed, WalkInSuite::X25519).public().unwrap()
        })
        .into();
    let layout = layout();
    let sealer = crate::WalkInSealer {
        operation: OPERATION,
        epoch: Epoch(10),
        policy: PolicyVersion(1),
        layout: &layout,
        keys: &openers,
        custody: None,
    };
    let report = crate::Report::new(header(1), crate::Reduced::cover(3));
    let mut rng = Numbers(9);
    let awaited = sealer.seal_awaiting(&report, &mut rng).unwrap();
    // The message is the one that is sealed without looking for help, and sealing again shares something else.
    assert_eq!(awaited.sealed, sealer.seal(&report, &mut Numbers(9)).unwrap());
    let again = sealer.seal_awaiting(&report, &mut rng).unwrap();
    let roles: Vec<_> = awaited.help.iter().map(|(role, _)| *role).collect();
    assert_eq!(roles, [RoleIndex(0), RoleIndex(1)]);
    let mut reports = Vec::new();
    let mut receiver = receiver(Epoch(10));
    assert_eq!(receiver.receive(awaited.sealed.bytes(), 0, &mut reports), Ok(Received::Opened));
    assert_eq!(receiver.receive(again.sealed.bytes(), 0, &mut reports), Ok(Received::Opened));
    let opened = |index: usize| reports[index].help.clone().unwrap();
    assert_eq!((opened(0), opened(1)), (awaited.help[1].1.clone(), again.help[1].1.clone()));
    assert_ne!(opened(0), opened(1));
    assert_ne!(opened(0), awaited.help[0].1);
    // An enrolled sender needs nothing of the message: its root is enough.
    reports.clear();
    receiver.receive(seal(&device(Epoch(10), 3), 0).bytes(), 0, &mut reports).unwrap();
    assert!(reports[0].help.is_none());
}
