//! Reads a truth file.

use std::io::{self, BufRead as _, BufReader, Cursor, Read};

use serde::Deserialize;
use serde_json::error::Category;

use super::{Line, TruthError};
use crate::trace::lz4::{BlockError, Blocks, FRAME};

/// Bytes of a line.
pub const MAX_LINE: usize = 1 << 20;

/// Reads a truth file line by line, compressed or not. Empty lines are passed over.
#[derive(Debug)]
pub struct Lines<R> {
    input: BufReader<Input<R>>,
    buffer: Vec<u8>,
    line: u64,
}

impl<R: Read> Lines<R> {
    /// Looks at the first bytes.
    ///
    /// # Errors
    /// [`TruthError`].
    pub fn new(mut input: R) -> Result<Self, TruthError> {
        let mut first = Vec::new();
        input.by_ref().take(4).read_to_end(&mut first).map_err(TruthError::Io)?;
        let input = if first == FRAME {
            let blocks = Blocks::new(input).map_err(|error| failed(error, 0))?;
            Input::Packed { blocks, clear: Vec::new(), waiting: 0..0 }
        } else {
            Input::Plain(Cursor::new(first).chain(input))
        };
        Ok(Self { input: BufReader::with_capacity(256 << 10, input), buffer: Vec::new(), line: 0 })
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// [`TruthError`].
    pub fn line(&mut self) -> Result<Option<Line>, TruthError> {
        loop {
            self.buffer.clear();
            let most = u64::try_from(MAX_LINE + 1).unwrap_or(u64::MAX);
            let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.buffer);
            if read.map_err(|error| unpacked(error, self.line))? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.buffer.len() > MAX_LINE {
                return Err(self.wrong("longer than 1 MiB"));
            }
            if !self.buffer.trim_ascii().is_empty() {
                return serde_json::from_slice(&self.buffer).map(Some).map_err(|error| self.explain(&error));
            }
        }
    }

    /// The number of the last line that was read, from 1.
    pub const fn number(&self) -> u64 {
        self.line
    }

    pub(super) const fn wrong(&self, what: &'static str) -> TruthError {
        TruthError::Line { line: self.line, what }
    }

    /// In words that repeat nothing of the line: serde's own say the value that was found.
    fn explain(&self, error: &serde_json::Error) -> TruthError {
        #[derive(Deserialize)]
        struct Kind<'a> {
            line: &'a str,
        }
        let kind = serde_json::from_slice::<Kind<'_>>(&self.buffer);
        self.wrong(match (error.classify(), kind.as_ref().map(|kind| kind.line)) {
            (Category::Io | Category::Syntax | Category::Eof, _) => "not JSON",
            (Category::Data, Err(_)) => "it has no `line` that says of what kind it is",
            (Category::Data, Ok("operation")) => "no `operation`: a field is missing, or not of its type",
            (Category::Data, Ok("zone")) => "no `zone`: a field is missing, or not of its type",
            (Category::Data, Ok("person")) => "no `person`: a field is missing, or not of its type",
            (Category::Data, Ok("stay")) => "no `stay`: a field is missing, or not of its type",
            (Category::Data, Ok("message")) => "no `message`: a field is missing, or not of its type",
            (Category::Data, Ok("opened")) => "no `opened`: a field is missing, or not of its type",
            (Category::Data, Ok("delivery")) => "no `delivery`: a field is missing, or not of its type",
            (Category::Data, Ok("expense")) => "no `expense`: a field is missing, or not of its type",
            (Category::Data, Ok(_)) => "of a kind that is not known",
        })
    }
}

#[derive(Debug)]
enum Input<R> {
    Plain(io::Chain<Cursor<Vec<u8>>, R>),
    Packed { blocks: Blocks<R>, clear: Vec<u8>, waiting: core::ops::Range<usize> },
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (blocks, clear, waiting) = match self {
            Self::Plain(input) => return input.read(out),
            Self::Packed { blocks, clear, waiting } => (blocks, clear, waiting),
        };
        while waiting.start >= waiting.end {
            clear.resize(blocks.most(), 0);
            match blocks.next(clear) {
                Ok(Some(length)) => *waiting = 0..length,
                Ok(None) => return Ok(0),
                Err(BlockError::Io(error)) => return Err(error),
                Err(BlockError::Cut) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(BlockError::Damaged) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        let from = clear.get(waiting.clone()).unwrap_or(&[]);
        let length = from.len().min(out.len());
        for (out, byte) in out.iter_mut().zip(from) {
            *out = *byte;
        }
        waiting.start += length;
        Ok(length)
    }
}

fn unpacked(error: io::Error, lines: u64) -> TruthError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => TruthError::Truncated { lines },
        io::ErrorKind::InvalidData => TruthError::Damaged { lines },
        _ => TruthError::Io(error),
    }
}

fn failed(error: BlockError, lines: u64) -> TruthError {
    match error {
        BlockError::Cut => TruthError::Truncated { lines },
        BlockError::Damaged => TruthError::Damaged { lines },
        BlockError::Io(error) => TruthError::Io(error),
    }
}
