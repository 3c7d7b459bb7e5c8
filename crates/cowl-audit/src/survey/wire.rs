//! Traces made by hand, for tests.

use core::net::SocketAddr;

use crate::trace::{Carrier, Closing, ConnectionId, Event, Header, Observer, Point, PointId, PointKind, Way};

use super::{Options, Report, Rotation, Survey};

pub(super) const SECOND: u64 = 1_000_000;

/// What a client says in CONNECT.
#[derive(Default, Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) will: Option<(String, String)>,
    pub(super) properties: Vec<(String, String)>,
}

/// Writes events and surveys them as they come.
pub(super) struct Wire {
    survey: Survey,
    pub(super) now: u64,
    connections: u64,
}

impl Wire {
    pub(super) fn new(observer: Observer, rotation: Rotation) -> Self {
        let point = Point { kind: PointKind::Broker, name: "broker".into() };
        let header =
            Header { observer, start_us: 1_699_999_200_000_000, points: vec![point], note: String::new() };
        Self { survey: Survey::new(header, Options { rotation }), now: 0, connections: 0 }
    }

    pub(super) fn open(&mut self, from: Option<SocketAddr>, client: Option<&Client>) -> ConnectionId {
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let (at, point) = (self.now, PointId(0));
        self.survey.add(&Event::Open { connection, at, point, from, to: None, carrier: Carrier::Tcp });
        if let Some(client) = client {
            self.packet(connection, Way::ToServer, &connect(client));
        }
        connection
    }

    pub(super) fn close(&mut self, connection: ConnectionId) {
        self.survey.add(&Event::Close { connection, at: self.now, cause: Closing::Orderly });
    }

    pub(super) fn packet(&mut self, connection: ConnectionId, way: Way, bytes: &[u8]) {
        self.survey.add(&Event::Packet { connection, at: self.now, way, bytes });
    }

    pub(super) fn publish(&mut self, connection: ConnectionId, topic: &str, payload: &[u8]) {
        self.packet(connection, Way::ToServer, &publish(topic, payload, false, None, &[]));
    }

    pub(super) fn event(&mut self, event: &Event<'_>) {
        self.survey.add(event);
    }

    pub(super) fn report(self) -> Report {
        self.survey.finish()
    }
}

pub(super) fn ids(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.id).collect()
}

fn text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    out.extend(text);
}

fn user_properties(properties: &[(String, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in properties {
        out.push(0x26);
        text(&mut out, name.as_bytes());
        text(&mut out, value.as_bytes());
    }
    let mut whole = length(out.len());
    whole.extend(out);
    whole
}

fn length(mut length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = u8::try_from(length % 128).unwrap();
        length /= 128;
        out.push(byte | if length > 0 { 0x80 } else { 0 });
        if length == 0 {
            return out;
        }
    }
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    out.extend(length(body.len()));
    out.extend(body);
    out
}

fn connect(client: &Client) -> Vec<u8> {
    let mut flags = 0x02;
    flags |= if client.will.is_some() { 0x04 } else { 0 };
    flags |= if client.user.is_some() { 0x80 } else { 0 };
    flags |= if client.password.is_some() { 0x40 } else { 0 };
    let mut body = b"\x00\x04MQTT\x05".to_vec();
    body.extend([flags, 0, 60]);
    body.extend(user_properties(&client.properties));
    text(&mut body, client.id.as_bytes());
    if let Some((topic, payload)) = &client.will {
        body.push(0);
        text(&mut body, topic.as_bytes());
        text(&mut body, payload.as_bytes());
    }
    for field in [&client.user, &client.password].into_iter().flatten() {
        text(&mut body, field.as_bytes());
    }
    packet(0x10, &body)
}

pub(super) fn publish(
    topic: &str,
    payload: &[u8],
    retain: bool,
    id: Option<u16>,
    properties: &[(String, String)],
) -> Vec<u8> {
    let mut body = Vec::new();
    text(&mut body, topic.as_bytes());
    body.extend(id.into_iter().flat_map(u16::to_be_bytes));
    body.extend(user_properties(properties));
    body.extend(payload);
    packet(0x30 | u8::from(retain) | if id.is_some() { 2 } else { 0 }, &body)
}
