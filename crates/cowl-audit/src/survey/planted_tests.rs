//! Each planted leak is found, and not where it is not.

use core::net::SocketAddr;

use super::wire::{Client, SECOND, Wire, ids, publish};
use super::{Report, Rotation, Survival};
use crate::testing::Random;
use crate::trace::{Observer, Way};

/// People who reconnect each hour from changing addresses with fresh client ids, twelve times; `say` makes each one's messages.
fn rotating(
    mut say: impl FnMut(&mut Wire, &mut Random, u64, u64),
    client: impl Fn(&mut Random, u64) -> Client,
) -> Report {
    let mut random = Random::new(11);
    let mut wire = Wire::new(Observer::Tap, Rotation::Every(3_600 * SECOND));
    for hour in 0..12 {
        for person in 0..10 {
            wire.now = hour * 3_600 * SECOND + person * 7 * SECOND;
            let address =
                SocketAddr::from(([10, 0, 0, 1], u16::try_from(1024 + random.below(60_000)).unwrap()));
            let client = client(&mut random, person);
            let _ = wire.open(Some(address), Some(&client));
            say(&mut wire, &mut random, person, hour);
        }
        // all leave before the hour ends
        wire.now = hour * 3_600 * SECOND + 3_000 * SECOND;
        for number in 1..=10 {
            wire.close(crate::trace::ConnectionId(hour * 10 + number));
        }
    }
    wire.report()
}

fn fresh(random: &mut Random, _person: u64) -> Client {
    Client { id: format!("{:016x}", random.next()), ..Client::default() }
}

fn last(person: u64, hour: u64) -> crate::trace::ConnectionId {
    crate::trace::ConnectionId(hour * 10 + person + 1)
}

#[test]
fn a_static_token_inside_rotating_ones() {
    let with = |constant: bool| {
        rotating(
            |wire, random, person, hour| {
                for _ in 0..4 {
                    wire.now += 60 * SECOND;
                    let token = if constant {
                        format!("T-{:06}", person + 424_200)
                    } else {
                        format!("{:016x}", random.next())
                    };
                    let payload = format!(r#"{{"pseudonym":"{:016x}","token":"{token}"}}"#, random.next());
                    wire.publish(last(person, hour), "reports", payload.as_bytes());
                }
            },
            fresh,
        )
    };
    let leaking = with(true);
    let found = leaking.findings.iter().find(|leak| leak.id == "static-among-rotating");
    let found = found.unwrap_or_else(|| panic!("{:#?}", leaking.identifiers));
    assert!(found.place.contains("token"), "{found:?}");
    let row = leaking.identifiers.iter().find(|row| row.id == "payload:token").unwrap();
    assert_eq!(row.survives_rotation, Survival::Yes { values: 10, of: 10 });
    assert_eq!(row.survives_reconnect, Survival::Yes { values: 10, of: 10 });
    assert!((row.bits - 10_f64.log2()).abs() < 1e-9 && row.lifetime_max_us > 11.0 * 3_600e6);
    assert_eq!((leaking.linking.groups, leaking.linking.largest), (10, 12));

    let protected = with(false);
    assert!(!ids(&protected).contains(&"static-among-rotating"), "{:?}", ids(&protected));
    assert!(!ids(&protected).contains(&"stable-identifier"), "{:#?}", protected.findings);
    assert_eq!((protected.linking.groups, protected.linking.largest), (120, 1));
}

#[test]
fn a_static_token_in_opaque_bytes() {
    let with = |token: bool| {
        rotating(
            |wire, random, person, hour| {
                for _ in 0..5 {
                    wire.now += 60 * SECOND;
                    let mut payload = random.bytes(200);
                    if token {
                        let mark = Random::new(person).bytes(4);
                        payload[40..44].copy_from_slice(&mark);
                    }
                    wire.publish(last(person, hour), "m", &payload);
                }
            },
            fresh,
        )
    };
    let leaking = with(true);
    let found = leaking.findings.iter().find(|leak| leak.id == "token-in-bytes").expect("found");
    assert!(found.place.starts_with("bytes 40 to 43 "), "{found:?}");
    let protected = with(false);
    assert!(protected.encryption.opaque_sizes[0].looks_random, "{:?}", protected.encryption);
    assert!(!ids(&protected).contains(&"token-in-bytes"));
}

#[test]
fn a_will_with_a_name() {
    let with = |topic: &str, payload: &str| {
        let will = Some((topic.to_owned(), payload.to_owned()));
        rotating(|_, _, _, _| {}, |random, person| Client { will: will.clone(), ..fresh(random, person) })
    };
    let leaking = with("status", r#"{"name":"Marie Example","state":"offline"}"#);
    let found = leaking.findings.iter().find(|leak| leak.id == "will-names").expect("found");
    assert!(found.evidence.contains("person's name") && !found.evidence.contains("Marie"), "{found:?}");
    let protected = with("status", "offline");
    assert!(!ids(&protected).contains(&"will-names"), "{:?}", protected.findings);
}

#[test]
fn a_user_property() {
    let with = |value: &dyn Fn(u64) -> Vec<(String, String)>| {
        rotating(
            |wire, random, person, hour| {
                let properties = value(person);
                for _ in 0..3 {
                    wire.now += 60 * SECOND;
                    let bytes = publish("m", &random.bytes(64), false, None, &properties);
                    wire.packet(last(person, hour), Way::ToServer, &bytes);
                }
            },
            fresh,
        )
    };
    let leaking = with(&|person| vec![("origin".into(), format!("unit {person}"))]);
    assert!(ids(&leaking).contains(&"user-property"), "{:?}", ids(&leaking));
    let protected = with(&|_| Vec::new());
    assert!(!ids(&protected).contains(&"user-property"));
    let same_for_all = with(&|_| vec![("format".into(), "v1".into())]);
    assert!(!ids(&same_for_all).contains(&"user-property"));
}

#[test]
fn a_counter_in_the_clear() {
    let with = |counted: bool| {
        let mut next = [0_u64; 10];
        rotating(
            |wire, random, person, hour| {
                for _ in 0..12 {
                    wire.now += 10 * SECOND;
                    let count = &mut next[usize::try_from(person).unwrap()];
                    *count += 1;
                    let number = if counted { 1_000 * person + *count } else { random.below(1_000) };
                    wire.publish(last(person, hour), "m", format!(r#"{{"n":{number}}}"#).as_bytes());
                }
            },
            fresh,
        )
    };
    let leaking = with(true);
    let found = leaking.findings.iter().find(|leak| leak.id == "counter-in-clear").expect("found");
    assert!(found.what.contains("goes on"), "{found:?}");
    assert!(!ids(&with(false)).contains(&"counter-in-clear"));
}

#[test]
fn a_counter_in_opaque_bytes() {
    let with = |counted: bool| {
        rotating(
            |wire, random, person, hour| {
                for count in 0..30_u32 {
                    wire.now += 10 * SECOND;
                    let mut payload = random.bytes(120);
                    if counted {
                        payload[8..12].copy_from_slice(&(count + 100).to_be_bytes());
                    }
                    wire.publish(last(person, hour), "m", &payload);
                }
            },
            fresh,
        )
    };
    let leaking = with(true);
    let found = leaking.findings.iter().find(|leak| leak.id == "counter-in-clear").expect("found");
    assert!(found.place.contains("payloads of 120 bytes"), "{found:?}");
    assert!(!ids(&with(false)).contains(&"counter-in-clear"));
}

#[test]
fn a_topic_per_zone() {
    let with = |topics: &dyn Fn(u64) -> String| {
        rotating(
            |wire, random, person, hour| {
                wire.publish(last(person, hour), &topics(person), &random.bytes(100));
            },
            fresh,
        )
    };
    assert!(ids(&with(&|person| format!("report/zone/Quartier {person}"))).contains(&"topic-per-zone"));
    let fine = with(&|person| format!("report/18QWF{person:02}{:02}", person + 10));
    let found = fine.findings.iter().find(|leak| leak.id == "topic-per-zone").expect("found");
    assert!(found.evidence.contains("kilometre"), "{found:?}");
    assert!(!ids(&with(&|_| "report".to_owned())).contains(&"topic-per-zone"));
}

#[test]
fn an_altitude_beside_a_blurred_position() {
    let with = |altitude: &str, decimals: usize| {
        rotating(
            |wire, random, person, hour| {
                let (lat, lon) = (18.0 + random.unit(), -72.0 - random.unit());
                let payload = format!(r#"{{"lat":{lat:.decimals$},"lon":{lon:.decimals$}{altitude}}}"#);
                wire.publish(last(person, hour), "m", payload.as_bytes());
            },
            fresh,
        )
    };
    let id = "altitude-beside-position";
    assert!(ids(&with(r#","alt":437.2"#, 1)).contains(&id));
    assert!(!ids(&with("", 1)).contains(&id));
    assert!(!ids(&with(r#","alt":400"#, 1)).contains(&id));
    // beside an exact position it adds little
    assert!(!ids(&with(r#","alt":437.2"#, 5)).contains(&id));
}

#[test]
fn a_retained_message_after_erasure() {
    let with = |haunting: bool| {
        let mut wire = Wire::new(Observer::Tap, Rotation::Unknown);
        let sender = wire.open(None, Some(&Client { id: "a".into(), ..Client::default() }));
        let stored = publish("status/7", br#"{"name":"Marie Example"}"#, true, None, &[]);
        wire.packet(sender, Way::ToServer, &stored);
        let reader = wire.open(None, Some(&Client { id: "b".into(), ..Client::default() }));
        wire.packet(reader, Way::ToClient, &stored);
        wire.now += SECOND;
        wire.packet(sender, Way::ToServer, &publish("status/7", b"", true, None, &[]));
        // still on its way: no leak
        wire.now += SECOND;
        wire.packet(reader, Way::ToClient, &stored);
        wire.now += 10 * SECOND;
        let late = wire.open(None, Some(&Client { id: "c".into(), ..Client::default() }));
        if haunting {
            wire.packet(late, Way::ToClient, &stored);
        }
        wire.report()
    };
    let leaking = with(true);
    assert!(ids(&leaking).contains(&"retained-after-erasure"));
    assert_eq!((leaking.retained.haunting, leaking.retained.haunting_topics), (1, 1));
    assert_eq!((leaking.about.messages, leaking.about.delivered), (2, 3));
    let protected = with(false);
    assert!(!ids(&protected).contains(&"retained-after-erasure"));
    assert_eq!(protected.retained.personal_topics, 1);
}

#[test]
fn a_retained_message_stored_again_is_no_ghost() {
    let mut wire = Wire::new(Observer::Tap, Rotation::Unknown);
    let sender = wire.open(None, Some(&Client::default()));
    for payload in [&b"one"[..], b"", b"two"] {
        wire.now += 5 * SECOND;
        wire.packet(sender, Way::ToServer, &publish("t", payload, true, None, &[]));
    }
    let reader = wire.open(None, Some(&Client::default()));
    wire.now += 5 * SECOND;
    wire.packet(reader, Way::ToClient, &publish("t", b"two", true, None, &[]));
    assert_eq!(wire.report().retained.haunting, 0);
}

#[test]
fn a_subscriber_sees_the_ghost_too() {
    let mut wire = Wire::new(Observer::Subscription, Rotation::Unknown);
    let reader = wire.open(None, Some(&Client::default()));
    wire.packet(reader, Way::ToClient, &publish("t", b"lat: 18.5123", true, None, &[]));
    wire.packet(reader, Way::ToClient, &publish("t", b"", false, None, &[]));
    wire.now += 10 * SECOND;
    wire.packet(reader, Way::ToClient, &publish("t", b"lat: 18.5123", true, None, &[]));
    assert_eq!(wire.report().retained.haunting, 1);
}

#[test]
fn a_fernet_timestamp() {
    let with = |fernet: bool| {
        rotating(
            |wire, random, person, hour| {
                let mut token = vec![0x80];
                token.extend((1_700_000_000 + hour * 3_600 + person).to_be_bytes());
                token.extend(random.bytes(16 + 64 + 32));
                if !fernet {
                    token = random.bytes(token.len());
                }
                let text = {
                    use base64::Engine as _;
                    base64::prelude::BASE64_URL_SAFE.encode(token)
                };
                wire.publish(last(person, hour), "m", text.as_bytes());
            },
            fresh,
        )
    };
    let leaking = with(true);
    let found = leaking.findings.iter().find(|leak| leak.id == "fernet-timestamp").expect("found");
    assert_eq!(found.count, 120);
    assert!((leaking.encryption.known_envelopes - 1.0).abs() < 1e-9);
    let protected = with(false);
    assert!(!ids(&protected).contains(&"fernet-timestamp"));
    assert!((protected.encryption.opaque - 1.0).abs() < 1e-9);
}
