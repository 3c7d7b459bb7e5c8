//! Messages of both modes (spec §4, §5).

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit as _,
    aead::{Aead as _, Payload},
};
use cowl_core::{Header, WalkInSuite};
use hpke::{
    Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256,
};

use super::keys::{self, Key};

/// The place and epoch that a message says it is from, and what it is bound to.
#[derive(Clone)]
pub(crate) struct Binding {
    pub(crate) operation: [u8; 16],
    pub(crate) epoch: u32,
    /// Instead of the part's own.
    pub(crate) role: Option<u8>,
}

/// What a part is sealed with.
#[derive(Clone)]
pub(crate) struct PartKeys {
    pub(crate) part: Key,
    pub(crate) tag: Key,
}

impl PartKeys {
    pub(crate) fn of(device_root: &Key) -> Self {
        let (part, tag) = keys::part_keys(device_root);
        Self { part, tag }
    }
}

/// Spec §4.3.
pub(crate) fn plaintext(header: &Header, body: &[u8], size: usize) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    let mut text =
        [&header.report.0[..], &header.handle.0, &header.policy.0.to_be_bytes(), &length, body].concat();
    text.resize(38 + size, 0);
    text
}

/// Spec §4.2: the associated data of one part.
pub(crate) fn associated(binding: &Binding, role: u8, tags: &[[u8; 16]], custody: &[u8]) -> Vec<u8> {
    [
        b"cowl/1 part",
        &[binding.role.unwrap_or(role)][..],
        &binding.operation,
        &binding.epoch.to_be_bytes(),
        tags.as_flattened(),
        custody,
    ]
    .concat()
}

/// An enrolled message of these plaintexts (spec §4.1, §4.2).
pub(crate) fn enrolled(
    binding: &Binding,
    parts: &[PartKeys],
    counter: u64,
    texts: &[Vec<u8>],
    custody: &[u8],
) -> Vec<u8> {
    let tags: Vec<_> = parts.iter().map(|keys| keys::tag(&keys.tag, counter)).collect();
    let mut message = Vec::new();
    for (role, (keys, text)) in (0_u8..).zip(parts.iter().zip(texts)) {
        let tag = tags[usize::from(role)];
        let aad = associated(binding, role, &tags, custody);
        message.extend(tag);
        message.extend(siv_seal(&keys.part, &tag, &aad, text));
    }
    message.extend(custody);
    message
}

fn siv_seal(key: &Key, tag: &[u8; 16], aad: &[u8], text: &[u8]) -> Vec<u8> {
    let nonce: [u8; 12] = tag[..12].try_into().unwrap();
    Aes256GcmSiv::new(key.into()).encrypt(&nonce.into(), Payload { msg: text, aad }).unwrap()
}

/// Spec §5.3: sets the last byte of a message id.
pub(crate) fn with_hint(mut id: [u8; 16], epoch: u32, policy: u32) -> [u8; 16] {
    let low = |number: u32| number.to_be_bytes()[3] & 15;
    id[15] = id[14] ^ (low(epoch) << 4 | low(policy));
    id
}

/// Spec §5.2.
pub(crate) fn info(operation: &[u8; 16], epoch: u32, role: u8, policy: u32, id: &[u8; 16]) -> Vec<u8> {
    [b"cowl/1 walk-in", &[role][..], operation, &epoch.to_be_bytes(), &policy.to_be_bytes(), id].concat()
}

/// Spec §5.4: what a receiver remembers of a message.
pub(crate) fn mark(id: &[u8], enc: &[u8]) -> [u8; 16] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest([id, enc].concat())[..16].try_into().unwrap()
}

/// Spec §7.5: in front of a wrapped message.
pub(crate) fn relay_hint(random: u8, epoch: u32) -> [u8; 2] {
    [random, random ^ ((epoch.to_be_bytes()[3] & 15) * 17)]
}

/// Spec §7.5: what a wrapped message is bound to.
pub(crate) fn relay_info(class: u8, operation: &[u8; 16], epoch: u32, hint: [u8; 2]) -> Vec<u8> {
    [b"cowl/1 relay", &[class][..], operation, &epoch.to_be_bytes(), &hint].concat()
}

/// Spec §3.4, §3.10: the public key of a seed.
pub(crate) fn walk_in_public(seed: &Key, suite: WalkInSuite) -> Vec<u8> {
    fn public<K: Kem>(seed: &Key) -> Vec<u8> {
        K::sk_to_pk(&K::PrivateKey::from_bytes(seed).unwrap()).to_bytes().to_vec()
    }
    match suite {
        WalkInSuite::XWing => public::<hpke::kem::XWing>(seed),
        WalkInSuite::X25519 => public::<hpke::kem::X25519HkdfSha256>(seed),
    }
}

/// Encapsulated key and ciphertext (RFC 9180 §6.1).
pub(crate) fn hpke_seal(
    suite: WalkInSuite,
    public: &[u8],
    info: &[u8],
    text: &[u8],
    rng: &mut impl rand_core::CryptoRng,
) -> Vec<u8> {
    fn seal<K: Kem>(public: &[u8], info: &[u8], text: &[u8], rng: &mut impl rand_core::CryptoRng) -> Vec<u8> {
        let public = K::PublicKey::from_bytes(public).unwrap();
        let (enc, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, K>(
            &OpModeS::Base,
            &public,
            info,
            text,
            &[],
            rng,
        )
        .unwrap();
        [&enc.to_bytes()[..], &sealed].concat()
    }
    match suite {
        WalkInSuite::XWing => seal::<hpke::kem::XWing>(public, info, text, rng),
        WalkInSuite::X25519 => seal::<hpke::kem::X25519HkdfSha256>(public, info, text, rng),
    }
}

/// The plaintext of an encapsulated key and ciphertext; `None` when it does not open.
pub(crate) fn hpke_open(suite: WalkInSuite, seed: &Key, info: &[u8], part: &[u8]) -> Option<Vec<u8>> {
    fn open<K: Kem>(seed: &Key, info: &[u8], enc: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let private = K::PrivateKey::from_bytes(seed).ok()?;
        let enc = K::EncappedKey::from_bytes(enc).ok()?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(
            &OpModeR::Base,
            &private,
            &enc,
            info,
            sealed,
            &[],
        )
        .ok()
    }
    let (enc, sealed) = part.split_at(suite.enc_len());
    match suite {
        WalkInSuite::XWing => open::<hpke::kem::XWing>(seed, info, enc, sealed),
        WalkInSuite::X25519 => open::<hpke::kem::X25519HkdfSha256>(seed, info, enc, sealed),
    }
}
