use super::*;
use crate::testing::Random;

fn view<'a>(topic: &'a [u8], payload: &'a [u8], person: u64, ip: bool) -> Sighting<'a> {
    let address = u32::try_from(person).map(|person| core::net::Ipv4Addr::from(0x0a00_0000 + person));
    Sighting {
        connection: ip.then_some(person),
        ip: address.ok().filter(|_| ip).map(Into::into),
        ..Sighting::new(topic, payload)
    }
}

fn opaque(plant: impl Fn(u64, &mut [u8]), ip: bool) -> Summary {
    let mut random = Random::new(21);
    let mut tally = Tally::new();
    for number in 0..2000 {
        let mut payload = random.bytes(300);
        plant(number % 100, &mut payload);
        tally.add(&view(b"c/0a1b2c3d", &payload, number % 100, ip));
    }
    tally.summary()
}

#[test]
fn plain_reports_count_people_by_their_id() {
    let mut tally = Tally::new();
    for number in 0..1000_u64 {
        let text = format!(
            "temperature: 25{}, severity: low, lat: -41.{number}, lon: -118.80, userId: {}",
            number % 3,
            number % 90
        );
        tally.add(&view(b"srv/temperature", text.as_bytes(), number % 10, true));
    }
    let seen = tally.summary();
    assert_eq!((seen.messages, seen.payload.most, seen.payload.messages_with_fields), (1000, 4, 1000));
    assert!((seen.payload.mean_exact - 4.0).abs() < 1e-9 && (seen.payload.mean_values - 5.0).abs() < 1e-9);
    let Verdict::Counted { people: 90, at_least: false, by } = &seen.people.verdict else {
        panic!("{:?}", seen.people);
    };
    assert_eq!(by, "key \"userId\" in the payload");
    assert_eq!(seen.people.verdict.to_string(), "90, by key \"userId\" in the payload");
    let severity = seen.payload.kinds.iter().find(|kind| kind.kind == Kind::Severity).unwrap();
    assert_eq!((severity.messages, severity.exact, severity.example.as_str()), (1000, 1000, "***"));
}

#[test]
fn opaque_payloads_are_counted_by_address_or_not_at_all() {
    let broker = opaque(|_, _| {}, true);
    assert!(
        matches!(&broker.people.verdict, Verdict::Counted { people: 100, by, .. } if by == "source address")
    );
    assert_eq!(broker.payload.messages_with_fields, 0);
    assert_eq!(
        (broker.sizes.min(), broker.sizes.median(), broker.sizes.max(), broker.sizes.distinct()),
        (Some(300), Some(300), Some(300), 1)
    );
    let subscriber = opaque(|_, _| {}, false);
    assert!(matches!(subscriber.people.verdict, Verdict::CannotTell { .. }), "{:?}", subscriber.people);
    assert!(!subscriber.coincidences[0].exceeded());
}

#[test]
fn a_static_token_inside_opaque_payloads_is_found() {
    let token = |person: u64, payload: &mut [u8]| {
        payload[40..48].copy_from_slice(&Random::new(person).next().to_le_bytes());
    };
    let seen = opaque(token, false);
    assert!(seen.coincidences[0].exceeded());
    assert!(
        matches!(&seen.people.verdict, Verdict::Guessed { values: 100, by } if by.starts_with("bytes 40 to 43")),
        "{:?}",
        seen.people
    );
}

#[test]
fn identifiers_that_never_repeat_count_nobody() {
    let mut tally = Tally::new();
    let mut random = Random::new(3);
    for number in 0..500 {
        let fresh = format!(r#"{{"msgid":"{:016x}","severity":"low"}}"#, random.next());
        tally.add(&view(b"t", fresh.as_bytes(), number, true));
    }
    let seen = tally.summary();
    let Verdict::CannotTell { reason } = seen.people.verdict else {
        panic!("{:?}", seen.people);
    };
    assert!(reason.contains("fresh"));
}

#[test]
fn nothing_seen_says_nothing() {
    let seen = Tally::new().summary();
    assert_eq!(seen.people.verdict, Verdict::CannotTell { reason: "no messages" });
    assert_eq!((seen.sizes.median(), seen.payload.mean_exact), (None, 0.0));
}

#[test]
fn memory_of_sizes_is_bounded() {
    let mut tally = Tally::new();
    let payload = vec![b' '; 6000];
    for size in 0..6000 {
        tally.add(&Sighting::new(b"t", &payload[..size]));
    }
    let seen = tally.summary();
    assert!(seen.sizes.is_lower_bound() && seen.sizes.distinct() == 4096);
    assert_eq!(seen.sizes.iter().map(|(_, number)| number).sum::<u64>(), 6000);
}
