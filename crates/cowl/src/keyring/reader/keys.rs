//! Which keys a reader holds: those around now, and no longer than their lateness allows.

use std::sync::Arc;

use cowl_core::{
    Credential, Epoch, Member, PolicyVersion, Receiver, ResponderKeyring, RoleIndex, SignedManifest,
    WalkInMark,
};

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
        if let Some(keyring) = keyring_of(&self.credential, self.role) {
            for epoch in wanted.filter(|epoch| *epoch >= oldest) {
                if let Some(root) = keyring.root(epoch) {
                    let live = keyring.live(epoch);
                    self.receiver.hold(epoch, &root, places, |place| live.is_live(place));
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
    pub(super) fn store(&mut self, oldest: Option<Epoch>) -> Result<(), KeyringError> {
        let heard = self.remembered.epoch.filter(|_| self.remembered.beacon.is_some());
        self.change(|keyrings| {
            let Some(oldest) = oldest else { return };
            for keyring in keyrings {
                keyring.forget_before(oldest);
                // Only to an epoch that the authority said began: a timer may be wrong, and there is no way back.
                if let Some(heard) = heard {
                    keyring.ratchet_to(heard);
                }
            }
        })
    }

    /// Changes the credential's keys, in memory and on disk, and writes its newest manifest down: all of it or nothing.
    ///
    /// The file is read again first: another role's reader, or a renewal, may have written it meanwhile. One of another
    /// enrolment is left alone.
    pub(super) fn change(
        &mut self,
        change: impl FnOnce(&mut [ResponderKeyring]),
    ) -> Result<(), KeyringError> {
        let Credential { instance, manifest, .. } = &self.credential;
        let updated = store::update(&self.path, *instance, |file| {
            if file.manifest.version < manifest.version {
                file.manifest = manifest.clone();
            }
            if let Member::Responder(keyrings) = &mut file.member {
                change(keyrings);
            }
            Ok(())
        });
        match updated {
            Ok((file, ())) => {
                let manifest = manifest.clone();
                self.credential = Credential { manifest, ..file };
                Ok(())
            }
            Err(KeyringError::Replaced(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn forget_before(&mut self, oldest: Epoch) -> Result<(), KeyringError> {
        self.receiver.forget_before(oldest);
        let Member::Responder(keyrings) = &self.credential.member else { return Ok(()) };
        let heard = self.remembered.epoch;
        let is_late = |keyring: &ResponderKeyring| {
            keyring.range().is_some_and(|(first, _)| first < oldest)
                || keyring.chain_epoch().is_some_and(|chain| heard.is_some_and(|heard| chain < heard))
        };
        if keyrings.iter().any(is_late) {
            self.store(Some(oldest))?;
            self.state.forget_before(oldest)?;
        }
        Ok(())
    }
}

/// What a credential holds for a role.
pub(super) fn keyring_of(credential: &Credential, role: RoleIndex) -> Option<&ResponderKeyring> {
    let Member::Responder(keyrings) = &credential.member else { return None };
    keyrings.iter().find(|keyring| keyring.role == role)
}

pub(super) fn receiver(manifest: &SignedManifest, role: RoleIndex) -> Receiver {
    let newest = manifest.policy_version.0;
    let policies = (newest.saturating_sub(OLDER_POLICIES)..=newest).map(PolicyVersion).collect();
    let (windows, limits) = (manifest.policy.windows, manifest.policy.walk_in.limits);
    Receiver::new(manifest.operation, role, Arc::new(manifest.layout()), windows, limits, policies)
}
