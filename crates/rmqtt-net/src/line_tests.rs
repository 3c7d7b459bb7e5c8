use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::*;
use crate::taker::{Refusal, Taker};

/// Keeps one publish until it is told.
struct Later(Mutex<Option<oneshot::Receiver<Result<(), Refusal>>>>);

impl Taker for Later {
    fn take(&self, _: &Client, _: &Publish) -> Taken {
        let settled = self.0.lock().unwrap().take().unwrap();
        Taken::Keep(Box::pin(async { settled.await.unwrap() }))
    }
}

#[tokio::test(start_paused = true)]
async fn while_it_is_not_read_a_client_is_not_silent() {
    let (settle, settled) = oneshot::channel();
    let (mut peer, io) = tokio::io::duplex(1_000);
    let wire = Wire::new(io, MqttCodec::V3(v3::Codec::new(1_000)), 1_000);
    let intake = Intake::new(Arc::new(Later(Mutex::new(Some(settled)))), 1, 1_000);
    let mut line = Line::new(wire, ProtocolVersion::MQTT3, Arc::default(), Some(intake));
    line.connects(Client { id: "device".into(), user: None });
    line.connected(10);
    // The second is not read before the first is settled.
    peer.write_all(b"\x32\x06\0\x01a\0\x01x\xc0\0").await.unwrap();
    let nothing = timeout(Duration::from_secs(1_000), poll_fn(|cx| line.poll_next(cx))).await;
    assert!(nothing.is_err());
    settle.send(Ok(())).unwrap();
    let packet = poll_fn(|cx| line.poll_next(cx)).await;
    assert!(matches!(packet, Some(Ok(MqttPacket::V3(v3::Packet::PingRequest)))));
    // Ten seconds, and half as long again.
    let began = Instant::now();
    let end = poll_fn(|cx| line.poll_next(cx)).await;
    assert!(matches!(end, Some(Err(MqttError::ReadTimeout))));
    assert_eq!(began.elapsed().as_secs(), 15);
    let mut ack = [0; 4];
    peer.read_exact(&mut ack).await.unwrap();
    assert_eq!(&ack, b"\x40\x02\0\x01");
}

#[tokio::test(start_paused = true)]
async fn what_is_closed_holds_nothing() {
    let (_settle, settled) = oneshot::channel();
    let (mut peer, io) = tokio::io::duplex(1_000);
    let wire = Wire::new(io, MqttCodec::V3(v3::Codec::new(1_000)), 1_000);
    let intake = Intake::new(Arc::new(Later(Mutex::new(Some(settled)))), 8, 1_000);
    let room = Arc::clone(&intake.room);
    let mut line = Line::new(wire, ProtocolVersion::MQTT3, Arc::default(), Some(intake));
    line.connects(Client { id: "device".into(), user: None });
    line.connected(10);
    peer.write_all(b"\x32\x06\0\x01a\0\x01x").await.unwrap();
    assert!(timeout(Duration::from_secs(1), poll_fn(|cx| line.poll_next(cx))).await.is_err());
    assert_eq!(room.available_permits(), 998);
    line.close().await.unwrap();
    assert_eq!(room.available_permits(), 1_000);
    assert_eq!(peer.read(&mut [0; 4]).await.unwrap(), 0, "the stream is dropped");
    assert!(poll_fn(|cx| line.poll_next(cx)).await.is_none());
}
