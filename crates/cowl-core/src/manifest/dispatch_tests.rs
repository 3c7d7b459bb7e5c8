//! Dispatches: who opens what, what is refused, and who finds that help is coming.

use alloc::{borrow::ToOwned as _, string::String, vec};

use proptest::prelude::*;
use rand_core::{TryCryptoRng, TryRng};

use super::*;
use crate::{LevelIndex, RoleIndex, Secret, Zone, ZoneLabel, schedule::RoleRoot};

const OPERATION: OperationId = OperationId([7; 16]);
const EPOCH: Epoch = Epoch(9);
const BEACON: u32 = 4_096;

/// A generator whose bytes are all different enough.
struct Counting(u64);

impl TryRng for Counting {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        Ok(self.0 ^ self.0 >> 29)
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in out.chunks_mut(8) {
            let bytes = self.try_next_u64()?.to_be_bytes();
            chunk.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

fn authority() -> AuthorityKey {
    AuthorityKey::new(&Secret::new([1; 32]))
}

fn beacon_key() -> Secret {
    Secret::new([2; 32])
}

fn roots() -> Vec<RoleRoot> {
    (10..14_u8).map(|n| RoleRoot::new(Secret::new([n; 32]))).collect()
}

fn alert(number: u64, to: Addressee, text: &str) -> Alert {
    Alert { number, to, given: 1_000, until: 2_000, text: text.to_owned() }
}

fn zone() -> Zone {
    Zone { level: LevelIndex(1), label: ZoneLabel::new("18QYF74").unwrap() }
}

fn issue(sequence: u64, alerts: &[Alert], help: &[HelpKey]) -> Result<Vec<u8>, DispatchError> {
    let draft = Draft { operation: OPERATION, sequence, epoch: EPOCH, time: 1_500, alerts, help };
    let (key, roles) = (beacon_key(), roots());
    let keys = AlertKeys { beacon: &key, roles: &roles };
    Dispatch::issue(&draft, &authority(), &keys, BEACON, &mut Counting(sequence))
}

fn verify(bytes: &[u8]) -> Result<Dispatch, DispatchError> {
    Dispatch::verify(bytes, authority().public(), OPERATION, None)
}

fn numbers(dispatch: &Dispatch, key: &LaneKey<'_>) -> Vec<u64> {
    dispatch.alerts(key).unwrap().iter().map(|alert| alert.number).collect()
}

#[test]
fn each_opens_what_is_for_it_and_nothing_else() {
    let alerts = [
        alert(1, Addressee::Everybody, "a wave is coming"),
        alert(2, Addressee::Members, "new frequencies at noon"),
        alert(3, Addressee::Role(RoleIndex(2)), "team 4: the bridge is mined"),
        alert(4, Addressee::Zone(zone()), "leave"),
    ];
    let dispatch = verify(&issue(1, &alerts, &[]).unwrap()).unwrap();
    let (key, roles) = (beacon_key(), roots());
    assert_eq!(numbers(&dispatch, &LaneKey::Everybody(authority().public())), [1]);
    assert_eq!(numbers(&dispatch, &LaneKey::Members(&key)), [1, 2, 4]);
    assert_eq!(numbers(&dispatch, &LaneKey::Role(RoleIndex(1), &roles[1])), [1, 2, 4]);
    assert_eq!(numbers(&dispatch, &LaneKey::Role(RoleIndex(2), &roles[2])), [1, 2, 3, 4]);
    // Another role's key, a wrong epoch's, a key at another's lane: nothing.
    for key in [
        LaneKey::Role(RoleIndex(2), &roles[1]),
        LaneKey::Role(RoleIndex(1), &roles[2]),
        LaneKey::Role(RoleIndex(7), &roles[2]),
        LaneKey::Members(&Secret::new([3; 32])),
    ] {
        assert_eq!(dispatch.alerts(&key), Err(DispatchError::Alerts));
    }
}

#[test]
fn whether_there_is_something_to_say_does_not_show() {
    let quiet = issue(1, &[], &[]).unwrap();
    let loud = [alert(1, Addressee::Role(RoleIndex(0)), &"x".repeat(Alert::MAX_TEXT))];
    let keys: Vec<_> = (0..200_u8).map(|n| HelpKey::new(Secret::new([n; 32]))).collect();
    let loud = issue(2, &loud, &keys).unwrap();
    assert_eq!((quiet.len(), loud.len()), (16_384, 16_384));
    assert_eq!(Dispatch::size(BEACON), quiet.len());
    let (quiet, loud) = (verify(&quiet).unwrap(), verify(&loud).unwrap());
    let lengths = |dispatch: &Dispatch| -> Vec<usize> {
        dispatch.lanes.iter().map(|lane| lane.len()).chain([dispatch.marks.len()]).collect()
    };
    assert_eq!(lengths(&quiet), lengths(&loud));
    assert_eq!(quiet.marks.len() / MARK, Dispatch::capacity(BEACON));
    // Every size that a policy allows holds at least an empty list in each lane.
    for beacon in [256, 1_024, 4_096, 1 << 18] {
        for roles in 0..=MAX_ROLES {
            let shape = Shape::of(beacon, roles).unwrap();
            assert!(shape.lane > AUTH_LEN + 100 && shape.size <= 65_536, "{beacon} {roles}");
        }
    }
}

#[test]
fn a_reporter_finds_its_own_and_nobody_elses() {
    let root = roots()[1].device(OPERATION, RoleIndex(1), EPOCH, crate::Place(5));
    let other_role = roots()[2].device(OPERATION, RoleIndex(2), EPOCH, crate::Place(5));
    let other_epoch = roots()[1].device(OPERATION, RoleIndex(1), Epoch(10), crate::Place(5));
    let report = crate::ReportId([4; 16]);
    let key = root.help_key(report);
    let dispatch = verify(&issue(1, &[], core::slice::from_ref(&key)).unwrap()).unwrap();
    let next = verify(&issue(2, &[], core::slice::from_ref(&key)).unwrap()).unwrap();
    assert!(dispatch.says_help(&key) && next.says_help(&key));
    for other in
        [root.help_key(crate::ReportId([5; 16])), other_role.help_key(report), other_epoch.help_key(report)]
    {
        assert!(!dispatch.says_help(&other) && other != key);
    }
    // One report has another mark in each, so two dispatches do not show what stands in both.
    let marks = |dispatch: &Dispatch| -> BTreeSet<[u8; MARK]> {
        dispatch.marks.as_chunks::<MARK>().0.iter().copied().collect()
    };
    assert_eq!(marks(&dispatch).intersection(&marks(&next)).count(), 0);
}

#[test]
fn false_alarms_stay_within_their_bound() {
    // 2,000 keys of nobody against 20 dispatches of 1,024 marks: expected 2,000 × 20 × 1,024 / 2^64 = 2 × 10^-12.
    let keys: Vec<_> = (0..2_000_u32)
        .map(|n| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            HelpKey::new(Secret::new(bytes))
        })
        .collect();
    for sequence in 0..20 {
        let dispatch = verify(&issue(sequence, &[], &[]).unwrap()).unwrap();
        assert!(!keys.iter().any(|key| dispatch.says_help(key)));
    }
}

#[test]
fn more_than_fits_is_refused() {
    let keys: Vec<_> = (0..1_025_u32)
        .map(|n| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            HelpKey::new(Secret::new(bytes))
        })
        .collect();
    assert!(issue(1, &[], &keys[..1_024]).is_ok());
    assert_eq!(issue(1, &[], &keys), Err(DispatchError::TooMany(1_024)));
    let long = "x".repeat(Alert::MAX_TEXT);
    let many: Vec<_> = (0..4).map(|number| alert(number, Addressee::Members, &long)).collect();
    assert!(issue(1, &many[..2], &[]).is_ok());
    assert_eq!(issue(1, &many, &[]), Err(DispatchError::TooLarge));
}

#[test]
fn no_text_that_could_pass_for_something_else() {
    let mut over = alert(1, Addressee::Members, "over before it began");
    over.until = over.given;
    for text in ["", "two\nlines", "\u{1b}[2J", "left \u{202e}thgir", "\u{2066}x", &"x".repeat(501)] {
        assert_eq!(issue(1, &[alert(1, Addressee::Members, text)], &[]), Err(DispatchError::Alert));
    }
    assert_eq!(issue(1, &[over], &[]), Err(DispatchError::Alert));
    let twice = [alert(2, Addressee::Members, "a"), alert(2, Addressee::Members, "b")];
    assert_eq!(issue(1, &twice, &[]), Err(DispatchError::Malformed));
    assert!(alert(1, Addressee::Members, "إخلاء فوري").check().is_ok());
}

#[test]
fn what_is_not_this_authoritys_newest_is_refused() {
    let bytes = issue(5, &[], &[]).unwrap();
    let public = authority().public();
    let verify = |bytes: &[u8], authority, operation, newest| {
        Dispatch::verify(bytes, authority, operation, newest).map(|_| ())
    };
    assert_eq!(verify(&bytes, public, OPERATION, Some(4)), Ok(()));
    for newest in [5, 6] {
        assert_eq!(verify(&bytes, public, OPERATION, Some(newest)), Err(DispatchError::Replayed));
    }
    let other = OperationId([8; 16]);
    assert_eq!(verify(&bytes, public, other, None), Err(DispatchError::OtherOperation));
    let stranger = AuthorityKey::new(&Secret::new([9; 32])).public();
    assert_eq!(verify(&bytes, stranger, OPERATION, None), Err(NotSigned.into()));
    for at in [0, 63, 64, 200, 9_000, bytes.len() - 1] {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        assert_eq!(verify(&altered, public, OPERATION, None), Err(NotSigned.into()));
    }
    assert_eq!(verify(&bytes[..bytes.len() - 1], public, OPERATION, None), Err(NotSigned.into()));
    assert_eq!(verify(&alloc::vec![0; 65_537], public, OPERATION, None), Err(DispatchError::Malformed));
    let debug = alloc::format!("{:?}", Dispatch::verify(&bytes, public, OPERATION, None).unwrap());
    assert_eq!(debug, "Dispatch { sequence: 5, epoch: Epoch(9), .. }");
    assert_eq!(alloc::format!("{:?}", HelpKey::new(Secret::new([1; 32]))), "HelpKey(…)");
}

fn framed(cbor: &[u8]) -> Vec<u8> {
    frame::seal(&authority(), DISPATCH_CONTEXT, cbor, cbor.len() + FRAME_LEN).unwrap()
}

#[test]
fn forms_that_only_the_authority_could_sign_are_refused_all_the_same() {
    let good = verify(&issue(1, &[], &[]).unwrap()).unwrap();
    let refused = |change: fn(&mut Dispatch)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(verify(&framed(&minicbor::to_vec(&bad).unwrap())), Err(DispatchError::Malformed));
    };
    refused(|dispatch| dispatch.marks.rotate_left(MARK));
    refused(|dispatch| dispatch.marks.truncate(MARK * 3 - 1));
    refused(|dispatch| {
        let first = dispatch.marks[..MARK].to_vec();
        dispatch.marks.splice(0..0, first);
    });
    refused(|dispatch| dispatch.lanes.truncate(1));
    refused(|dispatch| dispatch.lanes.extend(vec![dispatch.lanes[0].clone(); 7]));
    refused(|dispatch| {
        let lane = dispatch.lanes[0].to_vec();
        dispatch.lanes[1] = lane[1..].to_vec().into();
    });
    let mut behind = minicbor::to_vec(&good).unwrap();
    behind.push(0);
    assert_eq!(verify(&framed(&behind)), Err(DispatchError::Malformed));
}

#[test]
fn a_lane_with_what_does_not_belong_there_is_refused() {
    let binding = lanes::Binding { operation: OPERATION, epoch: EPOCH, sequence: 1 };
    let roles = roots();
    let (mine, members) = (LaneKey::Role(RoleIndex(2), &roles[2]), beacon_key());
    let members = LaneKey::Members(&members);
    let secret = [alert(3, Addressee::Role(RoleIndex(2)), "for them alone")];
    // What is not carried is left out, and cannot get in by another's hand.
    assert_eq!(binding.open(&members, &binding.seal(&members, &secret, 200).unwrap()), Ok(Vec::new()));
    assert_eq!(binding.open(&mine, &binding.seal(&mine, &secret, 200).unwrap()).unwrap(), secret);
    let sealed = binding.seal(&mine, &secret, 200).unwrap();
    assert_eq!(binding.open(&members, &sealed), Err(DispatchError::Alerts));
    assert_eq!(binding.seal(&mine, &secret, 20), Err(DispatchError::TooLarge));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(verify(&bytes).is_err());
        if let Ok(dispatch) = verify(&framed(&bytes)) {
            let _ = dispatch.says_help(&HelpKey::new(Secret::new([1; 32])));
            let _ = dispatch.alerts(&LaneKey::Everybody(authority().public()));
        }
        if let Ok(alert) = minicbor::decode::<Alert>(&bytes) {
            let _ = alert.check();
        }
    }

    #[test]
    fn what_is_given_is_what_is_read(
        texts in prop::collection::vec("[a-zA-Z0-9 ,.!éßΩ]{1,80}", 0..6),
        role in 0_u8..4,
    ) {
        let alerts: Vec<_> = (1..)
            .zip(&texts)
            .map(|(number, text): (u64, &String)| alert(number, Addressee::Role(RoleIndex(role)), text))
            .collect();
        let roles = roots();
        let dispatch = verify(&issue(3, &alerts, &[]).unwrap()).unwrap();
        let key = LaneKey::Role(RoleIndex(role), &roles[usize::from(role)]);
        prop_assert_eq!(dispatch.alerts(&key).unwrap(), alerts);
    }
}
