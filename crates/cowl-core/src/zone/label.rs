//! The name of a zone: short text, kept inline so that locating allocates nothing.

use core::{cmp::Ordering, fmt, str};

use minicbor::{Decode, Decoder, Encode, Encoder};

/// Why a text is not a zone's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// No characters.
    #[error("a zone's label is empty")]
    Empty,
    /// More than [`ZoneLabel::MAX`] bytes.
    #[error("a zone's label is longer than {} bytes", ZoneLabel::MAX)]
    TooLong,
    /// A line break or another control character, which could forge output lines.
    #[error("a zone's label holds a control character")]
    Control,
}

/// A zone's name within its level: 1 to [`Self::MAX`] bytes of UTF-8 without control characters.
///
/// `Debug` shows nothing, for the reason given at [`Zone`](crate::Zone); [`Self::as_str`] gives the text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ZoneLabel {
    /// Zero after `length`, so that derived equality compares the texts.
    bytes: [u8; Self::MAX],
    length: u8,
}

impl ZoneLabel {
    /// The longest label, in bytes. Each role that reads a zone pays for it in its part's size, so long names
    /// are better replaced by codes.
    pub const MAX: usize = 24;

    /// Checks and takes a text.
    pub fn new(text: &str) -> Result<Self, LabelError> {
        if text.is_empty() {
            return Err(LabelError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(LabelError::Control);
        }
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..text.len()).ok_or(LabelError::TooLong)?.copy_from_slice(text.as_bytes());
        Ok(Self { bytes, length: u8::try_from(text.len()).map_err(|_| LabelError::TooLong)? })
    }

    /// The label of these letters and digits, which need no check for being text; zeros behind them do not count. Of so
    /// many bytes always, so that no step depends on how many.
    pub(super) fn of_ascii<const N: usize>(text: [u8; N]) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        *bytes.first_chunk_mut()? = text;
        let count = |is: fn(&u8) -> bool| text.iter().map(|byte| u8::from(is(byte))).sum::<u8>();
        let length = count(u8::is_ascii_alphanumeric);
        let behind = text.iter().rev().take_while(|byte| **byte == 0).count();
        (length > 0 && usize::from(length) + behind == N).then_some(Self { bytes, length })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // Always whole UTF-8: that is what the makers check. The empty text stands for the impossible.
        self.bytes.get(..usize::from(self.length)).and_then(|b| str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl PartialOrd for ZoneLabel {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ZoneLabel {
    fn cmp(&self, other: &Self) -> Ordering {
        // No label holds a zero byte, so the filled arrays order as the texts do.
        self.bytes.cmp(&other.bytes)
    }
}

impl fmt::Debug for ZoneLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ZoneLabel(…)")
    }
}

impl<C> Encode<C> for ZoneLabel {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        // As `str` would, without checking again that these bytes are text.
        let text = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        e.str_len(text.len() as u64)?.writer_mut().write_all(text).map_err(minicbor::encode::Error::write)
    }
}

impl<'b, C> Decode<'b, C> for ZoneLabel {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        Self::new(d.str()?).map_err(|_| minicbor::decode::Error::message("not a zone's label").at(at))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn takes_short_text_only() {
        assert_eq!(ZoneLabel::new("Grand'Anse").unwrap().as_str(), "Grand'Anse");
        assert_eq!(ZoneLabel::new(""), Err(LabelError::Empty));
        assert_eq!(ZoneLabel::new("a\nb"), Err(LabelError::Control));
        assert_eq!(ZoneLabel::new("é".repeat(12).as_str()).unwrap().as_str().len(), 24);
        assert_eq!(ZoneLabel::new("é".repeat(13).as_str()), Err(LabelError::TooLong));
    }

    #[test]
    fn letters_and_digits_end_where_zeros_begin() {
        assert_eq!(ZoneLabel::of_ascii(*b"18QYF79\0\0").unwrap().as_str(), "18QYF79");
        assert_eq!(ZoneLabel::of_ascii(*b"ZAH"), ZoneLabel::new("ZAH").ok());
        for text in [*b"\0\0\0", *b"A\0B", *b"\0AB", *b"A-B", *b"A\xe9\0", *b"A\x80\x80"] {
            assert_eq!(ZoneLabel::of_ascii(text), None);
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", ZoneLabel::new("Ouest").unwrap()), "ZoneLabel(…)");
    }

    #[test]
    fn decoding_checks() {
        assert!(minicbor::decode::<ZoneLabel>(b"\x63a\nb").is_err());
        assert!(minicbor::decode::<ZoneLabel>(b"\x60").is_err());
        let label = ZoneLabel::new("Sud-Est").unwrap();
        let bytes = minicbor::to_vec(label).unwrap();
        assert_eq!(minicbor::decode::<ZoneLabel>(&bytes).unwrap(), label);
    }
}
