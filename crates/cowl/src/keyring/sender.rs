//! Sealing what a device or a gateway reports.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use cowl_core::{
    Awaited, Beacon, BeaconError, CloneMarks, Counter, Counts, Credential, DeviceKeyring, DeviceKeys, Epoch,
    ErasureHandle, Header, HelpKey, Layout, Member, Mode, Reduced, RelayOpener, Report, ReportId, RoleIndex,
    Sealed, SignedManifest, Surroundings, schedule::DeviceRoot,
};

use super::{
    EpochClock, KeyringError, Lane, Renewal, RenewalError, WalkInSender,
    moment::RenewalMoment,
    state::{Remembered, State},
    store,
};
use crate::random::SystemRng;

/// An enrolled device, a gateway with several identities, or a relay, which seals cover.
///
/// Fails closed: without keys for the epoch, or without a counter on disk, it returns an error and nothing that
/// could be sent.
#[derive(Debug)]
pub struct Sender {
    path: PathBuf,
    credential: Credential,
    layout: Arc<Layout>,
    state: State,
    remembered: Remembered,
    clock: EpochClock,
    counts: Option<Counts>,
    moment: RenewalMoment,
    identities: Vec<Option<Ready>>,
    rng: SystemRng,
}

/// A sealed message, and how it was sealed.
#[derive(Debug)]
pub struct SealedReport {
    /// What goes to the broker.
    pub sealed: Sealed,
    /// The epoch whose keys it was sealed with.
    pub epoch: Epoch,
}

/// A sealed message, and by what its sender finds that help is coming.
#[derive(Debug)]
pub struct AwaitedReport {
    /// The message.
    pub sealed: SealedReport,
    /// By role: what the sender shares with that role alone. Sealed again, a report may have others.
    pub help: Vec<(RoleIndex, HelpKey)>,
}

/// One identity's expanded keys of the current epoch and its reserved counters.
#[derive(Debug)]
struct Ready {
    keys: DeviceKeys,
    /// Reserved and not used.
    counters: Range<u32>,
}

impl Sender {
    /// Opens a device's or gateway's credential and the state beside it.
    pub fn open(path: &Path) -> Result<Self, KeyringError> {
        Self::open_with(path, SystemRng::new())
    }

    /// The same with a generator of the caller's, for simulations.
    pub fn open_with(path: &Path, rng: SystemRng) -> Result<Self, KeyringError> {
        let credential = store::load_credential(path)?;
        let count = match &credential.member {
            Member::Device(_) => 1,
            Member::Gateway(keyrings) | Member::Relay { identities: keyrings, .. } => keyrings.len(),
            Member::Responder(_) => {
                let found = store::kind(&credential.member);
                return Err(KeyringError::OtherKind {
                    path: path.to_owned(),
                    found,
                    wanted: "device or a gateway",
                });
            }
        };
        let state = State::open_or_restored(&store::state_path(path), credential.instance)?;
        let remembered = state.remembered()?;
        let first = first_epoch(&credential.member);
        let known = remembered.epoch.unwrap_or(first).max(first);
        Ok(Self {
            path: path.to_owned(),
            layout: Arc::new(credential.manifest.layout()),
            clock: EpochClock::new(credential.manifest.calendar, known),
            credential,
            state,
            remembered,
            counts: None,
            moment: RenewalMoment::default(),
            identities: std::iter::repeat_with(|| None).take(count).collect(),
            rng,
        })
    }

    /// Takes a beacon: the epoch, and the counts of people per zone.
    pub fn hear(&mut self, bytes: &[u8], monotonic: u64) -> Result<Beacon, BeaconError> {
        let manifest = &self.credential.manifest;
        // The beacon heard last may be heard once more after a restart: its counts are not kept. A running clock
        // refuses it, or whoever repeats it could hold the clock.
        let again = u64::from(!self.clock.has_heard());
        let newest = self.remembered.beacon.and_then(|newest| newest.checked_sub(again));
        let beacon = Beacon::verify(bytes, manifest.authority(), manifest.operation, newest)?;
        self.clock.hear(beacon.epoch, beacon.into_epoch, monotonic);
        if let Some(key) = self.keyring(0).and_then(|keyring| keyring.beacon_key(beacon.epoch)) {
            let news = beacon.news(key).ok();
            // Known before it is written down: whatever the disk does, this sender stops.
            self.remembered.cloned |=
                news.as_ref().is_some_and(|news| self.is_told(beacon.epoch, &news.clones));
            // Counts that do not open, or that count nobody yet, are as none: the policy's fallback level holds.
            self.counts = news.map(|news| news.counts).filter(|counts| !counts.entries().is_empty());
        }
        // A state that cannot be written is found at the next reservation, before anything is sent.
        if self.state.remember(Some(beacon.sequence), beacon.epoch, self.remembered).is_ok()
            && let Ok(remembered) = self.state.remembered()
        {
            self.remembered = remembered;
        }
        Ok(beacon)
    }

    /// Takes a newer manifest.
    pub fn follow(&mut self, bytes: &[u8]) -> Result<(), KeyringError> {
        let next = self.credential.manifest.succeed(bytes)?;
        if next.version > self.credential.manifest.version {
            self.layout = Arc::new(next.layout());
            self.credential.manifest = next;
            self.renew_keys();
            self.store(|_| false)?;
        }
        Ok(())
    }

    /// Takes the keys that a [`super::Renewal`] wrote to the file. Counters stay: they belong to identity and epoch.
    pub fn reload(&mut self) -> Result<(), KeyringError> {
        self.store(|_| false)?;
        self.layout = Arc::new(self.credential.manifest.layout());
        self.renew_keys();
        Ok(())
    }

    /// Whether it is time to ask the service for keys. `monotonic` as everywhere.
    pub fn is_renewal_due(&mut self, monotonic: u64) -> bool {
        let now = self.clock.now(monotonic);
        let left = self.clock.left(monotonic);
        self.moment.is_due(&self.credential, now, left, monotonic)
    }

    /// What asks the service for keys of further epochs.
    pub fn renewal(&self) -> Result<Renewal, RenewalError> {
        Renewal::of(&self.path, &self.credential, None)
    }

    /// Gives a reduced reading its report id.
    pub fn report(&mut self, reduced: Reduced) -> Report {
        Report::new(self.header(), reduced)
    }

    /// A cover message, to be sealed as [`Self::cover_identity`]: on the line it is like every report.
    pub fn cover(&mut self) -> Report {
        let roles = self.credential.manifest.policy.roles.len();
        Report::cover(self.header(), roles)
    }

    /// Seals a report as one of this member's identities (0 for a device), under a counter that is on disk as
    /// used. A member whose state was lost seals as a walk-in until the next epoch after a beacon; one whose credential is
    /// in use twice seals nothing.
    pub fn seal(
        &mut self,
        identity: usize,
        report: &Report,
        monotonic: u64,
    ) -> Result<SealedReport, KeyringError> {
        let epoch = self.clock.now(monotonic);
        self.may_seal(epoch)?;
        if self.mode(monotonic) == Mode::WalkIn {
            let sealed = WalkInSender::seal_in(&self.credential.manifest, epoch, report, &mut self.rng)?;
            return Ok(SealedReport { sealed, epoch });
        }
        let Self { identities, rng, .. } = self;
        let ready = identities.get_mut(identity).ok_or(KeyringError::NoIdentity(0));
        if let Ok(Some(ready)) = ready
            && ready.keys.epoch() == epoch
            && let Some(counter) = ready.counters.next()
        {
            let sealed = ready.keys.seal(Counter(counter), report, rng)?;
            return Ok(SealedReport { sealed, epoch });
        }
        self.make_ready(identity, epoch)?;
        self.seal(identity, report, monotonic)
    }

    /// The same, with what the reporter needs to find that help is coming (spec §12.4). The message is no other.
    pub fn seal_awaiting(
        &mut self,
        identity: usize,
        report: &Report,
        monotonic: u64,
    ) -> Result<AwaitedReport, KeyringError> {
        let epoch = self.clock.now(monotonic);
        if self.mode(monotonic) == Mode::WalkIn {
            self.may_seal(epoch)?;
            let manifest = &self.credential.manifest;
            let Awaited { sealed, help } =
                WalkInSender::seal_awaiting_in(manifest, epoch, report, &mut self.rng)?;
            return Ok(AwaitedReport { sealed: SealedReport { sealed, epoch }, help });
        }
        let sealed = self.seal(identity, report, monotonic)?;
        let roots = self.keyring(identity).and_then(|keyring| keyring.roots(sealed.epoch));
        let report = report.header().report;
        let key = |(role, root): (_, DeviceRoot)| (role, root.help_key(report));
        let help = (0..).map(RoleIndex).zip(roots.unwrap_or_default()).map(key).collect();
        Ok(AwaitedReport { sealed, help })
    }

    /// Goes on at an identity's next mark: messages were lost of it, and receivers do not expect what comes right after them, but
    /// the marks beyond. Counters are skipped up to there or to the end of what is reserved, which is a mark; one that stands at
    /// a mark stays there.
    ///
    /// Receivers expect a few marks only ([`cowl_core::policy::Policy`]'s windows): beyond that they search.
    pub fn skip_to_mark(&mut self, identity: usize) {
        let every = u32::from(self.credential.manifest.policy.windows.every).max(1);
        if let Some(Some(ready)) = self.identities.get_mut(identity) {
            let Range { start, end } = ready.counters;
            let mark = start.checked_next_multiple_of(every).unwrap_or(end);
            ready.counters.start = mark.min(end);
        }
    }

    /// Seals a report in a walk-in's form, as if nobody had been enrolled: for the covers of nodes that carry both forms.
    pub fn seal_walk_in(&mut self, report: &Report, monotonic: u64) -> Result<SealedReport, KeyringError> {
        let epoch = self.clock.now(monotonic);
        let sealed = WalkInSender::seal_in(&self.credential.manifest, epoch, report, &mut self.rng)?;
        Ok(SealedReport { sealed, epoch })
    }

    /// How a report would be sealed now.
    pub fn mode(&self, monotonic: u64) -> Mode {
        let epoch = self.clock.now(monotonic);
        if self.remembered.counters_from.is_some_and(|from| from <= epoch) {
            Mode::Enrolled
        } else {
            Mode::WalkIn
        }
    }

    /// What opens the dispatches of an epoch (spec §12.2); without keys of it, what everybody may read.
    pub fn lane(&self, epoch: Epoch) -> Lane {
        let key = self.keyring(0).and_then(|keyring| keyring.beacon_key(epoch));
        key.map_or(Lane::Everybody, |key| Lane::Members(key.clone()))
    }

    /// The operation's time in Unix seconds, by the newest beacon and the timer since: at least so late is it.
    pub fn time(&self, monotonic: u64) -> u64 {
        self.clock.time(self.credential.manifest.calendar, monotonic)
    }

    /// Whether a beacon said that this credential is in use on a second device: nothing is sealed with it any more.
    pub const fn is_cloned(&self) -> bool {
        self.remembered.cloned
    }

    /// The epoch that a report would be sealed in now.
    pub fn epoch(&self, monotonic: u64) -> Epoch {
        self.clock.now(monotonic)
    }

    /// Whether a beacon was heard since the credential was opened.
    pub const fn has_heard(&self) -> bool {
        self.clock.has_heard()
    }

    /// What the reduction must know of the world; `unix_seconds` stands in readings that say no time.
    pub const fn surroundings(&self, unix_seconds: u64) -> Surroundings<'_> {
        Surroundings { counts: self.counts.as_ref(), now: unix_seconds }
    }

    /// The credential.
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The newest manifest known.
    pub const fn manifest(&self) -> &SignedManifest {
        &self.credential.manifest
    }

    /// How many identities there are.
    pub const fn identities(&self) -> usize {
        self.identities.len()
    }

    /// The identity that cover is sent under, which is given to no device: the last one, so that responders see no device
    /// whose numbers run on without a report. A member with one identity has no other.
    pub const fn cover_identity(&self) -> usize {
        self.identities.len().saturating_sub(1)
    }

    /// What takes the wrap off messages that come now, if this is a relay: with the keys of the epochs around this one and
    /// of those that are not past their lateness. To be made anew when [`Self::epoch`] changes; the old one must be dropped.
    pub fn relay_opener(&self, monotonic: u64) -> Option<RelayOpener> {
        let Member::Relay { relay, .. } = &self.credential.member else { return None };
        let manifest = &self.credential.manifest;
        let now = self.clock.now(monotonic);
        let mut opener = RelayOpener::new(manifest);
        for epoch in (oldest_open(manifest, now).0..=now.plus(1).0).map(Epoch) {
            relay.root(epoch).into_iter().for_each(|root| opener.hold(epoch, &root));
        }
        Some(opener)
    }

    /// The last epoch that there are keys for.
    pub fn last_epoch(&self) -> Option<Epoch> {
        Some(self.keyring(0)?.range()?.1)
    }

    fn may_seal(&self, epoch: Epoch) -> Result<(), KeyringError> {
        let manifest = &self.credential.manifest;
        if self.remembered.cloned {
            Err(KeyringError::Cloned)
        } else if self.credential.is_outdated(epoch) {
            Err(KeyringError::OldKeys)
        } else if epoch > manifest.expires {
            Err(KeyringError::ManifestExpired(manifest.expires))
        } else {
            Ok(())
        }
    }

    fn header(&mut self) -> Header {
        Header {
            report: ReportId(self.rng.id()),
            handle: ErasureHandle::NONE,
            policy: self.credential.manifest.policy_version,
        }
    }

    /// Expands an identity's keys of an epoch and reserves counters: a block for all identities at once when the epoch
    /// begins, then for the one that ran out as many as receivers bridge without a search, should it be killed.
    fn make_ready(&mut self, identity: usize, epoch: Epoch) -> Result<(), KeyringError> {
        let count = self.identities.len();
        let index = u32::try_from(identity).map_err(|_| KeyringError::NoIdentity(count))?;
        if identity >= count {
            return Err(KeyringError::NoIdentity(count));
        }
        let begun = self.identities.iter().flatten().all(|ready| ready.keys.epoch() != epoch);
        let policy = &self.credential.manifest.policy;
        let (block, most) = (policy.counter_block, policy.windows.reach() / policy.counter_block.max(1));
        let (range, blocks) = if begun {
            self.forget_before(epoch)?;
            (0..u32::try_from(count).unwrap_or(u32::MAX), 1)
        } else {
            (index..index + 1, most.max(1))
        };
        let reserved = self.state.reserve(range.clone(), epoch, block, blocks)?;
        for (identity, counters) in range.zip(reserved) {
            let identity = usize::try_from(identity).map_err(|_| KeyringError::NoIdentity(count))?;
            let keys = self.expand(identity, epoch)?;
            if let Some(slot) = self.identities.get_mut(identity) {
                *slot = Some(Ready { keys, counters });
            }
        }
        Ok(())
    }

    /// Whether one of these marks is one of this member's identities. Both who hold the credential are told, and cannot be
    /// told apart, so both stop.
    fn is_told(&self, epoch: Epoch, marks: &CloneMarks) -> bool {
        let Some(census) = self.credential.manifest.policy.census().filter(|_| !marks.is_empty()) else {
            return false;
        };
        let keyrings = (0..self.identities.len()).filter_map(|identity| self.keyring(identity));
        let mut roots = keyrings.filter_map(|keyring| keyring.root(census, epoch));
        roots.any(|root| marks.holds(&root.clone_mark()))
    }

    /// Expands what is expanded once more, for a changed layout. Reserved counters stay reserved: they belong to the keys,
    /// which do not change with the policy.
    fn renew_keys(&mut self) {
        for identity in 0..self.identities.len() {
            let held = self.identities.get_mut(identity).and_then(Option::take);
            let renewed = held.and_then(|Ready { keys, counters }| {
                Some(Ready { keys: self.expand(identity, keys.epoch()).ok()?, counters })
            });
            if let Some(slot) = self.identities.get_mut(identity) {
                *slot = renewed;
            }
        }
    }

    fn expand(&self, identity: usize, epoch: Epoch) -> Result<DeviceKeys, KeyringError> {
        let keyring = self.keyring(identity).ok_or(KeyringError::NoIdentity(self.identities.len()))?;
        let last = keyring.range().map(|(_, last)| last);
        let roots = keyring.roots(epoch).ok_or(KeyringError::NoKeys { wanted: epoch, last })?;
        let operation = self.credential.manifest.operation;
        let keys = DeviceKeys::new(operation, epoch, Arc::clone(&self.layout), &roots)?;
        Ok(keys.with_custodians(self.credential.manifest.custody.as_ref()))
    }

    /// Deletes the keys of past epochs, from memory and from the credential file.
    fn forget_before(&mut self, epoch: Epoch) -> Result<(), KeyringError> {
        let oldest = oldest_open(&self.credential.manifest, epoch);
        let forget = |member: &mut Member| match member {
            Member::Device(keyring) => keyring.forget_before(epoch),
            Member::Gateway(identities) => forget(identities, epoch),
            // What was wrapped in an epoch may come as late as its reports.
            Member::Relay { identities, relay } => forget(identities, epoch) | relay.forget_before(oldest),
            Member::Responder(_) => false,
        };
        if forget(&mut self.credential.member) {
            self.store(forget)?;
            self.state.remember(None, epoch, self.remembered)?;
        }
        Ok(())
    }

    /// Writes the manifest back and what `change` makes of the keys in the file, which may be newer than those held: a
    /// renewal wrote them, and now they are held.
    fn store(&mut self, change: impl FnOnce(&mut Member) -> bool) -> Result<(), KeyringError> {
        let Credential { instance, manifest, .. } = &self.credential;
        let (mut file, ()) = store::update(&self.path, *instance, |file| {
            if file.manifest.version < manifest.version {
                file.manifest = manifest.clone();
            }
            change(&mut file.member);
            Ok(())
        })?;
        if file.manifest.version < manifest.version {
            file.manifest = manifest.clone();
        }
        self.credential = file;
        Ok(())
    }

    fn keyring(&self, identity: usize) -> Option<&DeviceKeyring> {
        match &self.credential.member {
            Member::Device(keyring) => Some(keyring),
            Member::Gateway(keyrings) | Member::Relay { identities: keyrings, .. } => keyrings.get(identity),
            Member::Responder(_) => None,
        }
    }
}

fn first_epoch(member: &Member) -> Epoch {
    let range = match member {
        Member::Device(keyring) => keyring.range(),
        Member::Gateway(keyrings) | Member::Relay { identities: keyrings, .. } => {
            keyrings.first().and_then(DeviceKeyring::range)
        }
        Member::Responder(_) => None,
    };
    range.map_or(Epoch(0), |(first, _)| first)
}

/// The first epoch whose late reports are still opened in epoch `now`.
fn oldest_open(manifest: &SignedManifest, now: Epoch) -> Epoch {
    now.minus(manifest.calendar.epochs_in(u64::from(manifest.policy.lateness_seconds)))
}

fn forget(identities: &mut [DeviceKeyring], epoch: Epoch) -> bool {
    identities.iter_mut().map(|keyring| keyring.forget_before(epoch)).fold(false, |any, one| any | one)
}

#[cfg(test)]
#[path = "sender_tests.rs"]
mod tests;
