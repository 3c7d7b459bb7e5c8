//! The spellings of a value.

use core::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;

use super::Needle;

/// Shorter patterns occur by chance.
const LEAST: usize = 4;
/// Text of fewer letters than this is not searched as part of base64, where its ends are blurred.
const LEAST_BASE64: usize = 5;

/// How a needle was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Spelling {
    /// As it is, in any case.
    Raw,
    /// UTF-16, least significant byte first.
    Utf16Little,
    /// UTF-16, most significant byte first.
    Utf16Big,
    /// Hexadecimal digits, any case.
    Hex,
    /// Inside base64, at one of the three alignments.
    Base64,
    /// Inside base64 of the URL alphabet.
    Base64Url,
    /// Percent-encoded.
    Percent,
    /// A telephone number's digits only.
    Digits,
    /// A coordinate as decimal text.
    Decimal,
    /// IEEE 754, eight bytes, either order.
    Float64,
    /// IEEE 754, four bytes, either order.
    Float32,
    /// Degrees × 10⁷, 10⁵ or 10⁴ as a four-byte integer, either order.
    Scaled,
}

impl Spelling {
    /// Whether upper and lower case are the same in it.
    pub(super) const fn ignores_case(self) -> bool {
        matches!(
            self,
            Self::Raw
                | Self::Utf16Little
                | Self::Utf16Big
                | Self::Hex
                | Self::Percent
                | Self::Digits
                | Self::Decimal
        )
    }
}

type Patterns = Vec<(Spelling, Vec<u8>)>;

/// Every spelling of a needle, none shorter than four bytes, none twice.
pub(super) fn all(needle: &Needle) -> Patterns {
    let mut patterns = Vec::new();
    match needle {
        Needle::Text(value) => text(value, Spelling::Raw, &mut patterns),
        Needle::Bytes(value) => {
            push(&mut patterns, Spelling::Raw, value.clone());
            bytes(value, &mut patterns);
        }
        Needle::Phone(value) => {
            text(value, Spelling::Raw, &mut patterns);
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            if digits.len() >= 6 {
                text(&digits, Spelling::Digits, &mut patterns);
            }
        }
        Needle::Degrees(value) => degrees(*value, &mut patterns),
    }
    patterns
}

fn text(value: &str, plain: Spelling, patterns: &mut Patterns) {
    push(patterns, plain, value.as_bytes().to_vec());
    if value.len() < LEAST {
        return;
    }
    bytes(value.as_bytes(), patterns);
    // base64 has no case to fold, so the common cases are spelled out
    for cased in [value.to_uppercase(), value.to_lowercase()] {
        if cased != value {
            base64(cased.as_bytes(), patterns);
        }
        push(patterns, plain, cased.into_bytes());
    }
    push(patterns, Spelling::Utf16Little, value.encode_utf16().flat_map(u16::to_le_bytes).collect());
    push(patterns, Spelling::Utf16Big, value.encode_utf16().flat_map(u16::to_be_bytes).collect());
    for plus in [false, true] {
        let mut encoded = String::new();
        for byte in value.bytes() {
            match byte {
                b' ' if plus => encoded.push('+'),
                _ if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                    encoded.push(char::from(byte));
                }
                _ => {
                    let _ = write!(encoded, "%{byte:02X}");
                }
            }
        }
        if encoded != value {
            push(patterns, Spelling::Percent, encoded.into_bytes());
        }
    }
}

fn bytes(value: &[u8], patterns: &mut Patterns) {
    if value.len() < LEAST {
        return;
    }
    let mut hex = String::with_capacity(2 * value.len());
    for byte in value {
        let _ = write!(hex, "{byte:02x}");
    }
    push(patterns, Spelling::Hex, hex.into_bytes());
    base64(value, patterns);
}

/// The characters that depend on the value alone, at each of the three alignments.
fn base64(value: &[u8], patterns: &mut Patterns) {
    if value.len() < LEAST_BASE64 {
        return;
    }
    for shift in 0..3_usize {
        let mut padded = vec![0_u8; shift];
        padded.extend_from_slice(value);
        // characters that hold bits of the bytes before, and one that may hold bits of the byte after
        let head = [0, 2, 3].get(shift).copied().unwrap_or(0);
        for (spelling, engine) in
            [(Spelling::Base64, BASE64_STANDARD_NO_PAD), (Spelling::Base64Url, BASE64_URL_SAFE_NO_PAD)]
        {
            let encoded = engine.encode(&padded);
            let whole = padded.len() * 8 / 6;
            let sure = encoded.as_bytes().get(head..whole).unwrap_or_default();
            push(patterns, spelling, sure.to_vec());
        }
    }
}

fn degrees(value: f64, patterns: &mut Patterns) {
    for places in 4..=7 {
        let rounded = format!("{value:.places$}");
        // cut, not rounded, as `%.4s` or a substring would
        let longer = format!("{value:.9}");
        let cut = longer.get(..longer.len() - (9 - places)).unwrap_or_default().to_owned();
        for decimal in [rounded, cut] {
            // the sign may stand apart (`72.29 W`)
            let unsigned = decimal.trim_start_matches('-');
            decimal_text(unsigned, patterns);
            decimal_text(&unsigned.replace('.', ","), patterns);
        }
    }
    decimal_text(format!("{value}").trim_start_matches('-'), patterns);
    push_orders(patterns, Spelling::Float64, &value.to_be_bytes());
    #[expect(clippy::cast_possible_truncation, reason = "the very rounding that a sender of f32 makes")]
    let single = value as f32;
    push_orders(patterns, Spelling::Float32, &single.to_be_bytes());
    for scale in [1e7, 1e5, 1e4] {
        for scaled in [(value * scale).round(), (value * scale).trunc()] {
            #[expect(clippy::cast_possible_truncation, reason = "at most 1.8e9 in size")]
            let whole = scaled as i32;
            push_orders(patterns, Spelling::Scaled, &whole.to_be_bytes());
        }
    }
}

/// Decimal text with four decimals or more, since fewer occur by chance and are no exact position.
fn decimal_text(decimal: &str, patterns: &mut Patterns) {
    let decimals = decimal.split_once(['.', ',']).map_or(0, |(_, tail)| tail.len());
    if decimals < 4 {
        return;
    }
    push(patterns, Spelling::Decimal, decimal.as_bytes().to_vec());
    bytes(decimal.as_bytes(), patterns);
    push(patterns, Spelling::Utf16Little, decimal.encode_utf16().flat_map(u16::to_le_bytes).collect());
}

fn push_orders(patterns: &mut Patterns, spelling: Spelling, big_endian: &[u8]) {
    push(patterns, spelling, big_endian.to_vec());
    push(patterns, spelling, big_endian.iter().rev().copied().collect());
}

fn push(patterns: &mut Patterns, spelling: Spelling, pattern: Vec<u8>) {
    // zero degrees are four zero bytes, which are everywhere
    let meaningful = pattern.len() >= LEAST && pattern.iter().any(|byte| Some(byte) != pattern.first());
    let known = patterns
        .iter()
        .any(|(_, old)| *old == pattern || (spelling.ignores_case() && old.eq_ignore_ascii_case(&pattern)));
    if meaningful && !known {
        patterns.push((spelling, pattern));
    }
}
