//! Getting a period's tokens from the service (spec §11.3).

use std::path::Path;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use cowl_core::{
    Credential, Epoch, Membership, SignedManifest,
    exchange::{Pending, Purpose, REQUEST_LEN, Request, ServicePublicKey},
    tokens::{Batch, TokenAnswer, TokenPeriod},
};

use super::{TokensError, Wallet};
use crate::random::SystemRng;

/// Separates the moment of asking from all else that may come of a member secret.
const CONTEXT: &[u8] = b"cowl tokens moment v1";

/// Tokens on their way. It has no connection: each [`Self::request`] is carried to the service by whoever can, its answer given to
/// [`Self::take`].
#[derive(Debug)]
pub struct Fetch {
    wallet: Wallet,
    membership: Membership,
    manifest: SignedManifest,
    service: ServicePublicKey,
    batch: Batch,
    pending: Option<Pending>,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The operation gives out none, or this manifest does not know of any yet.
    #[error("the operation's manifest names no tokens to ask for")]
    NoTokens,
    /// The credential is of a time before there was renewal.
    #[error("this credential is from before there was renewal: enrol the member again")]
    NoMembership,
    /// The member was revoked.
    #[error("this member was revoked: there are no tokens for it")]
    Revoked,
    /// It got its tokens of this period before, and only once.
    #[error(
        "the tokens of this period were given out to this member already; the next ones come with the next period"
    )]
    Given,
    /// The service is in another period than the manifest.
    #[error("the service gives out tokens of another period: a newer manifest says of which")]
    OtherPeriod,
    /// What came was made with another key than everybody's, or makes no sense. Nothing of it is used.
    #[error("the service's answer is refused: {0}")]
    Nonsense(#[from] cowl_core::tokens::NotTheTokens),
    /// Somebody's junk, or nothing was asked: the answer can still come.
    #[error("not the answer")]
    NotTheAnswer,
    /// The wallet.
    #[error(transparent)]
    Tokens(#[from] TokensError),
}

impl Fetch {
    /// Begins to ask for the tokens of the manifest's period, for the credential in a file. `newest`: the newest manifest that is
    /// known.
    pub fn begin(
        path: &Path,
        credential: &Credential,
        newest: &SignedManifest,
        rng: &mut SystemRng,
    ) -> Result<Self, FetchError> {
        let membership = credential.membership.clone().ok_or(FetchError::NoMembership)?;
        let (Some(period), Some(policy)) = (newest.tokens, newest.policy.tokens) else {
            return Err(FetchError::NoTokens);
        };
        let service = newest.service.clone().ok_or(FetchError::NoTokens)?;
        let wallet = Wallet::of(path, newest.operation);
        let batch = wallet.batch(&period, policy.per_batch, rng)?.ok_or(FetchError::NoTokens)?;
        Ok(Self { wallet, membership, manifest: newest.clone(), service, batch, pending: None })
    }

    /// Whether it is time to ask, in epoch `now`: where nothing is left, or only what nobody takes any more, at once; else at a moment
    /// in the first half of the period that only this member can know, so that asking does not stand beside sending.
    pub fn is_due(
        path: &Path,
        credential: &Credential,
        newest: &SignedManifest,
        now: Epoch,
    ) -> Result<bool, TokensError> {
        let (Some(membership), Some(period)) = (&credential.membership, newest.tokens) else {
            return Ok(false);
        };
        if newest.policy.tokens.is_none() || newest.service.is_none() {
            return Ok(false);
        }
        let wallet = Wallet::of(path, newest.operation);
        if !wallet.lacks(&period)? {
            return Ok(false);
        }
        let holding = wallet.holding()?;
        // Off for long: what it has is of a period before the last one.
        let is_old = holding.period.is_some_and(|held| held.saturating_add(1) < period.number);
        Ok(is_old || holding.left <= holding.reserve || now >= moment(membership, &period))
    }

    /// The next request: sealed anew in each call, for the same tokens. An answer to an earlier one is not taken any more.
    pub fn request(&mut self, rng: &mut SystemRng) -> Result<Vec<u8>, FetchError> {
        let request = Request {
            operation: self.manifest.operation,
            purpose: Purpose::TOKENS,
            who: self.membership.id.0,
            proof: &self.membership.secret,
            body: &self.batch.request(self.membership.step).to_bytes(),
        };
        let sealed = request.seal(&self.service, REQUEST_LEN, rng);
        let (bytes, pending) = sealed.map_err(|_| FetchError::NoTokens)?;
        self.pending = Some(pending);
        Ok(bytes)
    }

    /// Takes an answer: the wallet holds the tokens, durably, when this returns. How many.
    pub fn take(&mut self, answer: &[u8]) -> Result<usize, FetchError> {
        let pending = self.pending.as_ref().ok_or(FetchError::NotTheAnswer)?;
        let body = pending.open(answer).map_err(|_| FetchError::NotTheAnswer)?;
        self.pending = None;
        let period = self.batch.period();
        match TokenAnswer::from_bytes(&body).ok_or(cowl_core::tokens::NotTheTokens)? {
            TokenAnswer::Granted(granted) => {
                let tokens = self.batch.take(&granted)?;
                self.wallet.put(period, &tokens)?;
                Ok(tokens.len())
            }
            TokenAnswer::Revoked => {
                self.wallet.note_refused(period)?;
                Err(FetchError::Revoked)
            }
            TokenAnswer::Given => {
                self.wallet.note_refused(period)?;
                Err(FetchError::Given)
            }
            TokenAnswer::OtherPeriod => Err(FetchError::OtherPeriod),
        }
    }

    /// The manifest that it asks by.
    pub const fn manifest(&self) -> &SignedManifest {
        &self.manifest
    }
}

/// The epoch in which a member asks for a period's tokens.
fn moment(membership: &Membership, period: &TokenPeriod) -> Epoch {
    let message = [CONTEXT, &period.number.to_be_bytes()].concat();
    let tag = sign(&Key::new(HMAC_SHA256, membership.secret.expose()), &message);
    let fraction = tag.as_ref().first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes));
    let half = u64::from(period.last.0 - period.from.0) / 2;
    let wait = ((half + 1) * u64::from(fraction)) >> 16;
    period.from.plus(u32::try_from(wait).unwrap_or(0))
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
