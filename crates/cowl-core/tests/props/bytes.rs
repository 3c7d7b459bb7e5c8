//! Any bytes into every decoder.

use cowl_core::{Beacon, Body, Counts, Ladder, Manifest, Member, Policy, RoleIndex, WalkInSuite};
use proptest::prelude::*;

use crate::reference::{
    decoders::{decode_all, decode_signed, valid},
    numbers::Numbers,
    world,
};

const SUITE: WalkInSuite = WalkInSuite::X25519;

proptest! {
    // A signature takes ten thousand times as long as a refusal.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_signed_bytes_make_a_decoder_panic(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = which.get(valid()).clone();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        decode_signed(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        decode_all(&bytes, &world::policy(SUITE));
    }

    #[test]
    fn no_altered_encoding_makes_a_decoder_panic(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = which.get(valid()).clone();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let length = bytes.len() - cut.index(bytes.len()) % 8;
        decode_all(&bytes[..length], &world::policy(SUITE));
    }

}

proptest! {
    // A receiver derives the keys of all its places.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_message_makes_a_receiver_panic(
        enrolled in any::<bool>(),
        role in 0_u8..4,
        seed in any::<u32>(),
        length in prop::option::of(0_usize..600),
    ) {
        let layout = world::layout(SUITE);
        let whole = if enrolled { layout.enrolled_len() } else { layout.walk_in_len() };
        let mut message = vec![0; length.unwrap_or(whole)];
        Numbers::new(&seed.to_string()).fill(&mut message);
        let mut receiver = world::receiver(SUITE, RoleIndex(role.min(2)));
        let mut reports = Vec::new();
        prop_assert!(receiver.receive(&message, 0, &mut reports).is_err());
        prop_assert_eq!(receiver.search(&mut reports), 0);
        prop_assert!(reports.is_empty());
    }
}

#[test]
fn a_length_that_is_only_claimed_reserves_nothing() {
    let policy = world::policy(SUITE);
    // Arrays, maps, byte and text strings of 2^60 and of 2^40: to reserve the first panics, the second aborts.
    for valid in valid() {
        for at in 0..valid.len().min(1_200) {
            for major in [0x9b_u8, 0xbb, 0x5b, 0x7b] {
                for claim in [1_u64 << 60, 1 << 40] {
                    let bytes = [&valid[..at], &[major], &claim.to_be_bytes(), &valid[at + 1..]].concat();
                    let _ = minicbor::decode::<Policy>(&bytes);
                    let _ = minicbor::decode::<Member>(&bytes);
                    let _ = minicbor::decode::<Counts>(&bytes);
                    let _ = minicbor::decode::<Ladder>(&bytes);
                    let _ = minicbor::decode::<Manifest>(&bytes);
                    let _ = minicbor::decode::<Beacon>(&bytes);
                    for role in 0..3 {
                        let _ = Body::decode(&policy, RoleIndex(role), &bytes);
                    }
                }
            }
        }
    }
}

#[test]
fn nothing_is_nested_without_bound() {
    let policy = world::policy(SUITE);
    for byte in [0x81_u8, 0x9f, 0xa1, 0xbf, 0xc1, 0xd8, 0x5f, 0x7f] {
        // What is unknown is skipped, so it must be skipped without recursion.
        let deep = [&[0x98, 30][..], &vec![byte; 200_000]].concat();
        decode_all(&deep, &policy);
        let deep = [&minicbor::to_vec(world::draft(SUITE)).unwrap()[..], &vec![byte; 200_000]].concat();
        decode_all(&deep, &policy);
    }
}
