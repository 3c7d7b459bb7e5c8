//! Opening one message with the answers of enough custodians.

use alloc::vec::Vec;
use core::fmt;

use curve25519_dalek::{RistrettoPoint, Scalar, traits::Identity as _};
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    AnswerError, CustodyKey, Partial, SignedRequest,
    group::LEN,
    sealing::{self, HEAD_LEN},
};
use crate::{PolicyVersion, siv::SivKey};

/// Why custodians' answers do not open a message. A custodian is named by his number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CombineError {
    /// The request is none that may be answered.
    #[error(transparent)]
    Request(#[from] AnswerError),
    /// There are not enough answers.
    #[error("{have} of the {need} custodians that it takes have answered")]
    TooFew {
        /// Answers.
        have: usize,
        /// That it takes.
        need: u8,
    },
    /// A number that no custodian has.
    #[error("there is no custodian {0}")]
    NoCustodian(u8),
    /// An answer to another request.
    #[error("the answer of custodian {0} is to another request")]
    OtherRequest(u8),
    /// Two answers of one custodian.
    #[error("custodian {0} is there twice")]
    Twice(u8),
    /// The proof does not hold: not made with his share, or altered.
    #[error("the answer of custodian {0} is not made with that custodian's share")]
    Forged(u8),
    /// All answers are right, and nothing opens: the report is another one, or its maker sealed nothing to these custodians.
    #[error("it does not open: it was not sealed to these custodians for this report")]
    NotAuthentic,
}

/// Enough right answers to one request. The plaintext is not there yet: write down that it will be, then [`Self::open`].
pub struct Combined<'a> {
    request: &'a SignedRequest,
    public: [u8; LEN],
    shared: Zeroizing<[u8; LEN]>,
    custodians: Vec<u8>,
}

/// What a custody part said. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct CustodyOpened {
    /// The policy by which it was reduced.
    pub policy: PolicyVersion,
    /// The encoded body, for [`crate::Body::decode_custody`]; empty in cover.
    pub body: Vec<u8>,
}

impl SignedRequest {
    /// Verifies the answers, every one that is given, and puts them together. `now` in Unix seconds.
    pub fn combine(
        &self,
        key: &CustodyKey,
        partials: &[Partial],
        now: u64,
    ) -> Result<Combined<'_>, CombineError> {
        self.check_answerable(key, now)?;
        let mut results: Vec<(u8, RistrettoPoint)> = Vec::with_capacity(partials.len());
        for partial in partials {
            let number = partial.custodian();
            if !(1..=key.custodians()).contains(&number) {
                return Err(CombineError::NoCustodian(number));
            }
            if partial.request() != self.id() {
                return Err(CombineError::OtherRequest(number));
            }
            if results.iter().any(|(known, _)| *known == number) {
                return Err(CombineError::Twice(number));
            }
            let result = partial.verified(self, key).ok_or(CombineError::Forged(number))?;
            results.push((number, result));
        }
        if results.len() < usize::from(key.threshold()) {
            return Err(CombineError::TooFew { have: results.len(), need: key.threshold() });
        }
        let shared = Zeroizing::new(at_zero(&results).compress().0);
        let custodians = results.iter().map(|(number, _)| *number).collect();
        Ok(Combined { request: self, public: key.public(), shared, custodians })
    }
}

impl Combined<'_> {
    /// The numbers of the custodians whose answers were verified.
    pub fn custodians(&self) -> &[u8] {
        &self.custodians
    }

    /// The plaintext.
    pub fn open(self) -> Result<CustodyOpened, CombineError> {
        let envelope = &self.request.envelope;
        let (ephemeral, _) = envelope.ephemeral().ok_or(CombineError::NotAuthentic)?;
        let key = sealing::message_key(
            &self.shared,
            &self.public,
            ephemeral,
            envelope.report(),
            &envelope.context(),
        );
        let mut sealed = Zeroizing::new(envelope.sealed().to_vec());
        let text = SivKey::new(key.expose())
            .open(&sealing::NONCE, &[], &mut sealed)
            .map_err(|_| CombineError::NotAuthentic)?;
        read_text(text).ok_or(CombineError::NotAuthentic)
    }
}

impl fmt::Debug for Combined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Combined").field("custodians", &self.custodians).finish_non_exhaustive()
    }
}

impl Drop for CustodyOpened {
    fn drop(&mut self) {
        self.body.zeroize();
    }
}

impl fmt::Debug for CustodyOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustodyOpened").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Interpolates at 0 what the shares' polynomial is in the exponent of the message's element (Lagrange). Numbers are
/// distinct and public.
fn at_zero(results: &[(u8, RistrettoPoint)]) -> RistrettoPoint {
    let mut sum = RistrettoPoint::identity();
    for (number, result) in results {
        let at = Scalar::from(*number);
        let (mut above, mut below) = (Scalar::ONE, Scalar::ONE);
        for (other, _) in results.iter().filter(|(other, _)| other != number) {
            let other = Scalar::from(*other);
            above *= other;
            below *= other - at;
        }
        sum += result * (above * below.invert());
    }
    sum
}

/// Policy version, length, body; padding that is not zero is a channel that the policy does not know of.
fn read_text(text: &[u8]) -> Option<CustodyOpened> {
    let (head, rest) = text.split_first_chunk::<HEAD_LEN>()?;
    let [a, b, c, d, high, low] = *head;
    let (body, padding) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
    if padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    Some(CustodyOpened { policy: PolicyVersion(u32::from_be_bytes([a, b, c, d])), body: body.to_vec() })
}
