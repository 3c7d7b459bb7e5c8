//! MQTT packets to bytes and back. Only this directory knows the codec library and the differences
//! between the protocol versions; the state machine above sees neither.

pub(super) mod reason;
mod v311;
mod v5;

use std::num::NonZeroU16;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use rmqtt_codec::error::{DecodeError, EncodeError};
use rmqtt_codec::types::QoS;
use tokio_util::codec::{Decoder as _, Encoder as _};

use super::error::{Error, Kind};
use super::{Options, Properties, Publication, Qos, Session, Subscription, Topic, Version};

/// MQTT 5 §2.1.4: the longest remaining length that four bytes can say.
pub(super) const LARGEST: u32 = 268_435_455;

/// With what a broker may begin: CONNACK, and in MQTT 5 DISCONNECT or AUTH (§4.8, §4.12).
const FIRST: [u8; 3] = [0x20, 0xE0, 0xF0];

/// What a broker sends.
pub(super) enum Incoming {
    ConnAck(ConnAck),
    Publish(Delivery),
    PubAck {
        id: NonZeroU16,
        refused: Option<&'static str>,
    },
    PubRec {
        id: NonZeroU16,
        refused: Option<&'static str>,
    },
    PubRel {
        id: NonZeroU16,
    },
    PubComp {
        id: NonZeroU16,
    },
    SubAck {
        refused: Vec<Option<&'static str>>,
    },
    PingResp,
    Disconnect {
        why: &'static str,
    },
    /// Something that only a client or a server we never asked for it sends.
    Unexpected,
}

/// The broker's answer to CONNECT: its limits, with the defaults of the standard filled in.
pub(super) struct ConnAck {
    pub(super) refusal: Option<Refusal>,
    pub(super) session_present: bool,
    pub(super) receive_max: NonZeroU16,
    /// The same for QoS 2.
    pub(super) receive_max_exact: NonZeroU16,
    pub(super) max_packet: u32,
    pub(super) max_qos: Qos,
    pub(super) retain: bool,
    /// Whether filters may hold wildcards.
    pub(super) wildcards: bool,
    pub(super) keep_alive_s: Option<u16>,
}

pub(super) struct Refusal {
    pub(super) why: &'static str,
    pub(super) login: bool,
}

/// A PUBLISH from the broker.
pub(super) struct Delivery {
    pub(super) topic: Topic,
    pub(super) payload: Bytes,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    pub(super) dup: bool,
    pub(super) properties: Option<Box<Properties>>,
    /// `None` exactly at QoS 0.
    pub(super) id: Option<NonZeroU16>,
}

/// The answers that carry a packet identifier and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the names of the standard")]
pub(super) enum Answer {
    PubAck,
    PubRec,
    PubRel,
    PubComp,
}

/// Bytes to packets.
#[derive(Debug)]
pub(super) struct Reader {
    codec: Codec,
    /// Whether a first packet has been read.
    greeted: bool,
}

/// Packets to bytes.
#[derive(Debug)]
pub(super) struct Writer {
    codec: Codec,
    limit: u32,
}

#[derive(Debug)]
enum Codec {
    V311(rmqtt_codec::v3::Codec),
    V5(rmqtt_codec::v5::Codec),
}

impl Reader {
    /// `max_packet` bytes at most to a packet.
    pub(super) fn new(version: Version, max_packet: u32) -> Self {
        let limit = max_packet.clamp(1, LARGEST);
        let codec = match version {
            Version::V311 => Codec::V311(rmqtt_codec::v3::Codec::new(limit)),
            Version::V5 => Codec::V5(rmqtt_codec::v5::Codec::new(limit, 0)),
        };
        Self { codec, greeted: false }
    }

    /// The next whole packet of `bytes`, taken off them.
    pub(super) fn read(&mut self, bytes: &mut BytesMut) -> Result<Option<Incoming>, Error> {
        // A server that speaks HTTP or TLS is better told by its first byte than by a wait for the length that
        // its next ones seem to announce.
        if !self.greeted && bytes.first().is_some_and(|kind| !FIRST.contains(kind)) {
            return Err(Kind::Protocol("its first packet is no answer to the greeting").into());
        }
        let packet = match &mut self.codec {
            Codec::V311(codec) => match codec.decode(bytes).map_err(|error| unreadable(&error))? {
                Some((packet, _)) => v311::incoming(packet),
                None => return Ok(None),
            },
            Codec::V5(codec) => match codec.decode(bytes).map_err(|error| unreadable(&error))? {
                Some((packet, _)) => v5::incoming(packet),
                None => return Ok(None),
            },
        };
        self.greeted = true;
        packet.map(Some).ok_or_else(|| Kind::Protocol("a message without a topic").into())
    }
}

impl Writer {
    pub(super) fn new(version: Version, max_packet: u32) -> Self {
        let mut writer = Self {
            codec: match version {
                Version::V311 => Codec::V311(rmqtt_codec::v3::Codec::default()),
                Version::V5 => Codec::V5(rmqtt_codec::v5::Codec::default()),
            },
            limit: 0,
        };
        writer.limit_to(max_packet);
        writer
    }

    pub(super) fn limit_to(&mut self, max_packet: u32) {
        self.limit = max_packet.clamp(16, LARGEST);
    }

    pub(super) fn connect(
        &mut self,
        options: &Options,
        client_id: ByteString,
        session: Session,
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        match &mut self.codec {
            Codec::V311(codec) => {
                let packet = v311::connect(options, client_id, session)?;
                encode(out, |out| codec.encode(packet, out))
            }
            Codec::V5(codec) => {
                let packet = v5::connect(options, client_id, session);
                encode(out, |out| codec.encode(packet, out))
            }
        }
    }

    pub(super) fn publish(
        &mut self,
        publication: Publication,
        id: Option<NonZeroU16>,
        dup: bool,
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        // Exact but for the properties, whose size only the MQTT 5 codec knows; it gets the limit, too.
        let size = 5 + 2 + publication.topic.as_str().len() + 2 + publication.payload.len();
        if u32::try_from(size).map_or(true, |size| size > self.limit) {
            return Err(Kind::TooLarge { size, limit: self.limit }.into());
        }
        match &mut self.codec {
            Codec::V311(codec) => {
                let packet = v311::publish(publication, id, dup)?;
                encode(out, |out| codec.encode(packet, out))
            }
            Codec::V5(codec) => {
                codec.set_max_outbound_size(self.limit);
                let packet = v5::publish(publication, id, dup);
                encode(out, |out| codec.encode(packet, out))
            }
        }
    }

    pub(super) fn subscribe(
        &mut self,
        subscription: &Subscription,
        id: NonZeroU16,
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        match &mut self.codec {
            Codec::V311(codec) => {
                let packet = v311::subscribe(subscription, id);
                encode(out, |out| codec.encode(packet, out))
            }
            Codec::V5(codec) => {
                let packet = v5::subscribe(subscription, id);
                encode(out, |out| codec.encode(packet, out))
            }
        }
    }

    pub(super) fn answer(&mut self, answer: Answer, id: NonZeroU16, out: &mut BytesMut) -> Result<(), Error> {
        match &mut self.codec {
            Codec::V311(codec) => encode(out, |out| codec.encode(v311::answer(answer, id), out)),
            Codec::V5(codec) => encode(out, |out| codec.encode(v5::answer(answer, id), out)),
        }
    }

    pub(super) fn ping(out: &mut BytesMut) {
        // PINGREQ is the same two bytes in all versions (MQTT 5 §3.12).
        out.extend_from_slice(&[0xC0, 0x00]);
    }

    pub(super) fn disconnect(out: &mut BytesMut) {
        // Reason 0 and no properties may be left out (MQTT 5 §3.14), so again the same for all.
        out.extend_from_slice(&[0xE0, 0x00]);
    }
}

/// The codec can fail in the middle of a packet; half a packet must not stay.
fn encode(
    out: &mut BytesMut,
    write: impl FnOnce(&mut BytesMut) -> Result<(), EncodeError>,
) -> Result<(), Error> {
    let before = out.len();
    write(out).map_err(|error| {
        out.truncate(before);
        match error {
            EncodeError::OverMaxPacketSize { size, max } => {
                Kind::TooLarge { size: usize::try_from(size).unwrap_or(usize::MAX), limit: max }.into()
            }
            _ => Kind::Usage("a text of the packet is longer than 65535 bytes").into(),
        }
    })
}

fn unreadable(error: &DecodeError) -> Error {
    Kind::Protocol(match error {
        DecodeError::MaxSizeExceeded { .. } => "a packet larger than the limit",
        DecodeError::Utf8Error => "a text that is not UTF-8",
        DecodeError::UnsupportedPacketType => "a packet of an unknown type",
        _ => "a malformed packet",
    })
    .into()
}

fn to_wire(qos: Qos) -> QoS {
    match qos {
        Qos::AtMostOnce => QoS::AtMostOnce,
        Qos::AtLeastOnce => QoS::AtLeastOnce,
        Qos::ExactlyOnce => QoS::ExactlyOnce,
    }
}

fn from_wire(qos: QoS) -> Qos {
    match qos {
        QoS::AtMostOnce => Qos::AtMostOnce,
        QoS::AtLeastOnce => Qos::AtLeastOnce,
        QoS::ExactlyOnce => Qos::ExactlyOnce,
    }
}

fn needs_v5(what: &'static str) -> Error {
    Kind::Usage(what).into()
}

#[cfg(test)]
mod tests;
