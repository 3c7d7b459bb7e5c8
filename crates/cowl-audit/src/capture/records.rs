//! Recorded frames, whatever the file's format.

use std::io::Read;

use super::pcap::Pcap;
use super::pcapng::PcapNg;
use super::source::Source;
use super::{CaptureError, Damage};

/// One recorded frame; its bytes are in [`Records::frame`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// Microseconds since 1970.
    pub(super) at: u64,
    /// The link type of its interface, see `link.rs`.
    pub(super) link: u32,
    /// Bytes on the wire, of which there may be fewer here.
    pub(super) original: u32,
}

/// What comes next in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Record(Record),
    /// A frame that could not be kept.
    Unread,
    End,
    Damaged {
        offset: u64,
        damage: Damage,
    },
}

/// The frames of a file, one after another.
///
/// Both formats are read here and not by a crate: a hostile file must be told of by its offset, blocks of no interest
/// must be passed over without being held, and what precedes the damage must still be had.
#[derive(Debug)]
pub(super) struct Records<R> {
    source: Source<R>,
    frame: Vec<u8>,
    format: Format,
}

#[derive(Debug)]
enum Format {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

impl<R: Read> Records<R> {
    /// Reads the file's header.
    pub(super) fn open(inner: R) -> Result<Self, CaptureError> {
        let mut source = Source::new(inner);
        let magic = take_header::<4, R>(&mut source)?;
        let format = if magic == [0x0a, 0x0d, 0x0d, 0x0a] {
            Format::PcapNg(PcapNg::open(&mut source)?)
        } else {
            Format::Pcap(Pcap::open(magic, &mut source)?)
        };
        Ok(Self { source, frame: Vec::new(), format })
    }

    /// The next frame.
    pub(super) fn next(&mut self) -> Result<Next, CaptureError> {
        let next = match &mut self.format {
            Format::Pcap(pcap) => pcap.next(&mut self.source, &mut self.frame),
            Format::PcapNg(pcapng) => pcapng.next(&mut self.source, &mut self.frame),
        };
        next.map_err(|source| CaptureError::Io { offset: self.source.offset(), source })
    }

    /// The bytes of the last frame.
    pub(super) fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// Bytes read.
    pub(super) const fn offset(&self) -> u64 {
        self.source.offset()
    }
}

/// Takes bytes of the file's header.
pub(super) fn take_header<const N: usize, R: Read>(source: &mut Source<R>) -> Result<[u8; N], CaptureError> {
    let bytes =
        source.array().map_err(|error| CaptureError::Io { offset: source.offset(), source: error })?;
    bytes.ok_or(if source.offset() < 4 {
        CaptureError::NotACapture
    } else {
        CaptureError::Short { offset: source.offset() }
    })
}

/// Byte order of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    pub(super) const fn two(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    pub(super) const fn four(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}
