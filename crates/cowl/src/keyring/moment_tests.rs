use cowl_core::{MemberId, Membership, Secret};

use super::*;
use crate::{operation::Operation, random::SystemRng};

const NOW: u64 = 1_800_000_000;

/// The credentials of some devices that were enrolled together.
fn credentials(count: u8) -> Vec<Credential> {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = SystemRng::new();
    let mut operation = Operation::create(&folder.path().join("ops"), NOW, &mut rng).unwrap();
    let bytes = operation.enrol_device("one", Epoch(0), &mut rng).unwrap().credential.to_bytes().unwrap();
    let other = |n: u8| {
        let mut credential = Credential::from_bytes(&bytes).unwrap();
        let secret = Secret::new([n; 32]);
        credential.membership = Some(Membership { id: MemberId([n; 16]), secret, step: 0 });
        credential
    };
    (0..count).map(other).collect()
}

#[test]
fn each_has_its_moment_between_a_half_and_a_quarter() {
    let credentials = credentials(40);
    let (ahead, length) = (112, 21_600);
    let first_due = |credential: &Credential| {
        (0..=ahead).find(|epoch| RenewalMoment::default().is_due(credential, Epoch(*epoch), length, 0))
    };
    let moments: Vec<_> = credentials.iter().map(|credential| first_due(credential).unwrap()).collect();
    assert!(moments.iter().all(|epoch| (56..=86).contains(epoch)), "{moments:?}");
    let (least, most) = (moments.iter().min().unwrap(), moments.iter().max().unwrap());
    assert!(most - least > 10, "they are spread: {moments:?}");
    assert_eq!(moments, credentials.iter().map(|one| first_due(one).unwrap()).collect::<Vec<_>>());
}

#[test]
fn who_has_no_key_left_asks_at_once_and_who_cannot_ask_never() {
    let mut credential = credentials(1).remove(0);
    assert!(RenewalMoment::default().is_due(&credential, Epoch(113), 1, 0));
    assert!(!RenewalMoment::default().is_due(&credential, Epoch(3), 1, 0));
    credential.membership = None;
    assert!(!RenewalMoment::default().is_due(&credential, Epoch(113), 1, 0));
}
