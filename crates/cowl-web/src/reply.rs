//! What the module answers: CBOR (RFC 8949) as JavaScript's objects are made, member by member.

use alloc::vec::Vec;

use minicbor::Encoder;

/// An answer that is being written. Maps and lists are of indefinite length, so nothing has to be counted ahead.
#[derive(Debug, Default)]
pub(crate) struct Reply(Vec<u8>);

impl Reply {
    /// The bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A map: each [`Self::key`] with a value, then [`Self::end`].
    pub(crate) fn map(&mut self) -> &mut Self {
        self.byte(0xbf)
    }

    /// A list: values, then [`Self::end`].
    pub(crate) fn list(&mut self) -> &mut Self {
        self.byte(0x9f)
    }

    /// Ends the innermost map or list.
    pub(crate) fn end(&mut self) -> &mut Self {
        self.byte(0xff)
    }

    /// A member's name; its value follows.
    pub(crate) fn key(&mut self, name: &str) -> &mut Self {
        self.text(name)
    }

    /// A text.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.write(|e| e.str(text).map(|_| ()))
    }

    /// Bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.write(|e| e.bytes(bytes).map(|_| ()))
    }

    /// A whole number.
    pub(crate) fn uint(&mut self, number: impl Into<u64>) -> &mut Self {
        let number = number.into();
        self.write(|e| e.u64(number).map(|_| ()))
    }

    /// How many there are of something.
    pub(crate) fn count(&mut self, count: usize) -> &mut Self {
        self.uint(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// Any number.
    pub(crate) fn number(&mut self, number: f64) -> &mut Self {
        self.write(|e| e.f64(number).map(|_| ()))
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, flag: bool) -> &mut Self {
        self.byte(if flag { 0xf5 } else { 0xf4 })
    }

    /// Nothing.
    pub(crate) fn null(&mut self) -> &mut Self {
        self.byte(0xf6)
    }

    /// Bytes as the hexadecimal digits that people compare.
    pub(crate) fn hex(&mut self, bytes: &[u8]) -> &mut Self {
        self.text(&hex(bytes))
    }

    fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    fn write<E>(&mut self, write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Result<(), E>) -> &mut Self {
        // Writing to memory cannot fail.
        let _ = write(&mut Encoder::new(&mut self.0));
        self
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> alloc::string::String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Hexadecimal digits, in capitals or not, as so many bytes.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !odd.is_empty() {
        return None;
    }
    let digit = |symbol: u8| char::from(symbol).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}
