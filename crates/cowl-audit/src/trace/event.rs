//! What can happen in a trace.

use core::net::SocketAddr;

/// Number of a connection, unique within one trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Index of an observation point in [`Header::points`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PointId(pub u16);

/// What made a trace, and so what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observer {
    /// A proxy in front of a broker: all connections, both ways.
    Tap,
    /// A packet capture: what passed one network interface.
    Capture,
    /// A client subscribed to `#`: one connection, messages from the broker only.
    Subscription,
    /// A simulated operation: all points, both ways.
    Simulation,
}

/// What stands at an observation point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PointKind {
    /// The broker: connections that end there.
    Broker,
    /// A gateway's side towards its devices.
    Gateway,
    /// A relay's side towards its phones.
    Relay,
}

/// One place where traffic was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What stands there.
    pub kind: PointKind,
    /// Its name in reports; not secret.
    pub name: String,
}

/// What stands at the head of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What made the trace.
    pub observer: Observer,
    /// Microseconds since 1970-01-01 UTC at which the trace's time is 0; 0 where unknown.
    pub start_us: u64,
    /// The points, indexed by [`PointId`]; at least one.
    pub points: Vec<Point>,
    /// Free text for reports, such as a configuration's name.
    pub note: String,
}

/// Direction of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// From the client to the server of the connection.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// What carries the MQTT packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Carrier {
    /// Plain TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// WebSocket over TCP.
    WebSocket,
    /// WebSocket over TLS.
    WebSocketTls,
    /// Not known yet, or neither MQTT, WebSocket nor TLS.
    Unknown,
}

/// What the handshake of a TLS connection shows to everybody on the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsHello<'a> {
    /// Version agreed on, as on the wire (RFC 8446 §4.2.1): 0x0303 is TLS 1.2, 0x0304 is 1.3; 0 if not seen.
    pub version: u16,
    /// Cipher suite agreed on; 0 if not seen.
    pub cipher: u16,
    /// Key exchange group agreed on (RFC 8446 §4.2.8); 0 if not seen.
    pub group: u16,
    /// Server name asked for (RFC 6066 §3); empty if none.
    pub server_name: &'a str,
    /// Hash of what the client offered: equal for equal client software. Order is included, except that of the extensions
    /// themselves, which some clients draw by lot.
    pub fingerprint: u64,
    /// Whether the client offered a session ticket or PSK: that links it to an earlier connection.
    pub resumption: bool,
}

/// Why bytes are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// The capture does not have them: lost segments, or it began in the middle of a connection.
    Missing,
    /// Cut off by the capture's snapshot length.
    Snapped,
    /// Not MQTT (any more): a fixed header or length that cannot be.
    NotMqtt,
    /// Over a limit of the reader.
    Limit,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Closing {
    /// In order, by either side.
    Orderly,
    /// Reset, timed out or cut.
    Broken,
    /// The trace ended first.
    Unseen,
}

/// One event. Times are microseconds since [`Header::start_us`] and never go back within a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A connection began.
    Open {
        /// Its number.
        connection: ConnectionId,
        /// When.
        at: u64,
        /// Where it was seen.
        point: PointId,
        /// The client's address, where known.
        from: Option<SocketAddr>,
        /// The server's address, where known.
        to: Option<SocketAddr>,
        /// What carries it.
        carrier: Carrier,
    },
    /// A TLS handshake was seen.
    Hello {
        /// On which connection.
        connection: ConnectionId,
        /// When.
        at: u64,
        /// What it showed.
        hello: TlsHello<'a>,
    },
    /// One whole MQTT control packet, its fixed header included.
    Packet {
        /// On which connection.
        connection: ConnectionId,
        /// When its last byte was seen.
        at: u64,
        /// Direction.
        way: Way,
        /// The packet.
        bytes: &'a [u8],
    },
    /// One unit that the observer cannot read: a TLS record.
    Sealed {
        /// On which connection.
        connection: ConnectionId,
        /// When its last byte was seen.
        at: u64,
        /// Direction.
        way: Way,
        /// Bytes on the wire, the record's header included.
        length: u32,
    },
    /// Bytes are missing or could not be read.
    Lost {
        /// On which connection.
        connection: ConnectionId,
        /// When.
        at: u64,
        /// Direction.
        way: Way,
        /// How many, as far as known.
        bytes: u64,
        /// Why.
        cause: Loss,
    },
    /// A connection ended.
    Close {
        /// Its number.
        connection: ConnectionId,
        /// When.
        at: u64,
        /// How.
        cause: Closing,
    },
}
