//! One pass over one message: finds the form, walks it, peels layers, and hands each field to a sink. Nothing is allocated unless a
//! layer has to be decoded.

use core::ops::Range;

use crate::payload::cbor;
use crate::payload::envelope;
use crate::payload::field::{FieldRef, Kind, Source};
use crate::payload::format::{self, Detected, Format};
use crate::payload::json;
use crate::payload::patterns;
use crate::payload::recognise::{self, Meaning, Value};
use crate::payload::sealed;
use crate::payload::text;

/// Layers that are peeled off one inside the other.
const MAX_LAYERS: u8 = 4;
/// Bytes that all layers of one message may decode to.
const MAX_DECODED: usize = 1 << 20;
/// Fields of one message that are reported; a hostile message may hold a million.
const MAX_FIELDS: usize = 10_000;

/// State of the pass.
pub(crate) struct Scan<'s> {
    sink: &'s mut dyn FnMut(&FieldRef<'_>),
    source: Source,
    layers: u8,
    /// Set inside a layer: spans there mean the wrapping.
    wrapping: Option<Range<usize>>,
    budget: usize,
    found: usize,
    /// Set while the clear part of an encryption header is read.
    of_envelope: bool,
}

impl<'s> Scan<'s> {
    pub(crate) fn new(source: Source, sink: &'s mut dyn FnMut(&FieldRef<'_>)) -> Self {
        Self { sink, source, layers: 0, wrapping: None, budget: MAX_DECODED, found: 0, of_envelope: false }
    }

    /// Walks a whole payload or a decoded layer.
    pub(crate) fn payload(&mut self, bytes: &[u8]) -> Format {
        let Detected { format, body, start } = format::detect(bytes);
        self.walk(format, start, body);
        format
    }

    /// One leaf of a structured format. A text is looked into: other layers, and identifiers inside sentences.
    pub(crate) fn leaf(&mut self, key: Option<&[u8]>, value: Value<'_>, at: usize, index: Option<usize>) {
        let bytes = value.bytes();
        let is_text = matches!(value, Value::Text(_));
        if is_text && bytes.len() >= 16 && self.peel(bytes, at) {
            return;
        }
        let Some(meaning) = recognise::meaning(key, value, index) else {
            return;
        };
        self.emit(meaning, key, bytes, at);
        let sentence =
            matches!(meaning.kind, Kind::FreeText | Kind::PersonName | Kind::PlaceName | Kind::Word);
        if is_text && sentence && bytes.len() > 5 {
            patterns::walk(self, bytes, at);
        }
    }

    /// A leaf whose text is not what stands in the payload (a binary number).
    pub(crate) fn leaf_at(
        &mut self,
        key: Option<&[u8]>,
        value: Value<'_>,
        span: Range<usize>,
        index: Option<usize>,
    ) {
        let outer = self.wrapping.clone();
        self.wrapping = Some(outer.clone().unwrap_or_else(|| span.clone()));
        self.leaf(key, value, span.start, index);
        self.wrapping = outer;
    }

    /// Reports a field whose value stands in the payload as it is.
    pub(crate) fn emit(&mut self, meaning: Meaning, key: Option<&[u8]>, value: &[u8], at: usize) {
        self.emit_at(meaning, key, value, at..at + value.len());
    }

    /// Reports a field whose value was computed from the bytes in `span`.
    pub(crate) fn emit_at(&mut self, meaning: Meaning, key: Option<&[u8]>, value: &[u8], span: Range<usize>) {
        if self.found >= MAX_FIELDS {
            return;
        }
        self.found += 1;
        let span = self.wrapping.clone().unwrap_or(span);
        (self.sink)(&FieldRef {
            kind: meaning.kind,
            precision: meaning.precision,
            source: self.source,
            key,
            value,
            span,
            layers: self.layers,
            of_envelope: self.of_envelope,
        });
    }

    /// Walks what a layer decoded to. `false` when nothing was found in it, or limits forbid to look.
    pub(crate) fn layer(&mut self, decoded: &[u8], span: Range<usize>) -> bool {
        if self.layers >= MAX_LAYERS || decoded.len() > self.budget {
            return false;
        }
        self.budget -= decoded.len();
        let outer = self.wrapping.clone();
        self.wrapping = Some(outer.clone().unwrap_or(span));
        self.layers += 1;
        let before = self.found;
        let form = self.payload(decoded);
        self.layers -= 1;
        self.wrapping = outer;
        // what decodes to plain binary was no layer: base64 of random bytes, or a word that happens to be base64
        self.found > before
            || matches!(form, Format::Fernet | Format::Jwt | Format::Jwe | Format::Age | Format::Pgp)
    }

    /// Tries the layers that a text value may be wrapped in.
    fn peel(&mut self, bytes: &[u8], at: usize) -> bool {
        let Detected { format, body, start } = format::detect(bytes);
        match format {
            form @ (Format::Fernet | Format::Jwt | Format::Jwe | Format::Age | Format::Pgp) => {
                self.walk(form, at + start, body);
                true
            }
            Format::Json => self.layer(body, at..at + bytes.len()),
            form @ (Format::Hex | Format::Base64) => envelope::decode_text(form, body)
                .is_some_and(|decoded| speaks(&decoded) && self.layer(&decoded, at..at + bytes.len())),
            _ => false,
        }
    }

    fn header(&mut self, walk: impl FnOnce(&mut Self)) {
        let outer = core::mem::replace(&mut self.of_envelope, true);
        walk(self);
        self.of_envelope = outer;
    }

    fn walk(&mut self, form: Format, start: usize, body: &[u8]) {
        let span = start..start + body.len();
        match form {
            Format::Json | Format::OwnTracksEncrypted => json::walk(self, body, start),
            Format::KeyValue => text::walk_key_value(self, body, start),
            Format::Csv => text::walk_csv(self, body, start),
            Format::Number | Format::Text => self.leaf(None, Value::Text(body), start, None),
            Format::Cbor => cbor::walk(self, body, start),
            Format::Fernet => self.header(|scan| envelope::walk_fernet(scan, body, start)),
            Format::Jwt => envelope::walk_jwt(self, body, start),
            Format::Jwe => self.header(|scan| envelope::walk_jwe(scan, body, start)),
            Format::Meshtastic => self.header(|scan| sealed::walk_meshtastic(scan, body, start)),
            Format::Age => self.header(|scan| envelope::walk_age(scan, body, start)),
            Format::Pgp => self.header(|scan| envelope::walk_pgp(scan, body, start)),
            Format::Hex | Format::Base64 => self.wrapped_or_word(form, start, body),
            Format::Gzip | Format::Zlib => {
                if let Some(decoded) = envelope::inflate(form, body, self.budget) {
                    self.layer(&decoded, span);
                } else {
                    // a bomb, or broken: many of them in one message must not cost the whole budget each
                    self.budget -= self.budget / 4;
                }
            }
            Format::Binary => patterns::walk_binary(self, body, start),
            _ => {}
        }
    }

    /// A whole payload in hex or base64: what is inside, or an identifier or word that only looks so, or nothing.
    fn wrapped_or_word(&mut self, form: Format, start: usize, body: &[u8]) {
        let decoded = envelope::decode_text(form, body);
        let inside = decoded
            .is_some_and(|decoded| speaks(&decoded) && self.layer(&decoded, start..start + body.len()));
        let meaning = recognise::meaning(None, Value::Text(body), None);
        if let Some(meaning) = meaning.filter(|_| !inside) {
            // random text as the whole payload is opaque, whatever its length
            if !recognise::looks_random(body) || meaning.kind != Kind::Id {
                self.emit(meaning, None, body, start);
            }
        }
    }
}

/// Whether a decoded layer is more than bytes and stray words: otherwise any 16-letter word would be a layer.
fn speaks(decoded: &[u8]) -> bool {
    let Detected { format, body, .. } = format::detect(decoded);
    body.len() >= 8 && !matches!(format, Format::Empty | Format::Binary | Format::Hex)
}
