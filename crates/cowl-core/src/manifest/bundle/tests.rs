//! Bundles as they are made and taken; the bytes themselves are held by `spec/vectors/bundle.json`.

use alloc::{vec, vec::Vec};
use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

use super::*;
use crate::{Place, ResponderKeyring};

/// Numbers that are as good as random for a test.
struct Numbers(ChainKey);

impl TryRng for Numbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            self.0 = self.0.next();
            chunk.copy_from_slice(&self.0.secret().expose()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Numbers {}

const OPERATION: OperationId = OperationId([9; 16]);
const PLACES: u32 = 100;

fn authority() -> AuthorityKey {
    AuthorityKey::new(&Secret::new([1; 32]))
}

fn chain(number: u8) -> ChainKey {
    ChainKey::new(Secret::new([number; 32]))
}

fn root(role: u8, epoch: u32) -> RoleRoot {
    RoleRoot::new(Secret::new([role * 50 + u8::try_from(epoch).unwrap(); 32]))
}

/// A bundle of three roles, of the epochs from `first` to `epoch`, for responders by number, role and epoch of their keys.
struct Plan {
    sequence: u64,
    epoch: u32,
    first: u32,
    revoked: Vec<u32>,
    places: u32,
    seats: Vec<(u8, u8)>,
}

impl Plan {
    fn new(sequence: u64, epoch: u32) -> Self {
        Self {
            sequence,
            epoch,
            first: epoch - 2,
            revoked: Vec::new(),
            places: PLACES,
            seats: vec![(1, 0), (1, 2), (2, 0)],
        }
    }

    fn issue(&self) -> Result<Vec<u8>, BundleError> {
        let epochs = || self.first..=self.epoch;
        let live: Vec<_> =
            epochs().map(|_| LivePlaces::without(self.revoked.iter().copied().map(Place))).collect();
        let roots: Vec<Vec<_>> =
            (0..3).map(|role| epochs().map(|epoch| root(role, epoch)).collect()).collect();
        let seat = |(number, role): &(u8, u8)| (RoleIndex(*role), chain(*number).after(self.epoch));
        let seats: Vec<_> = self.seats.iter().map(seat).collect();
        let handout = Handout {
            operation: OPERATION,
            sequence: self.sequence,
            epoch: Epoch(self.epoch),
            places: self.places,
            room: 4,
            first: Epoch(self.first),
            live: &live,
            roots: &roots,
            seats: &seats,
        };
        Bundle::issue(&handout, &authority(), &mut Numbers(chain(77).after(self.epoch)))
    }

    fn bundle(&self) -> Bundle {
        Bundle::verify(&self.issue().unwrap(), authority().public(), OPERATION, None).unwrap()
    }
}

fn keyring(number: u8, role: u8) -> ResponderKeyring {
    ResponderKeyring::new(RoleIndex(role), Epoch(0), &chain(number), Epoch(0), &[root(role, 0)])
}

#[test]
fn who_has_a_seat_gets_its_role_and_no_other() {
    let mut plan = Plan::new(5, 12);
    plan.revoked = vec![3, 99];
    let bundle = plan.bundle();
    let mut ours = keyring(1, 2);
    // Offline for twelve epochs.
    assert!(ours.take(&bundle, PLACES).unwrap());
    assert_eq!(ours.range(), Some((Epoch(10), Epoch(12))));
    assert_eq!(ours.root(Epoch(11)).unwrap().secret().expose(), root(2, 11).secret().expose());
    assert!(ours.live(Epoch(12)).revoked().map(|place| place.0).eq([3, 99]));
    assert_eq!(ours.chain_epoch(), Some(Epoch(12)));
    assert_eq!(keyring(2, 2).take(&bundle, PLACES).unwrap_err(), BundleError::NoSeat);
    assert_eq!(keyring(1, 1).take(&bundle, PLACES).unwrap_err(), BundleError::NoSeat);
    assert_eq!(keyring(3, 0).take(&bundle, PLACES).unwrap_err(), BundleError::NoSeat);
    // A seat is of one role.
    assert_eq!(bundle.open(RoleIndex(1), &chain(1).after(12), PLACES).unwrap_err(), BundleError::NoSeat);
}

#[test]
fn what_is_sealed_earlier_does_not_open_later() {
    let (old, new) = (Plan::new(5, 12).bundle(), Plan::new(6, 13).bundle());
    let mut ours = keyring(1, 0);
    ours.take(&new, PLACES).unwrap();
    assert_eq!(ours.take(&old, PLACES).unwrap_err(), BundleError::Replayed);
    // Nor with the key itself, whatever the sequence says.
    assert_eq!(old.open(RoleIndex(0), &chain(1).after(13), PLACES).unwrap_err(), BundleError::NoSeat);
    let mut heard_a_beacon = keyring(1, 0);
    heard_a_beacon.ratchet_to(Epoch(13));
    assert_eq!(heard_a_beacon.take(&old, PLACES).unwrap_err(), BundleError::Replayed);
}

#[test]
fn says_what_must_be_kept() {
    let mut ours = keyring(1, 0);
    assert!(ours.take(&Plan::new(5, 12).bundle(), PLACES).unwrap());
    assert!(!ours.take(&Plan::new(6, 12).bundle(), PLACES).unwrap());
    assert_eq!(ours.bundle(), Some(5), "the newest that changed something");
    assert_eq!(ours.take(&Plan::new(5, 12).bundle(), PLACES).unwrap_err(), BundleError::Replayed);
    let mut plan = Plan::new(7, 12);
    plan.revoked = vec![4];
    assert!(ours.take(&plan.bundle(), PLACES).unwrap());
    let mut other_keys = ResponderKeyring::new(
        RoleIndex(0),
        Epoch(12),
        &chain(1).after(12),
        Epoch(11),
        &[root(0, 11), root(1, 12)],
    );
    assert!(other_keys.take(&plan.bundle(), PLACES).unwrap());
    let mut unchained = ResponderKeyring::unchained(RoleIndex(0), Epoch(12), &[root(0, 12)]);
    assert_eq!(unchained.take(&plan.bundle(), PLACES).unwrap_err(), BundleError::NoSeat);
}

#[test]
fn the_size_says_neither_who_reads_nor_who_was_revoked() {
    let size = |change: fn(&mut Plan)| {
        let mut plan = Plan::new(5, 12);
        change(&mut plan);
        plan.issue().unwrap().len()
    };
    let usual = size(|_| {});
    assert_eq!(usual % BLOCK, 0);
    assert_eq!(size(|plan| plan.seats.clear()), usual);
    assert_eq!(size(|plan| plan.seats = vec![(1, 1); 64]), usual);
    assert_eq!(size(|plan| plan.revoked = (0..PLACES).collect()), usual);
    assert_eq!(size(|plan| plan.first = 12), usual);
    assert_eq!(size(|plan| plan.sequence = u64::MAX), usual);
    assert!(size(|plan| plan.seats = vec![(1, 1); 65]) > usual);
}

#[test]
fn many_places_are_listed_instead() {
    let mut plan = Plan::new(5, 12);
    plan.places = 1 << 24;
    plan.revoked = (0..300).map(|place| place * 7_000).collect();
    let bytes = plan.issue().unwrap();
    assert!(bytes.len() < 16 << 10, "{}", bytes.len());
    let mut ours = keyring(1, 0);
    ours.take(&plan.bundle(), plan.places).unwrap();
    let live = ours.live(Epoch(11));
    assert!(live.revoked().map(|place| place.0).eq(plan.revoked.iter().copied()));
    assert!(!live.is_live(Place(7_000)) && live.is_live(Place(7_001)));
    // A place that the policy does not have.
    assert_eq!(keyring(1, 0).take(&plan.bundle(), 70_000).unwrap_err(), BundleError::Malformed);
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut plan = Plan::new(5, 12);
    plan.seats = vec![(1, 0); 5_000];
    assert!(matches!(plan.issue().unwrap_err(), BundleError::TooLarge(size) if size > 280_000));
    let mut plan = Plan::new(5, 12);
    plan.first = 8;
    assert_eq!(plan.issue().unwrap_err(), BundleError::Malformed, "five epochs, room for four");
    plan = Plan::new(5, 12);
    plan.seats = vec![(1, 3)];
    assert_eq!(plan.issue().unwrap_err(), BundleError::Malformed, "a role that there is not");
}

#[test]
fn everything_is_bound() {
    let bytes = Plan::new(5, 12).issue().unwrap();
    let verify = |bytes: &[u8], newest| Bundle::verify(bytes, authority().public(), OPERATION, newest);
    assert!(verify(&bytes, Some(4)).is_ok());
    assert_eq!(verify(&bytes, Some(5)).unwrap_err(), BundleError::Replayed);
    let other = Bundle::verify(&bytes, authority().public(), OperationId([8; 16]), None).unwrap_err();
    assert_eq!(other, BundleError::OtherOperation);
    for at in (0..bytes.len()).step_by(97) {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        assert!(matches!(verify(&altered, None), Err(BundleError::NotSigned(_))), "{at}");
        assert!(verify(&bytes[..at], None).is_err());
    }
    // Sections and places of another bundle, as if the authority had signed that.
    let other = Plan::new(6, 12).bundle();
    for change in [0, 1, 2] {
        let mut bundle = Plan::new(5, 12).bundle();
        match change {
            0 => bundle.sections.clone_from(&other.sections),
            1 => bundle.live.clone_from(&other.live),
            _ => bundle.sections.swap(0, 1),
        }
        assert_eq!(bundle.open(RoleIndex(0), &chain(1).after(12), PLACES).unwrap_err(), BundleError::Sealing);
    }
}
