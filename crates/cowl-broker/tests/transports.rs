//! TCP, TLS and WebSocket, each with MQTT 3.1.1 and 5.

mod common;

use common::wire::{Connect, VERSIONS, Version, Wire, tls};
use common::{Certificate, DEVICE, NODE, OPERATOR, SHARD, config, loopback};
use cowl_broker::{Broker, Listeners};
use rustls::{NamedGroup, ProtocolVersion};

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
