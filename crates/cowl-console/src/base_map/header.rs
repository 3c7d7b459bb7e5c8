//! The first 127 bytes of an archive: where its parts lie and what they are (PMTiles 3, "Header Design").

use std::{io::Read as _, ops::RangeInclusive};

use flate2::read::GzDecoder;

use super::{error::ArchiveError, mercator};

/// Bytes of a header.
pub(super) const LENGTH: usize = 127;
/// Header and root directory lie in the first bytes, which a reader fetches at once.
const FRONT: u64 = 16_384;

/// What stands in it.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) root: Section,
    pub(super) metadata: Section,
    pub(super) leaves: Section,
    pub(super) tiles: Section,
    /// How directories and metadata are packed.
    pub(super) internal: Packing,
    /// How tiles are packed.
    pub(super) packing: Packing,
    pub(super) kind: Kind,
    pub(super) zooms: RangeInclusive<u8>,
    /// Degrees that there are tiles for.
    pub(super) bounds: mercator::Area,
}

/// A part of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// What its tiles are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// PNG, JPEG or WebP: each tile says which.
    Raster,
    /// Mapbox Vector Tiles.
    Vector,
}

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    /// RFC 1952.
    Gzip,
    /// It is not said, but can be seen.
    Unsaid,
}

impl Header {
    /// Of a file of so many bytes.
    pub(super) fn parse(bytes: &[u8; LENGTH], size: u64) -> Result<Self, ArchiveError> {
        if !bytes.starts_with(b"PMTiles") {
            return Err(ArchiveError::NotOne);
        }
        let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
        if byte(7) != 3 {
            return Err(ArchiveError::Version(byte(7)));
        }
        let kind = match byte(99) {
            1 => Kind::Vector,
            2..=4 => Kind::Raster,
            5 => return Err(ArchiveError::Tiles("AVIF")),
            6 => return Err(ArchiveError::Tiles("MapLibre Tiles")),
            _ => return Err(ArchiveError::Tiles("of an unknown kind")),
        };
        let section = |at| Section { offset: number(bytes, at), length: number(bytes, at + 8) };
        let header = Self {
            root: section(8),
            metadata: section(24),
            leaves: section(40),
            tiles: section(56),
            internal: Packing::named(byte(97))?,
            packing: Packing::named(byte(98))?,
            kind,
            zooms: byte(100)..=byte(101),
            bounds: mercator::Area {
                west: degrees(bytes, 102),
                south: degrees(bytes, 106),
                east: degrees(bytes, 110),
                north: degrees(bytes, 114),
            }
            .or_the_world(),
        };
        let sections = [header.root, header.metadata, header.leaves, header.tiles];
        if sections.iter().any(|section| section.end().is_none_or(|end| end > size)) {
            return Err(ArchiveError::CutOff);
        }
        let has_root = header.root.length > 0 && header.root.end().is_some_and(|end| end <= FRONT);
        if !has_root || header.zooms.is_empty() || *header.zooms.end() > mercator::FINEST {
            return Err(ArchiveError::Damaged);
        }
        Ok(header)
    }
}

impl Section {
    fn end(self) -> Option<u64> {
        self.offset.checked_add(self.length)
    }

    /// A part of it, if it lies in it: where in the file.
    pub(super) fn part(self, offset: u64, length: u64) -> Option<u64> {
        let lies_in_it = offset.checked_add(length)? <= self.length;
        if lies_in_it { self.offset.checked_add(offset) } else { None }
    }
}

impl Packing {
    fn named(number: u8) -> Result<Self, ArchiveError> {
        match number {
            0 => Ok(Self::Unsaid),
            1 => Ok(Self::Plain),
            2 => Ok(Self::Gzip),
            3 => Err(ArchiveError::Compressed("Brotli")),
            4 => Err(ArchiveError::Compressed("Zstandard")),
            _ => Err(ArchiveError::Compressed("something unknown")),
        }
    }

    /// What was packed, if it has at most so many bytes: a few packed ones can stand for gigabytes.
    pub(super) fn unpack(self, bytes: Vec<u8>, most: usize) -> Option<Vec<u8>> {
        let is_packed = match self {
            Self::Plain => false,
            Self::Gzip => true,
            Self::Unsaid => bytes.starts_with(&[0x1f, 0x8b]),
        };
        if !is_packed {
            return (bytes.len() <= most).then_some(bytes);
        }
        let mut plain = Vec::new();
        let limit = u64::try_from(most).ok()?.saturating_add(1);
        GzDecoder::new(bytes.as_slice()).take(limit).read_to_end(&mut plain).ok()?;
        (plain.len() <= most).then_some(plain)
    }
}

fn number(bytes: &[u8; LENGTH], at: usize) -> u64 {
    let own = bytes.get(at..).and_then(|rest| rest.first_chunk());
    own.map_or(u64::MAX, |own| u64::from_le_bytes(*own))
}

fn degrees(bytes: &[u8; LENGTH], at: usize) -> f64 {
    let own = bytes.get(at..).and_then(|rest| rest.first_chunk());
    own.map_or(0.0, |own| f64::from(i32::from_le_bytes(*own)) / 1e7)
}
