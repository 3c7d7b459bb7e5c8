//! Identifiers: of networks, of people, of devices, and what stands for them.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::number::parse;
use super::time::written;
use super::{Meaning, Value, coarse, exact, graded};
use crate::convert::occurrences;
use crate::payload::field::Kind;

/// IP address, MAC address, e-mail, international telephone number, UUID: recognised by shape alone.
pub(crate) fn network_id(bytes: &[u8]) -> Option<Meaning> {
    if is_email(bytes) {
        Some(exact(Kind::Email))
    } else if is_mac(bytes) {
        Some(exact(Kind::MacAddress))
    } else if ip_text(bytes) {
        Some(exact(Kind::IpAddress))
    } else if bytes.first() == Some(&b'+')
        && phone_digits(bytes).is_some_and(|count| (8..=15).contains(&count))
    {
        Some(exact(Kind::Phone))
    } else if is_uuid(bytes) {
        Some(exact(Kind::Id))
    } else {
        None
    }
}

/// A textual IPv4 or IPv6 address.
pub(crate) fn ip_text(bytes: &[u8]) -> bool {
    let Some(first) = bytes.first().filter(|byte| byte.is_ascii_hexdigit() || **byte == b':') else {
        return false;
    };
    let Ok(text) = core::str::from_utf8(bytes) else {
        return false;
    };
    if first.is_ascii_digit()
        && bytes.len() <= 15
        && bytes.contains(&b'.')
        && text.parse::<Ipv4Addr>().is_ok()
    {
        return true;
    }
    // clock times and short ratios have colons too: an IPv6 text has "::" or seven colons
    let colons = occurrences(bytes, b':');
    let enough =
        colons == 7 || (colons >= 2 && bytes.len() >= 5 && bytes.windows(2).any(|pair| pair == b"::"));
    enough && bytes.len() <= 45 && text.parse::<Ipv6Addr>().is_ok()
}

/// A value whose key says IP: whole, or truncated (`10.1.2.x`, `10.1.2.0/24`).
pub(super) fn keyed_ip(bytes: &[u8]) -> Option<Meaning> {
    if ip_text(bytes) {
        return Some(exact(Kind::IpAddress));
    }
    let digit = bytes.iter().any(u8::is_ascii_digit);
    let separators = bytes.iter().any(|byte| matches!(byte, b'.' | b':'));
    let other = bytes.iter().any(|byte| !(byte.is_ascii_hexdigit() || b".:/*xX[]%".contains(byte)));
    // `10.1.2.3:1883` is an address with a port, `[::1]:1883` too
    let with_port = bytes.rsplitn(2, |byte| *byte == b':').nth(1).is_some_and(|host| {
        ip_text(host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host))
    });
    (digit && separators && !other).then(|| graded(Kind::IpAddress, with_port))
}

/// A value whose key says MAC: with or without separators.
pub(super) fn keyed_mac(bytes: &[u8]) -> Option<Meaning> {
    let bare = matches!(bytes.len(), 12 | 16) && bytes.iter().all(u8::is_ascii_hexdigit);
    if bare || is_mac(bytes) {
        return Some(exact(Kind::MacAddress));
    }
    let partial =
        bytes.iter().all(|byte| byte.is_ascii_hexdigit() || b":-*xX".contains(byte)) && bytes.len() >= 5;
    partial.then_some(coarse(Kind::MacAddress))
}

/// A value whose key says telephone: five digits or more, coarse when some are masked.
pub(super) fn keyed_phone(bytes: &[u8]) -> Option<Meaning> {
    let masked = bytes.iter().any(|byte| matches!(byte, b'*' | b'x' | b'X'));
    let count = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    if masked && count > 0 {
        return Some(coarse(Kind::Phone));
    }
    phone_digits(bytes).filter(|count| (5..=15).contains(count)).map(|_| exact(Kind::Phone))
}

/// E-mail address or telephone number under a key that may hold a name too. Digits alone are a telephone number only as a contact:
/// elsewhere they are a number in a list.
pub(super) fn reach(key: Option<&[u8]>, bytes: &[u8]) -> Option<Meaning> {
    match network_id(bytes) {
        Some(found) if matches!(found.kind, Kind::Email | Kind::Phone) => return Some(found),
        Some(_) => return None,
        None => {}
    }
    let bare = bytes.iter().all(u8::is_ascii_digit);
    let is_contact = key.is_some_and(|key| key.eq_ignore_ascii_case(b"contact"));
    // dates and decimal numbers are made of the same letters
    if (bare && !is_contact) || written(bytes).is_some() || (!bare && parse(bytes).is_some()) {
        return None;
    }
    phone_digits(bytes).filter(|count| (7..=15).contains(count)).map(|_| exact(Kind::Phone))
}

/// A value whose key says identifier. A code such as `V-001`, or anything under a key that says pseudonym, is coarse: it stands
/// for somebody. A random value under another key is still exact: it is that person's or device's id.
pub(super) fn keyed(kind: Kind, value: Value<'_>, bytes: &[u8]) -> Option<Meaning> {
    if matches!(value, Value::Flag(_)) {
        return None;
    }
    if let Some(found) = network_id(bytes).filter(|found| found.kind != Kind::Id) {
        return Some(found);
    }
    match kind {
        // a key named `token` may hold a credential of any length; ciphertext in it says nothing
        Kind::Pseudonym if bytes.len() > 256 => None,
        Kind::Pseudonym => Some(coarse(kind)),
        Kind::UserId | Kind::Id if is_pseudonym_shape(bytes) => Some(coarse(Kind::Pseudonym)),
        Kind::DeviceId if matches!(value, Value::Number(_)) && bytes.contains(&b'.') => None,
        Kind::Id | Kind::UserId | Kind::DeviceId if bytes.len() > 256 => None,
        _ => Some(exact(kind)),
    }
}

/// `V-001`, `VIC-7Q2`, `P_0042`: one to four capitals, a dash or underscore, then two to eight capitals or digits.
pub(crate) fn is_pseudonym_shape(bytes: &[u8]) -> bool {
    let letters = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    if !(1..=4).contains(&letters) || !matches!(bytes.get(letters), Some(b'-' | b'_')) {
        return false;
    }
    let tail = bytes.get(letters + 1..).unwrap_or_default();
    (2..=8).contains(&tail.len())
        && tail.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// One token of 16 characters or more from the alphabets of hex or base64 that reads like a random value: hex, or base64 where
/// digits, capitals and small letters alternate as they do by chance.
pub(crate) fn looks_random(bytes: &[u8]) -> bool {
    if bytes.len() < 16 {
        return false;
    }
    let body = bytes.strip_suffix(b"==").or_else(|| bytes.strip_suffix(b"=")).unwrap_or(bytes);
    let mut classes = [0_usize; 4];
    let mut changes = 0;
    let mut previous = 4;
    for byte in body {
        let class = match byte {
            b'0'..=b'9' => 0,
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 2,
            b'+' | b'/' | b'-' | b'_' => 3,
            _ => return false,
        };
        if let Some(count) = classes.get_mut(class) {
            *count += 1;
        }
        changes += usize::from(class != previous);
        previous = class;
    }
    let [digit, ..] = classes;
    // no alphabet has both: a path or a name
    if body.iter().any(|byte| matches!(byte, b'+' | b'/'))
        && body.iter().any(|byte| matches!(byte, b'-' | b'_'))
    {
        return false;
    }
    let hex = bytes.iter().all(u8::is_ascii_hexdigit) && digit > 0 && digit < bytes.len();
    hex || (changes * 3 >= body.len() && digit > 0 && classes.iter().take(3).all(|count| *count > 0))
}

/// Number of digits of a text made of digits and the separators of telephone numbers.
fn phone_digits(bytes: &[u8]) -> Option<usize> {
    let (first, rest) = bytes.split_first()?;
    let fits = (first.is_ascii_digit() || matches!(first, b'+' | b'('))
        && rest.iter().all(|byte| byte.is_ascii_digit() || b" -.()/".contains(byte));
    fits.then(|| bytes.iter().filter(|byte| byte.is_ascii_digit()).count())
}

fn is_email(bytes: &[u8]) -> bool {
    let Some(at) = bytes.iter().position(|byte| *byte == b'@') else {
        return false;
    };
    let (local, domain) = (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default());
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let top = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    !local.is_empty()
        && local.iter().all(|byte| word(byte) || b"._%+-".contains(byte))
        && domain.len() >= top.len() + 2
        && domain.iter().all(|byte| word(byte) || b".-".contains(byte))
        && !domain.starts_with(b".")
        && (2..=24).contains(&top.len())
        && top.iter().all(u8::is_ascii_alphabetic)
}

/// Six bytes in hex, separated by colons or dashes.
fn is_mac(bytes: &[u8]) -> bool {
    let separator = bytes.get(2).copied();
    bytes.len() == 17
        && matches!(separator, Some(b':' | b'-'))
        && bytes.iter().enumerate().all(|(place, byte)| {
            if place % 3 == 2 { Some(*byte) == separator } else { byte.is_ascii_hexdigit() }
        })
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| {
            if matches!(place, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
}
