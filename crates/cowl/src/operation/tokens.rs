//! Keys of the periods of tokens: drawn in time, one for all members, entered into the log before anybody gets one (spec §11.2).

use cowl_core::{
    Epoch, MemberId, Policy, Preset,
    tokens::{TokenAnswer, TokenPeriod, TokenRequest},
};

use super::{Entry, Lock, Operation, OperationError, Standing};
use crate::{
    log::{self, Digest, Event},
    random::SystemRng,
    tokens::{Given, NewPeriod, TokenKeys},
};

impl Operation {
    /// When the last token that a member can have dies, in Unix seconds; `None`: there are no tokens.
    pub fn tokens_until(&self, now: Epoch) -> Result<Option<u64>, OperationError> {
        Ok(TokenKeys::load(&self.folder)?.and_then(|keys| keys.last_taken(now)))
    }

    /// What a member is answered that asks for tokens in epoch `now`. `given` has it on disk before this returns. `None`: no
    /// answer.
    pub fn tokens_for(
        &self,
        entry: &Entry,
        member: MemberId,
        asked: &TokenRequest,
        now: Epoch,
        given: &mut Given,
        rng: &mut SystemRng,
    ) -> Result<Option<TokenAnswer>, OperationError> {
        match entry.standing {
            Standing::Member => {}
            Standing::Revoked { .. } => return Ok(Some(TokenAnswer::Revoked)),
            Standing::Invited { .. } => return Ok(None),
        }
        let Some(policy) = self.manifest.policy.tokens else { return Ok(None) };
        let Some(keys) = TokenKeys::load(&self.folder)? else { return Ok(None) };
        let period = keys.period(now).filter(|period| period.number == asked.period);
        let Some(key) = period.and_then(|period| keys.key(period.number)) else {
            return Ok(Some(TokenAnswer::OtherPeriod));
        };
        // The same for everyone: who asked for fewer would be known by it.
        if asked.blinded.len() != usize::from(policy.per_batch) * 32 {
            return Ok(None);
        }
        let Some(granted) = key.grant(&asked.blinded, rng) else { return Ok(None) };
        if !given.may_have(member, asked.period, Digest::of(&asked.blinded).0)? {
            return Ok(Some(TokenAnswer::Given));
        }
        Ok(Some(TokenAnswer::Granted(granted)))
    }

    /// The period of which tokens are given out in epoch `now`: a new one where the one before is over, or `anew` says so.
    /// Its key is in the log before it is on disk, and on disk before the manifest tells of it.
    pub(super) fn token_period(
        &self,
        lock: &Lock,
        policy: &Policy,
        now: Epoch,
        anew: bool,
        rng: &mut SystemRng,
    ) -> Result<Option<TokenPeriod>, OperationError> {
        let late = self.manifest.calendar.epochs_in(u64::from(policy.lateness_seconds));
        let loaded = TokenKeys::load(&self.folder)?;
        let wanted = policy.tokens.filter(|_| self.manifest.preset == Preset::Cowl);
        let Some(tokens) = wanted else {
            if let Some(mut keys) = loaded
                && keys.trim(now, late)
            {
                keys.store()?;
            }
            return Ok(None);
        };
        let new = || TokenKeys::new(&self.folder, self.manifest.operation, self.manifest.calendar);
        let mut keys = loaded.unwrap_or_else(new);
        let trimmed = keys.trim(now, late);
        if let Some(period) = keys.period(now).filter(|_| !anew) {
            if trimmed {
                keys.store()?;
            }
            return Ok(Some(period));
        }
        // A number that was entered into the log and then not used is never used again.
        let known = [keys.newest(), self.manifest.tokens.map(|tokens| tokens.number), self.logged_period()?];
        let number = known.into_iter().flatten().max().unwrap_or(0).saturating_add(1);
        let last = now.plus(u32::from(tokens.epochs).saturating_sub(1));
        let period = keys.begin(NewPeriod { number, from: now, last, seed: rng.secret() }, late);
        let Some(period) = period else { return Ok(None) };
        let hash = Digest(period.key.id());
        self.note_held(lock, &[Event::TokenKey { period: number.into(), hash }], self.time_in(now))?;
        keys.store()?;
        Ok(Some(period))
    }

    /// The newest period whose key the log knows.
    fn logged_period(&self) -> Result<Option<u32>, OperationError> {
        let period = |entry: &[u8]| match log::Entry::parse(entry)?.event {
            Event::TokenKey { period, .. } => u32::try_from(period).ok(),
            _ => None,
        };
        let Some(log) = self.log()? else { return Ok(None) };
        Ok(log.find_last(period)?.map(|(_, period)| period))
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
