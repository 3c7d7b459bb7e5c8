//! HPKE base mode, single shot, with the suite that the policy says (RFC 9180; spec §5.1): what walk-ins seal with, and
//! what phones wrap with for a relay. Both sides of one sealing export a secret that nobody else has (RFC 9180 §5.3).

use alloc::vec::Vec;

use hpke::{
    Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256,
};
use rand_core::CryptoRng;

use crate::{Secret, layout::WalkInSuite, schedule::HELP_EXPORT, siv::AUTH_LEN};

type XWing = hpke::kem::XWing;
type X25519 = hpke::kem::X25519HkdfSha256;

/// The public key of a seed, which *is* the private key: X-Wing's 32-byte decapsulation key, or X25519's scalar.
pub(super) fn public_key(suite: WalkInSuite, private: &Secret) -> Option<Vec<u8>> {
    match suite {
        WalkInSuite::XWing => public_by::<XWing>(private),
        WalkInSuite::X25519 => public_by::<X25519>(private),
    }
}

/// What one sealing gives besides the ciphertext.
pub(super) struct Made {
    /// The authentication tag.
    pub(super) auth: [u8; AUTH_LEN],
    /// What both sides export.
    pub(super) exported: Secret,
}

/// Seals `text` in place to a public key and fills `enc`. `None`: it is no key.
pub(super) fn seal(
    suite: WalkInSuite,
    key: &[u8],
    info: &[u8],
    text: &mut [u8],
    enc: &mut [u8],
    rng: &mut impl CryptoRng,
) -> Option<Made> {
    match suite {
        WalkInSuite::XWing => seal_by::<XWing>(key, info, text, enc, rng),
        WalkInSuite::X25519 => seal_by::<X25519>(key, info, text, enc, rng),
    }
}

/// Opens `text` in place, and gives what both sides export. `None`: it is not authentic.
pub(super) fn open(
    suite: WalkInSuite,
    private: &Secret,
    info: &[u8],
    enc: &[u8],
    text: &mut [u8],
    auth: &[u8; AUTH_LEN],
) -> Option<Secret> {
    match suite {
        WalkInSuite::XWing => open_by::<XWing>(private, info, enc, text, auth),
        WalkInSuite::X25519 => open_by::<X25519>(private, info, enc, text, auth),
    }
}

fn public_by<K: Kem>(private: &Secret) -> Option<Vec<u8>> {
    let private = K::PrivateKey::from_bytes(private.expose()).ok()?;
    Some(K::sk_to_pk(&private).to_bytes().to_vec())
}

fn seal_by<K: Kem>(
    key: &[u8],
    info: &[u8],
    text: &mut [u8],
    enc: &mut [u8],
    rng: &mut impl CryptoRng,
) -> Option<Made> {
    let key = K::PublicKey::from_bytes(key).ok()?;
    let setup =
        hpke::setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, K>(&OpModeS::Base, &key, info, rng);
    let (made, mut context) = setup.ok()?;
    let auth = context.seal_inout_detached(text.into(), &[]).ok()?;
    let made = made.to_bytes();
    enc.get_mut(..made.len())?.copy_from_slice(&made);
    let mut exported = Secret::new([0; 32]);
    context.export(HELP_EXPORT, exported.expose_mut()).ok()?;
    Some(Made { auth: auth.to_bytes().as_slice().try_into().ok()?, exported })
}

fn open_by<K: Kem>(
    private: &Secret,
    info: &[u8],
    enc: &[u8],
    text: &mut [u8],
    auth: &[u8; AUTH_LEN],
) -> Option<Secret> {
    let private = K::PrivateKey::from_bytes(private.expose()).ok()?;
    let enc = K::EncappedKey::from_bytes(enc).ok()?;
    let auth = hpke::aead::AeadTag::<ChaCha20Poly1305>::from_bytes(auth).ok()?;
    let setup = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, K>(&OpModeR::Base, &private, &enc, info);
    let mut context = setup.ok()?;
    context.open_inout_detached(text.into(), &[], &auth).ok()?;
    let mut exported = Secret::new([0; 32]);
    context.export(HELP_EXPORT, exported.expose_mut()).ok().map(|()| exported)
}
