//! Who reads which shard of the mailbox: decided from what the members say, without sockets and clocks.
//!
//! Every member computes the same wish from the list of members: rendezvous hashing, at most an even share each. Who
//! wishes a shard *claims* it, with a number one above the last claim; the highest claim wins, and at the same number the
//! higher member. The owner before finishes what it has begun, lets go and says so; who is gone need not. The broker's
//! session of the shard goes to whoever connects last, so an owner that comes back late is thrown out; it then *rests*,
//! twice as long each time, and claims again only what it still wishes: two members that do not see each other (on two local
//! brokers) take turns ever more slowly instead of fighting.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_lc_rs::digest::{Context, SHA256};
use minicbor::{Decode, Encode};

/// How long a claim may take to come back from the local broker before it is made again.
const ECHO: Duration = Duration::from_secs(5);
/// How long an owner that is there may take to let go. One that is thrown out before it has published what it opened can do so twice;
/// one that is gone is not waited for.
const HANDOVER: Duration = Duration::from_secs(30);
/// The first rest of an owner that was thrown out, and the longest.
const REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_mins(5);
/// Who held a shard for so long without being thrown out rests as at first.
const CALM: Duration = Duration::from_mins(10);

/// A member of a group: one state folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct MemberId(#[cbor(n(0), with = "minicbor::bytes")] pub(crate) [u8; 8]);

/// The word of a member that a shard is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Claim {
    /// One above the claim before.
    #[n(0)]
    pub(crate) number: u64,
    #[n(1)]
    pub(crate) member: MemberId,
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Tell the others this claim, retained.
    Claim { shard: u16, claim: Claim },
    /// Resume the shard's session.
    Connect { shard: u16 },
    /// Finish, close the session, then call [`Ownership::left`].
    Leave { shard: u16 },
    /// Tell the others that this claim of theirs may go ahead.
    Release { shard: u16, claim: Claim },
}

/// The shards as one member sees them. Times are of a steady clock of the caller's.
#[derive(Debug)]
pub(crate) struct Ownership {
    me: MemberId,
    members: BTreeSet<MemberId>,
    /// The others that have heard everything.
    ready: BTreeSet<MemberId>,
    shards: Vec<Shard>,
    /// Who should read each shard, by the members that are there.
    wish: Vec<MemberId>,
    /// Whether everything that was said before is heard: before that nothing is claimed.
    joined: bool,
}

#[derive(Debug, Default)]
struct Shard {
    claim: Option<Claim>,
    hold: Hold,
    /// When it may be claimed again after this member was thrown out.
    rest_until: Duration,
    rest: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Hold {
    #[default]
    No,
    /// Claimed, not yet heard back.
    Claimed {
        claim: Claim,
        since: Duration,
    },
    /// The claim won; the owner before has this long.
    Awaiting {
        claim: Claim,
        before: MemberId,
        until: Duration,
    },
    Held {
        since: Duration,
    },
    Leaving,
}

impl Ownership {
    pub(crate) fn new(me: MemberId, shards: u16) -> Self {
        let wish = vec![me; usize::from(shards)];
        let shards = (0..shards).map(|_| Shard::default()).collect();
        Self { me, members: BTreeSet::from([me]), ready: BTreeSet::new(), shards, wish, joined: false }
    }

    /// All that was said before is heard.
    pub(crate) fn join(&mut self) {
        self.joined = true;
    }

    /// The local broker is lost: nothing is claimed, and nobody is known to be there, until [`Self::join`]. What is held
    /// stays so as long as the uplink's broker agrees.
    pub(crate) fn part(&mut self) {
        self.joined = false;
        self.members = BTreeSet::from([self.me]);
        self.ready.clear();
        self.wish = wish(&self.members, self.shards.len());
        for shard in &mut self.shards {
            if matches!(shard.hold, Hold::Claimed { .. } | Hold::Awaiting { .. }) {
                shard.hold = Hold::No;
            }
        }
    }

    /// A member is there, or not any more.
    pub(crate) fn member(&mut self, member: MemberId, is_there: bool) {
        let changed = if is_there {
            self.members.insert(member)
        } else {
            member != self.me && self.members.remove(&member)
        };
        if !is_there {
            self.ready.remove(&member);
        }
        if changed {
            self.wish = wish(&self.members, self.shards.len());
        }
    }

    /// A member that is there has heard everything, or not yet. Says whether that is new.
    pub(crate) fn ready(&mut self, member: MemberId, is_ready: bool) -> bool {
        if is_ready { member != self.me && self.ready.insert(member) } else { self.ready.remove(&member) }
    }

    /// A claim was heard, one's own too. Says what is to be done at once: a claim that lost is still the last word on the
    /// broker, so the winner repeats its own; and who has nothing to let go of says so.
    pub(crate) fn claim(&mut self, shard: u16, claim: Claim, now: Duration) -> Option<Action> {
        let me = self.me;
        let members = &self.members;
        let state = self.shards.get_mut(usize::from(shard))?;
        if state.claim.is_some_and(|known| claim < known) {
            let mine = state.claim.filter(|known| known.member == me)?;
            let again = Claim { number: mine.number + 1, ..mine };
            return Some(Action::Claim { shard, claim: again });
        }
        let before = state.claim.replace(claim);
        if state.hold == Hold::No && claim.member != me && before.is_some_and(|before| before.member == me) {
            // This member was thrown out, or started again: whoever claims it need not wait.
            return Some(Action::Release { shard, claim });
        }
        let before = before.filter(|before| before.member != me);
        if let Hold::Claimed { claim: own, .. } = state.hold {
            if claim == own {
                state.hold = match before {
                    Some(before) if members.contains(&before.member) => {
                        Hold::Awaiting { claim, before: before.member, until: now + HANDOVER }
                    }
                    _ => Hold::Awaiting { claim, before: me, until: now },
                };
            } else if claim > own {
                state.hold = Hold::No;
            }
        }
        None
    }

    /// The owner before let go of a shard for this claim.
    pub(crate) fn released(&mut self, shard: u16, claim: Claim, now: Duration) {
        let Some(state) = self.shards.get_mut(usize::from(shard)) else { return };
        if let Hold::Awaiting { claim: own, until, .. } = &mut state.hold
            && (state.claim == Some(claim) || *own == claim)
        {
            *until = now;
        }
    }

    /// The session of a shard was taken over by somebody else.
    pub(crate) fn evicted(&mut self, shard: u16, now: Duration) {
        let Some(state) = self.shards.get_mut(usize::from(shard)) else { return };
        if let Hold::Held { since } = state.hold
            && now.saturating_sub(since) >= CALM
        {
            state.rest = Duration::ZERO;
        }
        state.rest = (state.rest * 2).clamp(REST, LONGEST_REST);
        state.rest_until = now + state.rest;
        state.hold = Hold::No;
    }

    /// The session of a shard is closed, after [`Action::Leave`].
    pub(crate) fn left(&mut self, shard: u16) -> Option<Action> {
        let state = self.shards.get_mut(usize::from(shard))?;
        if state.hold == Hold::Leaving {
            state.hold = Hold::No;
        }
        state.claim.filter(|claim| claim.member != self.me).map(|claim| Action::Release { shard, claim })
    }

    /// What is to be done now. Call it after each change, and at [`Self::next`].
    pub(crate) fn decide(&mut self, now: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        let (me, joined) = (self.me, self.joined);
        let members = &self.members;
        for ((shard, state), wished) in (0_u16..).zip(&mut self.shards).zip(&self.wish) {
            let is_wished = *wished == me;
            let owner = state.claim.map(|claim| claim.member);
            match state.hold {
                Hold::No if joined && is_wished && now >= state.rest_until => {
                    let number = state.claim.map_or(1, |claim| claim.number.saturating_add(1));
                    let claim = Claim { number, member: me };
                    state.hold = Hold::Claimed { claim, since: now };
                    actions.push(Action::Claim { shard, claim });
                }
                Hold::Claimed { since, .. } if now >= since + ECHO => {
                    state.hold = Hold::No;
                    state.rest_until = now;
                }
                Hold::Awaiting { before, until, .. } if now >= until || !members.contains(&before) => {
                    match state.claim {
                        // Claimed by yet another member meanwhile, who waits for this one's word.
                        Some(claim) if claim.member != me => {
                            state.hold = Hold::No;
                            actions.push(Action::Release { shard, claim });
                        }
                        _ => {
                            state.hold = Hold::Held { since: now };
                            actions.push(Action::Connect { shard });
                        }
                    }
                }
                // Until somebody else claims it, it is read here, wished or not: no shard goes unread meanwhile.
                Hold::Held { .. } if owner.is_some_and(|owner| owner != me) => {
                    state.hold = Hold::Leaving;
                    actions.push(Action::Leave { shard });
                }
                _ => {}
            }
        }
        actions
    }

    /// When [`Self::decide`] has something to do even if nothing is heard.
    pub(crate) fn next(&self) -> Option<Duration> {
        let due = self.shards.iter().zip(&self.wish).filter_map(|(state, wished)| match state.hold {
            Hold::No if self.joined && *wished == self.me => Some(state.rest_until),
            Hold::Claimed { since, .. } => Some(since + ECHO),
            Hold::Awaiting { until, .. } => Some(until),
            _ => None,
        });
        due.min()
    }

    /// The shards that are read here.
    pub(crate) fn held(&self) -> impl Iterator<Item = u16> {
        (0_u16..)
            .zip(&self.shards)
            .filter(|(_, state)| matches!(state.hold, Hold::Held { .. }))
            .map(|(shard, _)| shard)
    }

    /// Whether a shard is read here.
    #[cfg(test)]
    pub(crate) fn holds(&self, shard: u16) -> bool {
        self.shards.get(usize::from(shard)).is_some_and(|state| matches!(state.hold, Hold::Held { .. }))
    }

    /// The members that are there, this one among them.
    pub(crate) const fn members(&self) -> &BTreeSet<MemberId> {
        &self.members
    }

    /// Who does what nobody needs to do twice: of those that have heard everything.
    pub(crate) fn is_first(&self) -> bool {
        self.joined && self.ready.first().is_none_or(|other| self.me < *other)
    }

    /// Whether this member is to tell another one what that missed.
    pub(crate) fn answers(&self, asker: MemberId) -> bool {
        let mut others = self.ready.iter().filter(|other| **other != asker);
        self.joined && asker != self.me && others.next().is_none_or(|other| self.me < *other)
    }

    /// Whether nobody is there who could tell what was missed, and nobody who should be the first to go on without.
    pub(crate) fn begins(&self) -> bool {
        self.ready.is_empty() && self.members.first() == Some(&self.me)
    }
}

/// Each shard goes to the highest weight among those that have less than an even share.
fn wish(members: &BTreeSet<MemberId>, shards: usize) -> Vec<MemberId> {
    let most = shards.div_ceil(members.len().max(1));
    let mut load: BTreeMap<MemberId, usize> = BTreeMap::new();
    let mut wish = Vec::with_capacity(shards);
    for (shard, _) in (0_u16..).zip(0..shards) {
        let free = members.iter().filter(|member| load.get(member).is_none_or(|load| *load < most));
        if let Some(member) = free.max_by_key(|member| weight(**member, shard)) {
            *load.entry(*member).or_default() += 1;
            wish.push(*member);
        }
    }
    wish
}

/// Rendezvous hashing (Thaler and Ravishankar 1998): the member with the highest weight.
fn weight(member: MemberId, shard: u16) -> [u8; 8] {
    let mut context = Context::new(&SHA256);
    context.update(&member.0);
    context.update(&shard.to_be_bytes());
    context.finish().as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
#[path = "ownership_tests.rs"]
mod tests;
