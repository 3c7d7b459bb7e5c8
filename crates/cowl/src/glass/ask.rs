//! Asking custodians: who, why, until when.

use cowl_core::{Manifest, custody::GlassRequest};

use super::{DEFAULT_LIFE, GlassError, KeptPart};
use crate::random::SystemRng;

/// What whoever asks says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Who asks.
    pub requester: String,
    /// Why.
    pub reason: String,
    /// For how long custodians may answer, in seconds.
    pub life: u64,
}

impl Ask {
    /// Who asks and why, for a day.
    pub const fn new(requester: String, reason: String) -> Self {
        Self { requester, reason, life: DEFAULT_LIFE }
    }

    /// A request for this part, not signed yet: for [`crate::operation::Operation::sign_request`], here or where the
    /// authority is. `now` in Unix seconds.
    pub fn draft(
        &self,
        manifest: &Manifest,
        part: &KeptPart,
        now: u64,
        rng: &mut SystemRng,
    ) -> Result<GlassRequest, GlassError> {
        let key = manifest.custody.as_ref().ok_or(GlassError::NoCustodians)?;
        let request = GlassRequest {
            envelope: part.envelope.clone(),
            custodians: key.public(),
            about: part.about.clone(),
            requester: self.requester.clone(),
            reason: self.reason.clone(),
            made: now,
            expires: now.saturating_add(self.life),
            number: rng.id(),
        };
        request.check()?;
        Ok(request)
    }
}
