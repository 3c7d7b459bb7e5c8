//! MQTT 5.

use std::num::{NonZeroU16, NonZeroU32};

use bytestring::ByteString;
use rmqtt_codec::types::Publish;
use rmqtt_codec::v5::{
    Connect, LastWill, Packet, PublishAck, PublishAck2, PublishProperties, Subscribe, SubscriptionOptions,
};

use super::{Answer, ConnAck, Delivery, Incoming, LARGEST, Refusal, from_wire, reason, to_wire};
use crate::transport::{Options, Properties, Publication, Session, Subscription, Topic, Will};

pub(super) fn connect(options: &Options, client_id: ByteString, session: Session) -> Packet {
    let session_expiry_interval_secs = match session {
        Session::Clean => 0,
        Session::Resume { expiry_s } => expiry_s,
    };
    Connect {
        clean_start: session == Session::Clean,
        keep_alive: options.keep_alive_s,
        session_expiry_interval_secs,
        receive_max: Some(options.in_flight),
        // We hold no table of aliases, so the broker may use none (§3.1.2.11.5).
        topic_alias_max: 0,
        user_properties: pairs(&options.user_properties),
        max_packet_size: NonZeroU32::new(options.max_packet.min(LARGEST)),
        last_will: options.will.as_ref().map(will),
        client_id,
        username: options.login.as_ref().map(|login| login.user.clone()),
        password: options.login.as_ref().and_then(|login| login.password.clone()),
        ..Connect::default()
    }
    .into()
}

pub(super) fn publish(publication: Publication, id: Option<NonZeroU16>, dup: bool) -> Packet {
    let Publication { topic, payload, qos, retain, properties } = publication;
    let properties = properties.map(|properties| to_properties(*properties));
    let topic = topic.wire();
    Publish { dup, retain, qos: to_wire(qos), topic, packet_id: id, payload, properties }.into()
}

pub(super) fn subscribe(subscription: &Subscription, packet_id: NonZeroU16) -> Packet {
    let options = |qos| SubscriptionOptions { qos: to_wire(qos), ..SubscriptionOptions::default() };
    Subscribe {
        packet_id,
        id: None,
        user_properties: Vec::new(),
        topic_filters: subscription
            .filters
            .iter()
            .map(|(filter, qos)| (filter.wire(), options(*qos)))
            .collect(),
    }
    .into()
}

pub(super) fn answer(answer: Answer, packet_id: NonZeroU16) -> Packet {
    match answer {
        Answer::PubAck => Packet::PublishAck(PublishAck { packet_id, ..PublishAck::default() }),
        Answer::PubRec => Packet::PublishReceived(PublishAck { packet_id, ..PublishAck::default() }),
        Answer::PubRel => Packet::PublishRelease(PublishAck2 { packet_id, ..PublishAck2::default() }),
        Answer::PubComp => Packet::PublishComplete(PublishAck2 { packet_id, ..PublishAck2::default() }),
    }
}

/// `None` if a message has no valid topic: we allow no aliases, so it must have one (§3.3.2.1).
pub(super) fn incoming(packet: Packet) -> Option<Incoming> {
    Some(match packet {
        Packet::ConnectAck(ack) => {
            let code = u8::from(ack.reason_code);
            let refusal = reason::refusal(code).map(|why| Refusal { why, login: reason::is_login(code) });
            Incoming::ConnAck(ConnAck {
                refusal,
                session_present: ack.session_present,
                receive_max: ack.receive_max,
                receive_max_exact: ack.receive_max,
                max_packet: ack.max_packet_size.unwrap_or(LARGEST),
                max_qos: from_wire(ack.max_qos),
                retain: ack.retain_available,
                wildcards: ack.wildcard_subscription_available,
                keep_alive_s: ack.server_keepalive_sec,
            })
        }
        Packet::Publish(publish) => {
            let Publish { dup, retain, qos, topic, packet_id: id, payload, properties } = *publish;
            let properties = properties.and_then(from_properties);
            let (topic, qos) = (Topic::received(topic)?, from_wire(qos));
            Incoming::Publish(Delivery { topic, payload, qos, retain, dup, properties, id })
        }
        Packet::PublishAck(ack) => {
            Incoming::PubAck { id: ack.packet_id, refused: reason::refusal(ack.reason_code.into()) }
        }
        Packet::PublishReceived(ack) => {
            Incoming::PubRec { id: ack.packet_id, refused: reason::refusal(ack.reason_code.into()) }
        }
        Packet::PublishRelease(ack) => Incoming::PubRel { id: ack.packet_id },
        Packet::PublishComplete(ack) => Incoming::PubComp { id: ack.packet_id },
        Packet::SubscribeAck(ack) => Incoming::SubAck {
            refused: ack.status.into_iter().map(|code| reason::refusal(code.into())).collect(),
        },
        Packet::PingResponse => Incoming::PingResp,
        Packet::Disconnect(end) => Incoming::Disconnect { why: reason::text(end.reason_code.into()) },
        _ => Incoming::Unexpected,
    })
}

fn will(will: &Will) -> LastWill {
    let properties = will.publication.properties.as_deref().cloned().unwrap_or_default();
    let Properties { expiry_s, content_type, response_topic, correlation, utf8, user } = properties;
    LastWill {
        qos: to_wire(will.publication.qos),
        retain: will.publication.retain,
        topic: will.publication.topic.wire(),
        message: will.publication.payload.clone(),
        will_delay_interval_sec: (will.delay_s != 0).then_some(will.delay_s),
        correlation_data: correlation,
        message_expiry_interval: expiry_s,
        content_type: content_type.map(Into::into),
        user_properties: pairs(&user),
        is_utf8_payload: utf8.then_some(true),
        response_topic: response_topic.map(Into::into),
    }
}

fn to_properties(properties: Properties) -> PublishProperties {
    let Properties { expiry_s, content_type, response_topic, correlation, utf8, user } = properties;
    PublishProperties {
        topic_alias: None,
        correlation_data: correlation,
        message_expiry_interval: expiry_s,
        content_type: content_type.map(Into::into),
        user_properties: pairs(&user),
        is_utf8_payload: utf8,
        response_topic: response_topic.map(Into::into),
        subscription_ids: Vec::new(),
    }
}

/// `None` if there are none, which is the usual case and needs no memory.
fn from_properties(properties: PublishProperties) -> Option<Box<Properties>> {
    let properties = Properties {
        expiry_s: properties.message_expiry_interval,
        content_type: properties.content_type.map(|text| text.to_string()),
        response_topic: properties.response_topic.map(|text| text.to_string()),
        correlation: properties.correlation_data,
        utf8: properties.is_utf8_payload,
        user: properties.user_properties.into_iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
    };
    (properties != Properties::default()).then(|| Box::new(properties))
}

fn pairs(pairs: &[(String, String)]) -> Vec<(ByteString, ByteString)> {
    pairs.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect()
}
