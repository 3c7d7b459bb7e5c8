//! Where one role's body is written.

use minicbor::encode::Write;

/// A role's bytes, filled from the front. As `minicbor`'s own cursor, but small enough to be inlined: nearly all that is
/// written is one byte long.
pub(super) struct Room<'a> {
    rest: &'a mut [u8],
    written: usize,
}

/// There is no more room.
#[derive(Debug)]
pub(super) struct Full;

impl<'a> Room<'a> {
    pub(super) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { rest: bytes, written: 0 }
    }

    /// Bytes written so far.
    pub(super) const fn written(&self) -> usize {
        self.written
    }
}

impl Write for Room<'_> {
    type Error = Full;

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let (room, rest) = core::mem::take(&mut self.rest).split_at_mut_checked(bytes.len()).ok_or(Full)?;
        room.copy_from_slice(bytes);
        self.rest = rest;
        self.written += bytes.len();
        Ok(())
    }
}
