//! What the authority signs (spec §6).

use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

use super::keys::Key;

/// Spec §6: signature, then what is signed.
pub(crate) fn signed(seed: &Key, context: &[u8], content: &[u8]) -> Vec<u8> {
    let length = [u8::try_from(context.len()).unwrap()];
    let digest = Sha256::digest(content);
    let message = [&length[..], context, &digest].concat();
    let signature = SigningKey::from_bytes(seed).sign(&message).to_bytes();
    [&signature[..], content].concat()
}

/// The public key of a seed.
pub(crate) fn public(seed: &Key) -> Key {
    SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

/// Spec §6.1: form, length, CBOR, padding up to `size` with key and signature.
pub(crate) fn manifest(seed: &Key, form: u8, cbor: &[u8], size: usize) -> Vec<u8> {
    let length = u32::try_from(cbor.len()).unwrap().to_be_bytes();
    let mut content = [&[form][..], &length, cbor].concat();
    content.resize(size - 96, 0);
    keyed(seed, b"cowl/1 manifest", &content)
}

/// Public key, signature, then what is signed.
pub(crate) fn keyed(seed: &Key, context: &[u8], content: &[u8]) -> Vec<u8> {
    [&public(seed)[..], &signed(seed, context, content)].concat()
}

/// Spec §6.2: length, CBOR, padding up to `size` with the signature.
pub(crate) fn beacon(seed: &Key, cbor: &[u8], size: usize) -> Vec<u8> {
    framed(seed, b"cowl/1 beacon", cbor, size)
}

/// Spec §6.2, §6.4: length, CBOR, padding up to `size` with the signature for a purpose.
pub(crate) fn framed(seed: &Key, context: &[u8], cbor: &[u8], size: usize) -> Vec<u8> {
    let length = u32::try_from(cbor.len()).unwrap().to_be_bytes();
    let mut content = [&length[..], cbor].concat();
    content.resize(size - 64, 0);
    signed(seed, context, &content)
}
