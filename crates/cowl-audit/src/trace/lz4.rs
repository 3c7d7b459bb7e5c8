//! Reads an LZ4 frame block by block. Only frames of independent blocks: each can be read on its own, and memory is one block.
//!
//! Frame format: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>, version 1.6.4.

use std::io::{self, Read};

use twox_hash::XxHash32;

/// What a frame begins with.
pub(crate) const FRAME: [u8; 4] = 0x184d_2204_u32.to_le_bytes();

/// Why a frame cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlockError {
    /// Ends in the middle.
    #[error("cut off")]
    Cut,
    /// Not as the frame format says, or linked blocks, or a dictionary.
    #[error("not a frame of independent blocks, or damaged")]
    Damaged,
    /// The file cannot be read.
    #[error(transparent)]
    Io(io::Error),
}

/// The blocks of one frame.
#[derive(Debug)]
pub(crate) struct Blocks<R> {
    input: R,
    packed: Vec<u8>,
    most: usize,
    checksums: bool,
    content_checksum: bool,
}

impl<R: Read> Blocks<R> {
    /// Reads the frame's descriptor, behind its magic number.
    pub(crate) fn new(mut input: R) -> Result<Self, BlockError> {
        let [flags, sizes] = take(&mut input)?;
        let has = |bit: u8| flags & (1 << bit) != 0;
        let (independent, checksums, size, content_checksum, dictionary) =
            (has(5), has(4), has(3), has(2), has(0));
        if flags >> 6 != 1 || has(1) || !independent || dictionary || sizes & 0x8f != 0 {
            return Err(BlockError::Damaged);
        }
        let most = match sizes >> 4 {
            4 => 64 << 10,
            5 => 256 << 10,
            6 => 1 << 20,
            7 => 4 << 20,
            _ => return Err(BlockError::Damaged),
        };
        let mut descriptor = vec![flags, sizes];
        if size {
            descriptor.extend(take::<8>(&mut input)?);
        }
        let [_, second, ..] = XxHash32::oneshot(0, &descriptor).to_le_bytes();
        let [checksum] = take(&mut input)?;
        if checksum != second {
            return Err(BlockError::Damaged);
        }
        Ok(Self { input, packed: Vec::new(), most, checksums, content_checksum })
    }

    /// Bytes that a block can have.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    /// Reads the next block to the front of `out`, which must have [`Blocks::most`] bytes, and returns its length; `None` at the frame's end.
    pub(crate) fn next(&mut self, out: &mut [u8]) -> Result<Option<usize>, BlockError> {
        let info = u32::from_le_bytes(take(&mut self.input)?);
        if info == 0 {
            if self.content_checksum {
                take::<4>(&mut self.input)?;
            }
            return Ok(None);
        }
        let length = usize::try_from(info & 0x7fff_ffff).unwrap_or(usize::MAX);
        if length > self.most {
            return Err(BlockError::Damaged);
        }
        // at most `most` bytes, and no more than the file has before they are seen
        self.packed.resize(length, 0);
        self.input.read_exact(&mut self.packed).map_err(cut)?;
        if self.checksums {
            let claimed = u32::from_le_bytes(take(&mut self.input)?);
            if claimed != XxHash32::oneshot(0, &self.packed) {
                return Err(BlockError::Damaged);
            }
        }
        if info >> 31 == 1 {
            out.get_mut(..length).ok_or(BlockError::Damaged)?.copy_from_slice(&self.packed);
            return Ok(Some(length));
        }
        let out = out.get_mut(..self.most).ok_or(BlockError::Damaged)?;
        lz4_flex::block::decompress_into(&self.packed, out).map(Some).map_err(|_| BlockError::Damaged)
    }
}

/// Reads so many bytes.
pub(crate) fn take<const N: usize>(input: &mut impl Read) -> Result<[u8; N], BlockError> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes).map_err(cut)?;
    Ok(bytes)
}

fn cut(error: io::Error) -> BlockError {
    if error.kind() == io::ErrorKind::UnexpectedEof { BlockError::Cut } else { BlockError::Io(error) }
}
