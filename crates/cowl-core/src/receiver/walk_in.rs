//! Walk-in messages at the receiver: the one key that fits, a budget, a record that never forgets
//! (spec §5.3, §5.4).

use alloc::{collections::BTreeMap, vec::Vec};

use hashbrown::HashSet;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::{Opened, Refused, Sender, waiting::TagHasher};
use crate::{
    Epoch, OperationId, PolicyVersion, RoleIndex,
    custody::CustodyEnvelope,
    envelope::{Hint, Mode, WalkInOpener},
    layout::{Layout, MESSAGE_ID_LEN},
};

/// Limits on what strangers may cost a receiver: constants of the policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct WalkInLimits {
    /// Messages opened per minute on average; each takes about 200 µs (X-Wing). Above it they are refused
    /// and counted, so that a flood of junk does not delay enrolled devices.
    #[n(0)]
    pub per_minute: u32,
    /// Messages that may come at once beyond the average.
    #[n(1)]
    pub burst: u32,
    /// Messages remembered per epoch, about 20 bytes each. When full, walk-ins of that epoch are refused:
    /// forgetting one would let it be replayed.
    #[n(2)]
    pub record: u32,
}

impl Default for WalkInLimits {
    fn default() -> Self {
        Self { per_minute: 600, burst: 600, record: 100_000 }
    }
}

/// Names one walk-in message to one role: a hash over message id and encapsulated key.
///
/// The id alone would not do: it stands in clear, and whoever saw it could send a message of his own under it
/// first, so that the genuine one would count as a replay (spec §5.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WalkInMark(pub [u8; 16]);

impl WalkInMark {
    fn of(id: &[u8; MESSAGE_ID_LEN], enc: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(id).chain_update(enc).finalize();
        Self(*digest.first_chunk().unwrap_or(&[0; 16]))
    }
}

/// The walk-in keys that a role holds, and what came in under them.
pub(super) struct WalkIns {
    role: RoleIndex,
    limits: WalkInLimits,
    epochs: BTreeMap<Epoch, Held>,
    policies: Vec<PolicyVersion>,
    /// Milli-messages that may still be opened now, and when that was reckoned (seconds of any steady clock).
    allowance: u64,
    reckoned: u64,
}

struct Held {
    opener: WalkInOpener,
    seen: HashSet<WalkInMark, TagHasher>,
}

impl WalkIns {
    pub(super) fn new(role: RoleIndex, limits: WalkInLimits, policies: Vec<PolicyVersion>) -> Self {
        let allowance = u64::from(limits.burst) * 1_000;
        Self { role, limits, epochs: BTreeMap::new(), policies, allowance, reckoned: 0 }
    }

    pub(super) fn hold(&mut self, epoch: Epoch, opener: WalkInOpener) {
        self.epochs.entry(epoch).or_insert_with(|| Held { opener, seen: HashSet::default() });
    }

    pub(super) fn forget(&mut self, epoch: Epoch) {
        self.epochs.remove(&epoch);
    }

    pub(super) fn forget_before(&mut self, epoch: Epoch) {
        self.epochs = self.epochs.split_off(&epoch);
    }

    /// Marks a message as opened before a restart.
    pub(super) fn remember(&mut self, epoch: Epoch, mark: WalkInMark) {
        if let Some(held) = self.epochs.get_mut(&epoch) {
            held.seen.insert(mark);
        }
    }

    pub(super) fn open(
        &mut self,
        operation: OperationId,
        layout: &Layout,
        message: &[u8],
        seconds: u64,
    ) -> Result<Opened, Refused> {
        let part = layout.walk_in_part(self.role).ok_or(Refused::WalkInRole)?;
        let id = *message.first_chunk::<MESSAGE_ID_LEN>().ok_or(Refused::Size)?;
        let (epoch, policy) = self.keys_for(&id).ok_or(Refused::WalkInKeys)?;
        let record = usize::try_from(self.limits.record).unwrap_or(usize::MAX);
        let held = self.epochs.get(&epoch).ok_or(Refused::WalkInKeys)?;
        let part = message.get(part).ok_or(Refused::Size)?;
        let mark = WalkInMark::of(&id, part.get(..layout.suite().enc_len()).ok_or(Refused::Size)?);
        if held.seen.contains(&mark) {
            return Err(Refused::Replayed);
        }
        if held.seen.len() >= record {
            return Err(Refused::WalkInRecordFull);
        }
        if !self.spend(seconds) {
            return Err(Refused::WalkInBudget);
        }
        let held = self.epochs.get_mut(&epoch).ok_or(Refused::WalkInKeys)?;
        let mut part = part.to_vec();
        let custody = message.get(layout.walk_in_roles_end()..).ok_or(Refused::Size)?;
        let info = crate::envelope::walk_in_info(operation, epoch, self.role, policy, &id, custody);
        let (header, body, help) = held.opener.open(&info, &mut part).map_err(|_| Refused::NotAuthentic)?;
        let custody = CustodyEnvelope::of(operation, epoch, layout, Mode::WalkIn, message, &header);
        let (sender, body, help) = (Sender::WalkIn { mark }, body.to_vec(), Some(help));
        let opened = Opened { header, epoch, sender, body, custody, help };
        zeroize::Zeroize::zeroize(&mut part);
        if opened.header.policy != policy {
            return Err(Refused::NotAuthentic);
        }
        held.seen.insert(mark);
        Ok(opened)
    }

    /// The newest held epoch and policy version that the message's hint fits.
    fn keys_for(&self, id: &[u8; MESSAGE_ID_LEN]) -> Option<(Epoch, PolicyVersion)> {
        self.epochs.keys().rev().find_map(|epoch| {
            let fits = |policy: &&PolicyVersion| Hint { epoch: *epoch, policy: **policy }.fits(id);
            self.policies.iter().rev().find(fits).map(|policy| (*epoch, *policy))
        })
    }

    /// A token bucket in thousandths of a message.
    fn spend(&mut self, seconds: u64) -> bool {
        let passed = seconds.saturating_sub(self.reckoned);
        self.reckoned = self.reckoned.max(seconds);
        let gained = passed.saturating_mul(u64::from(self.limits.per_minute) * 1_000 / 60);
        self.allowance = self.allowance.saturating_add(gained).min(u64::from(self.limits.burst) * 1_000);
        let enough = self.allowance >= 1_000;
        if enough {
            self.allowance -= 1_000;
        }
        enough
    }
}
