//! AES-256-GCM-SIV (RFC 8452), by aws-lc-rs where the feature `aws-lc` is on, else by the portable crate.
//!
//! The bytes are the same; a differential test holds the two together. Misuse resistance is why this AEAD: a
//! nonce that a cloned or restored device repeats reveals whether two plaintexts are equal, and nothing else.

#[cfg(feature = "aws-lc")]
pub(crate) use accelerated::SivKey;
#[cfg(not(feature = "aws-lc"))]
pub(crate) use portable::SivKey;

/// Bytes of a nonce.
pub(crate) const NONCE_LEN: usize = 12;
/// Bytes of an authentication tag: never truncated.
pub(crate) const AUTH_LEN: usize = 16;

/// Opening failed. One reason, no detail: the key, the nonce, the context or the bytes are not the sender's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAuthentic;

#[cfg(feature = "aws-lc")]
mod accelerated {
    use core::fmt;

    use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};

    use super::{AUTH_LEN, NONCE_LEN, NotAuthentic};

    /// A key ready for use; `None` only if the library refused 32 bytes, and then nothing opens or seals.
    pub(crate) struct SivKey(Option<LessSafeKey>);

    impl SivKey {
        pub(crate) fn new(key: &[u8; 32]) -> Self {
            Self(UnboundKey::new(&AES_256_GCM_SIV, key).ok().map(LessSafeKey::new))
        }

        /// Encrypts in place and returns the authentication tag.
        pub(crate) fn seal(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            text: &mut [u8],
        ) -> Result<[u8; AUTH_LEN], NotAuthentic> {
            let key = self.0.as_ref().ok_or(NotAuthentic)?;
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let tag =
                key.seal_in_place_separate_tag(nonce, Aad::from(aad), text).map_err(|_| NotAuthentic)?;
            tag.as_ref().try_into().map_err(|_| NotAuthentic)
        }

        /// Decrypts `sealed`, which ends with the authentication tag, and returns the plaintext in front.
        pub(crate) fn open<'a>(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            sealed: &'a mut [u8],
        ) -> Result<&'a mut [u8], NotAuthentic> {
            let key = self.0.as_ref().ok_or(NotAuthentic)?;
            let nonce = Nonce::assume_unique_for_key(*nonce);
            key.open_in_place(nonce, Aad::from(aad), sealed).map_err(|_| NotAuthentic)
        }
    }

    impl fmt::Debug for SivKey {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("SivKey(…)")
        }
    }
}

#[cfg(any(not(feature = "aws-lc"), test))]
mod portable {
    use alloc::boxed::Box;
    use core::fmt;

    use aes_gcm_siv::aead::{AeadInOut as _, KeyInit as _};
    use aes_gcm_siv::{Aes256GcmSiv, Nonce, Tag};

    use super::{AUTH_LEN, NONCE_LEN, NotAuthentic};

    /// A key ready for use.
    pub(crate) struct SivKey(Box<Aes256GcmSiv>);

    impl SivKey {
        pub(crate) fn new(key: &[u8; 32]) -> Self {
            Self(Box::new(Aes256GcmSiv::new(key.into())))
        }

        /// Encrypts in place and returns the authentication tag.
        pub(crate) fn seal(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            text: &mut [u8],
        ) -> Result<[u8; AUTH_LEN], NotAuthentic> {
            let nonce = Nonce::from(*nonce);
            let tag = self.0.encrypt_inout_detached(&nonce, aad, text.into()).map_err(|_| NotAuthentic)?;
            Ok(tag.into())
        }

        /// Decrypts `sealed`, which ends with the authentication tag, and returns the plaintext in front.
        pub(crate) fn open<'a>(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            sealed: &'a mut [u8],
        ) -> Result<&'a mut [u8], NotAuthentic> {
            let (text, tag) = sealed.split_last_chunk_mut::<AUTH_LEN>().ok_or(NotAuthentic)?;
            let (nonce, tag) = (Nonce::from(*nonce), Tag::from(*tag));
            self.0
                .decrypt_inout_detached(&nonce, aad, (&mut *text).into(), &tag)
                .map_err(|_| NotAuthentic)?;
            Ok(text)
        }
    }

    impl fmt::Debug for SivKey {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("SivKey(…)")
        }
    }
}

#[cfg(all(test, feature = "aws-lc"))]
mod tests {
    use alloc::vec::Vec;

    use super::{accelerated, portable};

    #[test]
    fn both_implementations_make_and_open_the_same_bytes() {
        for length in [0_usize, 1, 15, 16, 17, 100, 255, 4_096] {
            let byte = u8::try_from(length % 251).unwrap();
            let (key, nonce, aad) = ([byte; 32], [byte ^ 1; 12], [byte ^ 2; 61]);
            let (fast, slow) = (accelerated::SivKey::new(&key), portable::SivKey::new(&key));
            let clear: Vec<u8> = (0..length).map(|i| u8::try_from(i % 256).unwrap()).collect();
            let (mut a, mut b) = (clear.clone(), clear.clone());
            let tag = fast.seal(&nonce, &aad, &mut a).unwrap();
            assert_eq!(tag, slow.seal(&nonce, &aad, &mut b).unwrap());
            assert_eq!(a, b);
            a.extend_from_slice(&tag);
            b.extend_from_slice(&tag);
            assert_eq!(slow.open(&nonce, &aad, &mut a).unwrap(), clear);
            assert_eq!(fast.open(&nonce, &aad, &mut b).unwrap(), clear);
            a[0] ^= 1;
            assert!(slow.open(&nonce, &aad, &mut a).is_err());
        }
    }
}
