//! The responders' bundle: keys of the epochs that are open, and who is heard (spec §6.5).

use cowl_core::{Bundle, BundleError, Epoch, ResponderKeyring, schedule::RoleRoot};

use super::{Reader, keys::keyring_of};
use crate::keyring::KeyringError;

impl Reader {
    /// Takes a bundle: from now on this reads the epochs that it has keys of, hears nobody who was revoked, and opens no bundle
    /// of an epoch before. All of it is on disk when this returns, or nothing. Says whether anything changed.
    ///
    /// [`BundleError::NoSeat`] where it has nothing for this credential and role: it was revoked, or has keys of another form
    /// ([`Self::is_chained`]). What is held then serves until it is late.
    pub fn take_bundle(&mut self, bytes: &[u8]) -> Result<bool, KeyringError> {
        let manifest = &self.credential.manifest;
        let (authority, operation, places) =
            (manifest.authority(), manifest.operation, manifest.policy.places);
        let bundle = Bundle::verify(bytes, authority, operation, self.bundle)?;
        let (role, mut ours) = (self.role, Err(BundleError::NoSeat));
        let before = self.roots();
        self.change(|keyrings| {
            // For all roles: one that nobody reads now must not keep what opens old bundles.
            for keyring in keyrings {
                let taken = keyring.take(&bundle, places);
                if keyring.role == role {
                    ours = taken;
                }
            }
        })?;
        let is_new = match ours {
            // Another process took it, or a newer one, and wrote it down.
            Err(BundleError::Replayed) => true,
            other => other?,
        };
        self.bundle = Some(bundle.sequence);
        let after = self.roots();
        let is_drawn_anew = |(epoch, root): &(Epoch, RoleRoot)| {
            let is_other = |(_, other): &(Epoch, RoleRoot)| other.secret().expose() != root.secret().expose();
            after.iter().any(|other| other.0 == *epoch && is_other(other))
        };
        if before.iter().any(is_drawn_anew) {
            self.commit()?;
            before
                .iter()
                .filter(|held| is_drawn_anew(held))
                .for_each(|(epoch, _)| self.receiver.forget(*epoch));
        }
        self.retire();
        self.enter(self.entered, None)?;
        Ok(is_new)
    }

    /// Whether bundles give it further keys. Credentials from before there were bundles have theirs in them, and read until
    /// [`Self::keys_until`]; their holders hear of no revocation.
    pub fn is_chained(&self) -> bool {
        keyring_of(&self.credential, self.role).is_some_and(ResponderKeyring::is_chained)
    }

    /// The last epoch that it has keys for now.
    pub fn keys_until(&self) -> Option<Epoch> {
        keyring_of(&self.credential, self.role)?.range().map(|(_, last)| last)
    }

    fn roots(&self) -> Vec<(Epoch, RoleRoot)> {
        let Some(keyring) = keyring_of(&self.credential, self.role) else { return Vec::new() };
        keyring.epochs().filter_map(|epoch| Some((epoch, keyring.root(epoch)?))).collect()
    }

    /// Hears nobody any more whom the newest bundle says to be revoked.
    fn retire(&mut self) {
        let Some(keyring) = keyring_of(&self.credential, self.role) else { return };
        for epoch in keyring.epochs() {
            self.receiver.retire(epoch, keyring.live(epoch).revoked());
        }
    }
}
