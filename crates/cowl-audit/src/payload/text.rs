//! Text formats without a grammar: `key: value, key: value`, `key=value`, separated values.

use crate::convert::occurrences;
use crate::payload::recognise::{self, Value, kind_of_key};
use crate::payload::scan::Scan;

/// Longest key that is believed.
const LONGEST_KEY: usize = 32;
/// Lines of one message that are walked.
const MAX_LINES: usize = 4096;

/// A piece of text and where it starts.
#[derive(Debug, Clone, Copy)]
struct Piece<'a> {
    at: usize,
    text: &'a [u8],
}

impl Piece<'_> {
    fn trimmed(self) -> Self {
        let inner = self.text.trim_ascii_start();
        Self { at: self.at + self.text.len() - inner.len(), text: inner.trim_ascii_end() }
    }

    fn part(self, from: usize, to: usize) -> Self {
        Self { at: self.at + from, text: self.text.get(from..to).unwrap_or_default() }.trimmed()
    }

    fn unquoted(self) -> Self {
        let quoted = self.text.len() >= 2
            && matches!(self.text.first(), Some(b'"' | b'\''))
            && self.text.first() == self.text.last();
        if quoted {
            Self { at: self.at + 1, text: self.text.get(1..self.text.len() - 1).unwrap_or_default() }
        } else {
            self
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Pair<'a> {
    key: Piece<'a>,
    value: Piece<'a>,
    by_equals: bool,
}

/// Whether the first piece and at least half of all pieces have a key.
pub(crate) fn is_key_value(text: &[u8]) -> bool {
    let mut pieces = pieces(text, is_piece_end).filter(|piece| !piece.trimmed().text.is_empty());
    let Some(first) = pieces.next() else {
        return false;
    };
    if pair(first).is_none() {
        return false;
    }
    let (mut keyed, mut total) = (1_usize, 1_usize);
    for piece in pieces.take(255) {
        total += 1;
        keyed += usize::from(pair(piece).is_some());
    }
    keyed * 2 >= total
}

/// Hands every value to the scan; a piece without a key continues the value before it.
pub(crate) fn walk_key_value(scan: &mut Scan<'_>, text: &[u8], start: usize) {
    let mut open: Option<Pair<'_>> = None;
    for piece in pieces(text, is_piece_end) {
        if let Some(next) = pair(piece) {
            if let Some(done) = open.replace(next) {
                value(scan, done, start);
            }
        } else if let Some(pair) = open.as_mut() {
            let from = pair.value.at;
            pair.value.text = text.get(from..piece.at + piece.text.len()).unwrap_or_default();
        }
    }
    if let Some(done) = open {
        value(scan, done, start);
    }
}

fn value(scan: &mut Scan<'_>, pair: Pair<'_>, start: usize) {
    // `temp=21 hum=40` is two
    if !(pair.by_equals && pair.value.text.contains(&b'=')) {
        leaf(scan, Some(pair.key.text), pair.value, start);
        return;
    }
    let mut key = Some(pair.key.text);
    for word in pieces(pair.value.text, |byte| byte == b' ') {
        let word = Piece { at: word.at + pair.value.at, text: word.text };
        match (key.take(), self::pair(word)) {
            (None, Some(inner)) => leaf(scan, Some(inner.key.text), inner.value, start),
            (key, _) => leaf(scan, key, word, start),
        }
    }
}

fn leaf(scan: &mut Scan<'_>, key: Option<&[u8]>, value: Piece<'_>, start: usize) {
    let value = value.trimmed().unquoted();
    match value.text {
        b"" | b"null" | b"none" | b"None" | b"nil" | b"-" => {}
        b"true" | b"false" | b"True" | b"False" => {
            scan.leaf(key, Value::Flag(value.text), start + value.at, None);
        }
        text if recognise::parse_number(text).is_some() => {
            scan.leaf(key, Value::Number(text), start + value.at, None);
        }
        text => scan.leaf(key, Value::Text(text), start + value.at, None),
    }
}

/// `key: value` or `key=value`: a short key of words that starts with a letter. Times, MAC addresses and URLs also have colons.
fn pair(piece: Piece<'_>) -> Option<Pair<'_>> {
    let piece = piece.trimmed();
    let head = piece.text.get(..piece.text.len().min(LONGEST_KEY + 1))?;
    let at = head.iter().position(|byte| matches!(byte, b':' | b'='))?;
    let by_equals = head.get(at) == Some(&b'=');
    let (key, value) = (piece.part(0, at).unquoted(), piece.part(at + 1, piece.text.len()));
    let starts = key.text.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let words = occurrences(key.text, b' ');
    let letters =
        key.text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-. /%".contains(byte) || *byte >= 0x80);
    let url = !by_equals && value.text.starts_with(b"//");
    let base64_padding = by_equals && value.text.iter().all(|byte| *byte == b'=');
    let address = !by_equals && recognise::network_id(piece.text).is_some();
    let fits =
        starts && letters && words <= 3 && !url && !address && !base64_padding && !value.text.is_empty();
    fits.then_some(Pair { key, value, by_equals })
}

/// Several cells, none of them a sentence, and one of them recognisable; or lines with the same number of cells.
pub(crate) fn is_csv(text: &[u8]) -> bool {
    let separator = separator(text);
    let mut lines = pieces(text, |byte| byte == b'\n').filter(|line| !line.trimmed().text.is_empty());
    let Some(first) = lines.next() else {
        return false;
    };
    let width = pieces(first.text, |byte| byte == separator).count();
    let second = lines.next();
    let even = second.is_some_and(|line| pieces(line.text, |byte| byte == separator).count() == width);
    if width < 2 || (second.is_some() && !even) {
        return false;
    }
    let (mut known, mut sentence) = (false, false);
    for cell in pieces(first.text, |byte| byte == separator).take(256) {
        let cell = cell.trimmed().unquoted();
        known |= recognise::by_shape(cell.text).is_some() || (even && kind_of_key(cell.text).is_some());
        sentence |= occurrences(cell.text, b' ') > 3;
    }
    // a lone pair of numbers is left to the recogniser of positions
    known && !sentence && (width > 2 || even)
}

/// Hands every cell to the scan, under its column's name if the first line is one of names.
pub(crate) fn walk_csv(scan: &mut Scan<'_>, text: &[u8], start: usize) {
    let separator = separator(text);
    let mut lines = pieces(text, |byte| byte == b'\n')
        .filter(|line| !line.trimmed().text.is_empty())
        .take(MAX_LINES)
        .peekable();
    let mut names: Vec<&[u8]> = Vec::new();
    if let Some(first) = lines.peek().copied() {
        let cells =
            || pieces(first.text, |byte| byte == separator).map(|cell| cell.trimmed().unquoted().text);
        let is_header = cells().all(|cell| recognise::by_shape(cell).is_none())
            && cells().any(|cell| kind_of_key(cell).is_some());
        if is_header {
            names = cells().collect();
            lines.next();
        }
    }
    for line in lines {
        let mut before: Option<Piece<'_>> = None;
        for (place, cell) in pieces(line.text, |byte| byte == separator).enumerate() {
            let cell = Piece { at: cell.at + line.at, text: cell.text }.trimmed().unquoted();
            let key = names.get(place).copied();
            if let (None, Some(earlier)) = (key, before.take()) {
                if let Some([latitude, longitude]) = neighbours(earlier.text, cell.text) {
                    leaf(scan, Some(latitude), earlier, start);
                    leaf(scan, Some(longitude), cell, start);
                    continue;
                }
                leaf(scan, None, earlier, start);
            }
            match key {
                Some(_) => leaf(scan, key, cell, start),
                None => before = Some(cell),
            }
        }
        if let Some(last) = before {
            leaf(scan, None, last, start);
        }
    }
}

/// Keys for two neighbouring cells without names that read like coordinates: both with a decimal point, one with three decimals.
fn neighbours(one: &[u8], other: &[u8]) -> Option<[&'static [u8]; 2]> {
    let fine = [one, other].map(recognise::decimals);
    let (first, second) = (recognise::parse_number(one)?, recognise::parse_number(other)?);
    let fits = first.abs() <= 90.0 && second.abs() <= 180.0 && fine.iter().all(|count| *count > 0);
    (fits && fine.iter().any(|count| *count >= 3)).then_some([b"lat", b"lon"])
}

/// The separator that occurs most in the first line.
fn separator(text: &[u8]) -> u8 {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |separator: u8| occurrences(line, separator);
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

const fn is_piece_end(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b'\n' | b'&')
}

fn pieces(text: &[u8], is_end: impl Fn(u8) -> bool) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    text.split(move |byte| is_end(*byte)).map(move |part| {
        let piece = Piece { at, text: part };
        at += part.len() + 1;
        piece
    })
}
