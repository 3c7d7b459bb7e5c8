//! Packet captures: from pcap and pcapng files to the events of a trace.
//!
//! A capture is read once, from its first byte to its last, so a pipe will do, and what is held in memory does not grow
//! with it: every buffer has one of the limits below, and what exceeds it is counted in [`CaptureSummary`] and told of as
//! [`Event::Lost`].
//!
//! ```
//! # use core::ops::ControlFlow;
//! let file = &b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0"[..];
//! let mut events = 0;
//! let summary = cowl_audit::capture::read(file, |_event| {
//!     events += 1;
//!     ControlFlow::Continue(())
//! })?;
//! assert!(summary.is_whole() && events == 0);
//! # Ok::<(), cowl_audit::capture::CaptureError>(())
//! ```
//!
//! # What is read
//! - pcap (micro- and nanoseconds, both byte orders, Kuznetzov's variant) and pcapng (sections, interfaces, their clocks);
//! - Ethernet with VLAN, `QinQ` and `PPPoE`, Linux cooked 1 and 2, raw IP, BSD loopback; IPv4 and IPv6 with their fragments and
//!   extension headers; not: tunnels, MPLS, Wi-Fi's own frames;
//! - TCP, in order and each byte once. Where segments overlap, the bytes that came first are kept; whether others say
//!   something else there is counted ([`TcpCounts::contradicting`]). A receiver may have kept the later ones;
//! - what connections carry, by their bytes and not by their port: MQTT, MQTT over WebSocket (not compressed), TLS. Any TLS is
//!   told of: whether MQTT is inside cannot be seen, so restrict the capture to the broker's ports. Everything else is counted only.
//!
//! # Order and times
//! Events come in the order of the frames; those of one connection never go back in time, even if the capture's clock does.
//! [`Event::Open`] comes when it is clear what a connection carries, with its first bytes, and not with its SYN.
//! After a gap, and where the beginning of a connection is missing, reading begins again at a segment that holds whole and
//! sound packets or TLS records; until then, bytes are [`Loss::Missing`](crate::trace::Loss::Missing).

mod clear;
mod connection;
mod error;
mod fragments;
mod hello;
mod ip;
mod limits;
mod link;
mod out;
mod pcap;
mod pcapng;
mod reassembly;
mod records;
mod segment;
mod sniff;
mod source;
#[cfg(feature = "live")]
pub(crate) mod stream;
mod summary;
mod table;
mod tls;
mod websocket;

use core::net::SocketAddr;
use core::ops::ControlFlow;
use std::io::Read;

pub use error::{CaptureError, Damage};
pub use limits::*;
pub use summary::{CaptureSummary, ConnectionCounts, LostBytes, Stop, TcpCounts, Unread};

use crate::trace::{Event, Header, Observer, Point, PointKind};
use fragments::Fragments;
use ip::{Datagram, NotTcp};
use link::Network;
use out::Out;
use records::{Next, Record, Records};
use segment::Segment;
use table::{Limits, Table};

/// Reads a capture whose format its first bytes tell. `sink` takes the events and may break off.
///
/// # Errors
/// If it is no capture, or reading fails. A capture that is damaged or cut off further on is read up to there, and
/// [`CaptureSummary::stopped`] says so.
pub fn read<R: Read>(
    source: R,
    sink: impl FnMut(&Event<'_>) -> ControlFlow<()>,
) -> Result<CaptureSummary, CaptureError> {
    Capture::open(source)?.read(sink)
}

/// Whether a file that begins with these bytes (at least four) is a capture.
pub fn is_capture(beginning: &[u8]) -> bool {
    matches!(
        beginning,
        [0x0a, 0x0d, 0x0d, 0x0a, ..]
            | [0xa1, 0xb2, 0xc3, 0xd4, ..]
            | [0xd4, 0xc3, 0xb2, 0xa1, ..]
            | [0xa1, 0xb2, 0x3c, 0x4d, ..]
            | [0x4d, 0x3c, 0xb2, 0xa1, ..]
            | [0xa1, 0xb2, 0xcd, 0x34, ..]
            | [0x34, 0xcd, 0xb2, 0xa1, ..]
    )
}

/// A capture of which the header was read.
#[derive(Debug)]
pub struct Capture<R> {
    records: Records<R>,
    /// The first frame, which tells when the capture begins.
    first: Next,
    limits: Limits,
}

impl<R: Read> Capture<R> {
    /// Reads the file's header and the first frame.
    ///
    /// # Errors
    /// If it is no capture, or reading fails.
    pub fn open(source: R) -> Result<Self, CaptureError> {
        let mut records = Records::open(source)?;
        let first = records.next()?;
        Ok(Self { records, first, limits: Limits::default() })
    }

    /// The head of the trace that the events make.
    pub fn header(&self) -> Header {
        let start_us = if let Next::Record(record) = self.first { record.at } else { 0 };
        let point = Point { kind: PointKind::Broker, name: "capture".to_owned() };
        Header { observer: Observer::Capture, start_us, points: vec![point], note: String::new() }
    }

    /// Reads all of it. `sink` takes the events and may break off.
    ///
    /// # Errors
    /// If reading fails.
    pub fn read(
        mut self,
        mut sink: impl FnMut(&Event<'_>) -> ControlFlow<()>,
    ) -> Result<CaptureSummary, CaptureError> {
        let start = self.header().start_us;
        let mut reader = Reader {
            table: Table::new(self.limits),
            fragments: Fragments::default(),
            summary: CaptureSummary::default(),
            now: 0,
            start,
        };
        let mut out = Out::new(&mut sink);
        let mut next = self.first;
        loop {
            match next {
                Next::Record(record) => reader.record(record, self.records.frame(), &mut out),
                Next::Unread => reader.summary.unread.blocks += 1,
                Next::End => break,
                Next::Damaged { offset, damage } => {
                    reader.summary.stopped = Some(Stop::Damage { offset, damage });
                    break;
                }
            }
            if out.stopped {
                reader.summary.stopped = Some(Stop::Sink);
                break;
            }
            next = self.records.next()?;
        }
        reader.summary.bytes = self.records.offset();
        Ok(reader.finish(&mut out))
    }
}

/// What reading a capture remembers.
struct Reader {
    table: Table,
    fragments: Fragments,
    summary: CaptureSummary,
    /// Time of the last frame, microseconds since `start`.
    now: u64,
    start: u64,
}

impl Reader {
    fn record(&mut self, record: Record, frame: &[u8], out: &mut Out<'_>) {
        let at = record.at.saturating_sub(self.start);
        self.summary.records += 1;
        self.summary.time_went_back += u64::from(at < self.now || record.at < self.start);
        self.now = at;
        let unread = &mut self.summary.unread;
        let packet = match link::network(record.link, frame) {
            Network::Ip(packet) => packet,
            Network::Other => {
                unread.not_ip += 1;
                return;
            }
            Network::Malformed => {
                unread.malformed += 1;
                return;
            }
            Network::UnknownLink => {
                // As many kinds as a file has interfaces could be made up.
                if unread.link_types.len() < 64 || unread.link_types.contains_key(&record.link) {
                    *unread.link_types.entry(record.link).or_default() += 1;
                } else {
                    unread.malformed += 1;
                }
                return;
            }
        };
        match ip::datagram(packet) {
            Ok(datagram) => self.datagram(at, &datagram, out),
            Err(NotTcp::NotIp) => unread.not_ip += 1,
            Err(NotTcp::Other) => unread.not_tcp += 1,
            Err(NotTcp::Malformed) => unread.malformed += 1,
        }
    }

    fn datagram(&mut self, at: u64, datagram: &Datagram<'_>, out: &mut Out<'_>) {
        let Some(fragment) = datagram.fragment else {
            self.segment(at, datagram, datagram.payload, datagram.length, out);
            return;
        };
        if let Some(whole) = self.fragments.add(at, datagram, fragment, &mut self.summary.unread.fragments) {
            self.segment(at, datagram, &whole, whole.len(), out);
        }
    }

    fn segment(&mut self, at: u64, datagram: &Datagram<'_>, bytes: &[u8], length: usize, out: &mut Out<'_>) {
        let Some(segment) = Segment::read(bytes, length) else {
            self.summary.unread.malformed += 1;
            return;
        };
        let from = SocketAddr::new(datagram.from, segment.from_port);
        let to = SocketAddr::new(datagram.to, segment.to_port);
        self.table.segment(at, from, to, &segment, out);
    }

    fn finish(mut self, out: &mut Out<'_>) -> CaptureSummary {
        self.fragments.finish(&mut self.summary.unread.fragments);
        self.table.finish(self.now, out);
        self.summary.tcp = self.table.counts.tcp;
        self.summary.connections = self.table.counts.kinds;
        self.summary.packets = out.packets;
        self.summary.sealed = out.sealed;
        self.summary.lost = out.lost;
        self.summary
    }
}
