//! From the bytes of one direction to whole packets.

use crate::convert::count;
use crate::trace::Loss;

use super::{Header, HeaderError};

/// Largest packet that is kept, in bytes, unless [`Framer::with_limit`] says otherwise. MQTT allows 256 MiB; larger ones
/// than this are passed over and counted as [`Loss::Limit`].
pub const MAX_PACKET: u32 = 4 << 20;

/// What comes out of a [`Framer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// One whole packet, its fixed header included.
    Packet(&'a [u8]),
    /// Bytes that did not become a packet.
    Lost {
        /// How many, those not seen included.
        bytes: u64,
        /// Why.
        cause: Loss,
    },
}

/// Cuts a stream into packets. Whole packets are handed on where they lie; only what is incomplete is kept.
///
/// Where packets begin is never guessed: after bytes that cannot be MQTT, or a gap that reaches beyond the packet it falls
/// into, all the rest is lost, and counted.
#[derive(Debug, Default)]
pub struct Framer {
    /// The beginning of a packet that is not complete.
    partial: Vec<u8>,
    state: State,
    limit: Limit,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    InStep,
    /// In a packet that will not be handed on; so many bytes of it are to come.
    Passing { left: u64 },
    /// No longer known where packets begin; so many bytes since, for this reason.
    Lost { bytes: u64, cause: Loss },
}

#[derive(Debug, Clone, Copy)]
struct Limit(u32);

impl Default for Limit {
    fn default() -> Self {
        Self(MAX_PACKET)
    }
}

impl Framer {
    /// At the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// With another largest packet, in bytes.
    pub fn with_limit(limit: u32) -> Self {
        Self { limit: Limit(limit), ..Self::default() }
    }

    /// The next bytes. `sink` gets every packet that ends in them.
    pub fn push(&mut self, bytes: &[u8], mut sink: impl FnMut(Frame<'_>)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match &mut self.state {
                State::Lost { bytes, .. } => {
                    *bytes += count(rest.len());
                    return;
                }
                State::Passing { left } => {
                    let passed = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left -= count(passed);
                    if *left == 0 {
                        self.state = State::InStep;
                    }
                    rest.get(passed..).unwrap_or(&[])
                }
                State::InStep if self.partial.is_empty() => self.whole(rest, &mut sink),
                State::InStep => self.complete(rest, &mut sink),
            };
        }
    }

    /// So many bytes are missing here. The packet that they belong to is lost; those after it only if the gap reaches beyond it.
    pub fn gap(&mut self, bytes: u64, cause: Loss, mut sink: impl FnMut(Frame<'_>)) {
        if bytes == 0 {
            return;
        }
        let partial = count(self.partial.len());
        let (left, lost) = match self.state {
            State::Lost { .. } => (0, bytes),
            // The packet was counted when it began to be passed over.
            State::Passing { left } => (left, bytes.saturating_sub(left)),
            State::InStep => {
                let left =
                    Header::read(&self.partial).map_or(0, |header| u64::from(header.total()) - partial);
                (left, partial + bytes.max(left))
            }
        };
        self.forget();
        if lost > 0 {
            sink(Frame::Lost { bytes: lost, cause });
        }
        self.state = match self.state {
            State::Lost { .. } => self.state,
            _ if left == bytes => State::InStep,
            _ if left > bytes => State::Passing { left: left - bytes },
            _ => State::Lost { bytes: 0, cause },
        };
    }

    /// Gives up the packet that is incomplete, and the memory that it takes.
    pub fn pass_over(&mut self, mut sink: impl FnMut(Frame<'_>)) {
        if let Ok(header) = Header::read(&self.partial) {
            sink(Frame::Lost { bytes: u64::from(header.total()), cause: Loss::Limit });
            self.state = State::Passing { left: u64::from(header.total()) - count(self.partial.len()) };
            self.partial = Vec::new();
        }
    }

    /// The stream is over: says what was left.
    pub fn finish(&mut self, mut sink: impl FnMut(Frame<'_>)) {
        if let State::Lost { bytes, cause } = self.state
            && bytes > 0
        {
            sink(Frame::Lost { bytes, cause });
        }
        if !self.partial.is_empty() {
            sink(Frame::Lost { bytes: count(self.partial.len()), cause: Loss::Missing });
        }
        self.forget();
        self.state = State::InStep;
    }

    /// Whether it is no longer known where packets begin.
    pub const fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost { .. })
    }

    /// Bytes kept of an incomplete packet.
    pub const fn kept(&self) -> usize {
        self.partial.len()
    }

    /// Bytes of memory held.
    pub const fn memory(&self) -> usize {
        self.partial.capacity()
    }

    /// A packet begins here: hands it on where it lies, or keeps its beginning.
    fn whole<'a>(&mut self, bytes: &'a [u8], sink: &mut impl FnMut(Frame<'_>)) -> &'a [u8] {
        match self.header(bytes, sink) {
            Ok(total) => {
                if let Some((packet, rest)) = bytes.split_at_checked(total) {
                    sink(Frame::Packet(packet));
                    return rest;
                }
                self.partial.extend_from_slice(bytes);
                &[]
            }
            Err(Halt::Incomplete) => {
                self.partial.extend_from_slice(bytes);
                &[]
            }
            // Lost bytes have been counted, those of a packet that is passed over have not been taken yet.
            Err(Halt::Changed) => {
                if self.is_lost() {
                    &[]
                } else {
                    bytes
                }
            }
        }
    }

    /// Goes on with the packet whose beginning was kept.
    fn complete<'a>(&mut self, bytes: &'a [u8], sink: &mut impl FnMut(Frame<'_>)) -> &'a [u8] {
        // One byte after another until the header is known: it has five at the most.
        let wanted = match Header::read(&self.partial) {
            Ok(header) => usize::try_from(header.total()).unwrap_or(usize::MAX),
            Err(_) => self.partial.len() + 1,
        };
        let (taken, rest) =
            bytes.split_at_checked(wanted.saturating_sub(self.partial.len())).unwrap_or((bytes, &[]));
        self.partial.extend_from_slice(taken);
        let partial = core::mem::take(&mut self.partial);
        match self.header(&partial, sink) {
            Ok(total) if partial.len() == total => {
                sink(Frame::Packet(&partial));
                self.partial = partial;
                self.forget();
            }
            Ok(_) | Err(Halt::Incomplete) => self.partial = partial,
            // What was kept of it is part of what is passed over or lost.
            Err(Halt::Changed) => match &mut self.state {
                State::Passing { left } => *left -= count(partial.len()),
                State::Lost { .. } | State::InStep => {}
            },
        }
        rest
    }

    /// Bytes of the packet that begins here. Changes the state, and says so, if it cannot be read or is too large.
    fn header(&mut self, bytes: &[u8], sink: &mut impl FnMut(Frame<'_>)) -> Result<usize, Halt> {
        match Header::read(bytes) {
            Ok(header) if header.total() > self.limit.0 => {
                sink(Frame::Lost { bytes: u64::from(header.total()), cause: Loss::Limit });
                self.state = State::Passing { left: u64::from(header.total()) };
                Err(Halt::Changed)
            }
            Ok(header) => Ok(usize::try_from(header.total()).unwrap_or(usize::MAX)),
            Err(HeaderError::Incomplete) => Err(Halt::Incomplete),
            Err(HeaderError::NotMqtt) => {
                // Said at once, with what is at hand; what follows is said at the end.
                sink(Frame::Lost { bytes: count(bytes.len()), cause: Loss::NotMqtt });
                self.state = State::Lost { bytes: 0, cause: Loss::NotMqtt };
                Err(Halt::Changed)
            }
        }
    }

    /// Drops what was kept, and memory that a large packet took.
    fn forget(&mut self) {
        /// What a connection may go on holding between packets.
        const IDLE: usize = 4 << 10;
        self.partial.clear();
        if self.partial.capacity() > IDLE {
            self.partial = Vec::new();
        }
    }
}

/// Why there is no packet yet.
enum Halt {
    Incomplete,
    Changed,
}
