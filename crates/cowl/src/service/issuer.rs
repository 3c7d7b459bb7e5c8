//! What is to be published, and when.

use std::{
    collections::{BTreeMap, VecDeque},
    time::SystemTime,
};

use cowl_core::{
    Beacon, BeaconError, CloneMark, CloneMarks, Counts, DeviceNews, Epoch, LevelIndex, LivePlaces,
};

use super::{At, CensusTaker, Desk};
use crate::{
    files::FileError,
    operation::{Issued, Operation, OperationError, Written},
    random::SystemRng,
};

/// An operation's notices and census.
#[derive(Debug)]
pub struct Service {
    operation: Operation,
    census: Option<CensusTaker>,
    desk: Desk,
    rng: SystemRng,
    every: u64,
    epoch: Epoch,
    /// When the policy file that was last looked at was written.
    looked: Option<SystemTime>,
    /// What lay in the operation's folder when it was read last.
    written: Written,
    /// When the next beacon is due, in Unix seconds.
    due: u64,
    /// From when on a beacon has a bundle before it, in Unix seconds: by the clock, so that a machine that slept sends one.
    bundle_due: u64,
    /// Who of the present epoch is heard, as the census was told.
    live: LivePlaces,
    /// Devices that are in use twice, as this epoch's beacons call them; the next beacon begins with the first.
    marks: VecDeque<CloneMark>,
}

/// What is to be published now, and what there is to tell.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// A new manifest.
    pub manifest: Option<Vec<u8>>,
    /// A new beacon.
    pub beacon: Option<Vec<u8>>,
    /// A new bulletin: one with every beacon, so that it does not show when there is a command.
    pub bulletin: Option<Vec<u8>>,
    /// A new bundle for responders: with the first beacon after so long, and when an epoch begins. It goes before the beacon, so that
    /// keys are there when they are needed.
    pub bundle: Option<Vec<u8>>,
    /// There should be a bundle, and it could not be made: who was revoked is still heard, and no new keys go out.
    pub no_bundle: Option<OperationError>,
    /// A new list of erase orders: one with every beacon, for the same reason.
    pub erasures: Option<Vec<u8>>,
    /// A new dispatch: one with every beacon, for the same reason.
    pub dispatch: Option<Vec<u8>>,
    /// The epoch that began.
    pub epoch: Option<Epoch>,
    /// The policy file cannot be used; the policy of the newest manifest stays.
    pub policy: Option<OperationError>,
    /// How many of the finest zone levels the beacon leaves out because their counts do not fit it.
    pub left_out: u8,
    /// What was counted could not be kept on disk.
    pub census: Option<FileError>,
    /// Device numbers of the register that were seen to send from two machines, for the first time.
    pub clones: Vec<u32>,
}

impl Service {
    /// Brings the operation up to date and takes the census's keys. `every`: seconds between beacons, instead of
    /// those of the policy.
    pub fn new(operation: Operation, unix_seconds: u64, every: Option<u32>) -> Result<Self, OperationError> {
        Self::new_with(operation, unix_seconds, every, SystemRng::new())
    }

    /// The same with a generator of the caller's, for simulations.
    pub fn new_with(
        operation: Operation,
        unix_seconds: u64,
        every: Option<u32>,
        mut rng: SystemRng,
    ) -> Result<Self, OperationError> {
        let mut census = CensusTaker::new(operation.manifest());
        if let (Some(census), Some(bytes)) = (&mut census, operation.load_census()?) {
            census.restore(&bytes);
        }
        let every = u64::from(every.unwrap_or(operation.manifest().policy.beacon_seconds)).max(1);
        let epoch = operation.epoch_now(unix_seconds)?;
        let looked = operation.policy_written();
        let marks = VecDeque::new();
        let (desk, written) = (Desk::new(&mut rng), operation.written());
        let mut service = Self {
            operation,
            census,
            desk,
            rng,
            every,
            epoch,
            looked,
            written,
            due: 0,
            bundle_due: 0,
            live: LivePlaces::all(),
            marks,
        };
        service.operation.refresh(epoch, &mut service.rng)?;
        service.enter(epoch);
        Ok(service)
    }

    /// Takes a message of the mailbox.
    pub fn take(&mut self, message: &[u8], unix_seconds: u64) {
        if let Some(census) = &mut self.census {
            census.take(message, unix_seconds);
        }
    }

    /// Answers a request (spec §9), wherever it came from; `None`: it gets no answer, and is not told why.
    pub fn answer(&mut self, request: &[u8], unix_seconds: u64) -> Option<Vec<u8>> {
        // Who was revoked a moment ago gets nothing.
        self.look().ok()?;
        let Self { operation, desk, rng, epoch, .. } = self;
        desk.answer(At { operation, epoch: *epoch, now: unix_seconds, rng }, request)
    }

    /// What is due at a time: call it about every second, and publish what it says. After an error nothing is lost:
    /// call it again.
    pub fn tick(&mut self, unix_seconds: u64) -> Result<Outgoing, OperationError> {
        let mut outgoing = Outgoing::default();
        let now = self.operation.epoch_now(unix_seconds)?;
        if self.look()? {
            self.enter(self.epoch);
            outgoing.manifest = Some(self.operation.manifest().bytes().to_vec());
            (self.due, self.bundle_due) = (0, 0);
        }
        let written = self.operation.policy_written();
        if now != self.epoch || written != self.looked {
            let issued = match self.operation.refresh(now, &mut self.rng) {
                Err(error) if error.is_input() => {
                    outgoing.policy = Some(error);
                    self.operation.roll(now, &mut self.rng)?
                }
                other => other?,
            };
            self.looked = written;
            outgoing.epoch = Some(now).filter(|now| *now != self.epoch);
            if issued == Issued::Manifest || outgoing.epoch.is_some() {
                self.enter(now);
                outgoing.manifest = Some(self.operation.manifest().bytes().to_vec());
                (self.due, self.bundle_due) = (0, 0);
            }
        }
        self.note_clones(&mut outgoing)?;
        if unix_seconds >= self.due {
            self.bundle(unix_seconds, &mut outgoing);
            self.beacon(now, unix_seconds, &mut outgoing)?;
            outgoing.bulletin = Some(self.operation.bulletin(unix_seconds)?);
            outgoing.erasures = Some(self.operation.erasure_list(unix_seconds, &mut self.rng)?);
            outgoing.dispatch = Some(self.operation.dispatch(unix_seconds, &mut self.rng)?);
            self.desk.forget(unix_seconds);
            self.desk.keep(&mut self.operation)?;
            self.due = unix_seconds + self.every;
        }
        Ok(outgoing)
    }

    /// Manifest, a bundle and a fresh beacon, whether they are due or not: for a broker that may have forgotten them.
    pub fn announce(&mut self, unix_seconds: u64) -> Result<Outgoing, OperationError> {
        (self.due, self.bundle_due) = (0, 0);
        let mut outgoing = self.tick(unix_seconds)?;
        outgoing.manifest = Some(self.operation.manifest().bytes().to_vec());
        Ok(outgoing)
    }

    /// Keeps on disk what the desk gave out since the last beacon. What cannot be kept, members prove again.
    pub fn keep_desk(&mut self) -> Result<(), OperationError> {
        self.desk.keep(&mut self.operation)
    }

    /// Why somebody with a good ticket could not be let in since this was asked last.
    pub fn take_trouble(&mut self) -> Option<OperationError> {
        self.desk.take_trouble()
    }

    /// The desk that answers requests.
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Keeps on disk what the census counted since the last beacon.
    pub fn keep(&self) -> Result<(), FileError> {
        self.census.as_ref().map_or(Ok(()), |census| self.operation.store_census(&census.to_bytes()))
    }

    /// The operation.
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }

    /// The census, if the policy has one.
    pub const fn census(&self) -> Option<&CensusTaker> {
        self.census.as_ref()
    }

    /// The epoch of the last tick.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Writes down who was seen to send from two machines. The beacon that says so comes when one is due, not at once: it
    /// would tell the broker which message it was.
    fn note_clones(&mut self, outgoing: &mut Outgoing) -> Result<(), OperationError> {
        let Some(census) = &mut self.census else { return Ok(()) };
        for (epoch, place) in census.clones() {
            outgoing.clones.extend(self.operation.note_clone(*epoch, *place)?);
        }
        census.forget_clones();
        if !outgoing.clones.is_empty() {
            self.marks = self.operation.clone_marks(self.epoch).into();
        }
        Ok(())
    }

    /// Reads the operation again if another process changed it. Says whether there is another manifest.
    fn look(&mut self) -> Result<bool, OperationError> {
        let written = self.operation.written();
        if written == self.written {
            return Ok(false);
        }
        let version = self.operation.manifest().version;
        self.operation.reload()?;
        self.written = written;
        Ok(self.operation.manifest().version != version)
    }

    fn enter(&mut self, now: Epoch) {
        self.epoch = now;
        self.marks = self.operation.clone_marks(now).into();
        if let Some(census) = &mut self.census {
            census.follow(self.operation.manifest());
            let epochs = self.operation.first_open(now).0..=now.plus(1).0;
            let live: BTreeMap<_, _> =
                epochs.map(|epoch| (epoch, self.operation.live_places(Epoch(epoch)))).collect();
            let live = |epoch: Epoch| live.get(&epoch.0).cloned().unwrap_or_default();
            census.enter(now, |role, epoch| self.operation.role_root(role, epoch), live);
            self.live = live(now);
        }
    }

    /// Makes a bundle with the first beacon after so long. A census hears nobody whom it says to be revoked.
    fn bundle(&mut self, unix_seconds: u64, outgoing: &mut Outgoing) {
        let policy = &self.operation.manifest().policy;
        if unix_seconds < self.bundle_due || self.operation.preset().is_dangerous() {
            return;
        }
        let beacons = u64::from(policy.responders.beacons(policy.beacon_seconds));
        self.bundle_due = unix_seconds.saturating_add(beacons.saturating_mul(policy.beacon_seconds.into()));
        match self.operation.bundle(unix_seconds, &mut self.rng) {
            Ok(bundle) => outgoing.bundle = Some(bundle),
            Err(error) => {
                outgoing.no_bundle = Some(error);
                // Again with the next beacon.
                self.bundle_due = 0;
            }
        }
        if self.census.is_some() && self.operation.live_places(self.epoch) != self.live {
            self.enter(self.epoch);
        }
    }

    fn beacon(
        &mut self,
        now: Epoch,
        unix_seconds: u64,
        outgoing: &mut Outgoing,
    ) -> Result<(), OperationError> {
        let Some(census) = &mut self.census else {
            outgoing.beacon = Some(self.operation.beacon(unix_seconds, &Counts::default())?);
            return Ok(());
        };
        census.search();
        outgoing.census = self.operation.store_census(&census.to_bytes()).err();
        let policy = &self.operation.manifest().policy;
        let levels = policy.zones.levels().len();
        // Where they do not all fit, each has its turn.
        let most = Beacon::most_marks(policy.sizes.beacon).min(self.marks.len());
        let clones = CloneMarks::new(self.marks.iter().copied().take(most));
        self.marks.rotate_left(most);
        // Counts that do not fit leave out the finest zones: reports get coarser there, which protects.
        for finest in (0_u8..).take(levels) {
            let news = DeviceNews { counts: census.counts(now, LevelIndex(finest)), clones: clones.clone() };
            match self.operation.beacon_telling(unix_seconds, &news) {
                Err(OperationError::Beacon(BeaconError::TooLarge)) => outgoing.left_out = finest + 1,
                made => {
                    outgoing.beacon = Some(made?);
                    return Ok(());
                }
            }
        }
        let news = DeviceNews { counts: Counts::default(), clones };
        outgoing.beacon = Some(self.operation.beacon_telling(unix_seconds, &news)?);
        Ok(())
    }
}
