//! An operation that goes on from what was saved of it: nothing that the lost machine may have given out afterwards is given
//! out twice.

use std::path::Path;

use cowl_core::{Epoch, Layout, PolicyVersion};

use super::{
    Operation, OperationError, issue::Draft, log::manifest_event, names, policy_copy::PolicyCopy,
    stage::Stage,
};
use crate::{
    files::{self, Access, FileError},
    log::Event,
    random::SystemRng,
};

/// Device numbers left out, as a part of all places: so many may have been enrolled after the last copy was taken.
const SKIPPED: u32 = 16;
/// Versions of the manifest left out, besides one for each epoch: edits of the policy that the copy does not know.
const EDITS: u32 = 1_000;

impl Operation {
    /// Makes an operation of what `unpack` puts into a folder, in a new or empty one. Its manifest gets a version that the
    /// lost machine cannot have reached, and the next device a number that it cannot have given. Returns how many numbers
    /// were left out.
    pub(crate) fn rebuild(
        folder: &Path,
        now: u64,
        rng: &mut SystemRng,
        unpack: impl FnOnce(&Path) -> Result<(), FileError>,
    ) -> Result<(Self, u32), OperationError> {
        let stage = Stage::new(folder)?;
        unpack(stage.path())?;
        let mut operation = Self::open(stage.path())?;
        let epoch = operation.epoch_now(now)?;
        let skipped = operation.go_on(epoch, now, rng)?;
        drop(operation);
        stage.keep()?;
        Ok((Self::open(folder)?, skipped))
    }

    fn go_on(&mut self, epoch: Epoch, now: u64, rng: &mut SystemRng) -> Result<u32, OperationError> {
        let lock = self.exclusive()?;
        self.note_held(&lock, &[Event::Restored], now)?;
        let places = self.manifest.policy.places;
        let skipped = self.register.skip_devices(places / SKIPPED, places)?;
        if self.secrets.extend(epoch.plus(u32::from(self.manifest.policy.keys_ahead)), rng) {
            self.secrets.store_roles(&self.folder)?;
        }
        let current = &self.manifest;
        let passed = epoch.0.saturating_sub(current.walk_in.first.0);
        let gap = passed.saturating_add(EDITS);
        let next = Draft {
            operation: current.operation,
            version: current.version.max(self.logged_version()?).saturating_add(gap),
            policy_version: PolicyVersion(current.policy_version.0.saturating_add(1)),
            calendar: current.calendar,
            layout: Layout::of(&current.policy),
            policy: current.policy.clone(),
            preset: current.preset,
            mailbox: current.mailbox,
            generation: current.generation,
            custody: current.custody.clone(),
            // Their key is in no backup: the service draws another.
            tokens: None,
        }
        .sign(&self.secrets, epoch)?;
        self.note_held(&lock, &[manifest_event(&next)], now)?;
        files::replace(&self.folder.join(names::MANIFEST), next.bytes(), Access::All)?;
        self.manifest = next;
        Ok(skipped)
    }
}

/// The names of the zone files that a policy file names and that lie beside it; none if it cannot be read.
pub(crate) fn zone_files(policy: &Path) -> Vec<String> {
    PolicyCopy::read(policy).map(PolicyCopy::into_names).unwrap_or_default()
}
