//! The transport against mosquitto: every version, layer and quality of service; order and completeness of
//! many messages.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use bytes::Bytes;
use common::mosquitto::Mosquitto;
use cowl::transport::{
    Acks, Endpoint, Filter, Options, Properties, Publication, Publisher, Qos, Scheme, Subscriber,
    Subscription, TlsOptions, Topic, Version,
};

const SCHEMES: [Scheme; 4] = [Scheme::Tcp, Scheme::Tls, Scheme::Ws, Scheme::Wss];
const VERSIONS: [Version; 2] = [Version::V311, Version::V5];
const ALL_QOS: [Qos; 3] = [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_version_layer_and_quality_delivers_in_order() {
    let Some(broker) = Mosquitto::start(&SCHEMES, "") else { return };
    for version in VERSIONS {
        for scheme in SCHEMES {
            for qos in ALL_QOS {
                for acks in [Acks::Automatic, Acks::Manual] {
                    round_trip(&broker.endpoint(scheme), version, qos, acks).await;
                }
            }
        }
    }
}

async fn round_trip(endpoint: &Endpoint, version: Version, qos: Qos, acks: Acks) {
    let case = format!("{version:?} {:?} {qos:?} {acks:?}", endpoint.scheme);
    let options = Options { version, ..Options::default() };
    let topic = Topic::new("t/1").expect("a topic");
    let wanted = Subscription { acks, ..Subscription::new(Filter::new("t/#").expect("a filter"), qos) };
    let mut subscriber = Subscriber::connect(endpoint, &options, wanted).await.expect(&case);
    let publisher = Publisher::connect(endpoint, &options).await.expect(&case);

    // The last one spans TLS records and reads. mosquitto 2.0.11 feeds a WebSocket 4 KiB every 0.1 s.
    let last = if matches!(endpoint.scheme, Scheme::Ws | Scheme::Wss) { 5_000 } else { 300_000 };
    let payloads: Vec<Bytes> =
        [0, 1, 416, last].iter().map(|&size| (0..size).map(|i: u32| i.to_le_bytes()[0]).collect()).collect();
    for payload in &payloads {
        publisher.publish(Publication::new(topic.clone(), payload.clone(), qos)).await.expect(&case);
    }
    publisher.disconnect().await.expect(&case);

    for payload in &payloads {
        let mut message = subscriber.next().await.expect(&case);
        assert_eq!(message.payload.len(), payload.len(), "{case}");
        assert_eq!(message.payload, payload, "{case}");
        assert_eq!(message.topic, topic, "{case}");
        assert_eq!(message.qos, qos, "{case}");
        assert_eq!(message.received_on, version, "{case}");
        assert!(!message.retain && !message.dup, "{case}");
        message.ack();
    }
    subscriber.disconnect().await.expect(&case);
}

#[tokio::test]
async fn properties_and_retained_messages_arrive_on_version_5() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let endpoint = broker.endpoint(Scheme::Tcp);
    let options = Options::default();
    let properties = Properties {
        expiry_s: std::num::NonZeroU32::new(600),
        content_type: Some("application/json".to_owned()),
        response_topic: Some("answers".to_owned()),
        correlation: Some(Bytes::from_static(b"\0\x01")),
        utf8: true,
        user: vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())],
    };
    let topic = Topic::new("kept").expect("a topic");
    let publisher = Publisher::connect(&endpoint, &options).await.expect("a connection");
    let publication = Publication::new(topic.clone(), "x", Qos::AtLeastOnce).retained();
    publisher.publish(publication.with_properties(properties.clone())).await.expect("an acknowledgement");
    publisher.disconnect().await.expect("a clean end");

    let wanted = Subscription::new(Filter::new("kept").expect("a filter"), Qos::AtLeastOnce);
    let mut subscriber =
        Subscriber::connect(&endpoint, &options, wanted.clone()).await.expect("a connection");
    let message = subscriber.next().await.expect("the message");
    assert!(message.retain);
    let received = *message.properties.expect("properties");
    let expiry_s = received.expiry_s;
    assert!(expiry_s.is_some_and(|seconds| (590..=600).contains(&seconds.get())));
    assert!(received == Properties { expiry_s, ..properties });

    let older = Options { version: Version::V311, ..Options::default() };
    let mut subscriber = Subscriber::connect(&endpoint, &older, wanted).await.expect("a connection");
    assert!(subscriber.next().await.expect("the message").properties.is_none());
    let publisher = Publisher::connect(&endpoint, &older).await.expect("a connection");
    let publication = Publication::new(topic, "x", Qos::AtMostOnce).with_properties(Properties::default());
    assert!(publisher.publish(publication).await.expect_err("no properties there").is_usage());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_at_most_once_arrive_in_order() {
    many(100_000, Qos::AtMostOnce, Version::V311).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_at_least_once_arrive_in_order() {
    many(20_000, Qos::AtLeastOnce, Version::V5).await;
}

#[tokio::test]
async fn five_thousand_exactly_once_arrive_in_order() {
    many(5_000, Qos::ExactlyOnce, Version::V5).await;
}

async fn many(count: u64, qos: Qos, version: Version) {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "max_queued_bytes 0\n") else { return };
    let endpoint = broker.endpoint(Scheme::Tcp);
    let options = Options { version, ..Options::default() };
    let wanted = Subscription::new(Filter::new("m").expect("a filter"), qos);
    let mut subscriber = Subscriber::connect(&endpoint, &options, wanted).await.expect("a connection");
    let publisher = Publisher::connect(&endpoint, &options).await.expect("a connection");
    let topic = Topic::new("m").expect("a topic");
    let sending = tokio::spawn(async move {
        for sequence in 0..count {
            let mut payload = vec![0x5A; 450];
            payload[..8].copy_from_slice(&sequence.to_be_bytes());
            let publication = Publication::new(topic.clone(), payload, qos);
            publisher.enqueue(sequence, publication).await.expect("a live connection");
        }
        publisher.flush().await.expect("all delivered");
        assert_eq!(publisher.unsettled(), cowl::transport::Unsettled::default());
        assert_eq!(publisher.settled_through(), (qos != Qos::AtMostOnce).then_some(count - 1));
        publisher.disconnect().await.expect("a clean end");
    });
    for sequence in 0..count {
        let message = subscriber.next().await.expect("a live connection");
        assert_eq!(message.payload[..8], sequence.to_be_bytes());
    }
    sending.await.expect("no panic");
}

#[tokio::test]
async fn a_pinned_certificate_needs_no_authority_and_no_other_is_taken() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tls], "") else { return };
    let endpoint = broker.endpoint(Scheme::Tls);
    let pinned = |fingerprint| endpoint.clone().trusting(TlsOptions::pinned([fingerprint]));
    let options = Options::default();
    let publisher =
        Publisher::connect(&pinned(broker.fingerprint()), &options).await.expect("the pinned one");
    publisher.disconnect().await.expect("a clean end");

    let other = "00".repeat(32).parse().expect("64 digits");
    let error = Publisher::connect(&pinned(other), &options).await.expect_err("another one");
    assert!(error.is_tls(), "{error}");
    let nobody = endpoint.clone().trusting(TlsOptions::default());
    let error = Publisher::connect(&nobody, &options).await.expect_err("no trust");
    assert!(error.is_tls(), "{error}");
    let mut misnamed = endpoint;
    misnamed.host = "localhost.".to_owned();
    let error = Publisher::connect(&misnamed, &options).await;
    assert!(error.is_ok() || error.is_err_and(|error| error.is_tls() || error.is_unreachable()));
}
