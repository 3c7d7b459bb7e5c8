//! Keys by which notes are verified: C2SP signed-note, "Verifier keys".

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cowl_core::Authority;

use super::NoteError;

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Notes as they stand: a log's key.
    Log,
    /// Checkpoints of others, with the time: a witness's key (C2SP tlog-cosignature).
    Witness,
}

impl KeyKind {
    /// The byte that C2SP assigned to it.
    const fn byte(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Witness => 4,
        }
    }
}

/// A public key, its name and what it signs: everything that is needed to verify a note. Its text form is
/// `NAME+KEYID+KEY`, as other programs for transparency logs take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: Authority,
}

impl VerifierKey {
    /// A key of this name: not empty, without spaces, `+` or control characters.
    pub fn new(name: &str, kind: KeyKind, key: Authority) -> Result<Self, NoteError> {
        if is_name(name) { Ok(Self { name: name.to_owned(), kind, key }) } else { Err(NoteError::Name) }
    }

    /// A log's key under the name that [`super::origin`] gives: it is one.
    pub(super) const fn of_log(name: String, key: Authority) -> Self {
        Self { name, kind: KeyKind::Log, key }
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let key = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let (kind, key) = key.split_first().ok_or(NoteError::Key)?;
        let kind = match kind {
            1 => KeyKind::Log,
            4 => KeyKind::Witness,
            _ => return Err(NoteError::Key),
        };
        let key = Authority(<[u8; 32]>::try_from(key).map_err(|_| NoteError::Key)?);
        let read = Self::new(name, kind, key)?;
        if hex::encode(read.id()) == id { Ok(read) } else { Err(NoteError::Key) }
    }

    /// Whose key it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public key.
    pub const fn key(&self) -> Authority {
        self.key
    }

    /// Four bytes by which a signature names its key. Not a fingerprint: anyone can make a key with the same.
    pub fn id(&self) -> [u8; 4] {
        let mut message = self.name.clone().into_bytes();
        message.extend([b'\n', self.kind.byte()]);
        message.extend(self.key.0);
        digest(&SHA256, &message).as_ref().first_chunk().copied().unwrap_or_default()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.kind.byte()];
        key.extend(self.key.0);
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(key))
    }
}

/// Whether a key may have this name.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 256
        && !name.chars().any(|symbol| symbol.is_whitespace() || symbol.is_control() || symbol == '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From C2SP's signed-note.
    const EXAMPLE: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn the_example_of_the_specification_is_read_and_written() {
        let key = VerifierKey::parse(EXAMPLE).unwrap();
        assert_eq!((key.name(), key.kind()), ("example.com/foo", KeyKind::Log));
        assert_eq!(key.to_string(), EXAMPLE);
    }

    #[test]
    fn a_key_that_does_not_fit_its_id_or_its_kind_is_refused() {
        for text in [
            "",
            "example.com/foo",
            "example.com/foo+530d903a",
            "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=",
            "example.com/foo+530d903a+A",
            "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        ] {
            assert!(VerifierKey::parse(text).is_err(), "{text}");
        }
        assert!(VerifierKey::new("two words", KeyKind::Log, Authority([1; 32])).is_err());
    }
}
