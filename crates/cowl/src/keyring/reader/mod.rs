//! Opening what a role may read, once each, across restarts.

mod bundles;
mod erasures;
mod keys;
mod seen;
mod share;
mod waiting;

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::digest;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use cowl_core::{
    Beacon, BeaconError, Body, BodyError, Credential, Epoch, Header, HelpKey, Member, Opened, Place, Policy,
    PolicyVersion, Pseudonym, Received, Receiver, Refused, ReportId, ResponderKeyring, RoleIndex, Sender,
    SignedManifest, custody::CustodyEnvelope,
};

use self::seen::Seen;
pub use self::share::News;
use self::waiting::Pieces;
use super::{
    EpochClock, KeyringError, Lane,
    state::{Batch, Remembered, State},
    store,
};

/// Separates a session's name from all else that may come of an instance secret.
const SESSION_CONTEXT: &[u8] = b"cowl responder session v1";
/// Letters and digits that every broker takes as a client id (MQTT 3.1.1 §3.1.3.1 asks for 23): 88 bits.
const SESSION_NAME: usize = 22;
/// Ids that are remembered even if the policy asks for fewer: about 45 MB when full. A search opens stragglers again,
/// so what the record has forgotten could be replayed while its epoch's keys are held.
const SEEN_AT_LEAST: u32 = 1 << 20;

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
    /// The sequence of the newest bundle.
    bundle: Option<u64>,
    entered: Epoch,
    seen: Seen,
    older: Vec<(PolicyVersion, Arc<Policy>)>,
    opened: Vec<Opened>,
    moved: HashSet<(Epoch, Place)>,
    batch: Batch,
    /// What other readers of this role read: written down, and told to nobody again.
    learned: Batch,
    pieces: Pieces,
    refused: HashMap<Refused, u64>,
    repeated: u64,
    clones: u64,
    covers: u64,
    erasures: erasures::Heard,
    tells_help: bool,
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
    /// The fields by [`Reader::policy`] of the header's version, or why they cannot be read.
    pub body: Result<Body, BodyError>,
    /// What custodians could open of it, if the operation has custodians' parts: see [`crate::glass`].
    pub custody: Option<CustodyEnvelope>,
    /// By what it is said that help is coming, where [`Reader::tell_help`] asked for it.
    pub help: Option<HelpKey>,
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
        let first = keyrings.iter().find_map(ResponderKeyring::range).map_or(Epoch(0), |(first, _)| first);
        let enrolled = manifest.walk_in.first.max(first);
        let known = remembered.epoch.unwrap_or(enrolled).max(first);
        let limit = usize::try_from(manifest.policy.seen_ids.max(SEEN_AT_LEAST)).unwrap_or(usize::MAX);
        let seen = Seen::new(limit, state.seen()?.into_iter().map(|(id, _)| id));
        let mut reader = Self {
            path: path.to_owned(),
            role: role_index,
            receiver: keys::receiver(manifest, role_index),
            clock: EpochClock::new(manifest.calendar, known),
            bundle: keys::keyring_of(&credential, role_index).and_then(ResponderKeyring::bundle),
            entered: known,
            credential,
            state,
            remembered,
            seen,
            older: Vec::new(),
            opened: Vec::new(),
            moved: HashSet::new(),
            batch: Batch::default(),
            learned: Batch::default(),
            pieces: Pieces::default(),
            refused: HashMap::new(),
            repeated: 0,
            clones: 0,
            covers: 0,
            erasures: erasures::Heard::default(),
            tells_help: false,
        };
        let clock = clock_epoch.map(|unix_seconds| reader.manifest().calendar.epoch_at(unix_seconds));
        reader.enter(known, clock)?;
        reader.wait_again()?;
        Ok(reader)
    }

    /// From now on each report comes with that by which it is said that help is coming (spec §12.4); about 2 µs each.
    pub const fn tell_help(&mut self) {
        self.tells_help = true;
    }

    /// What opens the dispatches of an epoch for this role (spec §12.2); without keys of it, what everybody may read.
    pub fn lane(&self, epoch: Epoch) -> Lane {
        let root = keys::keyring_of(&self.credential, self.role).and_then(|keyring| keyring.root(epoch));
        root.map_or(Lane::Everybody, |root| Lane::Role(self.role, root))
    }

    /// The operation's time in Unix seconds, by the newest beacon and the timer since: at least so late is it.
    pub fn time(&self, monotonic: u64) -> u64 {
        self.clock.time(self.credential.manifest.calendar, monotonic)
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

    /// Takes a newer manifest, and says whether it is one; the one known already is no error.
    ///
    /// When the policy changed the sizes of messages, what waits for its device is given up: call [`Self::search`] before.
    pub fn follow(&mut self, bytes: &[u8]) -> Result<bool, KeyringError> {
        let next = self.credential.manifest.succeed(bytes)?;
        if next.version <= self.credential.manifest.version {
            return Ok(false);
        }
        self.commit()?;
        let changed = next.policy_version != self.credential.manifest.policy_version;
        let before = std::mem::replace(&mut self.credential.manifest, next);
        self.store(None)?;
        if changed {
            self.older.push((before.policy_version, Arc::new(before.policy.clone())));
            let receiver = keys::receiver(&self.credential.manifest, self.role);
            let before = std::mem::replace(&mut self.receiver, receiver);
            self.enter(self.entered, None)?;
            self.wait_over_there(&before);
        }
        Ok(true)
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
        self.tick(monotonic)?;
        let mut opened = std::mem::take(&mut self.opened);
        match self.receiver.receive(message, monotonic, &mut opened) {
            Ok(Received::Opened) => {}
            Ok(Received::Clone) => self.clones += 1,
            Err(reason) => *self.refused.entry(reason).or_default() += 1,
        }
        self.take(&mut opened, reports);
        self.opened = opened;
        Ok(())
    }

    /// Looks for the senders of messages that could not be opened yet. Call it when the mailbox is quiet, and before
    /// more wait than the policy keeps ([`Self::waiting`]).
    pub fn search(&mut self, reports: &mut Vec<ReadReport>) -> usize {
        let mut opened = std::mem::take(&mut self.opened);
        let found = self.receiver.search(&mut opened);
        self.take(&mut opened, reports);
        self.opened = opened;
        found
    }

    /// The same at so many places at the most, some tens of microseconds each: for a reader that has other things to do
    /// meanwhile. [`Self::unsearched`] tells whether there is more to do.
    pub fn search_some(&mut self, places: u32, reports: &mut Vec<ReadReport>) -> usize {
        let mut opened = std::mem::take(&mut self.opened);
        let found = self.receiver.search_some(places, &mut opened);
        self.take(&mut opened, reports);
        self.opened = opened;
        found
    }

    /// Moves on to the next epoch when its time has come. [`Self::read`] does so by itself; a quiet reader calls it
    /// now and then, so that old keys are deleted in time.
    pub fn tick(&mut self, monotonic: u64) -> Result<(), KeyringError> {
        let now = self.clock.now(monotonic);
        if now > self.entered { self.enter(now, None) } else { Ok(()) }
    }

    /// Writes down which reports were read, and what waits for its device: after this, none of them is shown again, and
    /// the broker may forget all that was given to [`Self::read`].
    ///
    /// What fails stays to be written by the next call.
    pub fn commit(&mut self) -> Result<(), KeyringError> {
        for (epoch, place) in self.moved.drain() {
            if let Some(next) = self.receiver.next_counter(epoch, place) {
                self.batch.progress.push((self.role.0, epoch, place, next));
            }
        }
        self.absorb_learned();
        self.absorb_waiting();
        if self.batch.is_empty() {
            return Ok(());
        }
        self.state.record(&self.batch, self.seen.limit())?;
        self.batch.clear();
        Ok(())
    }

    /// Whether there is something to write down.
    pub fn is_committed(&self) -> bool {
        self.moved.is_empty() && self.batch.is_empty() && self.learned.is_empty() && self.is_waiting_stored()
    }

    /// How many messages were not opened, by reason.
    pub fn refused(&self) -> impl Iterator<Item = (Refused, u64)> + '_ {
        self.refused.iter().map(|(reason, count)| (*reason, *count))
    }

    /// Messages so far from no device that was expected then; most are opened later by [`Self::search`].
    pub fn unexpected(&self) -> u64 {
        self.refused.get(&Refused::Unknown).copied().unwrap_or(0)
    }

    /// Second copies of reports that were dropped.
    pub const fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Messages that showed a device's state to live twice.
    pub const fn clones(&self) -> u64 {
        self.clones
    }

    /// Cover messages that were opened; nothing of them is shown or kept.
    pub const fn covers(&self) -> u64 {
        self.covers
    }

    /// Messages that wait for their device to turn up.
    pub fn waiting(&self) -> usize {
        self.receiver.waiting()
    }

    /// How many of those were not yet looked for at every place: what [`Self::search`] has to do.
    pub fn unsearched(&self) -> usize {
        self.receiver.unsearched()
    }

    /// The newest manifest known.
    pub const fn manifest(&self) -> &SignedManifest {
        &self.credential.manifest
    }

    /// The policy that a report was reduced by, as far as it is known; else the newest.
    pub fn policy(&self, version: PolicyVersion) -> &Policy {
        let older = self.older.iter().find(|(known, _)| *known == version);
        older.map_or(&self.credential.manifest.policy, |(_, policy)| policy)
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

    /// The client id under which a broker keeps this role's session: the same in every run, another for each
    /// credential and role, and nothing that anyone without the credential can compute. A responder may be known to
    /// the broker; a reporter never is.
    pub fn session_name(&self) -> String {
        let mut message = SESSION_CONTEXT.to_vec();
        message.push(self.role.0);
        let tag = sign(&Key::new(HMAC_SHA256, &self.credential.instance), &message);
        let mut name = hex::encode(tag);
        name.truncate(SESSION_NAME);
        name
    }

    fn take(&mut self, opened: &mut Vec<Opened>, reports: &mut Vec<ReadReport>) {
        for mut one in opened.drain(..) {
            let report = one.header.report;
            let (pseudonym, known_as) = match one.sender {
                Sender::Enrolled { place, pseudonym } => {
                    self.moved.insert((one.epoch, place));
                    (Some(pseudonym), report)
                }
                // Opened once more after a restart, it would do no harm.
                Sender::WalkIn { .. } if one.is_cover() => (None, report),
                Sender::WalkIn { mark } => {
                    self.batch.walk_ins.push((self.role.0, one.epoch, mark.0));
                    (None, apart(report))
                }
            };
            if one.is_cover() {
                self.covers += 1;
                continue;
            }
            if !self.seen.insert(known_as) {
                self.repeated += 1;
                continue;
            }
            self.batch.seen.push((known_as, one.epoch));
            if self.erasures.takes(one.header.handle, pseudonym, one.epoch) {
                continue;
            }
            let help = if self.tells_help { self.help_key(&mut one) } else { None };
            reports.push(ReadReport {
                header: one.header,
                epoch: one.epoch,
                pseudonym,
                body: Body::decode(self.policy(one.header.policy), self.role, &one.body),
                custody: one.custody.take(),
                help,
            });
        }
    }

    fn help_key(&self, opened: &mut Opened) -> Option<HelpKey> {
        let Sender::Enrolled { place, .. } = opened.sender else { return opened.help.take() };
        let root = keys::keyring_of(&self.credential, self.role)?.root(opened.epoch)?;
        let device = root.device(self.manifest().operation, self.role, opened.epoch, place);
        Some(device.help_key(opened.header.report))
    }
}

/// What a walk-in's report is remembered by: never the id of an enrolled device's report, or anyone who knows one
/// could send a walk-in under it and have the genuine report dropped as a second copy (spec §4.5).
fn apart(report: ReportId) -> ReportId {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"cowl walk-in report");
    context.update(&report.0);
    let digest = context.finish();
    ReportId(*digest.as_ref().first_chunk().unwrap_or(&report.0))
}

/// Each role has a state of its own, so that two `cowl sub` of one credential can run side by side.
fn role_state_path(credential: &Path, role: &str) -> PathBuf {
    let mut name = store::state_path(credential).into_os_string();
    name.push(".");
    name.push(role);
    PathBuf::from(name)
}
