//! What seals while reports go out: keys, epoch and the people counted, kept up to date by the operation's notices.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
    time::Instant,
};

use cowl::{
    client::{Notice, Outgoing, Wrapper},
    keyring::{KeyringError, Lane, Renewal, RenewalError, Sender, WalkInSender},
    random::SystemRng,
};
use cowl_core::{Beacon, BeaconError, Counts, Epoch, Mode, Report, ReportId, SignedManifest};

use super::heard::Alerts;

/// An enrolled sender or a walk-in, with a clock that only runs forward.
#[derive(Debug)]
pub(super) struct Sealer {
    keys: Keys,
    started: Instant,
    /// Where it goes by a relay.
    wrapper: Option<Wrapper>,
    alerts: Alerts,
    /// Reports that were sealed lately, and as whom: one that comes again was lost with its connection.
    lately: HashMap<ReportId, usize>,
}

/// More reports than are in flight at any time.
const LATELY: usize = 4_096;

#[derive(Debug)]
enum Keys {
    Enrolled(Box<Sender>),
    WalkIn { sender: Box<WalkInSender>, beacon: Option<(u64, Epoch)> },
}

/// What a notice changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// A beacon: epoch, counts; and the newest manifest's version.
    Beacon(u32),
    /// The beacon heard last, once more.
    SameBeacon,
    /// A newer manifest.
    Manifest,
    /// Nothing.
    Nothing,
    /// It was refused.
    Refused(&'static str),
}

/// What readings are reduced by.
#[derive(Debug)]
pub(super) struct World {
    /// The policy, and its version.
    pub(super) manifest: SignedManifest,
    /// The newest counts of people per zone.
    pub(super) counts: Option<Counts>,
}

impl Sealer {
    /// Opens a credential and its state.
    pub(super) fn enrolled(path: &Path, alerts: Alerts) -> Result<Self, KeyringError> {
        let keys = Keys::Enrolled(Box::new(Sender::open(path)?));
        Ok(Self { keys, started: Instant::now(), wrapper: None, alerts, lately: HashMap::new() })
    }

    /// From a manifest alone.
    pub(super) fn walk_in(manifest: SignedManifest, alerts: Alerts) -> Self {
        let sender = Box::new(WalkInSender::new(manifest));
        let keys = Keys::WalkIn { sender, beacon: None };
        Self { keys, started: Instant::now(), wrapper: None, alerts, lately: HashMap::new() }
    }

    /// The same, wrapping what it seals for a relay.
    #[must_use]
    pub(super) fn wrapping(self) -> Self {
        Self { wrapper: Some(Wrapper::new(SystemRng::new())), ..self }
    }

    /// Seals a report anew, and wraps it anew where it goes by a relay.
    pub(super) fn seal(&mut self, identity: usize, report: &Report) -> Result<Outgoing, KeyringError> {
        let (monotonic, epoch) = (self.monotonic(), self.epoch());
        self.note(identity, report);
        let awaits = self.alerts.awaits();
        let (sealed, manifest) = match &mut self.keys {
            Keys::Enrolled(sender) if awaits => {
                let awaited = sender.seal_awaiting(identity, report, monotonic)?;
                self.alerts.keep(report, &awaited.help)?;
                (awaited.sealed.sealed, sender.manifest())
            }
            Keys::Enrolled(sender) => (sender.seal(identity, report, monotonic)?.sealed, sender.manifest()),
            Keys::WalkIn { sender, beacon } => {
                let awaited = sender.seal_awaiting(report, beacon.map(|(_, epoch)| epoch))?;
                self.alerts.keep(report, &awaited.help)?;
                (awaited.sealed, sender.manifest())
            }
        };
        match &mut self.wrapper {
            None => Ok(sealed.into()),
            Some(wrapper) => Ok(wrapper.wrap(manifest, epoch, &sealed)?.into()),
        }
    }

    /// Where a connection was lost, receivers miss some messages of whoever was sealed lately: those identities go on where
    /// they are expected.
    fn note(&mut self, identity: usize, report: &Report) {
        let Keys::Enrolled(sender) = &mut self.keys else { return };
        if self.lately.contains_key(&report.header().report) {
            let lost: HashSet<_> = self.lately.drain().map(|(_, identity)| identity).collect();
            for identity in lost {
                sender.skip_to_mark(identity);
            }
        } else if self.lately.len() >= LATELY {
            self.lately.clear();
        }
        self.lately.insert(report.header().report, identity);
    }

    /// What asks the service for keys, if it is time for that.
    pub(super) fn renewal(&mut self) -> Option<Result<Renewal, RenewalError>> {
        let monotonic = self.monotonic();
        match &mut self.keys {
            Keys::Enrolled(sender) => sender.is_renewal_due(monotonic).then(|| sender.renewal()),
            Keys::WalkIn { .. } => None,
        }
    }

    /// Takes the keys that came.
    pub(super) fn reload(&mut self) -> Result<(), KeyringError> {
        match &mut self.keys {
            Keys::Enrolled(sender) => sender.reload(),
            Keys::WalkIn { .. } => Ok(()),
        }
    }

    /// Takes a notice.
    pub(super) fn hear(&mut self, notice: &Notice) -> Heard {
        match notice {
            Notice::Beacon(bytes) => match self.hear_beacon(bytes) {
                Ok(beacon) => Heard::Beacon(beacon.manifest),
                Err(BeaconError::Replayed) => Heard::SameBeacon,
                Err(_) => Heard::Refused("a beacon that is not this operation's, or damaged, was refused"),
            },
            // It listens to no bundles: they are sealed to responders. Dispatches are for `Told`.
            Notice::Bundle(_) | Notice::Dispatch(_) | Notice::Erasures(_) => Heard::Nothing,
            Notice::Manifest(bytes) => {
                let before = self.manifest().version;
                match self.follow(bytes) {
                    Ok(()) if self.manifest().version > before => Heard::Manifest,
                    Ok(()) => Heard::Nothing,
                    Err(_) => Heard::Refused(
                        "a manifest that is older, damaged or not this operation's was refused",
                    ),
                }
            }
        }
    }

    /// Takes a dispatch, and tells what is new in it.
    pub(super) fn hear_dispatch(&mut self, bytes: &[u8], tell: impl FnMut(&str)) {
        let (now, monotonic) = (self.epoch(), self.monotonic());
        let Self { keys, alerts, .. } = self;
        match keys {
            Keys::Enrolled(sender) => {
                let time = sender.time(monotonic);
                alerts.hear(bytes, sender.manifest(), |epoch| sender.lane(epoch), now, time, tell);
            }
            Keys::WalkIn { sender, .. } => {
                let manifest = sender.manifest();
                let time = manifest.calendar.start_of(now);
                alerts.hear(bytes, manifest, |_| Lane::Everybody, now, time, tell);
            }
        }
    }

    /// What finds that help is coming.
    pub(super) const fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// What readings are to be reduced by from now on.
    pub(super) fn world(&self) -> Arc<World> {
        let counts = match &self.keys {
            Keys::Enrolled(sender) => sender.surroundings(0).counts.cloned(),
            Keys::WalkIn { .. } => None,
        };
        Arc::new(World { manifest: self.manifest().clone(), counts })
    }

    /// The newest manifest known.
    pub(super) fn manifest(&self) -> &SignedManifest {
        match &self.keys {
            Keys::Enrolled(sender) => sender.manifest(),
            Keys::WalkIn { sender, .. } => sender.manifest(),
        }
    }

    /// The epoch that reports are sealed in now.
    pub(super) fn epoch(&self) -> Epoch {
        match &self.keys {
            Keys::Enrolled(sender) => sender.epoch(self.monotonic()),
            Keys::WalkIn { sender, beacon } => {
                beacon.map_or(sender.manifest().walk_in.first, |(_, epoch)| epoch)
            }
        }
    }

    /// Whether an enrolled device has to report as a walk-in, because its state was lost or restored.
    pub(super) fn is_restored(&self) -> bool {
        match &self.keys {
            Keys::Enrolled(sender) => sender.mode(self.monotonic()) == Mode::WalkIn,
            Keys::WalkIn { .. } => false,
        }
    }

    fn hear_beacon(&mut self, bytes: &[u8]) -> Result<Beacon, BeaconError> {
        let monotonic = self.monotonic();
        match &mut self.keys {
            Keys::Enrolled(sender) => sender.hear(bytes, monotonic),
            Keys::WalkIn { sender, beacon } => {
                let manifest = sender.manifest();
                let newest = beacon.map(|(sequence, _)| sequence);
                let heard = Beacon::verify(bytes, manifest.authority(), manifest.operation, newest)?;
                *beacon = Some((heard.sequence, heard.epoch));
                Ok(heard)
            }
        }
    }

    fn follow(&mut self, bytes: &[u8]) -> Result<(), KeyringError> {
        match &mut self.keys {
            Keys::Enrolled(sender) => sender.follow(bytes),
            Keys::WalkIn { sender, .. } => {
                let next = sender.manifest().succeed(bytes)?;
                **sender = WalkInSender::new(next);
                Ok(())
            }
        }
    }

    fn monotonic(&self) -> u64 {
        self.started.elapsed().as_secs()
    }
}
