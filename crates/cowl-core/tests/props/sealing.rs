//! What was sealed opens as it was; what was altered does not.

use cowl_core::{
    Epoch, Header, Opened, Place, PolicyVersion, Received, ReportId, RoleIndex, Sender, Shards,
    SignedManifest, WalkInSuite,
};
use proptest::prelude::*;

use crate::reference::{
    envelope::{self, plaintext, with_hint},
    json, numbers,
    numbers::Numbers,
    signed,
    world::{self, CENSUS, MEDICAL, NOW, POLICY, ROLES, TRIAGE},
};

const SUITE: WalkInSuite = WalkInSuite::X25519;

fn receive(role: RoleIndex, message: &[u8]) -> (bool, Vec<Opened>) {
    let mut reports = Vec::new();
    let result = world::receiver(SUITE, role).receive(message, 0, &mut reports);
    (result == Ok(Received::Opened), reports)
}

fn header(report: [u8; 16], handle: [u8; 16], policy: u32) -> Header {
    Header {
        report: ReportId(report),
        handle: cowl_core::ErasureHandle(handle),
        policy: PolicyVersion(policy),
    }
}

/// Any bytes that fit each role's body.
fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let body = |size: usize| prop::collection::vec(any::<u8>(), 0..=size);
    (body(24), body(56), body(40)).prop_map(|(triage, medical, census)| vec![triage, medical, census])
}

fn texts(header: &Header, bodies: &[Vec<u8>]) -> Vec<Vec<u8>> {
    bodies.iter().zip([24, 56, 40]).map(|(body, size)| plaintext(header, body, size)).collect()
}

fn walk_in(header: &Header, bodies: &[Vec<u8>], random: &str) -> Vec<u8> {
    let mut rng = Numbers::new(random);
    let id = with_hint(rng.bytes(), NOW.0, POLICY.0);
    let mut message = id.to_vec();
    let publics = world::walk_in_publics(SUITE, NOW);
    for ((role, text), public) in (0..).zip(texts(header, bodies)).zip(publics) {
        let info = envelope::info(&world::operation().0, NOW.0, role, POLICY.0, &id);
        message.extend(envelope::hpke_seal(SUITE, &public, &info, &text, &mut rng));
    }
    message
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_enrolled_message_opens_as_it_was_sealed(
        bodies in bodies(),
        report in any::<[u8; 16]>(),
        handle in any::<[u8; 16]>(),
        policy in any::<u32>(),
        place in 0_u32..16,
        epoch in 9_u32..=11,
        counter in prop::sample::select(vec![0_u64, 1, 2, 3, 64, 128, 192]),
        custody in any::<[u8; 16]>(),
    ) {
        let header = header(report, handle, policy);
        let keys = world::part_keys(Epoch(epoch), Place(place));
        let texts = texts(&header, &bodies);
        let message = envelope::enrolled(&world::binding(Epoch(epoch)), &keys, counter, &texts, &custody);
        for role in ROLES {
            let (opened, reports) = receive(role, &message);
            if Place(place) == world::REVOKED {
                prop_assert!(!opened && reports.is_empty());
                continue;
            }
            prop_assert!(opened);
            prop_assert_eq!(reports[0].header, header);
            prop_assert_eq!(reports[0].epoch, Epoch(epoch));
            prop_assert_eq!(&reports[0].body, &bodies[usize::from(role.0)]);
            let whose = matches!(reports[0].sender, Sender::Enrolled { place: p, .. } if p == Place(place));
            prop_assert!(whose);
        }
    }

    #[test]
    fn a_walk_in_message_opens_as_it_was_sealed(
        bodies in bodies(),
        report in any::<[u8; 16]>(),
        handle in any::<[u8; 16]>(),
        random in any::<u32>(),
    ) {
        let header = header(report, handle, POLICY.0);
        let message = walk_in(&header, &bodies, &random.to_string());
        for role in [TRIAGE, MEDICAL] {
            let (opened, reports) = receive(role, &message);
            prop_assert!(opened);
            prop_assert_eq!(reports[0].header, header);
            let walk_in = matches!(reports[0].sender, Sender::WalkIn { .. });
            prop_assert!(walk_in);
            prop_assert_eq!(&reports[0].body, &bodies[usize::from(role.0)]);
        }
        prop_assert!(!receive(CENSUS, &message).0);
    }

    #[test]
    fn an_altered_byte_of_a_walk_in_message_is_refused(
        at in any::<prop::sample::Index>(),
        change in 1_u8..,
        random in any::<u32>(),
    ) {
        let bodies = vec![vec![1], vec![2], vec![3]];
        let header = header([1; 16], [2; 16], POLICY.0);
        let mut message = walk_in(&header, &bodies, &random.to_string());
        let at = at.index(message.len());
        message[at] ^= change;
        for role in [TRIAGE, MEDICAL] {
            let part = world::layout(SUITE).walk_in_part(role).unwrap();
            let others = at >= 16 && !part.contains(&at);
            let (opened, reports) = receive(role, &message);
            prop_assert_eq!(opened, others);
            prop_assert_eq!(reports.len(), usize::from(others));
        }
    }

    #[test]
    fn an_altered_byte_of_a_manifest_is_refused(at in any::<prop::sample::Index>(), change in 1_u8..) {
        let file = json::read("manifest");
        let mut manifest = json::bytes(&file["known"]);
        let authority = cowl_core::Authority(json::array(&file["authority"]));
        prop_assert!(SignedManifest::verify(&manifest, authority).is_ok());
        let at = at.index(manifest.len());
        manifest[at] ^= change;
        prop_assert!(SignedManifest::verify(&manifest, authority).is_err());
    }

    #[test]
    fn nothing_signed_stands_for_something_else(
        content in prop::collection::vec(any::<u8>(), 0..200),
        context in prop::sample::select(vec!["", "cowl/1", "cowl/1 beacon", "cowl/1 manifest ", "Cowl/1 manifest"]),
    ) {
        let seed = world::authority_seed();
        let authority = cowl_core::Authority(signed::public(&seed));
        let refused = SignedManifest::verify(&signed::keyed(&seed, context.as_bytes(), &content), authority);
        prop_assert_eq!(refused.err(), Some(cowl_core::ManifestError::NotSigned(cowl_core::NotSigned)));
    }

    #[test]
    fn a_shard_is_one_of_the_mailbox(first in any::<u8>(), power in 0_u32..=8) {
        let count = 1_u16 << power;
        prop_assert!(Shards::new(count).unwrap().of(&[first]) < count);
    }
}

/// Every byte, every role: what is bound to a role's part refuses it, and only another role's own ciphertext does not.
#[test]
fn every_altered_byte_of_an_enrolled_message_is_refused() {
    let keys = world::part_keys(NOW, Place(5));
    let header = header([1; 16], [2; 16], POLICY.0);
    let texts = texts(&header, &[vec![1; 24], vec![2; 30], vec![]]);
    let custody: [u8; 16] = numbers::bytes("custody");
    let message = envelope::enrolled(&world::binding(NOW), &keys, 0, &texts, &custody);
    let layout = world::layout(SUITE);
    for role in ROLES {
        let mut receiver = world::receiver(SUITE, role);
        for at in 0..message.len() {
            let others = ROLES
                .into_iter()
                .filter(|other| *other != role)
                .map(|other| layout.enrolled_part(other).unwrap())
                .any(|part| (part.start + 16..part.end).contains(&at));
            if others {
                continue;
            }
            let mut altered = message.clone();
            altered[at] ^= 1 << (at % 8);
            let mut reports = Vec::new();
            assert!(receiver.receive(&altered, 0, &mut reports).is_err(), "role {}, byte {at}", role.0);
            assert!(reports.is_empty());
        }
        let mut reports = Vec::new();
        assert_eq!(receiver.receive(&message, 0, &mut reports), Ok(Received::Opened));
    }
}
