//! Frames and files, byte by byte.

use std::net::{IpAddr, SocketAddr};

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const ACK: u8 = 16;

pub(crate) const ETHERNET: u32 = 1;
pub(crate) const RAW: u32 = 101;

/// A frame and its time in microseconds.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) at: u64,
    pub(crate) bytes: Vec<u8>,
    /// Bytes on the wire.
    pub(crate) original: usize,
}

impl Frame {
    pub(crate) fn new(at: u64, bytes: Vec<u8>) -> Self {
        Self { at, original: bytes.len(), bytes }
    }
}

/// A TCP segment.
pub(crate) fn tcp(
    from: SocketAddr,
    to: SocketAddr,
    sequence: u32,
    acknowledged: u32,
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(from.port().to_be_bytes());
    bytes.extend(to.port().to_be_bytes());
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(acknowledged.to_be_bytes());
    bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.extend(payload);
    bytes
}

/// An IP packet around a TCP segment.
pub(crate) fn ip(from: IpAddr, to: IpAddr, segment: &[u8]) -> Vec<u8> {
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let total = u16::try_from(20 + segment.len()).unwrap();
            let mut bytes = vec![0x45, 0];
            bytes.extend(total.to_be_bytes());
            bytes.extend([0, 1, 0, 0, 64, 6, 0, 0]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            bytes.extend(segment);
            bytes
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let mut bytes = vec![0x60, 0, 0, 0];
            bytes.extend(u16::try_from(segment.len()).unwrap().to_be_bytes());
            bytes.extend([6, 64]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            bytes.extend(segment);
            bytes
        }
        _ => panic!("one version at a time"),
    }
}

/// An Ethernet frame around an IP packet, with VLAN tags between.
pub(crate) fn ethernet(tags: &[u16], packet: &[u8]) -> Vec<u8> {
    let mut bytes = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    for (place, tag) in tags.iter().enumerate() {
        let kind: u16 = if place + 1 < tags.len() { 0x88a8 } else { 0x8100 };
        bytes.extend(kind.to_be_bytes());
        bytes.extend(tag.to_be_bytes());
    }
    let kind: u16 = if packet[0] >> 4 == 6 { 0x86dd } else { 0x0800 };
    bytes.extend(kind.to_be_bytes());
    bytes.extend(packet);
    bytes
}

/// A pcap file, little-endian, microseconds.
pub(crate) fn pcap<'a>(link: u32, frames: impl IntoIterator<Item = &'a Frame>) -> Vec<u8> {
    let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0];
    bytes.extend(link.to_le_bytes());
    for frame in frames {
        let number = |value: u64| u32::try_from(value).unwrap().to_le_bytes();
        bytes.extend(number(frame.at / 1_000_000));
        bytes.extend(number(frame.at % 1_000_000));
        bytes.extend(number(frame.bytes.len() as u64));
        bytes.extend(number(frame.original as u64));
        bytes.extend(&frame.bytes);
    }
    bytes
}

/// A block of a pcapng file, big-endian.
pub(crate) fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len().next_multiple_of(4) + 12).unwrap();
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend(length.to_be_bytes());
    bytes.extend(body);
    bytes.resize(8 + body.len().next_multiple_of(4), 0);
    bytes.extend(length.to_be_bytes());
    bytes
}

/// A section header.
pub(crate) fn section() -> Vec<u8> {
    let mut body = vec![0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0];
    body.extend([0xff; 8]);
    block(0x0a0d_0d0a, &body)
}

/// An interface with options.
pub(crate) fn interface(link: u16, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = link.to_be_bytes().to_vec();
    body.extend([0, 0, 0, 4, 0, 0]);
    for (code, value) in options {
        body.extend(code.to_be_bytes());
        body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    block(1, &body)
}

/// An enhanced packet, `at` in units of its interface.
pub(crate) fn enhanced(interface: u32, at: u64, frame: &[u8]) -> Vec<u8> {
    let mut body = interface.to_be_bytes().to_vec();
    body.extend(at.to_be_bytes());
    let length = u32::try_from(frame.len()).unwrap();
    body.extend(length.to_be_bytes());
    body.extend(length.to_be_bytes());
    body.extend(frame);
    block(6, &body)
}
