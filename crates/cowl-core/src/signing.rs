//! The authority's signature: over manifests, beacons and commands, never over a victim's report (spec §6).

use core::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use crate::Secret;

/// Bytes of an Ed25519 signature.
pub(crate) const SIGNATURE_LEN: usize = 64;

/// The authority's signing key.
pub struct AuthorityKey(SigningKey);

/// The authority's public key: what everyone else trusts, and all that they must trust.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Authority(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// A signature does not verify under the authority's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not signed by this operation's authority")]
pub struct NotSigned;

/// A text that does not begin with a printable character, and so might be taken for something else that is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only a text that begins with a printable character is signed as a note")]
pub struct NotANote;

impl AuthorityKey {
    /// The key with this seed (RFC 8032 §5.1.5).
    pub fn new(seed: &Secret) -> Self {
        Self(SigningKey::from_bytes(seed.expose()))
    }

    /// Its public key.
    pub fn public(&self) -> Authority {
        Authority(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, context: &[u8], content: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.0.sign(&digest(context, content)).to_bytes()
    }

    /// Signs a text as it stands, in the way of a C2SP signed note: checkpoints of the log, and a witness's statements
    /// on them. Nothing else of ours can be such a text: it begins with a printable character, and everything else
    /// that is signed begins with the length of its context, which is below 32. Other texts are refused.
    pub fn sign_note(&self, text: &str) -> Result<[u8; SIGNATURE_LEN], NotANote> {
        if is_note(text) { Ok(self.0.sign(text.as_bytes()).to_bytes()) } else { Err(NotANote) }
    }
}

impl Authority {
    /// The front half of the key's SHA-256: enough to trust the key by, short enough to compare by voice.
    pub fn fingerprint(&self) -> Fingerprint {
        let digest = Sha256::digest(self.0);
        let mut front = [0; 16];
        front.copy_from_slice(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
        Fingerprint(front)
    }

    /// Verifies strictly: no malleable signature and no key of small order (RFC 8032 §5.1.7).
    pub(crate) fn verify(
        &self,
        context: &[u8],
        content: &[u8],
        signature: &[u8; SIGNATURE_LEN],
    ) -> Result<(), NotSigned> {
        self.verify_bytes(&digest(context, content), signature)
    }

    /// Verifies what [`AuthorityKey::sign_note`] signed.
    pub fn verify_note(&self, text: &str, signature: &[u8; SIGNATURE_LEN]) -> Result<(), NotSigned> {
        if is_note(text) { self.verify_bytes(text.as_bytes(), signature) } else { Err(NotSigned) }
    }

    fn verify_bytes(&self, message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Result<(), NotSigned> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| NotSigned)?;
        key.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| NotSigned)
    }
}

/// A short name of the authority's key: 128 bits, as eight groups such as `3f1c-88a0-91be-04d7-…`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// From its 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads what `Display` wrote; the dashes may be missing, capitals do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits =
            text.trim().chars().filter(|symbol| *symbol != '-').map(|symbol| symbol.to_digit(16));
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let (high, low) = (digits.next()??, digits.next()??);
            *byte = u8::try_from(high << 4 | low).ok()?;
        }
        digits.next().is_none().then_some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 && index % 2 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for AuthorityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorityKey(…)")
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.fingerprint())
    }
}

/// Whether a text cannot be mistaken for the output of [`digest`].
fn is_note(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| first >= 32)
}

/// What is signed: the context's length and text, then SHA-256 of the content, so that nothing signed for
/// one purpose can stand for another.
fn digest(context: &[u8], content: &[u8]) -> alloc::vec::Vec<u8> {
    debug_assert!(context.len() < 32, "else a note could be taken for it");
    let mut message = alloc::vec::Vec::with_capacity(context.len() + 33);
    message.push(u8::try_from(context.len()).unwrap_or(u8::MAX));
    message.extend_from_slice(context);
    message.extend_from_slice(&Sha256::digest(content));
    message
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_written() {
        let fingerprint = AuthorityKey::new(&Secret::new([1; 32])).public().fingerprint();
        assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
        assert_eq!(
            Fingerprint::parse(&fingerprint.to_string().to_uppercase().replace('-', "")),
            Some(fingerprint)
        );
        assert_eq!(Fingerprint::parse(&fingerprint.to_string()[1..]), None);
        assert_eq!(Fingerprint::parse("3f1c-88a0-91be-04d7"), None);
    }

    #[test]
    fn what_is_signed_for_one_purpose_does_not_stand_for_another() {
        let key = AuthorityKey::new(&Secret::new([1; 32]));
        let signature = key.sign(b"one", b"content");
        assert!(key.public().verify(b"one", b"content", &signature).is_ok());
        assert!(key.public().verify(b"two", b"content", &signature).is_err());
        assert!(key.public().verify(b"one", b"contenu", &signature).is_err());
    }

    #[test]
    fn a_note_is_signed_as_it_stands_and_cannot_be_anything_else() {
        let key = AuthorityKey::new(&Secret::new([1; 32]));
        let signature = key.sign_note("cowl/00\n1\n").unwrap();
        assert!(key.public().verify_note("cowl/00\n1\n", &signature).is_ok());
        assert!(key.public().verify_note("cowl/00\n2\n", &signature).is_err());
        for text in ["", "\n", "\u{f}cowl/1 manifest"] {
            assert_eq!(key.sign_note(text), Err(NotANote));
            assert!(key.public().verify_note(text, &signature).is_err());
        }
    }
}
