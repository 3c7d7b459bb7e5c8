//! pcapng (draft-ietf-opsawg-pcapng).

use std::io::{self, Read};

use super::records::{Next, Order, Record};
use super::source::Source;
use super::{CaptureError, Damage, MAX_INTERFACES, MAX_RECORD};

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// What frames a body: type and length before it, length after it.
const FRAMING: u32 = 12;
/// Largest block that is kept; larger ones are passed over.
const MAX_BLOCK: u32 = MAX_RECORD + 64 * 1024;

/// What the blocks so far said.
#[derive(Debug)]
pub(super) struct PcapNg {
    order: Order,
    interfaces: Vec<Interface>,
    body: Vec<u8>,
    /// Blocks without time take that of the one before.
    last: u64,
}

#[derive(Debug, Clone, Copy)]
struct Interface {
    link: u32,
    snap: u32,
    clock: Clock,
    /// Seconds to add to every time.
    offset: i64,
}

/// Units of time in a second.
#[derive(Debug, Clone, Copy)]
enum Clock {
    Decimal(u32),
    Binary(u32),
}

impl PcapNg {
    /// Reads the first section header, whose type has been taken.
    pub(super) fn open<R: Read>(source: &mut Source<R>) -> Result<Self, CaptureError> {
        let mut new = Self { order: Order::Little, interfaces: Vec::new(), body: Vec::new(), last: 0 };
        let step = new
            .section(source, 0)
            .map_err(|error| CaptureError::Io { offset: source.offset(), source: error })?;
        match step {
            None => Ok(new),
            Some(Next::Damaged { offset: _, damage: Damage::CutOff }) => {
                Err(CaptureError::Short { offset: source.offset() })
            }
            Some(Next::Damaged { offset, damage }) => Err(CaptureError::Damaged { offset, damage }),
            Some(_) => Err(CaptureError::NotACapture),
        }
    }

    pub(super) fn next<R: Read>(&mut self, source: &mut Source<R>, frame: &mut Vec<u8>) -> io::Result<Next> {
        loop {
            let offset = source.offset();
            let Some(kind) = source.array()? else {
                let cut = source.offset() > offset;
                return Ok(if cut { Next::Damaged { offset, damage: Damage::CutOff } } else { Next::End });
            };
            let kind = self.order.four(kind);
            let step = if kind == SECTION {
                self.section(source, offset)?
            } else {
                let Some(length) = source.array()? else {
                    return Ok(Next::Damaged { offset, damage: Damage::CutOff });
                };
                self.block(source, offset, kind, self.order.four(length), frame)?
            };
            if let Some(next) = step {
                return Ok(next);
            }
        }
    }

    /// A section header: byte order and interfaces begin anew.
    fn section<R: Read>(&mut self, source: &mut Source<R>, offset: u64) -> io::Result<Option<Next>> {
        let cut = Next::Damaged { offset, damage: Damage::CutOff };
        let Some(length) = source.array()? else { return Ok(Some(cut)) };
        let Some(magic) = source.array()? else { return Ok(Some(cut)) };
        self.order = match magic {
            [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
            [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
            _ => return Ok(Some(Next::Damaged { offset, damage: Damage::ByteOrder })),
        };
        self.interfaces.clear();
        let length = self.order.four(length);
        // The byte-order magic was taken already.
        if length < FRAMING + 16 || !length.is_multiple_of(4) {
            return Ok(Some(Next::Damaged { offset, damage: Damage::BlockLength(length) }));
        }
        self.pass(source, offset, length, length - FRAMING - 4)
    }

    /// Any other block, whose type and length have been taken. `None` to go on.
    fn block<R: Read>(
        &mut self,
        source: &mut Source<R>,
        offset: u64,
        kind: u32,
        length: u32,
        frame: &mut Vec<u8>,
    ) -> io::Result<Option<Next>> {
        if length < FRAMING || !length.is_multiple_of(4) {
            return Ok(Some(Next::Damaged { offset, damage: Damage::BlockLength(length) }));
        }
        let known = matches!(kind, INTERFACE | OLD_PACKET | SIMPLE_PACKET | ENHANCED_PACKET);
        if !known || length > MAX_BLOCK {
            let passed = self.pass(source, offset, length, length - FRAMING)?;
            return Ok(passed.or(known.then_some(Next::Unread)));
        }
        self.body.clear();
        let wanted = usize::try_from(length - FRAMING).unwrap_or(usize::MAX);
        if source.take(wanted, &mut self.body)? < wanted {
            return Ok(Some(Next::Damaged { offset, damage: Damage::CutOff }));
        }
        if let Some(bad) = self.pass(source, offset, length, 0)? {
            return Ok(Some(bad));
        }
        if kind != INTERFACE {
            return Ok(Some(self.packet(kind, frame)));
        }
        if self.interfaces.len() >= MAX_INTERFACES {
            return Ok(Some(Next::Damaged { offset, damage: Damage::Interfaces }));
        }
        self.interfaces.push(Interface::read(&self.body, self.order));
        Ok(None)
    }

    /// Passes over the rest of a body and compares the length behind it.
    fn pass<R: Read>(
        &self,
        source: &mut Source<R>,
        offset: u64,
        length: u32,
        rest: u32,
    ) -> io::Result<Option<Next>> {
        let rest = u64::from(rest);
        if source.skip(rest)? < rest {
            return Ok(Some(Next::Damaged { offset, damage: Damage::CutOff }));
        }
        Ok(match source.array()? {
            None => Some(Next::Damaged { offset, damage: Damage::CutOff }),
            Some(again) if self.order.four(again) != length => {
                Some(Next::Damaged { offset, damage: Damage::BlockEnd })
            }
            Some(_) => None,
        })
    }

    /// A block with a frame, in `self.body`.
    fn packet(&mut self, kind: u32, frame: &mut Vec<u8>) -> Next {
        let mut fields = Fields { rest: &self.body, order: self.order };
        let read = match kind {
            SIMPLE_PACKET => fields.simple(),
            OLD_PACKET => fields.old(),
            _ => fields.enhanced(),
        };
        let Some(packet) = read else { return Next::Unread };
        let Some(interface) =
            usize::try_from(packet.interface).ok().and_then(|index| self.interfaces.get(index))
        else {
            return Next::Unread;
        };
        if let Some(time) = packet.time {
            self.last = interface.microseconds(time);
        }
        let room = fields.rest.len();
        let mut kept = usize::try_from(packet.kept).unwrap_or(usize::MAX);
        if kind == SIMPLE_PACKET && interface.snap > 0 {
            kept = kept.min(usize::try_from(interface.snap).unwrap_or(usize::MAX));
        }
        // A frame that claims more bytes than its block has: what is there is read, the rest counts as cut off.
        frame.clear();
        frame.extend_from_slice(fields.rest.get(..kept.min(room)).unwrap_or(&[]));
        Next::Record(Record { at: self.last, link: interface.link, original: packet.original })
    }
}

struct PacketFields {
    interface: u32,
    time: Option<u64>,
    kept: u32,
    original: u32,
}

/// Fields of a body, in the file's byte order.
struct Fields<'a> {
    rest: &'a [u8],
    order: Order,
}

impl Fields<'_> {
    fn two(&mut self) -> Option<u16> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(self.order.two(*bytes))
    }

    fn four(&mut self) -> Option<u32> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(self.order.four(*bytes))
    }

    fn time(&mut self) -> Option<u64> {
        let (high, low) = (self.four()?, self.four()?);
        Some(u64::from(high) << 32 | u64::from(low))
    }

    fn enhanced(&mut self) -> Option<PacketFields> {
        let interface = self.four()?;
        let time = Some(self.time()?);
        Some(PacketFields { interface, time, kept: self.four()?, original: self.four()? })
    }

    fn old(&mut self) -> Option<PacketFields> {
        let interface = u32::from(self.two()?);
        let _drops = self.two()?;
        let time = Some(self.time()?);
        Some(PacketFields { interface, time, kept: self.four()?, original: self.four()? })
    }

    fn simple(&mut self) -> Option<PacketFields> {
        let original = self.four()?;
        Some(PacketFields { interface: 0, time: None, kept: original, original })
    }
}

impl Interface {
    /// What an interface block says; what is missing has the standard's default.
    fn read(body: &[u8], order: Order) -> Self {
        let mut fields = Fields { rest: body, order };
        let link = fields.two().map_or(u32::MAX, u32::from);
        let _reserved = fields.two();
        let snap = fields.four().unwrap_or(0);
        let mut read = Self { link, snap, clock: Clock::Decimal(6), offset: 0 };
        while let (Some(code), Some(length)) = (fields.two(), fields.two()) {
            let length = usize::from(length);
            let Some(value) = fields.rest.get(..length) else { break };
            match (code, value) {
                (0, _) => break,
                // if_tsresol: the highest bit says which base the exponent is of.
                (9, [resolution]) => {
                    let exponent = u32::from(resolution & 0x7f);
                    read.clock = if resolution & 0x80 == 0 {
                        Clock::Decimal(exponent)
                    } else {
                        Clock::Binary(exponent)
                    };
                }
                // if_tsoffset
                (14, value) => {
                    if let Ok(value) = <[u8; 8]>::try_from(value) {
                        read.offset = match order {
                            Order::Little => i64::from_le_bytes(value),
                            Order::Big => i64::from_be_bytes(value),
                        };
                    }
                }
                _ => {}
            }
            fields.rest = fields.rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        }
        read
    }

    /// A time of this interface in microseconds since 1970; what lies outside of the range stops at its end.
    fn microseconds(&self, time: u64) -> u64 {
        let time = u128::from(time);
        let since = match self.clock {
            Clock::Decimal(6) => time,
            Clock::Decimal(exponent) if exponent < 6 => time * 10_u128.pow(6 - exponent),
            Clock::Decimal(exponent) => time / 10_u128.checked_pow(exponent - 6).unwrap_or(u128::MAX),
            Clock::Binary(exponent) => (time * 1_000_000).checked_shr(exponent).unwrap_or(0),
        };
        let since = i128::try_from(since).unwrap_or(i128::MAX);
        let at = since.saturating_add(i128::from(self.offset) * 1_000_000).max(0);
        u64::try_from(at).unwrap_or(u64::MAX)
    }
}
