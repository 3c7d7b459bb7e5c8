//! A custodian's side: sees a request, and answers it or not.

use std::path::{Path, PathBuf};

use cowl_core::custody::{CustodianShare, Partial, SignedRequest};

use super::{
    FILE_LIMIT, GlassError,
    answered::{Answered, One},
};
use crate::{files, random::SystemRng};

/// A custodian with his share.
#[derive(Debug)]
pub struct Custodian {
    path: PathBuf,
    share: CustodianShare,
}

impl Custodian {
    /// Opens a custodian's file.
    pub fn open(path: &Path) -> Result<Self, GlassError> {
        let bytes = files::read_secret(path, FILE_LIMIT)?;
        let share = CustodianShare::from_bytes(&bytes)
            .map_err(|source| GlassError::Share { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), share })
    }

    /// The file's contents.
    pub const fn share(&self) -> &CustodianShare {
        &self.share
    }

    /// Verifies a request, so that it can be shown: signed by this operation's authority, in time, and for something that
    /// belongs to a message of the operation. `now` in Unix seconds.
    pub fn read(&self, request: &[u8], now: u64) -> Result<SignedRequest, GlassError> {
        let request = SignedRequest::verify(request, self.share.authority)?;
        self.share.check(&request, now)?;
        Ok(request)
    }

    /// The request by which this custodian agreed to open the same message before, if it is another one.
    pub fn answered_before(&self, request: &SignedRequest) -> Result<Option<String>, GlassError> {
        let message = hex::encode(request.envelope.digest());
        let answered = Answered::load(&self.path)?;
        Ok(answered.other(&request.id().to_string(), &message).map(str::to_owned))
    }

    /// Answers a request, once the custodian has seen it and agreed. The same message by another request only if `again`.
    pub fn answer(
        &self,
        request: &SignedRequest,
        again: bool,
        now: u64,
        rng: &mut SystemRng,
    ) -> Result<Partial, GlassError> {
        if let Some(before) = self.answered_before(request)?.filter(|_| !again) {
            return Err(GlassError::AnsweredBefore(before));
        }
        let partial = self.share.answer(request, now, rng)?;
        let message = hex::encode(request.envelope.digest());
        let one = One { request: request.id().to_string(), message, at: now };
        // Written down before the answer can leave.
        Answered::load(&self.path)?.remember(one)?;
        Ok(partial)
    }
}
