//! What the report says of whole traces, and what it never says.

use core::net::SocketAddr;

use proptest::prelude::*;

use super::wire::{Client, SECOND, Wire, ids, publish};
use super::{Evenness, Report, Rotation, Shape, Survival, terminal};
use crate::testing::Random;
use crate::trace::{Carrier, Closing, ConnectionId, Event, Loss, Observer, PointId, TlsHello, Way};

fn page(report: &Report) -> String {
    let mut text = String::new();
    terminal(report, "a trace", &mut text).unwrap();
    text
}

fn from(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, host], port))
}

/// Three clients that come back every ten minutes and give away everything they have.
fn talkative() -> Report {
    let mut wire = Wire::new(Observer::Tap, Rotation::Every(3_600 * SECOND));
    let mut random = Random::new(5);
    let mut next_id = [100_u16; 3];
    for round in 0..12_u16 {
        for person in 0..3_u8 {
            wire.now += 200 * SECOND;
            let client = Client {
                id: format!("phone-a4cf12b0c3d{person}"),
                user: Some(format!("marie.example{person}@relief.example")),
                password: Some("kept-to-ourselves".into()),
                will: Some(("status/gone".into(), format!("{{\"phone\":\"+50937112{person}00\"}}"))),
                properties: vec![("x-owner-4411223".into(), format!("Marie Example {person}"))],
            };
            let connection = wire.open(Some(from(person + 1, 2_000 + round)), Some(&client));
            for step in 0..9_u16 {
                wire.now += 2 * SECOND;
                let payload = format!(
                    r#"{{"name":"Marie Example","lat":18.5{person}4321,"lon":-72.33{person}17,"seq":{},"note":"call +509 3711 2{person}00 now","a4cf12b0c3d4":1}}"#,
                    u64::from(round) * 100 + u64::from(step)
                );
                let id = &mut next_id[usize::from(person)];
                *id += 1;
                let bytes = publish(
                    &format!("user/marie{person}/zone/nord"),
                    payload.as_bytes(),
                    false,
                    Some(*id),
                    &[],
                );
                wire.packet(connection, Way::ToServer, &bytes);
            }
            wire.publish(connection, "blob", &random.bytes(64));
            wire.close(connection);
        }
    }
    wire.report()
}

#[test]
fn no_value_of_anybody_is_in_any_report() {
    let report = talkative();
    let texts = [page(&report), serde_json::to_string(&report).unwrap()];
    let values = [
        "marie", "Marie", "Example", "example0", "50937112", "3711", "4321", "kept-to", "a4cf12", "c3d0",
        "nord", "4411223", "10.0.0.1",
    ];
    for text in texts {
        for value in values {
            assert!(!text.contains(value), "{value} in {text}");
        }
    }
}

#[test]
fn what_a_talkative_system_gives_away_is_listed() {
    let report = talkative();
    let found = ids(&report);
    for wanted in [
        "clear-transport",
        "password-in-clear",
        "password-shared",
        "personal-data-in-payload",
        "personal-data-in-topic",
        "personal-data-in-user-name",
        "client-id-holds-mac",
        "will-names",
        "user-property",
        "topic-per-zone",
        "stable-identifier",
        "counter-in-clear",
        "packet-id-continues",
    ] {
        assert!(found.contains(&wanted), "{wanted} not in {found:?}");
    }
    assert_eq!(report.client_id_shapes, [(Shape::HoldsMac, 3)]);
    let row = |id: &str| report.identifiers.iter().find(|row| row.id == id).unwrap_or_else(|| panic!("{id}"));
    assert_eq!(row("client-id").survives_reconnect, Survival::Yes { values: 3, of: 3 });
    assert_eq!(
        (row("user-name").distinct, row("password").distinct, row("topic-level-2").distinct),
        (3, 1, 4 - 1)
    );
    assert_eq!((report.linking.groups, report.linking.nodes, report.linking.largest), (3, 36, 12));
    assert_eq!((report.sequences.returning, report.sequences.continued), (33, 33));
    assert!(!report.about.partial);
    assert_eq!((report.about.messages, report.about.connections), (360, 36));
    // person's name, position, counter, note with a telephone number and a flag
    assert!(report.fields.payload.exact > 3.5, "{:?}", report.fields.payload);
}

#[test]
fn the_same_trace_gives_the_same_report() {
    let one = serde_json::to_string(&talkative()).unwrap();
    for _ in 0..3 {
        assert_eq!(one, serde_json::to_string(&talkative()).unwrap());
    }
}

#[test]
fn a_page_has_eighty_columns() {
    for report in [talkative(), Wire::new(Observer::Capture, Rotation::Unknown).report()] {
        let page = page(&report);
        let wide: Vec<&str> = page.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

/// Clients behind TLS: records and times are all there is.
fn sealed(resumption: bool, group: u16, every: impl Fn(u64) -> u64) -> Report {
    let mut wire = Wire::new(Observer::Capture, Rotation::Unknown);
    for number in 1..=4_u8 {
        let connection = ConnectionId(u64::from(number));
        let (at, point) = (0, PointId(0));
        let open = Event::Open {
            connection,
            at,
            point,
            from: Some(from(number, 4_000)),
            to: None,
            carrier: Carrier::Tls,
        };
        wire.event(&open);
        let server_name = "broker.example";
        let hello =
            TlsHello { version: 0x0304, cipher: 0x1301, group, server_name, fingerprint: 7, resumption };
        wire.event(&Event::Hello { connection, at, hello });
        let mut now = 0;
        for step in 0..20 {
            now += every(step);
            wire.event(&Event::Sealed { connection, at: now, way: Way::ToServer, length: 526 });
        }
        wire.event(&Event::Close { connection, at: now, cause: Closing::Orderly });
    }
    wire.report()
}

#[test]
fn tls_shows_sizes_times_and_its_handshake() {
    let report = sealed(true, 0x001d, |_| 60 * SECOND);
    let found = ids(&report);
    for wanted in ["tls-resumption", "tls-server-name", "no-post-quantum"] {
        assert!(found.contains(&wanted), "{wanted} not in {found:?}");
    }
    assert!(!found.contains(&"clear-transport") && !found.contains(&"sizes-differ"), "{found:?}");
    assert_eq!((report.about.records, report.about.messages), (80, 0));
    assert_eq!(report.rhythm.evenness, [(Evenness::Clockwork, 4)]);
    assert!(report.sizes.of_records && report.sizes.distinct == 1 && report.encryption.clear_share <= 0.0);
    assert!(page(&report).contains("x25519") && !page(&report).contains("broker.example"));

    let better = sealed(false, 0x11ec, |step| if step % 5 == 0 { 600 * SECOND } else { SECOND });
    let found = ids(&better);
    assert!(!found.contains(&"tls-resumption") && !found.contains(&"no-post-quantum"), "{found:?}");
    assert!(found.contains(&"rhythm-varies"), "{found:?}");
    assert_eq!(better.encryption.post_quantum, 4);
}

#[test]
fn what_is_missing_is_said_first() {
    let mut wire = Wire::new(Observer::Capture, Rotation::Unknown);
    let connection = wire.open(None, None);
    wire.event(&Event::Lost { connection, at: 5, way: Way::ToServer, bytes: 1_448, cause: Loss::Missing });
    wire.publish(connection, "t", b"21.5");
    let mut report = wire.report();
    assert!(report.about.partial && report.about.unfinished == 1);
    report.missing("the file is cut off");
    let page = page(&report);
    assert!(
        page.starts_with("PARTIAL: the file is cut off; 1,448 bytes not in the capture (1 gap)."),
        "{page}"
    );
}

#[test]
fn day_and_night_show() {
    let mut wire = Wire::new(Observer::Tap, Rotation::Unknown);
    let connection = wire.open(None, None);
    for hour in 0..72_u64 {
        // the trace begins at 22 h
        if (hour + 22) % 24 >= 8 {
            for minute in 0..6 {
                wire.now = (hour * 3_600 + minute * 600) * SECOND;
                wire.publish(connection, "t", b"1");
            }
        }
    }
    let report = wire.report();
    let hours = report.rhythm.by_hour_of_day.expect("long enough");
    assert_eq!((hours[3], hours[12]), (0, 18));
    assert!(report.rhythm.quiet_third.unwrap() < 0.01);
}

#[test]
fn deliveries_of_what_was_sent_are_no_messages_of_their_own() {
    let mut wire = Wire::new(Observer::Tap, Rotation::Unknown);
    let (sender, reader) = (wire.open(None, None), wire.open(None, None));
    for number in 0..10 {
        let bytes = publish("t", format!("n: {number}").as_bytes(), false, None, &[]);
        wire.packet(sender, Way::ToServer, &bytes);
        wire.packet(reader, Way::ToClient, &bytes);
    }
    let elsewhere = publish("t", b"n: from a bridge", false, None, &[]);
    wire.packet(reader, Way::ToClient, &elsewhere);
    let report = wire.report();
    assert_eq!((report.about.sent, report.about.delivered, report.about.messages), (10, 11, 11));
}

#[test]
fn a_subscriber_links_topics_by_what_is_in_them() {
    let mut wire = Wire::new(Observer::Subscription, Rotation::Unknown);
    let reader = wire.open(None, Some(&Client::default()));
    for number in 0..40 {
        wire.now += SECOND;
        let payload = format!(r#"{{"userId":{},"temp":{}}}"#, 970 + number % 4, number);
        let bytes = publish(&format!("t/{}", number % 8), payload.as_bytes(), false, None, &[]);
        wire.packet(reader, Way::ToClient, &bytes);
    }
    let report = wire.report();
    assert_eq!((report.linking.of, report.linking.nodes, report.linking.groups), ("topics", 8, 4));
    let row = report.identifiers.iter().find(|row| row.id == "payload:userId").unwrap();
    assert_eq!((row.distinct, row.survives_reconnect), (4, Survival::Unknown));
    assert!(ids(&report).contains(&"stable-identifier"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever the packets say, there is a report, and a page of 80 columns.
    #[test]
    fn any_packets_give_a_report(
        packets in proptest::collection::vec((0_u64..4, any::<bool>(), any::<u64>(), proptest::collection::vec(any::<u8>(), 0..80)), 0..60)
    ) {
        let mut wire = Wire::new(Observer::Capture, Rotation::Every(7));
        for (connection, to_server, at, mut bytes) in packets {
            // half of them with a header that fits
            let length = u8::try_from(bytes.len().saturating_sub(2)).unwrap_or(0);
            if let Some(second) = bytes.get_mut(1).filter(|_| at % 2 == 0) {
                *second = length;
            }
            wire.now = at;
            let way = if to_server { Way::ToServer } else { Way::ToClient };
            wire.packet(ConnectionId(connection), way, &bytes);
        }
        let page = page(&wire.report());
        let wide = page.lines().find(|line| line.chars().count() > 80);
        prop_assert!(wide.is_none(), "{wide:?}");
    }
}
