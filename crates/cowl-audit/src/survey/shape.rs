//! What a client id is made of.

use serde::Serialize;

use crate::payload::{Kind, looks_random, shape_of};

/// What a client id is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Left to the server.
    Empty,
    /// A hardware address, whole, with or without separators.
    HoldsMac,
    /// An e-mail or IP address or a telephone number.
    HoldsAddress,
    /// Random characters, a UUID among them.
    Random,
    /// A fixed beginning and random characters.
    PrefixAndRandom,
    /// A fixed beginning and a number.
    PrefixAndNumber,
    /// A number.
    Number,
    /// A word or words.
    Words,
}

impl Shape {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::HoldsMac => "holds a hardware address",
            Self::HoldsAddress => "holds an address",
            Self::Random => "random",
            Self::PrefixAndRandom => "prefix and random",
            Self::PrefixAndNumber => "prefix and number",
            Self::Number => "number",
            Self::Words => "words",
        }
    }

    pub(super) fn of(id: &[u8]) -> Self {
        if id.is_empty() {
            return Self::Empty;
        }
        if let Some(uuid) =
            id.len().checked_sub(36).and_then(|from| id.get(from..)).filter(|tail| is_uuid(tail))
        {
            // version 1 ends with the address of the machine that made it (RFC 9562 §5.1)
            return match uuid.get(14) {
                Some(b'1') => Self::HoldsMac,
                _ if id.len() > 36 => Self::PrefixAndRandom,
                _ => Self::Random,
            };
        }
        if holds_mac(id) {
            return Self::HoldsMac;
        }
        match shape_of(id) {
            Some(Kind::MacAddress) => return Self::HoldsMac,
            Some(Kind::Email | Kind::IpAddress | Kind::Phone) => return Self::HoldsAddress,
            Some(Kind::Id) => return Self::Random,
            _ => {}
        }
        if id.iter().all(u8::is_ascii_digit) {
            return Self::Number;
        }
        let tail = |keep: fn(&u8) -> bool| id.iter().rev().take_while(|byte| keep(byte)).count();
        let (digits, token) = (tail(u8::is_ascii_digit), tail(u8::is_ascii_alphanumeric));
        let last = id.get(id.len() - token..).unwrap_or_default();
        let random = looks_random(last) || mixed(last);
        if random && token < id.len() {
            Self::PrefixAndRandom
        } else if random || looks_random(id) || mixed(id) {
            Self::Random
        } else if digits > 0 {
            Self::PrefixAndNumber
        } else {
            Self::Words
        }
    }
}

fn is_uuid(text: &[u8]) -> bool {
    text.get(8) == Some(&b'-') && text.len() == 36 && shape_of(text) == Some(Kind::Id)
}

/// Twelve hexadecimal digits between other characters, with a letter and a digit among them, or six pairs between colons.
fn holds_mac(id: &[u8]) -> bool {
    let bare = id.split(|byte| !byte.is_ascii_hexdigit()).any(|run| {
        run.len() == 12
            && run.iter().any(u8::is_ascii_digit)
            && run.iter().any(u8::is_ascii_alphabetic)
            && !(run.iter().any(u8::is_ascii_lowercase) && run.iter().any(u8::is_ascii_uppercase))
    });
    bare || id.windows(17).any(|part| shape_of(part) == Some(Kind::MacAddress))
}

/// Eight characters or more that change between digits, capitals and small letters as chance does.
fn mixed(token: &[u8]) -> bool {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => 0_u8,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let changes =
        token.windows(2).filter(|pair| pair.first().map(|b| class(*b)) != pair.last().map(|b| class(*b)));
    token.len() >= 8 && token.iter().any(u8::is_ascii_digit) && changes.count() * 3 >= token.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ids_of_the_field() {
        let cases: [(&[u8], Shape); 15] = [
            (b"", Shape::Empty),
            (b"DVES_A4CF12B0C3D9", Shape::HoldsMac),
            (b"a4:cf:12:b0:c3:d9", Shape::HoldsMac),
            (b"esp-a4-cf-12-b0-c3-d9", Shape::HoldsMac),
            (b"jean@example.org", Shape::HoldsAddress),
            (b"10.0.0.17", Shape::HoldsAddress),
            (b"mosq-4nKVm9qHwRqzf3yT7c", Shape::PrefixAndRandom),
            (b"auto-3E1B2C9A-0FD4-4A6B-9D0B-6A2E1F7C8D90", Shape::PrefixAndRandom),
            (b"3e1b2c9a-0fd4-4a6b-9d0b-6a2e1f7c8d90", Shape::Random),
            (b"c232ab00-9414-11ec-b3c8-9f6bdeced846", Shape::HoldsMac),
            (b"k3J9xQ2mZ7wB4tR8", Shape::Random),
            (b"sensor-0042", Shape::PrefixAndNumber),
            (b"phone7", Shape::PrefixAndNumber),
            (b"970", Shape::Number),
            (b"kitchen light", Shape::Words),
        ];
        for (id, shape) in cases {
            assert_eq!(Shape::of(id), shape, "{}", String::from_utf8_lossy(id));
        }
    }
}
