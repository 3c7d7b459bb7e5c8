//! Enrolled messages look like random bytes: to someone without keys no two have anything in common.

use std::collections::HashMap;

use cowl_core::{Counter, Epoch, Place, WalkInSuite};

use crate::reference::{
    numbers::{self, Numbers},
    world::{self, NOW},
};

const SUITE: WalkInSuite = WalkInSuite::X25519;
/// Devices, each in two epochs, and messages of each.
const DEVICES: u32 = 12;
const EACH: u32 = 100;

/// Messages such as people send: a few devices, few different reports, counters one after the other.
fn messages() -> Vec<Vec<u8>> {
    let mut rng = Numbers::new("custody");
    let mut messages = Vec::new();
    for epoch in [NOW, NOW.plus(1)].map(|epoch: Epoch| epoch) {
        for place in (0..DEVICES).map(Place) {
            let keys = world::device(SUITE, epoch, place);
            for counter in 0..EACH {
                let report = world::report(SUITE, u64::from(counter % 5));
                messages.push(keys.seal(Counter(counter), &report, &mut rng).unwrap().into_bytes());
            }
        }
    }
    messages
}

/// Pairs of messages that agree in four bytes at one offset, over all offsets.
pub(crate) fn coincidences(messages: &[Vec<u8>]) -> u64 {
    let length = messages[0].len();
    (0..=length - 4)
        .map(|at| {
            let mut seen: HashMap<&[u8], u64> = HashMap::new();
            messages
                .iter()
                .map(|message| {
                    let times = seen.entry(&message[at..at + 4]).or_default();
                    *times += 1;
                    *times - 1
                })
                .sum::<u64>()
        })
        .sum()
}

/// The most of a Poisson variable with this mean in 999 of 1,000 cases.
pub(crate) fn poisson_bound(mean: f64) -> u64 {
    let (mut term, mut sum, mut most) = ((-mean).exp(), (-mean).exp(), 0_u32);
    while sum < 0.999 {
        most += 1;
        term *= mean / f64::from(most);
        sum += term;
    }
    most.into()
}

pub(crate) fn expected(messages: &[Vec<u8>]) -> f64 {
    let (count, offsets) = (messages.len(), messages[0].len() - 3);
    let pairs = u32::try_from(count * (count - 1) / 2).unwrap();
    f64::from(pairs) * f64::from(u32::try_from(offsets).unwrap()) / 2_f64.powi(32)
}

/// χ² of the bytes against 256 equal frequencies, in standard deviations from its mean.
pub(crate) fn deviations(bytes: impl Iterator<Item = u8>) -> f64 {
    let mut counts = [0_u32; 256];
    bytes.for_each(|byte| counts[usize::from(byte)] += 1);
    let mean = f64::from(counts.iter().sum::<u32>()) / 256.0;
    let chi: f64 = counts.iter().map(|count| (f64::from(*count) - mean).powi(2) / mean).sum();
    (chi - 255.0) / 510_f64.sqrt()
}

#[test]
fn no_two_messages_have_more_in_common_than_random_bytes() {
    let messages = messages();
    assert!(messages.iter().all(|message| message.len() == messages[0].len()), "one size");
    let (found, mean) = (coincidences(&messages), expected(&messages));
    println!("{} messages: {found} coincidences, {mean:.2} expected", messages.len());
    assert!(found <= poisson_bound(mean), "{found} where random bytes have {mean:.2}");
}

#[test]
fn bytes_are_equally_frequent_at_every_place_and_over_all() {
    let messages = messages();
    let all = deviations(messages.iter().flatten().copied());
    println!("all bytes: {all:.2} standard deviations");
    assert!(all.abs() < 3.3);
    for at in 0..messages[0].len() {
        // One in 1,000 over all offsets: 3 × 10⁻⁶ each.
        let here = deviations(messages.iter().map(|message| message[at]));
        assert!(here < 5.2, "byte {at}: {here:.2} standard deviations");
    }
}

/// The tests above can fail: a counter in four bytes, a version in one.
#[test]
fn what_is_planted_is_found() {
    let mut messages = messages();
    for (number, message) in (0_u32..).zip(&mut messages) {
        message[40..44].copy_from_slice(&(number % EACH).to_be_bytes());
    }
    assert!(coincidences(&messages) > poisson_bound(expected(&messages)));
    assert!(deviations(messages.iter().map(|message| message[43])) > 5.2);
    let random = |n: usize| numbers::bytes::<346>(&format!("random {n}")).to_vec();
    let random: Vec<_> = (0..messages.len()).map(random).collect();
    assert!(coincidences(&random) <= poisson_bound(expected(&random)));
}
