//! CBOR (RFC 8949): a map or array is believed only if it is well-formed to the payload's last byte.

use crate::payload::field::{Kind, Precision};
use crate::payload::recognise::{Meaning, Value};
use crate::payload::scan::Scan;

/// Nesting beyond which an item is not believed.
const MAX_DEPTH: u8 = 16;

/// Whether the bytes are one map or array, possibly tagged, and nothing else. An array must hold a text, since a few random
/// bytes also make an array of small numbers.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let major = bytes.first().map_or(0, |first| first >> 5);
    if !matches!(major, 4..=6) || bytes.len() < 3 {
        return false;
    }
    let mut walker =
        Walker { rest: bytes, total: bytes.len(), scan: None, start: 0, containers: 0, texts: 0 };
    walker.item(None, None, 0).is_some()
        && walker.rest.is_empty()
        && walker.containers > 0
        && walker.texts > 0
}

/// Hands every leaf to the scan.
pub(crate) fn walk(scan: &mut Scan<'_>, bytes: &[u8], start: usize) {
    let mut walker =
        Walker { rest: bytes, total: bytes.len(), scan: Some(scan), start, containers: 0, texts: 0 };
    walker.item(None, None, 0);
}

struct Walker<'a, 's, 'f> {
    rest: &'a [u8],
    total: usize,
    scan: Option<&'s mut Scan<'f>>,
    start: usize,
    containers: usize,
    texts: usize,
}

#[derive(Clone, Copy)]
struct Head {
    major: u8,
    info: u8,
    argument: u64,
}

impl<'a> Walker<'a, '_, '_> {
    fn item(&mut self, key: Option<&[u8]>, index: Option<usize>, depth: u8) -> Option<()> {
        let at = self.position();
        let head = self.head()?;
        match head.major {
            0 => self.number(key, index, at, &head.argument.to_string()),
            1 => self.number(key, index, at, &(-1 - i128::from(head.argument)).to_string()),
            2 | 3 => self.string(head, key, index)?,
            4 => self.array(head, key, depth)?,
            5 => self.map(head, depth)?,
            6 if depth < MAX_DEPTH => return self.item(key.or(tag_key(head.argument)), index, depth + 1),
            7 => self.simple(head, key, index, at)?,
            _ => return None,
        }
        Some(())
    }

    fn array(&mut self, head: Head, key: Option<&[u8]>, depth: u8) -> Option<()> {
        self.containers += 1;
        let mut index = 0;
        while self.more(head, index, depth)? {
            self.item(key, Some(index), depth + 1)?;
            index += 1;
        }
        Some(())
    }

    fn map(&mut self, head: Head, depth: u8) -> Option<()> {
        self.containers += 1;
        let mut index = 0;
        while self.more(head, index, depth)? {
            let key_head = self.head()?;
            match key_head.major {
                0 | 1 => {
                    let number = key_head.argument.to_string();
                    self.item(Some(number.as_bytes()), None, depth + 1)?;
                }
                3 if key_head.info != 31 => {
                    let key = self.take(key_head.argument)?;
                    core::str::from_utf8(key).ok()?;
                    self.texts += 1;
                    self.item(Some(key), None, depth + 1)?;
                }
                _ => return None,
            }
            index += 1;
        }
        Some(())
    }

    fn string(&mut self, head: Head, key: Option<&[u8]>, index: Option<usize>) -> Option<()> {
        if head.info == 31 {
            // chunks of an indefinite string are leaves of their own
            while !self.at_break()? {
                let chunk = self.head()?;
                if chunk.major != head.major || chunk.info == 31 {
                    return None;
                }
                self.string(chunk, key, index)?;
            }
            return Some(());
        }
        let bytes = self.take(head.argument)?;
        let value_at = self.position() - bytes.len();
        if head.major == 3 {
            core::str::from_utf8(bytes).ok()?;
            self.texts += 1;
            self.leaf(key, Value::Text(bytes), value_at, index);
        } else {
            self.opaque(key, bytes, value_at);
        }
        Some(())
    }

    /// A byte string: a layer, an identifier by its key, or up to 32 bytes that may name somebody again.
    fn opaque(&mut self, key: Option<&[u8]>, bytes: &[u8], at: usize) {
        let Some(scan) = self.scan.as_deref_mut() else {
            return;
        };
        if scan.layer(bytes, at..at + bytes.len()) {
            return;
        }
        let named = key.and_then(crate::payload::recognise::kind_of_key).filter(|kind| kind.identifies());
        if (4..=32).contains(&bytes.len()) {
            let precision = if named.is_some() { Precision::Exact } else { Precision::Coarse };
            scan.emit(Meaning { kind: named.unwrap_or(Kind::Id), precision }, key, bytes, at);
        }
    }

    fn simple(&mut self, head: Head, key: Option<&[u8]>, index: Option<usize>, at: usize) -> Option<()> {
        match head.info {
            20 => self.leaf(key, Value::Flag(b"false"), at, index),
            21 => self.leaf(key, Value::Flag(b"true"), at, index),
            22 | 23 => {}
            25 => self.number(key, index, at, &half(u16::try_from(head.argument).ok()?).to_string()),
            26 => {
                self.number(key, index, at, &f32::from_bits(u32::try_from(head.argument).ok()?).to_string());
            }
            27 => self.number(key, index, at, &f64::from_bits(head.argument).to_string()),
            _ => return None,
        }
        Some(())
    }

    fn number(&mut self, key: Option<&[u8]>, index: Option<usize>, at: usize, text: &str) {
        let span = at..self.position();
        if let Some(scan) = self.scan.as_deref_mut() {
            scan.leaf_at(key, Value::Number(text.as_bytes()), span, index);
        }
    }

    fn leaf(&mut self, key: Option<&[u8]>, value: Value<'_>, at: usize, index: Option<usize>) {
        if let Some(scan) = self.scan.as_deref_mut() {
            scan.leaf(key, value, at, index);
        }
    }

    /// Whether a container has another element.
    fn more(&mut self, head: Head, index: usize, depth: u8) -> Option<bool> {
        if depth >= MAX_DEPTH {
            return None;
        }
        if head.info == 31 {
            return Some(!self.at_break()?);
        }
        Some(u64::try_from(index).ok()? < head.argument)
    }

    fn at_break(&mut self) -> Option<bool> {
        let stops = *self.rest.first()? == 0xff;
        if stops {
            self.rest = self.rest.get(1..)?;
        }
        Some(stops)
    }

    fn head(&mut self) -> Option<Head> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        let (major, info) = (first >> 5, first & 0x1f);
        let argument = match info {
            0..=23 => u64::from(info),
            24..=27 => self.take(1 << (info - 24))?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)),
            31 if matches!(major, 2..=5) => 0,
            _ => return None,
        };
        Some(Head { major, info, argument })
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let length = usize::try_from(length).ok()?;
        let taken = self.rest.get(..length)?;
        self.rest = self.rest.get(length..)?;
        Some(taken)
    }

    const fn position(&self) -> usize {
        self.start + self.total - self.rest.len()
    }
}

/// Tags 0 and 1 are points in time.
const fn tag_key(tag: u64) -> Option<&'static [u8]> {
    match tag {
        0 | 1 => Some(b"time"),
        _ => None,
    }
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f64 {
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}
