//! Every message arrives once and unchanged, whether one or twenty thousand.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::wire::{Connect, VERSIONS, Version, Wire};
use common::{DEVICE, MANIFEST, NODE, OBSERVER, OPERATOR, SHARD, on_tcp, tcp_only};
use cowl_broker::Broker;

/// As in `mosquitto_pub -l` on a large file, but without waiting for each.
const BURST: u32 = 20_000;

#[tokio::test]
async fn a_publish_arrives_unchanged() {
    let (broker, address) = on_tcp().await;
    let mut reader = Wire::logged_in(address, Version::V5, NODE).await;
    reader.subscribe("c/box/#", 1).await;
    let mut writer = Wire::logged_in(address, Version::V5, DEVICE).await;
    let utf8 = [0x01, 0x01];
    let content_type = [0x03, 0x00, 0x01, b'x'];
    // In the order in which RMQTT writes them, whatever the order they came in: one fingerprint less.
    let correlation_and_response = [0x09, 0x00, 0x02, 0x00, 0xff, 0x08, 0x00, 0x01, b'r'];
    let user = [0x26, 0x00, 0x01, b'k', 0x00, 0x01, b'v'];
    let all: [&[u8]; 5] = [&[], &utf8, &content_type, &correlation_and_response, &user];
    for properties in all {
        for qos in [0, 1] {
            writer.publish_with(SHARD, b"\0\xff raw", qos, false, properties).await;
            let publish = reader.receive().await;
            assert_eq!(publish.properties, properties, "nothing is added, no expiry above all");
            assert_eq!((publish.qos, publish.retain), (qos, false));
            assert_eq!((publish.topic.as_str(), &publish.payload[..]), (SHARD, &b"\0\xff raw"[..]));
        }
    }
    let mut old = Wire::logged_in(address, Version::V3, DEVICE).await;
    old.publish(SHARD, b"from 3.1.1", 1, false).await;
    assert_eq!(reader.receive().await.properties, [0_u8; 0]);
    broker.shutdown().await;
}

#[tokio::test]
async fn a_retained_manifest_waits_for_who_comes_later() {
    let (broker, address) = on_tcp().await;
    let mut operator = Wire::logged_in(address, Version::V5, OPERATOR).await;
    operator.publish(MANIFEST, b"version 1", 1, true).await;
    operator.publish(MANIFEST, b"version 2", 1, true).await;
    for version in VERSIONS {
        for user in [DEVICE, NODE, OBSERVER] {
            let mut client = Wire::logged_in(address, version, user).await;
            client.subscribe(MANIFEST, 1).await;
            let manifest = client.receive().await;
            assert_eq!(
                (manifest.retain, &manifest.payload[..]),
                (true, &b"version 2"[..]),
                "{version:?} {user}"
            );
            assert_eq!(manifest.properties, [0_u8; 0]);
        }
    }
    operator.publish(MANIFEST, b"", 1, true).await;
    let mut late = Wire::logged_in(address, Version::V5, DEVICE).await;
    late.subscribe(MANIFEST, 0).await;
    operator.publish(MANIFEST, b"version 3", 1, false).await;
    assert_eq!(late.receive().await.payload, b"version 3", "the erased one did not come first");
    broker.shutdown().await;
}

#[tokio::test]
async fn a_payload_of_65_kb_fits() {
    let (broker, address) = on_tcp().await;
    let payload: Vec<u8> = (0..65_535_u32).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
    for version in VERSIONS {
        let mut reader = Wire::logged_in(address, version, NODE).await;
        reader.subscribe(SHARD, 1).await;
        let mut writer = Wire::logged_in(address, version, DEVICE).await;
        assert_eq!(writer.publish(SHARD, &payload, 1, false).await, 0);
        assert_eq!(reader.receive().await.payload, payload);
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn a_burst_reaches_a_reader_and_one_that_starts_late() {
    let (broker, address) = on_tcp().await;
    for qos in [0, 1] {
        let mut reader = Wire::logged_in(address, Version::V5, NODE).await;
        reader.subscribe(SHARD, qos).await;
        let mut writer = Wire::logged_in(address, Version::V3, DEVICE).await;
        // Nobody reads while it is written: the queue must hold what the sockets do not.
        for index in 0..BURST {
            writer.publish(SHARD, &index.to_be_bytes(), qos, false).await;
        }
        for index in 0..BURST {
            assert_eq!(reader.receive().await.payload, index.to_be_bytes(), "QoS {qos}");
        }
    }
    assert_eq!(broker.counts().dropped_queue_full, 0);
    broker.shutdown().await;
}

#[tokio::test]
async fn a_session_keeps_what_came_meanwhile_and_what_was_on_its_way() {
    let (broker, address) = on_tcp().await;
    for version in VERSIONS {
        let id = format!("reader-{version:?}");
        let connect = || Connect { client_id: &id, clean: false, session: 600, ..Connect::as_user(NODE) };
        let mut reader = Wire::tcp(address, version).await;
        assert_eq!(reader.connect(&connect()).await, 0);
        assert_eq!(reader.subscribe(SHARD, 1).await, 1);
        let mut writer = Wire::logged_in(address, version, DEVICE).await;
        for index in 0..2_000_u32 {
            assert_eq!(writer.publish(SHARD, &index.to_be_bytes(), 1, false).await, 0);
            if index == 2 {
                // What is on its way to it then comes again, too.
                drop(reader);
                reader = Wire::tcp(address, version).await;
            }
        }
        assert_eq!(reader.connect_for_ack(&connect()).await.body[..2], [1, 0]);
        let mut order = Vec::new();
        for _ in 0..2_000 {
            order.push(u32::from_be_bytes(reader.receive().await.payload[..].try_into().unwrap()));
        }
        // What was on its way comes first, in any order and no more than the window at a time; what came meanwhile as it came.
        assert!(order.iter().filter(|index| **index >= 100).is_sorted());
        order.sort_unstable();
        assert!(order.into_iter().eq(0..2_000));
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn a_queue_that_is_full_loses_the_oldest_and_says_so() {
    let mut config = tcp_only();
    config.limits.queue = 100;
    let broker = Broker::start(config).await.unwrap();
    let address = broker.addresses().tcp.unwrap();
    let connect = || Connect { client_id: "reader", clean: false, ..Connect::as_user(NODE) };
    let mut reader = Wire::tcp(address, Version::V3).await;
    assert_eq!(reader.connect(&connect()).await, 0);
    assert_eq!(reader.subscribe(SHARD, 1).await, 1);
    reader.send(0xe0, &[]).await;
    drop(reader);
    let mut writer = Wire::logged_in(address, Version::V3, DEVICE).await;
    let mut index = 0_u32;
    while broker.counts().dropped_queue_full < 200 {
        assert_eq!(writer.publish(SHARD, &index.to_be_bytes(), 1, false).await, 0);
        index += 1;
    }
    let mut reader = Wire::tcp(address, Version::V3).await;
    assert_eq!(reader.connect_for_ack(&connect()).await.body[..2], [1, 0]);
    let kept = u64::from(index) - broker.counts().dropped_queue_full;
    let mut last = None;
    for _ in 0..kept {
        last = Some(reader.receive().await.payload);
    }
    assert_eq!(last, Some((index - 1).to_be_bytes().to_vec()), "the newest is kept");
    broker.shutdown().await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_dropped() {
    let mut config = tcp_only();
    config.limits.send = Duration::from_secs(1);
    config.limits.connections = 2.try_into().unwrap();
    let broker = Broker::start(config).await.unwrap();
    let address = broker.addresses().tcp.unwrap();
    let mut reader = Wire::logged_in(address, Version::V5, NODE).await;
    assert_eq!(reader.subscribe(SHARD, 0).await, 0);
    let mut writer = Wire::logged_in(address, Version::V5, DEVICE).await;
    let payload = vec![0; 60_000];
    // More than the sockets between them hold.
    for _ in 0..1_000 {
        writer.publish(SHARD, &payload, 0, false).await;
    }
    writer.settle().await;
    // Its place is free once it is gone.
    while Wire::tcp(address, Version::V5).await.try_connect(&Connect::as_user(NODE)).await.is_none() {}
    while reader.packet().await.is_some() {}
    broker.shutdown().await;
}

#[tokio::test]
async fn a_connection_that_breaks_costs_no_qos_1_message() {
    const MESSAGES: u32 = 1_000;
    let (broker, address) = on_tcp().await;
    for version in VERSIONS {
        let id = format!("unlucky-{version:?}");
        let connect = || Connect { client_id: &id, clean: false, session: 600, ..Connect::as_user(NODE) };
        let mut reader = Wire::tcp(address, version).await;
        assert_eq!(reader.connect(&connect()).await, 0);
        assert_eq!(reader.subscribe(SHARD, 1).await, 1);
        let mut writer = Wire::logged_in(address, version, DEVICE).await;
        let mut missing: BTreeSet<u32> = (0..MESSAGES).collect();
        let mut next = 0..MESSAGES;
        while !missing.is_empty() {
            for index in next.by_ref().take(50) {
                writer.publish(SHARD, &index.to_be_bytes(), 1, false).await;
            }
            for _ in 0..missing.len().min(20) {
                let payload = reader.receive().await.payload.try_into().unwrap();
                missing.remove(&u32::from_be_bytes(payload));
            }
            // Without a word, in the middle of what the broker sends; it goes on sending into the void.
            drop(reader);
            for index in next.by_ref().take(50) {
                writer.publish(SHARD, &index.to_be_bytes(), 1, false).await;
            }
            reader = Wire::tcp(address, version).await;
            assert_eq!(reader.connect(&connect()).await, 0, "{} to come", missing.len());
        }
    }
    broker.shutdown().await;
}
