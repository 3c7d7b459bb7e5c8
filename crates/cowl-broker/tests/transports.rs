//! TCP, TLS and WebSocket, each with MQTT 3.1.1 and 5.

mod common;

use common::wire::{Connect, VERSIONS, Version, Wire, handshake, tls, tls_client, tls_with};
use common::{Certificate, DEVICE, NODE, OPERATOR, SHARD, config, loopback};
use cowl_broker::{Broker, Listeners};
use rustls::version::TLS12;
use rustls::{DEFAULT_VERSIONS, HandshakeKind, NamedGroup, ProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_report_crosses_from_any_transport_to_any_other() {
    let certificate = Certificate::new();
    let listeners = Listeners {
        tcp: Some(loopback()),
        tls: Some(certificate.listener()),
        ws: Some(loopback()),
        wss: Some(certificate.listener()),
    };
    let broker = Broker::start(config(listeners)).await.unwrap();
    let at = broker.addresses();
    let mut everyone = Vec::new();
    for version in VERSIONS {
        for user in [NODE, DEVICE] {
            let clients = [
                Wire::tcp(at.tcp.unwrap(), version).await,
                Wire::tls(at.tls.unwrap(), &certificate.der, version).await,
                Wire::ws(at.ws.unwrap(), version).await,
                Wire::wss(at.wss.unwrap(), &certificate.der, version).await,
            ];
            for mut client in clients {
                assert_eq!(client.connect(&Connect::as_user(user)).await, 0);
                everyone.push((user, client));
            }
        }
    }
    let (mut readers, mut writers): (Vec<_>, Vec<_>) =
        everyone.into_iter().partition(|(user, _)| *user == NODE);
    for (_, reader) in &mut readers {
        assert_eq!(reader.subscribe("c/box/#", 1).await, 1);
    }
    for (index, (_, writer)) in writers.iter_mut().enumerate() {
        let payload = [u8::try_from(index).unwrap(); 3_000];
        assert_eq!(writer.publish(SHARD, &payload, 1, false).await, 0);
        for (_, reader) in &mut readers {
            assert_eq!(reader.receive().await.payload, payload);
        }
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn tls_is_1_3_with_a_post_quantum_exchange() {
    let certificate = Certificate::new();
    let listeners = Listeners { tls: Some(certificate.listener()), ..Listeners::default() };
    let broker = Broker::start(config(listeners)).await.unwrap();
    let stream = tls(broker.addresses().tls.unwrap(), &certificate.der).await;
    let (_, session) = stream.get_ref();
    assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    assert_eq!(session.negotiated_key_exchange_group().unwrap().name(), NamedGroup::X25519MLKEM768);
    assert!(tls_with(broker.addresses().tls.unwrap(), &certificate.der, &[&TLS12]).await.is_err());
    broker.shutdown().await;
}

#[tokio::test]
async fn tls_refuses_who_does_not_speak_it() {
    let certificate = Certificate::new();
    let listeners = Listeners { tls: Some(certificate.listener()), ..Listeners::default() };
    let broker = Broker::start(config(listeners)).await.unwrap();
    let mut client = Wire::tcp(broker.addresses().tls.unwrap(), Version::V5).await;
    client.send(0x10, b"\0\x04MQTT\x05\x02\0\x3c\0\0\0").await;
    // A TLS alert or nothing, then the end; never a CONNACK.
    assert!(client.packet().await.is_none_or(|packet| packet.first != 0x20));
    broker.shutdown().await;
}

#[tokio::test]
async fn an_unencrypted_broker_serves_the_operator_too() {
    let listeners = Listeners { ws: Some(loopback()), ..Listeners::default() };
    let broker = Broker::start(config(listeners)).await.unwrap();
    let at = broker.addresses();
    assert_eq!((at.tcp, at.tls, at.wss), (None, None, None));
    let mut operator = Wire::ws(at.ws.unwrap(), Version::V5).await;
    assert_eq!(operator.connect(&Connect::as_user(OPERATOR)).await, 0);
    broker.shutdown().await;
}

#[tokio::test]
async fn no_ticket_links_two_connections() {
    let certificate = Certificate::new();
    let listeners = Listeners { tls: Some(certificate.listener()), ..Listeners::default() };
    let broker = Broker::start(config(listeners)).await.unwrap();
    // One configuration, so that its store of sessions serves both.
    let client = tls_client(&certificate.der, DEFAULT_VERSIONS);
    for _ in 0..2 {
        let mut stream = handshake(broker.addresses().tls.unwrap(), client.clone()).await.unwrap();
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        // Tickets come before what the broker answers: a refusal of this anonymous CONNECT.
        stream.write_all(b"\x10\x0d\0\x04MQTT\x05\x02\0\x3c\0\0\0").await.unwrap();
        stream.read_exact(&mut [0; 4]).await.unwrap();
        assert_eq!(stream.get_ref().1.tls13_tickets_received(), 0);
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn only_binary_messages_are_mqtt() {
    let listeners = Listeners { ws: Some(loopback()), ..Listeners::default() };
    let broker = Broker::start(config(listeners)).await.unwrap();
    let address = broker.addresses().ws.unwrap();
    let mut client = Wire::ws(address, Version::V5).await;
    assert_eq!(client.connect(&Connect::as_user(DEVICE)).await, 0);
    client.send_message(Message::Ping(vec![0xe0, 0].into())).await;
    client.send_message(Message::Binary(vec![0xc0].into())).await;
    client.send_message(Message::Binary(vec![].into())).await;
    client.send_message(Message::Pong(vec![0xe0, 0].into())).await;
    client.send_message(Message::Binary(vec![0x00].into())).await;
    assert_eq!(client.packet().await.unwrap().first, 0xd0, "a PINGREQ in two pieces");
    client.send_message(Message::Text("MQTT".into())).await;
    assert_eq!(client.packet().await, None);

    let mut client = Wire::ws(address, Version::V5).await;
    assert_eq!(client.connect(&Connect::as_user(DEVICE)).await, 0);
    client.send_message(Message::Binary(vec![0x30; 1024 * 1024].into())).await;
    assert_eq!(client.packet().await, None, "larger than any packet may be");
    broker.shutdown().await;
}
