//! Writes a trace file.

use core::net::SocketAddr;
use std::io::{self, Write};

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

use super::format::{
    Code, MAGIC, MAX_NAME, MAX_NOTE, MAX_PACKET, MAX_POINTS, put_number, tag, toward, zigzag,
};
use super::{Event, Header, Loss, TlsHello};
use crate::convert::count;

/// Why a trace could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// No point, or more than [`MAX_POINTS`].
    #[error("a trace has between 1 and {MAX_POINTS} observation points")]
    Points,
    /// The file system refused, such as on a full disk.
    #[error("cannot write the trace")]
    Io(#[from] io::Error),
}

/// Writes events to a trace file, compressed, as they come.
///
/// Up to 256 KiB of events wait until their block is full; [`Writer::flush`] brings them out earlier, at the price of compression.
/// A writer that is dropped without [`Writer::finish`] leaves a readable file that says it is cut off.
///
/// ```
/// use cowl_audit::trace::{ConnectionId, Event, Header, Observer, Point, PointKind, Reader, Way, Writer};
/// let points = vec![Point { kind: PointKind::Broker, name: "broker".to_owned() }];
/// let header = Header { observer: Observer::Simulation, start_us: 0, points, note: String::new() };
/// let mut writer = Writer::new(Vec::new(), &header)?;
/// let ping = Event::Packet { connection: ConnectionId(1), at: 5, way: Way::ToServer, bytes: &[0xc0, 0] };
/// writer.write(&ping)?;
/// let file = writer.finish()?;
///
/// let mut reader = Reader::new(file.as_slice())?;
/// assert_eq!(reader.event()?, Some(ping));
/// assert_eq!(reader.event()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: FrameEncoder<W>,
    head: Vec<u8>,
    length: Vec<u8>,
    before: u64,
    events: u64,
    bytes: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a file with its header.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn new(mut out: W, header: &Header) -> Result<Self, WriteError> {
        if header.points.is_empty() || header.points.len() > MAX_POINTS {
            return Err(WriteError::Points);
        }
        out.write_all(&MAGIC)?;
        let frame = FrameInfo::new()
            .block_mode(BlockMode::Independent)
            .block_size(BlockSize::Max256KB)
            .block_checksums(true);
        let mut writer = Self {
            out: FrameEncoder::with_frame_info(frame, out),
            head: Vec::with_capacity(64),
            length: Vec::with_capacity(10),
            before: 0,
            events: 0,
            bytes: 0,
        };
        writer.head.push(tag::HEADER);
        writer.head.push(header.observer.code());
        put_number(&mut writer.head, header.start_us);
        put_text(&mut writer.head, &header.note, MAX_NOTE);
        put_number(&mut writer.head, count(header.points.len()));
        for point in &header.points {
            writer.head.push(point.kind.code());
            put_text(&mut writer.head, &point.name, MAX_NAME);
        }
        writer.record(&[])?;
        Ok(writer)
    }

    /// Writes one event. A packet above [`MAX_PACKET`] becomes [`Event::Lost`] with [`Loss::Limit`].
    ///
    /// # Errors
    /// [`WriteError::Io`]; nothing more can be written then.
    pub fn write(&mut self, event: &Event<'_>) -> Result<(), WriteError> {
        let mut packet: &[u8] = &[];
        self.head.clear();
        match *event {
            Event::Open { connection, at, point, from, to, carrier } => {
                self.begin(tag::OPEN, connection.0, at);
                put_number(&mut self.head, u64::from(point.0));
                put_address(&mut self.head, from);
                put_address(&mut self.head, to);
                self.head.push(carrier.code());
            }
            Event::Hello { connection, at, ref hello } => {
                self.begin(tag::HELLO, connection.0, at);
                self.hello(hello);
            }
            Event::Packet { connection, at, way, bytes } if bytes.len() > MAX_PACKET => {
                let lost = Event::Lost { connection, at, way, bytes: count(bytes.len()), cause: Loss::Limit };
                return self.write(&lost);
            }
            Event::Packet { connection, at, way, bytes } => {
                self.begin(toward(tag::PACKET, way), connection.0, at);
                packet = bytes;
            }
            Event::Sealed { connection, at, way, length } => {
                self.begin(toward(tag::SEALED, way), connection.0, at);
                put_number(&mut self.head, u64::from(length));
            }
            Event::Lost { connection, at, way, bytes, cause } => {
                self.begin(toward(tag::LOST, way), connection.0, at);
                put_number(&mut self.head, bytes);
                self.head.push(cause.code());
            }
            Event::Close { connection, at, cause } => {
                self.begin(tag::CLOSE, connection.0, at);
                self.head.push(cause.code());
            }
        }
        self.record(packet)?;
        self.events += 1;
        Ok(())
    }

    /// Brings out what waits, so that a reader finds it even if this process is killed.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }

    /// Ends the file and returns what it was written to.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.head.clear();
        self.head.push(tag::END);
        put_number(&mut self.head, self.events);
        self.record(&[])?;
        let mut out = self.out.finish().map_err(io::Error::from)?;
        out.flush()?;
        Ok(out)
    }

    /// Events so far.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Bytes of records so far, before compression.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn begin(&mut self, tag: u8, connection: u64, at: u64) {
        self.head.push(tag);
        put_number(&mut self.head, connection);
        put_number(&mut self.head, zigzag(self.before, at));
        self.before = at;
    }

    fn hello(&mut self, hello: &TlsHello<'_>) {
        for number in [hello.version, hello.cipher, hello.group] {
            self.head.extend(number.to_be_bytes());
        }
        self.head.extend(hello.fingerprint.to_be_bytes());
        self.head.push(u8::from(hello.resumption));
        put_text(&mut self.head, hello.server_name, MAX_NAME);
    }

    fn record(&mut self, packet: &[u8]) -> Result<(), WriteError> {
        self.length.clear();
        put_number(&mut self.length, count(self.head.len() + packet.len()));
        self.out.write_all(&self.length)?;
        self.out.write_all(&self.head)?;
        self.out.write_all(packet)?;
        self.bytes += count(self.length.len() + self.head.len() + packet.len());
        Ok(())
    }
}

/// Text with its length, cut to so many bytes at a character's border.
fn put_text(out: &mut Vec<u8>, text: &str, most: usize) {
    let text = text.get(..text.floor_char_boundary(most)).unwrap_or(text);
    put_number(out, count(text.len()));
    out.extend_from_slice(text.as_bytes());
}

/// Family (0, 4 or 6), address, port; an IPv6 zone is not kept.
fn put_address(out: &mut Vec<u8>, address: Option<SocketAddr>) {
    match address {
        None => out.push(0),
        Some(SocketAddr::V4(address)) => {
            out.push(4);
            out.extend(address.ip().octets());
            out.extend(address.port().to_be_bytes());
        }
        Some(SocketAddr::V6(address)) => {
            out.push(6);
            out.extend(address.ip().octets());
            out.extend(address.port().to_be_bytes());
        }
    }
}
