//! Members without names: what a log calls them.

use std::{fmt, path::Path};

use aws_lc_rs::hmac;
use cowl_core::Secret;
use serde::{Deserialize, Serialize};

use super::{LogError, event::hexed};
use crate::{files, random::SystemRng};

/// The first line of the key's file.
const HEAD: &str = "cowl/1 log blinding key";
/// The largest such file that is read, in bytes.
const LIMIT: u64 = 256;

/// A member in the log: always the same for one name in one operation, and nothing to whoever lacks the key. Names are
/// few and guessable, so this is an HMAC and not a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Blinded(#[serde(with = "hexed")] pub [u8; 16]);

impl fmt::Display for Blinded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The key that links members to their entries. Erasing its file erases the link; the log stays whole.
#[derive(Debug)]
pub struct BlindingKey(Secret);

impl BlindingKey {
    /// Draws a key and writes it to a new file.
    pub fn create(path: &Path, rng: &mut SystemRng) -> Result<Self, LogError> {
        let key = Self(rng.secret());
        let text = zeroize::Zeroizing::new(format!("{HEAD}\n{}\n", hex::encode(key.0.expose())));
        files::create_summed(path, text.as_bytes())?;
        Ok(key)
    }

    /// Reads the key from its file.
    pub fn load(path: &Path) -> Result<Self, LogError> {
        let bytes = files::read_secret(path, LIMIT)?;
        let parse = || {
            let (head, key) = std::str::from_utf8(&bytes).ok()?.split_once('\n')?;
            let mut secret = zeroize::Zeroizing::new([0; 32]);
            hex::decode_to_slice(key.trim_end(), secret.as_mut_slice()).ok()?;
            (head == HEAD).then(|| Self(Secret::new(*secret)))
        };
        parse().ok_or_else(|| LogError::Damaged {
            path: path.to_owned(),
            what: "it is not the key that names members in the log",
        })
    }

    /// What the log calls the member of this name.
    pub fn blind(&self, name: &str) -> Blinded {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose());
        let tag = hmac::sign(&key, &[b"cowl/1 log member\n", name.as_bytes()].concat());
        Blinded(tag.as_ref().first_chunk().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_member_under_one_key_and_another_under_another() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let mut rng = SystemRng::new();
        let key = BlindingKey::create(&one, &mut rng).unwrap();
        assert_eq!(BlindingKey::load(&one).unwrap().blind("phone"), key.blind("phone"));
        assert_ne!(key.blind("phone"), key.blind("phone2"));
        assert_ne!(BlindingKey::create(&other, &mut rng).unwrap().blind("phone"), key.blind("phone"));
        assert!(BlindingKey::create(&one, &mut rng).is_err(), "a key is never replaced by accident");
        files::replace(&one, b"cowl/2 log blinding key\n00\n", files::Access::Owner).unwrap();
        assert!(BlindingKey::load(&one).unwrap_err().is_damage());
    }

    /// The first version of the file, and what it makes of a name.
    #[test]
    fn version_1_of_the_file_is_read_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let text = format!("cowl/1 log blinding key\n{}\n", "07".repeat(32));
        files::create(&path, text.as_bytes(), files::Access::Owner).unwrap();
        let blinded = BlindingKey::load(&path).unwrap().blind("phone-17").to_string();
        assert_eq!(blinded, "94865351064fa05633f6134826584166");
    }
}
