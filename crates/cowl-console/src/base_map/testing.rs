//! Archives, pictures and vector tiles, made for tests.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

/// An archive in its parts, each of which a test may bend.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) kind: u8,
    pub(crate) internal: u8,
    pub(crate) packing: u8,
    pub(crate) zooms: (u8, u8),
    /// West, south, east, north in ten millionths of a degree.
    pub(crate) bounds: [i32; 4],
    pub(crate) root: Vec<u8>,
    pub(crate) metadata: Vec<u8>,
    pub(crate) leaves: Vec<u8>,
    pub(crate) tiles: Vec<u8>,
}

impl Parts {
    /// Where one tile stands for all of zoom 8, in the whole world.
    pub(crate) fn of(kind: u8, tile: Vec<u8>) -> Self {
        let length = u64::try_from(tile.len()).unwrap();
        Self {
            kind,
            internal: 1,
            packing: 1,
            zooms: (8, 8),
            bounds: [0; 4],
            root: directory(&[[21_845, 1 << 16, length, 1]]),
            metadata: br#"{"attribution":"&copy; <a href='https://example.org'>Somebody</a>"}"#.to_vec(),
            leaves: Vec::new(),
            tiles: tile,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"PMTiles\x03".to_vec();
        let mut offset = 127;
        for part in [&self.root, &self.metadata, &self.leaves, &self.tiles] {
            let length = u64::try_from(part.len()).unwrap();
            bytes.extend(u64::to_le_bytes(offset));
            bytes.extend(length.to_le_bytes());
            offset += length;
        }
        // Three counts that may be unknown; clustered.
        bytes.extend([0; 24]);
        bytes.extend([1, self.internal, self.packing, self.kind, self.zooms.0, self.zooms.1]);
        bytes.extend(self.bounds.iter().flat_map(|bound| bound.to_le_bytes()));
        bytes.extend([0; 9]);
        assert_eq!(bytes.len(), 127);
        for part in [&self.root, &self.metadata, &self.leaves, &self.tiles] {
            bytes.extend(part);
        }
        bytes
    }
}

/// A directory of entries: step of the id, run, length, and offset plus one.
pub(crate) fn directory(entries: &[[u64; 4]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(&mut bytes, u64::try_from(entries.len()).unwrap());
    for column in 0..4 {
        for entry in entries {
            varint(&mut bytes, entry[column]);
        }
    }
    bytes
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::best());
    packing.write_all(bytes).unwrap();
    packing.finish().unwrap()
}

pub(crate) fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
}

/// A protocol buffer's field with bytes.
pub(crate) fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut field = Vec::new();
    varint(&mut field, (number << 3) | 2);
    varint(&mut field, u64::try_from(bytes.len()).unwrap());
    field.extend(bytes);
    field
}

/// The same with a number.
pub(crate) fn counted(number: u64, value: u64) -> Vec<u8> {
    let mut field = Vec::new();
    varint(&mut field, number << 3);
    varint(&mut field, value);
    field
}

/// A feature: shape, tags, geometry.
pub(crate) fn feature(shape: u64, tags: &[u64], geometry: &[u64]) -> Vec<u8> {
    let packed = |numbers: &[u64]| {
        let mut bytes = Vec::new();
        for number in numbers {
            varint(&mut bytes, *number);
        }
        bytes
    };
    field(2, &[field(2, &packed(tags)), counted(3, shape), field(4, &packed(geometry))].concat())
}

/// A layer of a tile, with texts to say of its features.
pub(crate) fn layer(name: &str, features: &[Vec<u8>], keys: &[&str], values: &[&str]) -> Vec<u8> {
    let keys = keys.iter().flat_map(|key| field(3, key.as_bytes()));
    let values = values.iter().flat_map(|value| field(4, &field(1, value.as_bytes())));
    let all =
        [counted(15, 2), field(1, name.as_bytes()), features.concat(), keys.collect(), values.collect()];
    field(3, &[all.concat(), counted(5, 4_096)].concat())
}

/// The beginning of a PNG of this size.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    bytes.extend([8, 2, 0, 0, 0]);
    bytes
}

/// The beginning of a JPEG of this size, behind a comment and a table.
pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xfe\0\x06text\xff\xff\xc4\0\x03x\xff\xc0\0\x11\x08".to_vec();
    bytes.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    bytes
}

/// The beginning of a WebP of one of three kinds.
pub(crate) fn webp(chunk: &str, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WEBP".to_vec();
    bytes.extend(chunk.as_bytes());
    bytes.extend([0; 4]);
    let short = |side: u32| u16::try_from(side).unwrap().to_le_bytes();
    let long = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    match chunk {
        "VP8 " => bytes.extend([&[0, 0, 0, 0x9d, 1, 0x2a][..], &short(width), &short(height)].concat()),
        "VP8L" => {
            let sides = (width - 1) | ((height - 1) << 14);
            bytes.extend([&[0x2f][..], &sides.to_le_bytes()].concat());
        }
        _ => bytes.extend([vec![0; 4], long(width), long(height)].concat()),
    }
    bytes
}
