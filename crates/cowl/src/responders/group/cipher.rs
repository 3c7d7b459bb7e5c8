//! What members of a group tell one another over the local broker, sealed: others on that broker see that something was
//! said, and how long it was.

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey},
    hmac::{HMAC_SHA256, Key, sign},
};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

/// Separates the key and the name of a group.
const KEY_CONTEXT: &[u8] = b"cowl responders key v1";
const NAME_CONTEXT: &[u8] = b"cowl responders name v1";
/// Bytes of a group's name.
const NAME: usize = 8;

/// The key of a group: all readers of one credential and role.
pub(crate) struct Cipher {
    key: RandomizedNonceKey,
    name: String,
}

impl Cipher {
    /// From what only readers of this credential and role have. `None` if the cipher library refuses, which it never
    /// does for a key of this length.
    pub(crate) fn new(secret: &[u8; 32]) -> Option<Self> {
        let derive = |context: &[u8]| {
            let tag = sign(&Key::new(HMAC_SHA256, secret), context);
            Zeroizing::new(tag.as_ref().to_vec())
        };
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, &derive(KEY_CONTEXT)).ok()?;
        let name = derive(NAME_CONTEXT).get(..NAME).map(hex::encode)?;
        Some(Self { key, name })
    }

    /// A level of the group's topics: nothing that anyone without the credential can compute.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Seals a word. It opens under the same topic only.
    pub(crate) fn seal(&self, topic: &str, word: &impl Encode<()>) -> Option<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::new());
        minicbor::encode(word, &mut *bytes).ok()?;
        let mut sealed = bytes.to_vec();
        let nonce = self.key.seal_in_place_append_tag(Aad::from(topic.as_bytes()), &mut sealed).ok()?;
        let mut message = nonce.as_ref().to_vec();
        message.extend_from_slice(&sealed);
        Some(message)
    }

    /// Opens a word of the group; `None` if it is none.
    pub(crate) fn open<T: for<'b> Decode<'b, ()>>(&self, topic: &str, message: &[u8]) -> Option<T> {
        let (nonce, sealed) = message.split_first_chunk::<12>()?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.key.open_in_place(nonce, Aad::from(topic.as_bytes()), &mut bytes).ok()?;
        minicbor::decode(plain).ok()
    }
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_opens_for_its_group_and_topic_only() {
        let ours = Cipher::new(&[1; 32]).unwrap();
        let theirs = Cipher::new(&[2; 32]).unwrap();
        let sealed = ours.seal("a/b", &7_u32).unwrap();
        assert_eq!(ours.open::<u32>("a/b", &sealed), Some(7));
        assert_eq!(ours.open::<u32>("a/c", &sealed), None);
        assert_eq!(theirs.open::<u32>("a/b", &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(ours.open::<u32>("a/b", &changed), None, "{at}");
            assert_eq!(ours.open::<u32>("a/b", &sealed[..at]), None, "{at}");
        }
        assert_ne!(sealed, ours.seal("a/b", &7_u32).unwrap());
        assert_ne!(ours.name(), theirs.name());
    }
}
