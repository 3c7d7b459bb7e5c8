//! The service's side (spec §9.1, §9.2).

use alloc::{vec, vec::Vec};
use core::fmt;

use minicbor::{Decode, Encode, bytes::ByteVec};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{ExchangeError, Purpose, ServiceKey, key, request::NONCE};
use crate::{
    OperationId, Secret, schedule,
    siv::{AUTH_LEN, SivKey},
};

/// A request's plaintext, before zeros up to its size.
#[derive(Encode, Decode)]
pub(super) struct Inside {
    #[n(0)]
    pub(super) purpose: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) who: [u8; 16],
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) proof: [u8; 32],
    #[n(3)]
    pub(super) body: ByteVec,
}

impl Inside {
    /// As CBOR with zeros up to a size; `None`: it does not fit.
    pub(super) fn padded(&self, size: usize) -> Option<Zeroizing<Vec<u8>>> {
        let mut text = Zeroizing::new(minicbor::to_vec(self).ok()?);
        (text.len() <= size).then(|| text.resize(size, 0))?;
        Some(text)
    }

    fn from_padded(text: &[u8]) -> Option<Self> {
        let mut decoder = minicbor::Decoder::new(text);
        let inside = decoder.decode().ok()?;
        let padding = text.get(decoder.position()..)?;
        padding.iter().all(|byte| *byte == 0).then_some(inside)
    }
}

/// A request that the service opened. Whoever has the manifest can make one: nothing is proven yet.
pub struct Incoming {
    operation: OperationId,
    inside: Inside,
    enc: Vec<u8>,
    exported: Secret,
}

impl Incoming {
    /// Opens a request: 0.2 ms.
    pub fn open(service: &ServiceKey, operation: OperationId, bytes: &[u8]) -> Result<Self, ExchangeError> {
        let (enc, sealed) = bytes.split_at_checked(key::ENC_LEN).ok_or(ExchangeError::Refused)?;
        let mut context = service.open(operation, enc).ok_or(ExchangeError::Refused)?;
        let text = Zeroizing::new(context.open(sealed, &[]).map_err(|_| ExchangeError::Refused)?);
        let inside = Inside::from_padded(&text).ok_or(ExchangeError::Refused)?;
        let exported =
            key::exported(|label, out| context.export(label, out)).ok_or(ExchangeError::Refused)?;
        Ok(Self { operation, inside, enc: enc.to_vec(), exported })
    }

    /// What is asked for.
    pub const fn purpose(&self) -> Purpose {
        Purpose(self.inside.purpose)
    }

    /// Who says to ask. Not proven.
    pub const fn who(&self) -> [u8; 16] {
        self.inside.who
    }

    /// What it says beyond that. Not proven.
    pub fn body(&self) -> &[u8] {
        &self.inside.body
    }

    /// Whether the asker knows this secret. For one that `who` does not name, try any other secret: the time taken is the
    /// same.
    pub fn prove(&self, secret: &Secret) -> Result<Proven, ExchangeError> {
        let Self { operation, inside, enc, exported } = self;
        let Inside { purpose, who, proof, body } = inside;
        let expected = schedule::exchange_proof(secret, *operation, *purpose, enc, *who, body);
        if !bool::from(expected.ct_eq(proof)) {
            return Err(ExchangeError::Refused);
        }
        Ok(Proven { key: schedule::exchange_answer_key(secret, exported, *operation, *purpose, *who) })
    }
}

/// A request of one who is known.
pub struct Proven {
    key: Secret,
}

impl Proven {
    /// Seals the answer, as `size` bytes. Deterministic: the same answer to the same request is the same bytes.
    pub fn answer(&self, body: &[u8], size: usize) -> Result<Vec<u8>, ExchangeError> {
        let room = size.checked_sub(AUTH_LEN).ok_or(ExchangeError::TooLarge)?;
        let length = u32::try_from(body.len()).map_err(|_| ExchangeError::TooLarge)?;
        let mut text = vec![0; room];
        let (front, rest) = text.split_first_chunk_mut::<4>().ok_or(ExchangeError::TooLarge)?;
        *front = length.to_be_bytes();
        rest.get_mut(..body.len()).ok_or(ExchangeError::TooLarge)?.copy_from_slice(body);
        let auth = SivKey::new(self.key.expose())
            .seal(&NONCE, schedule::EXCHANGE_ANSWER, &mut text)
            .map_err(|_| ExchangeError::TooLarge)?;
        text.extend_from_slice(&auth);
        Ok(text)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // What a ticket's holder says may be a key of his.
        zeroize::Zeroize::zeroize(&mut *self.body);
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("purpose", &self.purpose()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proven(…)")
    }
}
