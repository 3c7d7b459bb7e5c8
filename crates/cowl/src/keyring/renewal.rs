//! Keys of further epochs, without a new credential (spec §9.3): what a member asks the operation's service, and how the
//! answer gets into its file.

use std::path::{Path, PathBuf};

use cowl_core::{
    Credential, Epoch, Member, Membership, RenewalAnswer, RenewalRequest, RenewedKeys, SignedManifest,
    exchange::{Pending, Purpose, REQUEST_LEN, Request, ServicePublicKey},
};

use super::{KeyringError, store};
use crate::random::SystemRng;

/// Parts that the keys of one member can come in: 20 GB.
const MOST_PARTS: u32 = 160_000;

/// A renewal on its way. It has no connection: each [`Self::request`] is carried to the service by whoever can, its answer
/// given to [`Self::take`].
///
/// Nothing is written before all parts are there, and then everything at once: after a crash at any instant the file holds the
/// old keys with the old secret or the new ones with the new. The service takes the old secret until the new one was used.
#[derive(Debug)]
pub struct Renewal {
    path: PathBuf,
    instance: [u8; 16],
    membership: Membership,
    manifest: SignedManifest,
    service: ServicePublicKey,
    parts: Vec<RenewedKeys>,
    pending: Option<Pending>,
}

/// How far a renewal is.
#[derive(Debug)]
pub enum Progress {
    /// There are more parts: make the next [`Renewal::request`].
    More,
    /// The credential file holds the new keys.
    Done(Renewed),
}

/// What a renewal brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewed {
    /// The generation of the keys.
    pub generation: u32,
    /// The last epoch that there are keys for; `None` for a responder, whose keys come with bundles.
    pub last_epoch: Option<Epoch>,
}

/// Why there are no new keys. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// The member was revoked.
    #[error("this member was revoked: there are no further keys for it")]
    Revoked,
    /// The credential is of a time before there was renewal.
    #[error("this credential is from before there was renewal: enrol the member again")]
    NoMembership,
    /// The manifest names no service.
    #[error("the operation's manifest names no service to ask")]
    NoService,
    /// The answer opened and is none to a renewal of this member.
    #[error("the service's answer makes no sense for this credential")]
    Nonsense,
    /// Somebody's junk, or nothing was asked: the answer can still come.
    #[error("not the answer")]
    NotTheAnswer,
    /// The credential's file.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl Renewal {
    /// Begins a renewal of a credential file. `newest` is the newest manifest that is known, if one is newer than the file's.
    pub fn begin(path: &Path, newest: Option<&SignedManifest>) -> Result<Self, RenewalError> {
        let credential = store::load_credential(path)?;
        Self::of(path, &credential, newest)
    }

    /// The same for a credential that was read already.
    pub fn of(
        path: &Path,
        credential: &Credential,
        newest: Option<&SignedManifest>,
    ) -> Result<Self, RenewalError> {
        let membership = credential.membership.clone().ok_or(RenewalError::NoMembership)?;
        let known = &credential.manifest;
        let newer =
            newest.filter(|newest| newest.operation == known.operation && newest.version >= known.version);
        let manifest = newer.unwrap_or(known).clone();
        let service = manifest.service.clone().ok_or(RenewalError::NoService)?;
        Ok(Self {
            path: path.to_owned(),
            instance: credential.instance,
            membership,
            manifest,
            service,
            parts: Vec::new(),
            pending: None,
        })
    }

    /// The next request: other bytes in each call, as the same ones on two connections would join them. An answer to an
    /// earlier one is not taken any more.
    pub fn request(&mut self, rng: &mut SystemRng) -> Result<Vec<u8>, RenewalError> {
        let asked = RenewalRequest {
            step: self.membership.step,
            part: u32::try_from(self.parts.len()).unwrap_or(u32::MAX),
            from: self.parts.first().map(|part| part.from),
        };
        let request = Request {
            operation: self.manifest.operation,
            purpose: Purpose::RENEWAL,
            who: self.membership.id.0,
            proof: &self.membership.secret,
            body: &asked.to_bytes(),
        };
        let (bytes, pending) =
            request.seal(&self.service, REQUEST_LEN, rng).map_err(|_| RenewalError::NoService)?;
        self.pending = Some(pending);
        Ok(bytes)
    }

    /// Takes an answer. With the last part the file is written, durably when this returns.
    pub fn take(&mut self, answer: &[u8]) -> Result<Progress, RenewalError> {
        let pending = self.pending.as_ref().ok_or(RenewalError::NotTheAnswer)?;
        let body = pending.open(answer).map_err(|_| RenewalError::NotTheAnswer)?;
        self.pending = None;
        let part = match RenewalAnswer::from_bytes(&body).ok_or(RenewalError::Nonsense)? {
            RenewalAnswer::Revoked => return Err(RenewalError::Revoked),
            RenewalAnswer::Keys(part) => part,
        };
        let first = self.parts.first().unwrap_or(&part);
        if (part.from, part.parts, part.generation) != (first.from, first.parts, first.generation)
            || part.parts == 0
            || part.parts > MOST_PARTS
        {
            self.parts.clear();
            return Err(RenewalError::Nonsense);
        }
        let parts = part.parts;
        self.parts.push(part);
        if self.parts.len() < usize::try_from(parts).unwrap_or(usize::MAX) {
            return Ok(Progress::More);
        }
        self.store().map(Progress::Done)
    }

    /// How many parts there are, as far as it is known, and how many came.
    pub fn parts(&self) -> (usize, Option<u32>) {
        (self.parts.len(), self.parts.first().map(|part| part.parts))
    }

    /// Begins anew with the first part: the service stands in another epoch now.
    pub fn start_over(&mut self) {
        self.parts.clear();
        self.pending = None;
    }

    /// The manifest that it asks by.
    pub const fn manifest(&self) -> &SignedManifest {
        &self.manifest
    }

    fn store(&mut self) -> Result<Renewed, RenewalError> {
        let parts = std::mem::take(&mut self.parts);
        let (step, newest) = (self.membership.step, &self.manifest);
        let (credential, taken) = store::update(&self.path, self.instance, |file| {
            // Another process was faster: its keys are as good.
            if file.membership.as_ref().is_none_or(|membership| membership.step != step) {
                return Ok(true);
            }
            if file.manifest.version < newest.version {
                file.manifest = newest.clone();
            }
            Ok(file.renew(parts).is_ok())
        })?;
        if !taken {
            return Err(RenewalError::Nonsense);
        }
        if let Some(membership) = &credential.membership {
            self.membership = membership.clone();
        }
        Ok(Renewed { generation: credential.generation, last_epoch: last_epoch(&credential.member) })
    }
}

/// The last epoch that a sender has keys for.
pub(super) fn last_epoch(member: &Member) -> Option<Epoch> {
    let range = match member {
        Member::Device(keyring) => keyring.range(),
        Member::Gateway(keyrings) | Member::Relay { identities: keyrings, .. } => keyrings.first()?.range(),
        Member::Responder(_) => None,
    };
    range.map(|(_, last)| last)
}

#[cfg(test)]
#[path = "renewal_tests.rs"]
mod tests;
