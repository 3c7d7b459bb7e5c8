//! Bytes as letters and digits that QR codes hold in five and a half bits each, and that a person can read out: Crockford's
//! base 32, most significant bit first, without padding.

use alloc::{string::String, vec::Vec};

use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many symbols so many bytes take.
pub(super) const fn text_len(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

pub(super) fn encode(bytes: &[u8], text: &mut String) {
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(symbol(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(symbol(held << (5 - bits)));
    }
}

/// Spaces and hyphens do not count, and I, L and O are read as the digits that they look like. `None` for any other symbol,
/// and for bits left over that are not zero.
pub(super) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut held, mut bits) = (0_u32, 0_u32);
    for symbol in text.chars().filter(|symbol| *symbol != '-' && !symbol.is_ascii_whitespace()) {
        held = (held << 5) | u32::from(digit(symbol)?);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (bits < 5 && held == 0).then_some(bytes)
}

fn symbol(five_bits: u32) -> char {
    let index = usize::try_from(five_bits & 31).unwrap_or(0);
    ALPHABET.get(index).map_or('0', |symbol| char::from(*symbol))
}

fn digit(symbol: char) -> Option<u8> {
    let symbol = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    (0_u8..).zip(ALPHABET).find(|(_, known)| char::from(**known) == symbol).map(|(value, _)| value)
}
