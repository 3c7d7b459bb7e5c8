//! Which keys a reader holds: those around now, and no longer than their lateness allows.

use std::sync::Arc;

use cowl_core::{Epoch, Member, PolicyVersion, Receiver, RoleIndex, SignedManifest, WalkInMark};

use super::Reader;
use crate::keyring::{KeyringError, store};

/// Policy versions before the newest one whose walk-in messages are still opened.
const OLDER_POLICIES: u32 = 3;
/// How many epochs beyond the known one are searched while no beacon was ever heard.
const AHEAD_WITHOUT_BEACON: u32 = 8;

impl Reader {
    /// Makes `now` the current epoch: holds the keys from its lateness to the epoch after it, deletes older
    /// ones from memory and disk.
    pub(super) fn enter(&mut self, now: Epoch, clock: Option<Epoch>) -> Result<(), KeyringError> {
        let manifest = &self.credential.manifest;
        let late = manifest.calendar.epochs_in(u64::from(manifest.policy.lateness_seconds));
        let (oldest, places) = (now.minus(late), manifest.policy.places);
        let ahead = if self.remembered.beacon.is_some() { 1 } else { AHEAD_WITHOUT_BEACON };
        let around_clock = clock.into_iter().flat_map(|clock| clock.minus(1).0..=clock.plus(1).0);
        let wanted = (oldest.0..=now.plus(ahead).0).chain(around_clock).map(Epoch);
        if let Member::Responder(keyrings) = &self.credential.member
            && let Some(keyring) = keyrings.iter().find(|keyring| keyring.role == self.role)
        {
            for epoch in wanted.filter(|epoch| *epoch >= oldest) {
                if let Some(root) = keyring.root(epoch) {
                    self.receiver.hold(epoch, &root, places, |_| true);
                }
            }
        }
        for (epoch, place, next) in self.state.progress(self.role.0)? {
            self.receiver.resume(epoch, place, next);
        }
        for (epoch, mark) in self.state.walk_ins(self.role.0)? {
            self.receiver.remember_walk_in(epoch, WalkInMark(mark));
        }
        self.receiver.enter(now);
        if now > self.entered && self.remembered.beacon.is_some() {
            self.age_waiting(now, oldest);
        }
        self.entered = now;
        // Only a beacon may make this machine delete keys: its own clock may be years wrong.
        if self.remembered.beacon.is_some() {
            self.forget_before(oldest)?;
        }
        Ok(())
    }

    /// Writes the credential's newer manifest back, and deletes keys of epochs before `oldest` from it.
    ///
    /// The file is read again first: another role's reader, or a renewal, may have written it meanwhile.
    pub(super) fn store(&self, oldest: Option<Epoch>) -> Result<(), KeyringError> {
        let mut file = store::load_credential(&self.path)?;
        let mine = &self.credential;
        if file.instance != mine.instance {
            return Ok(());
        }
        if file.manifest.version < mine.manifest.version {
            file.manifest = mine.manifest.clone();
        }
        if let (Some(oldest), Member::Responder(keyrings)) = (oldest, &mut file.member) {
            for keyring in keyrings {
                keyring.forget_before(oldest);
            }
        }
        store::store_again(&self.path, &file)
    }

    fn forget_before(&mut self, oldest: Epoch) -> Result<(), KeyringError> {
        self.receiver.forget_before(oldest);
        let mut forgotten = false;
        if let Member::Responder(keyrings) = &mut self.credential.member {
            for keyring in keyrings {
                forgotten |= keyring.forget_before(oldest);
            }
        }
        if forgotten {
            self.store(Some(oldest))?;
            self.state.forget_before(oldest)?;
        }
        Ok(())
    }
}

pub(super) fn receiver(manifest: &SignedManifest, role: RoleIndex) -> Receiver {
    let newest = manifest.policy_version.0;
    let policies = (newest.saturating_sub(OLDER_POLICIES)..=newest).map(PolicyVersion).collect();
    let (windows, limits) = (manifest.policy.windows, manifest.policy.walk_in.limits);
    Receiver::new(manifest.operation, role, Arc::new(manifest.layout()), windows, limits, policies)
}
