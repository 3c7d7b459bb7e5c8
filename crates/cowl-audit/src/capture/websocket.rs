//! MQTT over WebSocket (RFC 6455; MQTT 5.0 §6): what MQTT's packets are wrapped in is taken off.

use super::MAX_HTTP_HEAD;
use super::clear::Clear;
use super::out::{Line, Out};
use crate::convert::count;
use crate::trace::Loss;

/// One direction of a WebSocket.
#[derive(Debug)]
pub(super) struct WebSocket {
    state: State,
    /// The beginning of a frame's header.
    header: Vec<u8>,
    scratch: Vec<u8>,
    inner: Clear,
}

#[derive(Debug)]
enum State {
    /// In the answer to the request.
    Head(Vec<u8>),
    Header,
    Payload {
        left: u64,
        mask: Option<[u8; 4]>,
        place: usize,
        data: bool,
    },
    /// Not WebSocket, a gap, or compressed: nothing can be read any more.
    Lost(Loss),
}

/// What the header of a frame says (RFC 6455 §5.2).
struct Header {
    length: u64,
    mask: Option<[u8; 4]>,
    data: bool,
}

impl WebSocket {
    /// The direction of the client, from behind its request on.
    pub(super) fn client() -> Self {
        Self::new(State::Header)
    }

    /// The direction of the server, from the first byte of its answer on.
    pub(super) fn server() -> Self {
        Self::new(State::Head(Vec::new()))
    }

    fn new(state: State) -> Self {
        Self { state, header: Vec::new(), scratch: Vec::new(), inner: Clear::new(true) }
    }

    pub(super) fn bytes(&mut self, line: Line, bytes: &[u8], out: &mut Out<'_>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match &mut self.state {
                State::Lost(cause) => {
                    out.lost_all(line, rest, *cause);
                    return;
                }
                State::Head(head) => {
                    let (taken, after) = take_head(head, rest);
                    match taken {
                        Head::Partial => {}
                        Head::Whole if switches(head) => self.state = State::Header,
                        Head::Whole | Head::TooLong => {
                            out.lost_all(line, head, Loss::NotMqtt);
                            self.state = State::Lost(Loss::NotMqtt);
                        }
                    }
                    after
                }
                State::Header => self.header(line, rest, out),
                State::Payload { .. } => self.payload(line, rest, out),
            };
        }
    }

    pub(super) fn gap(&mut self, line: Line, bytes: u64, cause: Loss, out: &mut Out<'_>) {
        match &mut self.state {
            // A gap in the bytes of one frame is one in MQTT's; how those in a mask go on is known.
            State::Payload { left, place, data, .. } if *left >= bytes => {
                *left -= bytes;
                *place = (*place + usize::try_from(bytes % 4).unwrap_or(0)) % 4;
                if *data {
                    self.inner.gap(line, bytes, cause, out);
                }
                if *left == 0 {
                    self.state = State::Header;
                }
            }
            _ => {
                out.lost(line, bytes, cause);
                self.inner.finish(line, out);
                self.header.clear();
                self.state = State::Lost(cause);
            }
        }
    }

    pub(super) fn finish(&mut self, line: Line, out: &mut Out<'_>) {
        self.inner.finish(line, out);
    }

    pub(super) fn shed(&mut self, line: Line, out: &mut Out<'_>) {
        self.inner.shed(line, out);
    }

    pub(super) const fn held(&self) -> usize {
        let head = if let State::Head(head) = &self.state { head.capacity() } else { 0 };
        self.inner.held() + head + self.header.capacity() + self.scratch.capacity()
    }

    /// Takes a frame's header, byte by byte: it has fourteen at the most.
    fn header<'a>(&mut self, line: Line, bytes: &'a [u8], out: &mut Out<'_>) -> &'a [u8] {
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            self.header.push(*byte);
            rest = after;
            match Header::read(&self.header) {
                Ok(None) => {}
                Ok(Some(header)) => {
                    self.header.clear();
                    if header.length > 0 {
                        let Header { length, mask, data } = header;
                        self.state = State::Payload { left: length, mask, place: 0, data };
                    }
                    return rest;
                }
                Err(NotReadable) => {
                    out.lost_all(line, &self.header, Loss::NotMqtt);
                    self.header.clear();
                    self.state = State::Lost(Loss::NotMqtt);
                    return rest;
                }
            }
        }
        rest
    }

    fn payload<'a>(&mut self, line: Line, bytes: &'a [u8], out: &mut Out<'_>) -> &'a [u8] {
        let State::Payload { left, mask, place, data } = &mut self.state else { return bytes };
        let wanted = usize::try_from(*left).unwrap_or(usize::MAX);
        let (taken, rest) = bytes.split_at_checked(wanted).unwrap_or((bytes, &[]));
        *left -= count(taken.len());
        if *data {
            if let Some(mask) = mask {
                self.scratch.clear();
                let keys = mask.iter().cycle().skip(*place);
                self.scratch.extend(taken.iter().zip(keys).map(|(byte, key)| byte ^ key));
                *place = (*place + taken.len()) % 4;
                self.inner.bytes(line, &self.scratch, out);
            } else {
                self.inner.bytes(line, taken, out);
            }
        }
        if *left == 0 {
            self.state = State::Header;
        }
        rest
    }
}

/// Reserved bits, such as of compression, or an opcode that does not exist.
struct NotReadable;

impl Header {
    fn read(bytes: &[u8]) -> Result<Option<Self>, NotReadable> {
        let Some(([first, second], rest)) = bytes.split_first_chunk() else { return Ok(None) };
        if first & 0x70 != 0 || !matches!(first & 0x0f, 0..=2 | 8..=10) {
            return Err(NotReadable);
        }
        let (length, rest) = match second & 0x7f {
            126 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            length => (u64::from(length), rest),
        };
        // Opcodes 0 to 2 carry data; MQTT's packets do not end with them. The others are of WebSocket itself.
        let data = first & 0x0f <= 2;
        if second & 0x80 == 0 {
            return Ok(Some(Self { length, mask: None, data }));
        }
        Ok(rest.first_chunk().map(|mask| Self { length, mask: Some(*mask), data }))
    }
}

enum Head {
    Partial,
    Whole,
    TooLong,
}

/// Adds bytes to an HTTP head until the empty line; returns what is behind it.
fn take_head<'a>(head: &mut Vec<u8>, bytes: &'a [u8]) -> (Head, &'a [u8]) {
    for (place, byte) in bytes.iter().enumerate() {
        head.push(*byte);
        if head.ends_with(b"\r\n\r\n") {
            return (Head::Whole, bytes.get(place + 1..).unwrap_or(&[]));
        }
        if head.len() >= MAX_HTTP_HEAD {
            return (Head::TooLong, bytes.get(place + 1..).unwrap_or(&[]));
        }
    }
    (Head::Partial, &[])
}

/// Whether a whole request asks for MQTT over WebSocket.
pub(super) fn asks(head: &[u8]) -> bool {
    head.starts_with(b"GET ")
        && field(head, b"upgrade").any(|value| value.eq_ignore_ascii_case(b"websocket"))
        && field(head, b"sec-websocket-protocol").any(|value| value.to_ascii_lowercase().starts_with(b"mqtt"))
}

/// Whether a whole answer agrees to change the protocol, without compression.
fn switches(head: &[u8]) -> bool {
    head.starts_with(b"HTTP/1.1 101")
}

/// The values of a field of an HTTP head, split at commas.
fn field<'a>(head: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    head.split(|byte| *byte == b'\n').skip(1).flat_map(move |line| {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(0);
        let (key, value) = line.split_at(colon);
        let value = if key.eq_ignore_ascii_case(name) { value.get(1..).unwrap_or(&[]) } else { &[] };
        value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
    })
}
