//! Opens messages, and puts reports into the archive and then onto the board.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use cowl::{
    archive::{Archive, ArchiveError, Entry, Query},
    client::Obeyed,
    keyring::{KeyringError, ReadReport, Reader, Search},
    transport::{Message, Qos},
};
use cowl_core::{BeaconError, BundleError, Epoch, ManifestError, PolicyVersion, StoreKind};
use zeroize::Zeroizing;

use super::{FeedError, View};
use crate::{
    board::{Arrival, CaseKey, Reading, Told},
    clock,
    config::RoleSeat,
};

/// Seconds that are read back from the archive at the start: a day, or as long as the role may keep reports.
const DAY: u64 = 86_400;
/// Seconds between two looks at what is over.
const LOOK: u64 = 60;
/// Seconds of an hour: reports expire by whole ones.
const HOUR: u64 = 3_600;
/// Reports put onto the board at a time while the archive is read back: whoever looks waits no longer.
const BATCH: usize = 500;

/// The desk of a seat.
pub(super) struct Desk {
    reader: Reader,
    archive: Archive,
    role: String,
    view: View,
    secret: Zeroizing<[u8; 32]>,
    readings: HashMap<PolicyVersion, Reading>,
    reports: Vec<ReadReport>,
    entries: Vec<Entry>,
    open: Vec<Message>,
    search: Search,
    begin: Instant,
    looked: u64,
    /// The hour in which was last looked for what nobody keeps any more.
    tidied: u64,
    covers: u64,
    obeyed: Obeyed,
    path: PathBuf,
}

impl Desk {
    /// With the archive of a role.
    pub(super) fn open(
        reader: Reader,
        archive: &Path,
        seat: &RoleSeat,
        view: View,
    ) -> Result<Self, FeedError> {
        let mut archive = Archive::open_or_create(archive, reader.manifest())?;
        archive.follow(&reader.manifest().policy)?;
        let obeyed = Obeyed::new(archive.name()?, StoreKind::Archive);
        let secret = reader.store_secret();
        Ok(Self {
            reader,
            archive,
            role: seat.role.clone(),
            view,
            secret,
            readings: HashMap::new(),
            reports: Vec::new(),
            entries: Vec::new(),
            open: Vec::new(),
            search: Search::new(),
            begin: Instant::now(),
            looked: 0,
            tidied: 0,
            covers: 0,
            obeyed,
            path: seat.credential.clone(),
        })
    }

    /// Puts onto the board what the archive has of the last day. What is damaged there is passed over: `cowl archive` names it.
    pub(super) fn load(&mut self) -> Result<(), FeedError> {
        let now = clock::now();
        self.expire(now)?;
        let since = now.saturating_sub(DAY.min(self.retention()));
        let query = Query { since: Some(since), role: Some(self.role.clone()), ..Query::default() };
        let Self { archive, readings, reader, secret, view, .. } = self;
        let mut arrivals = Vec::with_capacity(BATCH);
        archive.read(&query, &mut |kept| {
            if let Ok(kept) = kept {
                let reading = reading(readings, reader, secret, PolicyVersion(kept.policy));
                arrivals.push(reading.arrival(&Told::kept(&kept)));
            }
            if arrivals.len() >= BATCH {
                show(view, &mut arrivals);
            }
            ControlFlow::Continue(())
        })?;
        show(view, &mut arrivals);
        view.tell(|health| health.is_loading = false);
        Ok(())
    }

    /// Opens a message.
    pub(super) fn take(&mut self, message: Message) -> Result<(), FeedError> {
        let seconds = self.seconds();
        self.reader.read(&message.payload, seconds, &mut self.reports)?;
        self.gather();
        if message.qos != Qos::AtMostOnce {
            self.open.push(message);
        }
        Ok(())
    }

    /// Looks a little for the devices of messages that nobody was expected to send.
    pub(super) fn look(&mut self) {
        self.search.step(&mut self.reader, &mut self.reports);
        self.gather();
    }

    /// When to look again.
    pub(super) fn next_look(&self) -> Option<Instant> {
        self.search.next(&self.reader)
    }

    /// In this order, so that nothing is lost at whatever instant the power fails, and nothing is shown that was not kept: the archive,
    /// the board, what was read, and then the broker may forget it.
    pub(super) fn settle(&mut self) -> Result<(), FeedError> {
        if !self.entries.is_empty() {
            self.archive.keep(&self.role, &self.entries)?;
            let mut arrivals = Vec::with_capacity(self.entries.len());
            for entry in std::mem::take(&mut self.entries) {
                let reading = reading(&mut self.readings, &self.reader, &self.secret, entry.policy);
                arrivals.push(reading.arrival(&Told::entry(&entry)));
            }
            show(&self.view, &mut arrivals);
        }
        self.reader.commit()?;
        for mut message in self.open.drain(..) {
            message.ack();
        }
        self.report_health();
        Ok(())
    }

    /// Whether something is to be settled: messages to be acknowledged, or progress to be written down.
    pub(super) fn is_settled(&self) -> bool {
        self.open.is_empty() && self.entries.is_empty() && self.reader.is_committed()
    }

    /// Messages that are not acknowledged.
    pub(super) fn open_messages(&self) -> usize {
        self.open.len()
    }

    /// Moves on to the next epoch when it is time, and destroys what may not be kept any longer.
    pub(super) fn tick(&mut self) -> Result<(), FeedError> {
        self.reader.tick(self.seconds())?;
        let now = clock::now();
        if now.abs_diff(self.looked) >= LOOK {
            self.looked = now;
            self.expire(now)?;
            self.report_health();
        }
        Ok(())
    }

    /// Takes a manifest.
    pub(super) fn follow(&mut self, manifest: &[u8]) -> Result<(), FeedError> {
        // Before the sizes of messages change under what waits.
        Search::last_round(&mut self.reader, &mut self.reports);
        self.gather();
        match self.reader.follow(manifest) {
            Ok(true) => {
                let policy = &self.reader.manifest().policy;
                self.archive.follow(policy)?;
                self.view.set_manifest(self.reader.manifest());
                let k = policy.anonymity.k.into();
                self.view.board.change(|board| board.follow(k));
                Ok(())
            }
            // Who was enrolled a moment ago knows a newer one than the broker has kept.
            Ok(false) | Err(KeyringError::Manifest(ManifestError::RolledBack { .. })) => Ok(()),
            Err(KeyringError::Manifest(_)) => {
                self.view.tell(|health| health.forged += 1);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a bundle of keys, and hears by it who was revoked.
    pub(super) fn take_bundle(&mut self, bundle: &[u8]) -> Result<(), FeedError> {
        match self.reader.take_bundle(bundle) {
            Ok(_) | Err(KeyringError::Bundle(BundleError::Replayed)) => {
                self.view.tell(|health| health.reads_until = None);
            }
            Err(KeyringError::Bundle(BundleError::NoSeat)) => {
                let until = self.reader.keys_until().unwrap_or(Epoch(0));
                self.view.tell(|health| health.reads_until = Some(until));
            }
            Err(KeyringError::Bundle(_)) => self.view.tell(|health| health.forged += 1),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Takes a beacon.
    pub(super) fn hear(&mut self, beacon: &[u8]) -> Result<(), FeedError> {
        let seconds = self.seconds();
        match self.reader.hear(beacon, seconds) {
            Ok(_) | Err(BeaconError::Replayed) => self.tick(),
            Err(_) => {
                self.view.tell(|health| health.forged += 1);
                Ok(())
            }
        }
    }

    /// Erases by a list of the authority's: from the board first, at once; then from what is not archived yet, from the archive and from
    /// the file of cases.
    pub(super) fn obey(&mut self, list: &[u8]) -> Result<(), FeedError> {
        let newest = self.reader.erasures().map(|list| list.sequence);
        if self.reader.obey(list).is_err() {
            self.view.tell(|health| health.forged += 1);
            return Ok(());
        }
        let Some(orders) = self.reader.erasures() else { return Ok(()) };
        let (sequence, before) = (orders.sequence, self.reader.erased_before());
        let gone = self.view.board.change(|board| board.erase(&|what| orders.names(what), before));
        self.view.cases.forget(&gone)?;
        // Opened a moment ago: into the archive, which then erases it, so that it is counted and remembered like any other.
        self.archive.keep(&self.role, &self.entries)?;
        let erased = match self.archive.obey(list) {
            Ok(erased) => erased.records,
            Err(ArchiveError::Order(_)) => 0,
            Err(error) => return Err(error.into()),
        };
        let names = |entry: &Entry| {
            let whose = crate::board::Whose { epoch: entry.epoch, from: entry.from, handle: entry.handle };
            whose.is_named(&|what| orders.names(what), before)
        };
        self.entries.retain(|entry| !names(entry));
        if erased > 0 || newest < Some(sequence) {
            self.forget_the_lost()?;
            self.obeyed.note(sequence);
        }
        Ok(())
    }

    /// Which list of erase orders was obeyed, to be said to the operation's service; and by which credential.
    pub(super) fn obeyed(&self) -> (PathBuf, Obeyed) {
        (self.path.clone(), self.obeyed.clone())
    }

    /// The role's keys.
    pub(super) const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// How the feed is told to be.
    pub(super) const fn view(&self) -> &View {
        &self.view
    }

    fn gather(&mut self) {
        let now = clock::now();
        if self.reader.covers() > self.covers {
            self.covers = self.reader.covers();
            self.view.tell(|health| health.last_cover = Some(now));
        }
        if self.reports.is_empty() {
            return;
        }
        self.view.tell(|health| health.last_report = Some(now));
        for report in self.reports.drain(..) {
            self.entries.extend(Entry::of(&report, self.reader.policy(report.header.policy), now));
        }
    }

    /// Whatever was done about cases that are on no board any more, and of which the archive has nothing left.
    fn forget_the_lost(&mut self) -> Result<(), FeedError> {
        let view = self.view.clone();
        let known = view.cases.keys();
        let mut lost: std::collections::HashSet<CaseKey> =
            view.board.look(|board| known.into_iter().filter(|key| board.case(*key).is_none()).collect());
        if lost.is_empty() {
            return Ok(());
        }
        let query = Query { role: Some(self.role.clone()), ..Query::default() };
        let Self { archive, readings, reader, secret, .. } = self;
        archive.read(&query, &mut |kept| {
            if let Ok(kept) = kept {
                let reading = reading(readings, reader, secret, PolicyVersion(kept.policy));
                lost.remove(&reading.arrival(&Told::kept(&kept)).key);
            }
            if lost.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let lost: Vec<_> = lost.into_iter().collect();
        Ok(view.cases.forget(&lost)?)
    }

    fn expire(&mut self, now: u64) -> Result<(), FeedError> {
        self.archive.expire(now)?;
        if self.tidied != now / HOUR {
            // Another seat's feed may have been the one that erased.
            self.tidied = now / HOUR;
            self.forget_the_lost()?;
        }
        let Some(oldest) = now.checked_sub(self.retention()) else { return Ok(()) };
        // As the archive does: whole hours, early rather than late.
        let before = (oldest / HOUR + 1) * HOUR;
        let gone = self.view.board.change(|board| board.expire(before));
        Ok(self.view.cases.forget(&gone)?)
    }

    fn retention(&self) -> u64 {
        let policy = &self.reader.manifest().policy;
        policy.role(self.reader.role()).map_or(0, |role| role.retention_seconds.into())
    }

    fn report_health(&self) {
        let reader = &self.reader;
        let epoch = reader.epoch(self.seconds());
        self.view.tell(|health| {
            health.epoch = epoch;
            health.waiting = reader.waiting();
            health.refused = reader.refused().map(|(_, count)| count).sum();
            health.withdrawn = reader.withdrawn();
        });
    }

    fn seconds(&self) -> u64 {
        self.begin.elapsed().as_secs()
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("role", &self.role).finish_non_exhaustive()
    }
}

/// How reports of one version of the policy are read.
fn reading<'a>(
    readings: &'a mut HashMap<PolicyVersion, Reading>,
    reader: &Reader,
    secret: &[u8; 32],
    version: PolicyVersion,
) -> &'a mut Reading {
    readings.entry(version).or_insert_with(|| Reading::new(reader.policy(version), reader.role(), secret))
}

fn show(view: &View, arrivals: &mut Vec<Arrival>) {
    view.board.change(|board| {
        for arrival in arrivals.drain(..) {
            let known = if board.case(arrival.key).is_none() { view.cases.get(arrival.key) } else { None };
            board.take(arrival, known.as_ref());
        }
    });
}
