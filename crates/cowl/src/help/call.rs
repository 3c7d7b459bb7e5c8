//! What a responder says to the operation's service.

use cowl_core::{
    Credential, HelpAnswer, HelpKey, HelpRequest, Member, Membership, SignedManifest,
    exchange::{Pending, Purpose, REQUEST_LEN, Request, ServicePublicKey},
};

use crate::random::SystemRng;

/// A responder's word that help is coming, on its way. It has no connection: each [`Self::request`] is carried to the service by
/// whoever can, its answer given to [`Self::take`].
#[derive(Debug)]
pub struct HelpCall {
    membership: Membership,
    manifest: SignedManifest,
    service: ServicePublicKey,
    keys: Vec<HelpKey>,
    pending: Option<Pending>,
}

/// Why it could not be said.
#[derive(Debug, thiserror::Error)]
pub enum HelpError {
    /// The credential is of something else.
    #[error("only a responder can say that help is coming")]
    NotAResponder,
    /// The credential is of a time before there was an exchange.
    #[error("this credential is from before there was an exchange with the service: enrol the member again")]
    NoMembership,
    /// The manifest names no service.
    #[error("the operation's manifest names no service to ask")]
    NoService,
    /// Nothing, or too much at once.
    #[error("help is said to be coming to 1 to {} reports at once", HelpRequest::MOST)]
    Count,
    /// The answer opened and is none.
    #[error("the service's answer makes no sense")]
    Nonsense,
    /// Somebody's junk, or nothing was asked: the answer can still come.
    #[error("not the answer")]
    NotTheAnswer,
}

impl HelpCall {
    /// Says of these reports that help is coming. `newest` is the newest manifest that is known, if one is newer than the
    /// credential's.
    pub fn new(
        credential: &Credential,
        newest: Option<&SignedManifest>,
        keys: Vec<HelpKey>,
    ) -> Result<Self, HelpError> {
        if !matches!(credential.member, Member::Responder(_)) {
            return Err(HelpError::NotAResponder);
        }
        if !(1..=HelpRequest::MOST).contains(&keys.len()) {
            return Err(HelpError::Count);
        }
        let membership = credential.membership.clone().ok_or(HelpError::NoMembership)?;
        let known = &credential.manifest;
        let newer =
            newest.filter(|newest| newest.operation == known.operation && newest.version >= known.version);
        let manifest = newer.unwrap_or(known).clone();
        let service = manifest.service.clone().ok_or(HelpError::NoService)?;
        Ok(Self { membership, manifest, service, keys, pending: None })
    }

    /// The request: other bytes in each call, as the same ones on two connections would join them.
    pub fn request(&mut self, rng: &mut SystemRng) -> Result<Vec<u8>, HelpError> {
        let said = HelpRequest { step: self.membership.step, keys: self.keys.clone() };
        let request = Request {
            operation: self.manifest.operation,
            purpose: Purpose::HELP,
            who: self.membership.id.0,
            proof: &self.membership.secret,
            body: &zeroize::Zeroizing::new(said.to_bytes()),
        };
        let (bytes, pending) =
            request.seal(&self.service, REQUEST_LEN, rng).map_err(|_| HelpError::NoService)?;
        self.pending = Some(pending);
        Ok(bytes)
    }

    /// Takes an answer.
    pub fn take(&mut self, answer: &[u8]) -> Result<HelpAnswer, HelpError> {
        let pending = self.pending.as_ref().ok_or(HelpError::NotTheAnswer)?;
        let body = pending.open(answer).map_err(|_| HelpError::NotTheAnswer)?;
        self.pending = None;
        HelpAnswer::from_bytes(&body).ok_or(HelpError::Nonsense)
    }

    /// The manifest that it asks by.
    pub const fn manifest(&self) -> &SignedManifest {
        &self.manifest
    }
}
