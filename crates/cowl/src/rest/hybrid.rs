//! age's hybrid recipients, `age1pq1…`, which no version of the age crate that we build has yet: HPKE (RFC 9180) base
//! mode with X-Wing, HKDF-SHA256 and ChaCha20-Poly1305, as <https://c2sp.org/age> says. The identity is X-Wing's seed.

use std::collections::HashSet;

use age::{DecryptError, EncryptError, secrecy::ExposeSecret as _};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use bech32::{FromBase32 as _, ToBase32 as _, Variant};
use cowl_core::Secret;
use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305,
    kdf::HkdfSha256,
};
use zeroize::Zeroizing;

use crate::random::SystemRng;

type Kem = hpke::kem::XWing;

const TAG: &str = "mlkem768x25519";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// Keeps other kinds of recipients out of the same file.
const LABEL: &str = "postquantum";
const PUBLIC: &str = "age1pq";
/// In lower case: bech32 forbids to mix cases, and identities are written in upper case.
const SECRET: &str = "age-secret-key-pq-";

/// Who may open.
#[derive(Clone)]
pub(super) struct HybridRecipient(Vec<u8>);

/// What opens: 32 bytes.
#[derive(Clone)]
pub(super) struct HybridIdentity(Secret);

impl HybridRecipient {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (prefix, data, variant) = bech32::decode(text).ok()?;
        let key = Vec::<u8>::from_base32(&data).ok()?;
        let usable = prefix == PUBLIC
            && variant == Variant::Bech32
            && <Kem as hpke::Kem>::PublicKey::from_bytes(&key).is_ok();
        usable.then_some(Self(key))
    }

    pub(super) fn text(&self) -> String {
        // The prefix is one of ours.
        bech32::encode(PUBLIC, self.0.to_base32(), Variant::Bech32).unwrap_or_default()
    }
}

impl HybridIdentity {
    pub(super) const fn new(seed: Secret) -> Self {
        Self(seed)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (prefix, data, variant) = bech32::decode(text).ok()?;
        let seed = Zeroizing::new(Vec::<u8>::from_base32(&data).ok()?);
        let seed = Zeroizing::new(<[u8; 32]>::try_from(seed.as_slice()).ok()?);
        let usable = prefix == SECRET && variant == Variant::Bech32;
        usable.then(|| Self(Secret::new(*seed)))
    }

    pub(super) fn text(&self) -> Zeroizing<String> {
        let text = bech32::encode(SECRET, self.0.expose().to_base32(), Variant::Bech32).unwrap_or_default();
        Zeroizing::new(Zeroizing::new(text).to_uppercase())
    }

    pub(super) fn to_public(&self) -> Option<HybridRecipient> {
        let private = self.private()?;
        Some(HybridRecipient(Kem::sk_to_pk(&private).to_bytes().to_vec()))
    }

    fn private(&self) -> Option<<Kem as hpke::Kem>::PrivateKey> {
        <Kem as hpke::Kem>::PrivateKey::from_bytes(self.0.expose()).ok()
    }

    fn unwrap(&self, enc: &str, body: &[u8]) -> Option<FileKey> {
        let enc = BASE64_STANDARD_NO_PAD.decode(enc).ok()?;
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&enc).ok()?;
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &self.private()?,
            &enc,
            INFO,
            body,
            &[],
        );
        let opened = Zeroizing::new(opened.ok()?);
        let key: &[u8; FILE_KEY_BYTES] = opened.as_slice().try_into().ok()?;
        Some(FileKey::init_with_mut(|file_key| file_key.copy_from_slice(key)))
    }
}

impl age::Recipient for HybridRecipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let failed = || EncryptError::Io(std::io::Error::other("not a key of X-Wing"));
        let key = <Kem as hpke::Kem>::PublicKey::from_bytes(&self.0).map_err(|_| failed())?;
        let (enc, body) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeS::Base,
            &key,
            INFO,
            file_key.expose_secret(),
            &[],
            &mut SystemRng::new(),
        )
        .map_err(|_| failed())?;
        let args = vec![BASE64_STANDARD_NO_PAD.encode(enc.to_bytes())];
        let stanza = Stanza { tag: TAG.to_owned(), args, body };
        Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
    }
}

impl age::Identity for HybridIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        let [enc] = stanza.args.as_slice() else { return Some(Err(DecryptError::InvalidHeader)) };
        if stanza.body.len() != FILE_KEY_BYTES + 16 {
            return Some(Err(DecryptError::InvalidHeader));
        }
        // Another's stanza does not open: the next one may be ours.
        self.unwrap(enc, &stanza.body).map(Ok)
    }
}
