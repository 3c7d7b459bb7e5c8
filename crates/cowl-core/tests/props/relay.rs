//! What was wrapped for a relay opens as it was; what was altered does not; and nothing of it shows (spec §7.5).

use cowl_core::{
    Counter, Epoch, Layout, Mode, Place, RelayOpener, RelayRefused, Sealed, WalkInSealer, WalkInSuite,
};
use proptest::prelude::*;

use crate::looks::{coincidences, deviations, expected, poisson_bound};
use crate::reference::{
    envelope::{hpke_open, relay_info},
    keys,
    numbers::Numbers,
    world::{self, NOW},
};

const SUITE: WalkInSuite = WalkInSuite::X25519;

fn opener(suite: WalkInSuite, epochs: impl IntoIterator<Item = u32>) -> RelayOpener {
    let mut opener = RelayOpener::new(&world::manifest(suite));
    epochs.into_iter().map(Epoch).for_each(|epoch| opener.hold(epoch, &world::library_relay_root(epoch)));
    opener
}

/// A message of a class, as its sender sealed it.
fn sealed(suite: WalkInSuite, mode: Mode, n: u64) -> Sealed {
    let mut rng = Numbers::new(&format!("sealed {n}"));
    let report = world::report(suite, n);
    match mode {
        Mode::Enrolled => {
            let counter = Counter(u32::try_from(n).unwrap());
            world::device(suite, NOW, Place(5)).seal(counter, &report, &mut rng).unwrap()
        }
        Mode::WalkIn => {
            let manifest = world::manifest(suite);
            let layout: Layout = manifest.layout();
            let sealer: WalkInSealer<'_> = manifest.walk_in_sealer(NOW, &layout).unwrap();
            sealer.seal(&report, &mut rng).unwrap()
        }
    }
}

fn wrap(suite: WalkInSuite, epoch: Epoch, sealed: &Sealed, random: &str) -> Vec<u8> {
    let sealer = world::manifest(suite).relay_sealer(epoch).unwrap();
    let wrapped = sealer.wrap(sealed, &mut Numbers::new(random)).unwrap();
    assert_eq!(wrapped.len(), sealer.wrapped_len(sealed.mode()));
    wrapped
}

#[test]
fn a_wrapped_message_opens_as_it_was_sealed_once_for_each_size() {
    for suite in [WalkInSuite::XWing, WalkInSuite::X25519] {
        let relay = opener(suite, 9..=11);
        for mode in [Mode::Enrolled, Mode::WalkIn] {
            let message = sealed(suite, mode, 3);
            for epoch in (9..=11).map(Epoch) {
                let wrapped = wrap(suite, epoch, &message, "one");
                let opened = relay.open(&wrapped).unwrap();
                assert_eq!((opened.mode, opened.epoch), (mode, epoch));
                assert_eq!(opened.bytes, message.bytes());
                // The same again has the same mark, another wrap of it another one.
                assert_eq!(relay.open(&wrapped).unwrap().mark, opened.mark);
                let another = wrap(suite, epoch, &message, "two");
                assert_ne!(relay.open(&another).unwrap().mark, opened.mark);
                // The other implementation opens it too.
                let root = world::relay_root(epoch);
                let seed = keys::relay_seed(&root, &world::operation().0, epoch.0);
                let class = u8::from(mode == Mode::WalkIn);
                let info = relay_info(class, &world::operation().0, epoch.0, [wrapped[0], wrapped[1]]);
                assert_eq!(hpke_open(suite, &seed, &info, &wrapped[2..]).unwrap(), message.bytes());
            }
        }
    }
    assert!(world::manifest(SUITE).relay_sealer(Epoch(8)).is_none(), "before the manifest's first epoch");
    assert!(world::manifest(SUITE).relay_sealer(Epoch(12)).is_none(), "behind its last");
}

#[test]
fn what_was_sealed_for_another_layout_is_not_wrapped() {
    let message = sealed(WalkInSuite::XWing, Mode::WalkIn, 0);
    let sealer = world::manifest(SUITE).relay_sealer(NOW).unwrap();
    assert!(sealer.wrap(&message, &mut Numbers::new("other")).is_err());
}

#[test]
fn keys_that_are_deleted_open_nothing() {
    let mut relay = opener(SUITE, 9..=11);
    let wrapped = wrap(SUITE, Epoch(9), &sealed(SUITE, Mode::Enrolled, 0), "old");
    assert!(relay.open(&wrapped).is_ok());
    relay.forget_before(Epoch(10));
    assert!(!relay.may_open(&wrapped));
    assert_eq!(relay.open(&wrapped), Err(RelayRefused));
    assert_eq!(relay.epochs().collect::<Vec<_>>(), [Epoch(10), Epoch(11)]);
}

#[test]
fn every_flipped_bit_is_refused_and_every_cut() {
    let relay = opener(SUITE, 0..=15);
    let wrapped = wrap(SUITE, NOW, &sealed(SUITE, Mode::Enrolled, 1), "flips");
    for bit in 0..wrapped.len() * 8 {
        let mut altered = wrapped.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(relay.open(&altered), Err(RelayRefused), "bit {bit}");
    }
    for length in 0..wrapped.len() {
        assert_eq!(relay.open(&wrapped[..length]), Err(RelayRefused), "{length} bytes");
    }
    assert!(relay.open(&wrapped).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_a_relay_panic_or_open(
        length in prop::sample::select(vec![0_usize, 1, 2, 50, 396, 318, 5_000]),
        label in any::<u32>(),
        cut in 0_usize..4,
    ) {
        let mut bytes = vec![0; length - cut.min(length)];
        Numbers::new(&label.to_string()).fill(&mut bytes);
        prop_assert_eq!(opener(SUITE, 0..=15).open(&bytes), Err(RelayRefused));
    }

    #[test]
    fn an_altered_byte_of_a_wrapped_walk_in_is_refused(at in any::<prop::sample::Index>(), change in 1_u8..) {
        let mut wrapped = wrap(WalkInSuite::XWing, NOW, &sealed(WalkInSuite::XWing, Mode::WalkIn, 2), "bytes");
        let at = at.index(wrapped.len());
        wrapped[at] ^= change;
        prop_assert_eq!(opener(WalkInSuite::XWing, 9..=11).open(&wrapped), Err(RelayRefused));
    }
}

/// One message, wrapped again and again: what a curious network sees of a phone that repeats itself.
#[test]
fn wrapped_messages_have_no_more_in_common_than_random_bytes() {
    let message = sealed(SUITE, Mode::Enrolled, 0);
    let sealer = world::manifest(SUITE).relay_sealer(NOW).unwrap();
    let mut rng = Numbers::new("many");
    let messages: Vec<_> = (0..2_000).map(|_| sealer.wrap(&message, &mut rng).unwrap()).collect();
    let (found, mean) = (coincidences(&messages), expected(&messages));
    println!("{} messages: {found} coincidences, {mean:.2} expected", messages.len());
    assert!(found <= poisson_bound(mean));
    // But for the encapsulated key's last byte, whose highest bit X25519 leaves 0 (RFC 7748 §5).
    for at in (0..messages[0].len()).filter(|at| *at != 33) {
        let here = deviations(messages.iter().map(|message| message[at]));
        assert!(here < 5.2, "byte {at}: {here:.2} standard deviations");
    }
    assert!(messages.iter().all(|message| message[33] < 0x80));
}
