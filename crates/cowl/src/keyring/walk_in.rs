//! Sealing without enrolment: one message, from the manifest alone.

use cowl_core::{
    Awaited, Epoch, ErasureHandle, Header, Reduced, Report, ReportId, SealError, Sealed, SignedManifest,
};

use super::KeyringError;
use crate::random::SystemRng;

/// Someone who has nothing but a manifest.
#[derive(Debug)]
pub struct WalkInSender {
    manifest: SignedManifest,
    rng: SystemRng,
}

impl WalkInSender {
    /// From a verified manifest.
    pub fn new(manifest: SignedManifest) -> Self {
        Self { manifest, rng: SystemRng::new() }
    }

    /// Gives a reduced reading its report id.
    pub fn report(&mut self, reduced: Reduced) -> Report {
        Report::new(self.header(), reduced)
    }

    /// A cover message of a walk-in's form.
    pub fn cover(&mut self) -> Report {
        let roles = self.manifest.policy.roles.len();
        Report::cover(self.header(), roles)
    }

    /// Seals a report for an epoch: the one of a beacon, or else the manifest's first.
    pub fn seal(&mut self, report: &Report, epoch: Option<Epoch>) -> Result<Sealed, KeyringError> {
        let epoch = epoch.unwrap_or(self.manifest.walk_in.first);
        Self::seal_in(&self.manifest, epoch, report, &mut self.rng)
    }

    /// The same, with what the sender needs to find that help is coming (spec §12.4).
    pub fn seal_awaiting(&mut self, report: &Report, epoch: Option<Epoch>) -> Result<Awaited, KeyringError> {
        let epoch = epoch.unwrap_or(self.manifest.walk_in.first);
        Self::seal_awaiting_in(&self.manifest, epoch, report, &mut self.rng)
    }

    /// The manifest.
    pub const fn manifest(&self) -> &SignedManifest {
        &self.manifest
    }

    fn header(&mut self) -> Header {
        Header {
            report: ReportId(self.rng.id()),
            handle: ErasureHandle::NONE,
            policy: self.manifest.policy_version,
        }
    }

    pub(super) fn seal_in(
        manifest: &SignedManifest,
        epoch: Epoch,
        report: &Report,
        rng: &mut SystemRng,
    ) -> Result<Sealed, KeyringError> {
        Self::seal_awaiting_in(manifest, epoch, report, rng).map(|awaited| awaited.sealed)
    }

    pub(super) fn seal_awaiting_in(
        manifest: &SignedManifest,
        epoch: Epoch,
        report: &Report,
        rng: &mut SystemRng,
    ) -> Result<Awaited, KeyringError> {
        if epoch > manifest.expires {
            return Err(KeyringError::ManifestExpired(manifest.expires));
        }
        let layout = manifest.layout();
        let last = manifest.walk_in.range().last();
        let sealer =
            manifest.walk_in_sealer(epoch, &layout).ok_or(KeyringError::NoKeys { wanted: epoch, last })?;
        sealer.seal_awaiting(report, rng).map_err(|error: SealError| error.into())
    }
}
