//! A responder says that help is coming (spec §12.5).

use cowl_core::{
    HelpAnswer, HelpRequest, MemberId,
    exchange::{Incoming, answer_len},
};

use super::{At, Desk, NoAnswer};
use crate::operation::{Kind, Standing};

impl Desk {
    pub(super) fn help(&mut self, at: At<'_>, incoming: &Incoming) -> Result<Vec<u8>, NoAnswer> {
        let At { operation: authority, now, .. } = at;
        let id = MemberId(incoming.who());
        let said = HelpRequest::from_bytes(incoming.body()).ok_or(NoAnswer::Refused)?;
        let entry = authority.member_of(id);
        let membership = self.membership_at(entry, id, said.step, authority.manifest().operation);
        let (Some(entry), Some(membership)) = (entry.cloned(), membership) else {
            // As much work as for one who is there.
            let _ = incoming.prove(&self.nobody);
            return Err(NoAnswer::Refused);
        };
        let proven = incoming.prove(&membership.secret).map_err(|_| NoAnswer::Refused)?;
        let parts = authority.renewal_parts(&entry);
        if !self.known(membership, parts).helping.take(now) || !self.answered.take(now) {
            return Err(NoAnswer::Limited);
        }
        let reads = entry.kind == Kind::Responder && matches!(entry.standing, Standing::Member);
        let answer = if !reads {
            HelpAnswer::NotAResponder
        } else if authority.help_is_coming(id, &said.keys, now).map_err(|_| NoAnswer::Refused)? {
            self.counts.helped += said.keys.len() as u64;
            HelpAnswer::Taken
        } else {
            HelpAnswer::Full
        };
        let bytes = answer.to_bytes();
        proven.answer(&bytes, answer_len(bytes.len())).map_err(|_| NoAnswer::Refused)
    }
}

#[cfg(test)]
#[path = "help_tests.rs"]
mod tests;
