//! What was read of a capture, and what was not.

use std::collections::BTreeMap;

use super::Damage;

/// What was read of a capture, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaptureSummary {
    /// Bytes of the file that were read.
    pub bytes: u64,
    /// Recorded frames.
    pub records: u64,
    /// Where and why reading ended before the end of the file; `None` if all was read.
    pub stopped: Option<Stop>,
    /// Frames that were not read further.
    pub unread: Unread,
    /// What was missing, doubled or odd in TCP.
    pub tcp: TcpCounts,
    /// Connections by what they carry.
    pub connections: ConnectionCounts,
    /// MQTT packets.
    pub packets: u64,
    /// TLS records.
    pub sealed: u64,
    /// Bytes lost of connections that carry MQTT or TLS.
    pub lost: LostBytes,
    /// Frames with a time before that of the frame before them. Times of one connection never go back: they stand still.
    pub time_went_back: u64,
}

/// Where and why reading ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The file is damaged or cut off.
    Damage {
        /// First byte of the record or block that could not be read.
        offset: u64,
        /// What is wrong with it.
        damage: Damage,
    },
    /// Who takes the events wanted no more.
    Sink,
}

/// Frames that were not read further.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// Link types that are not known, by their number, with frames.
    pub link_types: BTreeMap<u32, u64>,
    /// Not IPv4 or IPv6.
    pub not_ip: u64,
    /// IP, but not TCP.
    pub not_tcp: u64,
    /// Headers that are cut off or contradict themselves.
    pub malformed: u64,
    /// Fragments whose datagram did not become whole.
    pub fragments: u64,
    /// Records over [`MAX_RECORD`](super::MAX_RECORD) in a pcapng file, or of an interface that was not described.
    pub blocks: u64,
}

/// What was missing, doubled or odd in TCP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TcpCounts {
    /// Segments, with or without data.
    pub segments: u64,
    /// Segments that brought nothing new.
    pub repeated: u64,
    /// Segments that overlap others in part. The bytes that came first are kept.
    pub overlapping: u64,
    /// Segments that overlap others and say something else there: a broken stack, or somebody who hides.
    pub contradicting: u64,
    /// Segments too far from what was expected to belong to the connection.
    pub astray: u64,
    /// Segments cut off by the snapshot length.
    pub snapped: u64,
    /// Gaps that were given up.
    pub gaps: u64,
    /// Connections given up because there were too many.
    pub evicted: u64,
    /// Times that a connection gave up what it held because all of them held too much.
    pub shed: u64,
}

/// Connections by what they carry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// MQTT over TCP.
    pub mqtt: u64,
    /// MQTT over WebSocket.
    pub websocket: u64,
    /// TLS, whatever is inside.
    pub tls: u64,
    /// Something else.
    pub other: u64,
    /// Nothing that could be recognised, or no data at all.
    pub silent: u64,
}

/// What the table of connections counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) tcp: TcpCounts,
    pub(super) kinds: ConnectionCounts,
}

/// Bytes lost of connections that carry MQTT or TLS, by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LostBytes {
    /// [`Loss::Missing`](crate::trace::Loss::Missing).
    pub missing: u64,
    /// [`Loss::Snapped`](crate::trace::Loss::Snapped).
    pub snapped: u64,
    /// [`Loss::NotMqtt`](crate::trace::Loss::NotMqtt).
    pub not_mqtt: u64,
    /// [`Loss::Limit`](crate::trace::Loss::Limit).
    pub limit: u64,
}

impl CaptureSummary {
    /// Whether everything that could carry MQTT was read, from the first byte to the last.
    pub fn is_whole(&self) -> bool {
        self.stopped.is_none()
            && self.lost == LostBytes::default()
            && self.tcp.evicted == 0
            && self.unread.link_types.is_empty()
            && self.unread.blocks == 0
            && self.unread.fragments == 0
            && self.unread.malformed == 0
    }
}
