//! Tokens to connect with (spec §11.3).

use cowl_core::{
    MemberId,
    exchange::{Incoming, answer_len},
    tokens::{TokenAnswer, TokenRequest},
};

use super::{At, Desk, NoAnswer, renewal::ahead};
use crate::tokens::Given;

/// Bytes of an answer beside the tokens.
const AROUND: usize = 96;

impl Desk {
    pub(super) fn tokens(&mut self, at: At<'_>, incoming: &Incoming) -> Result<Vec<u8>, NoAnswer> {
        let At { operation: authority, epoch, now, rng } = at;
        let id = MemberId(incoming.who());
        let asked = TokenRequest::from_bytes(incoming.body()).ok_or(NoAnswer::Refused)?;
        let operation = authority.manifest().operation;
        let entry = authority.member_of(id);
        let newest = self.newest(entry, id).and_then(|newest| ahead(newest, asked.step, operation));
        let (Some(entry), Some(membership)) = (entry.cloned(), newest) else {
            // As much work as for one who is there.
            let _ = incoming.prove(&self.nobody);
            return Err(NoAnswer::Refused);
        };
        let proven = incoming.prove(&membership.secret).map_err(|_| NoAnswer::Refused)?;
        let parts = authority.renewal_parts(&entry);
        if !self.known(membership, parts).budget.take(now) || !self.answered.take(now) {
            return Err(NoAnswer::Limited);
        }
        let folder = authority.folder().to_owned();
        let given = match &mut self.given {
            Some(given) => given,
            none => match Given::open(&folder) {
                Ok(given) => none.insert(given),
                Err(error) => {
                    self.trouble = Some(error.into());
                    return Err(NoAnswer::Refused);
                }
            },
        };
        let answer = match authority.tokens_for(&entry, id, &asked, epoch, given, rng) {
            Ok(answer) => answer.ok_or(NoAnswer::Refused)?,
            Err(error) => {
                self.trouble = Some(error);
                return Err(NoAnswer::Refused);
            }
        };
        match answer {
            TokenAnswer::Granted(_) => self.counts.tokens += 1,
            TokenAnswer::Revoked => self.counts.revoked += 1,
            TokenAnswer::Given | TokenAnswer::OtherPeriod => {}
        }
        // A refusal is as large as a batch.
        let tokens = authority.manifest().policy.tokens.map_or(0, |tokens| usize::from(tokens.per_batch));
        proven.answer(&answer.to_bytes(), answer_len(tokens * 32 + AROUND)).map_err(|_| NoAnswer::Refused)
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
