//! Revoking members, and what is exposed all the same: `cowl revoke` (spec §6.5).

use cowl_core::{Epoch, RoleIndex};
use serde::{Deserialize, Serialize};

use super::{Entry, Kind, Lock, Operation, OperationError, Standing, chains::Chains};
use crate::log::Event;

/// One identity of a gateway that was revoked while the gateway was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokedIdentity {
    /// Which, from 0.
    pub identity: u32,
    /// The first epoch in which receivers refuse it.
    pub from_epoch: u32,
    /// When it was revoked, in Unix seconds.
    pub at: u64,
}

/// What was revoked, and what whoever has it now can still do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// What it was.
    pub kind: Kind,
    /// The one identity of it that was revoked; `None`: the whole member.
    pub identity: Option<u32>,
    /// When it was revoked first, in Unix seconds.
    pub at: u64,
    /// Whether it was now.
    pub is_new: bool,
    /// When receivers that are in reach refuse its messages at the latest, in Unix seconds: with the next bundle, if the
    /// service is at work. `None`: it sends nothing.
    pub refused_by: Option<u64>,
    /// The last epoch that it has keys to send in, or to take wraps off: of use until then to nobody who takes bundles.
    pub keys_until: Option<Epoch>,
    /// When its unspent tokens die at the latest, in Unix seconds: it connects with them until then. `None`: there are none, or an
    /// identity alone was revoked.
    pub tokens_until: Option<u64>,
    /// The epochs whose reports its disk opens, if it was at work until now.
    pub opens: Vec<Epoch>,
    /// The first epoch whose reports its disk opens if it was last at work when it was enrolled, or was copied then: everything
    /// that somebody recorded from that epoch to the last of [`Self::opens`].
    pub opens_from: Option<Epoch>,
}

impl Operation {
    /// Revokes a member, or one identity of a gateway: it gets no keys any more, and from the next bundle on receivers refuse
    /// what it sends. Nobody else has to do anything. On disk when this returns; revoking again says the same again.
    pub fn revoke(
        &mut self,
        name: &str,
        identity: Option<u32>,
        unix_seconds: u64,
    ) -> Result<Exposure, OperationError> {
        let now = self.epoch_now(unix_seconds)?;
        let lock = self.exclusive()?;
        let mut entry = self.register.member(name).ok_or(OperationError::NoSuchMember)?.clone();
        if identity.is_some_and(|identity| identity >= entry.devices) {
            return Err(OperationError::NoSuchIdentity(entry.devices));
        }
        if let Some(known) = self.revoked_before(&entry, identity) {
            return self.with_tokens(known, now);
        }
        let mut chains = Chains::load(&self.folder, now)?;
        let from = match entry.kind {
            Kind::Responder => self.first_never_held(&entry, &chains, unix_seconds),
            // Whoever has it may send late, too: of what came from it before, nothing says whether it was its owner's.
            Kind::Device | Kind::Gateway | Kind::Relay => self.first_open(now),
        };
        match identity {
            Some(identity) => {
                entry.revoked.push(RevokedIdentity { identity, from_epoch: from.0, at: unix_seconds });
            }
            None => entry.standing = Standing::Revoked { from_epoch: from.0, at: unix_seconds },
        }
        let event = Event::Revoked { kind: entry.kind, member: self.blind(name)? };
        self.note_held(&lock, &[event], unix_seconds)?;
        self.register.add(entry.clone())?;
        if entry.kind == Kind::Responder {
            chains.keep_only(&self.reading_members());
            chains.store()?;
        }
        self.with_tokens(self.exposure(&entry, identity, from, unix_seconds, true), now)
    }

    /// Until when its tokens let it connect. Of a period that began after it was revoked it got none.
    fn with_tokens(&self, exposure: Exposure, now: Epoch) -> Result<Exposure, OperationError> {
        if exposure.identity.is_some() {
            return Ok(exposure);
        }
        let last = self.tokens_until(self.epoch_at(exposure.at).min(now))?;
        Ok(Exposure { tokens_until: last, ..exposure })
    }

    /// What whoever has a member's machine can do: as [`Self::revoke`] says it, of one that was revoked before or would be now.
    /// Nothing is changed.
    pub fn exposure_of(&self, name: &str, unix_seconds: u64) -> Result<Exposure, OperationError> {
        let now = self.epoch_now(unix_seconds)?;
        let entry = self.register.member(name).ok_or(OperationError::NoSuchMember)?;
        if let Some(known) = self.revoked_before(entry, None) {
            return self.with_tokens(known, now);
        }
        let from = match entry.kind {
            Kind::Responder => {
                let lock = Lock::take(&self.folder)?;
                let chains = Chains::load(&self.folder, now)?;
                drop(lock);
                self.first_never_held(entry, &chains, unix_seconds)
            }
            Kind::Device | Kind::Gateway | Kind::Relay => self.first_open(now),
        };
        self.with_tokens(self.exposure(entry, None, from, unix_seconds, false), now)
    }

    fn revoked_before(&self, entry: &Entry, identity: Option<u32>) -> Option<Exposure> {
        if let Standing::Revoked { from_epoch, at } = entry.standing {
            return Some(self.exposure(entry, identity, Epoch(from_epoch), at, false));
        }
        let known = entry.revoked.iter().find(|revoked| Some(revoked.identity) == identity)?;
        Some(self.exposure(entry, identity, Epoch(known.from_epoch), known.at, false))
    }

    fn exposure(&self, entry: &Entry, identity: Option<u32>, from: Epoch, at: u64, is_new: bool) -> Exposure {
        let policy = &self.manifest.policy;
        // With every so-manyth beacon; it may be made a moment before the revocation, and lie at the broker until the next.
        let beacons = u64::from(policy.responders.beacons(policy.beacon_seconds));
        let bundle = beacons.saturating_mul(policy.beacon_seconds.into());
        // Who was only invited has nothing.
        let has_keys = entry.membership.is_some() || entry.last_epoch > 0;
        let sends = entry.kind != Kind::Responder && has_keys;
        let (opens, opens_from) = if entry.kind == Kind::Responder && has_keys {
            let first = self.first_open(self.epoch_at(at)).max(Epoch(entry.first_epoch));
            ((first.0..from.0).map(Epoch).collect(), Some(Epoch(entry.first_epoch)))
        } else {
            (Vec::new(), None)
        };
        Exposure {
            kind: entry.kind,
            identity,
            at,
            is_new,
            refused_by: sends.then(|| at.saturating_add(bundle)),
            keys_until: sends.then_some(Epoch(entry.last_epoch)),
            tokens_until: None,
            opens,
            opens_from,
        }
    }

    /// The first epoch whose keys a responder that is revoked now never gets.
    fn first_never_held(&self, entry: &Entry, chains: &Chains, unix_seconds: u64) -> Epoch {
        let by_bundles = entry.membership.as_ref().is_some_and(|membership| {
            let mut roles = entry.roles.iter().filter_map(|role| self.manifest.policy.role_index(role));
            roles.any(|role: RoleIndex| chains.key((membership.id, role)).is_some())
        });
        let handed_out = self.handed_out(unix_seconds).last().map_or(Epoch(0), |last| last.plus(1));
        // One from before there were bundles has its keys in its file.
        if by_bundles { handed_out } else { handed_out.max(Epoch(entry.last_epoch).plus(1)) }
    }
}
