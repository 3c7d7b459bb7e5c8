//! Records as they lie on disk: `magic ‖ length ‖ number ‖ prefix ‖ ciphertext ‖ tag`, AES-256-GCM-SIV (RFC 8452).
//!
//! The nonce is the prefix, which is drawn at random for every commit, and the low half of the number. A number comes
//! twice when a crash undoes a commit or somebody restores an older file; the prefix then differs, but once in 2⁶⁴,
//! and even then this AEAD would only tell that two plaintexts are equal. Everything in front of the ciphertext is
//! authenticated with it, so a record that lies under another number, or is of another kind, does not open. What a
//! record says of itself is enough to find it again in a database whose pages are broken (see `rescue`).

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use cowl_core::Secret;
use zeroize::Zeroizing;

use super::Lane;

/// In front of the ciphertext.
pub(super) const HEADER: usize = MAGIC + 4 + 8 + PREFIX;
/// Behind it.
const TAG: usize = 16;
const MAGIC: usize = 8;
const PREFIX: usize = 8;
/// Flags, seconds, length: in front of an entry's body.
const INNER: usize = 1 + 4 + 4;
const URGENT: u8 = 1;
const WALK_IN: u8 = 2;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An entry.
    Entry,
    /// A piece of the record of what was kept before.
    Once,
    /// Nothing: it opens under the right key.
    Check,
}

impl Kind {
    pub(super) const fn magic(self) -> &'static [u8; MAGIC] {
        match self {
            Self::Entry => b"\xc0\x31cwlQe\x01",
            Self::Once => b"\xc0\x31cwlQo\x01",
            Self::Check => b"\xc0\x31cwlQc\x01",
        }
    }
}

/// What is kept of an entry beside its number.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) lane: Lane,
    pub(super) urgent: bool,
    /// Seconds since 1970 when it was put.
    pub(super) since: u32,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// It does not open, or holds nothing that was ever put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// The queue's key.
pub(super) struct Sealer(LessSafeKey);

impl Sealer {
    pub(super) fn new(key: &Secret) -> Result<Self, Broken> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, key.expose()).map_err(|_| Broken)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Writes an entry's record to `out`, which it clears.
    pub(super) fn entry(
        &self,
        number: u64,
        prefix: [u8; PREFIX],
        content: &Content,
        out: &mut Vec<u8>,
    ) -> Result<(), Broken> {
        let mut flags = 0;
        if content.urgent {
            flags |= URGENT;
        }
        if content.lane == Lane::WalkIn {
            flags |= WALK_IN;
        }
        let length = u32::try_from(content.body.len()).map_err(|_| Broken)?;
        let text = record_len(content.body.len()) - HEADER - TAG;
        self.seal(Kind::Entry, number, prefix, text, out, |text| {
            text.push(flags);
            text.extend_from_slice(&content.since.to_be_bytes());
            text.extend_from_slice(&length.to_be_bytes());
            text.extend_from_slice(&content.body);
        })
    }

    /// Opens an entry's record, of which `number` is known from elsewhere.
    pub(super) fn open_entry(&self, number: u64, record: &[u8]) -> Result<Content, Broken> {
        let text = self.open(Kind::Entry, number, record)?;
        let (flags, rest) = text.split_first().ok_or(Broken)?;
        let (since, rest) = rest.split_first_chunk().ok_or(Broken)?;
        let (length, rest) = rest.split_first_chunk().ok_or(Broken)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Broken)?;
        let body = rest.get(..length).ok_or(Broken)?;
        if flags & !(URGENT | WALK_IN) != 0 {
            return Err(Broken);
        }
        Ok(Content {
            lane: if flags & WALK_IN == 0 { Lane::Enrolled } else { Lane::WalkIn },
            urgent: flags & URGENT != 0,
            since: u32::from_be_bytes(*since),
            body: Zeroizing::new(body.to_vec()),
        })
    }

    /// Writes a record of `write`'s text, filled with zeros to `least` bytes, to `out`, which it clears.
    pub(super) fn seal(
        &self,
        kind: Kind,
        number: u64,
        prefix: [u8; PREFIX],
        least: usize,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Broken> {
        out.clear();
        out.extend_from_slice(kind.magic());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(&prefix);
        write(out);
        out.resize(out.len().max(HEADER + least), 0);
        let length = u32::try_from(out.len() + TAG).map_err(|_| Broken)?;
        let (header, text) = out.split_first_chunk_mut::<HEADER>().ok_or(Broken)?;
        header.get_mut(MAGIC..MAGIC + 4).ok_or(Broken)?.copy_from_slice(&length.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce(number, prefix));
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(*header), text).map_err(|_| Broken)?;
        out.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens a record, of which `kind` and `number` are known from elsewhere.
    pub(super) fn open(&self, kind: Kind, number: u64, record: &[u8]) -> Result<Zeroizing<Vec<u8>>, Broken> {
        let said = Said::of(record).ok_or(Broken)?;
        if said.kind != kind || said.number != number || said.length != record.len() {
            return Err(Broken);
        }
        let (header, sealed) = record.split_first_chunk::<HEADER>().ok_or(Broken)?;
        let mut text = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce(number, said.prefix));
        let length = self.0.open_in_place(nonce, Aad::from(*header), &mut text).map_err(|_| Broken)?.len();
        text.truncate(length);
        Ok(text)
    }
}

/// What a record says of itself; nobody has authenticated it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) kind: Kind,
    pub(super) length: usize,
    pub(super) number: u64,
    pub(super) prefix: [u8; PREFIX],
}

impl Said {
    /// Reads the header at the beginning of `bytes`.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<MAGIC>()?;
        let kind = [Kind::Entry, Kind::Once, Kind::Check].into_iter().find(|kind| kind.magic() == magic)?;
        let (length, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (prefix, _) = rest.split_first_chunk()?;
        Some(Self {
            kind,
            length: usize::try_from(u32::from_be_bytes(*length)).ok()?,
            number: u64::from_be_bytes(*number),
            prefix: *prefix,
        })
    }
}

/// Bytes of the record of a body of this length: steps of 256 bytes up to 4 KiB and of 4 KiB above, so that lengths
/// on disk say little.
pub(super) const fn record_len(body: usize) -> usize {
    let bare = HEADER + INNER + body + TAG;
    bare.next_multiple_of(if bare <= 4_096 { 256 } else { 4_096 })
}

fn nonce(number: u64, prefix: [u8; PREFIX]) -> [u8; 12] {
    let mut nonce = [0; 12];
    let [.., a, b, c, d] = number.to_be_bytes();
    let [p0, p1, p2, p3, p4, p5, p6, p7] = prefix;
    nonce.copy_from_slice(&[p0, p1, p2, p3, p4, p5, p6, p7, a, b, c, d]);
    nonce
}
