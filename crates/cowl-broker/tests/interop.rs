//! The device side as an ordinary broker, once without an intake and once with one that leaves everything to it: the
//! cases that the Eclipse Paho interoperability tests are about, written anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

mod common;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use common::desk::{AllLocal, Sent, anonymous, plain, start};
use common::wire::{Connect, Publish, VERSIONS, Version, Wire};
use cowl_broker::{Intake, Running};

const TOPICS: [&str; 5] = ["A", "A/B", "C/C", "A/C", "/A"];

/// The two brokers, each in both versions.
async fn sides() -> Vec<(Running, SocketAddr)> {
    let mut sides = Vec::new();
    for intake in [None, Some(Arc::new(AllLocal) as Arc<dyn Intake>)] {
        sides.push(start(plain(intake)).await);
    }
    sides
}

async fn client(address: SocketAddr, version: Version, id: &str) -> Wire {
    // On a machine that is busy with other tests RMQTT may say that it is not there for anyone now.
    for _ in 0..100 {
        let mut wire = Wire::tcp(address, version).await;
        match wire.connect(&anonymous(id)).await {
            0 => return wire,
            3 | 0x88 => {}
            refused => panic!("refused: {refused}"),
        }
    }
    panic!("a hundred times not there");
}

fn kept(id: &str) -> Connect<'_> {
    Connect { clean: false, session: 600, ..anonymous(id) }
}

/// Publishes to the end of the exchange.
async fn publish(wire: &mut Wire, sent: Sent<'_>) {
    wire.begin(sent).await;
    if sent.qos > 0 {
        assert_eq!(wire.ack(sent.qos, sent.id).await & 0x80, 0);
    }
    if sent.qos == 2 {
        wire.release(sent.id).await;
    }
}

/// The next message, to the end of the exchange.
async fn receive(wire: &mut Wire) -> Publish {
    let (publish, _) = wire.look().await;
    acknowledge(wire, &publish).await;
    publish
}

async fn acknowledge(wire: &mut Wire, publish: &Publish) {
    let id = publish.id.to_be_bytes();
    match publish.qos {
        0 => {}
        1 => wire.send(0x40, &id).await,
        _ => {
            wire.send(0x50, &id).await;
            // Other messages, and the releases of earlier ones, may be on their way before it.
            loop {
                let released: [u8; 2] = wire.find(0x62).await.body[..2].try_into().unwrap();
                wire.send(0x70, &released).await;
                if released == id {
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn messages_of_each_quality_arrive_once() {
    for (broker, address) in sides().await {
        for version in VERSIONS {
            let mut reader = client(address, version, "reader").await;
            assert_eq!(reader.subscribe("A/+", 2).await, 2);
            let mut writer = client(address, version, "writer").await;
            for qos in [0, 1, 2] {
                publish(&mut writer, Sent { payload: &[qos], ..Sent::new("A/B", qos, 77) }).await;
                let message = receive(&mut reader).await;
                assert_eq!(
                    (message.qos, message.payload.as_slice(), message.retain),
                    (qos, &[qos][..], false)
                );
            }
            reader.settle().await;
        }
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn retained_messages_wait_and_can_be_taken_back() {
    for (broker, address) in sides().await {
        for version in VERSIONS {
            let mut writer = client(address, version, "writer").await;
            for (qos, topic) in [(0, "A/B"), (1, "C/C"), (2, "A/C")] {
                publish(&mut writer, Sent { retain: true, ..Sent::new(topic, qos, 1) }).await;
            }
            let mut reader = client(address, version, "reader").await;
            assert_eq!(reader.subscribe("+/+", 2).await, 2);
            let mut seen = BTreeSet::new();
            for _ in 0..3 {
                let message = receive(&mut reader).await;
                assert!(message.retain);
                seen.insert((message.qos, message.topic));
            }
            let all = [(0, "A/B"), (1, "C/C"), (2, "A/C")].map(|(qos, topic)| (qos, topic.to_owned()));
            assert_eq!(seen, BTreeSet::from(all));
            for topic in ["A/B", "C/C", "A/C"] {
                publish(&mut writer, Sent { retain: true, payload: b"", ..Sent::new(topic, 1, 1) }).await;
            }
            let mut late = client(address, version, "late").await;
            assert_eq!(late.subscribe("+/+", 2).await, 2);
            publish(&mut writer, Sent { payload: b"next", ..Sent::new("A/B", 1, 1) }).await;
            assert_eq!(receive(&mut late).await.payload, b"next");
        }
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn wildcards_match_as_mqtt_says() {
    let filters = [
        ("A/+", &["A/B", "A/C"][..]),
        ("+/C", &["C/C", "A/C"]),
        ("#", &TOPICS),
        ("/#", &["/A"]),
        ("/+", &["/A"]),
        ("+/+", &["A/B", "C/C", "A/C", "/A"]),
        ("A/#", &["A", "A/B", "A/C"]),
        ("A", &["A"]),
    ];
    for (broker, address) in sides().await {
        for version in VERSIONS {
            let mut writer = client(address, version, "writer").await;
            for (filter, matching) in filters {
                let mut reader = client(address, version, "reader").await;
                assert_eq!(reader.subscribe(filter, 1).await, 1);
                for topic in TOPICS {
                    publish(&mut writer, Sent::new(topic, 1, 1)).await;
                }
                for topic in TOPICS.iter().filter(|topic| matching.contains(topic)) {
                    assert_eq!(receive(&mut reader).await.topic, **topic, "{filter}");
                }
                // No wildcard matches a `$` (MQTT 5 §4.7.2), and what a device publishes there is nobody's.
                writer.begin(Sent::new("$A/B", 1, 1)).await;
                writer.ack(1, 1).await;
                reader.send(0xa2, &unsubscribe(version, filter)).await;
                assert_eq!(reader.packet().await.unwrap().first, 0xb0);
                publish(&mut writer, Sent::new("A/B", 1, 1)).await;
                reader.send(0xc0, &[]).await;
                assert_eq!(reader.packet().await.unwrap().first, 0xd0, "{filter}: no more of them");
            }
        }
        broker.shutdown().await;
    }
}

fn unsubscribe(version: Version, filter: &str) -> Vec<u8> {
    let mut body = vec![0, 2];
    body.extend((version == Version::V5).then_some(0));
    body.extend(u16::try_from(filter.len()).unwrap().to_be_bytes());
    body.extend(filter.bytes());
    body
}

#[tokio::test]
async fn overlapping_subscriptions_give_the_best_or_each() {
    for (broker, address) in sides().await {
        for version in VERSIONS {
            let mut reader = client(address, version, "reader").await;
            assert_eq!(reader.subscribe("A/#", 2).await, 2);
            assert_eq!(reader.subscribe("A/+", 1).await, 1);
            let mut writer = client(address, version, "writer").await;
            publish(&mut writer, Sent { payload: b"overlap", ..Sent::new("A/C", 2, 1) }).await;
            publish(&mut writer, Sent { payload: b"end", ..Sent::new("A/x/y", 1, 1) }).await;
            let mut qualities = Vec::new();
            loop {
                let message = receive(&mut reader).await;
                if message.payload == b"end" {
                    break;
                }
                qualities.push(message.qos);
            }
            qualities.sort_unstable();
            // MQTT 5 §3.3.4 allows both.
            assert!(qualities == [2] || qualities == [1, 2], "{qualities:?}");
        }
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn a_will_is_published_for_who_goes_without_a_word() {
    for (broker, address) in sides().await {
        for version in VERSIONS {
            let mut reader = client(address, version, "reader").await;
            assert_eq!(reader.subscribe("wills/#", 1).await, 1);
            let will =
                |topic, keep_alive| Connect { will_topic: Some(topic), keep_alive, ..anonymous("gone") };
            let mut gone = Wire::tcp(address, version).await;
            assert_eq!(gone.connect(&will("wills/lost", 60)).await, 0);
            drop(gone);
            assert_eq!(receive(&mut reader).await.topic, "wills/lost");
            // One second of keep-alive is four of patience.
            let mut silent = Wire::tcp(address, version).await;
            assert_eq!(silent.connect(&will("wills/silent", 1)).await, 0);
            assert_eq!(receive(&mut reader).await.topic, "wills/silent");
            assert_eq!(silent.closed().await, (version == Version::V5).then_some(0x8d));
            let mut polite = Wire::tcp(address, version).await;
            assert_eq!(polite.connect(&will("wills/polite", 60)).await, 0);
            polite.send(0xe0, &[]).await;
            polite.closed_by_us().await;
            publish(&mut client(address, version, "writer").await, Sent::new("wills/next", 1, 1)).await;
            assert_eq!(receive(&mut reader).await.topic, "wills/next");
        }
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn a_session_waits_for_its_client() {
    for (broker, address) in sides().await {
        for version in VERSIONS {
            let id = format!("sleeper-{version:?}");
            let mut reader = Wire::tcp(address, version).await;
            assert_eq!(reader.connect_for_ack(&kept(&id)).await.body[..2], [0, 0]);
            assert_eq!(reader.subscribe("A/#", 2).await, 2);
            reader.send(0xe0, &[]).await;
            reader.closed_by_us().await;
            let mut writer = client(address, version, "writer").await;
            for qos in [1, 2] {
                publish(&mut writer, Sent { payload: &[qos], ..Sent::new("A/B", qos, 5) }).await;
            }
            let mut reader = Wire::tcp(address, version).await;
            assert_eq!(reader.connect_for_ack(&kept(&id)).await.body[..2], [1, 0], "session present");
            for qos in [1, 2] {
                let message = receive(&mut reader).await;
                assert_eq!((message.qos, message.payload.as_slice()), (qos, &[qos][..]));
            }
            reader.send(0xe0, &[]).await;
            reader.closed_by_us().await;
            let mut fresh = client(address, version, &id).await;
            publish(&mut writer, Sent::new("A/B", 1, 5)).await;
            fresh.send(0xc0, &[]).await;
            assert_eq!(fresh.packet().await.unwrap().first, 0xd0, "a clean start subscribes nothing");
        }
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn a_client_may_leave_its_name_to_the_broker() {
    for (broker, address) in sides().await {
        for version in VERSIONS {
            let mut names = BTreeSet::new();
            for _ in 0..2 {
                let mut wire = Wire::tcp(address, version).await;
                let ack = wire.connect_for_ack(&anonymous("")).await;
                assert_eq!(ack.body[1], 0);
                if version == Version::V5 {
                    let at =
                        ack.body.iter().position(|byte| *byte == 0x12).expect("assigned client identifier");
                    names.insert(ack.body[at..].to_vec());
                }
            }
            assert_eq!(names.len(), if version == Version::V5 { 2 } else { 0 });
            // MQTT 3.1.1 §3.1.3.1: not with a session.
            if version == Version::V3 {
                assert_eq!(Wire::tcp(address, version).await.connect(&kept("")).await, 2);
            }
        }
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn a_name_that_was_assigned_stands_for_its_session() {
    for (broker, address) in sides().await {
        let mut wire = Wire::tcp(address, Version::V5).await;
        let ack = wire.connect_for_ack(&Connect { session: 600, ..anonymous("") }).await;
        let at = ack.body.iter().position(|byte| *byte == 0x12).unwrap();
        let length = usize::from(ack.body[at + 2]);
        let name = String::from_utf8(ack.body[at + 3..at + 3 + length].to_vec()).unwrap();
        assert_eq!(wire.subscribe("A", 1).await, 1);
        drop(wire);
        let mut wire = Wire::tcp(address, Version::V5).await;
        assert_eq!(wire.connect_for_ack(&kept(&name)).await.body[..2], [1, 0]);
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again() {
    for (broker, address) in sides().await {
        for version in VERSIONS {
            for qos in [1, 2] {
                let id = format!("{version:?}-{qos}");
                let mut reader = Wire::tcp(address, version).await;
                assert_eq!(reader.connect(&kept(&id)).await, 0);
                assert_eq!(reader.subscribe("A/#", 2).await, 2);
                let mut writer = client(address, version, "writer").await;
                for number in 0..3 {
                    publish(&mut writer, Sent { payload: &[number], ..Sent::new("A/B", qos, 5) }).await;
                }
                let (first, again) = reader.look().await;
                assert!(!again);
                acknowledge(&mut reader, &first).await;
                let (second, _) = reader.look().await;
                assert_eq!(second.payload, [1]);
                drop(reader);
                let mut reader = Wire::tcp(address, version).await;
                assert_eq!(reader.connect_for_ack(&kept(&id)).await.body[..2], [1, 0]);
                let mut payloads = BTreeSet::new();
                for _ in 0..2 {
                    let (message, again) = reader.look().await;
                    assert!(again || message.payload != [1], "MQTT 5 §3.3.1.1");
                    acknowledge(&mut reader, &message).await;
                    payloads.insert(message.payload);
                }
                assert_eq!(payloads, BTreeSet::from([vec![1], vec![2]]));
                reader.send(0xe0, &[]).await;
                reader.closed_by_us().await;
            }
        }
        broker.shutdown().await;
    }
}
