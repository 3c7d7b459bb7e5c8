//! A custodian's answer to a request: his partial result, and a proof that it is right (Chaum and Pedersen 1992).

use alloc::vec::Vec;

use curve25519_dalek::{RistrettoPoint, Scalar};
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    CustodyKey, CustodyShare, RequestId, SignedRequest,
    group::{self, LEN},
};
use crate::schedule::{CUSTODY_NUMBER, CUSTODY_PARTIAL};

/// What a partial result's file begins with.
const MAGIC: &[u8] = b"cowl glass partial 1\n";
/// No file of one is longer.
const MAX_LEN: usize = 512;
/// How far a custodian's clock may be behind the one that a request was made by, in seconds.
const SKEW: u64 = 86_400;

/// Why a custodian's machine does not answer a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Of another operation than the share.
    #[error("the request is of another operation")]
    OtherOperation,
    /// To custodians of another key.
    #[error("the request is to custodians of another key")]
    OtherKey,
    /// Its time is over.
    #[error("the request has expired")]
    Expired,
    /// It was made after now: the clock here is behind, and could not see that a request has expired.
    #[error("the request was made later than this machine's clock says it is")]
    ClockBehind,
    /// What is to be opened was not made for the message that it is said to be of.
    #[error("what is to be opened does not belong to a message of this operation")]
    NotProven,
}

/// Why bytes are no partial result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartialError {
    /// They do not begin as one.
    #[error("not a partial result of a custodian")]
    NotAPartial,
    /// They begin as one and do not go on as one.
    #[error("a damaged or cut-off partial result")]
    Malformed,
}

/// One custodian's answer to one request. Opens nothing alone, and nothing but the message of that request.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Partial {
    #[n(0)]
    request: RequestId,
    #[n(1)]
    custodian: u8,
    #[cbor(n(2), with = "minicbor::bytes")]
    result: [u8; LEN],
    #[cbor(n(3), with = "minicbor::bytes")]
    challenge: [u8; LEN],
    #[cbor(n(4), with = "minicbor::bytes")]
    response: [u8; LEN],
}

impl CustodyShare {
    /// Answers a request, once the custodian has read who asks for what and why, and agreed. `now` in Unix seconds.
    pub fn answer(
        &self,
        request: &SignedRequest,
        key: &CustodyKey,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Partial, AnswerError> {
        request.check_answerable(key, now)?;
        let secret = self.scalar().ok_or(AnswerError::OtherKey)?;
        let (ephemeral, point) = request.envelope.ephemeral().ok_or(AnswerError::NotProven)?;
        let mine = RistrettoPoint::mul_base(&secret).compress().0;
        let result = (point * *secret).compress().0;

        let mut seed = Zeroizing::new([0; LEN]);
        rng.fill_bytes(seed.as_mut_slice());
        let fields =
            [b"answer".as_slice(), seed.as_slice(), self.secret().expose(), &request.id().0, ephemeral];
        let nonce = Zeroizing::new(group::hash(CUSTODY_NUMBER, &fields));
        let statement =
            Statement { request, key, number: self.number(), mine: &mine, ephemeral, result: &result };
        let challenge = statement.challenge(&RistrettoPoint::mul_base(&nonce), &(point * *nonce));
        let response = *nonce + challenge * *secret;
        Ok(Partial {
            request: request.id(),
            custodian: self.number(),
            result,
            challenge: challenge.to_bytes(),
            response: response.to_bytes(),
        })
    }
}

impl SignedRequest {
    /// Whether this request is one that custodians of `key` may answer at `now`.
    pub fn check_answerable(&self, key: &CustodyKey, now: u64) -> Result<(), AnswerError> {
        if self.custodians != key.public() {
            Err(AnswerError::OtherKey)
        } else if now.saturating_add(SKEW) < self.made {
            Err(AnswerError::ClockBehind)
        } else if now >= self.expires {
            Err(AnswerError::Expired)
        } else if !self.envelope.is_proven() {
            Err(AnswerError::NotProven)
        } else {
            Ok(())
        }
    }
}

impl Partial {
    /// Reads a custodian's file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PartialError> {
        let content = bytes.strip_prefix(MAGIC).ok_or(PartialError::NotAPartial)?;
        if bytes.len() > MAX_LEN {
            return Err(PartialError::Malformed);
        }
        let mut d = minicbor::Decoder::new(content);
        let partial = d.decode().map_err(|_| PartialError::Malformed)?;
        if d.position() == content.len() { Ok(partial) } else { Err(PartialError::Malformed) }
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        // Writing to memory does not fail.
        bytes.extend(minicbor::to_vec(self).unwrap_or_default());
        bytes
    }

    /// The number of the custodian whose answer it says it is; true once it is verified.
    pub const fn custodian(&self) -> u8 {
        self.custodian
    }

    /// The request that it says it answers; true once it is verified.
    pub const fn request(&self) -> RequestId {
        self.request
    }

    /// The partial result, if the proof holds: that one number makes both the custodian's public share of the generator and
    /// this result of the message's element, for this request.
    pub(super) fn verified(&self, request: &SignedRequest, key: &CustodyKey) -> Option<RistrettoPoint> {
        let mine = key.of_custodian(self.custodian)?;
        let (ephemeral, point) = request.envelope.ephemeral()?;
        let result = group::element(&self.result).ok()?;
        let (challenge, response) = (group::scalar(&self.challenge)?, group::scalar(&self.response)?);
        let (of_base, of_point) =
            (RistrettoPoint::mul_base(&response) - mine * challenge, point * response - result * challenge);
        let statement = Statement {
            request,
            key,
            number: self.custodian,
            mine: &mine.compress().0,
            ephemeral,
            result: &self.result,
        };
        (statement.challenge(&of_base, &of_point) == challenge).then_some(result)
    }
}

/// What a proof is about.
struct Statement<'a> {
    request: &'a SignedRequest,
    key: &'a CustodyKey,
    number: u8,
    mine: &'a [u8; LEN],
    ephemeral: &'a [u8; LEN],
    result: &'a [u8; LEN],
}

impl Statement<'_> {
    fn challenge(&self, of_base: &RistrettoPoint, of_point: &RistrettoPoint) -> Scalar {
        let fields: [&[u8]; 8] = [
            &self.request.id().0,
            &self.key.public(),
            &[self.number],
            self.mine,
            self.ephemeral,
            self.result,
            &of_base.compress().0,
            &of_point.compress().0,
        ];
        group::hash(CUSTODY_PARTIAL, &fields)
    }
}
