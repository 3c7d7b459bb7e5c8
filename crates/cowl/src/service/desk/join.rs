//! Becoming a member with a ticket (spec §10.3).

use cowl_core::{
    Grant, JoinAnswer, JoinRequest,
    exchange::{ANSWER_OVERHEAD, Incoming},
};

use super::{At, Desk, NoAnswer};
use crate::operation::{Enrolled, JoinRefused, OperationError};

/// Bytes of the smallest answer to a ticket; larger ones are powers of two. Devices, responders and refusals are of this size.
const LEAST: usize = 128 << 10;

impl Desk {
    pub(super) fn join(&mut self, at: At<'_>, incoming: &Incoming) -> Result<Vec<u8>, NoAnswer> {
        let At { operation, now, rng, .. } = at;
        let JoinRequest { token, machine } =
            JoinRequest::from_bytes(incoming.body()).ok_or(NoAnswer::Refused)?;
        let authority = operation.manifest().authority().fingerprint();
        let id = token.id(authority);
        // The token proves itself; what must not be is an answer under another's name.
        let proven = incoming.prove(&token.proof(authority)).map_err(|_| NoAnswer::Refused)?;
        if id != incoming.who() || !operation.knows_ticket(id) {
            return Err(NoAnswer::Refused);
        }
        if !self.answered.take(now) {
            return Err(NoAnswer::Limited);
        }
        let answer = match operation.join(&token, &machine, now, rng) {
            Ok(Some(Ok(Enrolled { credential, first, .. }))) => {
                let grant = Grant { first, credential }.to_bytes().map_err(|_| NoAnswer::Refused)?;
                JoinAnswer::Granted(grant)
            }
            Ok(Some(Err(JoinRefused::Used))) => JoinAnswer::Used,
            Ok(Some(Err(JoinRefused::Expired))) => JoinAnswer::Expired,
            Ok(Some(Err(JoinRefused::Revoked))) => JoinAnswer::Revoked,
            Err(OperationError::Full(_)) => JoinAnswer::Full,
            Ok(None) => return Err(NoAnswer::Refused),
            Err(error) => {
                self.trouble = Some(error);
                return Err(NoAnswer::Refused);
            }
        };
        self.counts.joined += u64::from(matches!(answer, JoinAnswer::Granted(_)));
        let bytes = answer.to_bytes();
        let size = (bytes.len() + ANSWER_OVERHEAD).max(LEAST);
        let size = size.checked_next_power_of_two().ok_or(NoAnswer::Refused)?;
        proven.answer(&bytes, size).map_err(|_| NoAnswer::Refused)
    }

    /// Why somebody could not be let in, if that was the operation's fault; told once.
    pub fn take_trouble(&mut self) -> Option<OperationError> {
        self.trouble.take()
    }
}
