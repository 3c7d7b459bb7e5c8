//! A checksum in front of a file whose form has none: one line of text, `cowl sum 1` and the SHA-256 of all that follows. It
//! finds a disk's fault, not an attacker's: who can write the file can write the line. Files from before have no such line.

use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

const START: &[u8] = b"cowl sum 1 ";
const DIGITS: usize = 64;

/// Bytes with their checksum in front.
pub(crate) fn with_sum(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut summed = Zeroizing::new(Vec::with_capacity(START.len() + DIGITS + 1 + bytes.len()));
    summed.extend(START);
    summed.extend(hex::encode(digest(&SHA256, bytes).as_ref()).into_bytes());
    summed.push(b'\n');
    summed.extend(bytes);
    summed
}

/// What follows the checksum, or everything where there is none. `None`: it does not fit.
pub(crate) fn without_sum(bytes: &[u8]) -> Option<&[u8]> {
    let Some(after) = bytes.strip_prefix(START) else {
        // No file from before has digits there: it is the line itself that was damaged.
        let digits = bytes.get(START.len()..START.len() + DIGITS);
        let is_line = digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        return (!is_line || bytes.get(START.len() + DIGITS) != Some(&b'\n')).then_some(bytes);
    };
    let (digits, body) = after.split_at_checked(DIGITS)?;
    let body = body.strip_prefix(b"\n")?;
    let fits = hex::encode(digest(&SHA256, body).as_ref()).as_bytes() == digits;
    fits.then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let summed = with_sum(b"keys");
        assert_eq!(without_sum(&summed), Some(&b"keys"[..]));
        assert_eq!(without_sum(b"keys from before"), Some(&b"keys from before"[..]));
        for bit in 0..summed.len() * 8 {
            let mut altered = summed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(without_sum(&altered), None, "bit {bit}");
        }
        for length in START.len()..summed.len() {
            assert_eq!(without_sum(&summed[..length]), None, "length {length}");
        }
    }
}
