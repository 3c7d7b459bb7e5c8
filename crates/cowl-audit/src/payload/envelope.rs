//! Wrappings: encryption headers that say something in the clear, and encodings that only look like encryption.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};

use crate::payload::field::{Kind, Precision};
use crate::payload::format::Format;
use crate::payload::recognise::Meaning;
use crate::payload::scan::Scan;

/// Version, timestamp, IV, one block, HMAC: the shortest Fernet token in bytes.
const FERNET_LEAST: usize = 1 + 8 + 16 + 16 + 32;
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const AGE_HEADER: &[u8] = b"age-encryption.org/v1\n";
const AGE_ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const PGP_ARMOR: &[u8] = b"-----BEGIN PGP ";

const fn exact(kind: Kind) -> Meaning {
    Meaning { kind, precision: Precision::Exact }
}

/// Even number of hexadecimal digits, 16 or more, of one case.
pub(crate) fn is_hex(bytes: &[u8]) -> bool {
    bytes.len() >= 16
        && bytes.len().is_multiple_of(2)
        && (bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            || bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')))
}

/// 16 characters or more of one base64 alphabet (line breaks allowed), of a possible length, with capitals and small letters: a word
/// of one case is a word.
pub(crate) fn is_base64(bytes: &[u8]) -> bool {
    if bytes.len() < 16 {
        return false;
    }
    let body = bytes.strip_suffix(b"==").or_else(|| bytes.strip_suffix(b"=")).unwrap_or(bytes);
    let (mut standard, mut url, mut upper, mut lower, mut characters) = (false, false, false, false, 0_usize);
    for byte in body {
        match byte {
            b'A'..=b'Z' => upper = true,
            b'a'..=b'z' => lower = true,
            b'0'..=b'9' => {}
            b'+' | b'/' => standard = true,
            b'-' | b'_' => url = true,
            b'\n' | b'\r' => continue,
            _ => return false,
        }
        characters += 1;
    }
    upper && lower && !(standard && url) && characters % 4 != 1
}

/// The bytes of a text that [`is_hex`] or [`is_base64`].
pub(crate) fn decode_text(form: Format, text: &[u8]) -> Option<Vec<u8>> {
    if form == Format::Hex {
        let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        return text
            .chunks_exact(2)
            .map(|pair| Some((nibble(*pair.first()?)? << 4) | nibble(*pair.get(1)?)?))
            .collect();
    }
    let engine = if text.iter().any(|byte| matches!(byte, b'-' | b'_')) { &URL_SAFE } else { &STANDARD };
    if text.iter().any(u8::is_ascii_whitespace) {
        let joined: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        return engine.decode(joined).ok();
    }
    engine.decode(text).ok()
}

/// gzip or zlib content of at most `limit` bytes.
pub(crate) fn inflate(form: Format, bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    if form == Format::Zlib {
        return decompress_to_vec_zlib_with_limit(bytes, limit).ok();
    }
    // RFC 1952: ten bytes, then with flag 8 a file name up to a zero
    let named = bytes.get(3)? & 8 != 0;
    let body = bytes.get(10..)?;
    let skip = if named { body.iter().position(|byte| *byte == 0)? + 1 } else { 0 };
    decompress_to_vec_with_limit(body.get(skip..)?, limit).ok()
}

/// RFC 1950: method 8, header divisible by 31, and it does decompress: to the end with a right checksum, or to more than 4 KiB (this is
/// asked of every byte string of a message, so a bomb must not be cheap).
pub(crate) fn inflates(bytes: &[u8]) -> bool {
    let &[method, flags, ..] = bytes else {
        return false;
    };
    let header = u16::from_be_bytes([method, flags]);
    matches!(method, 0x58 | 0x68 | 0x78)
        && header.is_multiple_of(31)
        && match decompress_to_vec_zlib_with_limit(bytes, 4 << 10) {
            Ok(_) => true,
            Err(failure) => failure.status == TINFLStatus::HasMoreOutput,
        }
}

/// A token as text: `gAAAAA`, base64url, and a length of whole AES blocks.
pub(crate) fn is_fernet(bytes: &[u8]) -> bool {
    let body = bytes.strip_suffix(b"==").or_else(|| bytes.strip_suffix(b"=")).unwrap_or(bytes);
    let decoded = body.len() / 4 * 3 + (body.len() % 4).saturating_sub(1);
    bytes.starts_with(b"gAAAAA")
        && fernet_length(decoded)
        && body.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A token as bytes: version 0x80, a timestamp below 2^32, and a length of whole AES blocks.
pub(crate) fn is_fernet_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x80, 0, 0, 0, 0]) && fernet_length(bytes.len())
}

const fn fernet_length(length: usize) -> bool {
    length >= FERNET_LEAST && (length - FERNET_LEAST).is_multiple_of(16)
}

/// The one field of a Fernet token: when it was made, to the second.
pub(crate) fn walk_fernet(scan: &mut Scan<'_>, bytes: &[u8], start: usize) {
    let decoded;
    let (raw, length) = if bytes.starts_with(&[0x80]) {
        (bytes, 9)
    } else {
        decoded = bytes.get(..12).and_then(|head| URL_SAFE.decode(head).ok()).unwrap_or_default();
        (decoded.as_slice(), 12)
    };
    let Some(stamp) = raw.get(1..9).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes) else {
        return;
    };
    let text = stamp.to_string();
    scan.emit_at(exact(Kind::Timestamp), None, text.as_bytes(), start..start + length.min(bytes.len()));
}

/// Three (signed) or five (encrypted) base64url parts, the first a JSON object with `alg`.
pub(crate) fn is_jwt(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"eyJ") {
        return false;
    }
    let parts = bytes.split(|byte| *byte == b'.').count();
    let fits =
        bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'='));
    let header = bytes
        .split(|byte| *byte == b'.')
        .next()
        .and_then(|head| URL_SAFE.decode(head).ok())
        .unwrap_or_default();
    fits && matches!(parts, 3 | 5) && header.windows(5).any(|part| part == b"\"alg\"")
}

/// A signed token is a credential with readable claims.
pub(crate) fn walk_jwt(scan: &mut Scan<'_>, bytes: &[u8], start: usize) {
    let whole = start..start + bytes.len();
    let mut parts = bytes.split(|byte| *byte == b'.');
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    key_id(scan, header, start..start + bytes.len());
    scan.emit(exact(Kind::Credential), None, bytes, start);
    scan.layer(&URL_SAFE.decode(claims).unwrap_or_default(), whole);
}

/// An encrypted one shows its header's key id.
pub(crate) fn walk_jwe(scan: &mut Scan<'_>, bytes: &[u8], start: usize) {
    let text = if bytes.starts_with(b"{") {
        let at = bytes.windows(13).position(|part| part == b"\"protected\":\"");
        let body = at.and_then(|at| bytes.get(at + 13..)).unwrap_or_default();
        body.split(|byte| *byte == b'"').next()
    } else {
        bytes.split(|byte| *byte == b'.').next()
    };
    key_id(scan, text.unwrap_or_default(), start..start + bytes.len());
}

fn key_id(scan: &mut Scan<'_>, header: &[u8], whole: core::ops::Range<usize>) {
    let header = URL_SAFE.decode(header).unwrap_or_default();
    let kid = header.windows(7).position(|part| part == b"\"kid\":\"").and_then(|at| header.get(at + 7..));
    if let Some(kid) = kid.and_then(|rest| rest.split(|byte| *byte == b'"').next()) {
        scan.emit_at(exact(Kind::KeyId), Some(b"kid"), kid, whole);
    }
}

pub(crate) fn is_age(bytes: &[u8]) -> bool {
    bytes.starts_with(AGE_HEADER) || bytes.starts_with(AGE_ARMOR)
}

/// age names no X25519 recipient, but SSH and hardware recipients carry a tag of their key.
pub(crate) fn walk_age(scan: &mut Scan<'_>, bytes: &[u8], start: usize) {
    if bytes.starts_with(AGE_ARMOR) {
        unarmor(scan, bytes, start);
        return;
    }
    let mut at = start;
    for line in bytes.split(|byte| *byte == b'\n').take(64) {
        if line.starts_with(b"---") {
            break;
        }
        let mut words = line.strip_prefix(b"-> ").unwrap_or_default().split(|byte| *byte == b' ');
        let kind = words.next().unwrap_or_default();
        if let Some(tag) = words.next().filter(|_| kind.starts_with(b"ssh-") || kind.starts_with(b"piv-")) {
            scan.emit(exact(Kind::KeyId), Some(kind), tag, at + 4 + kind.len());
        }
        at += line.len() + 1;
    }
}

pub(crate) fn is_pgp_armor(bytes: &[u8]) -> bool {
    bytes.starts_with(PGP_ARMOR)
}

/// The key id of the first recipient of an `OpenPGP` message (RFC 9580 §5.1.1): packet 1, version 3, an algorithm that exists, and
/// lengths that agree. All zeros means that the sender hid it.
pub(crate) fn openpgp_recipient(bytes: &[u8]) -> Option<(usize, [u8; 8])> {
    let body: usize = match bytes {
        [0xc1, 0..192, ..] | [0x84, _, ..] => 2,
        [0xc1, 192..=223, _, ..] | [0x85, _, _, ..] => 3,
        _ => return None,
    };
    let length = match bytes {
        [0xc1, high @ 192..=223, low, ..] => ((usize::from(*high) - 192) << 8) + usize::from(*low) + 192,
        [0x85, high, low, ..] => (usize::from(*high) << 8) + usize::from(*low),
        [_, length, ..] => usize::from(*length),
        _ => return None,
    };
    let packet = bytes.get(body..body.checked_add(length)?)?;
    let (version, key_id, algorithm) = (*packet.first()?, packet.get(1..9)?, *packet.get(9)?);
    // what follows a recipient is another one or the encrypted data: packets 1, 3, 9, 18 or 20
    let next = *bytes.get(body + length)?;
    let packet_type = if next & 0x40 != 0 { next & 0x3f } else { (next & 0x3f) >> 2 };
    let fits = version == 3
        && matches!(algorithm, 1 | 2 | 16 | 18 | 25 | 26)
        && next & 0x80 != 0
        && matches!(packet_type, 1 | 3 | 9 | 18 | 20);
    if fits { Some((body + 1, key_id.try_into().ok()?)) } else { None }
}

pub(crate) fn walk_pgp(scan: &mut Scan<'_>, bytes: &[u8], start: usize) {
    if is_pgp_armor(bytes) {
        unarmor(scan, bytes, start);
    } else if let Some((at, key_id)) = openpgp_recipient(bytes).filter(|(_, key_id)| *key_id != [0; 8]) {
        scan.emit(exact(Kind::KeyId), None, &key_id, start + at);
    }
}

/// The base64 body between the dashed lines, without header lines and the checksum.
fn unarmor(scan: &mut Scan<'_>, bytes: &[u8], start: usize) {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let body =
        lines.filter(|line| !line.starts_with(b"-") && !line.starts_with(b"=") && !line.contains(&b':'));
    let joined: Vec<u8> = body.flatten().copied().collect();
    if let Ok(decoded) = STANDARD.decode(joined) {
        scan.layer(&decoded, start..start + bytes.len());
    }
}
