//! A JSON walk that never gives up: an eavesdropper also reads what was cut short or badly quoted.

use core::ops::Range;
use std::borrow::Cow;

use crate::payload::recognise::Value;
use crate::payload::scan::Scan;

/// Nesting whose keys are remembered; deeper values are still read, without a key.
const MAX_DEPTH: usize = 32;

#[derive(Debug, Clone, Copy, Default)]
struct Frame<'a> {
    /// Key that this object or array stands under.
    key: Option<&'a [u8]>,
    is_array: bool,
    index: usize,
}

/// Hands every leaf to the scan, with its key (of an array's elements: the array's key).
pub(crate) fn walk(scan: &mut Scan<'_>, text: &[u8], start: usize) {
    let mut frames = [Frame::default(); MAX_DEPTH];
    let mut depth = 0_usize;
    let mut key: Option<&[u8]> = None;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' | b'[' => {
                let parent = frame(&frames, depth);
                let own = key.take().or(if parent.is_array { parent.key } else { None });
                depth = depth.saturating_add(1);
                if let Some(slot) = frames.get_mut(depth) {
                    *slot = Frame { key: own, is_array: *byte == b'[', index: 0 };
                }
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                key = None;
                at += 1;
            }
            b',' => {
                key = None;
                if let Some(slot) = frames.get_mut(depth) {
                    slot.index += 1;
                }
                at += 1;
            }
            b'"' => {
                let body = at + 1;
                let end = body + string_length(text.get(body..).unwrap_or_default());
                let string = text.get(body..end).unwrap_or_default();
                at = end + 1;
                let here = frame(&frames, depth);
                if !here.is_array && key.is_none() && followed_by_colon(text.get(at..).unwrap_or_default()) {
                    key = Some(string);
                } else {
                    leaf(
                        scan,
                        here,
                        key.take(),
                        Value::Text(&unescaped(string)),
                        start + body..start + body + string.len(),
                    );
                }
            }
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'+' => {
                let rest = text.get(at..).unwrap_or_default();
                let length = rest
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(byte))
                    .count();
                let word = rest.get(..length).unwrap_or_default();
                let here = frame(&frames, depth);
                let range = start + at..start + at + length;
                match word {
                    b"null" | b"NaN" | b"undefined" | b"None" => key = None,
                    b"true" | b"false" | b"True" | b"False" => {
                        leaf(scan, here, key.take(), Value::Flag(word), range);
                    }
                    // an unquoted key
                    _ if key.is_none() && followed_by_colon(rest.get(length..).unwrap_or_default()) => {
                        key = Some(word);
                    }
                    _ if byte.is_ascii_alphabetic() => {
                        leaf(scan, here, key.take(), Value::Text(word), range);
                    }
                    _ => leaf(scan, here, key.take(), Value::Number(word), range),
                }
                at += length.max(1);
            }
            _ => at += 1,
        }
    }
}

fn frame<'a>(frames: &[Frame<'a>; MAX_DEPTH], depth: usize) -> Frame<'a> {
    frames.get(depth).copied().unwrap_or_default()
}

fn leaf(scan: &mut Scan<'_>, here: Frame<'_>, key: Option<&[u8]>, value: Value<'_>, range: Range<usize>) {
    // `"temperature": {"value": 21}`: the outer key says more
    let own = key.filter(|key| !matches!(*key, b"value" | b"val" | b"v"));
    let index = if here.is_array && key.is_none() { Some(here.index) } else { None };
    let key = own.or(here.key).or(key);
    if value.bytes().len() == range.len() {
        scan.leaf(key, value, range.start, index);
    } else {
        // escapes were resolved: places inside the value are not places in the payload
        scan.leaf_at(key, value, range, index);
    }
}

/// Bytes up to the closing quote, or all.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    text.iter()
        .position(|byte| {
            let closes = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        })
        .unwrap_or(text.len())
}

fn followed_by_colon(text: &[u8]) -> bool {
    text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

/// The string with its escapes resolved; lone surrogates become U+FFFD.
fn unescaped(string: &[u8]) -> Cow<'_, [u8]> {
    if !string.contains(&b'\\') {
        return Cow::Borrowed(string);
    }
    let mut out = Vec::with_capacity(string.len());
    let mut rest = string;
    let mut high: Option<u32> = None;
    while let Some((&byte, tail)) = rest.split_first() {
        let (b'\\', Some((&code, after))) = (byte, tail.split_first()) else {
            out.push(byte);
            rest = tail;
            continue;
        };
        rest = after;
        match code {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' | b'f' => out.push(b' '),
            b'u' => {
                let unit = after
                    .get(..4)
                    .and_then(|hex| u32::from_str_radix(core::str::from_utf8(hex).ok()?, 16).ok());
                rest = after.get(4..).unwrap_or_default();
                let unit = unit.unwrap_or(0xfffd);
                let scalar = match (high.take(), unit) {
                    (None, 0xd800..=0xdbff) => {
                        high = Some(unit);
                        continue;
                    }
                    (Some(upper), 0xdc00..=0xdfff) => 0x1_0000 + ((upper - 0xd800) << 10) + (unit - 0xdc00),
                    _ => unit,
                };
                let letter = char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}
