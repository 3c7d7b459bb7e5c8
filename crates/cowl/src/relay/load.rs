//! What a relay sends: what it took out of wraps, and covers of its own.

use std::sync::Arc;

use bytes::Bytes;
use cowl_core::{Epoch, Layout, Manifest, Mode, Sealed};

use super::{body, intake::Inner};
use crate::{
    keyring::{Ear, KeyringError, Moment, Renewal, Sender},
    node::{Lane, Load, LoadError},
};

/// A relay's load: passes on, byte for byte, what was inside the wraps, and makes covers as one enrolled identity.
///
/// What it passes on was sealed by phones, so it can be sealed anew by nobody here: see [`Load::seals_anew`].
#[derive(Debug)]
pub struct RelayLoad {
    sender: Sender,
    inner: Arc<Inner>,
    ear: Ear,
    layout: Layout,
    /// The epoch that the opener was made for.
    entered: Epoch,
}

impl RelayLoad {
    pub(super) fn new(sender: Sender, inner: Arc<Inner>, ear: Ear) -> Self {
        let (layout, entered) = (sender.manifest().layout(), sender.epoch(0));
        Self { sender, inner, ear, layout, entered }
    }

    /// Takes the keys of a new epoch and lets go of the oldest one's, with its marks.
    fn enter(&mut self, monotonic: u64) {
        let epoch = self.sender.epoch(monotonic);
        if epoch == self.entered {
            return;
        }
        let Some(opener) = self.sender.relay_opener(monotonic) else { return };
        self.entered = epoch;
        // The key first: what has no key cannot be replayed, and its mark is needed no more.
        let oldest = opener.epochs().next();
        self.inner.hold(opener);
        if let Some(oldest) = oldest {
            self.inner.queue.forget_before(u64::from(oldest.0));
        }
    }
}

impl Load for RelayLoad {
    fn seal(&mut self, lane: Lane, body: &[u8], monotonic: u64) -> Result<Sealed, LoadError> {
        self.enter(monotonic);
        let (epoch, message) = body::decode(body).ok_or(LoadError::Never("what waited is no message"))?;
        if !self.inner.opener().epochs().any(|held| held == epoch) {
            return Err(LoadError::Never("a message waited longer than receivers open it"));
        }
        Sealed::hazmat_relayed(message.to_vec(), body::mode(lane), &self.layout)
            .ok_or(LoadError::Never("messages have another size since the policy changed"))
    }

    fn cover(&mut self, lane: Lane, monotonic: u64) -> Result<Sealed, LoadError> {
        self.enter(monotonic);
        let cover = self.sender.cover();
        match lane {
            Lane::WalkIn => Ok(self.sender.seal_walk_in(&cover, monotonic)?.sealed),
            Lane::Enrolled if self.sender.mode(monotonic) == Mode::WalkIn => {
                Err(KeyringError::Restored.into())
            }
            Lane::Enrolled => {
                let identity = self.sender.cover_identity();
                Ok(self.sender.seal(identity, &cover, monotonic)?.sealed)
            }
        }
    }

    fn renewal(&mut self, monotonic: u64) -> Option<Renewal> {
        self.sender.is_renewal_due(monotonic).then(|| self.sender.renewal().ok()).flatten()
    }

    fn renewed(&mut self, monotonic: u64) -> Result<(), KeyringError> {
        self.sender.reload()?;
        if let Some(opener) = self.sender.relay_opener(monotonic) {
            self.inner.hold(opener);
        }
        Ok(())
    }

    fn hear(&mut self, beacon: &[u8], monotonic: u64) -> Option<u32> {
        // What is not the authority's, or not new, changes nothing.
        let heard = self.sender.hear(beacon, monotonic).ok();
        if heard.is_some() {
            let beacon = Some(Bytes::copy_from_slice(beacon));
            self.inner.notices.send_modify(|notices| notices.beacon = beacon);
        }
        self.enter(monotonic);
        heard.map(|heard| heard.manifest)
    }

    fn follow(&mut self, manifest: &[u8]) {
        let before = self.sender.manifest().version;
        if self.sender.follow(manifest).is_ok() && self.sender.manifest().version != before {
            self.layout = self.sender.manifest().layout();
            self.inner.limit(self.sender.manifest());
            let manifest = Bytes::copy_from_slice(manifest);
            self.inner.notices.send_modify(|notices| notices.manifest = manifest);
        }
    }

    fn wants_dispatches(&self) -> bool {
        true
    }

    fn dispatch(&mut self, dispatch: &[u8], monotonic: u64) {
        let Self { sender, ear, .. } = self;
        let (now, time) = (sender.epoch(monotonic), sender.time(monotonic));
        let moment = Moment { now, time, here: None };
        // What is not the authority's, not new, or of an epoch that is over goes no further.
        if ear.hear(dispatch, sender.manifest(), |epoch| sender.lane(epoch), moment).is_ok() {
            let dispatch = Some(Bytes::copy_from_slice(dispatch));
            self.inner.notices.send_modify(|notices| notices.dispatch = dispatch);
            // What cannot be written down is passed on again after a restart.
            let _ = self.ear.commit();
        }
    }

    fn manifest(&self) -> &Manifest {
        self.sender.manifest()
    }

    fn seals_anew(&self) -> bool {
        false
    }
}
