//! The census: counts how many enrolled devices report from each zone.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cowl_core::{
    Body, Counts, Epoch, LevelIndex, LivePlaces, Opened, Place, PolicyVersion, Received, Receiver, Refused,
    RoleIndex, Sender, SignedManifest, Value, schedule::RoleRoot,
};
use zeroize::Zeroizing;

use super::tally::Tally;

/// Policy versions before the newest one whose messages still count: devices follow a change at their own time.
const OLDER_POLICIES: u32 = 3;

/// Opens the census role's part of every report, which holds zones and nothing else, and counts.
///
/// Walk-ins weigh nothing. A device counts once an epoch, by the first zones that it said.
#[derive(Debug)]
pub struct CensusTaker {
    role: RoleIndex,
    manifest: SignedManifest,
    receiver: Receiver,
    tally: Tally,
    /// Reports of older policies speak of other zones.
    since: PolicyVersion,
    counted: u64,
    clones: BTreeSet<(Epoch, Place)>,
    refused: BTreeMap<Refused, u64>,
}

impl CensusTaker {
    /// A census of this operation, without keys yet; `None` if its policy has no census role.
    pub fn new(manifest: &SignedManifest) -> Option<Self> {
        let role = manifest.policy.census()?;
        Some(Self {
            role,
            receiver: receiver(manifest, role),
            tally: Tally::new(manifest.policy_version),
            manifest: manifest.clone(),
            since: PolicyVersion(0),
            counted: 0,
            clones: BTreeSet::new(),
            refused: BTreeMap::new(),
        })
    }

    /// Goes on where [`Self::to_bytes`] left off; what was counted under other zones is left behind.
    pub fn restore(&mut self, bytes: &[u8]) {
        if let Some(tally) = Tally::from_bytes(bytes, self.manifest.policy_version) {
            self.tally = tally;
        }
    }

    /// Takes a newer manifest. Under changed zones the count begins anew.
    pub fn follow(&mut self, manifest: &SignedManifest) {
        let (old, new) = (&self.manifest.policy, &manifest.policy);
        if old.zones == new.zones {
            self.tally.keep_under(manifest.policy_version);
        } else {
            self.since = manifest.policy_version;
            self.tally = Tally::new(manifest.policy_version);
        }
        self.manifest = manifest.clone();
    }

    /// Makes `now` the current epoch: deletes what is past its lateness, and takes the role's keys of the epochs that
    /// reports may still come from. `root` gives them, `live` whom to hear: again, whenever somebody was revoked.
    pub fn enter(
        &mut self,
        now: Epoch,
        root: impl Fn(RoleIndex, Epoch) -> Option<RoleRoot>,
        mut live: impl FnMut(Epoch) -> LivePlaces,
    ) {
        let manifest = &self.manifest;
        let policy = &manifest.policy;
        let oldest = now.minus(manifest.calendar.epochs_in(u64::from(policy.lateness_seconds)));
        let mut receiver = receiver(manifest, self.role);
        for epoch in (oldest.0..=now.plus(1).0).map(Epoch) {
            if let Some(root) = root(self.role, epoch) {
                let live = live(epoch);
                receiver.hold(epoch, &root, policy.places, |place| live.is_live(place));
            }
        }
        for (epoch, place, next) in self.receiver.progress().filter(|(epoch, ..)| *epoch >= oldest) {
            receiver.resume(epoch, place, next);
        }
        receiver.enter(now);
        self.receiver = receiver;
        self.tally.forget_before(now.minus(u32::from(policy.anonymity.window_epochs).saturating_sub(1)));
    }

    /// Takes a message of the mailbox. `seconds` is a steady clock.
    pub fn take(&mut self, message: &[u8], seconds: u64) {
        let mut opened = Vec::new();
        match self.receiver.receive(message, seconds, &mut opened) {
            Ok(Received::Opened) => {}
            Ok(Received::Clone) => self.clones.extend(opened.iter().filter_map(sender)),
            Err(reason) => *self.refused.entry(reason).or_default() += 1,
        }
        self.count(&opened);
    }

    /// Who was seen to send from two machines, since [`Self::forget_clones`].
    pub(super) const fn clones(&self) -> &BTreeSet<(Epoch, Place)> {
        &self.clones
    }

    /// They are written down.
    pub(super) fn forget_clones(&mut self) {
        self.clones.clear();
    }

    /// Looks for the senders of messages that could not be opened yet.
    pub fn search(&mut self) {
        if self.receiver.waiting() > 0 {
            let mut opened = Vec::new();
            self.receiver.search(&mut opened);
            self.count(&opened);
        }
    }

    /// What the beacon may say now: zones of the level `finest` and coarser that at least k devices reported from.
    pub fn counts(&self, now: Epoch, finest: LevelIndex) -> Counts {
        let anonymity = &self.manifest.policy.anonymity;
        self.tally.counts(anonymity.k, u32::from(anonymity.window_epochs), now, finest)
    }

    /// What was counted, for [`Self::restore`]. As secret as the census role's key.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.tally.to_bytes()
    }

    /// How often a device was counted: once an epoch each.
    pub const fn counted(&self) -> u64 {
        self.counted
    }

    /// How many messages were not opened, by reason.
    pub fn refused(&self) -> impl Iterator<Item = (Refused, u64)> + '_ {
        self.refused.iter().map(|(reason, count)| (*reason, *count))
    }

    fn count(&mut self, opened: &[Opened]) {
        let policy = &self.manifest.policy;
        for one in opened {
            let Sender::Enrolled { place, .. } = one.sender else { continue };
            if one.is_cover() || one.header.policy < self.since {
                continue;
            }
            let Ok(body) = Body::decode(policy, self.role, &one.body) else { continue };
            let Some(Value::Zones(zones)) = policy.position_field().and_then(|field| body.get(field)) else {
                continue;
            };
            self.counted += u64::from(self.tally.note(one.epoch, place, zones));
        }
    }
}

/// Whose an enrolled report is.
const fn sender(opened: &Opened) -> Option<(Epoch, Place)> {
    match opened.sender {
        Sender::Enrolled { place, .. } => Some((opened.epoch, place)),
        Sender::WalkIn { .. } => None,
    }
}

fn receiver(manifest: &SignedManifest, role: RoleIndex) -> Receiver {
    let newest = manifest.policy_version.0;
    let policies = (newest.saturating_sub(OLDER_POLICIES)..=newest).map(PolicyVersion).collect();
    let policy = &manifest.policy;
    let layout = Arc::new(manifest.layout());
    Receiver::new(manifest.operation, role, layout, policy.windows, policy.walk_in.limits, policies)
}
