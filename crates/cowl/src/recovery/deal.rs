//! Dealing a key to people, and getting it back: Shamir's sharing over GF(2^8).

use std::{collections::BTreeMap, fmt, path::Path};

use aws_lc_rs::digest::{SHA256, digest};
use cowl_core::Secret;
use serde::{Deserialize, Serialize};
use vsss_rs::Gf256;
use zeroize::Zeroizing;

use super::{RecoveryError, Share};
use crate::{
    random::SystemRng,
    rest::{Identity, Recipient, RestError},
};

/// The most shares of one set.
pub const MAX_SHARES: u8 = 16;

/// The form of a [`ShareSet`].
const VERSION: u32 = 1;

/// Which set a share belongs to: tells two sets apart, and nothing of what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SetId(#[serde(with = "hex_bytes")] pub(super) [u8; 4]);

/// What is known of a set without any share: public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareSet {
    /// The form; another one is refused.
    pub version: u32,
    /// Its name.
    pub set: SetId,
    /// How many shares are needed.
    pub threshold: u8,
    /// How many there are.
    pub of: u8,
    /// When they were dealt, in Unix seconds.
    pub made: u64,
    /// For whom recovery files are encrypted: an age recipient, whose identity the shares give back.
    pub recipient: String,
    /// What each share is known by, in order: a digest of it, which tells nothing of 32 random bytes.
    pub(super) known_by: Vec<String>,
    /// Further places where the recovery file is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<std::path::PathBuf>,
}

/// A fresh set.
#[derive(Debug)]
pub struct Dealt {
    /// What stays.
    pub set: ShareSet,
    /// What is handed out, one to each person, and kept by nobody else.
    pub shares: Vec<Share>,
}

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

pub(super) const fn sensible(threshold: u8, of: u8) -> bool {
    threshold >= 2 && threshold <= of && of <= MAX_SHARES
}

/// Whether so many shares of so many can be dealt.
pub const fn check_threshold(threshold: u8, of: u8) -> Result<(), RecoveryError> {
    if sensible(threshold, of) { Ok(()) } else { Err(RecoveryError::Threshold { threshold, of }) }
}

impl Dealt {
    /// Draws a key, deals it, and forgets it.
    pub(super) fn draw(threshold: u8, of: u8, now: u64, rng: &mut SystemRng) -> Result<Self, RecoveryError> {
        check_threshold(threshold, of)?;
        let key = rng.secret();
        let recipient = Identity::of_seed(key.clone()).to_public()?;
        let set = SetId(rng.id().first_chunk().copied().unwrap_or_default());
        let split = Gf256::split_bytes(usize::from(threshold), usize::from(of), key.expose(), rng);
        // The numbers were checked above.
        let split = split.map_err(|_| RecoveryError::Threshold { threshold, of })?;
        let shares = split.into_iter().map(Zeroizing::new).filter_map(|share| {
            let (number, value) = share.split_first()?;
            let value = Zeroizing::new(<[u8; 32]>::try_from(value).ok()?);
            Some(Share { set, threshold, of, number: *number, value })
        });
        let shares: Vec<_> = shares.collect();
        let known_by = shares.iter().map(known_by).collect();
        let recipient = recipient.to_string();
        let copies = Vec::new();
        let set = ShareSet { version: VERSION, set, threshold, of, made: now, recipient, known_by, copies };
        Ok(Self { set, shares })
    }
}

impl ShareSet {
    /// Refuses a set of another form, or one whose numbers make no sense. `path` is where it was found.
    pub(super) fn check_form(&self, path: &Path) -> Result<(), RecoveryError> {
        if self.version != VERSION {
            return Err(RecoveryError::Version { path: path.to_owned(), version: self.version });
        }
        if !sensible(self.threshold, self.of) || self.known_by.len() != usize::from(self.of) {
            let what = "it does not say which shares there are";
            return Err(RecoveryError::Damaged { path: path.to_owned(), what });
        }
        Ok(())
    }

    /// For whom recovery files are.
    pub fn recipient(&self) -> Result<Recipient, RestError> {
        self.recipient.parse()
    }

    /// The key, from shares in any order. Says which one is wrong.
    pub(super) fn join(&self, shares: &[Share]) -> Result<Identity, RecoveryError> {
        let mut values = BTreeMap::new();
        for share in shares {
            self.check(share)?;
            values.insert(share.number, share);
        }
        let have = u8::try_from(values.len()).unwrap_or(u8::MAX);
        if have < self.threshold {
            return Err(RecoveryError::TooFew { have, need: self.threshold });
        }
        let values: Vec<Vec<u8>> = values
            .into_values()
            .take(usize::from(self.threshold))
            .map(|share| std::iter::once(share.number).chain(*share.value).collect())
            .collect();
        let values = Zeroizing::new(values);
        let key = Gf256::combine_bytes(values.as_slice()).map_err(|_| RecoveryError::WrongKey)?;
        let key = Zeroizing::new(key);
        let key = Zeroizing::new(<[u8; 32]>::try_from(key.as_slice()).map_err(|_| RecoveryError::WrongKey)?);
        let identity = Identity::of_seed(Secret::new(*key));
        if identity.to_public()?.to_string() != self.recipient {
            return Err(RecoveryError::WrongKey);
        }
        Ok(identity)
    }

    /// Whether a share is one of this set's.
    pub fn check(&self, share: &Share) -> Result<(), RecoveryError> {
        if share.set != self.set {
            return Err(RecoveryError::OtherSet {
                number: share.number,
                found: share.set.to_string(),
                wanted: self.set.to_string(),
            });
        }
        let known = self.known_by.get(usize::from(share.number).wrapping_sub(1));
        let same = (share.threshold, share.of) == (self.threshold, self.of);
        if !same || known != Some(&known_by(share)) {
            return Err(RecoveryError::Altered(share.number));
        }
        Ok(())
    }
}

fn known_by(share: &Share) -> String {
    let mut input = Zeroizing::new(b"cowl share known by v1".to_vec());
    input.extend(*share.to_bytes());
    hex::encode(digest(&SHA256, &input).as_ref())
}

/// Bytes as text.
mod hex_bytes {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's derivation calls it so")]
    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 4], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 4], D::Error> {
        let bytes = hex::decode(String::deserialize(deserializer)?).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom("4 bytes"))
    }
}
