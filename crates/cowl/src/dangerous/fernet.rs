//! Fernet under several keys, as `MultiFernet` of Python's `cryptography`: the first encrypts, all decrypt.
//!
//! The time of a token is an argument; it stands in the token in clear, readable by anyone ([`dangerous_time_of`]).
//! Source: the Fernet spec, version 0x80.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::error::{FernetKeysError, NotDecrypted};
use super::key::FernetKey;
use crate::random;

/// The most keys at once: a payload that none opens costs a receiver one HMAC-SHA256 over it for each.
pub const MAX_KEYS: usize = 16;
/// How far ahead of the reader's clock a token may be, in seconds, when its age is looked at at all.
const MAX_CLOCK_SKEW: u64 = 60;
/// Version, time, IV, one block, HMAC.
const SHORTEST_TOKEN: usize = (1 + 8 + 16 + 16 + 32_usize).div_ceil(3) * 4;

/// One or more Fernet keys. Zeroized on drop; `Debug` shows how many.
pub struct FernetKeys {
    first: FernetKey,
    others: Vec<FernetKey>,
}

/// How old a token may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// Seconds from the token's time on. Shorter refuses replays sooner, and late reports and wrong clocks with them.
    pub ttl_seconds: u64,
    /// Now, in seconds since 1970 UTC.
    pub now: u64,
}

impl FernetKeys {
    /// This key alone.
    pub const fn new(key: FernetKey) -> Self {
        Self { first: key, others: Vec::new() }
    }

    /// A fresh key alone.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::new(FernetKey::generate(rng))
    }

    /// Reads a key file: one key a line, the newest first, blank lines, comments from `#` on.
    pub fn parse(file: &str) -> Result<Self, FernetKeysError> {
        let keys = file
            .lines()
            .zip(1..)
            .map(|(line, number)| (line.split('#').next().unwrap_or_default().trim_ascii(), number))
            .filter(|(text, _)| !text.is_empty());
        Self::collect(keys)
    }

    /// Reads keys that stand one by one, as in a credential; errors count them as lines.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, FernetKeysError> {
        Self::collect(texts.into_iter().zip(1..))
    }

    fn collect<'a>(texts: impl Iterator<Item = (&'a str, usize)>) -> Result<Self, FernetKeysError> {
        let mut keys = texts.map(|(text, line)| {
            FernetKey::parse(text).map_err(|problem| FernetKeysError::Line { line, problem })
        });
        let mut all = Self::new(keys.next().ok_or(FernetKeysError::Empty)??);
        for key in keys {
            all.others.push(key?);
            all.bounded()?;
        }
        Ok(all)
    }

    /// Makes `key` the one that encrypts; the others still decrypt, until [`Self::keep`] drops them.
    pub fn put_first(&mut self, key: FernetKey) -> Result<(), FernetKeysError> {
        self.others.insert(0, std::mem::replace(&mut self.first, key));
        self.bounded()
    }

    /// Drops all but the first `count` keys; the first one always stays.
    pub fn keep(&mut self, count: usize) {
        self.others.truncate(count.saturating_sub(1));
    }

    /// The keys as a key file. Secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        // no reallocation, which would leave a copy behind
        let mut text = Zeroizing::new(String::with_capacity((1 + self.others.len()) * 45));
        for key in self.keys() {
            text.push_str(&key.to_text());
            text.push('\n');
        }
        text
    }

    /// The keys, the one that encrypts first.
    pub fn keys(&self) -> impl Iterator<Item = &FernetKey> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// A token of the first key with this time, in seconds since 1970 UTC, in it. The IV is the operating system's.
    pub fn encrypt(&self, message: &[u8], now: u64) -> String {
        self.seal(message, now, random::block())
    }

    /// Under an IV of the caller's, which must be random and new.
    pub(super) fn seal(&self, message: &[u8], now: u64, iv: [u8; 16]) -> String {
        self.first.cipher().seal(message, now, iv)
    }

    /// The message of a token of any of the keys. With `fresh`, only if the token is no older, and no more than a
    /// minute from the future.
    pub fn decrypt(&self, token: &str, fresh: Option<Freshness>) -> Result<Zeroizing<Vec<u8>>, NotDecrypted> {
        let time = dangerous_time_of(token).ok_or(NotDecrypted)?;
        if fresh.is_some_and(|fresh| !fresh.holds(time)) {
            return Err(NotDecrypted);
        }
        self.keys().find_map(|key| key.cipher().open(token)).ok_or(NotDecrypted)
    }

    /// The same message in a token of the first key, at the same time, so that older keys can be dropped.
    pub fn rotate(&self, token: &str) -> Result<String, NotDecrypted> {
        let time = dangerous_time_of(token).ok_or(NotDecrypted)?;
        self.decrypt(token, None).map(|message| self.encrypt(&message, time))
    }

    fn bounded(&self) -> Result<(), FernetKeysError> {
        if self.others.len() < MAX_KEYS { Ok(()) } else { Err(FernetKeysError::TooMany) }
    }
}

impl Freshness {
    const fn holds(self, time: u64) -> bool {
        time.saturating_add(self.ttl_seconds) >= self.now && self.now.saturating_add(MAX_CLOCK_SKEW) >= time
    }
}

impl fmt::Debug for FernetKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FernetKeys({})", 1 + self.others.len())
    }
}

/// When a token was made, in seconds since 1970 UTC: anyone reads it without a key. Nobody vouches for it before the
/// token is decrypted. `None`: not the one form of a token (padded url-safe base64, version 0x80).
pub fn dangerous_time_of(token: &str) -> Option<u64> {
    let padding = token.bytes().rev().take_while(|byte| *byte == b'=').count();
    if token.len() < SHORTEST_TOKEN || !token.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut head = [0; 9];
    URL_SAFE.decode_slice(token.get(..12)?, &mut head).ok()?;
    let [0x80, time @ ..] = head else { return None };
    Some(u64::from_be_bytes(time))
}

#[cfg(test)]
#[path = "fernet_tests.rs"]
mod tests;
