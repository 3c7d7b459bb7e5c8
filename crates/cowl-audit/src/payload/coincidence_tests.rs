use super::*;
use crate::testing::Random;

fn random(seed: u64, messages: usize, size: usize) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed);
    (0..messages).map(|_| random.bytes(size)).collect()
}

fn only(found: Vec<Coincidences>) -> Coincidences {
    assert_eq!(found.len(), 1);
    found.into_iter().next().unwrap()
}

#[test]
fn random_payloads_stay_within_the_bound() {
    for seed in 0..20 {
        let found = only(coincidences(&random(seed, 400, 300)));
        assert!(!found.exceeded(), "{seed}: {} of {}", found.total, found.bound);
    }
    let found = only(coincidences(&random(99, 3580, 40)));
    assert!(!found.exceeded() && found.at_offset.len() == 37);
    assert!((found.expected - 3580.0 * 3579.0 / 2.0 * 37.0 / 4_294_967_296.0).abs() < 1e-9);
}

#[test]
fn headers_key_ids_and_counters_are_caught() {
    let plain = random(7, 300, 200);
    let planted = |plant: fn(usize) -> [u8; 4], at: usize| {
        let mut payloads = plain.clone();
        for (number, payload) in payloads.iter_mut().enumerate() {
            payload[at..at + 4].copy_from_slice(&plant(number));
        }
        only(coincidences(&payloads))
    };
    // a window that overlaps the planted bytes coincides too, but less
    let worst = |found: &Coincidences| found.exceeding().max_by_key(|offset| found.at_offset[*offset]);
    let header = planted(|_| *b"head", 0);
    assert!(header.exceeded() && worst(&header) == Some(0) && header.at_offset[0] == 300 * 299 / 2);
    let key_id =
        planted(|number| u32::try_from(number % 50).unwrap().wrapping_mul(2_654_435_761).to_be_bytes(), 60);
    assert!(worst(&key_id) == Some(60) && key_id.at_offset[60] == 50 * 6 * 5 / 2);
    let clock = planted(|number| (1_700_000_000 + u32::try_from(number / 7).unwrap()).to_be_bytes(), 196);
    assert!(clock.exceeding().any(|offset| offset == 196));
}

#[test]
fn sizes_are_kept_apart_and_repeats_are_named() {
    let mut payloads = random(8, 10, 50);
    payloads.extend(random(9, 10, 3));
    payloads.push(vec![1; 51]);
    payloads.push(payloads[0].clone());
    let found = coincidences(&payloads);
    assert_eq!(
        found.iter().map(|group| (group.size, group.messages, group.equal_payloads)).collect::<Vec<_>>(),
        [(3, 10, 0), (50, 10, 1)]
    );
    assert!(!found[1].exceeded(), "an equal payload is counted apart");
    assert!(found[0].at_offset.is_empty() && !found[0].exceeded());
    assert!(coincidences::<Vec<u8>>(&[]).is_empty());
}
