//! What a relay keeps beside its credential: the queue, with the marks of what it has taken.

use std::path::{Path, PathBuf};

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use cowl_core::{Credential, Secret};

use super::RelayError;
use crate::{
    keyring::load_credential,
    node::{Queue, Settings},
};

/// The key of the queue.
const QUEUE: &[u8] = b"cowl relay queue v1";

/// The key of a relay's queue: who has the credential file can read what waits (which is sealed to the roles); who has only
/// the disk's other files cannot even count it by class.
pub fn queue_key(credential: &Credential) -> Secret {
    let tag = sign(&Key::new(HMAC_SHA256, &credential.instance), QUEUE);
    Secret::new(tag.as_ref().first_chunk().copied().unwrap_or_default())
}

/// Where a relay's queue lies: beside its credential.
pub fn queue_path(credential: &Path) -> PathBuf {
    let mut name = credential.as_os_str().to_owned();
    name.push(".queue");
    PathBuf::from(name)
}

/// Opens a relay's queue, or makes it, with the room that the policy gives it: in no order, and nothing is forgotten that could be
/// replayed.
pub fn open_queue(credential: &Path) -> Result<Queue, RelayError> {
    let held = load_credential(credential)?;
    let traffic = &held.manifest.policy.traffic;
    let settings = Settings::for_relay(traffic.queue_bytes, traffic.when_full);
    Ok(Queue::open(&queue_path(credential), &queue_key(&held), settings)?)
}
