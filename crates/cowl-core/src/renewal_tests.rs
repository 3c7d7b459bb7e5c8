use alloc::{vec, vec::Vec};

use super::*;
use crate::{
    DeviceKeyring, MemberId, Membership, RelayKeyring, Secret,
    schedule::{DeviceRoot, RelayRoot},
};

/// Keys of these epochs, each of the epoch's number and a generation's.
fn keyring(epochs: core::ops::Range<u32>, generation: u8) -> DeviceKeyring {
    let mut keyring = DeviceKeyring::starting(Epoch(epochs.start));
    for epoch in epochs {
        let root = |role: u8| DeviceRoot::new(key(epoch, generation, role));
        keyring.push(&[root(0), root(1)], key(epoch, generation, 9));
    }
    keyring
}

fn key(epoch: u32, generation: u8, role: u8) -> Secret {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&epoch.to_be_bytes());
    bytes[4..6].copy_from_slice(&[generation, role]);
    Secret::new(bytes)
}

/// Which generation each held epoch is of, from the first.
fn held(keyring: &DeviceKeyring) -> (u32, Vec<u8>) {
    let Some((first, last)) = keyring.range() else { return (0, vec![]) };
    let generation = |epoch: u32| {
        let root = keyring.roots(Epoch(epoch)).unwrap()[1].secret().clone();
        assert_eq!(root.expose()[..4], epoch.to_be_bytes());
        root.expose()[4]
    };
    (first.0, (first.0..=last.0).map(generation).collect())
}

#[test]
fn newer_keys_follow_older_ones() {
    let after = |mut old: DeviceKeyring, new| {
        old.take(new);
        held(&old)
    };
    // Overlapping, adjoining, inside, after a gap, before, and with nothing held.
    assert_eq!(after(keyring(3..6, 0), keyring(5..8, 1)), (3, vec![0, 0, 1, 1, 1]));
    assert_eq!(after(keyring(3..6, 0), keyring(6..7, 1)), (3, vec![0, 0, 0, 1]));
    assert_eq!(after(keyring(3..9, 0), keyring(4..6, 1)), (3, vec![0, 1, 1]));
    assert_eq!(after(keyring(3..6, 0), keyring(7..9, 1)), (7, vec![1, 1]));
    assert_eq!(after(keyring(3..6, 0), keyring(1..3, 1)), (1, vec![1, 1]));
    assert_eq!(after(keyring(3..3, 0), keyring(40..42, 1)), (40, vec![1, 1]));
}

#[test]
fn relay_roots_follow_older_ones() {
    let relay = |epochs: core::ops::Range<u32>, generation| {
        let mut keyring = RelayKeyring::starting(Epoch(epochs.start));
        epochs.for_each(|epoch| keyring.push(&RelayRoot::new(key(epoch, generation, 0))));
        keyring
    };
    let mut old = relay(3..6, 0);
    old.take(relay(5..7, 1));
    let generation = |epoch| old.root(Epoch(epoch)).unwrap().secret().expose()[4];
    assert_eq!((3..7).map(generation).collect::<Vec<_>>(), [0, 0, 1, 1]);
    old.take(relay(9..10, 2));
    assert_eq!(old.range(), Some((Epoch(9), Epoch(9))));
}

fn part(member: Member, identity: u32, generation: u32) -> RenewedKeys {
    RenewedKeys { generation, from: Epoch(5), parts: 1, identity, member }
}

#[test]
fn a_part_is_for_one_kind_and_for_identities_that_there_are() {
    let gateway = || Member::Gateway(vec![keyring(3..4, 0), keyring(3..4, 0)]);
    let mut member = gateway();
    let given = || Member::Gateway(vec![keyring(4..5, 1)]);
    assert!(member.takes(&part(given(), 1, 0)));
    assert!(!member.takes(&part(given(), 2, 0)) && !member.takes(&part(given(), u32::MAX, 0)));
    assert!(!member.takes(&part(Member::Device(keyring(4..5, 1)), 0, 0)));
    assert!(!Member::Device(keyring(3..4, 0)).takes(&part(gateway(), 0, 0)));
    member.take(part(given(), 1, 0));
    let Member::Gateway(identities) = &member else { panic!("it was a gateway") };
    assert_eq!((held(&identities[0]), held(&identities[1])), ((3, vec![0]), (3, vec![0, 1])));
}

#[test]
fn what_is_asked_and_answered_comes_back_and_nothing_else() {
    let asked = RenewalRequest { step: 7, part: 2, from: Some(Epoch(5)) };
    assert_eq!(RenewalRequest::from_bytes(&asked.to_bytes()), Some(asked));
    let mut longer = asked.to_bytes();
    longer.push(0);
    assert_eq!(RenewalRequest::from_bytes(&longer), None);
    let answer = RenewalAnswer::Keys(part(Member::Device(keyring(5..7, 1)), 0, 1)).to_bytes();
    let RenewalAnswer::Keys(back) = RenewalAnswer::from_bytes(&answer).unwrap() else {
        panic!("keys were answered")
    };
    assert_eq!(back.to_bytes_for_test(), part(Member::Device(keyring(5..7, 1)), 0, 1).to_bytes_for_test());
    assert!(matches!(
        RenewalAnswer::from_bytes(&RenewalAnswer::Revoked.to_bytes()),
        Some(RenewalAnswer::Revoked)
    ));
    for length in 0..answer.len() {
        assert!(RenewalAnswer::from_bytes(&answer[..length]).is_none(), "{length}");
    }
}

impl RenewedKeys {
    fn to_bytes_for_test(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap()
    }
}

#[test]
fn a_membership_moves_on_and_never_back() {
    let mut membership = Membership { id: MemberId([1; 16]), secret: Secret::new([2; 32]), step: 0 };
    membership.advance(crate::OperationId([3; 16]));
    assert_eq!(membership.step, 1);
    assert_ne!(membership.secret.expose(), &[2; 32]);
}
