//! What a connection carries, whatever its port.

use super::connection::{Side, Which};
use super::websocket::asks;
use super::{MAX_HTTP_HEAD, MAX_SNIFF, MAX_TRIES, tls};
use crate::convert::count;
use crate::mqtt::{Header, HeaderError, PacketType, plausible};

/// What the bytes so far say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// More are needed.
    Open,
    Mqtt {
        client: Option<Which>,
    },
    Tls {
        client: Option<Which>,
    },
    /// `behind` is where the client's request ends.
    WebSocket {
        client: Which,
        behind: usize,
    },
    Other,
}

/// The bytes of a connection until it is known what they are.
#[derive(Debug, Default)]
pub(super) struct Sniffer {
    sides: [SideSoFar; 2],
    tries: u8,
}

/// What was seen of one side.
#[derive(Debug, Default)]
pub(super) struct SideSoFar {
    /// Its bytes, kept; from its beginning, or the segment that was judged last.
    pub(super) bytes: Vec<u8>,
    /// Bytes that were not kept.
    pub(super) lost: u64,
    /// The beginning is not there.
    pub(super) headless: bool,
}

impl Sniffer {
    /// The bytes of a segment.
    pub(super) fn bytes(&mut self, which: Which, bytes: &[u8]) -> Verdict {
        let other_waits = !self.sides.of(which.other()).bytes.is_empty();
        let side = self.sides.of_mut(which);
        if side.headless {
            side.lost += count(side.bytes.len());
            side.bytes.clear();
            side.bytes.extend_from_slice(bytes);
            let verdict = from_middle(which, bytes);
            self.tries = self.tries.saturating_add(1);
            return if verdict == Verdict::Open && self.tries >= MAX_TRIES {
                Verdict::Other
            } else {
                verdict
            };
        }
        let before = side.bytes.len();
        side.bytes.extend_from_slice(bytes);
        match from_beginning(which, &side.bytes, before) {
            // The beginning of an answer to what is not complete yet.
            Verdict::Other if other_waits && side.bytes.len() <= MAX_SNIFF => Verdict::Open,
            verdict => verdict,
        }
    }

    /// This side began before the capture did.
    pub(super) fn without_beginning(&mut self, which: Which) {
        if !self.sides.of(which).headless {
            self.gap(which, 0);
        }
    }

    /// Bytes are missing.
    pub(super) fn gap(&mut self, which: Which, bytes: u64) {
        let side = self.sides.of_mut(which);
        side.headless = true;
        side.lost += count(side.bytes.len()) + bytes;
        side.bytes.clear();
    }

    /// What was kept of both sides.
    pub(super) fn into_sides(self) -> [SideSoFar; 2] {
        self.sides
    }

    /// Bytes of memory held.
    pub(super) fn held(&self) -> usize {
        self.sides.iter().map(|side| side.bytes.capacity()).sum()
    }
}

/// Judges the first bytes of a side; up to `before` they were judged already.
fn from_beginning(which: Which, bytes: &[u8], before: usize) -> Verdict {
    let begins = |start: &[u8]| bytes.iter().zip(start).all(|(left, right)| left == right);
    let verdict = match bytes {
        // A record of the handshake, version 3.x, and in it `ClientHello` or `ServerHello`.
        [22, 3, 0..=4, _, _, 1, ..] => Verdict::Tls { client: Some(which) },
        [22, 3, 0..=4, _, _, 2, ..] => Verdict::Tls { client: Some(which.other()) },
        [] | [22] | [22, 3] | [22, 3, 0..=4] | [22, 3, 0..=4, _] | [22, 3, 0..=4, _, _] => Verdict::Open,
        _ if begins(b"GET ") => request(which, bytes, before),
        _ => match Header::read(bytes) {
            Ok(header) => packets(which, bytes, header),
            Err(HeaderError::Incomplete) => Verdict::Open,
            Err(HeaderError::NotMqtt) => Verdict::Other,
        },
    };
    if verdict == Verdict::Open && bytes.len() > MAX_SNIFF && !begins(b"GET ") {
        Verdict::Other
    } else {
        verdict
    }
}

fn request(which: Which, bytes: &[u8], before: usize) -> Verdict {
    const END: &[u8] = b"\r\n\r\n";
    let from = before.saturating_sub(END.len() - 1);
    let end = bytes.get(from..).and_then(|new| new.windows(END.len()).position(|window| window == END));
    match end.map(|end| from + end + END.len()) {
        Some(behind) if bytes.get(..behind).is_some_and(asks) => Verdict::WebSocket { client: which, behind },
        None if bytes.len() <= MAX_HTTP_HEAD => Verdict::Open,
        _ => Verdict::Other,
    }
}

fn packets(which: Which, bytes: &[u8], header: Header) -> Verdict {
    if plausible(bytes, false) {
        // What begins like CONNECT may still turn out otherwise: its protocol's name has to be there.
        let enough = header.kind != PacketType::Connect || bytes.len() >= usize::from(header.length) + 6;
        return if enough { Verdict::Mqtt { client: client(which, header.kind) } } else { Verdict::Open };
    }
    let total = usize::try_from(header.total()).unwrap_or(usize::MAX);
    // A first packet that is not CONNECT and not whole yet: only its end shows whether it is one.
    if header.kind != PacketType::Connect && bytes.len() < total && total <= MAX_SNIFF {
        Verdict::Open
    } else {
        Verdict::Other
    }
}

/// Judges a segment from the middle of a connection.
fn from_middle(which: Which, bytes: &[u8]) -> Verdict {
    if let [22, 3, 0..=4, _, _, 1 | 2, ..] = bytes {
        return from_beginning(which, bytes, 0);
    }
    if tls::begins_record(bytes) && bytes.len() > 5 {
        return Verdict::Tls { client: None };
    }
    match Header::read(bytes) {
        Ok(header) if plausible(bytes, true) => Verdict::Mqtt { client: client(which, header.kind) },
        _ => Verdict::Open,
    }
}

/// Who must be the client, if this side sends such a packet.
fn client(which: Which, kind: PacketType) -> Option<Which> {
    match kind {
        PacketType::Connect | PacketType::Subscribe | PacketType::Unsubscribe | PacketType::Pingreq => {
            Some(which)
        }
        PacketType::Connack | PacketType::Suback | PacketType::Unsuback | PacketType::Pingresp => {
            Some(which.other())
        }
        _ => None,
    }
}
