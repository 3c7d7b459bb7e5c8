//! Devices that misbehave: others go on, nothing that is malformed reaches the intake, and no limit is passed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::desk::{Desk, KEPT, LAMP, LOCAL, SENSOR, SLOW, Sent, anonymous, desk_on_tcp, device_side, start};
use common::wire::{Connect, VERSIONS, Version, Wire};
use common::{Certificate, SOON, loopback};
use cowl_broker::{Broker, BrokerConfig, Devices, Listeners};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

/// A device that works as before, whatever others do.
async fn works(address: SocketAddr) {
    for version in VERSIONS {
        let mut wire = Wire::logged_in(address, version, LAMP).await;
        assert_eq!(wire.publish(KEPT, b"still here", 1, false).await, 0);
        assert_eq!(wire.publish(LOCAL, b"still here", 1, false).await, 0);
    }
}

#[tokio::test]
async fn a_flood_is_slowed_and_others_are_not() {
    const PAYLOAD: usize = 1_000;
    let desk = Desk::new();
    let mut config = device_side(desk.clone());
    config.limits.held = 100.try_into().unwrap();
    let (broker, address) = start(config).await;
    for qos in [0, 1] {
        let before = desk.so_far().len();
        let mut flood = Wire::logged_in(address, Version::V5, SENSOR).await;
        let payload = vec![0; PAYLOAD];
        let sent = Sent { payload: &payload, ..Sent::new(SLOW, qos, 1) };
        // Nothing is settled: it can send until the sockets are full, and then no more.
        let mut sending = Box::pin(async {
            for _ in 0..100_000 {
                flood.begin(sent).await;
            }
        });
        tokio::select! {
            () = &mut sending => panic!("100 MB went somewhere"),
            () = async { for _ in 0..5 { works(address).await } } => {}
        }
        let slow = desk.so_far()[before..].iter().filter(|seen| seen.topic == SLOW).count();
        assert_eq!(slow, 100);
    }
    // One that is settled as fast as it comes does not stop others either.
    let mut flood = Wire::logged_in(address, Version::V3, SENSOR).await;
    let mut sending = Box::pin(async {
        loop {
            flood.begin(Sent::new(KEPT, 0, 0)).await;
        }
    });
    tokio::select! {
        () = &mut sending => {}
        () = async { for _ in 0..20 { works(address).await } } => {}
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn who_does_not_read_its_acknowledgements_is_dropped() {
    let desk = Desk::new();
    let mut config = device_side(desk.clone());
    config.limits.send = Duration::from_secs(1);
    let (broker, address) = start(config).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut connect = b"\x10\x4f\0\x04MQTT\x04\xc2\0\0\0\0\0\x06sensor\0\x2b".to_vec();
    connect.extend(common::password(SENSOR).into_bytes());
    connect[1] = u8::try_from(connect.len() - 2).unwrap();
    let length = common::password(SENSOR).len();
    let at = connect.len() - length - 1;
    connect[at] = u8::try_from(length).unwrap();
    stream.write_all(&connect).await.unwrap();
    stream.read_exact(&mut [0; 4]).await.unwrap();
    let mut publish = b"\x32\x0c\0\x08report/1\0\x01".to_vec().repeat(1_000);
    publish.shrink_to_fit();
    // It ends with an error: the broker closed.
    let flood = async { while stream.write_all(&publish).await.is_ok() {} };
    timeout(SOON * 2, flood).await.expect("it is not served for ever");
    works(address).await;
    broker.shutdown().await;
}

#[tokio::test]
async fn ten_megabytes_are_not_even_read() {
    let certificate = Certificate::new();
    let desk = Desk::new();
    let listeners = Listeners {
        tcp: Some(loopback()),
        tls: Some(certificate.listener()),
        ws: Some(loopback()),
        ..Listeners::default()
    };
    let broker = Broker::start(BrokerConfig { listeners, ..device_side(desk.clone()) }).await.unwrap();
    let at = broker.addresses();
    let payload = vec![b'x'; 10_000_000];
    for version in VERSIONS {
        for (mut wire, websocket) in [
            (Wire::tcp(at.tcp.unwrap(), version).await, false),
            (Wire::tls(at.tls.unwrap(), &certificate.der, version).await, false),
            (Wire::ws(at.ws.unwrap(), version).await, true),
        ] {
            assert_eq!(wire.connect(&Connect::as_user(SENSOR)).await, 0);
            // The broker may be gone before all of it is sent, and with it what it said.
            let _ = timeout(SOON, wire.begin(Sent { payload: &payload, ..Sent::new(KEPT, 1, 1) })).await;
            if let Some(reason) = wire.closed_or_reset().await {
                assert_eq!((reason, version, websocket), (0x95, Version::V5, false));
            }
        }
    }
    works(at.tcp.unwrap()).await;
    assert!(desk.so_far().iter().all(|seen| seen.payload.len() < 100));
    broker.shutdown().await;
}

#[tokio::test]
async fn half_open_connections_are_shown_out() {
    let certificate = Certificate::new();
    let mut config = device_side(Desk::new());
    config.listeners.tls = Some(certificate.listener());
    config.listeners.ws = Some(loopback());
    config.limits.handshake = Duration::from_secs(1);
    let broker = Broker::start(config).await.unwrap();
    let at = broker.addresses();
    let tcp = at.tcp.unwrap();
    let beginnings: [(SocketAddr, &[u8]); 9] = [
        (tcp, b""),
        (tcp, b"\x10"),
        (tcp, b"\x10\x40\0\x04MQTT\x05"),
        (tcp, b"\x10\xff\xff\x0f\0\x04MQTT\x04"),
        (at.tls.unwrap(), b""),
        (at.tls.unwrap(), b"\x16\x03\x01\x01\x00\x01\x00"),
        (at.ws.unwrap(), b""),
        (at.ws.unwrap(), b"GET /mqtt HTTP/1.1\r\nUpgrade: web"),
        (at.ws.unwrap(), b"GET / HTTP/1.1\r\nX: "),
    ];
    let mut idle = Vec::new();
    for (address, beginning) in beginnings {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        idle.push(stream);
    }
    // One byte now and then buys no time.
    let mut slow = TcpStream::connect(tcp).await.unwrap();
    let trickle = async {
        let mut pace = interval(Duration::from_millis(100));
        for byte in b"\x10\x7f\0\x04MQTT\x05".iter().chain(&[0; 100]) {
            pace.tick().await;
            if slow.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
        panic!("it was let in for ten seconds");
    };
    timeout(SOON, async { tokio::join!(trickle, works(tcp)) }).await.unwrap();
    for mut stream in idle {
        let _ = timeout(SOON, stream.read_to_end(&mut Vec::new())).await.expect("the broker closes");
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn hostile_topics_reach_nobody() {
    let (broker, address, desk) = desk_on_tcp().await;
    let (longest, too_long) = ("x".repeat(65_535), "y".repeat(1_025));
    let deep = "/".repeat(1_025);
    let hostile = [
        "$SYS/broker/uptime",
        "$share/g/report/1",
        "$",
        "#",
        "report/#",
        "+",
        "report/+/x",
        "a#",
        "+b",
        "a\0b",
        "\0",
        longest.as_str(),
        too_long.as_str(),
        deep.as_str(),
    ];
    for version in VERSIONS {
        for qos in [0, 1, 2] {
            for retain in [false, true] {
                let mut wire = Wire::logged_in(address, version, SENSOR).await;
                for topic in hostile {
                    wire.begin(Sent { retain, ..Sent::new(topic, qos, 1) }).await;
                    if qos > 0 {
                        let reason = wire.ack(qos, 1).await;
                        assert_eq!(reason, if version == Version::V5 { 0x87 } else { 0 }, "{}", topic.len());
                    }
                    if qos == 2 && version == Version::V3 {
                        wire.release(1).await;
                    }
                }
                wire.settle().await;
            }
        }
        // An empty one is malformed, with or without a topic alias, which nobody granted.
        let mut wire = Wire::logged_in(address, version, SENSOR).await;
        wire.begin(Sent::new("", 1, 1)).await;
        let refused = wire.packet().await.is_none_or(|packet| packet.first != 0x40 || packet.body[2] == 0x87);
        assert!(refused, "{version:?}");
    }
    assert_eq!(desk.so_far(), []);
    assert_eq!(broker.counts().publishes_denied_topic, 2 * 3 * 2 * 14 + 1);
    // At the limits of what is allowed.
    let mut wire = Wire::logged_in(address, Version::V5, SENSOR).await;
    for topic in ["/".repeat(1_024), "é".repeat(512), " ".into(), "/".into(), "report/\u{7f}\u{202e}".into()]
    {
        wire.begin(Sent::new(&topic, 1, 1)).await;
        assert_eq!(wire.ack(1, 1).await, 0);
    }
    works(address).await;
    broker.shutdown().await;
}

#[tokio::test]
async fn hostile_filters_subscribe_nothing() {
    let (broker, address, _) = desk_on_tcp().await;
    let long = "local/".to_owned() + &"x/".repeat(30_000);
    for version in VERSIONS {
        let filters = [
            "#",
            "+/#",
            "$SYS/#",
            "$\0",
            "$share/g/local/#",
            "local/#/x",
            "local#",
            "local/+x",
            "local/\0",
            "/local/#",
            long.as_str(),
            "$exclusive/local/1",
            "$queue/local/1",
            "$limit/3/local/1",
            "$delayed/1/local/1",
        ];
        for filter in filters {
            let mut wire = Wire::logged_in(address, version, SENSOR).await;
            // Some end the connection; none is granted.
            let code = wire.try_subscribe(filter, 1).await;
            assert!(
                code.is_none_or(|code| code >= 0x80),
                "{version:?} {} {code:?}",
                &filter[..filter.len().min(20)]
            );
        }
    }
    works(address).await;
    broker.shutdown().await;
}

/// A text field with bytes that are no UTF-8.
fn field(bytes: &[u8]) -> Vec<u8> {
    let mut field = u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    field.extend(bytes);
    field
}

#[tokio::test]
async fn wrong_utf_8_ends_the_connection() {
    let (broker, address, desk) = desk_on_tcp().await;
    let wrong: [&[u8]; 7] =
        [b"\xff", b"a\xc0\xafb", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"report/\xfe"];
    for version in VERSIONS {
        let properties: &[u8] = if version == Version::V5 { &[0] } else { &[] };
        for bytes in wrong {
            let mut wire = Wire::logged_in(address, version, SENSOR).await;
            wire.send(0x32, &[&field(bytes), &[0, 1][..], properties, b"payload"].concat()).await;
            wire.closed().await;
            let mut wire = Wire::logged_in(address, version, SENSOR).await;
            wire.send(0x82, &[&[0, 1][..], properties, &field(bytes), &[1]].concat()).await;
            wire.closed().await;
            for (name, flags) in [("client id", 0x02_u8), ("will topic", 0x06), ("user", 0xc2)] {
                let mut body = [&b"\0\x04MQTT"[..], &[version as u8, flags, 0, 60], properties].concat();
                match name {
                    "client id" => body.extend(field(bytes)),
                    "will topic" => {
                        body.extend([&field(b"id"), properties, &field(bytes), &field(b"will")].concat());
                    }
                    _ => body.extend([field(b"id"), field(bytes), field(b"password")].concat()),
                }
                let mut wire = Wire::tcp(address, version).await;
                wire.send(0x10, &body).await;
                let answer = wire.packet().await;
                let refused = answer.is_none_or(|packet| packet.first == 0x20 && packet.body[1] != 0);
                assert!(refused, "{version:?} {name} {bytes:x?}");
            }
        }
    }
    assert_eq!(desk.so_far(), []);
    works(address).await;
    broker.shutdown().await;
}

#[tokio::test]
async fn malformed_packets_end_the_connection_and_reach_nobody() {
    let (broker, address, desk) = desk_on_tcp().await;
    let packets: [(&str, &[u8]); 15] = [
        ("quality 3", b"\x36\x0b\0\x06report\0\x01x"),
        ("packet id 0", b"\x32\x0b\0\x06report\0\0xx"),
        ("no packet id", b"\x32\x08\0\x06report"),
        ("topic longer than the packet", b"\x30\x08\0\xffreport"),
        ("nothing in it", b"\x30\0"),
        ("length of five bytes", b"\x30\xff\xff\xff\xff\x01"),
        ("type 0", b"\0\0"),
        ("a server's packet", b"\x20\x02\0\0"),
        ("acknowledgement of packet 0", b"\x40\x02\0\0"),
        ("release of half an id", b"\x62\x01\0"),
        ("subscribe to nothing", b"\x82\x02\0\x01"),
        ("unsubscribe from nothing", b"\xa2\x02\0\x01"),
        ("a second CONNECT", b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0"),
        (
            "a web browser",
            b"GET / HTTP/1.1\r\nHost: gateway\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n",
        ),
        ("TLS", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"),
    ];
    for version in VERSIONS {
        for (name, packet) in packets {
            let mut wire = Wire::logged_in(address, version, SENSOR).await;
            wire.send_bytes(packet).await;
            let reason = timeout(SOON, wire.closed()).await.unwrap_or_else(|_| panic!("{name} is suffered"));
            assert!(reason.is_none_or(|reason| reason >= 0x80), "{name} {reason:?}");
        }
    }
    assert_eq!(desk.so_far(), []);
    // Whatever is sent: what the intake sees is well-formed, and the broker stays.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..300_u32 {
        let mut wire = Wire::logged_in(address, VERSIONS[usize::from(round % 2 == 0)], SENSOR).await;
        let mut bytes = b"\x32\x0c\0\x08report/1\0\x01".repeat(3);
        for _ in 0..4 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = usize::try_from(state % u64::try_from(bytes.len()).unwrap()).unwrap();
            bytes[at] = state.to_le_bytes()[6];
        }
        wire.send_bytes(&bytes).await;
        wire.hang_up().await;
        timeout(SOON, async { while wire.packet().await.is_some() {} }).await.unwrap();
    }
    for seen in desk.so_far() {
        assert!(
            !seen.topic.is_empty() && !seen.topic.contains(['+', '#', '\0']) && !seen.topic.starts_with('$')
        );
        assert_eq!(seen.packet_id.is_none(), seen.qos == cowl_broker::Qos::AtMostOnce);
    }
    works(address).await;
    broker.shutdown().await;
}

#[tokio::test]
async fn who_says_goodbye_and_stays_is_shown_out() {
    let (broker, address, _) = desk_on_tcp().await;
    for version in VERSIONS {
        let mut wire = Wire::logged_in(address, version, SENSOR).await;
        wire.send(0xe0, &[]).await;
        assert_eq!(wire.closed().await, None);
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn many_idle_devices_leave_room_for_others() {
    const IDLE: u32 = 1_000;
    let side = device_side(Desk::new());
    let devices = Devices { anonymous: true, ..side.devices.clone() };
    let mut config = BrokerConfig { devices, ..side };
    config.limits.connections = (IDLE + 10).try_into().unwrap();
    let (broker, address) = start(config).await;
    let mut idle = Vec::new();
    for index in 0..IDLE {
        let version = VERSIONS[usize::from(index % 2 == 0)];
        let id = format!("idle-{index}");
        let mut wire = Wire::tcp(address, version).await;
        assert_eq!(wire.connect(&Connect { keep_alive: 0, ..anonymous(&id) }).await, 0);
        idle.push(wire);
    }
    works(address).await;
    for wire in idle.iter_mut().step_by(100) {
        wire.settle().await;
    }
    assert_eq!(broker.counts().connects_refused_full, 0);
    broker.shutdown().await;
}
