//! The authority's keys: one file of its own, and one per role with the roots of all epochs ahead.

use std::path::Path;

use cowl_core::{
    AuthorityKey, Epoch, Manifest, OperationId, Places, RelayKeyring, RoleIndex, RoleKeyring, Secret,
    exchange::ServiceKey,
    schedule::{self, RelayRoot, RoleRoot},
};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::{OperationError, names};
use crate::{files, random::SystemRng};

/// The largest file of keys that is read, in bytes.
const KEYS_LIMIT: u64 = 16 << 20;

/// Everything secret that the operation has and its members do not.
#[derive(Debug)]
pub(super) struct AuthoritySecrets {
    file: AuthorityFile,
    key: AuthorityKey,
    roles: Vec<RoleKeyring>,
    relay: RelayKeyring,
}

#[derive(Debug, Encode, Decode)]
struct AuthorityFile {
    #[n(0)]
    signing_seed: Secret,
    #[n(1)]
    places: Secret,
    #[n(2)]
    beacons: Secret,
    /// `None` in an operation from before there was renewal, until it is refreshed.
    #[n(3)]
    service: Option<ServiceKey>,
    /// The beacon secrets of later generations, in their order, each with the first epoch that it is for.
    #[cbor(n(4), default, skip_if = "Vec::is_empty")]
    rotated: Vec<Rotated>,
}

#[derive(Debug, Encode, Decode)]
struct Rotated {
    #[n(0)]
    from: Epoch,
    #[n(1)]
    beacons: Secret,
}

impl AuthoritySecrets {
    /// Draws everything anew, with roots for `epochs` epochs from epoch 0 on.
    pub(super) fn draw(roles: usize, epochs: u32, rng: &mut SystemRng) -> Self {
        let service = Some(ServiceKey::new(rng.secret()));
        let file = AuthorityFile {
            signing_seed: rng.secret(),
            places: rng.secret(),
            beacons: rng.secret(),
            service,
            rotated: Vec::new(),
        };
        let key = AuthorityKey::new(&file.signing_seed);
        let mut secrets = Self { file, key, roles: Vec::new(), relay: RelayKeyring::starting(Epoch(0)) };
        for role in (0..roles).filter_map(|role| u8::try_from(role).ok()) {
            secrets.roles.push(RoleKeyring::new(RoleIndex(role), Epoch(0), &[]));
        }
        secrets.extend(Epoch(0).plus(epochs), rng);
        secrets
    }

    pub(super) fn load(folder: &Path) -> Result<Self, OperationError> {
        let file: AuthorityFile = load(&folder.join(names::AUTHORITY))?;
        let key = AuthorityKey::new(&file.signing_seed);
        let mut roles: Vec<RoleKeyring> = Vec::new();
        while let Some(path) = Some(role_path(folder, roles.len())).filter(|path| path.exists()) {
            roles.push(load(&path)?);
        }
        let path = relay_path(folder);
        let relay = if path.exists() {
            load(&path)?
        } else {
            // An operation from before there were relays: their roots are drawn with the roles' next ones.
            let first = roles.iter().find_map(RoleKeyring::range).map_or(Epoch(0), |(first, _)| first);
            RelayKeyring::starting(first)
        };
        Ok(Self { file, key, roles, relay })
    }

    /// Refuses keys that are not those of the operation's roles, in their order.
    pub(super) fn check(&self, manifest: &Manifest, folder: &Path) -> Result<(), OperationError> {
        let in_order = (0_u8..).map(RoleIndex).zip(&self.roles).all(|(role, keyring)| keyring.role == role);
        if in_order && self.roles.len() == manifest.policy.roles.len() {
            return Ok(());
        }
        let path = folder.join(names::ROLES);
        Err(OperationError::Damaged { path, what: "it does not hold one file of keys for each role" })
    }

    /// Writes new files; refuses when there are some.
    pub(super) fn create(&self, folder: &Path) -> Result<(), OperationError> {
        files::create_summed(&folder.join(names::AUTHORITY), &encode(&self.file))?;
        files::private_folder(&folder.join(names::ROLES))?;
        for (index, keyring) in self.roles.iter().enumerate() {
            files::create_summed(&role_path(folder, index), &encode(keyring))?;
        }
        files::create_summed(&relay_path(folder), &encode(&self.relay))?;
        Ok(())
    }

    /// Writes the roles' and the relays' roots after they were extended or cut.
    pub(super) fn store_roles(&self, folder: &Path) -> Result<(), OperationError> {
        for (index, keyring) in self.roles.iter().enumerate() {
            files::replace_summed(&role_path(folder, index), &encode(keyring))?;
        }
        files::replace_summed(&relay_path(folder), &encode(&self.relay))?;
        Ok(())
    }

    /// Draws roots up to and with an epoch. Says whether any were missing.
    pub(super) fn extend(&mut self, last: Epoch, rng: &mut SystemRng) -> bool {
        let mut drawn = false;
        for keyring in &mut self.roles {
            while keyring.next() <= last {
                keyring.push(&RoleRoot::new(rng.secret()));
                drawn = true;
            }
        }
        while self.relay.next() <= last {
            self.relay.push(&RelayRoot::new(rng.secret()));
            drawn = true;
        }
        drawn
    }

    /// Draws the service's key where there is none yet, and stores it before anyone is told of it.
    pub(super) fn complete(&mut self, folder: &Path, rng: &mut SystemRng) -> Result<(), OperationError> {
        if self.file.service.is_none() {
            self.file.service = Some(ServiceKey::new(rng.secret()));
            files::replace_summed(&folder.join(names::AUTHORITY), &encode(&self.file))?;
        }
        Ok(())
    }

    /// Draws everything anew that opens or seals in epochs from `from` to `last`: the roles' and relays' roots and the beacon
    /// secret. Stored when this returns.
    pub(super) fn rotate(
        &mut self,
        folder: &Path,
        from: Epoch,
        last: Epoch,
        rng: &mut SystemRng,
    ) -> Result<(), OperationError> {
        self.file.rotated.retain(|rotated| rotated.from < from);
        self.file.rotated.push(Rotated { from, beacons: rng.secret() });
        self.roles.iter_mut().for_each(|keyring| keyring.forget_from(from));
        self.relay.forget_from(from);
        self.extend(last, rng);
        files::replace_summed(&folder.join(names::AUTHORITY), &encode(&self.file))?;
        self.store_roles(folder)
    }

    /// Deletes the roots of epochs that closed longer ago than the policy's lateness.
    pub(super) fn forget_before(&mut self, epoch: Epoch) -> bool {
        let relay = self.relay.forget_before(epoch);
        self.roles.iter_mut().map(|keyring| keyring.forget_before(epoch)).fold(relay, |any, one| any | one)
    }

    pub(super) const fn authority(&self) -> &AuthorityKey {
        &self.key
    }

    pub(super) fn root(&self, role: RoleIndex, epoch: Epoch) -> Option<RoleRoot> {
        self.roles.get(usize::from(role.0))?.root(epoch)
    }

    pub(super) fn relay_root(&self, epoch: Epoch) -> Option<RelayRoot> {
        self.relay.root(epoch)
    }

    pub(super) const fn service(&self) -> Option<&ServiceKey> {
        self.file.service.as_ref()
    }

    pub(super) fn beacon_key(&self, operation: OperationId, epoch: Epoch) -> Secret {
        let rotated = self.file.rotated.iter().rev().find(|rotated| rotated.from <= epoch);
        let secret = rotated.map_or(&self.file.beacons, |rotated| &rotated.beacons);
        schedule::beacon_key(secret, operation, epoch)
    }

    pub(super) fn places(&self, manifest: &Manifest, epoch: Epoch) -> Places {
        Places::of(&self.file.places, manifest.operation, epoch, manifest.policy.places)
    }
}

/// Files are named by the role's number: names may change with the policy, numbers may not.
fn role_path(folder: &Path, index: usize) -> std::path::PathBuf {
    folder.join(names::ROLES).join(format!("{index}.key"))
}

fn relay_path(folder: &Path) -> std::path::PathBuf {
    folder.join(names::ROLES).join("relay.key")
}

fn encode(value: &impl Encode<()>) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::new());
    // Writing into a Vec cannot fail.
    let written = minicbor::encode(value, &mut *bytes);
    debug_assert!(written.is_ok(), "a Vec takes everything");
    bytes
}

fn load<T: for<'b> Decode<'b, ()>>(path: &Path) -> Result<T, OperationError> {
    let bytes = files::read_secret(path, KEYS_LIMIT)?;
    minicbor::decode(&bytes).map_err(|_| OperationError::Damaged {
        path: path.to_owned(),
        what: "it does not decode as a file of keys",
    })
}
