//! Every label and every derivation of the protocol, in one place (spec §3).
//!
//! All keys of an operation come from one secret per role and epoch, [`RoleRoot`]. A device holds only its
//! own [`DeviceRoot`]s, and a label is never used for two purposes.

use core::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{CloneMark, Epoch, OperationId, Place, RoleIndex, Secret};

/// `K(j,R,e)` from `K(R,e)` (spec §3.2).
const DEVICE: &[u8] = b"cowl/1 device";
/// The key of a part's AEAD from `K(j,R,e)` (spec §3.3).
const PART: &[u8] = b"cowl/1 part key";
/// The key of a part's tags from `K(j,R,e)` (spec §3.3).
const TAG: &[u8] = b"cowl/1 tag key";
/// The seed of the walk-in key pair from `K(R,e)` (spec §3.4).
const WALK_IN: &[u8] = b"cowl/1 walk-in seed";
/// The seed of the relays' key pair from their root of the epoch (spec §3.10).
const RELAY: &[u8] = b"cowl/1 relay seed";
/// The operation's places of one epoch from the authority's place secret (spec §3.6).
const PLACES: &[u8] = b"cowl/1 places";
/// The key that seals the beacon's counts to enrolled devices (spec §3.5).
const BEACON: &[u8] = b"cowl/1 beacon key";
/// The key that seals a bulletin's commands, from the epoch's beacon key (spec §3.5).
const BULLETIN: &[u8] = b"cowl/1 bulletin key";
/// A pseudonym's number from place and epoch (spec §3.7).
const PSEUDONYM: &[u8] = b"cowl/1 pseudonym";
/// What a beacon calls a device whose credential is in use twice, from its `K(j,R,e)` for the census (spec §3.9).
const CLONE: &[u8] = b"cowl/1 clone mark";
/// An erasure handle from a person's withdrawal seed (spec §3.8).
const HANDLE: &[u8] = b"cowl/1 erasure handle";

/// What opens the associated data of an enrolled part (spec §4.2).
pub(crate) const PART_CONTEXT: &[u8] = b"cowl/1 part";
/// What opens the HPKE `info` of a walk-in part (spec §5.2).
pub(crate) const WALK_IN_CONTEXT: &[u8] = b"cowl/1 walk-in";
/// What opens the HPKE `info` of a message that is wrapped for a relay (spec §7.5).
pub(crate) const RELAY_CONTEXT: &[u8] = b"cowl/1 relay";
/// What a manifest's signature covers in front of its bytes (spec §6.1).
pub(crate) const MANIFEST_CONTEXT: &[u8] = b"cowl/1 manifest";
/// What a beacon's signature covers in front of its bytes (spec §6.2).
pub(crate) const BEACON_CONTEXT: &[u8] = b"cowl/1 beacon";
/// What a bulletin's signature covers in front of its bytes (spec §6.4).
pub(crate) const BULLETIN_CONTEXT: &[u8] = b"cowl/1 bulletin";
/// The associated data of a bulletin's sealed commands (spec §6.4).
pub(crate) const COMMANDS_CONTEXT: &[u8] = b"cowl/1 commands";
/// The associated data of a beacon's sealed counts (spec §6.2).
pub(crate) const COUNTS_CONTEXT: &[u8] = b"cowl/1 counts";

/// `K(R,e)`: the one secret of a role and an epoch, made by the authority.
#[derive(Clone)]
pub struct RoleRoot(Secret);

/// `K(j,R,e)`: what a device at place `j` holds for a role and an epoch. It opens and writes that device's
/// parts for that role, and no other device's.
#[derive(Clone)]
pub struct DeviceRoot(Secret);

/// The one secret of an operation's relays and an epoch, made by the authority. It takes the wrap off, and opens no report.
#[derive(Clone)]
pub struct RelayRoot(Secret);

/// The two keys of one device's parts for one role in one epoch, still as bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct PartSecrets {
    pub(crate) part: [u8; 32],
    pub(crate) tag: [u8; 32],
}

impl RoleRoot {
    /// Takes the 32 bytes that the authority drew.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes, for a credential.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// `K(j,R,e)` of one place (spec §3.2).
    pub fn device(&self, operation: OperationId, role: RoleIndex, epoch: Epoch, place: Place) -> DeviceRoot {
        let mut out = Secret::new([0; 32]);
        self.devices(operation, role, epoch).fill(place, out.expose_mut());
        DeviceRoot(out)
    }

    /// The same for many places: the extraction is done once.
    pub(crate) fn devices(&self, operation: OperationId, role: RoleIndex, epoch: Epoch) -> DeviceExpander {
        DeviceExpander { prk: Hkdf::new(Some(&operation.0), self.0.expose()), role, epoch }
    }

    /// The 32-byte seed of this role's walk-in key pair in this epoch (spec §3.4).
    pub(crate) fn walk_in_seed(&self, operation: OperationId, role: RoleIndex, epoch: Epoch) -> Secret {
        derive(&self.0, operation, &[WALK_IN, &[role.0], &epoch.0.to_be_bytes()])
    }
}

impl DeviceRoot {
    /// Takes the 32 bytes from a credential.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes, for a credential.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// By which the device knows itself in a beacon of this epoch, if this is its root for the census (spec §3.9).
    pub fn clone_mark(&self) -> CloneMark {
        let mut mark = [0; 8];
        if let Ok(prk) = Hkdf::<Sha256>::from_prk(self.0.expose()) {
            fill(&prk, &[CLONE], &mut mark);
        }
        CloneMark(mark)
    }
}

impl RelayRoot {
    /// Takes the 32 bytes that the authority drew.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes, for a credential.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// The 32-byte seed of the relays' key pair in this epoch (spec §3.10).
    pub(crate) fn seed(&self, operation: OperationId, epoch: Epoch) -> Secret {
        derive(&self.0, operation, &[RELAY, &epoch.0.to_be_bytes()])
    }
}

/// Makes `K(j,R,e)` for place after place.
pub(crate) struct DeviceExpander {
    prk: Hkdf<Sha256>,
    role: RoleIndex,
    epoch: Epoch,
}

impl DeviceExpander {
    pub(crate) fn fill(&self, place: Place, out: &mut [u8; 32]) {
        let (role, epoch, place) = ([self.role.0], self.epoch.0.to_be_bytes(), place.0.to_be_bytes());
        fill(&self.prk, &[DEVICE, &role, &epoch, &place], out);
    }
}

impl PartSecrets {
    /// The tag and AEAD keys under a `K(j,R,e)` (spec §3.3). The root is uniform, so it is the PRK itself.
    pub(crate) fn of(root: &[u8; 32]) -> Self {
        let mut keys = Self { part: [0; 32], tag: [0; 32] };
        if let Ok(prk) = Hkdf::<Sha256>::from_prk(root) {
            fill(&prk, &[PART], &mut keys.part);
            fill(&prk, &[TAG], &mut keys.tag);
        }
        keys
    }
}

/// The seed of the permutation that gives devices their places in one epoch (spec §3.6).
pub(crate) fn places_seed(place_secret: &Secret, operation: OperationId, epoch: Epoch) -> Secret {
    derive(place_secret, operation, &[PLACES, &epoch.0.to_be_bytes()])
}

/// The key of the beacon's counts in one epoch, from the authority's beacon secret (spec §3.5).
pub fn beacon_key(beacon_secret: &Secret, operation: OperationId, epoch: Epoch) -> Secret {
    derive(beacon_secret, operation, &[BEACON, &epoch.0.to_be_bytes()])
}

/// The key of a bulletin's commands, from the beacon key of its epoch (spec §3.5). The key is uniform, so it is the PRK
/// itself.
pub(crate) fn bulletin_key(beacon_key: &Secret) -> Secret {
    let mut out = Secret::new([0; 32]);
    if let Ok(prk) = Hkdf::<Sha256>::from_prk(beacon_key.expose()) {
        fill(&prk, &[BULLETIN], out.expose_mut());
    }
    out
}

/// The erasure handle of one epoch from the seed that a person keeps (spec §3.8).
pub fn erasure_handle(seed: &Secret, operation: OperationId, epoch: Epoch) -> crate::ErasureHandle {
    let secret = derive(seed, operation, &[HANDLE, &epoch.0.to_be_bytes()]);
    let mut handle = [0; 16];
    handle.copy_from_slice(secret.expose().first_chunk::<16>().unwrap_or(&[0; 16]));
    crate::ErasureHandle(handle)
}

/// Forty bits that name a place in an epoch and say nothing about another epoch (spec §3.7).
pub(crate) fn pseudonym_bits(operation: OperationId, epoch: Epoch, place: Place) -> [u8; 5] {
    let mut out = [0; 5];
    let prk = Hkdf::<Sha256>::new(None, &operation.0);
    fill(&prk, &[PSEUDONYM, &epoch.0.to_be_bytes(), &place.0.to_be_bytes()], &mut out);
    out
}

fn derive(secret: &Secret, operation: OperationId, info: &[&[u8]]) -> Secret {
    let mut out = Secret::new([0; 32]);
    fill(&Hkdf::<Sha256>::new(Some(&operation.0), secret.expose()), info, out.expose_mut());
    out
}

fn fill(prk: &Hkdf<Sha256>, info: &[&[u8]], out: &mut [u8]) {
    // HKDF-Expand fails only above 255 × 32 bytes; every output here is 32 or fewer.
    let done = prk.expand_multi_info(info, out);
    debug_assert!(done.is_ok(), "an output of at most 32 bytes");
}

impl fmt::Debug for RoleRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoleRoot(…)")
    }
}

impl fmt::Debug for RelayRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayRoot(…)")
    }
}

impl fmt::Debug for DeviceRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceRoot(…)")
    }
}
