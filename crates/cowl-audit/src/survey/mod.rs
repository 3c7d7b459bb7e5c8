//! What a trace says without any ground truth: one pass, bounded memory, any MQTT system.
//!
//! ```
//! use cowl_audit::survey::{Options, Survey};
//! use cowl_audit::trace::{Carrier, ConnectionId, Event, Header, Observer, Point, PointId, PointKind, Way};
//!
//! let broker = Point { kind: PointKind::Broker, name: "broker".into() };
//! let header = Header { observer: Observer::Tap, start_us: 0, points: vec![broker], note: String::new() };
//! let mut survey = Survey::new(header, Options::default());
//! let connection = ConnectionId(1);
//! let open = Event::Open { connection, at: 0, point: PointId(0), from: None, to: None, carrier: Carrier::Tcp };
//! survey.add(&open);
//! for bytes in [&b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03bee"[..], b"\x30\x12\x00\x02t/lat: 18.55, lon: -72.3"] {
//!     survey.add(&Event::Packet { connection, at: 1, way: Way::ToServer, bytes });
//! }
//! let report = survey.finish();
//! assert_eq!(report.about.messages, 1);
//! assert!(report.findings.iter().any(|finding| finding.id == "clear-transport"));
//! ```
//!
//! What is exact and what is not: messages, fields, formats and sizes are counted exactly. Values of identifiers are told apart exactly up to
//! three million (917,504 of one identifier, 229,376 of one field, 458,752 topics); beyond that "at least" is said. Regularities at byte offsets
//! come from a sample of opaque payloads, whose size is printed. Quantiles are right to 3 %.

mod census;
mod clients;
mod connect;
mod connection;
mod core;
mod counter;
mod encryption;
mod fields;
mod findings;
mod finish;
mod hash;
mod joins;
mod linking;
mod message;
mod nodes;
mod opaque;
mod options;
mod pace;
mod page;
#[cfg(test)]
mod planted_tests;
mod recent;
#[cfg(test)]
mod reconnect_tests;
mod report;
mod rhythm;
mod shape;
mod spread;
#[cfg(test)]
mod survey_tests;
mod tls;
mod topics;
mod traits;
mod values;
#[cfg(test)]
mod wire;

pub use findings::{Leak, Severity};
pub use options::{Options, Rotation};
pub use pace::Evenness;
pub use page::terminal;
pub use report::*;
pub use shape::Shape;
pub use spread::Distribution;

use self::connection::Connection;
use self::core::Core;
use self::hash::ByHash;
use crate::mqtt::Body;
use crate::payload::Kind;
use crate::trace::{Carrier, Closing, ConnectionId, Event, Header, Way};

/// Connections that are open at once and followed.
const MAX_OPEN: usize = 1 << 18;

/// Reads a trace, event by event, and says at the end what it gave away.
#[derive(Debug)]
pub struct Survey {
    open: ByHash<Connection>,
    core: Core,
}

impl Survey {
    /// Before the first event.
    pub fn new(header: Header, options: Options) -> Self {
        Self { open: ByHash::default(), core: Core::new(header, options) }
    }

    /// The next event, in order of time.
    pub fn add(&mut self, event: &Event<'_>) {
        match *event {
            Event::Open { connection, at, from, carrier, .. } => {
                self.core.moment(at);
                self.close(connection, at, Closing::Unseen);
                if let Some(entry) = self.connection(connection, at) {
                    entry.0.opened(&mut entry.1.state, at, from, carrier);
                }
            }
            Event::Hello { connection, at, ref hello } => {
                self.core.moment(at);
                if let Some((core, connection)) = self.connection(connection, at) {
                    core.speaks(&connection.state, Way::ToServer, at);
                    core.hello(&mut connection.state, at, hello);
                }
            }
            Event::Packet { connection, at, way, bytes } => {
                self.core.moment(at);
                let Some((core, connection)) = self.connection(connection, at) else {
                    return;
                };
                let Connection { dialogue, state } = connection;
                state.last = at;
                state.packets += 1;
                core.speaks(state, way, at);
                let Some(packet) = dialogue.read(way, bytes) else {
                    core.sums.unread += 1;
                    return;
                };
                if let Some(count) = core.sums.packets.get_mut(usize::from(packet.header.kind.number())) {
                    *count += 1;
                }
                match &packet.body {
                    Body::Publish(publish) => core.publish(state, way, at, publish),
                    Body::Connect(connect) => core.connect(state, at, &packet, connect),
                    Body::Subscribe(subscribe) => core.subscribe(state, at, subscribe),
                    _ => {}
                }
            }
            Event::Sealed { connection, at, way, length } => {
                self.core.moment(at);
                if let Some((core, connection)) = self.connection(connection, at) {
                    connection.state.last = at;
                    core.speaks(&connection.state, way, at);
                    core.sealed(&mut connection.state, at, way, length);
                }
            }
            Event::Lost { at, bytes, cause, .. } => {
                self.core.moment(at);
                self.core.lost(bytes, cause);
            }
            Event::Close { connection, at, cause } => {
                self.core.moment(at);
                self.close(connection, at, cause);
            }
        }
    }

    /// What the trace says. Connections that are still open count as cut off by its end.
    pub fn finish(mut self) -> Report {
        let mut left: Vec<Connection> = self.open.drain().map(|(_, connection)| connection).collect();
        // in the order of their beginning, so that the report is the same every time
        left.sort_by_key(|connection| connection.state.node.map_or(u32::MAX, |node| node.0));
        for connection in left {
            let at = connection.state.last;
            self.core.close(connection.state, at, Closing::Unseen);
        }
        finish::report(self.core)
    }

    fn close(&mut self, connection: ConnectionId, at: u64, cause: Closing) {
        if let Some(connection) = self.open.remove(&key(connection)) {
            self.core.close(connection.state, at, cause);
        }
    }

    /// A connection whose beginning was not seen begins with its first event.
    fn connection(&mut self, id: ConnectionId, at: u64) -> Option<(&mut Core, &mut Connection)> {
        let Self { open, core } = self;
        let full = open.len() >= MAX_OPEN;
        match open.entry(key(id)) {
            std::collections::hash_map::Entry::Occupied(entry) => Some((core, entry.into_mut())),
            std::collections::hash_map::Entry::Vacant(_) if full => {
                core.sums.unfollowed += 1;
                None
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                let node = if core.is_subscription() { None } else { core.census.nodes.open(at) };
                Some((core, entry.insert(Connection::new(node, at, Carrier::Unknown))))
            }
        }
    }
}

/// Spreads running numbers over the table.
const fn key(id: ConnectionId) -> u64 {
    id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Whether a field of this kind says something about a person, or leads to one.
const fn personal(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Position
            | Kind::Latitude
            | Kind::Longitude
            | Kind::Mgrs
            | Kind::H3Cell
            | Kind::Geohash
            | Kind::IpAddress
            | Kind::MacAddress
            | Kind::Phone
            | Kind::Email
            | Kind::PersonName
            | Kind::UserId
            | Kind::DeviceId
            | Kind::Pseudonym
            | Kind::Credential
            | Kind::Severity
            | Kind::Health
            | Kind::Demographic
    )
}
