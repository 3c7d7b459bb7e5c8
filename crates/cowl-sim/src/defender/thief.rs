//! Somebody with one device's keys: an insider, who is enrolled and keeps every key that he ever had, or the thief of a phone, which
//! deletes the keys of past epochs.

use std::ops::Range;
use std::sync::Arc;

use cowl::formats;
use cowl_core::{
    Body, Credential, DeviceKeyring, DeviceKeys, Epoch, Layout, Member, RoleIndex, SignedManifest,
};
use serde_json::{Map, Value as Json};

use cowl_audit::truth::Reader;

/// Counters that are tried: no device sends as many reports in an epoch.
const COUNTERS: Range<u32> = 0..1_024;

/// A holder of one device's keys.
#[derive(Debug)]
pub(super) struct Thief {
    pub(super) reader: Reader,
    identity: usize,
    /// Keys of earlier epochs are deleted; absent: nothing is.
    from: Option<Epoch>,
    keys: Option<DeviceKeys>,
}

impl Thief {
    /// Somebody enrolled, who keeps everything.
    pub(super) const fn insider(person: u32, identity: usize) -> Self {
        Self { reader: Reader::Insider(person), identity, from: None, keys: None }
    }

    /// Somebody who takes a phone when this epoch runs.
    pub(super) const fn of_phone(person: u32, identity: usize, epoch: Epoch) -> Self {
        Self { reader: Reader::Stolen(person), identity, from: Some(epoch), keys: None }
    }

    /// Tries a message of this epoch with the keys that he holds.
    pub(super) fn read(
        &mut self,
        payload: &[u8],
        epoch: Epoch,
        credential: &Credential,
        layout: &Arc<Layout>,
    ) -> Option<String> {
        if self.from.is_some_and(|from| epoch < from) {
            return None;
        }
        if self.keys.as_ref().is_none_or(|keys| keys.epoch() != epoch) {
            let roots = keyring(credential, self.identity)?.roots(epoch)?;
            let operation = credential.manifest.operation;
            self.keys = DeviceKeys::new(operation, epoch, Arc::clone(layout), &roots).ok();
        }
        let bodies = self.keys.as_ref()?.hazmat_reopen(payload, COUNTERS);
        (!bodies.is_empty()).then(|| text(&credential.manifest, &bodies))
    }
}

fn keyring(credential: &Credential, identity: usize) -> Option<&DeviceKeyring> {
    match &credential.member {
        Member::Gateway(keyrings) | Member::Relay { identities: keyrings, .. } => keyrings.get(identity),
        Member::Device(keyring) => Some(keyring),
        Member::Responder(_) => None,
    }
}

/// The parts that opened, role by role.
fn text(manifest: &SignedManifest, bodies: &[(RoleIndex, Vec<u8>)]) -> String {
    let mut roles = Map::new();
    for (role, body) in bodies {
        let name = manifest.policy.role(*role).map_or("", |role| role.name.as_str());
        if let Ok(body) = Body::decode(&manifest.policy, *role, body) {
            roles.insert(name.to_owned(), Json::Object(formats::to_json(&manifest.policy, &body)));
        }
    }
    Json::Object(roles).to_string()
}
