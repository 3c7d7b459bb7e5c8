//! A phone: an app on the client library. It connects for each report, as `cowl pub` does, and hangs up again.
//!
//! Under preset `cowl` it first listens for the beacon on a connection of its own, fetches a newer manifest once a day, and sends by an
//! [`Outbox`], which seals again what a lost connection left open. Under the study's presets it is the ordinary app of the study: one
//! client id for good, and what was not acknowledged is sent again as often as the outbox would; behind a gateway it is that app, too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cowl::client::{Notice, Notices, Outbox, OutboxError, Outgoing, Retry, Topics, Wrapper};
use cowl::dangerous::DangerousPreset;
use cowl::formats;
use cowl::keyring::{SealedReport, Sender};
use cowl::random::SystemRng;
use cowl::transport::{self, Endpoint, Options, Publication, Publisher, Qos, Topic};
use cowl_core::{Delay, Epoch, Reading, Report as Sealable};
use tokio::time::{sleep, sleep_until, timeout};

use super::forger::Forge;
use super::office::{Content, Message, Office, lock};
use crate::dice::Dice;
use crate::error::SimulationError;
use crate::network::{CallerId, Network};
use crate::plan::{Plan, ReportIndex, START};

/// How long it waits for a beacon, or a manifest.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it tries to connect for a report before it leaves it for the next one, and how soon; the wait doubles.
const RETRY: Retry = Retry { attempts: 5, first: Duration::from_secs(1) };
/// Where the study's app publishes.
const TOPIC: &str = "srv/temperature";
/// Microseconds of a day.
const DAY: u64 = 86_400_000_000;

/// One phone.
pub(crate) struct Phone {
    pub(crate) number: usize,
    /// What it will report.
    pub(crate) diary: Vec<ReportIndex>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) network: Arc<Network>,
    pub(crate) office: Arc<Mutex<Office>>,
    pub(crate) caller: CallerId,
    pub(crate) endpoint: Endpoint,
    pub(crate) options: Options,
    pub(crate) app: App,
    /// Where it waits a random time before it sends.
    pub(crate) delay: Option<(Delay, Dice)>,
}

/// What runs on it.
pub(crate) enum App {
    Exposed {
        preset: Arc<DangerousPreset>,
        rng: Box<SystemRng>,
    },
    Sealed {
        sender: Arc<Mutex<Sender>>,
        topics: Topics,
        manifest: u32,
        fetched: Option<u64>,
        /// For relays, where it sends to one.
        wrapper: Option<Box<Wrapper>>,
        /// Whether she is not enrolled: then the manifest is all that is used of the sender.
        is_walk_in: bool,
        /// Whether it is a page in a browser: its server hears for it, and each report has a connection of its own.
        is_page: bool,
        /// With what somebody else seals in her name, if this is his phone.
        forge: Option<Box<Forge>>,
    },
    /// The study's app as it is, behind a gateway.
    Device,
}

impl Phone {
    /// Reports what there is to report, for good.
    pub(crate) async fn work(mut self) {
        let plan = Arc::clone(&self.plan);
        let mut waiting = Vec::new();
        let diary = std::mem::take(&mut self.diary);
        let written = diary.iter().filter_map(|index| Some((plan.report(*index)?.at, *index)));
        let mut due: Vec<_> = written.map(|(at, index)| (at + self.wait(), index)).collect();
        due.sort_unstable();
        let mut due = due.into_iter().peekable();
        while let Some((at, index)) = due.next() {
            sleep_until(self.network.instant(at)).await;
            waiting.push(index);
            // What came due while the phone was busy goes with it.
            while let Some((_, next)) = due.next_if(|(at, _)| *at <= self.network.now()) {
                waiting.push(next);
            }
            if let Err(error) = self.deliver(&mut waiting).await {
                return lock(&self.office).fail(error);
            }
        }
    }

    /// How long it holds a report back, in microseconds: drawn anew for each, urgent or not.
    fn wait(&mut self) -> u64 {
        let wait = self.delay.as_mut().map(|(delay, dice)| delay.draw(dice.word()));
        u64::try_from(wait.unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
    }

    async fn deliver(&mut self, waiting: &mut Vec<ReportIndex>) -> Result<(), SimulationError> {
        let mut wait = RETRY.first;
        for attempt in 0..=RETRY.attempts {
            match self.attempt(waiting).await {
                Err(SimulationError::Transport(error)) if error.is_transient() => {}
                other => return other,
            }
            if attempt < RETRY.attempts {
                sleep(wait).await;
                wait *= 2;
            }
        }
        Ok(())
    }

    async fn attempt(&mut self, waiting: &mut Vec<ReportIndex>) -> Result<(), SimulationError> {
        match self.app {
            App::Exposed { .. } => self.expose(waiting).await,
            App::Sealed { .. } => self.seal(waiting).await,
            App::Device => self.hand_over(waiting).await,
        }
    }

    /// To a gateway: the line as the app always wrote it.
    async fn hand_over(&mut self, waiting: &mut Vec<ReportIndex>) -> Result<(), SimulationError> {
        let publisher = Publisher::connect(&self.endpoint, &self.options).await?;
        while let Some(index) = waiting.first().copied() {
            let payload = Bytes::from(self.line(index)?);
            let content = Content::Report(index);
            let message = Message { payload: payload.clone(), content, id: None, epoch: Epoch(0) };
            lock(&self.office).announce(self.caller, message);
            publisher.publish(Publication::new(Topic::new(TOPIC)?, payload, Qos::AtLeastOnce)).await?;
            waiting.remove(0);
        }
        // All is acknowledged: a goodbye that is lost loses nothing.
        let _ = publisher.disconnect().await;
        Ok(())
    }

    async fn expose(&mut self, waiting: &mut Vec<ReportIndex>) -> Result<(), SimulationError> {
        let publisher = Publisher::connect(&self.endpoint, &self.options).await?;
        while let Some(index) = waiting.first().copied() {
            let reading = self.reading(index)?;
            let App::Exposed { preset, rng } = &mut self.app else { return Ok(()) };
            let identity = u32::try_from(self.number).unwrap_or(u32::MAX);
            let begun = Instant::now();
            let now = START + self.network.now() / 1_000_000;
            let exposed = preset.hazmat_expose_with(reading, identity, now, rng);
            let exposed = exposed.map_err(|_| SimulationError::Fault("a report is refused"))?;
            let publication = exposed.dangerous_into_publication(Qos::AtLeastOnce);
            let payload = Bytes::copy_from_slice(&publication.payload);
            self.announce(
                begun,
                Message { payload, content: Content::Report(index), id: None, epoch: Epoch(0) },
            );
            publisher.publish(publication).await?;
            waiting.remove(0);
        }
        // All is acknowledged: a goodbye that is lost loses nothing.
        let _ = publisher.disconnect().await;
        Ok(())
    }

    async fn seal(&mut self, waiting: &mut Vec<ReportIndex>) -> Result<(), SimulationError> {
        let App::Sealed { topics, is_page, .. } = &self.app else { return Ok(()) };
        let topics = topics.clone();
        if *is_page {
            while let Some(index) = waiting.first().copied() {
                self.send(&topics, &[index]).await?;
                waiting.remove(0);
            }
            return Ok(());
        }
        let mut notices = Notices::beacons_only(&self.endpoint, &self.options, &topics).await?;
        if let Ok(heard) = timeout(PATIENCE, notices.next()).await
            && let Notice::Beacon(beacon) = heard?
        {
            self.hear(&beacon).await?;
        }
        self.send(&topics, waiting).await?;
        waiting.clear();
        // It only listened.
        let _ = notices.disconnect().await;
        Ok(())
    }

    /// Seals reports and sends them, on one connection.
    async fn send(&mut self, topics: &Topics, reports: &[ReportIndex]) -> Result<(), SimulationError> {
        let (endpoint, options) = (self.endpoint.clone(), self.options.clone());
        let mut outbox =
            Outbox::connect(endpoint, options, topics.clone(), Qos::AtLeastOnce, Retry::default()).await?;
        let App::Sealed { sender, .. } = &self.app else { return Ok(()) };
        let sender = Arc::clone(sender);
        let (number, timed) = (self.number, self.plan.settings.timed);
        let report = |index: &ReportIndex| Ok((*index, self.report(*index, &sender)?));
        let reports = reports.iter().map(report).collect::<Result<Vec<_>, SimulationError>>()?;
        let (network, office, caller) = (Arc::clone(&self.network), Arc::clone(&self.office), self.caller);
        let indices: HashMap<_, _> =
            reports.iter().map(|(index, report)| (report.header().report, *index)).collect();
        let App::Sealed { wrapper, is_walk_in, forge, .. } = &mut self.app else { return Ok(()) };
        let is_walk_in = *is_walk_in;
        let mut seal = |identity: usize, report: &Sealable| {
            let begun = Instant::now();
            let mut sender = lock(&sender);
            let now = network.now() / 1_000_000;
            let SealedReport { sealed, epoch } = match forge {
                Some(forge) => forge.seal(sender.manifest(), sender.epoch(now), report)?,
                None if is_walk_in => sender.seal_walk_in(report, now)?,
                None => sender.seal(identity, report, now)?,
            };
            let id = report.header().report;
            let payload = Bytes::copy_from_slice(sealed.bytes());
            let outgoing = match wrapper {
                Some(wrapper) => Outgoing::Wrapped(wrapper.wrap(sender.manifest(), epoch, &sealed)?),
                None => Outgoing::Sealed(sealed),
            };
            let mut office = lock(&office);
            if timed {
                office.making.add(begun);
            }
            let Some(index) = indices.get(&id) else { return Ok(outgoing) };
            let message = Message { payload, content: Content::Report(*index), id: Some(id), epoch };
            match &outgoing {
                Outgoing::Wrapped(wrapped) => {
                    let outer = Bytes::copy_from_slice(wrapped.bytes());
                    office.announce_wrapped(caller, outer, message);
                }
                _ => office.announce(caller, message),
            }
            Ok(outgoing)
        };
        for (_, report) in reports {
            sent(outbox.send(number, report, &mut seal).await)?;
        }
        sent(outbox.finish(&mut seal).await)?;
        Ok(())
    }

    /// Takes a beacon, and once a day the manifest that it names.
    async fn hear(&mut self, beacon: &[u8]) -> Result<(), SimulationError> {
        let now = self.network.now();
        let App::Sealed { sender, topics, manifest, fetched, .. } = &mut self.app else { return Ok(()) };
        let newest = {
            let mut sender = lock(sender);
            // All phones hear with one ear here: the second to hear a beacon has heard it.
            match sender.hear(beacon, now / 1_000_000) {
                Ok(beacon) => beacon.manifest.max(sender.manifest().version),
                Err(_) => sender.manifest().version,
            }
        };
        let today = now / DAY;
        if newest <= *manifest || *fetched == Some(today) {
            return Ok(());
        }
        let mut notices = Notices::connect(&self.endpoint, &self.options, topics).await?;
        let came = async {
            loop {
                if let Notice::Manifest(bytes) = notices.next().await? {
                    return Ok::<_, transport::Error>(bytes);
                }
            }
        };
        if let Ok(bytes) = timeout(PATIENCE, came).await {
            let mut sender = lock(sender);
            sender.follow(&bytes?)?;
            *manifest = sender.manifest().version;
            *fetched = Some(today);
        }
        let _ = notices.disconnect().await;
        Ok(())
    }

    /// What the app says of a report, as it comes out of the input formats.
    fn reading(&self, index: ReportIndex) -> Result<Reading, SimulationError> {
        let line = self.line(index)?;
        formats::parse(line.as_bytes()).map_err(|_| SimulationError::Fault("a report cannot be read"))
    }

    /// What the app writes.
    fn line(&self, index: ReportIndex) -> Result<String, SimulationError> {
        let planned = self.plan.report(index);
        let person = planned.and_then(|planned| self.plan.person(&planned.report));
        let (planned, person) = planned.zip(person).ok_or(SimulationError::Fault("no such report"))?;
        Ok(planned.report.line_from(person, self.plan.address(self.number, planned.at)))
    }

    fn report(&self, index: ReportIndex, sender: &Mutex<Sender>) -> Result<Sealable, SimulationError> {
        let reading = self.reading(index)?;
        let mut sender = lock(sender);
        let around = sender.surroundings(START + self.network.now() / 1_000_000);
        let reduced = sender.manifest().policy.reduce(reading, &around);
        Ok(sender.report(reduced.map_err(|_| SimulationError::Fault("a report is refused"))?))
    }

    fn announce(&self, begun: Instant, message: Message) {
        let mut office = lock(&self.office);
        if self.plan.settings.timed {
            office.making.add(begun);
        }
        office.announce(self.caller, message);
    }
}

fn sent<T>(outcome: Result<T, OutboxError>) -> Result<T, SimulationError> {
    outcome.map_err(|error| match error {
        OutboxError::Seal(error) => error.into(),
        OutboxError::Transport(error) => error.into(),
    })
}
