//! Keys of further epochs in band: what a member asks, what it is given, and how that goes into its credential
//! (spec §9.3, §9.4).

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::{Credential, Epoch, Member};

/// What a member asks, as the body of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RenewalRequest {
    /// How many secrets came before the one that proves this request.
    #[n(0)]
    pub step: u32,
    /// Which part of the answer is wanted, from 0.
    #[n(1)]
    pub part: u32,
    /// Where the keys begin, as the first part said: all parts must be of one set.
    #[n(2)]
    pub from: Option<Epoch>,
}

/// What a member is told, as the body of an answer.
#[derive(Debug, Encode, Decode)]
pub enum RenewalAnswer {
    /// Keys.
    #[n(0)]
    Keys(#[n(0)] RenewedKeys),
    /// The member was revoked: there are none, and will be none.
    #[n(1)]
    Revoked,
}

/// A part of the keys of the coming epochs.
#[derive(Debug, Encode, Decode)]
pub struct RenewedKeys {
    /// Their generation.
    #[n(0)]
    pub generation: u32,
    /// The first epoch that all parts together have keys of.
    #[n(1)]
    pub from: Epoch,
    /// How many parts there are; at least one.
    #[n(2)]
    pub parts: u32,
    /// Which of a member's identities the first one in here is.
    #[n(3)]
    pub identity: u32,
    /// The keys: a part of what the member's credential would hold if it were enrolled now.
    #[n(4)]
    pub member: Member,
}

/// What is given is not what this member can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keys given are not this member's")]
pub struct NotItsKeys;

impl RenewalRequest {
    /// As a request's body.
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// From a request's body.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        whole(bytes)
    }
}

impl RenewalAnswer {
    /// As an answer's body.
    pub fn to_bytes(&self) -> zeroize::Zeroizing<Vec<u8>> {
        minicbor::to_vec(self).unwrap_or_default().into()
    }

    /// From an answer's body.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        whole(bytes)
    }
}

fn whole<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Option<T> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}

impl Credential {
    /// Whether the keys of an epoch were drawn anew since these were given: what is sealed with them opens nowhere.
    pub fn is_outdated(&self, epoch: Epoch) -> bool {
        let newer = self.manifest.generation.filter(|generation| generation.number > self.generation);
        newer.is_some_and(|generation| epoch >= generation.from)
    }

    /// Takes all parts of a renewal, in their order, and moves the membership on: after this the old secret is gone. What
    /// the parts have no keys of and lies before them stays; what lies behind them is of no use any more and goes.
    ///
    /// Nothing is changed if any part does not fit.
    pub fn renew(&mut self, parts: Vec<RenewedKeys>) -> Result<(), NotItsKeys> {
        let membership = self.membership.as_mut().ok_or(NotItsKeys)?;
        let generation = parts.last().ok_or(NotItsKeys)?.generation;
        let roles = self.manifest.policy.roles.len();
        let fits = |part: &RenewedKeys| {
            part.generation == generation && part.member.fits(roles) && self.member.takes(part)
        };
        if generation < self.generation || !parts.iter().all(fits) {
            return Err(NotItsKeys);
        }
        for part in parts {
            self.member.take(part);
        }
        membership.advance(self.manifest.operation);
        self.generation = generation;
        Ok(())
    }
}

impl Member {
    /// Whether a part is of this kind of member, and of identities or roles that it has.
    fn takes(&self, part: &RenewedKeys) -> bool {
        let first = usize::try_from(part.identity).unwrap_or(usize::MAX);
        match (self, &part.member) {
            (Self::Device(_), Self::Device(_)) => first == 0,
            (Self::Responder(held), Self::Responder(given)) => {
                given.iter().all(|given| held.iter().any(|held| held.role == given.role))
            }
            (Self::Gateway(held), Self::Gateway(given))
            | (Self::Relay { identities: held, .. }, Self::Relay { identities: given, .. }) => {
                first.checked_add(given.len()).is_some_and(|end| end <= held.len())
            }
            _ => false,
        }
    }

    /// Takes a part that fits.
    fn take(&mut self, part: RenewedKeys) {
        let first = usize::try_from(part.identity).unwrap_or(usize::MAX);
        match (self, part.member) {
            (Self::Device(held), Self::Device(given)) => held.take(given),
            (Self::Responder(held), Self::Responder(given)) => {
                for given in given {
                    // What bundles gave until now is given again, with the chain key of now.
                    if let Some(same) = held.iter_mut().find(|held| held.role == given.role) {
                        *same = given;
                    }
                }
            }
            (Self::Gateway(held), Self::Gateway(given)) => {
                held.iter_mut().skip(first).zip(given).for_each(|(held, given)| held.take(given));
            }
            (
                Self::Relay { identities: held, relay },
                Self::Relay { identities: given, relay: given_relay },
            ) => {
                held.iter_mut().skip(first).zip(given).for_each(|(held, given)| held.take(given));
                relay.take(given_relay);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "renewal_tests.rs"]
mod tests;
