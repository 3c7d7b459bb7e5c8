//! MQTT packets as a broker takes and gives them: version 5, by the same codec library as the client's.

use std::num::NonZeroU16;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v5::{Codec, ConnectAck, Packet, PublishAck, SubscribeAck, SubscribeAckReason};
use tokio_util::codec::{Decoder as _, Encoder as _};

/// The largest packet that the broker takes.
const LARGEST: u32 = 1 << 20;

/// Bytes that are not MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoMqtt;

/// What a client wants.
#[derive(Debug)]
pub(super) enum Request {
    Connect {
        client_id: ByteString,
    },
    Publish {
        topic: ByteString,
        payload: Bytes,
        id: Option<NonZeroU16>,
        retain: bool,
    },
    Subscribe {
        id: NonZeroU16,
        topics: Vec<ByteString>,
    },
    Ping,
    Disconnect,
    /// Acknowledgements of what the broker sent: nothing depends on them here.
    Nothing,
    /// What this broker cannot do.
    Unsupported,
}

/// What bytes begin with.
enum Begin {
    /// Half a fixed header.
    Half,
    /// A packet of so many bytes, its header included.
    Packet(usize),
    /// A length that no packet has.
    NoMqtt,
}

fn begin(bytes: &[u8]) -> Begin {
    let mut length = 0_usize;
    for (place, shift) in (1..=4_usize).zip([0_u32, 7, 14, 21]) {
        let Some(byte) = bytes.get(place).copied() else { return Begin::Half };
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Begin::Packet(1 + place + length);
        }
    }
    Begin::NoMqtt
}

/// Cuts the next whole packet off, its fixed header included. `None`: more has to come.
pub(super) fn frame(bytes: &mut BytesMut) -> Option<Result<Bytes, NoMqtt>> {
    match begin(bytes) {
        Begin::Half => None,
        Begin::Packet(length) => (bytes.len() >= length).then(|| Ok(bytes.split_to(length).freeze())),
        Begin::NoMqtt => {
            bytes.clear();
            Some(Err(NoMqtt))
        }
    }
}

/// Whether the bytes that a client writes at once hold a report: packets are written whole.
pub(super) fn has_publish(mut bytes: &[u8]) -> bool {
    while let Some(kind) = bytes.first() {
        if kind >> 4 == 3 {
            return true;
        }
        let Begin::Packet(length) = begin(bytes) else { return false };
        bytes = bytes.get(length..).unwrap_or_default();
    }
    false
}

/// Reads a whole packet.
pub(super) fn request(codec: &mut Codec, packet: &Bytes) -> Option<Request> {
    let (packet, _) = codec.decode(&mut BytesMut::from(packet.as_ref())).ok()??;
    Some(match packet {
        Packet::Connect(connect) => Request::Connect { client_id: connect.client_id },
        Packet::Publish(publish) => {
            let Publish { retain, topic, packet_id, payload, qos, .. } = *publish;
            if qos == QoS::ExactlyOnce {
                return Some(Request::Unsupported);
            }
            Request::Publish { topic, payload, id: packet_id, retain }
        }
        Packet::Subscribe(subscribe) => Request::Subscribe {
            id: subscribe.packet_id,
            topics: subscribe.topic_filters.into_iter().map(|(topic, _)| topic).collect(),
        },
        Packet::PingRequest => Request::Ping,
        Packet::Disconnect(_) => Request::Disconnect,
        Packet::PublishAck(_) => Request::Nothing,
        _ => Request::Unsupported,
    })
}

pub(super) fn codec() -> Codec {
    Codec::new(LARGEST, 0)
}

pub(super) fn connected(codec: &mut Codec) -> Bytes {
    encode(codec, ConnectAck::default().into())
}

pub(super) fn published(codec: &mut Codec, id: NonZeroU16) -> Bytes {
    encode(codec, Packet::PublishAck(PublishAck { packet_id: id, ..PublishAck::default() }))
}

/// Grants exact topics; there is nobody here who asks for more.
pub(super) fn subscribed(codec: &mut Codec, packet_id: NonZeroU16, topics: &[ByteString]) -> Bytes {
    let answer = |topic: &ByteString| {
        if topic.contains(['+', '#']) {
            SubscribeAckReason::WildcardSubscriptionsNotSupported
        } else {
            SubscribeAckReason::GrantedQos1
        }
    };
    let status = topics.iter().map(answer).collect();
    let answer = SubscribeAck { packet_id, properties: Vec::new(), reason_string: None, status };
    encode(codec, Packet::SubscribeAck(answer))
}

pub(super) fn pong(codec: &mut Codec) -> Bytes {
    encode(codec, Packet::PingResponse)
}

/// A message for a subscriber.
pub(super) fn message(
    codec: &mut Codec,
    topic: ByteString,
    payload: Bytes,
    retain: bool,
    id: NonZeroU16,
) -> Bytes {
    let publish = Publish {
        dup: false,
        retain,
        qos: QoS::AtLeastOnce,
        topic,
        packet_id: Some(id),
        payload,
        properties: None,
    };
    encode(codec, publish.into())
}

fn encode(codec: &mut Codec, packet: Packet) -> Bytes {
    let mut bytes = BytesMut::new();
    // Nothing here is longer than the codec takes; if it were, the client would miss it and say so.
    if codec.encode(packet, &mut bytes).is_err() {
        bytes.clear();
    }
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_cut_where_packets_end() {
        let mut bytes = BytesMut::from(&[0xc0, 0, 0x30, 3, 0, 1, b'a', 0xe0][..]);
        assert_eq!(frame(&mut bytes), Some(Ok(Bytes::from_static(&[0xc0, 0]))));
        assert_eq!(frame(&mut bytes), Some(Ok(Bytes::from_static(&[0x30, 3, 0, 1, b'a']))));
        assert_eq!(frame(&mut bytes), None);
        assert_eq!(&bytes[..], [0xe0]);
        let mut endless = BytesMut::from(&[0x30, 0xff, 0xff, 0xff, 0xff, 1][..]);
        assert_eq!(frame(&mut endless), Some(Err(NoMqtt)));
    }

    #[test]
    fn a_report_is_seen_behind_other_packets() {
        assert!(has_publish(&[0xc0, 0, 0x32, 5, 0, 1, b'a', 0, 1]));
        assert!(!has_publish(&[0xc0, 0, 0xe0, 0]));
        assert!(!has_publish(&[]));
    }
}
