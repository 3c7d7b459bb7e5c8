//! Opening what a role may read, once each, across restarts.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use cowl_core::{
    Beacon, BeaconError, Body, BodyError, Credential, Epoch, Header, Member, Opened, PolicyVersion,
    Pseudonym, Received, Receiver, Refused, ReportId, RoleIndex, Sender, SignedManifest, WalkInLimits, WalkInMark, Windows,
};

use super::{
    EpochClock, KeyringError,
    state::{Batch, Remembered, State},
    store,
};

/// Policy versions before the newest one whose walk-in messages are still opened.
const OLDER_POLICIES: u32 = 3;
/// How many epochs beyond the known one are searched while no beacon was ever heard.
const AHEAD_WITHOUT_BEACON: u32 = 8;

/// One role of a responder.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    credential: Credential,
    role: RoleIndex,
    receiver: Receiver,
    state: State,
    remembered: Remembered,
    clock: EpochClock,
    entered: Epoch,
    seen: HashSet<ReportId>,
    moved: HashSet<(Epoch, cowl_core::Place)>,
    batch: Batch,
    refused: HashMap<Refused, u64>,
    repeated: u64,
    clones: u64,
}

/// A report as a role may read it.
#[derive(Debug)]
pub struct ReadReport {
    /// Its id and policy version.
    pub header: Header,
    /// The epoch in which it was sealed.
    pub epoch: Epoch,
    /// The device's name of this epoch; `None` for a walk-in.
    pub pseudonym: Option<Pseudonym>,
    /// The fields, or why they cannot be read.
    pub body: Result<Body, BodyError>,
}

impl Reader {
    /// Opens a responder's credential for one of its roles, and the state beside it.
    ///
    /// `clock_epoch` is what the machine's clock would say; it only widens the search for devices whose
    /// beacons this reader missed, and decides nothing.
    pub fn open(path: &Path, role: &str, clock_epoch: Option<u64>) -> Result<Self, KeyringError> {
        let credential = store::load_credential(path)?;
        let Member::Responder(keyrings) = &credential.member else {
            let found = store::kind(&credential.member);
            return Err(KeyringError::OtherKind { path: path.to_owned(), found, wanted: "responder" });
        };
        let manifest = &credential.manifest;
        let role_index = manifest
            .policy
            .role_index(role)
            .filter(|index| keyrings.iter().any(|keyring| keyring.role == *index))
            .ok_or_else(|| KeyringError::OtherRole(role.to_owned()))?;
        let state = State::open_or_restored(&role_state_path(path, role), credential.instance)?;
        let remembered = state.remembered()?;
        let first = keyrings.iter().find_map(|keyring| keyring.range()).map_or(Epoch(0), |(first, _)| first);
        let enrolled = manifest.walk_in.first.max(first);
        let known = remembered.epoch.unwrap_or(enrolled).max(first);
        let seen = state.seen()?.into_iter().map(|(id, _)| id).collect();
        let mut reader = Self {
            path: path.to_owned(),
            role: role_index,
            receiver: receiver(manifest, role_index),
            clock: EpochClock::new(manifest.calendar, known),
            entered: known,
            credential,
            state,
            remembered,
            seen,
            moved: HashSet::new(),
            batch: Batch::default(),
            refused: HashMap::new(),
            repeated: 0,
            clones: 0,
        };
        let clock = clock_epoch.map(|unix_seconds| reader.manifest().calendar.epoch_at(unix_seconds));
        reader.enter(known, clock)?;
        Ok(reader)
    }

    /// Takes a beacon: moves to its epoch, deletes the keys of epochs that are past their lateness.
    pub fn hear(&mut self, bytes: &[u8], monotonic: u64) -> Result<Beacon, BeaconError> {
        let manifest = &self.credential.manifest;
        let beacon = Beacon::verify(bytes, manifest.authority(), manifest.operation, self.remembered.beacon)?;
        self.clock.hear(beacon.epoch, beacon.into_epoch, monotonic);
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
        if next.version <= self.credential.manifest.version {
            return Ok(());
        }
        self.commit()?;
        self.receiver = receiver(&next, self.role);
        self.credential.manifest = next;
        store::store_again(&self.path, &self.credential)?;
        self.enter(self.entered, None)
    }

    /// Opens a message of the mailbox. New reports, in the order in which they could be opened, are appended to
    /// `reports`; copies of reports seen before are dropped and counted.
    ///
    /// Reports are safe against being shown again only after [`Self::commit`].
    pub fn read(
        &mut self,
        message: &[u8],
        monotonic: u64,
        reports: &mut Vec<ReadReport>,
    ) -> Result<(), KeyringError> {
        let now = self.clock.now(monotonic);
        if now > self.entered {
            self.enter(now, None)?;
        }
        let mut opened = Vec::new();
        match self.receiver.receive(message, monotonic, &mut opened) {
            Ok(Received::Opened) => {}
            Ok(Received::Clone) => self.clones += 1,
            Err(reason) => *self.refused.entry(reason).or_default() += 1,
        }
        if let [Opened { sender: Sender::WalkIn { mark }, epoch, .. }] = opened.as_slice() {
            self.batch.walk_ins.push((self.role.0, *epoch, mark.0));
        }
        self.take(opened, reports);
        Ok(())
    }

    /// Looks for the senders of messages that could not be opened yet. Call it when the mailbox is quiet.
    pub fn search(&mut self, reports: &mut Vec<ReadReport>) -> usize {
        let mut opened = Vec::new();
        let found = self.receiver.search(&mut opened);
        self.take(opened, reports);
        found
    }

    /// Writes down which reports were read: after this, none of them is shown again.
    pub fn commit(&mut self) -> Result<(), KeyringError> {
        for (epoch, place) in self.moved.drain() {
            if let Some(next) = self.receiver.next_counter(epoch, place) {
                self.batch.progress.push((self.role.0, epoch, place, next));
            }
        }
        let batch = std::mem::take(&mut self.batch);
        if batch.seen.is_empty() && batch.progress.is_empty() && batch.walk_ins.is_empty() {
            return Ok(());
        }
        self.state.record(&batch)
    }

    /// How many messages were not opened, by reason.
    pub fn refused(&self) -> impl Iterator<Item = (Refused, u64)> + '_ {
        self.refused.iter().map(|(reason, count)| (*reason, *count))
    }

    /// Second copies of reports that were dropped.
    pub const fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Messages that showed a device's state to live twice.
    pub const fn clones(&self) -> u64 {
        self.clones
    }

    /// Messages that wait for their device to turn up.
    pub fn waiting(&self) -> usize {
        self.receiver.waiting()
    }

    /// The newest manifest known.
    pub const fn manifest(&self) -> &SignedManifest {
        &self.credential.manifest
    }

    /// The credential.
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The role.
    pub const fn role(&self) -> RoleIndex {
        self.role
    }

    /// The epoch now.
    pub fn epoch(&self, monotonic: u64) -> Epoch {
        self.clock.now(monotonic)
    }

    fn take(&mut self, opened: Vec<Opened>, reports: &mut Vec<ReadReport>) {
        for one in opened {
            if let Sender::Enrolled { place, .. } = one.sender {
                self.moved.insert((one.epoch, place));
            }
            if !self.seen.insert(one.header.report) {
                self.repeated += 1;
                continue;
            }
            self.batch.seen.push((one.header.report, one.epoch));
            reports.push(ReadReport {
                header: one.header,
                epoch: one.epoch,
                pseudonym: match one.sender {
                    Sender::Enrolled { pseudonym, .. } => Some(pseudonym),
                    Sender::WalkIn { .. } => None,
                },
                body: Body::decode(&self.credential.manifest.policy, self.role, &one.body),
            });
        }
    }

    /// Makes `now` the current epoch: holds the keys from its lateness to the epoch after it, deletes older
    /// ones from memory and disk.
    fn enter(&mut self, now: Epoch, clock: Option<Epoch>) -> Result<(), KeyringError> {
        let manifest = &self.credential.manifest;
        let late = manifest.calendar.epochs_in(u64::from(manifest.policy.lateness_seconds));
        let (oldest, places) = (now.minus(late), manifest.policy.places);
        let ahead = if self.remembered.beacon.is_some() { 1 } else { AHEAD_WITHOUT_BEACON };
        let around_clock = clock.into_iter().flat_map(|clock| clock.minus(1).0..=clock.plus(1).0);
        let wanted = (oldest.0..=now.plus(ahead).0).chain(around_clock).map(Epoch);
        if let Member::Responder(keyrings) = &self.credential.member
            && let Some(keyring) = keyrings.iter().find(|keyring| keyring.role == self.role)
        {
            for epoch in wanted.filter(|epoch| *epoch >= oldest) {
                if let Some(root) = keyring.root(epoch) {
                    self.receiver.hold(epoch, &root, places, |_| true);
                }
            }
        }
        for (epoch, place, next) in self.state.progress(self.role.0)? {
            self.receiver.resume(epoch, place, next);
        }
        for (epoch, id) in self.state.walk_ins(self.role.0)? {
            self.receiver.remember_walk_in(epoch, WalkInMark(id));
        }
        self.receiver.enter(now);
        self.entered = now;
        // Only a beacon may make this machine delete keys: its own clock may be years wrong.
        if self.remembered.beacon.is_some() {
            self.forget_before(oldest)?;
        }
        Ok(())
    }

    fn forget_before(&mut self, oldest: Epoch) -> Result<(), KeyringError> {
        self.receiver.forget_before(oldest);
        let mut forgotten = false;
        if let Member::Responder(keyrings) = &mut self.credential.member {
            for keyring in keyrings {
                forgotten |= keyring.forget_before(oldest);
            }
        }
        if forgotten {
            store::store_again(&self.path, &self.credential)?;
            self.state.forget_before(oldest)?;
        }
        Ok(())
    }
}

/// Each role has a state of its own, so that two `cowl sub` of one credential can run side by side.
fn role_state_path(credential: &Path, role: &str) -> PathBuf {
    let mut name = store::state_path(credential).into_os_string();
    name.push(".");
    name.push(role);
    PathBuf::from(name)
}

fn receiver(manifest: &SignedManifest, role: RoleIndex) -> Receiver {
    let newest = manifest.policy_version.0;
    let policies = (newest.saturating_sub(OLDER_POLICIES)..=newest).map(PolicyVersion).collect();
    let (windows, limits): (Windows, WalkInLimits) = (manifest.policy.windows, manifest.policy.walk_in.limits);
    Receiver::new(manifest.operation, role, Arc::new(manifest.layout()), windows, limits, policies)
}
