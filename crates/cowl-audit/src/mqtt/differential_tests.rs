//! Our reader against another one: packets that it encodes, and altered ones that it still accepts, say the same to both.

use core::num::{NonZeroU16, NonZeroU32};

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use proptest::prelude::*;
use rmqtt_codec::{
    types::{Protocol, Publish as TheirPublish, QoS},
    v3, v5,
};
use tokio_util::codec::{Decoder, Encoder};

use super::{Body, Connect, Level, Packet, Properties, Publish, Value, property};

fn text() -> impl Strategy<Value = ByteString> {
    "[a-z/é]{1,12}".prop_map(ByteString::from)
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from)
}

fn qos() -> impl Strategy<Value = QoS> {
    prop_oneof![Just(QoS::AtMostOnce), Just(QoS::AtLeastOnce), Just(QoS::ExactlyOnce)]
}

fn id() -> impl Strategy<Value = NonZeroU16> {
    (1_u16..).prop_map(|id| NonZeroU16::new(id).unwrap())
}

fn number() -> impl Strategy<Value = NonZeroU32> {
    (1_u32..268_435_455).prop_map(|number| NonZeroU32::new(number).unwrap())
}

fn user() -> impl Strategy<Value = Vec<(ByteString, ByteString)>> {
    prop::collection::vec((text(), text()), 0..3)
}

fn some<T: core::fmt::Debug>(inner: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::of(inner)
}

fn publish(new: bool) -> impl Strategy<Value = Box<TheirPublish>> {
    let properties =
        (some(id()), some(bytes()), some(number()), some(text()), user(), any::<bool>(), some(text()))
            .prop_map(
                |(
                    topic_alias,
                    correlation_data,
                    message_expiry_interval,
                    content_type,
                    user,
                    utf8,
                    response,
                )| {
                    v5::PublishProperties {
                        topic_alias,
                        correlation_data,
                        message_expiry_interval,
                        content_type,
                        user_properties: user,
                        is_utf8_payload: utf8,
                        response_topic: response,
                        subscription_ids: vec![],
                    }
                },
            );
    (any::<bool>(), any::<bool>(), qos(), text(), id(), bytes(), properties).prop_map(
        move |(dup, retain, qos, topic, id, payload, properties)| {
            let packet_id = (qos != QoS::AtMostOnce).then_some(id);
            Box::new(TheirPublish {
                dup,
                retain,
                qos,
                topic,
                packet_id,
                payload,
                properties: new.then_some(properties),
            })
        },
    )
}

fn old() -> impl Strategy<Value = v3::Packet> {
    let will = (qos(), any::<bool>(), text(), bytes())
        .prop_map(|(qos, retain, topic, message)| v3::LastWill { qos, retain, topic, message });
    let connect = (any::<u16>(), some(will), "[a-z]{1,20}", text(), some(bytes()), any::<bool>()).prop_map(
        |(keep_alive, last_will, client_id, name, password, clean_session)| {
            v3::Packet::Connect(Box::new(v3::Connect {
                protocol: Protocol(4),
                clean_session,
                keep_alive,
                last_will,
                client_id: client_id.into(),
                username: Some(name),
                password,
                cert: None,
            }))
        },
    );
    prop_oneof![
        connect,
        publish(false).prop_map(v3::Packet::Publish),
        id().prop_map(|packet_id| v3::Packet::PublishAck { packet_id }),
        id().prop_map(|packet_id| v3::Packet::PublishRelease { packet_id }),
        (id(), prop::collection::vec((text(), qos()), 1..4))
            .prop_map(|(packet_id, topic_filters)| v3::Packet::Subscribe { packet_id, topic_filters }),
        (id(), prop::collection::vec(text(), 1..4))
            .prop_map(|(packet_id, topic_filters)| v3::Packet::Unsubscribe { packet_id, topic_filters }),
        id().prop_map(|packet_id| v3::Packet::UnsubscribeAck { packet_id }),
        Just(v3::Packet::PingRequest),
        Just(v3::Packet::Disconnect),
    ]
}

fn new() -> impl Strategy<Value = v5::Packet> {
    let will =
        (qos(), any::<bool>(), text(), bytes(), (some(any::<u32>()), some(bytes()), some(text())), user())
            .prop_map(|(qos, retain, topic, message, (delay, data, content), user)| v5::LastWill {
                qos,
                retain,
                topic,
                message,
                will_delay_interval_sec: delay,
                correlation_data: data,
                message_expiry_interval: None,
                content_type: content,
                user_properties: user,
                is_utf8_payload: None,
                response_topic: None,
            });
    let options = (any::<u16>(), any::<u32>(), any::<u16>(), some(id()), some(text()), user());
    let connect = (options, some(will), "[a-z]{1,20}", some(text()), some(bytes()), any::<bool>()).prop_map(
        |(
            (keep_alive, expiry, aliases, receive_max, method, user),
            last_will,
            client_id,
            username,
            password,
            clean,
        )| {
            v5::Packet::Connect(Box::new(v5::Connect {
                clean_start: clean,
                keep_alive,
                session_expiry_interval_secs: expiry,
                topic_alias_max: aliases,
                receive_max,
                auth_method: method,
                user_properties: user,
                last_will,
                client_id: client_id.into(),
                username,
                password,
                ..v5::Connect::default()
            }))
        },
    );
    let ack =
        (id(), user(), some(text())).prop_map(|(packet_id, properties, reason_string)| v5::PublishAck {
            packet_id,
            reason_code: v5::PublishAckReason::NotAuthorized,
            properties,
            reason_string,
        });
    let subscribe =
        (id(), some(number()), user(), prop::collection::vec((text(), qos(), any::<bool>()), 1..4)).prop_map(
            |(packet_id, id, user_properties, filters)| {
                let options = |qos, no_local| v5::SubscriptionOptions {
                    qos,
                    no_local,
                    retain_as_published: false,
                    retain_handling: v5::RetainHandling::AtSubscribe,
                };
                let topic_filters =
                    filters.into_iter().map(|(filter, qos, local)| (filter, options(qos, local)));
                v5::Subscribe { packet_id, id, user_properties, topic_filters: topic_filters.collect() }
            },
        );
    prop_oneof![
        connect,
        publish(true).prop_map(v5::Packet::Publish),
        ack.prop_map(v5::Packet::PublishAck),
        subscribe.prop_map(v5::Packet::Subscribe),
        Just(v5::Packet::PingResponse),
    ]
}

/// A CONNECT of 3.1.1 as 3.1 writes it: the other encoder knows 3.1 only when reading.
fn aged(encoded: &[u8]) -> Vec<u8> {
    let body = encoded.windows(5).position(|window| window == b"MQTT\x04").unwrap() + 5;
    let rest = [b"\0\x06MQIsdp\x03", &encoded[body..]].concat();
    let mut aged = vec![0x10];
    let mut length = rest.len();
    while length > 0x7f {
        aged.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    aged.push(u8::try_from(length).unwrap());
    aged.extend(rest);
    aged
}

fn raw(text: &ByteString) -> &[u8] {
    str::as_bytes(text)
}

fn has(properties: Properties<'_>, id: u8) -> Option<&[u8]> {
    match properties.find(id) {
        Some(Value::Text(text) | Value::Binary(text)) => Some(text),
        None => None,
        other => panic!("{other:?}"),
    }
}

fn same_user(ours: Properties<'_>, theirs: &[(ByteString, ByteString)]) {
    let theirs: Vec<_> = theirs.iter().map(|(name, value)| (raw(name), raw(value))).collect();
    assert_eq!(ours.user().collect::<Vec<_>>(), theirs);
}

fn same_publish(ours: &Publish<'_>, theirs: &TheirPublish) {
    assert_eq!((ours.duplicate, ours.retain, ours.qos), (theirs.dup, theirs.retain, theirs.qos.value()));
    assert_eq!((ours.topic, ours.payload), (raw(&theirs.topic), &theirs.payload[..]));
    assert_eq!(ours.packet_id, theirs.packet_id.map(NonZeroU16::get));
    if let Some(theirs) = &theirs.properties {
        assert_eq!(ours.properties.topic_alias(), theirs.topic_alias.map(NonZeroU16::get));
        assert_eq!(has(ours.properties, property::CORRELATION_DATA), theirs.correlation_data.as_deref());
        let text = |text: &Option<ByteString>| text.clone().map(ByteString::into_bytes);
        assert_eq!(has(ours.properties, property::CONTENT_TYPE), text(&theirs.content_type).as_deref());
        assert_eq!(has(ours.properties, property::RESPONSE_TOPIC), text(&theirs.response_topic).as_deref());
        let expiry = theirs.message_expiry_interval.map(|seconds| Value::Four(seconds.get()));
        assert_eq!(ours.properties.find(property::MESSAGE_EXPIRY), expiry);
        same_user(ours.properties, &theirs.user_properties);
    }
}

fn same_connect(
    ours: &Connect<'_>,
    client_id: &[u8],
    keep_alive: u16,
    name: Option<&[u8]>,
    password: Option<&[u8]>,
) {
    assert_eq!((ours.client_id, ours.keep_alive), (client_id, keep_alive));
    assert_eq!((ours.user_name, ours.password), (name, password));
}

/// What the other reader accepts must say the same to both. Returns whether it accepted.
fn same_old(encoded: &[u8]) -> bool {
    let Ok(Some((theirs, _))) = v3::Codec::new(0).decode(&mut BytesMut::from(encoded)) else { return false };
    let ours = Packet::read(encoded, Some(Level::V3_1_1)).unwrap().body;
    match (ours, theirs) {
        (Body::Connect(ours), v3::Packet::Connect(theirs)) => {
            let name = theirs.username.as_ref().map(raw);
            same_connect(&ours, raw(&theirs.client_id), theirs.keep_alive, name, theirs.password.as_deref());
            assert_eq!(ours.level.number(), theirs.protocol.level());
            assert_eq!(ours.will.is_some(), theirs.last_will.is_some());
            if let (Some(ours), Some(theirs)) = (ours.will, theirs.last_will) {
                assert_eq!((ours.topic, ours.payload), (raw(&theirs.topic), &theirs.message[..]));
                assert_eq!((ours.qos, ours.retain), (theirs.qos.value(), theirs.retain));
            }
        }
        (Body::Publish(ours), v3::Packet::Publish(theirs)) => same_publish(&ours, &theirs),
        (Body::Subscribe(ours), v3::Packet::Subscribe { packet_id, topic_filters }) => {
            assert_eq!(ours.packet_id, packet_id.get());
            let ours: Vec<_> =
                ours.filters.iter().map(|filter| (filter.filter, filter.options & 3)).collect();
            let theirs: Vec<_> =
                topic_filters.iter().map(|(filter, qos)| (raw(filter), qos.value())).collect();
            assert_eq!(ours, theirs);
        }
        (Body::Unsubscribe(ours), v3::Packet::Unsubscribe { packet_id, topic_filters }) => {
            assert_eq!(ours.packet_id, packet_id.get());
            assert!(ours.filters.iter().map(|filter| filter.filter).eq(topic_filters.iter().map(raw)));
        }
        (Body::Puback(ours), v3::Packet::PublishAck { packet_id })
        | (Body::Pubrec(ours), v3::Packet::PublishReceived { packet_id })
        | (Body::Pubrel(ours), v3::Packet::PublishRelease { packet_id })
        | (Body::Pubcomp(ours), v3::Packet::PublishComplete { packet_id }) => {
            assert_eq!(ours.packet_id, packet_id.get());
        }
        (Body::Suback(ours), v3::Packet::SubscribeAck { packet_id, status }) => {
            assert_eq!((ours.packet_id, ours.reasons.len()), (packet_id.get(), status.len()));
        }
        (Body::Unsuback(ours), v3::Packet::UnsubscribeAck { packet_id }) => {
            assert_eq!(ours.packet_id, packet_id.get());
        }
        (Body::Connack(ours), v3::Packet::ConnectAck(theirs)) => {
            assert_eq!(ours.session_present, theirs.session_present);
        }
        (Body::Pingreq, v3::Packet::PingRequest)
        | (Body::Pingresp, v3::Packet::PingResponse)
        | (Body::Disconnect(_), v3::Packet::Disconnect) => {}
        (ours, theirs) => panic!("{ours:?} is not {theirs:?}"),
    }
    true
}

/// As [`same_old`], of MQTT 5.
fn same_new(encoded: &[u8]) -> bool {
    let Ok(Some((theirs, _))) = v5::Codec::new(0, 0).decode(&mut BytesMut::from(encoded)) else {
        return false;
    };
    let ours = Packet::read(encoded, Some(Level::V5)).unwrap().body;
    match (ours, theirs) {
        (Body::Connect(ours), v5::Packet::Connect(theirs)) => {
            let name = theirs.username.as_ref().map(raw);
            same_connect(&ours, raw(&theirs.client_id), theirs.keep_alive, name, theirs.password.as_deref());
            same_user(ours.properties, &theirs.user_properties);
            let expiry = ours.properties.find(property::SESSION_EXPIRY).unwrap_or(Value::Four(0));
            assert_eq!(expiry, Value::Four(theirs.session_expiry_interval_secs));
            assert_eq!(ours.will.is_some(), theirs.last_will.is_some());
            if let (Some(ours), Some(theirs)) = (ours.will, theirs.last_will) {
                assert_eq!((ours.topic, ours.payload), (raw(&theirs.topic), &theirs.message[..]));
                let delay = theirs.will_delay_interval_sec.map(Value::Four);
                assert_eq!(ours.properties.find(property::WILL_DELAY), delay);
                same_user(ours.properties, &theirs.user_properties);
            }
        }
        (Body::Publish(ours), v5::Packet::Publish(theirs)) => same_publish(&ours, &theirs),
        (Body::Subscribe(ours), v5::Packet::Subscribe(theirs)) => {
            assert_eq!(ours.packet_id, theirs.packet_id.get());
            let id = theirs.id.map(|id| Value::Variable(id.get()));
            assert_eq!(ours.properties.find(property::SUBSCRIPTION_ID), id);
            let ours: Vec<_> =
                ours.filters.iter().map(|filter| (filter.filter, filter.options & 3)).collect();
            let theirs: Vec<_> =
                theirs.topic_filters.iter().map(|(f, options)| (raw(f), options.qos.value())).collect();
            assert_eq!(ours, theirs);
        }
        (
            Body::Puback(ours) | Body::Pubrec(ours),
            v5::Packet::PublishAck(theirs) | v5::Packet::PublishReceived(theirs),
        ) => {
            assert_eq!((ours.packet_id, ours.reason), (theirs.packet_id.get(), u8::from(theirs.reason_code)));
            same_user(ours.properties, &theirs.properties);
        }
        (
            Body::Pubrel(ours) | Body::Pubcomp(ours),
            v5::Packet::PublishRelease(theirs) | v5::Packet::PublishComplete(theirs),
        ) => {
            assert_eq!((ours.packet_id, ours.reason), (theirs.packet_id.get(), u8::from(theirs.reason_code)));
        }
        (Body::Suback(ours), v5::Packet::SubscribeAck(theirs)) => {
            assert_eq!((ours.packet_id, ours.reasons.len()), (theirs.packet_id.get(), theirs.status.len()));
        }
        (Body::Unsuback(ours), v5::Packet::UnsubscribeAck(theirs)) => {
            assert_eq!((ours.packet_id, ours.reasons.len()), (theirs.packet_id.get(), theirs.status.len()));
        }
        (Body::Disconnect(ours), v5::Packet::Disconnect(theirs)) => {
            assert_eq!(ours.reason, u8::from(theirs.reason_code));
        }
        (Body::Unsubscribe(_), v5::Packet::Unsubscribe(_))
        | (Body::Connack(_), v5::Packet::ConnectAck(_))
        | (Body::Auth(_), v5::Packet::Auth(_))
        | (Body::Pingreq, v5::Packet::PingRequest)
        | (Body::Pingresp, v5::Packet::PingResponse) => {}
        (ours, theirs) => panic!("{ours:?} is not {theirs:?}"),
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn packets_of_3_1_and_3_1_1(packet in old(), old in any::<bool>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut encoded = BytesMut::new();
        v3::Codec::new(0).encode(packet, &mut encoded).unwrap();
        let encoded = if encoded[0] == 0x10 && old { aged(&encoded) } else { encoded.to_vec() };
        prop_assert!(same_old(&encoded), "it accepts its own");
        let read = Packet::read(&encoded, Some(Level::V3_1_1)).unwrap();
        prop_assert!(read.flaws.is_empty(), "{:?}", read.flaws.iter().collect::<Vec<_>>());
        let mut altered = encoded.clone();
        *at.get_mut(&mut altered) = byte;
        same_old(&altered);
    }

    #[test]
    fn packets_of_5(packet in new(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut encoded = BytesMut::new();
        v5::Codec::new(0, 0).encode(packet, &mut encoded).unwrap();
        prop_assert!(same_new(&encoded), "it accepts its own");
        let read = Packet::read(&encoded, Some(Level::V5)).unwrap();
        prop_assert!(read.flaws.is_empty(), "{:?}", read.flaws.iter().collect::<Vec<_>>());
        let mut altered = encoded.to_vec();
        *at.get_mut(&mut altered) = byte;
        same_new(&altered);
    }
}
