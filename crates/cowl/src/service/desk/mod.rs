//! The desk of the online service: whoever asks gets one answer, or none (spec §9).
//!
//! It knows no socket and no clock: requests come from wherever (`<mailbox>/q` on the broker, HTTP), and the answer goes
//! back the same way. What is refused gets no answer, whatever the reason.

mod budget;
mod confirmation;
mod help;
mod join;
mod renewal;
mod tokens;

use std::collections::HashMap;

use cowl_core::{
    Epoch, MemberId, Membership, Secret,
    exchange::{Incoming, Purpose, REQUEST_LEN},
};

use crate::{
    operation::{Operation, OperationError, Renewed},
    random::SystemRng,
    tokens::Given,
};
use budget::Budget;

/// Requests that are opened a second, 0.2 ms each; anybody who may publish can make junk.
const OPENED: u32 = 400;
/// Answers a second. After an outage, 10,000 members are answered in less than two minutes.
const ANSWERED: u32 = 100;
/// Answers beyond those that one renewal takes, for each member and hour: what got lost on the way, and `cowl renew` by hand.
const SPARE: u32 = 8;
/// How often each responder may say that help is coming, an hour; each time to many reports.
const HELPING: u32 = 240;
/// Secrets that a member may be ahead of what the register knows: so many renewals can a restored register be behind.
const STEPS: u32 = 4_096;

/// Answers requests.
#[derive(Debug)]
pub struct Desk {
    opened: Budget,
    answered: Budget,
    members: HashMap<MemberId, Known>,
    /// Nobody's: what is proven against who is not there.
    nobody: Secret,
    counts: DeskCounts,
    /// What went wrong last with the operation itself.
    trouble: Option<OperationError>,
    /// Who got tokens; opened with the first that asks.
    given: Option<Given>,
}

/// What a desk did, in sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeskCounts {
    /// Answers given.
    pub answered: u64,
    /// Members that got keys; each once for all parts.
    pub renewed: u64,
    /// Batches of tokens; each again, if its answer was lost.
    pub tokens: u64,
    /// Members that joined; each again, if its answer was lost.
    pub joined: u64,
    /// Reports that responders said help is coming to.
    pub helped: u64,
    /// Times that a member said which erase orders it obeyed.
    pub confirmed: u64,
    /// Requests that did not open, were not proven, or asked for what is not given.
    pub refused: u64,
    /// Requests that came too fast.
    pub limited: u64,
    /// Members that were told that they are revoked.
    pub revoked: u64,
}

/// A member that asked since its entry was last written.
#[derive(Debug)]
struct Known {
    membership: Membership,
    last_epoch: Option<Epoch>,
    /// Whether there is something to write down.
    is_new: bool,
    budget: Budget,
    helping: Budget,
}

/// With what a request is answered.
#[derive(Debug)]
pub struct At<'a> {
    /// The operation.
    pub operation: &'a mut Operation,
    /// The epoch now, by the authority's clock.
    pub epoch: Epoch,
    /// Unix seconds.
    pub now: u64,
    /// Randomness.
    pub rng: &'a mut SystemRng,
}

impl Desk {
    /// A desk that knows nobody yet.
    pub fn new(rng: &mut SystemRng) -> Self {
        Self {
            opened: Budget::per_second(OPENED),
            answered: Budget::per_second(ANSWERED),
            members: HashMap::new(),
            nobody: rng.secret(),
            counts: DeskCounts::default(),
            trouble: None,
            given: None,
        }
    }

    /// Answers a request; `None`: it gets no answer, and is not told why.
    pub fn answer(&mut self, at: At<'_>, request: &[u8]) -> Option<Vec<u8>> {
        if request.len() != REQUEST_LEN {
            self.counts.refused += 1;
            return None;
        }
        if !self.opened.take(at.now) {
            self.counts.limited += 1;
            return None;
        }
        let key = at.operation.service_key()?;
        let incoming = Incoming::open(key, at.operation.manifest().operation, request);
        let answer = match incoming {
            Ok(incoming) if incoming.purpose() == Purpose::RENEWAL => self.renewal(at, &incoming),
            Ok(incoming) if incoming.purpose() == Purpose::TOKENS => self.tokens(at, &incoming),
            Ok(incoming) if incoming.purpose() == Purpose::JOIN => self.join(at, &incoming),
            Ok(incoming) if incoming.purpose() == Purpose::HELP => self.help(at, &incoming),
            Ok(incoming) if incoming.purpose() == Purpose::CONFIRMATION => self.confirmation(at, &incoming),
            _ => Err(NoAnswer::Refused),
        };
        match answer {
            Ok(answer) => {
                self.counts.answered += 1;
                Some(answer)
            }
            Err(NoAnswer::Refused) => {
                self.counts.refused += 1;
                None
            }
            Err(NoAnswer::Limited) => {
                self.counts.limited += 1;
                None
            }
        }
    }

    /// Writes down who got keys. What is lost with a crash before is found again: members prove how far they are.
    pub fn keep(&mut self, operation: &mut Operation) -> Result<(), OperationError> {
        if !self.has_news() {
            return Ok(());
        }
        let new = self.members.values().filter(|known| known.is_new);
        let renewed: Vec<_> = new
            .map(|known| Renewed { membership: known.membership.clone(), last_epoch: known.last_epoch })
            .collect();
        operation.note_renewed(&renewed)?;
        self.members.values_mut().for_each(|known| known.is_new = false);
        Ok(())
    }

    /// Forgets who has not asked for an hour and is written down.
    pub fn forget(&mut self, now: u64) {
        self.members.retain(|_, known| {
            known.budget.fill(now);
            known.helping.fill(now);
            known.is_new || !known.budget.is_full() || !known.helping.is_full()
        });
    }

    /// Whether [`Self::keep`] has something to do.
    pub fn has_news(&self) -> bool {
        self.members.values().any(|known| known.is_new)
    }

    /// What it did so far.
    pub const fn counts(&self) -> DeskCounts {
        self.counts
    }
}

/// Why there is no answer. The asker is not told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Not to be answered.
    Refused,
    /// Too fast.
    Limited,
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
