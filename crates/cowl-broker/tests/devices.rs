//! What unmodified devices may do besides publishing to the intake: connect, have a will, take over their own session,
//! and get commands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

mod common;

use std::net::SocketAddr;

use common::desk::{Desk, KEPT, LAMP, LOCAL, SENSOR, SLOW, Sent, anonymous, desk_on_tcp, device_side, start};
use common::wire::{Connect, VERSIONS, Version, Wire};
use common::{OBSERVER, OPERATOR, SOON};
use cowl_broker::{BrokerConfig, Devices, PublishError, Qos};
use tokio::time::timeout;

const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];
const NOT_AUTHORIZED: [u8; 2] = [5, 0x87];

fn not_authorized(version: Version) -> u8 {
    NOT_AUTHORIZED[usize::from(version == Version::V5)]
}

fn named(client_id: &str) -> Connect<'_> {
    Connect { client_id, clean: false, session: 600, ..Connect::as_user(SENSOR) }
}

/// Connects as a device does that was here a moment ago. While its last connection is being taken down, RMQTT says that the server is
/// unavailable, and a device comes again.
async fn comes_back(address: SocketAddr, version: Version, connect: &Connect<'_>) -> Wire {
    let unavailable = if version == Version::V5 { 0x88 } else { 3 };
    timeout(SOON, async {
        loop {
            let mut wire = Wire::tcp(address, version).await;
            match wire.connect(connect).await {
                0 => return wire,
                code => assert_eq!(code, unavailable),
            }
        }
    })
    .await
    .expect("let in")
}

#[tokio::test]
async fn anonymous_devices_are_let_in_only_where_it_was_said() {
    for allowed in [false, true] {
        let side = device_side(Desk::new());
        let devices = Devices { anonymous: allowed, ..side.devices.clone() };
        let (broker, address) = start(BrokerConfig { devices, ..side }).await;
        for version in VERSIONS {
            let code = Wire::tcp(address, version).await.connect(&anonymous("a")).await;
            assert_eq!(code, if allowed { 0 } else { not_authorized(version) });
            // With a user name it is that login or nobody.
            let stranger = Connect { user: Some("stranger"), ..Connect::as_user(SENSOR) };
            assert_ne!(Wire::tcp(address, version).await.connect(&stranger).await, 0);
            let no_password = Connect { password: None, ..Connect::as_user(SENSOR) };
            assert_ne!(Wire::tcp(address, version).await.connect(&no_password).await, 0);
        }
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn a_session_is_its_logins_only() {
    let (broker, address, desk) = desk_on_tcp().await;
    for version in VERSIONS {
        let mut victim = comes_back(address, version, &named("thermometer")).await;
        assert_eq!(victim.subscribe("commands/#", 1).await, 1);
        for user in [LAMP, OBSERVER, OPERATOR] {
            let theirs = Connect { clean: user != LAMP, ..Connect::as_user(user) };
            let theirs = Connect { client_id: "thermometer", ..theirs };
            let code = Wire::tcp(address, version).await.connect(&theirs).await;
            assert_eq!(code, not_authorized(version), "{user}");
        }
        // The victim noticed nothing.
        victim.publish(KEPT, b"1", 1, false).await;
        // Its own login may, such as after a power cut; MQTT 5 tells the old connection.
        let mut again = Wire::tcp(address, version).await;
        assert_eq!(again.connect_for_ack(&named("thermometer")).await.body[..2], [1, 0]);
        assert_eq!(victim.closed().await, (version == Version::V5).then_some(0x8e));
        drop(again);
        // And nobody else while it is away.
        let theirs = Connect { client_id: "thermometer", ..Connect::as_user(LAMP) };
        assert_eq!(Wire::tcp(address, version).await.connect(&theirs).await, not_authorized(version));
        let clean = Connect { client_id: "thermometer", ..Connect::as_user(SENSOR) };
        comes_back(address, version, &clean).await;
    }
    assert_eq!(broker.counts().connects_refused_client_id, 8);
    assert_eq!(desk.so_far().len(), 2);
    broker.shutdown().await;
}

#[tokio::test]
async fn an_anonymous_session_is_its_addresss_only() {
    let side = device_side(Desk::new());
    let devices = Devices { anonymous: true, ..side.devices.clone() };
    let (broker, address) = start(BrokerConfig { devices, ..side }).await;
    for version in VERSIONS {
        let connect = || Connect { clean: false, session: 600, ..anonymous("bulb") };
        let mut victim = comes_back(address, version, &connect()).await;
        let mut thief = Wire::tcp_from(ELSEWHERE, address, version).await;
        assert_eq!(thief.connect(&connect()).await, not_authorized(version));
        let with_login = Connect { client_id: "bulb", ..Connect::as_user(SENSOR) };
        assert_eq!(Wire::tcp(address, version).await.connect(&with_login).await, not_authorized(version));
        victim.settle().await;
        let mut again = Wire::tcp(address, version).await;
        assert_eq!(again.connect_for_ack(&connect()).await.body[..2], [1, 0]);
        let clean = Connect { clean: true, session: 0, ..connect() };
        comes_back(address, version, &clean).await;
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn devices_get_commands_from_inside() {
    let (broker, address, desk) = desk_on_tcp().await;
    let publisher = broker.publisher();
    for version in VERSIONS {
        publisher.publish("commands/state", *b"retained", Qos::AtLeastOnce, true).await.unwrap();
        let id = format!("lamp-{version:?}");
        let connect = || Connect { client_id: &id, clean: false, session: 600, ..Connect::as_user(LAMP) };
        let mut lamp = Wire::tcp(address, version).await;
        assert_eq!(lamp.connect(&connect()).await, 0);
        // They may not look at what others send, nor into the broker.
        for filter in ["#", "+/1", "report/#", "$SYS/#", "commands", "local", "commands/#/x"] {
            let code = lamp.subscribe(filter, 0).await;
            let allowed = filter == "commands" || filter == "local";
            // `commands/#` is also `commands` itself (MQTT 5 §4.7.1.2).
            assert_eq!(code < 0x80, allowed, "{version:?} {filter}: {code:#x}");
        }
        assert_eq!(lamp.subscribe("commands/#", 2).await, 2);
        let state = lamp.receive().await;
        assert_eq!((state.payload.as_slice(), state.retain, state.qos), (&b"retained"[..], true, 1));
        broker.publish("commands/lamp", *b"on", Qos::AtLeastOnce, false).await.unwrap();
        let command = lamp.receive().await;
        assert_eq!((command.payload.as_slice(), command.retain, command.qos), (&b"on"[..], false, 1));
        // A device must not give commands.
        let mut sensor = Wire::logged_in(address, version, SENSOR).await;
        sensor.publish("commands/lamp", b"forged", 1, false).await;
        lamp.settle().await;
        drop(lamp);
        broker.publish("commands/lamp", *b"off", Qos::ExactlyOnce, false).await.unwrap();
        let mut lamp = Wire::tcp(address, version).await;
        assert_eq!(lamp.connect_for_ack(&connect()).await.body[..2], [1, 0]);
        let command = lamp.receive().await;
        assert_eq!((command.payload.as_slice(), command.qos), (&b"off"[..], 2), "kept while it was away");
        publisher.publish("commands/state", [], Qos::AtMostOnce, true).await.unwrap();
    }
    for topic in ["", "a/+", "#", "a\0"] {
        let refused = broker.publish(topic, [], Qos::AtMostOnce, false).await;
        assert_eq!(refused, Err(PublishError::Topic), "{topic:?}");
    }
    assert!(desk.so_far().iter().all(|seen| seen.topic == "commands/lamp"), "{:?}", desk.so_far().len());
    broker.shutdown().await;
    let late = timeout(SOON, publisher.publish("commands/x", [], Qos::AtMostOnce, false)).await.unwrap();
    assert_eq!(late, Err(PublishError::Ended));
}

#[tokio::test]
async fn a_will_is_a_publish_like_any_other() {
    let (broker, address, desk) = desk_on_tcp().await;
    let mut observer = Wire::logged_in(address, Version::V5, OBSERVER).await;
    assert_eq!(observer.subscribe("#", 1).await, 1);
    for version in VERSIONS {
        let before = desk.so_far().len();
        let wills = [KEPT, SLOW, "unreadable/1", LOCAL, "commands/forged", "$SYS/will", "a/#", "local/+"];
        for topic in wills {
            let mut wire = Wire::tcp(address, version).await;
            let connect = Connect { client_id: topic, will_topic: Some(topic), ..Connect::as_user(SENSOR) };
            assert_eq!(wire.connect(&connect).await, 0, "{topic}");
            drop(wire);
        }
        let seen = desk.seen(before + 5).await;
        let asked = |topic| seen[before..].iter().find(|seen| seen.topic == topic).unwrap();
        for topic in [KEPT, SLOW, "unreadable/1", LOCAL, "commands/forged"] {
            let will = asked(topic);
            assert_eq!((will.client_id.as_str(), will.user.as_deref()), (topic, Some(SENSOR)));
            assert_eq!(
                (will.payload.as_slice(), will.qos, will.packet_id),
                (&b"will"[..], Qos::AtMostOnce, None)
            );
        }
        // Who says goodbye has no will.
        let mut wire = Wire::tcp(address, version).await;
        let connect = Connect { will_topic: Some(LOCAL), ..Connect::as_user(SENSOR) };
        assert_eq!(wire.connect(&connect).await, 0);
        wire.send(0xe0, &[]).await;
        assert_eq!(wire.closed_by_us().await, None);
        let received = observer.receive().await;
        assert_eq!((received.topic.as_str(), received.payload.as_slice()), (LOCAL, &b"will"[..]));
        Wire::logged_in(address, version, SENSOR).await.publish(LOCAL, b"next", 0, false).await;
        assert_eq!(observer.receive().await.payload, b"next", "no other will is anybody's");
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn only_devices_have_wills_that_are_not_the_operators() {
    let (broker, address, _) = desk_on_tcp().await;
    for version in VERSIONS {
        let connect = Connect { will_topic: Some(LOCAL), ..Connect::as_user(OBSERVER) };
        assert_eq!(Wire::tcp(address, version).await.connect(&connect).await, not_authorized(version));
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn what_devices_retain_is_limited() {
    let mut config = device_side(Desk::new());
    config.limits.retained_bytes = 20_000.try_into().unwrap();
    let (broker, address) = start(config).await;
    for version in VERSIONS {
        let mut sensor = Wire::logged_in(address, version, SENSOR).await;
        let payload = vec![7; 1_000];
        for index in 0..100 {
            let topic = format!("local/{version:?}/{index}");
            sensor.begin(Sent { payload: &payload, retain: true, ..Sent::new(&topic, 1, 1) }).await;
            assert_eq!(sensor.ack(1, 1).await, 0);
        }
        // A topic that has one may have another, but not more.
        let mut lamp = Wire::logged_in(address, version, LAMP).await;
        assert_eq!(lamp.subscribe("local/#", 0).await, 0);
        lamp.settle().await;
    }
    assert!(broker.counts().retained_full > 150, "{}", broker.counts().retained_full);
    broker.publish("commands/x", vec![1; 1_000], Qos::AtMostOnce, true).await.unwrap();
    let mut lamp = Wire::logged_in(address, Version::V5, LAMP).await;
    assert_eq!(lamp.subscribe("commands/#", 0).await, 0);
    assert_eq!(lamp.receive().await.payload.len(), 1_000, "the gateway's own are not crowded out");
    broker.shutdown().await;
}

#[tokio::test]
async fn a_kept_publish_is_a_sign_of_life() {
    let (broker, address, desk) = desk_on_tcp().await;
    let mut silent = Wire::tcp(address, Version::V5).await;
    let mut talking = Wire::tcp(address, Version::V5).await;
    for wire in [&mut silent, &mut talking] {
        assert_eq!(wire.connect(&Connect { keep_alive: 1, ..Connect::as_user(SENSOR) }).await, 0);
    }
    let talk = async {
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(200));
        loop {
            pace.tick().await;
            talking.begin(Sent::new(KEPT, 0, 0)).await;
        }
    };
    // The patience with a keep-alive of 1 s is 4 s.
    let reason = tokio::select! {
        () = talk => None,
        reason = silent.closed() => reason,
    };
    assert_eq!(reason, Some(0x8d), "keep alive timeout");
    let before = desk.so_far().len();
    assert!(before > 10);
    talking.begin(Sent::new(KEPT, 1, 1)).await;
    assert_eq!(talking.ack(1, 1).await, 0);
    broker.shutdown().await;
}
