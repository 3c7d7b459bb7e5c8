//! The trace: what passes the broker.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use cowl_audit::trace::{
    Carrier, Closing, ConnectionId, Event, Header, Observer, Point, PointId, PointKind, Way, WriteError,
    Writer,
};

/// Where servers are: addresses for documentation (RFC 5737), the broker's first.
const SERVER: [u8; 3] = [192, 0, 2];
/// Gateways and relays have the addresses from here on.
const FIRST_NODE: u16 = 16;

/// Writes a trace. After the first failure nothing more is written, and [`Tape::finish`] says so.
pub(crate) struct Tape {
    writer: Option<Writer<Box<dyn Write + Send>>>,
    failed: Option<io::Error>,
    written: Written,
}

/// What a trace holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Connections that began at the broker.
    pub(crate) connections: u64,
    /// PUBLISH packets from its clients.
    pub(crate) messages: u64,
    /// Bytes from them.
    pub(crate) sent: u64,
    /// Bytes to them.
    pub(crate) received: u64,
}

impl Tape {
    /// Begins a trace, with a point of observation at the broker and one at each of these nodes.
    pub(crate) fn new(
        out: Box<dyn Write + Send>,
        start: u64,
        note: &str,
        nodes: &[Point],
    ) -> io::Result<Self> {
        let broker = Point { kind: PointKind::Broker, name: "broker".to_owned() };
        let header = Header {
            observer: Observer::Simulation,
            start_us: start * 1_000_000,
            points: std::iter::once(broker).chain(nodes.iter().cloned()).collect(),
            note: note.to_owned(),
        };
        let writer = Writer::new(out, &header).map_err(error)?;
        Ok(Self { writer: Some(writer), failed: None, written: Written::default() })
    }

    pub(super) fn opens(&mut self, point: PointId, connection: u64, at: u64, from: SocketAddr) {
        self.written.connections += u64::from(point == BROKER);
        self.write(&Event::Open {
            connection: ConnectionId(connection),
            at,
            point,
            from: Some(from),
            to: Some(SocketAddr::V4(SocketAddrV4::new(server(point), 1_883))),
            carrier: Carrier::Tcp,
        });
    }

    pub(super) fn packet(&mut self, point: PointId, connection: u64, at: u64, way: Way, bytes: &[u8]) {
        if point == BROKER {
            let count = bytes.len() as u64;
            match way {
                Way::ToServer => self.written.sent += count,
                Way::ToClient => self.written.received += count,
            }
            let is_message = way == Way::ToServer && bytes.first().is_some_and(|kind| kind >> 4 == 3);
            self.written.messages += u64::from(is_message);
        }
        self.write(&Event::Packet { connection: ConnectionId(connection), at, way, bytes });
    }

    pub(super) fn closes(&mut self, connection: u64, at: u64, cause: Closing) {
        self.write(&Event::Close { connection: ConnectionId(connection), at, cause });
    }

    /// Ends the trace.
    pub(super) fn finish(&mut self) -> io::Result<Written> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        if let Some(writer) = self.writer.take() {
            writer.finish().map_err(error)?.flush()?;
        }
        Ok(self.written)
    }

    fn write(&mut self, event: &Event<'_>) {
        if let Some(writer) = &mut self.writer
            && let Err(failed) = writer.write(event)
        {
            self.failed = Some(error(failed));
            self.writer = None;
        }
    }
}

/// The broker's point of observation.
pub(super) const BROKER: PointId = PointId(0);

/// The address of the server at a point.
pub(crate) fn server(point: PointId) -> Ipv4Addr {
    let [a, b, c] = SERVER;
    let last = if point == BROKER { 1 } else { FIRST_NODE + point.0 };
    Ipv4Addr::new(a, b, c, u8::try_from(last).unwrap_or(u8::MAX))
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tape").field("written", &self.written).finish_non_exhaustive()
    }
}

fn error(error: WriteError) -> io::Error {
    match error {
        WriteError::Io(error) => error,
        other => io::Error::other(other),
    }
}
