//! One Fernet key: 16 bytes that sign and 16 that encrypt, shared by everyone who sends or reads.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use cowl_core::Secret;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::cipher::Cipher;
use super::error::NotAKey;

/// Characters of a key as text.
const TEXT_LEN: usize = 44;
/// What the base64 decoder wants of room for [`TEXT_LEN`] characters.
const DECODED_LEN: usize = TEXT_LEN / 4 * 3;

/// A Fernet key. Zeroized on drop; `Debug` shows nothing.
pub struct FernetKey {
    secret: Secret,
    cipher: Cipher,
}

impl FernetKey {
    /// A fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::new(Secret::random(rng))
    }

    /// The key of these 32 bytes: the first half signs, the second encrypts (Fernet spec, *Key Format*).
    pub fn new(secret: Secret) -> Self {
        let cipher = Cipher::new(secret.expose());
        Self { secret, cipher }
    }

    /// Reads a key as Python's `cryptography` writes it, and only so: other alphabets, missing padding and leftover
    /// bits, which Python lets pass, are refused.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let mut bytes = Zeroizing::new([0; DECODED_LEN]);
        if text.len() != TEXT_LEN {
            return Err(NotAKey);
        }
        let length = URL_SAFE.decode_slice(text, bytes.as_mut_slice()).map_err(|_| NotAKey)?;
        let key = bytes.first_chunk::<32>().filter(|_| length == 32).ok_or(NotAKey)?;
        Ok(Self::new(Secret::new(*key)))
    }

    /// The key as Python's `cryptography` writes it. Secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        text(&self.secret)
    }

    pub(super) const fn cipher(&self) -> &Cipher {
        &self.cipher
    }
}

impl fmt::Debug for FernetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FernetKey(…)")
    }
}

fn text(secret: &Secret) -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE.encode(secret.expose()))
}
