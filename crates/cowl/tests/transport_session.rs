//! Sessions that outlive connections: nothing lost, nothing exactly-once twice.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use std::time::Duration;

use common::mosquitto::Mosquitto;
use cowl::transport::{
    Acks, ClientId, Endpoint, Event, Filter, Options, Publication, Publisher, Qos, Reconnect, Scheme,
    Session, Subscriber, Subscription, Topic, Version, Will,
};

const VERSIONS: [Version; 2] = [Version::V311, Version::V5];

fn named(version: Version) -> Options {
    Options { version, client_id: ClientId::named("console").expect("an id"), ..Options::default() }
}

fn durable(qos: Qos) -> Subscription {
    Subscription {
        session: Session::Resume { expiry_s: 600 },
        acks: Acks::Manual,
        ..Subscription::new(Filter::new("t").expect("a filter"), qos)
    }
}

async fn publish(endpoint: &Endpoint, texts: impl IntoIterator<Item = u32>, qos: Qos) {
    let publisher = Publisher::connect(endpoint, &Options::default()).await.expect("a connection");
    for text in texts {
        let publication = Publication::new(Topic::new("t").expect("a topic"), text.to_string(), qos);
        publisher.publish(publication).await.expect("an acknowledgement");
    }
    publisher.disconnect().await.expect("a clean end");
}

async fn number(subscriber: &mut Subscriber) -> (u32, cowl::transport::Message) {
    let message = subscriber.next().await.expect("a message");
    let text = std::str::from_utf8(&message.payload).expect("digits");
    (text.parse().expect("digits"), message)
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let endpoint = broker.endpoint(Scheme::Tcp);
    for version in VERSIONS {
        for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let mut first =
                Subscriber::connect(&endpoint, &named(version), durable(qos)).await.expect("a session");
            publish(&endpoint, 0..6, qos).await;
            let mut held = Vec::new();
            for expected in 0..6 {
                let (found, message) = number(&mut first).await;
                assert_eq!(found, expected);
                held.push(message);
            }
            // Out of order on purpose; 4 and 5 are dropped unacknowledged.
            for place in [2, 0, 1, 3] {
                held[place].ack();
            }
            drop(held);
            first.disconnect().await.expect("a clean end");

            publish(&endpoint, 6..8, qos).await;
            let mut second =
                Subscriber::connect(&endpoint, &named(version), durable(qos)).await.expect("a session");
            for expected in 4..8 {
                let (found, mut message) = number(&mut second).await;
                assert_eq!(found, expected, "{version:?} {qos:?}");
                assert!(!message.dup || expected < 6);
                message.ack();
            }
            second.disconnect().await.expect("a clean end");
            let mut forget = durable(qos);
            forget.session = Session::Clean;
            let end = Subscriber::connect(&endpoint, &named(version), forget).await.expect("a connection");
            end.disconnect().await.expect("a clean end");
        }
    }
}

#[tokio::test]
async fn a_fresh_client_id_cannot_resume() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let endpoint = broker.endpoint(Scheme::Tcp);
    let error = Subscriber::connect(&endpoint, &Options::default(), durable(Qos::AtLeastOnce)).await;
    assert!(error.expect_err("no id").is_usage());
}

/// Another connection under the same client id makes the broker end the first one, which then reconnects
/// to its session.
#[tokio::test]
async fn it_reconnects_to_its_session_and_misses_nothing() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let endpoint = broker.endpoint(Scheme::Tcp);
    for version in VERSIONS {
        let reconnect =
            Reconnect::Backoff { first: Duration::from_millis(20), longest: Duration::from_millis(100) };
        let wanted = Subscription { reconnect, ..durable(Qos::ExactlyOnce) };
        let mut subscriber =
            Subscriber::connect(&endpoint, &named(version), wanted).await.expect("a session");
        publish(&endpoint, 0..3, Qos::ExactlyOnce).await;
        let (_, mut zero) = number(&mut subscriber).await;
        zero.ack();
        let (one, mut held) = number(&mut subscriber).await;
        assert_eq!(one, 1);

        let thief = Subscriber::connect(&endpoint, &named(version), durable(Qos::ExactlyOnce)).await;
        drop(thief.expect("takes the session over"));
        publish(&endpoint, 3..5, Qos::ExactlyOnce).await;

        let (mut lost, mut restored, mut found) = (0, 0, Vec::new());
        while found.len() < 3 || restored == 0 {
            match subscriber.next_event().await.expect("it goes on") {
                Event::Lost { .. } => lost += 1,
                Event::Restored { session_present } => {
                    assert!(session_present);
                    restored += 1;
                    held.ack();
                }
                Event::Message(mut message) => {
                    found.push(std::str::from_utf8(&message.payload).expect("digits").to_owned());
                    message.ack();
                }
            }
        }
        assert!(lost >= 1 && restored >= 1);
        assert_eq!(
            found,
            ["2", "3", "4"],
            "exactly once, in order, and 1 is not delivered again: {version:?}"
        );
        subscriber.disconnect().await.expect("a clean end");
        let forget = Subscription { session: Session::Clean, ..durable(Qos::AtMostOnce) };
        let end = Subscriber::connect(&endpoint, &named(version), forget).await.expect("a connection");
        end.disconnect().await.expect("a clean end");
    }
}

#[tokio::test]
async fn a_will_speaks_when_the_connection_drops_and_not_after_a_goodbye() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let endpoint = broker.endpoint(Scheme::Tcp);
    for version in VERSIONS {
        let wanted = Subscription::new(Filter::new("will").expect("a filter"), Qos::AtLeastOnce);
        let mut subscriber =
            Subscriber::connect(&endpoint, &Options::default(), wanted).await.expect("a connection");
        for (text, polite) in [("never", true), ("gone", false)] {
            let publication = Publication::new(Topic::new("will").expect("a topic"), text, Qos::AtLeastOnce);
            let options =
                Options { version, will: Some(Will { publication, delay_s: 0 }), ..Options::default() };
            let publisher = Publisher::connect(&endpoint, &options).await.expect("a connection");
            if polite {
                publisher.disconnect().await.expect("a clean end");
            }
        }
        assert_eq!(subscriber.next().await.expect("the will").payload, "gone");
    }
}
