//! A member says which erase orders it obeyed (spec §16.3).

use cowl_core::{
    ConfirmationAnswer, ConfirmationRequest, MemberId,
    exchange::{Incoming, answer_len},
};

use super::{At, Desk, NoAnswer};

impl Desk {
    pub(super) fn confirmation(&mut self, at: At<'_>, incoming: &Incoming) -> Result<Vec<u8>, NoAnswer> {
        let At { operation: authority, now, .. } = at;
        let id = MemberId(incoming.who());
        let said = ConfirmationRequest::from_bytes(incoming.body()).ok_or(NoAnswer::Refused)?;
        let entry = authority.member_of(id);
        let membership = self.membership_at(entry, id, said.step, authority.manifest().operation);
        let (Some(entry), Some(membership)) = (entry.cloned(), membership) else {
            // As much work as for one who is there.
            let _ = incoming.prove(&self.nobody);
            return Err(NoAnswer::Refused);
        };
        // One who was revoked may say that it erased, too: nothing is given for it.
        let proven = incoming.prove(&membership.secret).map_err(|_| NoAnswer::Refused)?;
        let parts = authority.renewal_parts(&entry);
        if !self.known(membership, parts).budget.take(now) || !self.answered.take(now) {
            return Err(NoAnswer::Limited);
        }
        let noted = authority.confirmed(&entry.name, &said, now).map_err(|_| NoAnswer::Refused)?;
        self.counts.confirmed += u64::from(noted);
        let answer = if noted { ConfirmationAnswer::Noted } else { ConfirmationAnswer::NotNoted };
        let bytes = answer.to_bytes();
        proven.answer(&bytes, answer_len(bytes.len())).map_err(|_| NoAnswer::Refused)
    }
}

#[cfg(test)]
#[path = "confirmation_tests.rs"]
mod tests;
