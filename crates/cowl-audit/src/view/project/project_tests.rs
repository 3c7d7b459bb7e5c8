use std::collections::HashMap;

use super::*;
use crate::trace::{Carrier, ConnectionId, Point, PointId, TlsHello, Way, Writer};
use crate::truth::{Expense, MessageRef, Opened, Operation, Reader as KeyHolder};

/// CONNECT of MQTT 5: user property a=b, client `bee`, will `w` → `gone`, user `ann`, keep-alive 60.
const CONNECT: &[u8] =
    b"\x10\x26\x00\x04MQTT\x05\x86\x00\x3c\x07\x26\x00\x01a\x00\x01b\x00\x03bee\x00\x00\x01w\x00\x04gone\x00\x03ann";
/// PUBLISH of MQTT 5, QoS 1, identifier 7, retained: content type `x`, user property c=d.
const PUBLISH: &[u8] = b"\x33\x14\x00\x02t/\x00\x07\x0b\x03\x00\x01x\x26\x00\x01c\x00\x01dhi";
const PING: &[u8] = b"\xc0\x00";

fn header(observer: Observer) -> Header {
    let point = |kind| Point { kind, name: String::new() };
    let points = vec![point(PointKind::Broker), point(PointKind::Relay)];
    Header { observer, start_us: 0, points, note: String::new() }
}

fn open(connection: u64, point: u16) -> Event<'static> {
    Event::Open {
        connection: ConnectionId(connection),
        at: 1,
        point: PointId(point),
        from: Some("10.0.0.9:5555".parse().unwrap()),
        to: None,
        carrier: Carrier::Tcp,
    }
}

fn packet(connection: u64, at: u64, way: Way, bytes: &'static [u8]) -> Event<'static> {
    Event::Packet { connection: ConnectionId(connection), at, way, bytes }
}

fn truth(opened: Vec<Opened>) -> Truth {
    Truth {
        operation: Operation {
            version: 1,
            configuration: String::new(),
            seed: 0,
            length: 0,
            epochs: Vec::new(),
            fields: Vec::new(),
        },
        zones: Vec::new(),
        people: std::collections::BTreeMap::new(),
        stays: Vec::new(),
        messages: HashMap::new(),
        opened,
        deliveries: Vec::new(),
        expense: Expense::default(),
    }
}

fn opens(ordinal: u32, reader: KeyHolder, text: &str) -> Opened {
    Opened { message: MessageRef { connection: 5, ordinal }, reader, text: text.to_owned() }
}

fn projected(observer: Observer) -> Projection {
    let mut projector = Projector::new(&header(observer));
    let hello =
        TlsHello { version: 0x304, cipher: 1, group: 1, server_name: "", fingerprint: 77, resumption: false };
    let events = [
        open(5, 0),
        Event::Hello { connection: ConnectionId(5), at: 2, hello },
        packet(5, 3, Way::ToServer, CONNECT),
        packet(5, 4, Way::ToServer, PUBLISH),
        packet(5, 5, Way::ToClient, PUBLISH),
        packet(5, 6, Way::ToServer, PUBLISH),
        packet(5, 7, Way::ToServer, PING),
        open(6, 1),
        packet(6, 8, Way::ToServer, PUBLISH),
        Event::Close { connection: ConnectionId(5), at: 9, cause: crate::trace::Closing::Orderly },
    ];
    for event in &events {
        projector.add(event);
    }
    projector.finish()
}

fn text<'a>(view: &'a View, span: &crate::view::Span) -> &'a str {
    core::str::from_utf8(view.get(span)).unwrap()
}

#[test]
fn the_broker_sees_all() {
    let scene = projected(Observer::Simulation).scene(truth(Vec::new()));
    let view = scene.view(Adversary::Broker).unwrap();
    let [connection] = &*view.connections else { panic!("{:?}", view.connections) };
    let names = [&connection.client_id, &connection.user_name, &connection.will, &connection.properties];
    assert_eq!(names.map(|span| text(view, span)), ["bee", "ann", "w\0gone", "a=b"]);
    assert_eq!((connection.keep_alive, connection.level, connection.closed), (Some(60), Some(5), Some(9)));
    let bytes = u64::try_from(CONNECT.len() + 2 * PUBLISH.len() + 2).unwrap();
    assert_eq!((connection.sent, connection.received), (bytes, 22));
    assert_eq!(connection.others, [(3, 40), (7, 2)]);
    let [first, second] = &*view.messages else { panic!("{:?}", view.messages) };
    assert_eq!((first.id.ordinal, second.id.ordinal, second.at, second.size), (0, 1, 6, 22));
    assert_eq!((first.packet_id, first.qos, first.retain, first.connection), (Some(7), 1, true, Some(0)));
    let parts = [&first.topic, &first.payload, &first.properties];
    assert_eq!(parts.map(|span| text(view, span)), ["t/", "hi", "content-type=x\0c=d"]);
    assert_eq!(scene.view(Adversary::Relay).unwrap().messages.len(), 1);
    assert_eq!(scene.view(Adversary::Gateway).unwrap_err(), Absent::NoPoint);
}

#[test]
fn nobody_sees_more_than_his_place_shows() {
    let scene = projected(Observer::Simulation).scene(truth(Vec::new()));
    let tls = scene.view(Adversary::NetworkTls).unwrap();
    assert!(tls.bytes.is_empty());
    let [connection] = &*tls.connections else { panic!("{:?}", tls.connections) };
    assert_eq!((connection.fingerprint, connection.keep_alive, connection.level), (Some(77), None, None));
    assert_eq!(connection.others, [(3, 62), (7, 24)]);
    assert_eq!((tls.messages[0].size, tls.messages[0].packet_id, tls.messages[0].retain), (44, None, false));
    let subscriber = scene.view(Adversary::Subscriber).unwrap();
    assert!(subscriber.connections.is_empty());
    assert!(
        subscriber.messages.iter().all(|message| message.connection.is_none() && message.packet_id.is_none())
    );
    let everything = 0..u32::try_from(subscriber.bytes.len()).unwrap();
    assert!(!text(subscriber, &everything).contains("bee"));
    assert_eq!(text(subscriber, &subscriber.messages[0].topic), "t/");
    assert_eq!(scene.view(Adversary::Role).unwrap_err(), Absent::NoReader);
}

#[test]
fn the_strongest_holder_of_keys_reads() {
    let texts = vec![
        opens(0, KeyHolder::Role("medical".to_owned()), "short"),
        opens(1, KeyHolder::Role("triage".to_owned()), "much longer"),
        opens(0, KeyHolder::Insider(3), "mine"),
    ];
    let scene = projected(Observer::Simulation).scene(truth(texts));
    let role = scene.view(Adversary::BrokerRole).unwrap();
    let opened: Vec<_> = role.messages.iter().map(|message| text(role, &message.opened)).collect();
    assert_eq!(opened, ["", "much longer"]);
    assert_eq!(text(role, &role.connections[0].client_id), "bee");
    let insider = scene.view(Adversary::Insider).unwrap();
    assert_eq!(text(insider, &insider.messages[0].opened), "mine");
    assert_eq!(scene.view(Adversary::StolenPhone).unwrap_err(), Absent::NoReader);
    let broker = scene.view(Adversary::Broker).unwrap();
    assert!(!text(broker, &(0..u32::try_from(broker.bytes.len()).unwrap())).contains("mine"));
}

#[test]
fn a_subscription_shows_no_connections() {
    let scene = projected(Observer::Subscription).scene(truth(Vec::new()));
    assert_eq!(scene.view(Adversary::Broker).unwrap_err(), Absent::NotRecorded);
    assert_eq!(scene.view(Adversary::NetworkTls).unwrap_err(), Absent::NotRecorded);
    let view = scene.view(Adversary::Subscriber).unwrap();
    assert_eq!((view.messages.len(), view.messages[0].at), (1, 5));
}

#[test]
fn a_cut_trace_gives_what_it_has() {
    let mut writer = Writer::new(Vec::new(), &header(Observer::Tap)).unwrap();
    for event in [open(1, 0), packet(1, 2, Way::ToServer, PUBLISH)] {
        writer.write(&event).unwrap();
    }
    let file = writer.finish().unwrap();
    // without the frame's end mark, and without the end record: both in the last block
    let mut reader = Reader::new(&file[..file.len() - 4]).unwrap();
    let partial = Projection::read(&mut reader);
    assert!(partial.error.is_none() && partial.projection.messages() == 1);
    let mut flushed = Vec::new();
    let mut writer = Writer::new(&mut flushed, &header(Observer::Tap)).unwrap();
    writer.write(&packet(1, 2, Way::ToServer, PUBLISH)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let partial = Projection::read(&mut Reader::new(flushed.as_slice()).unwrap());
    assert!(matches!(partial.error, Some(ReadError::Truncated { events: 1 })));
    assert_eq!((partial.projection.messages(), partial.projection.without_content()), (1, 0));
}
