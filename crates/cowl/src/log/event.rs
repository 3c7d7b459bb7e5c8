//! What an entry says: one line of JSON, with the time and no person.

use std::{borrow::Cow, fmt};

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::Blinded;
use crate::operation::Kind;

/// The version of entries that is written.
const VERSION: u8 = 1;

/// Something that is done with the operation's keys. Its entry is written before it is done, so that nothing is done
/// without one; what then failed leaves an entry of something that did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The operation was made.
    Created,
    /// The log begins in an operation that was made without one, and had so many members by then.
    Begun {
        /// Members enrolled before there was a log.
        members: u64,
    },
    /// So many entries before this one were written but not signed when the machine stopped. What they speak of may not
    /// have happened.
    Repaired {
        /// How many.
        entries: u64,
    },
    /// A manifest was signed.
    Manifest {
        /// Its version.
        version: u32,
        /// SHA-256 of the file.
        hash: Digest,
    },
    /// A member was enrolled.
    Enrolled {
        /// What it is.
        kind: Kind,
        /// Who it is.
        member: Blinded,
    },
    /// An enrolment was taken back, because its credential could not be handed over.
    Retracted {
        /// Who it was.
        member: Blinded,
    },
    /// An invited member fetched its credential.
    Joined {
        /// Who it is.
        member: Blinded,
    },
    /// A member was revoked.
    Revoked {
        /// What it was.
        kind: Kind,
        /// Who it was.
        member: Blinded,
    },
    /// The keys of all roles were replaced before their time.
    Rotated,
    /// The key for blind tokens of a period: one for all, which whoever got another can see here.
    TokenKey {
        /// Which period.
        period: u64,
        /// SHA-256 of the public key.
        hash: Digest,
    },
    /// A command was given.
    Command {
        /// Its number.
        number: u64,
    },
    /// Someone asks custodians to open one message.
    GlassRequested {
        /// Which request.
        request: Id,
        /// SHA-256 of the reason with a salt, which whoever asks keeps.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Digest>,
    },
    /// A custodian agreed.
    GlassApproved {
        /// To which request.
        request: Id,
    },
    /// The message is opened.
    GlassOpened {
        /// By which request.
        request: Id,
    },
    /// Something leaves the operation's protection.
    Exported {
        /// What.
        what: Word,
    },
    /// Something was erased.
    Erased {
        /// What, or how.
        how: Word,
    },
    /// The authority's secrets were split.
    Shares {
        /// How many of them bring the secrets back.
        m: u8,
        /// How many there are.
        n: u8,
    },
    /// The operation was rebuilt from shares or a backup.
    Restored,
    /// The operation is over.
    Closed,
}

/// An event and its time: the leaf of the tree is this as JSON, byte by byte as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    v: u8,
    /// Unix seconds, by the authority's clock.
    pub time: u64,
    /// What was done.
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// An event at a time in Unix seconds.
    pub const fn new(event: Event, time: u64) -> Self {
        Self { v: VERSION, time, event }
    }

    /// The bytes that are hashed and kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads an entry of a version and kind that is known here. Another is part of the log all the same.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|entry: &Self| entry.v == VERSION)
    }
}

/// A SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(#[serde(with = "hexed")] pub [u8; 32]);

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(digest(&SHA256, bytes).as_ref().first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A number drawn for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(#[serde(with = "hexed")] pub [u8; 16]);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A word that stands in the program: it can be made from nothing that a person typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Word(Cow<'static, str>);

impl From<&'static str> for Word {
    fn from(word: &'static str) -> Self {
        Self(Cow::Borrowed(word))
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bytes of one length as text.
pub(super) mod hexed {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(in super::super) fn serialize<const N: usize, S: Serializer>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(in super::super) fn deserialize<'de, const N: usize, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let mut bytes = [0; N];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes).map_err(D::Error::custom)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of version 1, as they lie in logs: they are read for ever.
    const LINES: &[&str] = &[
        r#"{"v":1,"time":1800000000,"event":"created"}"#,
        r#"{"v":1,"time":1800000000,"event":"begun","members":12}"#,
        r#"{"v":1,"time":1800000000,"event":"repaired","entries":2}"#,
        r#"{"v":1,"time":1800000000,"event":"enrolled","kind":"device","member":"000102030405060708090a0b0c0d0e0f"}"#,
        r#"{"v":1,"time":1800000000,"event":"revoked","kind":"responder","member":"000102030405060708090a0b0c0d0e0f"}"#,
        r#"{"v":1,"time":1800000000,"event":"rotated"}"#,
        r#"{"v":1,"time":1800000000,"event":"command","number":1800000001}"#,
        r#"{"v":1,"time":1800000000,"event":"glass-requested","request":"000102030405060708090a0b0c0d0e0f"}"#,
        r#"{"v":1,"time":1800000000,"event":"exported","what":"backup"}"#,
        r#"{"v":1,"time":1800000000,"event":"shares","m":2,"n":3}"#,
        r#"{"v":1,"time":1800000000,"event":"closed"}"#,
    ];

    #[test]
    fn entries_of_version_1_are_read_and_written() {
        for line in LINES {
            let entry = Entry::parse(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(String::from_utf8(entry.to_bytes()).unwrap(), *line);
        }
        let entry = Entry::new(Event::Manifest { version: 3, hash: Digest::of(b"") }, 7);
        let text = String::from_utf8(entry.to_bytes()).unwrap();
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(text, format!(r#"{{"v":1,"time":7,"event":"manifest","version":3,"hash":"{hash}"}}"#));
    }

    #[test]
    fn what_is_not_known_here_is_not_read_as_something_else() {
        for line in [
            "",
            "[]",
            r#"{"v":2,"time":1,"event":"created"}"#,
            r#"{"v":1,"time":1,"event":"invented"}"#,
            r#"{"v":1,"time":1,"event":"joined","member":"00"}"#,
        ] {
            assert_eq!(Entry::parse(line.as_bytes()), None, "{line}");
        }
    }
}
