//! Keys of further epochs (spec §9.3, §9.4).

use cowl_core::{
    MemberId, Membership, OperationId, RenewalAnswer, RenewalRequest,
    exchange::{Incoming, answer_len},
};

use super::{At, Budget, Desk, HELPING, Known, NoAnswer, SPARE, STEPS};
use crate::operation::Entry;

impl Desk {
    pub(super) fn renewal(&mut self, at: At<'_>, incoming: &Incoming) -> Result<Vec<u8>, NoAnswer> {
        let At { operation: authority, epoch, now, rng } = at;
        let id = MemberId(incoming.who());
        let asked = RenewalRequest::from_bytes(incoming.body()).ok_or(NoAnswer::Refused)?;
        let operation = authority.manifest().operation;
        let entry = authority.member_of(id);
        let membership = self.membership_at(entry, id, asked.step, operation);
        let (Some(entry), Some(membership)) = (entry.cloned(), membership) else {
            // As much work as for one who is there.
            let _ = incoming.prove(&self.nobody);
            return Err(NoAnswer::Refused);
        };
        let proven = incoming.prove(&membership.secret).map_err(|_| NoAnswer::Refused)?;
        let parts = authority.renewal_parts(&entry);
        let known = self.known(membership, parts);
        if !known.budget.take(now) || !self.answered.take(now) {
            return Err(NoAnswer::Limited);
        }
        let answer = authority.renewal(&entry, &asked, epoch, rng).map_err(|_| NoAnswer::Refused)?;
        let (answer, last) = answer.ok_or(NoAnswer::Refused)?;
        let bytes = answer.to_bytes();
        let sealed = proven.answer(&bytes, answer_len(bytes.len())).map_err(|_| NoAnswer::Refused)?;
        match answer {
            RenewalAnswer::Revoked => self.counts.revoked += 1,
            RenewalAnswer::Keys(_) => {
                self.counts.renewed += u64::from(asked.part + 1 == parts);
                if let Some(known) = self.members.get_mut(&id) {
                    known.is_new |= known.last_epoch < Some(last);
                    known.last_epoch = known.last_epoch.max(Some(last));
                }
            }
        }
        Ok(sealed)
    }

    /// The secret of a member at the step that it says, if that is not before the newest one that was used.
    pub(super) fn membership_at(
        &self,
        entry: Option<&Entry>,
        id: MemberId,
        step: u32,
        operation: OperationId,
    ) -> Option<Membership> {
        self.newest(entry, id).and_then(|newest| ahead(newest, step, operation))
    }

    /// The newest secret of a member that was used.
    pub(super) fn newest(&self, entry: Option<&Entry>, id: MemberId) -> Option<Membership> {
        let used = self.members.get(&id).map(|known| &known.membership);
        let registered = entry?.membership.as_ref();
        used.into_iter().chain(registered).max_by_key(|known| known.step).cloned()
    }

    /// Notes the secret that a member proved. Who proves a later one has stored what came with the one before, which is over
    /// then.
    pub(super) fn known(&mut self, membership: Membership, parts: u32) -> &mut Known {
        let id = membership.id;
        let known = self.members.entry(id).or_insert_with(|| Known::new(membership.clone(), parts));
        known.is_new |= known.membership.step < membership.step;
        known.membership = membership;
        known
    }
}

/// The secret of a step that is not before this one and not too far ahead.
pub(super) fn ahead(mut newest: Membership, step: u32, operation: OperationId) -> Option<Membership> {
    let ahead = step.checked_sub(newest.step).filter(|ahead| *ahead <= STEPS)?;
    (0..ahead).for_each(|_| newest.advance(operation));
    Some(newest)
}

impl Known {
    fn new(membership: Membership, parts: u32) -> Self {
        let most = parts.saturating_mul(2).saturating_add(SPARE);
        // A first request may be of a later step than the register knows.
        let (budget, helping) = (Budget::per_hour(most), Budget::per_hour(HELPING));
        Self { membership, last_epoch: None, is_new: true, budget, helping }
    }
}
