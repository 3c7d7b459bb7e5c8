//! Writes a truth file.

use std::io::{self, Write};

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

use super::{Line, TruthError};

/// Writes the lines of a truth file as they come. The first must be [`Line::Operation`]; the others may come in any order.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: Out<W>,
}

#[derive(Debug)]
enum Out<W: Write> {
    Plain(W),
    Packed(Box<FrameEncoder<W>>),
}

impl<W: Write> Writer<W> {
    /// Text that people can read. Give it something buffered.
    pub const fn new(out: W) -> Self {
        Self { out: Out::Plain(out) }
    }

    /// In an LZ4 frame.
    pub fn compressed(out: W) -> Self {
        let frame = FrameInfo::new()
            .block_mode(BlockMode::Independent)
            .block_size(BlockSize::Max256KB)
            .block_checksums(true);
        Self { out: Out::Packed(Box::new(FrameEncoder::with_frame_info(frame, out))) }
    }

    /// Writes one line.
    ///
    /// # Errors
    /// [`TruthError::Io`].
    pub fn line(&mut self, line: &Line) -> Result<(), TruthError> {
        let out: &mut dyn Write = match &mut self.out {
            Out::Plain(out) => out,
            Out::Packed(out) => out,
        };
        serde_json::to_writer(&mut *out, line).map_err(|error| TruthError::Io(error.into()))?;
        out.write_all(b"\n").map_err(TruthError::Io)
    }

    /// Ends the file and returns what it was written to.
    ///
    /// # Errors
    /// [`TruthError::Io`].
    pub fn finish(self) -> Result<W, TruthError> {
        let mut out = match self.out {
            Out::Plain(out) => out,
            Out::Packed(out) => out.finish().map_err(|error| TruthError::Io(io::Error::from(error)))?,
        };
        out.flush().map_err(TruthError::Io)?;
        Ok(out)
    }
}
