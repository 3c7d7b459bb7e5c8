//! A trace as one adversary sees it, in memory, for the attacks.

use core::net::IpAddr;
use core::ops::Range;

use crate::truth::MessageRef;
use crate::view::{Adversary, Pool};

/// A piece of [`View::bytes`].
pub type Span = Range<u32>;

/// What one adversary sees. What he cannot see is `None` or an empty span, never guessed.
#[derive(Debug, Clone)]
pub struct View {
    /// Whose view.
    pub adversary: Adversary,
    /// Connections, in order of their beginning; empty where the adversary sees none.
    pub connections: Vec<Connection>,
    /// Messages from clients (PUBLISH to the server), in order of time.
    pub messages: Vec<Message>,
    /// What the spans point into.
    pub bytes: Pool,
}

/// One connection.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// When it began, microseconds.
    pub opened: u64,
    /// When it ended, if it did.
    pub closed: Option<u64>,
    /// Where it came from.
    pub address: Option<IpAddr>,
    /// Client identifier.
    pub client_id: Span,
    /// User name.
    pub user_name: Span,
    /// Topic and payload of the will, joined by a zero byte.
    pub will: Span,
    /// User properties of CONNECT, as `name=value` joined by zero bytes.
    pub properties: Span,
    /// Keep-alive in seconds.
    pub keep_alive: Option<u16>,
    /// MQTT's protocol level: 3, 4 (3.1.1) or 5.
    pub level: Option<u8>,
    /// Fingerprint of the client's software: order and choice of flags and properties, or of the TLS handshake.
    pub fingerprint: Option<u64>,
    /// Bytes to the server, all packets.
    pub sent: u64,
    /// Bytes to the client.
    pub received: u64,
    /// Other packets than PUBLISH: time and bytes, to the server.
    pub others: Vec<(u64, u32)>,
}

/// One message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Which one it is, to look its truth up for training and scoring. An attack must not use it otherwise.
    pub id: MessageRef,
    /// When it arrived, microseconds.
    pub at: u64,
    /// Index of its connection in [`View::connections`], where the adversary sees connections.
    pub connection: Option<u32>,
    /// Size as this adversary sees it: the packet, or the TLS record around it.
    pub size: u32,
    /// Topic.
    pub topic: Span,
    /// Payload.
    pub payload: Span,
    /// User properties, content type, response topic and correlation data, as `name=value` joined by zero bytes.
    pub properties: Span,
    /// What the adversary's keys open, as text.
    pub opened: Span,
    /// Packet identifier (QoS 1 and 2).
    pub packet_id: Option<u16>,
    /// Quality of service.
    pub qos: u8,
    /// Whether the sender asked to retain it.
    pub retain: bool,
    /// A token planted for a positive control; an attack treats it like any field of the payload.
    pub planted: Option<u64>,
}

impl View {
    /// The bytes of a span; empty if it is out of range.
    pub fn get(&self, span: &Span) -> &[u8] {
        self.bytes.get(span)
    }
}
