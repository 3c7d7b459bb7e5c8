use super::*;
use crate::testing::Random;

fn payloads(messages: u32, size: usize, plant: impl Fn(u32, &mut [u8])) -> Vec<Vec<u8>> {
    let mut random = Random::new(11);
    (0..messages)
        .map(|number| {
            let mut payload = random.bytes(size);
            plant(number, &mut payload);
            payload
        })
        .collect()
}

#[test]
fn random_payloads_have_no_regularity() {
    let found = profile(&payloads(2000, 64, |_, _| {}));
    assert_eq!(found, OffsetProfile { size: 64, messages: 2000, ..OffsetProfile::default() });
}

#[test]
fn counters_and_clocks_are_found() {
    let found = profile(&payloads(200, 40, |number, payload| {
        payload[0] = 7;
        payload[10..14].copy_from_slice(&number.to_be_bytes());
        payload[20..22].copy_from_slice(&u16::try_from(number * 300).unwrap_or(0).to_le_bytes());
        payload[30..34].copy_from_slice(&(0x6554_0000 + number * 60).to_be_bytes());
    }));
    assert_eq!(found.constant, [0..1, 10..13, 30..32]);
    let at = |offset| found.counters.iter().find(|counter| counter.offset == offset);
    assert_eq!(at(13), Some(&CounterAt { offset: 13, width: 1, big_endian: true }));
    // of two little-endian bytes that go up by 300, the upper one alone counts already
    assert_eq!(at(21), Some(&CounterAt { offset: 21, width: 1, big_endian: true }));
    assert!(found.counters.iter().any(|counter| (30..34).contains(&counter.offset)));
    assert!(found.counters.iter().all(|counter| [13, 21, 30, 31, 32, 33].contains(&counter.offset)));
}

#[test]
fn preferred_values_are_found() {
    let found = profile(&payloads(2000, 8, |number, payload| {
        if number % 4 == 0 {
            payload[3] = 0x42;
        }
    }));
    assert_eq!(found.skewed, [3]);
}

#[test]
fn little_input_says_nothing() {
    assert_eq!(profile::<Vec<u8>>(&[]), OffsetProfile::default());
    assert_eq!(profile(&[vec![1, 2, 3]]).messages, 1);
    assert_eq!(profile(&[vec![1], vec![], vec![1]]).constant, vec![Range { start: 0, end: 1 }]);
}
