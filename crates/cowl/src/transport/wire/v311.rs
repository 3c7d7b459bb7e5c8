//! MQTT 3.1.1.

use std::num::NonZeroU16;

use bytestring::ByteString;
use rmqtt_codec::types::{MQTT_LEVEL_311, Protocol, Publish};
use rmqtt_codec::v3::{Connect, ConnectAckReason, LastWill, Packet, SubscribeReturnCode};

use super::{Answer, ConnAck, Delivery, Incoming, LARGEST, Refusal, from_wire, needs_v5, reason, to_wire};
use crate::transport::error::Error;
use crate::transport::{Options, Publication, Qos, Session, Subscription, Topic};

/// 3.1.1 has no words for the limit, but mosquitto 2.0 ends the connection at the 21st message of QoS 2 in flight
/// (its `max_inflight_messages`), and its own client sends no more than that.
const UNTOLD: NonZeroU16 = NonZeroU16::new(20).unwrap();

pub(super) fn connect(options: &Options, client_id: ByteString, session: Session) -> Result<Packet, Error> {
    if !options.user_properties.is_empty() {
        return Err(needs_v5("user properties need MQTT 5"));
    }
    let last_will = match &options.will {
        None => None,
        Some(will) if will.publication.properties.is_some() || will.delay_s != 0 => {
            return Err(needs_v5("properties and delay of a will need MQTT 5"));
        }
        Some(will) => Some(LastWill {
            qos: to_wire(will.publication.qos),
            retain: will.publication.retain,
            topic: will.publication.topic.wire(),
            message: will.publication.payload.clone(),
        }),
    };
    Ok(Connect {
        protocol: Protocol(MQTT_LEVEL_311),
        clean_session: session == Session::Clean,
        keep_alive: options.keep_alive_s,
        last_will,
        client_id,
        username: options.login.as_ref().map(|login| login.user.clone()),
        password: options.login.as_ref().and_then(|login| login.password.clone()),
        cert: None,
    }
    .into())
}

pub(super) fn publish(publication: Publication, id: Option<NonZeroU16>, dup: bool) -> Result<Packet, Error> {
    let Publication { topic, payload, qos, retain, properties } = publication;
    if properties.is_some() {
        return Err(needs_v5("properties of a message need MQTT 5"));
    }
    let topic = topic.wire();
    Ok(Publish { dup, retain, qos: to_wire(qos), topic, packet_id: id, payload, properties: None }.into())
}

pub(super) fn subscribe(subscription: &Subscription, packet_id: NonZeroU16) -> Packet {
    let topic_filters =
        subscription.filters.iter().map(|(filter, qos)| (filter.wire(), to_wire(*qos))).collect();
    Packet::Subscribe { packet_id, topic_filters }
}

pub(super) fn answer(answer: Answer, packet_id: NonZeroU16) -> Packet {
    match answer {
        Answer::PubAck => Packet::PublishAck { packet_id },
        Answer::PubRec => Packet::PublishReceived { packet_id },
        Answer::PubRel => Packet::PublishRelease { packet_id },
        Answer::PubComp => Packet::PublishComplete { packet_id },
    }
}

/// `None` if a message has no valid topic.
pub(super) fn incoming(packet: Packet) -> Option<Incoming> {
    Some(match packet {
        Packet::ConnectAck(ack) => Incoming::ConnAck(ConnAck {
            refusal: refusal(ack.return_code),
            session_present: ack.session_present,
            receive_max: NonZeroU16::MAX,
            receive_max_exact: UNTOLD,
            max_packet: LARGEST,
            max_qos: Qos::ExactlyOnce,
            retain: true,
            wildcards: true,
            keep_alive_s: None,
        }),
        Packet::Publish(publish) => {
            let Publish { dup, retain, qos, topic, packet_id: id, payload, properties: _ } = *publish;
            let (topic, qos) = (Topic::received(topic)?, from_wire(qos));
            Incoming::Publish(Delivery { topic, payload, qos, retain, dup, properties: None, id })
        }
        Packet::PublishAck { packet_id: id } => Incoming::PubAck { id, refused: None },
        Packet::PublishReceived { packet_id: id } => Incoming::PubRec { id, refused: None },
        Packet::PublishRelease { packet_id: id } => Incoming::PubRel { id },
        Packet::PublishComplete { packet_id: id } => Incoming::PubComp { id },
        Packet::SubscribeAck { packet_id: _, status } => Incoming::SubAck {
            refused: status
                .into_iter()
                .map(|code| matches!(code, SubscribeReturnCode::Failure).then_some("no reason given"))
                .collect(),
        },
        Packet::PingResponse => Incoming::PingResp,
        _ => Incoming::Unexpected,
    })
}

/// The codes of 3.1.1 §3.2.2.3, said as in MQTT 5.
fn refusal(code: ConnectAckReason) -> Option<Refusal> {
    let code = match code {
        ConnectAckReason::ConnectionAccepted => return None,
        ConnectAckReason::UnacceptableProtocolVersion => 0x84,
        ConnectAckReason::IdentifierRejected => 0x85,
        ConnectAckReason::ServiceUnavailable => 0x88,
        ConnectAckReason::BadUserNameOrPassword => 0x86,
        ConnectAckReason::NotAuthorized => 0x87,
        ConnectAckReason::Reserved => 0x80,
    };
    Some(Refusal { why: reason::text(code), login: reason::is_login(code) })
}
