//! The trace: what passes the broker.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use cowl_audit::trace::{
    Carrier, Closing, ConnectionId, Event, Header, Observer, Point, PointId, PointKind, Way, WriteError,
    Writer,
};

/// Where the broker is: an address for documentation (RFC 5737).
const BROKER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 1_883));
/// The one point of observation.
const POINT: PointId = PointId(0);

/// Writes a trace. After the first failure nothing more is written, and [`Tape::finish`] says so.
pub(crate) struct Tape {
    writer: Option<Writer<Box<dyn Write + Send>>>,
    failed: Option<io::Error>,
    written: Written,
}

/// What a trace holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Connections that began.
    pub(crate) connections: u64,
    /// PUBLISH packets from clients.
    pub(crate) messages: u64,
    /// Bytes from clients.
    pub(crate) sent: u64,
    /// Bytes to clients.
    pub(crate) received: u64,
}

impl Tape {
    /// Begins a trace.
    pub(crate) fn new(out: Box<dyn Write + Send>, start: u64, note: &str) -> io::Result<Self> {
        let header = Header {
            observer: Observer::Simulation,
            start_us: start * 1_000_000,
            points: vec![Point { kind: PointKind::Broker, name: "broker".to_owned() }],
            note: note.to_owned(),
        };
        let writer = Writer::new(out, &header).map_err(error)?;
        Ok(Self { writer: Some(writer), failed: None, written: Written::default() })
    }

    pub(super) fn opens(&mut self, connection: u64, at: u64, from: SocketAddr) {
        self.written.connections += 1;
        self.write(&Event::Open {
            connection: ConnectionId(connection),
            at,
            point: POINT,
            from: Some(from),
            to: Some(BROKER),
            carrier: Carrier::Tcp,
        });
    }

    pub(super) fn packet(&mut self, connection: u64, at: u64, way: Way, bytes: &[u8]) {
        let count = bytes.len() as u64;
        match way {
            Way::ToServer => self.written.sent += count,
            Way::ToClient => self.written.received += count,
        }
        let is_message = way == Way::ToServer && bytes.first().is_some_and(|kind| kind >> 4 == 3);
        self.written.messages += u64::from(is_message);
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
