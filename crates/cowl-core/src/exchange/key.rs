//! The service's key pair: X-Wing with HKDF-SHA256 and ChaCha20-Poly1305, as walk-ins use (spec §9.1).

use alloc::vec::Vec;
use core::fmt;

use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305,
    kdf::HkdfSha256,
};
use minicbor::{Decode, Decoder, Encode, Encoder};
use rand_core::CryptoRng;

use super::ExchangeError;
use crate::{
    OperationId, Secret,
    schedule::{EXCHANGE_ANSWER, EXCHANGE_CONTEXT},
};

/// Bytes of an encapsulated key.
pub(super) const ENC_LEN: usize = 1_120;
/// Bytes of a public key.
pub(crate) const PUBLIC_LEN: usize = 1_216;

type Kem = hpke::kem::XWing;
pub(super) type SenderContext = hpke::aead::AeadCtxS<ChaCha20Poly1305, HkdfSha256, Kem>;
pub(super) type ReceiverContext = hpke::aead::AeadCtxR<ChaCha20Poly1305, HkdfSha256, Kem>;

/// The service's private key: X-Wing's 32-byte decapsulation key. It opens requests and, with what the asker must know,
/// answers; no report.
#[derive(Clone, Encode, Decode)]
#[cbor(transparent)]
pub struct ServiceKey(#[n(0)] Secret);

impl ServiceKey {
    /// Takes the 32 bytes that the authority drew.
    pub const fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes, for the authority's files and its shares.
    pub const fn secret(&self) -> &Secret {
        &self.0
    }

    /// The public key, for the manifest. `None` only if the library refused 32 bytes.
    pub fn public(&self) -> Option<ServicePublicKey> {
        let private = <Kem as hpke::Kem>::PrivateKey::from_bytes(self.0.expose()).ok()?;
        Some(ServicePublicKey(Kem::sk_to_pk(&private).to_bytes().to_vec()))
    }

    pub(super) fn open(&self, operation: OperationId, enc: &[u8]) -> Option<ReceiverContext> {
        let private = <Kem as hpke::Kem>::PrivateKey::from_bytes(self.0.expose()).ok()?;
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc).ok()?;
        hpke::setup_receiver(&OpModeR::Base, &private, &enc, &info(operation)).ok()
    }
}

/// The service's public key: 1,216 bytes in the manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServicePublicKey(Vec<u8>);

impl ServicePublicKey {
    /// The bytes as RFC 9180's `SerializePublicKey` gives them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn seal(
        &self,
        operation: OperationId,
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, SenderContext), ExchangeError> {
        let key = <Kem as hpke::Kem>::PublicKey::from_bytes(&self.0).map_err(|_| ExchangeError::NoKey)?;
        let made: Result<(_, SenderContext), _> =
            hpke::setup_sender_with_rng(&OpModeS::Base, &key, &info(operation), rng);
        let (enc, context) = made.map_err(|_| ExchangeError::NoKey)?;
        Ok((enc.to_bytes().to_vec(), context))
    }
}

/// The secret that both sides of an exchange export (RFC 9180 §5.3).
pub(super) fn exported(
    export: impl FnOnce(&[u8], &mut [u8]) -> Result<(), hpke::HpkeError>,
) -> Option<Secret> {
    let mut secret = Secret::new([0; 32]);
    export(EXCHANGE_ANSWER, secret.expose_mut()).ok().map(|()| secret)
}

fn info(operation: OperationId) -> Vec<u8> {
    [EXCHANGE_CONTEXT, operation.0.as_slice()].concat()
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey(…)")
    }
}

impl<C> Encode<C> for ServicePublicKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for ServicePublicKey {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Self(d.bytes()?.to_vec()))
    }
}
