//! The bytes of `spec/trace.md`: numbers of everything, and limits.

use super::{Carrier, Closing, Loss, Observer, PointKind, Way};

/// What a file begins with, in clear; the last byte is the version (spec §2).
pub(super) const MAGIC: [u8; 8] = [0x89, b'm', b'q', b't', b'r', 0x0d, 0x0a, 1];

/// Bytes of one packet. A longer one is recorded as [`super::Event::Lost`] with [`Loss::Limit`].
pub const MAX_PACKET: usize = 16 << 20;
/// Bytes of one record after its length: a packet and what stands before it.
pub(super) const MAX_RECORD: usize = MAX_PACKET + 64;
/// Observation points of a trace.
pub const MAX_POINTS: usize = 1_024;
/// Bytes of the name of a point, and of a server name in a TLS handshake; what is longer is cut.
pub const MAX_NAME: usize = 255;
/// Bytes of the header's note; what is longer is cut.
pub const MAX_NOTE: usize = 4_096;

/// Kinds of records (spec §4). Those with a direction have an even number to the server and the odd one behind it to the client.
pub(super) mod tag {
    pub(in super::super) const END: u8 = 0x00;
    pub(in super::super) const HEADER: u8 = 0x01;
    pub(in super::super) const OPEN: u8 = 0x02;
    pub(in super::super) const HELLO: u8 = 0x03;
    pub(in super::super) const CLOSE: u8 = 0x04;
    pub(in super::super) const PACKET: u8 = 0x10;
    pub(in super::super) const SEALED: u8 = 0x12;
    pub(in super::super) const LOST: u8 = 0x14;
    /// Kinds from here on may be skipped by who does not know them.
    pub(in super::super) const OPTIONAL: u8 = 0x40;
}

/// An enumeration that stands as one byte.
pub(super) trait Code: Sized + Copy + 'static {
    /// Each value with its number.
    const CODES: &'static [(Self, u8)];

    fn from_code(code: u8) -> Option<Self> {
        Self::CODES.iter().find(|(_, number)| *number == code).map(|(value, _)| *value)
    }

    fn code(self) -> u8
    where
        Self: PartialEq,
    {
        Self::CODES.iter().find(|(value, _)| *value == self).map_or(0, |(_, number)| *number)
    }
}

impl Code for Observer {
    const CODES: &'static [(Self, u8)] =
        &[(Self::Tap, 1), (Self::Capture, 2), (Self::Subscription, 3), (Self::Simulation, 4)];
}

impl Code for PointKind {
    const CODES: &'static [(Self, u8)] = &[(Self::Broker, 1), (Self::Gateway, 2), (Self::Relay, 3)];
}

impl Code for Carrier {
    const CODES: &'static [(Self, u8)] =
        &[(Self::Unknown, 0), (Self::Tcp, 1), (Self::Tls, 2), (Self::WebSocket, 3), (Self::WebSocketTls, 4)];
}

impl Code for Loss {
    const CODES: &'static [(Self, u8)] =
        &[(Self::Missing, 1), (Self::Snapped, 2), (Self::NotMqtt, 3), (Self::Limit, 4)];
}

impl Code for Closing {
    const CODES: &'static [(Self, u8)] = &[(Self::Orderly, 1), (Self::Broken, 2), (Self::Unseen, 3)];
}

/// The number of a record with a direction.
pub(super) const fn toward(tag: u8, way: Way) -> u8 {
    match way {
        Way::ToServer => tag,
        Way::ToClient => tag + 1,
    }
}

/// Appends a number, seven bits a byte, lowest first, the top bit set on all but the last (spec §3).
pub(super) fn put_number(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Takes a number off the front; `None` if it is not whole or does not fit 64 bits.
pub(super) fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A difference of instants as a number: 0, −1, 1, −2, … become 0, 1, 2, 3, …
pub(super) const fn zigzag(before: u64, now: u64) -> u64 {
    let difference = now.wrapping_sub(before).cast_signed();
    ((difference << 1) ^ (difference >> 63)).cast_unsigned()
}

/// The instant that [`zigzag`] made a number of.
pub(super) const fn unzigzag(before: u64, number: u64) -> u64 {
    let difference = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
    before.wrapping_add(difference.cast_unsigned())
}
