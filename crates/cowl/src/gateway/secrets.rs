//! What a gateway keeps beside its credential: queue, roster and vault, each under a key of its own.
//!
//! These keys come from the credential's instance secret. Who has the credential file and the vault can read what waits; who
//! has only the disk's other files, or a copy of them, cannot. What the vault destroyed, nobody can.

use std::path::{Path, PathBuf};

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use cowl_core::{Credential, Secret};

use super::{Device, GatewayError, roster::Roster};
use crate::{
    keyring::load_credential,
    node::{Queue, Settings},
};

/// The key of the queue.
const QUEUE: &[u8] = b"cowl gateway queue v1";
/// The key of the roster.
const ROSTER: &[u8] = b"cowl gateway roster v1";
/// The key of the vault.
const VAULT: &[u8] = b"cowl gateway vault v1";
/// What the queue is called before the operation's service.
const NAME: &[u8] = b"cowl gateway queue name v1";
/// The key of what a device's retransmission is known by.
const AGAIN: &[u8] = b"cowl gateway retransmissions v1";

/// The key of a gateway's queue.
pub fn queue_key(credential: &Credential) -> Secret {
    derive(credential, QUEUE)
}

/// Where a gateway's queue lies: beside its credential.
pub fn queue_path(credential: &Path) -> PathBuf {
    beside(credential, "queue")
}

/// Opens a gateway's queue, or makes it, with the room that the policy gives it.
pub fn open_queue(credential: &Path) -> Result<Queue, GatewayError> {
    let held = load_credential(credential)?;
    let traffic = &held.manifest.policy.traffic;
    let settings = Settings::new(traffic.queue_bytes, traffic.when_full);
    Ok(Queue::open(&queue_path(credential), &queue_key(&held), settings)?)
}

/// The devices of a gateway, also while it runs.
pub fn roster(credential: &Path) -> Result<Vec<Device>, GatewayError> {
    let held = load_credential(credential)?;
    let devices = Roster::read(&roster_path(credential), &roster_key(&held))?;
    Ok(devices.into_iter().filter_map(device).collect())
}

pub(super) fn device((name, identity): (String, u32)) -> Option<Device> {
    Some(Device { name, identity: usize::try_from(identity).ok()? })
}

pub(super) fn roster_key(credential: &Credential) -> Secret {
    derive(credential, ROSTER)
}

pub(super) fn roster_path(credential: &Path) -> PathBuf {
    beside(credential, "roster")
}

/// What the queue is called before the operation's service.
pub(super) fn store_name(credential: &Credential) -> [u8; 16] {
    derive(credential, NAME).expose().first_chunk().copied().unwrap_or_default()
}

pub(super) fn vault_key(credential: &Credential) -> Secret {
    derive(credential, VAULT)
}

pub(super) fn vault_path(credential: &Path) -> PathBuf {
    beside(credential, "vault")
}

pub(super) fn commands_path(credential: &Path) -> PathBuf {
    beside(credential, "commands")
}

pub(super) fn again_key(credential: &Credential) -> Secret {
    derive(credential, AGAIN)
}

fn beside(credential: &Path, what: &str) -> PathBuf {
    let mut name = credential.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    PathBuf::from(name)
}

fn derive(credential: &Credential, purpose: &[u8]) -> Secret {
    let mut key = zeroize::Zeroizing::new([0; 32]);
    let info = [purpose];
    let prk = Salt::new(HKDF_SHA256, &credential.manifest.operation.0).extract(&credential.instance);
    // HKDF-Expand fails only above 255 × 32 bytes.
    let filled = prk.expand(&info, Length).and_then(|okm| okm.fill(key.as_mut_slice()));
    debug_assert!(filled.is_ok(), "an output of 32 bytes");
    Secret::new(*key)
}

/// 32 bytes.
struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}
