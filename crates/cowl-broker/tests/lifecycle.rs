//! Starting, ending and starting again.

mod common;

use common::wire::{Connect, VERSIONS, Version, Wire};
use std::time::{Duration, Instant};

use common::{
    Certificate, DEVICE, MANIFEST, NODE, OPERATOR, SHARD, SOON, config, loopback, on_tcp, tcp_only,
};
use cowl_broker::{Broker, BrokerError, Listeners, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn shutdown_ends_connections_and_frees_the_port_at_once() {
    let (mut broker, address) = on_tcp().await;
    for round in 0..5 {
        let mut clients = Vec::new();
        for version in VERSIONS {
            for user in [OPERATOR, NODE] {
                let mut client = Wire::logged_in(address, version, user).await;
                client.subscribe("c/box/#", 1).await;
                clients.push(client);
            }
        }
        let silent = TcpStream::connect(address).await.unwrap();
        broker.shutdown().await;
        for mut client in clients {
            // MQTT 5 clients may be told with a DISCONNECT first.
            while let Some(packet) = client.packet().await {
                assert_eq!(packet.first, 0xe0);
            }
        }
        assert!(TcpStream::connect(address).await.is_err(), "round {round}");
        drop(silent);
        let again = Listeners { tcp: Some(address), ..Listeners::default() };
        broker = Broker::start(config(again)).await.unwrap();
        assert_eq!(broker.addresses().tcp, Some(address));
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn dropping_ends_it_too() {
    let (broker, address) = on_tcp().await;
    let mut client = Wire::logged_in(address, Version::V3, DEVICE).await;
    drop(broker);
    assert_eq!(client.packet().await, None);
}

#[tokio::test]
async fn a_broker_that_was_ended_remembers_nothing() {
    let (broker, address) = on_tcp().await;
    let mut operator = Wire::logged_in(address, Version::V5, OPERATOR).await;
    operator.publish(MANIFEST, b"old", 1, true).await;
    broker.shutdown().await;
    let again = Listeners { tcp: Some(address), ..Listeners::default() };
    let broker = Broker::start(config(again)).await.unwrap();
    let mut device = Wire::logged_in(address, Version::V5, DEVICE).await;
    assert_eq!(device.subscribe(MANIFEST, 0).await, 0);
    let mut operator = Wire::logged_in(address, Version::V5, OPERATOR).await;
    operator.publish(MANIFEST, b"new", 1, true).await;
    assert_eq!(device.receive().await.payload, b"new");
    broker.shutdown().await;
}

#[tokio::test]
async fn brokers_in_one_process_share_nothing() {
    let (first, first_at) = on_tcp().await;
    let (second, second_at) = on_tcp().await;
    assert_ne!(first_at, second_at);
    let mut readers = [
        Wire::logged_in(first_at, Version::V5, NODE).await,
        Wire::logged_in(second_at, Version::V5, NODE).await,
    ];
    for reader in &mut readers {
        reader.subscribe("c/box/#", 0).await;
    }
    for (address, payload) in [(first_at, b"1"), (second_at, b"2")] {
        Wire::logged_in(address, Version::V3, DEVICE).await.publish(SHARD, payload, 1, false).await;
    }
    let [of_first, of_second] = &mut readers;
    assert_eq!(of_first.receive().await.payload, b"1");
    assert_eq!(of_second.receive().await.payload, b"2");
    first.shutdown().await;
    of_second.settle().await;
    assert_eq!(second.counts().connects_accepted, 2);
    second.shutdown().await;
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let (broker, address) = on_tcp().await;
    let taken = Listeners { ws: Some(address), ..Listeners::default() };
    let error = Broker::start(config(taken)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {address} for ws"));
    let BrokerError::Bind { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
    broker.shutdown().await;
}

#[tokio::test]
async fn a_bad_certificate_is_named() {
    let good = Certificate::new();
    let other = Certificate::new();
    let mut missing = good.listener();
    missing.certificate.set_file_name("none.pem");
    let mut no_key = good.listener();
    no_key.key = no_key.certificate.clone();
    let mut foreign_key = good.listener();
    foreign_key.key = other.listener().key;
    for tls in [missing, no_key, foreign_key] {
        let listeners = Listeners { tls: Some(tls), ..Listeners::default() };
        let error = Broker::start(config(listeners)).await.unwrap_err();
        assert!(matches!(error, BrokerError::Certificate { transport: Transport::Tls }), "{error}");
    }
}

#[tokio::test]
async fn limits_hold() {
    for version in VERSIONS {
        let mut config = tcp_only();
        config.limits.connections = 2.try_into().unwrap();
        config.limits.packet_size = 1_000.try_into().unwrap();
        config.limits.keep_alive = 30.try_into().unwrap();
        config.limits.subscriptions = 2;
        let broker = Broker::start(config).await.unwrap();
        let address = broker.addresses().tcp.unwrap();
        let mut first = Wire::logged_in(address, version, NODE).await;
        let mut second = Wire::tcp(address, version).await;
        let greedy = Connect { keep_alive: u16::MAX, ..Connect::as_user(NODE) };
        let ack = second.connect_for_ack(&greedy).await;
        assert_eq!(ack.body[1], 0, "a long keep-alive is no reason to refuse");
        if version == Version::V5 {
            assert!(ack.body.windows(3).any(|property| property == [0x13, 0, 30]), "but it is cut");
        }
        let mut third = Wire::tcp(address, version).await;
        assert_eq!(third.try_connect(&Connect::as_user(NODE)).await, None, "closed at once");
        assert_eq!(broker.counts().connects_refused_full, 1);
        assert_eq!(first.subscribe("c/box/1", 0).await, 0);
        assert_eq!(first.subscribe("c/box/2", 0).await, 0);
        assert!(first.subscribe("c/box/3", 0).await >= 0x80);
        first.send(0x30, &[0; 1_001]).await;
        while first.packet().await.is_some() {}
        drop(second);
        wait_until_empty(address, version).await;
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn who_says_nothing_or_too_little_is_shown_out() {
    let certificate = Certificate::new();
    let mut config = config(Listeners {
        tcp: Some(loopback()),
        tls: Some(certificate.listener()),
        ws: Some(loopback()),
        wss: Some(certificate.listener()),
    });
    config.limits.connections = 8.try_into().unwrap();
    config.limits.handshake = Duration::from_secs(1);
    let broker = Broker::start(config).await.unwrap();
    let at = broker.addresses();
    let began = Instant::now();
    let mut idle = Vec::new();
    for address in [at.tcp, at.tls, at.ws, at.wss].map(Option::unwrap) {
        for start in [&b""[..], b"\x10\x40\0\x04MQTT\x05"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(start).await.unwrap();
            idle.push(stream);
        }
    }
    for mut stream in idle {
        let mut rest = Vec::new();
        // A TLS alert, an HTTP error, a CONNACK with a refusal, or nothing: then the end.
        let _ = timeout(SOON, stream.read_to_end(&mut rest)).await.expect("the broker closes");
    }
    assert!(began.elapsed() < SOON / 2);
    // All eight places are free again.
    wait_until_empty(at.tcp.unwrap(), Version::V5).await;
    broker.shutdown().await;
}

/// Connects until there is room for two again.
async fn wait_until_empty(address: std::net::SocketAddr, version: Version) {
    let mut inside = Vec::new();
    while inside.len() < 2 {
        let mut client = Wire::tcp(address, version).await;
        if client.try_connect(&Connect::as_user(NODE)).await.is_some_and(|ack| ack.body.get(1) == Some(&0)) {
            inside.push(client);
        }
    }
    for client in &mut inside {
        client.send(0xe0, &[]).await;
    }
    drop(inside);
}
