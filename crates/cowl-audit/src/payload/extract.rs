//! All that one message exposes.

use serde::Serialize;

use crate::convert::float_len;
use crate::payload::count::{Counter, Counts};
use crate::payload::entropy;
use crate::payload::field::{Field, FieldRef, Source};
use crate::payload::format::Format;
use crate::payload::metadata;
use crate::payload::scan::Scan;
use crate::payload::sighting::Sighting;

/// What one message exposes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exposure {
    /// Form of the payload.
    pub format: Format,
    /// Length of the payload in bytes.
    pub length: usize,
    /// Entropy of the payload's byte histogram in bits per byte; see [`entropy`](crate::payload::opaque) for its limits.
    pub bits_per_byte: f64,
    /// Printable ASCII in the payload, 0 to 1.
    pub printable: f64,
    /// Every field found, payload first, each with a masked example.
    pub fields: Vec<Field>,
    /// The fields counted by [`counting_rule`](crate::counting_rule).
    pub counts: Counts,
}

impl Exposure {
    /// Fields that stood in the payload.
    pub fn in_payload(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.source == Source::Payload)
    }

    /// Fields that stood around it.
    pub fn in_metadata(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.source != Source::Payload)
    }
}

/// Runs every extractor on one message. The same bytes give the same answer.
///
/// ```
/// use cowl_audit::{Kind, Sighting, extract};
/// let seen = extract(&Sighting::new(b"srv/temperature", b"severity: low, lat: -41.8531, lon: -118.8001, userId: 970"));
/// assert_eq!(seen.counts.payload.exact, 3); // severity, position, user
/// assert_eq!(seen.in_payload().last().map(|field| field.kind), Some(Kind::UserId));
/// ```
pub fn extract(seen: &Sighting<'_>) -> Exposure {
    let mut fields = Vec::new();
    let mut counter = Counter::default();
    let format = scan(seen, &mut |field| {
        counter.add(field);
        fields.push(field.to_field());
    });
    let printable = seen.payload.iter().filter(|byte| (b' '..=b'~').contains(*byte)).count();
    Exposure {
        format,
        length: seen.payload.len(),
        bits_per_byte: entropy::bits_per_byte(seen.payload),
        printable: if seen.payload.is_empty() {
            0.0
        } else {
            float_len(printable) / float_len(seen.payload.len())
        },
        fields,
        counts: counter.finish(),
    }
}

/// The pass under [`extract`], without keeping anything: for streams.
pub fn scan(seen: &Sighting<'_>, sink: &mut dyn FnMut(&FieldRef<'_>)) -> Format {
    let format = Scan::new(Source::Payload, sink).payload(seen.payload);
    metadata::walk(seen, sink);
    format
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
