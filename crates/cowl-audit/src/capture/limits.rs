//! What a capture may make the reader hold. Everything beyond is counted, never kept.

/// Largest record of a capture file that is kept, bytes: libpcap's `MAXIMUM_SNAPLEN`.
pub const MAX_RECORD: u32 = 262_144;
/// Records without a single byte in a row after which a file is taken to be damaged: a hole in it reads as such.
pub const MAX_EMPTY_RECORDS: u32 = 65_536;
/// Interfaces of one section of a pcapng file.
pub const MAX_INTERFACES: usize = 4096;
/// TCP connections that are followed at once, those that ended within the last two minutes included. Beyond it, the tenth
/// that was silent longest is given up.
pub const MAX_CONNECTIONS: usize = 262_144;
/// Bytes of one direction that wait for a missing segment.
pub const MAX_WAITING: usize = 1 << 20;
/// Segments of one direction that wait for a missing one.
pub const MAX_WAITING_SEGMENTS: usize = 4096;
/// How long segments wait for a missing one, microseconds.
pub const MAX_WAIT_US: u64 = 30_000_000;
/// How long they wait once the receiver has acknowledged it: then it arrived, and the capture does not have it. Not at
/// once, since captures of several queues put segments in another order.
pub const ACKNOWLEDGED_WAIT_US: u64 = 100_000;
/// How far ahead a segment may be, bytes; beyond it, only a second one that follows it is believed.
pub const MAX_AHEAD: u32 = 16 << 20;
/// Bytes that all connections together hold: waiting segments, incomplete packets and handshakes. Beyond it, the
/// connection that would hold more gives up what it holds.
pub const MAX_HELD: usize = 256 << 20;
/// Bytes of an HTTP head.
pub const MAX_HTTP_HEAD: usize = 16 << 10;
/// Bytes of a `ClientHello`, `ServerHello` or `ServerKeyExchange`.
pub const MAX_HELLO: usize = 16 << 10;
/// Bytes of one direction after which a connection that is like nothing we know is left alone.
pub const MAX_SNIFF: usize = 4096;
/// Segments of a connection whose beginning is missing that are tried as the beginning of a packet.
pub const MAX_TRIES: u8 = 16;
/// Datagrams whose fragments are being collected.
pub const MAX_FRAGMENTED: usize = 1024;
/// How long fragments wait for the others, microseconds (RFC 791 suggests 15 s, Linux takes 30).
pub const MAX_FRAGMENT_WAIT_US: u64 = 30_000_000;
/// How long the end of a connection is remembered, so that late segments do not begin a new one, microseconds.
pub const LINGER_US: u64 = 120_000_000;
