//! Sealing the custody part of one message.

use core::fmt;

use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    Context, CustodyKey,
    group::{self, LEN},
};
use crate::{
    Header, ReportId, Secret,
    schedule::{self, CUSTODY_NUMBER, CUSTODY_PROOF},
    siv::{AUTH_LEN, NONCE_LEN, SivKey},
};

/// In front of the body: policy version, length.
pub(super) const HEAD_LEN: usize = 6;
/// In front of the ciphertext: the ephemeral element, the proof's challenge and response.
pub(super) const PROOF_END: usize = 3 * LEN;
/// Bytes of a custody part beyond its body.
pub const CUSTODY_OVERHEAD: usize = PROOF_END + HEAD_LEN + AUTH_LEN;
/// A key serves one message only, so its nonce need not differ.
pub(super) const NONCE: [u8; NONCE_LEN] = [0; NONCE_LEN];

/// The body is longer than the custody part has room for, or there is no room for a part at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

/// Seals custody parts to the custodians; where there are none yet, to nobody, and nothing tells the difference.
#[derive(Clone, Copy)]
pub(crate) struct CustodySealer(Option<RistrettoPoint>);

impl CustodySealer {
    /// To a custodians' key, which was checked when it was read; to nobody before there is one.
    pub(crate) fn to(key: Option<&CustodyKey>) -> Self {
        Self(key.and_then(CustodyKey::element))
    }

    /// Fills `part`, all of it, with what seals `body` for this one message.
    ///
    /// The secret numbers come of the generator *and* of all that is sealed: a generator that repeats itself, after a copy of
    /// a machine, does not give one number to two messages, which would give it away.
    pub(crate) fn seal(
        &self,
        context: &Context,
        header: &Header,
        body: &[u8],
        part: &mut [u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(), NoRoom> {
        let mut seed = Zeroizing::new([0; LEN]);
        rng.fill_bytes(seed.as_mut_slice());
        let number = |purpose: &[u8]| {
            let fields = [purpose, seed.as_slice(), context.bytes(), &header.report.0, body];
            Zeroizing::new(group::hash(CUSTODY_NUMBER, &fields))
        };
        let to = self.0.unwrap_or_else(|| RistrettoPoint::mul_base(&number(b"nobody")));
        let secret = number(b"ephemeral");
        let ephemeral = RistrettoPoint::mul_base(&secret).compress().0;
        let shared = Zeroizing::new((to * *secret).compress().0);
        let key = message_key(&shared, &to.compress().0, &ephemeral, header.report, context);

        let (front, sealed) = part.split_at_mut_checked(PROOF_END).ok_or(NoRoom)?;
        let (text, auth) = sealed.split_last_chunk_mut::<AUTH_LEN>().ok_or(NoRoom)?;
        write_text(header, body, text)?;
        *auth = SivKey::new(key.expose()).seal(&NONCE, &[], text).map_err(|_| NoRoom)?;

        let nonce = number(b"proof");
        let commitment = RistrettoPoint::mul_base(&nonce);
        let challenge = proof_challenge(&ephemeral, &commitment, context, sealed);
        let response = *nonce + challenge * *secret;
        let fields = [ephemeral, challenge.to_bytes(), response.to_bytes()];
        front.copy_from_slice(fields.as_flattened());
        Ok(())
    }
}

impl fmt::Debug for CustodySealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustodySealer(to {})", if self.0.is_some() { "custodians" } else { "nobody" })
    }
}

/// The key of one message's custody part. The report id is known to those only who opened a part of the message: custodians
/// alone open nothing, and no message can borrow another's custody part (spec §4.6).
pub(super) fn message_key(
    shared: &[u8; LEN],
    public: &[u8; LEN],
    ephemeral: &[u8; LEN],
    report: ReportId,
    context: &Context,
) -> Secret {
    schedule::custody_key(shared, &[public, ephemeral, &report.0, context.bytes()])
}

/// Whether a part's maker knew its secret number, and made it for this message.
pub(super) fn is_proven(part: &[u8], context: &Context) -> bool {
    let parsed = || {
        let (ephemeral, rest) = part.split_first_chunk::<LEN>()?;
        let (challenge, rest) = rest.split_first_chunk::<LEN>()?;
        let (response, sealed) = rest.split_first_chunk::<LEN>()?;
        let point = group::element(ephemeral).ok()?;
        Some((ephemeral, point, group::scalar(challenge)?, group::scalar(response)?, sealed))
    };
    parsed().is_some_and(|(ephemeral, point, challenge, response, sealed)| {
        let commitment = RistrettoPoint::mul_base(&response) - point * challenge;
        proof_challenge(ephemeral, &commitment, context, sealed) == challenge
    })
}

fn proof_challenge(
    ephemeral: &[u8; LEN],
    commitment: &RistrettoPoint,
    context: &Context,
    sealed: &[u8],
) -> Scalar {
    group::hash(CUSTODY_PROOF, &[ephemeral, &commitment.compress().0, context.bytes(), sealed])
}

fn write_text(header: &Header, body: &[u8], text: &mut [u8]) -> Result<(), NoRoom> {
    let length = u16::try_from(body.len()).map_err(|_| NoRoom)?;
    let (head, rest) = text.split_first_chunk_mut::<HEAD_LEN>().ok_or(NoRoom)?;
    let (into, padding) = rest.split_at_mut_checked(body.len()).ok_or(NoRoom)?;
    let (policy, stated) = head.split_at_mut(4);
    policy.copy_from_slice(&header.policy.0.to_be_bytes());
    stated.copy_from_slice(&length.to_be_bytes());
    into.copy_from_slice(body);
    padding.fill(0);
    Ok(())
}
