//! What devices publish to an intake: taken, acknowledged when it is kept, and nobody else's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

mod common;

use common::desk::{AllLocal, Desk, KEPT, LAMP, LOCAL, SENSOR, SLOW, Sent, desk_on_tcp, device_side, start};
use common::wire::{Connect, VERSIONS, Version, Wire};
use common::{Certificate, DEVICE, OBSERVER, OPERATOR, SHARD, loopback, tcp_only};
use cowl_broker::{Broker, BrokerConfig, Listeners, NotKept, Qos, RefusedBecause};

const PIPELINED: u16 = 256;

/// Sends as many as may be on the way while nothing is settled, settles them in the worst order, and sees them
/// acknowledged in the order in which they were sent.
async fn pipeline(wire: &mut Wire, desk: &Desk, qos: u8) {
    let before = desk.so_far().len();
    for id in 1..=PIPELINED {
        wire.begin(Sent::new(SLOW, qos, id)).await;
    }
    let seen = desk.seen(before + usize::from(PIPELINED)).await;
    let ids: Vec<u16> = seen[before..].iter().filter_map(|seen| seen.packet_id).collect();
    assert_eq!(ids, (1..=PIPELINED).collect::<Vec<_>>());
    // Whatever else the device asks is answered meanwhile, and nothing was acknowledged before.
    wire.send(0xc0, &[]).await;
    assert_eq!(wire.packet().await.unwrap().first, 0xd0);
    for index in (before..seen.len()).rev() {
        desk.settle(index, Ok(()));
    }
    for id in 1..=PIPELINED {
        assert_eq!(wire.ack(qos, id).await, 0);
    }
    for id in (1..=PIPELINED).filter(|_| qos == 2) {
        wire.release(id).await;
    }
}

#[tokio::test]
async fn acknowledgements_wait_in_order_while_reading_goes_on() {
    let (broker, address, desk) = desk_on_tcp().await;
    for version in VERSIONS {
        for qos in [1, 2] {
            let mut wire = Wire::logged_in(address, version, SENSOR).await;
            pipeline(&mut wire, &desk, qos).await;
        }
    }
    assert_eq!(broker.counts().intake_taken, 4 * u64::from(PIPELINED));
    broker.shutdown().await;
}

#[tokio::test]
async fn so_they_do_on_every_transport() {
    let certificate = Certificate::new();
    let desk = Desk::new();
    let listeners = Listeners {
        tls: Some(certificate.listener()),
        ws: Some(loopback()),
        wss: Some(certificate.listener()),
        ..Listeners::default()
    };
    let broker = Broker::start(BrokerConfig { listeners, ..device_side(desk.clone()) }).await.unwrap();
    let at = broker.addresses();
    for version in VERSIONS {
        for mut wire in [
            Wire::tls(at.tls.unwrap(), &certificate.der, version).await,
            Wire::ws(at.ws.unwrap(), version).await,
            Wire::wss(at.wss.unwrap(), &certificate.der, version).await,
        ] {
            assert_eq!(wire.connect(&Connect::as_user(SENSOR)).await, 0);
            pipeline(&mut wire, &desk, 1).await;
            pipeline(&mut wire, &desk, 2).await;
        }
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn what_the_broker_acknowledges_waits_its_turn() {
    let (broker, address, desk) = desk_on_tcp().await;
    for version in VERSIONS {
        let before = desk.so_far().len();
        let mut wire = Wire::logged_in(address, version, SENSOR).await;
        for (id, topic) in
            [(1, SLOW), (2, LOCAL), (3, "unreadable/1"), (4, SLOW), (5, "elsewhere\u{0}"), (6, KEPT)]
        {
            wire.begin(Sent::new(topic, 1, id)).await;
        }
        desk.seen(before + 5).await;
        desk.settle(before + 3, Ok(()));
        wire.send(0xc0, &[]).await;
        assert_eq!(wire.packet().await.unwrap().first, 0xd0, "nothing may overtake the first");
        desk.settle(before, Ok(()));
        let reasons = [0, 0, 0x99, 0, 0x87, 0].map(|reason| if version == Version::V5 { reason } else { 0 });
        for (id, reason) in (1..).zip(reasons) {
            assert_eq!(wire.ack(1, id).await, reason, "{version:?} {id}");
        }
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn the_intake_sees_what_was_sent() {
    let (broker, address, desk) = desk_on_tcp().await;
    for version in VERSIONS {
        let before = desk.so_far().len();
        let mut wire = Wire::tcp(address, version).await;
        // Another name each time: whoever takes over one that is just being closed may be told to come again later.
        let client_id = if version == Version::V5 { "thermometer-5" } else { "thermometer-4" };
        let connect = Connect { client_id, ..Connect::as_user(SENSOR) };
        assert_eq!(wire.connect(&connect).await, 0);
        let payload = b"\0\xff{\"t\": 21.5}";
        wire.begin(Sent { payload, dup: true, retain: true, ..Sent::new(KEPT, 1, 7) }).await;
        assert_eq!(wire.ack(1, 7).await, 0);
        wire.begin(Sent { payload: b"", ..Sent::new(KEPT, 0, 0) }).await;
        let seen = desk.seen(before + 2).await;
        let [first, second] = &seen[before..] else { panic!("two") };
        assert_eq!((first.client_id.as_str(), first.user.as_deref()), (client_id, Some(SENSOR)));
        assert_eq!((first.topic.as_str(), first.payload.as_slice()), (KEPT, &payload[..]));
        assert_eq!((first.qos, first.packet_id), (Qos::AtLeastOnce, Some(7)));
        assert!(first.dup && first.retain);
        assert_eq!((second.qos, second.packet_id, second.payload.len()), (Qos::AtMostOnce, None, 0));
        assert!(!second.dup && !second.retain);
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn a_device_that_leaves_its_name_to_the_broker_has_none() {
    let (broker, address, desk) = desk_on_tcp().await;
    for version in VERSIONS {
        let before = desk.so_far().len();
        let mut names = Vec::new();
        for _ in 0..2 {
            let mut wire = Wire::tcp(address, version).await;
            let ack = wire.connect_for_ack(&Connect::as_user(SENSOR)).await;
            wire.publish(KEPT, b"1", 1, false).await;
            names.push(ack.body);
        }
        assert!(desk.seen(before + 2).await[before..].iter().all(|seen| seen.client_id.is_empty()));
        // MQTT 5 §3.2.2.3.7: the name that it got is in CONNACK.
        assert_eq!(names[0] != names[1], version == Version::V5);
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn what_is_taken_reaches_nobody_else_and_is_not_retained() {
    let (broker, address, desk) = desk_on_tcp().await;
    let mut observer = Wire::logged_in(address, Version::V5, OBSERVER).await;
    assert_eq!(observer.subscribe("#", 1).await, 1);
    for version in VERSIONS {
        let before = desk.so_far().len();
        let mut wire = Wire::logged_in(address, version, SENSOR).await;
        for (id, topic) in [(1, KEPT), (2, "unreadable/1"), (3, SLOW)] {
            wire.begin(Sent { retain: true, ..Sent::new(topic, 1, id) }).await;
            wire.begin(Sent { retain: true, ..Sent::new(topic, 0, 0) }).await;
        }
        desk.seen(before + 6).await;
        // It may publish locally, so this is what an observer sees first.
        wire.begin(Sent { payload: b"first", ..Sent::new(LOCAL, 0, 0) }).await;
        assert_eq!(observer.receive().await.payload, b"first");
    }
    let mut late = Wire::logged_in(address, Version::V5, OBSERVER).await;
    assert_eq!(late.subscribe("#", 1).await, 1);
    Wire::logged_in(address, Version::V5, OPERATOR).await.publish("x", b"only", 0, false).await;
    assert_eq!(late.receive().await.payload, b"only");
    broker.shutdown().await;
}

#[tokio::test]
async fn a_refusal_is_told_as_the_version_can() {
    let reasons = [
        ("full/1", RefusedBecause::Full, 0x97),
        ("failed/1", RefusedBecause::Failed, 0x83),
        ("not-allowed/1", RefusedBecause::NotAllowed, 0x87),
        ("unreadable/1", RefusedBecause::Unreadable, 0x99),
    ];
    let (broker, address, desk) = desk_on_tcp().await;
    for version in VERSIONS {
        for qos in [1, 2] {
            for (topic, because, reason) in reasons {
                for topic in [topic, SLOW] {
                    let before = desk.so_far().len();
                    let mut wire = Wire::logged_in(address, version, SENSOR).await;
                    wire.begin(Sent::new(KEPT, qos, 1)).await;
                    wire.begin(Sent::new(topic, qos, 2)).await;
                    desk.seen(before + 2).await;
                    if topic == SLOW {
                        desk.settle(before + 1, Err(NotKept(because)));
                    }
                    assert_eq!(wire.ack(qos, 1).await, 0, "what was kept before");
                    if version == Version::V3 && !because.is_final() {
                        assert_eq!(wire.closed().await, None);
                        continue;
                    }
                    let expected = if version == Version::V5 { reason } else { 0 };
                    assert_eq!(wire.ack(qos, 2).await, expected, "{version:?} {qos} {because:?}");
                    if qos == 2 && version == Version::V3 {
                        wire.release(2).await;
                    }
                    // At QoS 2 the exchange is over, so the id is free for another.
                    wire.begin(Sent::new(KEPT, qos, 2)).await;
                    assert_eq!(wire.ack(qos, 2).await, 0);
                    assert_eq!(desk.so_far().len(), before + 3);
                }
            }
        }
    }
    let counts = broker.counts();
    assert_eq!(
        (counts.intake_not_kept, counts.intake_refused_full, counts.intake_refused_unreadable),
        (16, 4, 4)
    );
    broker.shutdown().await;
}

#[tokio::test]
async fn a_refusal_at_qos_0_costs_nobody_the_connection() {
    let (broker, address, desk) = desk_on_tcp().await;
    for version in VERSIONS {
        let before = desk.so_far().len();
        let mut wire = Wire::logged_in(address, version, SENSOR).await;
        for topic in ["full/1", "failed/1", "not-allowed/1", "unreadable/1", SLOW] {
            wire.begin(Sent::new(topic, 0, 0)).await;
        }
        desk.seen(before + 5).await;
        desk.settle(before + 4, Err(NotKept(RefusedBecause::Full)));
        wire.begin(Sent::new(KEPT, 1, 1)).await;
        assert_eq!(wire.ack(1, 1).await, 0);
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn at_qos_2_nothing_is_taken_twice() {
    let (broker, address, desk) = desk_on_tcp().await;
    for version in VERSIONS {
        let before = desk.so_far().len();
        let mut wire = Wire::logged_in(address, version, SENSOR).await;
        let sent = Sent::new(SLOW, 2, 5);
        wire.begin(sent).await;
        desk.seen(before + 1).await;
        wire.begin(Sent { dup: true, ..sent }).await;
        wire.settle().await;
        desk.settle(before, Ok(()));
        assert_eq!(wire.ack(2, 5).await, 0, "one answer to both");
        wire.begin(Sent { dup: true, ..sent }).await;
        assert_eq!(wire.ack(2, 5).await, 0, "and another to the third");
        wire.release(5).await;
        assert_eq!(desk.so_far().len(), before + 1);
        wire.begin(sent).await;
        desk.seen(before + 2).await;
        desk.settle(before + 1, Ok(()));
        assert_eq!(wire.ack(2, 5).await, 0, "once it is released, the id is another message's");
        wire.release(5).await;
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn a_connection_that_is_lost_while_it_waits_costs_nothing() {
    let (broker, address, desk) = desk_on_tcp().await;
    for version in VERSIONS {
        for qos in [1, 2] {
            let before = desk.so_far().len();
            let id = format!("{version:?}-{qos}");
            let connect =
                || Connect { client_id: &id, clean: false, session: 600, ..Connect::as_user(SENSOR) };
            let mut wire = Wire::tcp(address, version).await;
            assert_eq!(wire.connect(&connect()).await, 0);
            wire.begin(Sent::new(SLOW, qos, 3)).await;
            desk.seen(before + 1).await;
            drop(wire);
            while desk.awaited() > 0 {
                tokio::task::yield_now().await;
            }
            // It goes on being kept, although nobody waits for it.
            desk.settle(before, Ok(()));
            let mut wire = Wire::tcp(address, version).await;
            assert_eq!(wire.connect(&connect()).await, 0);
            wire.begin(Sent { dup: true, ..Sent::new(SLOW, qos, 3) }).await;
            assert!(desk.seen(before + 2).await[before + 1].dup);
            desk.settle(before + 1, Ok(()));
            assert_eq!(wire.ack(qos, 3).await, 0);
        }
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn beyond_the_limit_a_connection_is_not_read() {
    for qos in [0, 1, 2] {
        let desk = Desk::new();
        let mut config = device_side(desk.clone());
        config.limits.held = 8.try_into().unwrap();
        let (broker, address) = start(config).await;
        let mut wire = Wire::logged_in(address, Version::V5, SENSOR).await;
        let mut other = Wire::logged_in(address, Version::V5, LAMP).await;
        for id in 1..=20 {
            wire.begin(Sent::new(SLOW, qos, id)).await;
        }
        assert_eq!(desk.seen(8).await.len(), 8);
        // Others are; and as all are served by the same threads, the ninth would have been taken by now.
        for _ in 0..50 {
            other.publish(LOCAL, b"1", 1, false).await;
        }
        assert_eq!(desk.so_far().iter().filter(|seen| seen.topic == SLOW).count(), 8);
        // Only the oldest makes room.
        let slow = |count: usize| {
            let desk = desk.clone();
            async move {
                let mut all = desk.so_far();
                while all.iter().filter(|seen| seen.topic == SLOW).count() < count {
                    all = desk.seen(all.len() + 1).await;
                }
                let indices = all.iter().enumerate().filter(|(_, seen)| seen.topic == SLOW);
                indices.map(|(index, _)| index).collect::<Vec<_>>()
            }
        };
        for settled in 0..20 {
            let indices = slow((settled + 8).min(20)).await;
            desk.settle(indices[settled], Ok(()));
            if qos > 0 {
                assert_eq!(wire.ack(qos, u16::try_from(settled + 1).unwrap()).await, 0);
            }
        }
        wire.settle().await;
        broker.shutdown().await;
    }
}

#[tokio::test]
async fn all_connections_share_one_limit_in_bytes() {
    const SIZE: usize = 40_000;
    let desk = Desk::new();
    let mut config = device_side(desk.clone());
    config.limits.packet_size = 50_000.try_into().unwrap();
    config.limits.held_bytes = 100_000.try_into().unwrap();
    let (broker, address) = start(config).await;
    let payload = vec![b'x'; SIZE];
    let mut wires = Vec::new();
    for _ in 0..5 {
        let mut wire = Wire::logged_in(address, Version::V3, SENSOR).await;
        wire.begin(Sent { payload: &payload, ..Sent::new(SLOW, 1, 1) }).await;
        wires.push(wire);
    }
    assert_eq!(desk.seen(2).await.len(), 2);
    // What is small fits, behind those that wait for room: nobody is passed over for ever.
    let mut other = Wire::logged_in(address, Version::V3, LAMP).await;
    other.begin(Sent::new(KEPT, 1, 9)).await;
    for settled in 0..5 {
        assert!(desk.seen(settled + 1).await.len() <= settled + 3);
        // The small one may be among those that came, in any place.
        let index = loop {
            let seen = desk.so_far();
            match seen.iter().enumerate().filter(|(_, seen)| seen.topic == SLOW).nth(settled) {
                Some((index, _)) => break index,
                None => drop(desk.seen(seen.len() + 1).await),
            }
        };
        desk.settle(index, Ok(()));
    }
    for wire in &mut wires {
        assert_eq!(wire.ack(1, 1).await, 0);
    }
    assert_eq!(other.ack(1, 9).await, 0);
    broker.shutdown().await;
}

#[tokio::test]
async fn more_unreleased_than_granted_ends_the_connection() {
    let desk = Desk::new();
    let mut config = device_side(desk.clone());
    config.limits.in_flight = 10.try_into().unwrap();
    let (broker, address) = start(config).await;
    for version in VERSIONS {
        let mut wire = Wire::logged_in(address, version, SENSOR).await;
        for id in 1..=10 {
            wire.begin(Sent::new(KEPT, 2, id)).await;
            assert_eq!(wire.ack(2, id).await, 0);
        }
        wire.begin(Sent::new(KEPT, 2, 11)).await;
        let mut reason = None;
        while let Some(packet) = wire.packet().await {
            reason = (packet.first == 0xe0).then(|| packet.body[0]);
        }
        // MQTT 5 §3.3.4: receive maximum exceeded.
        assert_eq!(reason, (version == Version::V5).then_some(0x93));
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn only_devices_are_the_intakes() {
    let desk = Desk::new();
    let (broker, address) = start(BrokerConfig { intake: Some(desk.clone()), ..tcp_only() }).await;
    let mut operator = Wire::logged_in(address, Version::V5, OPERATOR).await;
    assert_eq!(operator.publish(SHARD, b"1", 1, false).await, 0);
    assert_eq!(desk.so_far(), []);
    // A relay's phones.
    let mut phone = Wire::logged_in(address, Version::V5, DEVICE).await;
    assert_eq!(phone.publish(SHARD, b"1", 1, false).await, 0);
    assert_eq!(desk.seen(1).await.len(), 1);
    broker.replace_logins(vec![common::login(OPERATOR, cowl_broker::Rights::Operator)]).unwrap();
    assert_eq!(phone.publish(SHARD, b"1", 1, false).await, 0x87, "a login that was taken away");
    assert_eq!(desk.so_far().len(), 1);
    broker.shutdown().await;
}

#[tokio::test]
async fn without_an_intake_devices_publish_what_is_local() {
    let listeners = Listeners { tcp: Some(loopback()), ..Listeners::default() };
    let side = device_side(std::sync::Arc::new(AllLocal));
    for intake in [side.intake.clone(), None] {
        let (broker, address) =
            start(BrokerConfig { listeners: listeners.clone(), intake, ..side.clone() }).await;
        for version in VERSIONS {
            let mut lamp = Wire::logged_in(address, version, LAMP).await;
            assert_eq!(lamp.subscribe("local/#", 2).await, 2);
            let mut sensor = Wire::logged_in(address, version, SENSOR).await;
            sensor.publish(KEPT, b"refused", 1, false).await;
            sensor.publish("commands/lamp", b"refused", 1, false).await;
            sensor.publish(LOCAL, b"on", 1, false).await;
            assert_eq!(lamp.receive().await.payload, b"on");
        }
        assert_eq!(broker.counts().publishes_denied_topic, 4);
        broker.shutdown().await;
    }
}
