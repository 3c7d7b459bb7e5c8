//! Connections and messages of one kind of point.

use std::collections::HashMap;

use crate::convert::count;
use crate::mqtt::{Body, Dialogue, Packet, Properties, Publish, Value, fingerprint, property};
use crate::trace::{ConnectionId, Event, Way};
use crate::truth::MessageRef;
use crate::view::{Connection, Message, Pool, Span};

/// What was seen at a kind of point.
#[derive(Debug, Clone)]
pub(super) struct Gathered {
    /// Spans point into `names`.
    pub(super) connections: Vec<Connection>,
    /// Of each connection, in the same order: what the wire adds.
    pub(super) wires: Vec<Wire>,
    /// Spans point into `content`.
    pub(super) messages: Vec<Message>,
    /// Topics, payloads, properties of messages.
    pub(super) content: Pool,
    /// Client identifiers, user names, wills, properties of connections.
    pub(super) names: Pool,
    pub(super) without_content: u64,
    /// Whether messages are those to the client.
    to_client: bool,
    live: HashMap<ConnectionId, Live>,
}

/// What the path shows of a connection besides what the broker does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wire {
    /// Fingerprint of its TLS handshake.
    pub(super) hello: Option<u64>,
    /// Packets to the server.
    pub(super) sent: u64,
    /// Packets to the client.
    pub(super) received: u64,
}

#[derive(Debug, Default)]
struct Live {
    place: u32,
    dialogue: Dialogue,
    publishes: u32,
}

impl Clone for Live {
    /// Only what was not begun is ever copied.
    fn clone(&self) -> Self {
        Self { place: self.place, dialogue: Dialogue::new(), publishes: self.publishes }
    }
}

/// Whose event it is.
pub(super) const fn connection(event: &Event<'_>) -> ConnectionId {
    match *event {
        Event::Open { connection, .. }
        | Event::Hello { connection, .. }
        | Event::Packet { connection, .. }
        | Event::Sealed { connection, .. }
        | Event::Lost { connection, .. }
        | Event::Close { connection, .. } => connection,
    }
}

impl Gathered {
    pub(super) fn new(to_client: bool) -> Self {
        Self {
            connections: Vec::new(),
            wires: Vec::new(),
            messages: Vec::new(),
            content: Pool::default(),
            names: Pool::default(),
            without_content: 0,
            to_client,
            live: HashMap::new(),
        }
    }

    /// Whether it is the point of a connection that is open.
    pub(super) fn knows(&self, connection: ConnectionId) -> bool {
        self.live.contains_key(&connection)
    }

    pub(super) fn add(&mut self, event: &Event<'_>) {
        match *event {
            Event::Open { connection, at, from, .. } => {
                let place = self.open(connection, at);
                if let Some(open) = at_place(&mut self.connections, place) {
                    open.address = from.map(|address| address.ip());
                }
            }
            Event::Hello { connection, at, hello } => {
                let place = self.place(connection, at);
                if let Some(wire) = at_place(&mut self.wires, place) {
                    wire.hello = Some(hello.fingerprint);
                }
                if let Some(open) = at_place(&mut self.connections, place) {
                    open.fingerprint = open.fingerprint.or(Some(hello.fingerprint));
                }
            }
            Event::Packet { connection, at, way, bytes } => self.packet(connection, at, way, bytes),
            Event::Sealed { connection, at, way, length } => {
                let place = self.place(connection, at);
                self.count(place, way, u64::from(length));
                if way == Way::ToServer
                    && let Some(open) = at_place(&mut self.connections, place)
                {
                    open.others.push((at, length));
                }
            }
            Event::Lost { connection, at, way, bytes, .. } => {
                let place = self.place(connection, at);
                self.count(place, way, bytes);
            }
            Event::Close { connection, at, .. } => {
                let place = self.place(connection, at);
                if let Some(open) = at_place(&mut self.connections, place) {
                    open.closed = Some(at);
                }
                self.live.remove(&connection);
            }
        }
    }

    /// In order of time, with room given back.
    pub(super) fn finish(mut self) -> Self {
        self.live = HashMap::new();
        self.content = self.content.share();
        self.messages.sort_by_key(|message| message.at);
        self.messages.shrink_to_fit();
        self.connections.shrink_to_fit();
        self
    }

    fn open(&mut self, connection: ConnectionId, at: u64) -> u32 {
        let place = u32::try_from(self.connections.len()).unwrap_or(u32::MAX);
        self.connections.push(Connection { opened: at, ..Connection::default() });
        self.wires.push(Wire::default());
        self.live.insert(connection, Live { place, ..Live::default() });
        place
    }

    fn place(&mut self, connection: ConnectionId, at: u64) -> u32 {
        match self.live.get(&connection) {
            Some(live) => live.place,
            None => self.open(connection, at),
        }
    }

    fn count(&mut self, place: u32, way: Way, bytes: u64) {
        let open = at_place(&mut self.connections, place);
        if let Some((open, wire)) = open.zip(at_place(&mut self.wires, place)) {
            let (total, packets) = match way {
                Way::ToServer => (&mut open.sent, &mut wire.sent),
                Way::ToClient => (&mut open.received, &mut wire.received),
            };
            *total += bytes;
            *packets += 1;
        }
    }

    fn packet(&mut self, id: ConnectionId, at: u64, way: Way, bytes: &[u8]) {
        let place = self.place(id, at);
        self.count(place, way, count(bytes.len()));
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let Some(live) = self.live.get_mut(&id) else { return };
        let Some(packet) = live.dialogue.read(way, bytes) else { return };
        let wanted = if self.to_client { Way::ToClient } else { Way::ToServer };
        if way == wanted
            && let Body::Publish(publish) = packet.body
        {
            let id = MessageRef { connection: id.0, ordinal: live.publishes };
            live.publishes = live.publishes.saturating_add(1);
            let content = &mut self.content;
            let before = content.len();
            let topic = content.put(publish.topic);
            let payload = content.put(publish.payload);
            let properties = content.put(&of_publish(&publish));
            let complete = content.len() - before >= publish.topic.len() + publish.payload.len();
            self.without_content += u64::from(!complete);
            self.messages.push(Message {
                id,
                at,
                connection: Some(place),
                size,
                topic,
                payload,
                properties,
                opened: 0..0,
                packet_id: publish.packet_id,
                qos: publish.qos,
                retain: publish.retain,
                planted: None,
            });
            return;
        }
        let Some(open) = at_place(&mut self.connections, place).filter(|_| way == Way::ToServer) else {
            return;
        };
        if !matches!(packet.body, Body::Publish(_)) {
            open.others.push((at, size));
        }
        told_by_connect(open, &mut self.names, &packet);
    }
}

fn told_by_connect(open: &mut Connection, names: &mut Pool, packet: &Packet<'_>) {
    let Body::Connect(connect) = packet.body else { return };
    open.client_id = names.put(connect.client_id);
    open.user_name = names.put(connect.user_name.unwrap_or_default());
    open.will = connect.will.map_or(0..0, |will| names.put(&[will.topic, will.payload].join(&0)));
    open.properties = pairs(names, connect.properties);
    open.keep_alive = Some(connect.keep_alive);
    open.level = Some(connect.level.number());
    open.fingerprint = fingerprint(packet);
}

fn pairs(names: &mut Pool, properties: Properties<'_>) -> Span {
    let user: Vec<_> = properties.user().map(|(name, value)| [name, value].join(&b'=')).collect();
    if user.is_empty() { 0..0 } else { names.put(&user.join(&0)) }
}

fn of_publish(publish: &Publish<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    if publish.properties.is_empty() {
        return out;
    }
    for property in publish.properties.iter() {
        let (name, value): (&[u8], &[u8]) = match (property.id, property.value) {
            (property::CONTENT_TYPE, Value::Text(value)) => (b"content-type", value),
            (property::RESPONSE_TOPIC, Value::Text(value)) => (b"response-topic", value),
            (property::CORRELATION_DATA, Value::Binary(value)) => (b"correlation-data", value),
            (_, Value::Pair(name, value)) => (name, value),
            _ => continue,
        };
        if !out.is_empty() {
            out.push(0);
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
    out
}

fn at_place<T>(of: &mut [T], place: u32) -> Option<&mut T> {
    usize::try_from(place).ok().and_then(|place| of.get_mut(place))
}
