//! Who was seen where in the epochs that still count.

use std::collections::BTreeMap;

use cowl_core::{Census, Counts, Epoch, LevelIndex, Place, PolicyVersion, Zone};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

/// Each place's zones of each epoch, as it reported them first.
///
/// About 150 bytes a place and epoch. It knows which zones one place of one epoch was in, so it is as secret as the
/// census role's key, which tells the same.
#[derive(Debug, Default, Encode, Decode)]
pub(super) struct Tally {
    /// The policy under which the zones mean something.
    #[n(0)]
    policy: u32,
    #[n(1)]
    epochs: BTreeMap<u32, BTreeMap<Place, Vec<Zone>>>,
}

impl Tally {
    pub(super) fn new(policy: PolicyVersion) -> Self {
        Self { policy: policy.0, epochs: BTreeMap::new() }
    }

    /// What [`Self::to_bytes`] wrote, if it was under this policy.
    pub(super) fn from_bytes(bytes: &[u8], policy: PolicyVersion) -> Option<Self> {
        minicbor::decode(bytes).ok().filter(|tally: &Self| tally.policy == policy.0)
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::new());
        // Writing into a Vec cannot fail.
        let written = minicbor::encode(self, &mut *bytes);
        debug_assert!(written.is_ok(), "a Vec takes everything");
        bytes
    }

    /// Goes on under a policy whose zones are the same.
    pub(super) fn keep_under(&mut self, policy: PolicyVersion) {
        self.policy = policy.0;
    }

    /// Notes where a place was in an epoch; the first word counts. Says whether it is news.
    pub(super) fn note(&mut self, epoch: Epoch, place: Place, zones: &[Zone]) -> bool {
        if zones.is_empty() {
            return false;
        }
        let seen = self.epochs.entry(epoch.0).or_default();
        let new = !seen.contains_key(&place);
        if new {
            seen.insert(place, zones.to_vec());
        }
        new
    }

    pub(super) fn forget_before(&mut self, epoch: Epoch) {
        self.epochs = self.epochs.split_off(&epoch.0);
    }

    /// What may be said, of zones of the level `finest` and coarser.
    pub(super) fn counts(&self, k: u16, window: u32, now: Epoch, finest: LevelIndex) -> Counts {
        let mut census = Census::new(k, window);
        for (epoch, seen) in &self.epochs {
            for (place, zones) in seen {
                let told = zones.iter().position(|zone| zone.level >= finest).unwrap_or(zones.len());
                census.observe(Epoch(*epoch), *place, zones.get(told..).unwrap_or_default());
            }
        }
        census.publish(now)
    }
}
