//! What a payload looks like to somebody without any key, and how far that judgement can be trusted.
//!
//! The judgement is about the byte histogram and known first bytes, no more. Good encryption, good compression without a header, and random
//! bytes look alike; so does weak encryption. A payload under 32 bytes is too short to judge: 16 random bytes
//! show 4 bits per byte at the most, as text may too. No length is taken for the mark of any cipher.

use core::fmt;

use serde::Serialize;

use crate::payload::entropy;
use crate::payload::envelope;
use crate::payload::extract::extract;
use crate::payload::field::{Field, Kind};
use crate::payload::format::{self, Format};
use crate::payload::sighting::Sighting;

/// Shortest payload whose histogram is judged.
const LEAST: usize = 32;
/// Standard deviations below the random mean that are still taken for random: 1 random payload in about 10⁵ is misjudged.
const TOLERANCE: f64 = 4.5;
/// Layers that are described one inside the other.
const MAX_LAYERS: u8 = 4;

/// Whether the bytes differ from random ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Randomness {
    /// Under 32 bytes: nothing can be said.
    TooShort,
    /// The histogram is that of random bytes. Encryption and compression both look like this.
    Indistinguishable,
    /// Some byte values are more frequent than chance allows.
    Structured,
}

/// What a payload looks like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Looks {
    /// Its form.
    pub format: Format,
    /// Its length in bytes.
    pub length: usize,
    /// Entropy of its byte histogram, bits per byte.
    pub bits_per_byte: f64,
    /// The mean of that for random bytes of the same length: below 8, and far below for short ones.
    pub random_bits_per_byte: f64,
    /// Printable ASCII, 0 to 1.
    pub printable: f64,
    /// Judgement on the histogram.
    pub randomness: Randomness,
    /// Unix time that a Fernet token carries in the clear.
    pub fernet_seconds: Option<u64>,
    /// Fields that can be read.
    pub fields: Vec<Field>,
    /// What is inside a layer that needs no key (hex, base64, gzip, zlib).
    pub inner: Option<Box<Looks>>,
}

/// Describes a payload with no key and no knowledge of where it comes from.
pub fn classify(payload: &[u8]) -> Looks {
    classify_layer(payload, 0)
}

fn classify_layer(payload: &[u8], layer: u8) -> Looks {
    let exposure = extract(&Sighting::new(b"", payload));
    let body = format::detect(payload).body;
    let decoded = match exposure.format {
        _ if layer >= MAX_LAYERS => None,
        form @ (Format::Hex | Format::Base64) => envelope::decode_text(form, body),
        form @ (Format::Gzip | Format::Zlib) => envelope::inflate(form, body, 1 << 20),
        _ => None,
    };
    let mut fernet_seconds = None;
    if exposure.format == Format::Fernet {
        crate::payload::extract::scan(&Sighting::new(b"", payload), &mut |field| {
            if field.kind == Kind::Timestamp {
                fernet_seconds = core::str::from_utf8(field.value).ok().and_then(|text| text.parse().ok());
            }
        });
    }
    let random = entropy::expected(payload.len());
    let randomness = if payload.len() < LEAST {
        Randomness::TooShort
    } else if exposure.bits_per_byte >= random.mean - TOLERANCE * random.deviation {
        Randomness::Indistinguishable
    } else {
        Randomness::Structured
    };
    Looks {
        format: exposure.format,
        length: payload.len(),
        bits_per_byte: exposure.bits_per_byte,
        random_bits_per_byte: random.mean,
        printable: exposure.printable,
        randomness,
        fernet_seconds,
        fields: exposure.fields,
        inner: decoded.map(|inside| Box::new(classify_layer(&inside, layer + 1))),
    }
}

impl fmt::Display for Looks {
    /// One paragraph for people.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.format, self.randomness) {
            (Format::Empty, _) => return out.write_str("empty"),
            (Format::Binary, Randomness::Indistinguishable) => {
                out.write_str(
                    "bytes indistinguishable from random (encrypted or compressed; it cannot be told which)",
                )?;
            }
            (Format::Binary, Randomness::Structured) => {
                out.write_str("binary data with structure, of no known form")?;
            }
            (Format::Binary, Randomness::TooShort) => out.write_str("binary data, too short to judge")?,
            (known, _) => write!(out, "{known}")?,
        }
        write!(out, ", {} bytes", self.length)?;
        if let Some(seconds) = self.fernet_seconds {
            write!(out, "; made at Unix time {seconds}, in the clear")?;
        } else if !self.fields.is_empty() {
            write!(out, "; readable values: {}", self.fields.len())?;
        }
        write!(
            out,
            "; {:.2} bits per byte (random bytes of this length: {:.2}), {:.0} % printable",
            self.bits_per_byte,
            self.random_bits_per_byte,
            self.printable * 100.0
        )?;
        if let Some(inner) = &self.inner {
            write!(out, "; inside: {inner}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "opaque_tests.rs"]
mod tests;
