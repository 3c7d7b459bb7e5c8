//! A file, read from the beginning to the end, that knows where it is.

use std::io::{self, ErrorKind, Read};

use crate::convert::count;

/// A file and the offset that was reached. Nothing is sought, so pipes will do.
#[derive(Debug)]
pub(super) struct Source<R> {
    inner: R,
    offset: u64,
    chunk: Box<[u8]>,
    from: usize,
    to: usize,
}

impl<R: Read> Source<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, offset: 0, chunk: vec![0; 256 << 10].into_boxed_slice(), from: 0, to: 0 }
    }

    /// Bytes that were taken.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes up to `wanted` bytes, fewer only at the end of the file, behind what is in `into`.
    pub(super) fn take(&mut self, mut wanted: usize, into: &mut Vec<u8>) -> io::Result<usize> {
        let before = into.len();
        while wanted > 0 {
            let ready = self.ready()?;
            if ready.is_empty() {
                break;
            }
            let taken = ready.get(..wanted).unwrap_or(ready);
            let length = taken.len();
            into.extend_from_slice(taken);
            self.advance(length);
            wanted -= length;
        }
        Ok(into.len() - before)
    }

    /// Takes that many bytes, or `None` if there are fewer.
    pub(super) fn array<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        if let Some(bytes) = self.chunk.get(self.from..self.to).and_then(<[u8]>::first_chunk) {
            let bytes = *bytes;
            self.advance(N);
            return Ok(Some(bytes));
        }
        let mut bytes = Vec::with_capacity(N);
        self.take(N, &mut bytes)?;
        Ok(bytes.first_chunk().copied())
    }

    /// Passes over that many bytes; returns how many there were.
    pub(super) fn skip(&mut self, wanted: u64) -> io::Result<u64> {
        let mut left = wanted;
        while left > 0 {
            let ready = count(self.ready()?.len());
            if ready == 0 {
                break;
            }
            let passed = ready.min(left);
            self.advance(usize::try_from(passed).unwrap_or(usize::MAX));
            left -= passed;
        }
        Ok(wanted - left)
    }

    fn ready(&mut self) -> io::Result<&[u8]> {
        while self.from >= self.to {
            match self.inner.read(&mut self.chunk) {
                Ok(read) => {
                    (self.from, self.to) = (0, read);
                    if read == 0 {
                        return Ok(&[]);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.chunk.get(self.from..self.to).unwrap_or(&[]))
    }

    fn advance(&mut self, bytes: usize) {
        self.from += bytes;
        self.offset += count(bytes);
    }
}
