//! Credentials: what a member holds (spec §6.3). Secret, 0600, and never a root that opens others' reports
//! unless the member is a responder of that role.

use alloc::{string::String, vec::Vec};
use core::fmt;

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    Authority, Epoch, ManifestError, MemberId, OperationId, RelayKeyring, ResponderKeyring, RoleIndex,
    Secret, SignedManifest, exchange,
    schedule::{DeviceRoot, RoleRoot},
};

/// What a credential file begins with.
const MAGIC: &[u8] = b"cowl credential 1\n";
/// No credential is larger: 28 days of 6-hour epochs for 10,000 identities are below it.
const MAX_LEN: usize = 256 << 20;

/// Why bytes are not a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// It does not begin as credentials do.
    #[error("not a credential file")]
    NotACredential,
    /// It begins as one and does not go on as one.
    #[error("a damaged or cut-off credential file")]
    Malformed,
    /// The manifest in it is not one to follow.
    #[error("its manifest is {0}")]
    Manifest(#[from] ManifestError),
}

/// A member's credential: whom to trust, how to connect, and keys.
#[derive(Debug)]
pub struct Credential {
    /// The manifest at enrolment; newer ones follow it.
    pub manifest: SignedManifest,
    /// How the broker knows the member: a login shared by all of its kind, so it names nobody.
    pub login: Login,
    /// Draws no conclusion on its own; a state file that carries another one belongs to another copy.
    pub instance: [u8; 16],
    /// What the member is.
    pub member: Member,
    /// What the study's presets use in place of all keys; `None` under the preset `cowl`.
    pub dangerous: Option<DangerousKeys>,
    /// By what the member gets further keys; `None`: it was enrolled before there was renewal, and must be enrolled again.
    pub membership: Option<Membership>,
    /// The generation of the newest keys ([`crate::Manifest::generation`]).
    pub generation: u32,
}

/// By what a member proves to the operation's service who it is (spec §9.3). The service knows the same.
#[derive(Clone, Encode, Decode)]
pub struct Membership {
    /// How the service finds the member.
    #[n(0)]
    pub id: MemberId,
    /// What both know. Each renewal makes the next one from it and deletes it, so that what was recorded on the way does
    /// not open when a device is seized later.
    #[n(1)]
    pub secret: Secret,
    /// How many came before it.
    #[n(2)]
    pub step: u32,
}

impl Membership {
    /// The next one: after this, there is no way back to the secret.
    pub fn advance(&mut self, operation: OperationId) {
        self.secret = exchange::next_secret(&self.secret, operation);
        self.step = self.step.saturating_add(1);
    }
}

/// The keys of the study's presets: one for everyone, and a token that never changes.
#[derive(Clone, Encode, Decode)]
pub struct DangerousKeys {
    /// Fernet keys as Python's `cryptography` writes them: the first encrypts, all decrypt.
    #[n(0)]
    pub fernet: Vec<String>,
    /// The number in the member's token `V-001`; a gateway's identities follow it in order.
    #[n(1)]
    pub token: u32,
}

/// A broker login.
#[derive(Clone, Encode, Decode)]
pub struct Login {
    /// The MQTT user name.
    #[n(0)]
    pub user: String,
    /// The MQTT password.
    #[n(1)]
    pub password: String,
}

/// The kinds of members.
#[derive(Debug, Encode, Decode)]
pub enum Member {
    /// Sends its own reports.
    #[n(0)]
    Device(#[n(0)] DeviceKeyring),
    /// Reads reports of its roles.
    #[n(1)]
    Responder(#[n(0)] Vec<ResponderKeyring>),
    /// Sends reports for many devices, each an identity of its own.
    #[n(2)]
    Gateway(#[n(0)] Vec<DeviceKeyring>),
    /// Takes the wrap off what phones send, and publishes it among cover of its own.
    #[n(3)]
    Relay {
        /// What its cover is sealed as.
        #[n(0)]
        identities: Vec<DeviceKeyring>,
        /// What takes the wrap off.
        #[n(1)]
        relay: RelayKeyring,
    },
}

/// One enrolled identity's keys of the coming epochs.
#[derive(Encode, Decode)]
pub struct DeviceKeyring {
    #[n(0)]
    first: Epoch,
    #[n(1)]
    epochs: Vec<DeviceEpoch>,
}

/// One epoch of a [`DeviceKeyring`].
#[derive(Encode, Decode)]
struct DeviceEpoch {
    #[n(0)]
    roots: Vec<Secret>,
    #[n(1)]
    beacon: Secret,
}

/// A role's roots of the coming epochs, which only the authority has.
#[derive(Encode, Decode)]
pub struct RoleKeyring {
    /// The role.
    #[n(0)]
    pub role: RoleIndex,
    #[n(1)]
    first: Epoch,
    #[n(2)]
    roots: Vec<Secret>,
}

impl DeviceKeyring {
    /// No keys yet, to be filled from `first` on.
    pub const fn starting(first: Epoch) -> Self {
        Self { first, epochs: Vec::new() }
    }

    /// Adds the keys of the next epoch: one root per role in the policy's order, and the beacon key.
    pub fn push(&mut self, roots: &[DeviceRoot], beacon: Secret) {
        let roots = roots.iter().map(|root| root.secret().clone()).collect();
        self.epochs.push(DeviceEpoch { roots, beacon });
    }

    /// The roots of an epoch, in the order of the roles.
    pub fn roots(&self, epoch: Epoch) -> Option<Vec<DeviceRoot>> {
        Some(self.epoch(epoch)?.roots.iter().cloned().map(DeviceRoot::new).collect())
    }

    /// Takes newer keys: those of epochs before them stay, where none lies between; those of their epochs and later ones go.
    pub(crate) fn take(&mut self, newer: Self) {
        let kept = usize::try_from(newer.first.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX);
        if newer.first < self.first || kept > self.epochs.len() {
            *self = newer;
        } else {
            self.epochs.truncate(kept);
            self.epochs.extend(newer.epochs);
        }
    }

    /// The root of an epoch for one role.
    pub fn root(&self, role: RoleIndex, epoch: Epoch) -> Option<DeviceRoot> {
        self.epoch(epoch)?.roots.get(usize::from(role.0)).cloned().map(DeviceRoot::new)
    }

    /// The key that opens what that epoch's beacons tell devices.
    pub fn beacon_key(&self, epoch: Epoch) -> Option<&Secret> {
        Some(&self.epoch(epoch)?.beacon)
    }

    /// Deletes the keys of all epochs before `epoch`. Says whether there were any.
    pub fn forget_before(&mut self, epoch: Epoch) -> bool {
        let count = usize::try_from(epoch.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX);
        let count = count.min(self.epochs.len());
        self.epochs.drain(..count);
        self.first = if self.epochs.is_empty() { self.first.max(epoch) } else { self.first.plus(len(count)) };
        count > 0
    }

    /// The first and the last epoch that there are keys for.
    pub fn range(&self) -> Option<(Epoch, Epoch)> {
        let last = len(self.epochs.len()).checked_sub(1)?;
        Some((self.first, self.first.plus(last)))
    }

    fn epoch(&self, epoch: Epoch) -> Option<&DeviceEpoch> {
        self.epochs.get(usize::try_from(epoch.0.checked_sub(self.first.0)?).ok()?)
    }
}

impl RoleKeyring {
    /// The roots of a role from `first` on.
    pub fn new(role: RoleIndex, first: Epoch, roots: &[RoleRoot]) -> Self {
        Self { role, first, roots: roots.iter().map(|root| root.secret().clone()).collect() }
    }

    /// Adds the root of the next epoch.
    pub fn push(&mut self, root: &RoleRoot) {
        self.roots.push(root.secret().clone());
    }

    /// Deletes the roots of `epoch` and of all epochs after it: others are to be drawn.
    pub fn forget_from(&mut self, epoch: Epoch) {
        self.roots.truncate(usize::try_from(epoch.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX));
    }

    /// The first epoch that there is no root for yet.
    pub fn next(&self) -> Epoch {
        self.first.plus(len(self.roots.len()))
    }

    /// The root of an epoch.
    pub fn root(&self, epoch: Epoch) -> Option<RoleRoot> {
        let index = usize::try_from(epoch.0.checked_sub(self.first.0)?).ok()?;
        self.roots.get(index).cloned().map(RoleRoot::new)
    }

    /// Deletes the roots of all epochs before `epoch`. Says whether there were any.
    pub fn forget_before(&mut self, epoch: Epoch) -> bool {
        let count = usize::try_from(epoch.0.saturating_sub(self.first.0)).unwrap_or(usize::MAX);
        let count = count.min(self.roots.len());
        self.roots.drain(..count);
        self.first = if self.roots.is_empty() { self.first.max(epoch) } else { self.first.plus(len(count)) };
        count > 0
    }

    /// The first and the last epoch that there are roots for.
    pub fn range(&self) -> Option<(Epoch, Epoch)> {
        let last = len(self.roots.len()).checked_sub(1)?;
        Some((self.first, self.first.plus(last)))
    }
}

impl Credential {
    /// As a file. The caller keeps it 0600.
    pub fn to_bytes(&self) -> Result<zeroize::Zeroizing<Vec<u8>>, CredentialError> {
        let file = File {
            authority: self.manifest.authority(),
            manifest: self.manifest.bytes().to_vec().into(),
            login: self.login.clone(),
            instance: self.instance,
            dangerous: self.dangerous.clone(),
            membership: self.membership.clone(),
            generation: Some(self.generation).filter(|generation| *generation > 0),
        };
        let mut bytes = zeroize::Zeroizing::new(MAGIC.to_vec());
        minicbor::encode(&file, &mut *bytes).map_err(|_| CredentialError::Malformed)?;
        minicbor::encode(&self.member, &mut *bytes).map_err(|_| CredentialError::Malformed)?;
        Ok(bytes)
    }

    /// From a file. The authority in it is trusted because the file is: it came over a safe way, or it is
    /// compared by [`Authority::fingerprint`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CredentialError> {
        let content = bytes.strip_prefix(MAGIC).ok_or(CredentialError::NotACredential)?;
        if bytes.len() > MAX_LEN {
            return Err(CredentialError::Malformed);
        }
        let mut decoder = minicbor::Decoder::new(content);
        let file: File = decoder.decode().map_err(|_| CredentialError::Malformed)?;
        let member: Member = decoder.decode().map_err(|_| CredentialError::Malformed)?;
        if decoder.position() != content.len() {
            return Err(CredentialError::Malformed);
        }
        let manifest = SignedManifest::verify(&file.manifest, file.authority)?;
        if !member.fits(manifest.policy.roles.len()) {
            return Err(CredentialError::Malformed);
        }
        let File { login, instance, dangerous, membership, generation, .. } = file;
        let generation = generation.unwrap_or(0);
        Ok(Self { manifest, login, instance, member, dangerous, membership, generation })
    }
}

impl Member {
    /// Whether its keys are of a policy with so many roles.
    pub(crate) fn fits(&self, roles: usize) -> bool {
        let fits = |keyring: &DeviceKeyring| keyring.epochs.iter().all(|epoch| epoch.roots.len() == roles);
        match self {
            Self::Device(keyring) => fits(keyring),
            Self::Gateway(identities) | Self::Relay { identities, .. } => identities.iter().all(fits),
            Self::Responder(keyrings) => {
                keyrings.iter().all(|keyring| usize::from(keyring.role.0) < roles && keyring.is_sound())
            }
        }
    }
}

/// The part of a credential file that is the same for every kind of member.
#[derive(Encode, Decode)]
struct File {
    #[n(0)]
    authority: Authority,
    #[n(1)]
    manifest: ByteVec,
    #[n(2)]
    login: Login,
    #[cbor(n(3), with = "minicbor::bytes")]
    instance: [u8; 16],
    #[n(4)]
    dangerous: Option<DangerousKeys>,
    #[n(5)]
    membership: Option<Membership>,
    #[n(6)]
    generation: Option<u32>,
}

fn len(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").field("step", &self.step).finish_non_exhaustive()
    }
}

impl fmt::Debug for DangerousKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DangerousKeys(…)")
    }
}

impl Drop for DangerousKeys {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.fernet);
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.password);
    }
}

impl fmt::Debug for DeviceKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceKeyring").field("range", &self.range()).finish_non_exhaustive()
    }
}

impl fmt::Debug for RoleKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleKeyring").field("range", &self.range()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgetting_deletes_the_past_and_keeps_the_rest_in_place() {
        let roots: Vec<_> = (0..5_u8).map(|n| RoleRoot::new(Secret::new([n; 32]))).collect();
        let mut keyring = RoleKeyring::new(RoleIndex(0), Epoch(10), &roots);
        assert!(!keyring.forget_before(Epoch(10)));
        assert!(keyring.forget_before(Epoch(12)));
        assert!(keyring.root(Epoch(11)).is_none());
        assert_eq!(keyring.root(Epoch(12)).unwrap().secret().expose()[0], 2);
        assert_eq!(keyring.range(), Some((Epoch(12), Epoch(14))));
        assert!(keyring.forget_before(Epoch(99)));
        assert_eq!(keyring.range(), None);
        assert!(keyring.root(Epoch(12)).is_none());
    }

    #[test]
    fn debug_shows_no_secret() {
        let keyring = RoleKeyring::new(RoleIndex(0), Epoch(0), &[RoleRoot::new(Secret::new([0xab; 32]))]);
        assert_eq!(alloc::format!("{keyring:?}"), "RoleKeyring { range: Some((Epoch(0), Epoch(0))), .. }");
    }
}
