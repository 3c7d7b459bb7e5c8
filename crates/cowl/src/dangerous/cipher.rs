//! A Fernet token from its parts, and back: version ‖ time ‖ IV ‖ AES-128-CBC with PKCS #7 padding ‖ HMAC-SHA256 over all of it, in
//! url-safe base64 (Fernet spec, *Token Format*). Put together from AWS-LC's primitives, because the crates that make tokens draw
//! the IV themselves, and a simulation has to give the same bytes again.

use std::fmt;

use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use zeroize::Zeroizing;

const VERSION: u8 = 0x80;
/// Version and time.
const HEAD: usize = 9;
const IV: usize = 16;
const HMAC: usize = 32;
const BLOCK: usize = 16;

/// A key, ready for use.
pub(super) struct Cipher {
    signs: hmac::Key,
    encrypts: PaddedBlockEncryptingKey,
    decrypts: PaddedBlockDecryptingKey,
}

impl Cipher {
    /// The first half of a key signs, the second encrypts (Fernet spec, *Key Format*).
    #[expect(clippy::expect_used, reason = "sixteen bytes are a key of AES-128, whichever they are")]
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let (signs, encrypts) = key.split_at(16);
        let aes = || UnboundCipherKey::new(&AES_128, encrypts).expect("sixteen bytes");
        Self {
            signs: hmac::Key::new(hmac::HMAC_SHA256, signs),
            encrypts: PaddedBlockEncryptingKey::cbc_pkcs7(aes()).expect("AES has CBC"),
            decrypts: PaddedBlockDecryptingKey::cbc_pkcs7(aes()).expect("AES has CBC"),
        }
    }

    /// A token. The same IV twice under one key tells whether two messages begin alike.
    #[expect(clippy::expect_used, reason = "CBC with sixteen bytes of IV fails for no message")]
    pub(super) fn seal(&self, message: &[u8], time: u64, iv: [u8; IV]) -> String {
        // A block more, and no reallocation that would leave clear bytes behind.
        let mut text = Zeroizing::new(Vec::with_capacity(message.len() + BLOCK));
        text.extend_from_slice(message);
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        self.encrypts.less_safe_encrypt(&mut *text, context).expect("any message");
        let mut token = Vec::with_capacity(HEAD + IV + text.len() + HMAC);
        token.push(VERSION);
        token.extend_from_slice(&time.to_be_bytes());
        token.extend_from_slice(&iv);
        token.extend_from_slice(&text);
        let tag = hmac::sign(&self.signs, &token);
        token.extend_from_slice(tag.as_ref());
        URL_SAFE.encode(token)
    }

    /// A token's message; its time is not looked at. Nothing is decrypted that this key did not sign.
    pub(super) fn open(&self, token: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = URL_SAFE.decode(token).ok()?;
        let (signed, tag) = bytes.split_at_checked(bytes.len().checked_sub(HMAC)?)?;
        let (&VERSION, rest) = signed.split_first()? else { return None };
        hmac::verify(&self.signs, signed, tag).ok()?;
        let (iv, text) = rest.get(HEAD - 1..)?.split_first_chunk::<IV>()?;
        // The library reads the last byte before it looks whether there is one.
        let whole = !text.is_empty() && text.len().is_multiple_of(BLOCK);
        let mut text = Zeroizing::new(Some(text).filter(|_| whole)?.to_vec());
        let context = DecryptionContext::Iv128(FixedLength::from(*iv));
        let length = self.decrypts.decrypt(&mut text, context).map(|clear| clear.len());
        text.truncate(length.map_err(|Unspecified| ()).ok()?);
        Some(text)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `generate.json` of the Fernet spec.
    #[test]
    fn the_specs_token_comes_out_byte_by_byte() {
        let key = URL_SAFE.decode("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=").unwrap();
        let cipher = Cipher::new(key.first_chunk().unwrap());
        let iv = core::array::from_fn(|place| u8::try_from(place).unwrap());
        let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
        assert_eq!(cipher.seal(b"hello", 499_162_800, iv), token);
        assert_eq!(**cipher.open(token).unwrap(), *b"hello");
    }

    /// Signed, and still no whole blocks, no padding, or nothing at all.
    #[test]
    fn what_is_signed_and_malformed_does_not_open() {
        let cipher = Cipher::new(&[3; 32]);
        let signed = |text: &[u8]| {
            let mut token = vec![VERSION];
            token.extend_from_slice(&[0; 8 + IV]);
            token.extend_from_slice(text);
            let tag = hmac::sign(&cipher.signs, &token);
            token.extend_from_slice(tag.as_ref());
            URL_SAFE.encode(token)
        };
        for length in [0, 1, 15, 16, 17, 32] {
            assert!(cipher.open(&signed(&vec![0; length])).is_none(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn another_implementation_agrees_both_ways(key: [u8; 32], message: Vec<u8>, time in 0_u64..1 << 62, iv: [u8; 16]) {
            let (ours, theirs) = (Cipher::new(&key), fernet::Fernet::new(&URL_SAFE.encode(key)).unwrap());
            let token = ours.seal(&message, time, iv);
            prop_assert_eq!(theirs.decrypt_at_time(&token, None, u64::MAX - 60).unwrap(), message.clone());
            let token = theirs.encrypt_at_time(&message, time);
            prop_assert_eq!(&**ours.open(&token).unwrap(), &message);
        }
    }
}
