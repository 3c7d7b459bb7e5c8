//! The asker's side (spec §9.1, §9.2).

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{ExchangeError, Purpose, ServicePublicKey, incoming::Inside, key};
use crate::{
    OperationId, Secret, schedule,
    siv::{AUTH_LEN, SivKey},
};

/// What is asked of the service.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Of which operation.
    pub operation: OperationId,
    /// What for.
    pub purpose: Purpose,
    /// By which the service finds the secret: a member id, a ticket's id.
    pub who: [u8; 16],
    /// What the service knows of `who` and nobody else.
    pub proof: &'a Secret,
    /// The rest, as its purpose says.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// Seals it to the service, as `size` bytes: all requests of all purposes should have one size. It is not to be sent
    /// twice: the same bytes on two connections join them.
    pub fn seal(
        &self,
        service: &ServicePublicKey,
        size: usize,
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<u8>, Pending), ExchangeError> {
        let Self { operation, purpose, who, proof, body } = *self;
        let (mut sealed, mut context) = service.seal(operation, rng)?;
        let proof_tag = schedule::exchange_proof(proof, operation, purpose.0, &sealed, who, body);
        let room = size.checked_sub(sealed.len() + AUTH_LEN).ok_or(ExchangeError::TooLarge)?;
        let inside = Inside { purpose: purpose.0, who, proof: proof_tag, body: body.to_vec().into() };
        let text = inside.padded(room).ok_or(ExchangeError::TooLarge)?;
        let exported = key::exported(|label, out| context.export(label, out)).ok_or(ExchangeError::NoKey)?;
        sealed.extend(context.seal(&text, &[]).map_err(|_| ExchangeError::TooLarge)?);
        let key = schedule::exchange_answer_key(proof, &exported, operation, purpose.0, who);
        Ok((sealed, Pending { key }))
    }
}

/// Opens the answer to one request. Not to be stored: a request that was not answered is made anew.
pub struct Pending {
    key: Secret,
}

impl Pending {
    /// Opens the answer. What is refused may be somebody's junk: the answer can still come.
    pub fn open(&self, answer: &[u8]) -> Result<Zeroizing<Vec<u8>>, ExchangeError> {
        let mut sealed = Zeroizing::new(answer.to_vec());
        let text = SivKey::new(self.key.expose())
            .open(&NONCE, schedule::EXCHANGE_ANSWER, &mut sealed)
            .map_err(|_| ExchangeError::Refused)?;
        let (length, rest) = text.split_first_chunk::<4>().ok_or(ExchangeError::Refused)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| ExchangeError::Refused)?;
        let (body, padding) = rest.split_at_checked(length).ok_or(ExchangeError::Refused)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(ExchangeError::Refused);
        }
        Ok(Zeroizing::new(body.to_vec()))
    }
}

/// The key is of one request; should the service answer it twice, the AEAD forgives the nonce.
pub(super) const NONCE: [u8; 12] = [0; 12];

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending(…)")
    }
}
