//! An operation as the page follows it: a verified manifest, the newest beacon, the newest dispatch.

use alloc::{format, string::String};

use cowl_core::{Authority, Beacon, Epoch, EpochClock, Fingerprint, Layout, ManifestError, SignedManifest};

use crate::{
    fault::Fault,
    reply::{Reply, hex},
};

/// Bytes of the authority's public key, in front of a manifest.
const KEY_LEN: usize = 32;

/// An operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) manifest: SignedManifest,
    pub(crate) layout: Layout,
    clock: EpochClock,
    /// The newest beacon's number, and the manifest that it names.
    beacon: Option<Named>,
    /// The newest dispatch that was shown.
    pub(crate) dispatch: Option<u64>,
}

/// What a beacon said.
#[derive(Debug, Clone, Copy)]
struct Named {
    sequence: u64,
    manifest: u32,
}

/// The two times that the page knows, both in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Of the machine's clock, since 1970 UTC: it only counts until a beacon was heard.
    pub(crate) clock: u64,
    /// Of a timer that only runs forward.
    pub(crate) timer: u64,
}

impl Operation {
    /// Verifies a manifest: under the fingerprint that the person has from a card or a poster, or else whoever's it is.
    pub(crate) fn open(bytes: &[u8], pinned: Option<Fingerprint>) -> Result<Self, Fault> {
        let manifest = if let Some(fingerprint) = pinned {
            SignedManifest::verify_pinned(bytes, fingerprint)?
        } else {
            let key = bytes.first_chunk::<KEY_LEN>().ok_or(ManifestError::Malformed)?;
            SignedManifest::verify(bytes, Authority(*key))?
        };
        if manifest.preset.is_dangerous() {
            return Err(Fault::DANGEROUS);
        }
        let clock = EpochClock::new(manifest.calendar, manifest.walk_in.first);
        Ok(Self { layout: manifest.layout(), manifest, clock, beacon: None, dispatch: None })
    }

    /// Takes the manifest that follows this one: same authority, same operation, not older. Members also hold the policy to its
    /// version (`SignedManifest::succeed`); a page remembers none from one visit to the next, and is spared the code.
    pub(crate) fn renew(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let known = &self.manifest;
        let manifest = SignedManifest::verify(bytes, known.authority())?;
        if manifest.operation != known.operation {
            return Err(ManifestError::OtherOperation.into());
        }
        if manifest.version < known.version || manifest.policy_version < known.policy_version {
            let (offered, known) = (manifest.version, known.version);
            return Err(ManifestError::RolledBack { offered, known }.into());
        }
        if manifest.version == known.version && manifest.bytes() != known.bytes() {
            return Err(ManifestError::Forked(known.version).into());
        }
        if manifest.preset.is_dangerous() {
            return Err(Fault::DANGEROUS);
        }
        self.layout = manifest.layout();
        self.manifest = manifest;
        Ok(())
    }

    /// Takes a beacon. The newest one is fetched again and again, so it is not refused a second time.
    pub(crate) fn hear(&mut self, bytes: &[u8], moment: Moment) -> Result<(), Fault> {
        let newest = self.beacon.map(|known| known.sequence);
        let before = newest.and_then(|newest| newest.checked_sub(1));
        let beacon = Beacon::verify(bytes, self.manifest.authority(), self.manifest.operation, before)?;
        if newest != Some(beacon.sequence) {
            self.clock.hear(beacon.epoch, beacon.into_epoch, moment.timer);
            self.beacon = Some(Named { sequence: beacon.sequence, manifest: beacon.manifest });
        }
        Ok(())
    }

    /// The epoch now: by the newest beacon, or else by the machine's clock as far as the manifest has keys.
    pub(crate) fn epoch(&self, moment: Moment) -> Epoch {
        if self.clock.has_heard() {
            self.clock.now(moment.timer)
        } else {
            let range = self.manifest.walk_in.range();
            let last = range.last().unwrap_or(self.manifest.walk_in.first);
            self.manifest.calendar.epoch_at(moment.clock).clamp(self.manifest.walk_in.first, last)
        }
    }

    /// The operation's time: by its beacons, or else the machine's.
    pub(crate) fn time(&self, moment: Moment) -> u64 {
        if self.clock.has_heard() {
            self.clock.time(self.manifest.calendar, moment.timer)
        } else {
            moment.clock
        }
    }

    /// Whether a beacon was heard.
    pub(crate) const fn has_heard(&self) -> bool {
        self.beacon.is_some()
    }

    /// Whether the newest beacon names a later manifest than this one.
    pub(crate) fn is_outdated(&self) -> bool {
        self.beacon.is_some_and(|beacon| beacon.manifest > self.manifest.version)
    }

    /// A topic of the operation (spec §7.1).
    pub(crate) fn topic(&self, end: &str) -> String {
        format!("{}/{end}", hex(&self.manifest.mailbox))
    }

    /// What changes with time.
    pub(crate) fn write_now(&self, reply: &mut Reply, moment: Moment) {
        let epoch = self.epoch(moment);
        reply.key("epoch").uint(epoch.0);
        reply.key("epochEnds").uint(self.manifest.calendar.end_of(epoch));
        reply.key("time").uint(self.time(moment));
        reply.key("heard").flag(self.has_heard());
        reply.key("newer").flag(self.is_outdated());
        reply.key("expired").flag(epoch > self.manifest.expires);
    }
}
