//! pcap, the format of libpcap (draft-ietf-opsawg-pcap).

use std::io::{self, Read};

use super::records::{Next, Order, Record, take_header};
use super::source::Source;
use super::{CaptureError, Damage, MAX_EMPTY_RECORDS, MAX_RECORD};

/// What the header of a pcap file says.
#[derive(Debug)]
pub(super) struct Pcap {
    order: Order,
    /// Units of the second field of a time in a microsecond: 1, or 1000 for nanoseconds.
    divisor: u32,
    /// Bytes that Kuznetzov's variant has behind each record's header.
    extra: u64,
    link: u32,
    empty: u32,
}

impl Pcap {
    pub(super) fn open<R: Read>(magic: [u8; 4], source: &mut Source<R>) -> Result<Self, CaptureError> {
        let (order, divisor, extra) = match magic {
            [0xa1, 0xb2, 0xc3, 0xd4] => (Order::Big, 1, 0),
            [0xd4, 0xc3, 0xb2, 0xa1] => (Order::Little, 1, 0),
            [0xa1, 0xb2, 0x3c, 0x4d] => (Order::Big, 1000, 0),
            [0x4d, 0x3c, 0xb2, 0xa1] => (Order::Little, 1000, 0),
            [0xa1, 0xb2, 0xcd, 0x34] => (Order::Big, 1, 8),
            [0x34, 0xcd, 0xb2, 0xa1] => (Order::Little, 1, 8),
            _ => return Err(CaptureError::NotACapture),
        };
        // Version, time zone, accuracy and snapshot length say nothing that is needed or can be relied on.
        let _: [u8; 16] = take_header(source)?;
        let link = order.four(take_header(source)?) & 0xffff;
        Ok(Self { order, divisor, extra, link, empty: 0 })
    }

    pub(super) fn next<R: Read>(&mut self, source: &mut Source<R>, frame: &mut Vec<u8>) -> io::Result<Next> {
        let offset = source.offset();
        let Some(seconds) = source.array()? else {
            let cut = source.offset() > offset;
            return Ok(if cut { Next::Damaged { offset, damage: Damage::CutOff } } else { Next::End });
        };
        let cut = Next::Damaged { offset, damage: Damage::CutOff };
        let (Some(parts), Some(kept), Some(original)) = (source.array()?, source.array()?, source.array()?)
        else {
            return Ok(cut);
        };
        let [parts, kept, original] = [parts, kept, original].map(|bytes| self.order.four(bytes));
        if kept > MAX_RECORD {
            return Ok(Next::Damaged { offset, damage: Damage::RecordLength(kept) });
        }
        self.empty = if kept == 0 && original == 0 { self.empty + 1 } else { 0 };
        if self.empty > MAX_EMPTY_RECORDS {
            return Ok(Next::Damaged { offset, damage: Damage::Empty });
        }
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        frame.clear();
        if source.skip(self.extra)? < self.extra || source.take(kept, frame)? < kept {
            return Ok(cut);
        }
        let at = u64::from(self.order.four(seconds)) * 1_000_000 + u64::from(parts / self.divisor);
        Ok(Next::Record(Record { at, link: self.link, original }))
    }
}
