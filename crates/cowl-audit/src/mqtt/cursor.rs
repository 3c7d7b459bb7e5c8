//! Reads fields one after another and remembers what was wrong.

use super::{Flaw, Flaws};

/// What is left of a packet.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    /// What was wrong so far.
    pub(super) flaws: Flaws,
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest, flaws: Flaws::NONE }
    }

    /// One byte; 0 beyond the end.
    #[inline]
    pub(super) fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.rest.split_first() else {
            self.flaws.add(Flaw::Truncated);
            return 0;
        };
        self.rest = rest;
        *byte
    }

    /// Two bytes, the higher first; 0 beyond the end.
    #[inline]
    pub(super) fn two(&mut self) -> u16 {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            self.flaws.add(Flaw::Truncated);
            self.rest = &[];
            return 0;
        };
        self.rest = rest;
        u16::from_be_bytes(*bytes)
    }

    /// Four bytes, the highest first; 0 beyond the end.
    pub(super) fn four(&mut self) -> u32 {
        let (high, low) = (self.two(), self.two());
        u32::from(high) << 16 | u32::from(low)
    }

    /// A variable byte integer (§1.5.5); what was read of it if it does not end.
    #[inline]
    pub(super) fn variable(&mut self) -> u32 {
        let mut value = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte();
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value;
            }
        }
        self.flaws.add(Flaw::Truncated);
        value
    }

    /// That many bytes, or those that are there.
    #[inline]
    pub(super) fn take(&mut self, length: usize) -> &'a [u8] {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            self.flaws.add(Flaw::Truncated);
            return self.remaining();
        };
        self.rest = rest;
        taken
    }

    /// Binary data (§1.5.6).
    #[inline]
    pub(super) fn binary(&mut self) -> &'a [u8] {
        let length = self.two();
        self.take(usize::from(length))
    }

    /// A text (§1.5.4), as bytes: what is not UTF-8 is worth reading too.
    #[inline]
    pub(super) fn text(&mut self) -> &'a [u8] {
        let text = self.binary();
        if str::from_utf8(text).is_err() {
            self.flaws.add(Flaw::NotUtf8);
        }
        text
    }

    /// A packet identifier that must not be 0 (§2.2.1).
    #[inline]
    pub(super) fn packet_id(&mut self) -> u16 {
        let id = self.two();
        if id == 0 {
            self.flaws.add(Flaw::PacketId);
        }
        id
    }

    /// All that is left.
    #[inline]
    pub(super) fn remaining(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// Whether nothing is left.
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Says so if something is left.
    pub(super) const fn end(&mut self) {
        if !self.rest.is_empty() {
            self.flaws.add(Flaw::Trailing);
        }
    }
}
