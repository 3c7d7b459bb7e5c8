//! TLS, one direction: the sizes of its records (RFC 8446 §5.1), and the messages of the handshake that are in clear.

use super::MAX_HELLO;
use super::out::{Line, Out};
use crate::convert::count;
use crate::trace::Loss;

/// Type, version, length.
const HEADER: usize = 5;
const CIPHERS: u8 = 20;
const HANDSHAKE: u8 = 22;
/// Largest record's content: 2^14 bytes, and 2048 that TLS 1.2 allows ciphers to add.
const MAX_CONTENT: u16 = (1 << 14) + 2048;

/// One direction of TLS.
#[derive(Debug)]
pub(super) struct Records {
    state: State,
    /// Handshake messages that are not complete.
    handshake: Vec<u8>,
    /// Bytes of a message of no interest that are still to come.
    passing: u32,
    /// Whether messages are still read: until ciphers take over, and while nothing is missing.
    in_clear: bool,
}

#[derive(Debug)]
enum State {
    Header {
        bytes: [u8; HEADER],
        there: usize,
    },
    Content {
        kind: u8,
        total: u32,
        left: u32,
    },
    /// Where records begin is not known.
    Astray,
    NotTls,
}

/// What a direction shows besides sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// A handshake message: its type and body.
    Message(u8, &'a [u8]),
    /// This side changes to ciphers. In TLS 1.3 that means nothing (RFC 8446 §D.4).
    Ciphers,
    /// The handshake is over, or broken off.
    Data,
}

impl Records {
    /// From the first byte of a connection on, or from some byte on.
    pub(super) fn new(from_beginning: bool) -> Self {
        let state = if from_beginning { State::START } else { State::Astray };
        Self { state, handshake: Vec::new(), passing: 0, in_clear: from_beginning }
    }

    pub(super) fn bytes(
        &mut self,
        line: Line,
        bytes: &[u8],
        out: &mut Out<'_>,
        shown: &mut dyn FnMut(Shown<'_>),
    ) {
        if matches!(self.state, State::Astray) {
            if !begins_record(bytes) {
                out.lost_all(line, bytes, Loss::Missing);
                return;
            }
            self.state = State::START;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            match &mut self.state {
                State::NotTls | State::Astray => {
                    out.lost_all(line, rest, Loss::NotMqtt);
                    return;
                }
                State::Header { bytes, there } => {
                    for (place, byte) in bytes.iter_mut().skip(*there).zip(rest) {
                        *place = *byte;
                    }
                    let taken = (HEADER - *there).min(rest.len());
                    *there += taken;
                    rest = rest.get(taken..).unwrap_or(&[]);
                    if *there == HEADER {
                        let header = *bytes;
                        self.header(line, header, out, shown);
                    }
                }
                State::Content { kind, total, left } => {
                    let wanted = usize::try_from(*left).unwrap_or(usize::MAX);
                    let (taken, after) = rest.split_at_checked(wanted).unwrap_or((rest, &[]));
                    *left -= u32::try_from(taken.len()).unwrap_or(0);
                    let (kind, ended) = (*kind, (*left == 0).then_some(*total));
                    rest = after;
                    if kind == HANDSHAKE && self.in_clear {
                        self.messages(taken, shown);
                    }
                    if let Some(total) = ended {
                        out.sealed(line, total);
                        self.state = State::START;
                    }
                }
            }
        }
    }

    pub(super) fn gap(&mut self, line: Line, bytes: u64, cause: Loss, out: &mut Out<'_>) {
        self.stop_reading();
        out.lost(line, bytes, cause);
        self.state = match self.state {
            // The record's size is known from its header: it is seen whole all the same.
            State::Content { total, left, .. } if u64::from(left) == bytes => {
                out.sealed(line, total);
                State::START
            }
            State::Content { kind, total, left } if u64::from(left) > bytes => {
                State::Content { kind, total, left: left - u32::try_from(bytes).unwrap_or(left) }
            }
            State::NotTls => State::NotTls,
            _ => State::Astray,
        };
    }

    pub(super) fn finish(&mut self, line: Line, out: &mut Out<'_>) {
        match self.state {
            State::Header { there, .. } if there > 0 => out.lost(line, count(there), Loss::Missing),
            State::Content { total, left, .. } => out.lost(line, u64::from(total - left), Loss::Missing),
            _ => {}
        }
        self.stop_reading();
    }

    /// Gives up the message that is incomplete.
    pub(super) fn stop_reading(&mut self) {
        self.in_clear = false;
        self.handshake = Vec::new();
    }

    pub(super) const fn held(&self) -> usize {
        self.handshake.capacity()
    }

    fn header(
        &mut self,
        line: Line,
        header: [u8; HEADER],
        out: &mut Out<'_>,
        shown: &mut dyn FnMut(Shown<'_>),
    ) {
        let [kind, _, _, high, low] = header;
        if !is_record(header) {
            out.lost_all(line, &header, Loss::NotMqtt);
            self.state = State::NotTls;
            return;
        }
        if kind != HANDSHAKE && self.in_clear {
            if kind == CIPHERS {
                shown(Shown::Ciphers);
            } else {
                shown(Shown::Data);
                self.stop_reading();
            }
        }
        let content = u32::from(u16::from_be_bytes([high, low]));
        let total = content + u32::try_from(HEADER).unwrap_or(0);
        if content == 0 {
            out.sealed(line, total);
            self.state = State::START;
        } else {
            self.state = State::Content { kind, total, left: content };
        }
    }

    /// Takes bytes of handshake messages (RFC 8446 §4): type, length of three bytes, body.
    fn messages(&mut self, bytes: &[u8], shown: &mut dyn FnMut(Shown<'_>)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.passing > 0 {
                let passed = usize::try_from(self.passing).unwrap_or(usize::MAX).min(rest.len());
                self.passing -= u32::try_from(passed).unwrap_or(0);
                rest = rest.get(passed..).unwrap_or(&[]);
                continue;
            }
            let wanted = match self.handshake.first_chunk() {
                None => 4,
                Some([_, high, middle, low]) => {
                    4 + usize::from(*high) * 65_536 + usize::from(*middle) * 256 + usize::from(*low)
                }
            };
            let (taken, after) =
                rest.split_at_checked(wanted.saturating_sub(self.handshake.len())).unwrap_or((rest, &[]));
            self.handshake.extend_from_slice(taken);
            rest = after;
            let Some(([kind, high, middle, low], body)) = self.handshake.split_first_chunk() else {
                continue;
            };
            let length = u32::from_be_bytes([0, *high, *middle, *low]);
            let kind = *kind;
            let is_whole = count(body.len()) >= u64::from(length);
            if is_whole {
                shown(Shown::Message(kind, body));
                self.handshake.clear();
            } else if !matches!(kind, 1 | 2 | 12) || length > u32::try_from(MAX_HELLO).unwrap_or(0) {
                // Certificates and the like: long, and of no interest.
                self.passing = length - u32::try_from(body.len()).unwrap_or(0);
                self.handshake.clear();
            }
        }
    }
}

impl State {
    const START: Self = Self::Header { bytes: [0; HEADER], there: 0 };
}

const fn is_record(header: [u8; HEADER]) -> bool {
    let [kind, major, minor, high, low] = header;
    matches!(kind, 20..=24) && major == 3 && minor <= 4 && u16::from_be_bytes([high, low]) <= MAX_CONTENT
}

/// Whether bytes from the middle of a connection are records: as many as there are, the last one may go on.
pub(super) fn begins_record(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut records = 0;
    while let Some((header, after)) = rest.split_first_chunk() {
        let [_, _, _, high, low] = *header;
        if !is_record(*header) {
            return false;
        }
        records += 1;
        rest = after.get(usize::from(u16::from_be_bytes([high, low]))..).unwrap_or(&[]);
    }
    records > 0 && rest.is_empty()
}
