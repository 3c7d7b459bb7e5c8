//! What a payload is written in, told from its bytes alone.

use core::fmt;

use serde::Serialize;

use crate::payload::cbor;
use crate::payload::envelope;
use crate::payload::recognise;
use crate::payload::sealed;
use crate::payload::text;

/// The form of a payload. It is what the bytes show; nothing is assumed of what lies inside a ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// No bytes, or only white space.
    Empty,
    /// JSON, also cut short or with trailing commas.
    Json,
    /// `key: value, key: value`, `key=value`, one or many lines.
    KeyValue,
    /// Cells between commas, semicolons or tabs.
    Csv,
    /// One decimal number.
    Number,
    /// Other text.
    Text,
    /// A CBOR map or array (RFC 8949) that ends where the payload ends.
    Cbor,
    /// A Fernet token, as text or as bytes.
    Fernet,
    /// A signed JSON Web Token (RFC 7519).
    Jwt,
    /// An encrypted one (RFC 7516).
    Jwe,
    /// An age file, armoured or not.
    Age,
    /// An `OpenPGP` message, armoured or not.
    Pgp,
    /// Enveloped data of the Cryptographic Message Syntax (RFC 5652), as S/MIME has it.
    Cms,
    /// An encrypted COSE message (RFC 9052).
    Cose,
    /// `OwnTracks` with a shared key.
    OwnTracksEncrypted,
    /// An encrypted packet in Meshtastic's `ServiceEnvelope`.
    Meshtastic,
    /// Hexadecimal digits.
    Hex,
    /// Base64, standard or URL alphabet.
    Base64,
    /// gzip (RFC 1952).
    Gzip,
    /// zlib (RFC 1950).
    Zlib,
    /// Zstandard (RFC 8878).
    Zstd,
    /// A zip archive.
    Zip,
    /// A PNG image.
    Png,
    /// A JPEG image.
    Jpeg,
    /// A PDF document.
    Pdf,
    /// Bytes of no form known here.
    Binary,
}

impl Format {
    /// Number of forms; [`Self::Binary`] stays the last.
    pub(crate) const COUNT: usize = Self::Binary as usize + 1;

    /// A number below [`Self::COUNT`], for tables in memory; not stable.
    pub(crate) const fn number(self) -> usize {
        self as usize
    }

    /// All of them, in order of their number.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Empty,
        Self::Json,
        Self::KeyValue,
        Self::Csv,
        Self::Number,
        Self::Text,
        Self::Cbor,
        Self::Fernet,
        Self::Jwt,
        Self::Jwe,
        Self::Age,
        Self::Pgp,
        Self::Cms,
        Self::Cose,
        Self::OwnTracksEncrypted,
        Self::Meshtastic,
        Self::Hex,
        Self::Base64,
        Self::Gzip,
        Self::Zlib,
        Self::Zstd,
        Self::Zip,
        Self::Png,
        Self::Jpeg,
        Self::Pdf,
        Self::Binary,
    ];

    /// The form in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Json => "JSON",
            Self::KeyValue => "key-value text",
            Self::Csv => "separated values",
            Self::Number => "a number",
            Self::Text => "text",
            Self::Cbor => "CBOR",
            Self::Fernet => "Fernet token",
            Self::Jwt => "JSON Web Token",
            Self::Jwe => "encrypted JSON Web Token",
            Self::Age => "age file",
            Self::Pgp => "OpenPGP message",
            Self::Cms => "CMS enveloped data",
            Self::Cose => "encrypted COSE",
            Self::OwnTracksEncrypted => "OwnTracks encrypted",
            Self::Meshtastic => "Meshtastic encrypted",
            Self::Hex => "hexadecimal text",
            Self::Base64 => "base64 text",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
            Self::Png => "PNG image",
            Self::Jpeg => "JPEG image",
            Self::Pdf => "PDF document",
            Self::Binary => "binary",
        }
    }
}

impl Format {
    /// Whether it is a known encrypted form.
    pub const fn is_encrypted(self) -> bool {
        matches!(
            self,
            Self::Fernet
                | Self::Jwe
                | Self::Age
                | Self::Pgp
                | Self::Cms
                | Self::Cose
                | Self::OwnTracksEncrypted
                | Self::Meshtastic
        )
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// First bytes of formats that have them. Four bytes or more: shorter ones occur in random data once in 65,536 messages.
const MAGIC: [(&[u8], Format); 7] = [
    (b"\x1f\x8b\x08\x00", Format::Gzip),
    (b"\x1f\x8b\x08\x08", Format::Gzip),
    (b"\x28\xb5\x2f\xfd", Format::Zstd),
    (b"PK\x03\x04", Format::Zip),
    (b"\x89PNG\r\n\x1a\n", Format::Png),
    (b"\xff\xd8\xff\xe0", Format::Jpeg),
    (b"%PDF-", Format::Pdf),
];

/// Bytes with their form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Detected<'a> {
    pub(crate) format: Format,
    /// Of text: without surrounding white space, byte order mark and trailing zeros. Of anything else: all.
    pub(crate) body: &'a [u8],
    /// Where the body starts.
    pub(crate) start: usize,
}

/// The form of a payload.
pub(crate) fn detect(bytes: &[u8]) -> Detected<'_> {
    let marked = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let body = bytes.get(marked..).unwrap_or_default();
    let inner = body.trim_ascii_start();
    let start = marked + body.len() - inner.len();
    let end =
        inner.iter().rposition(|byte| !byte.is_ascii_whitespace() && *byte != 0).map_or(0, |last| last + 1);
    let inner = inner.get(..end).unwrap_or_default();
    if inner.is_empty() {
        return Detected { format: Format::Empty, body: inner, start };
    }
    if let Some(format) = textual(inner) {
        return Detected { format, body: inner, start };
    }
    Detected { format: binary(bytes), body: bytes, start: 0 }
}

fn textual(bytes: &[u8]) -> Option<Format> {
    if matches!(bytes.first(), Some(b'{' | b'[')) && starts_json(bytes) {
        Some(if sealed::is_owntracks(bytes) {
            Format::OwnTracksEncrypted
        } else if sealed::is_jwe_json(bytes) {
            Format::Jwe
        } else {
            Format::Json
        })
    } else {
        is_text(bytes).then(|| detect_text(bytes))
    }
}

fn binary(bytes: &[u8]) -> Format {
    if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        *format
    } else if envelope::is_fernet_binary(bytes) {
        Format::Fernet
    } else if envelope::is_age(bytes) {
        Format::Age
    } else if envelope::openpgp_recipient(bytes).is_some() {
        Format::Pgp
    } else if sealed::is_cms(bytes) {
        Format::Cms
    } else if sealed::is_cose(bytes) {
        Format::Cose
    } else if sealed::is_meshtastic(bytes) {
        Format::Meshtastic
    } else if envelope::inflates(bytes) {
        Format::Zlib
    } else if cbor::is_whole(bytes) {
        Format::Cbor
    } else {
        Format::Binary
    }
}

fn detect_text(bytes: &[u8]) -> Format {
    if bytes.starts_with(b"%PDF-") {
        Format::Pdf
    } else if envelope::is_fernet(bytes) {
        Format::Fernet
    } else if envelope::is_jwt(bytes) {
        if bytes.split(|byte| *byte == b'.').count() == 5 { Format::Jwe } else { Format::Jwt }
    } else if envelope::is_age(bytes) {
        Format::Age
    } else if envelope::is_pgp_armor(bytes) {
        Format::Pgp
    } else if recognise::parse_number(bytes).is_some() {
        Format::Number
    } else if envelope::is_hex(bytes) {
        Format::Hex
    } else if envelope::is_base64(bytes) {
        Format::Base64
    } else if text::is_key_value(bytes) {
        Format::KeyValue
    } else if text::is_csv(bytes) {
        Format::Csv
    } else {
        Format::Text
    }
}

/// `{` and a quoted key with its colon, or `[` and printable bytes: three fixed bytes at least, so that random data does not pass.
fn starts_json(bytes: &[u8]) -> bool {
    let rest = bytes.get(1..).unwrap_or_default().trim_ascii_start();
    if bytes.starts_with(b"[") {
        return is_text(bytes.get(..bytes.len().min(64)).unwrap_or_default())
            || is_text(bytes.get(..bytes.len().min(61)).unwrap_or_default());
    }
    let Some(key) = rest.strip_prefix(b"\"") else {
        return rest == b"}" && bytes.len() <= 16;
    };
    let window = key.get(..key.len().min(130)).unwrap_or_default();
    let Some(end) = window.iter().position(|byte| *byte == b'"') else {
        return false;
    };
    let printable = window.get(..end).unwrap_or_default().iter().all(|byte| *byte >= b' ');
    printable && key.get(end + 1..).unwrap_or_default().trim_ascii_start().starts_with(b":")
}

/// UTF-8 without control characters, or 16 bytes and more of which 85 % are printable ASCII and the others look like Latin-1.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let control = |byte: u8| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f;
    if core::str::from_utf8(bytes).is_ok() {
        return !bytes.iter().any(|byte| control(*byte));
    }
    if bytes.len() < 16 {
        return false;
    }
    let high = bytes.iter().filter(|byte| **byte >= 0xa0).count();
    let strange = bytes.iter().any(|byte| control(*byte) || (0x80..0xa0).contains(byte));
    !strange && high * 100 <= bytes.len() * 15
}
