//! Publisher and subscriber against a broker that says what the test wants, in virtual time.

use std::num::NonZeroU16;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::Instant;

use super::*;

const CONNACK: &[u8] = &[0x20, 3, 0, 0, 0];

/// Takes the greeting and answers it.
fn broker(connack: &'static [u8]) -> (DuplexStream, tokio::task::JoinHandle<DuplexStream>) {
    let (client, mut server) = duplex(1 << 16);
    let task = tokio::spawn(async move {
        assert_eq!(packet(&mut server).await.0, 0x10);
        server.write_all(connack).await.unwrap();
        server
    });
    (client, task)
}

/// The next packet: first byte and what follows the length. None of these tests has a length over 127.
async fn packet(server: &mut DuplexStream) -> (u8, Vec<u8>) {
    let kind = server.read_u8().await.unwrap();
    let mut body = vec![0; usize::from(server.read_u8().await.unwrap())];
    server.read_exact(&mut body).await.unwrap();
    (kind, body)
}

async fn publisher(connack: &'static [u8], options: &Options) -> (Publisher, DuplexStream) {
    let (client, task) = broker(connack);
    (Publisher::over(client, options).await.unwrap(), task.await.unwrap())
}

fn publication(qos: Qos) -> Publication {
    Publication::new(Topic::new("t").unwrap(), "x", qos)
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_pings_and_a_deaf_one_is_given_up() {
    let (publisher, mut server) = publisher(CONNACK, &Options::default()).await;
    let start = Instant::now();
    assert_eq!(packet(&mut server).await, (0xC0, vec![]));
    assert_eq!(start.elapsed().as_secs(), 60);
    server.write_all(&[0xD0, 0]).await.unwrap();
    assert_eq!(packet(&mut server).await, (0xC0, vec![]));
    assert_eq!(start.elapsed().as_secs(), 120);
    let error = publisher.publish(publication(Qos::AtLeastOnce)).await.unwrap_err();
    assert!(error.is_timeout() && error.is_lost(), "{error}");
    assert_eq!(start.elapsed().as_secs(), 180);
}

#[tokio::test(start_paused = true)]
async fn the_broker_decides_the_keep_alive() {
    // Property 0x13, server keep alive, 5 s.
    let (_publisher, mut server) = publisher(&[0x20, 6, 0, 0, 3, 0x13, 0, 5], &Options::default()).await;
    let start = Instant::now();
    assert_eq!(packet(&mut server).await, (0xC0, vec![]));
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn no_more_in_flight_than_the_broker_takes() {
    // Property 0x21, receive maximum, 2.
    let (publisher, mut server) = publisher(&[0x20, 6, 0, 0, 3, 0x21, 0, 2], &Options::default()).await;
    for sequence in 0..2 {
        publisher.enqueue(sequence, publication(Qos::AtLeastOnce)).await.unwrap();
    }
    let third = publisher.enqueue(2, publication(Qos::AtLeastOnce));
    assert!(tokio::time::timeout(Duration::from_secs(1), third).await.is_err(), "it waits");
    assert_eq!(publisher.unsettled().unacknowledged, [0, 1], "and, cancelled, is not sent");
    for _ in 0..2 {
        assert_eq!(packet(&mut server).await.0, 0x32);
    }
    // Refused: quota exceeded.
    server.write_all(&[0x40, 4, 0, 1, 0x97, 0]).await.unwrap();
    publisher.enqueue(2, publication(Qos::AtLeastOnce)).await.unwrap();
    assert_eq!(packet(&mut server).await.0, 0x32);
    server.write_all(&[0x40, 2, 0, 2, 0x40, 2, 0, 3]).await.unwrap();
    assert!(publisher.flush().await.unwrap_err().is_denied());
    assert_eq!(publisher.take_refusals(), [Refusal { sequence: 0, why: "quota exceeded" }]);
    publisher.flush().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_takes_nothing_holds_the_caller_back_and_loses_no_account() {
    let (publisher, server) = publisher(CONNACK, &Options::default()).await;
    let large = Publication::new(Topic::new("t").unwrap(), vec![0; 50_000], Qos::AtMostOnce);
    let mut handed_over = 0;
    while let Ok(result) =
        tokio::time::timeout(Duration::from_secs(1), publisher.enqueue(handed_over, large.clone())).await
    {
        result.unwrap();
        handed_over += 1;
    }
    assert!((6..20).contains(&handed_over), "{handed_over} × 50 kB in buffers");
    drop(server);
    assert!(publisher.flush().await.unwrap_err().is_lost());
    let unsettled = publisher.unsettled();
    assert_eq!(unsettled.unwritten.last(), Some(&(handed_over - 1)));
    // The system's 64 KiB of buffer hold one whole message.
    assert_eq!(unsettled.unwritten.first(), Some(&1));
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_that_nobody_takes_ends_all_the_same() {
    let (publisher, mut server) = publisher(CONNACK, &Options::default()).await;
    let start = Instant::now();
    publisher.disconnect().await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 2, "the broker did not close");
    assert_eq!(packet(&mut server).await, (0xE0, vec![]));
    assert!(publisher.publish(publication(Qos::AtMostOnce)).await.unwrap_err().is_closed());
}

#[tokio::test(start_paused = true)]
async fn the_brokers_reason_reaches_the_caller() {
    let (publisher, mut server) = publisher(CONNACK, &Options::default()).await;
    server.write_all(&[0xE0, 2, 0x8B, 0]).await.unwrap();
    drop(server);
    let error = publisher.publish(publication(Qos::AtLeastOnce)).await.unwrap_err();
    assert_eq!(error.to_string(), "connection lost: the broker shuts down");
}

#[tokio::test(start_paused = true)]
async fn the_first_word_must_be_connack() {
    type Predicate = fn(&Error) -> bool;
    let cases: [(&[u8], Predicate); 5] = [
        (&[0xD0, 0], Error::is_protocol),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Error::is_protocol),
        (&[0x20, 3, 0, 0x87, 0], Error::is_auth),
        (&[0x20, 3, 0, 0x8A, 0], Error::is_refused),
        (&[0xE0, 1, 0x8B], Error::is_refused),
    ];
    for (answer, is_expected) in cases {
        let (client, task) = broker(answer);
        let error = Publisher::over(client, &Options::default()).await.unwrap_err();
        assert!(is_expected(&error), "{error}");
        drop(task);
    }
}

async fn subscriber(
    script: &'static [u8],
    subscription: Subscription,
) -> (Result<Subscriber, Error>, DuplexStream) {
    let (client, mut server) = duplex(1 << 16);
    let task = tokio::spawn(async move {
        assert_eq!(packet(&mut server).await.0, 0x10);
        server.write_all(CONNACK).await.unwrap();
        assert_eq!(packet(&mut server).await.0, 0x82);
        server.write_all(script).await.unwrap();
        server
    });
    let result = Subscriber::over(client, &Options::default(), subscription).await;
    (result, task.await.unwrap())
}

fn anything(acks: Acks) -> Subscription {
    Subscription { acks, ..Subscription::new(Filter::new("#").unwrap(), Qos::ExactlyOnce) }
}

#[tokio::test(start_paused = true)]
async fn a_refused_subscription_is_an_error_and_says_which() {
    let filters = ["a", "b"].map(|filter| (Filter::new(filter).unwrap(), Qos::AtMostOnce)).to_vec();
    let wanted = Subscription { filters, ..anything(Acks::Automatic) };
    let (result, _server) = subscriber(&[0x90, 5, 0, 1, 0, 0, 0x87], wanted.clone()).await;
    let error = result.unwrap_err();
    assert!(error.is_denied());
    assert_eq!(error.to_string(), "subscription 2 of 2 refused by the broker: not authorized");
    let (result, _server) = subscriber(&[0x90, 4, 0, 1, 0, 0], wanted).await;
    assert!(result.unwrap_err().is_protocol(), "one answer for two");
}

/// A resumed session's messages can stand before SUBACK, and the rest of the read after it.
#[tokio::test(start_paused = true)]
async fn messages_around_suback_are_delivered_in_order() {
    let script =
        b"\x30\x05\x00\x01t\x001\x90\x04\x00\x01\x00\x02\x30\x05\x00\x01t\x002\x30\x05\x00\x01t\x003";
    let (result, _server) = subscriber(script, anything(Acks::Automatic)).await;
    let mut subscriber = result.unwrap();
    for expected in ["1", "2", "3"] {
        assert_eq!(subscriber.next().await.unwrap().payload, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_falls_behind_slows_the_broker_down_and_is_not_thrown_out() {
    let (result, server) = subscriber(&[0x90, 4, 0, 1, 0, 0], anything(Acks::Automatic)).await;
    let mut subscriber = result.unwrap();
    let (mut client_says, mut server_says) = tokio::io::split(server);
    let sending = tokio::spawn(async move {
        // 10,000 × 1,000 bytes, far more than all buffers.
        let mut message = b"\x30\xe8\x07\x00\x01t\x00".to_vec();
        message.resize(1_003, b'x');
        for _ in 0..10_000 {
            server_says.write_all(&message).await.unwrap();
        }
        server_says
    });
    // Five minutes of nothing read: pings must go out although no answer can be seen.
    let mut pings = 0;
    let start = Instant::now();
    while start.elapsed() < Duration::from_mins(5) {
        let mut ping = [0; 2];
        client_says.read_exact(&mut ping).await.unwrap();
        assert_eq!(ping, [0xC0, 0]);
        pings += 1;
    }
    assert_eq!(pings, 5);
    assert!(!sending.is_finished());
    for _ in 0..10_000 {
        assert_eq!(subscriber.next().await.unwrap().payload.len(), 996);
    }
    drop(sending.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_message_above_the_limit_ends_the_connection() {
    let (client, mut server) = duplex(1 << 16);
    let task = tokio::spawn(async move {
        packet(&mut server).await;
        server.write_all(CONNACK).await.unwrap();
        packet(&mut server).await;
        // A PUBLISH of 268,435,455 bytes is announced.
        server.write_all(&[0x90, 4, 0, 1, 0, 0, 0x30, 0xFF, 0xFF, 0xFF, 0x7F]).await.unwrap();
        server
    });
    let options = Options { in_flight: NonZeroU16::MIN, ..Options::default() };
    let mut subscriber = Subscriber::over(client, &options, anything(Acks::Automatic)).await.unwrap();
    assert!(subscriber.next().await.unwrap_err().is_protocol());
    drop(task);
}
