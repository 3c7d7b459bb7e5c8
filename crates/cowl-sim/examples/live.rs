//! Drives a live operation whose broker is tapped, and writes the truth about it: `docs/live-gateways.sh` starts the rest.
//!
//! ```text
//! live KEYS ROLE BROKER TAPPED OUT PEOPLE DAYS SEED PACE GATEWAY…
//! ```
//!
//! KEYS is a responder's credential whose ROLE reads `contact` and `severity`; BROKER and each GATEWAY are ports of this machine, TAPPED the
//! trace that the tap writes, whose end is waited for; OUT.trace and OUT.truth are written. PACE says how much faster than life it runs: the
//! policy's times must be as much shorter.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cowl::client::{Topics, anonymous_options};
use cowl::formats;
use cowl::keyring::Reader;
use cowl::transport::{
    ClientId, Endpoint, Filter, Message, Options, Publication, Publisher, Qos, Scheme, Subscriber,
    Subscription, Topic, Version,
};
use cowl_core::SignedManifest;
use cowl_sim::{Errand, Live, OpenedLive, Settings};
use tokio::time::{Instant, sleep, sleep_until, timeout};

type Failed = Box<dyn Error + Send + Sync>;

/// Where the study's app publishes.
const TOPIC: &str = "srv/temperature";
/// How often a device tries, a second apart.
const ATTEMPTS: usize = 30;
/// How long the last messages may take to the listener, and the tap to end.
const REST: Duration = Duration::from_secs(2);
const TAP_ENDS: Duration = Duration::from_mins(10);
const FIRST_BEACON: Duration = Duration::from_mins(2);

struct Task {
    keys: PathBuf,
    role: String,
    broker: u16,
    tapped: PathBuf,
    out: PathBuf,
    settings: Settings,
    pace: u32,
    gateways: Vec<u16>,
}

/// The role that listens.
struct Ear {
    reader: Reader,
    subscriber: Subscriber,
    topics: [Topic; 3],
    began: Instant,
    late: u64,
}

fn main() -> Result<(), Failed> {
    let task = task().ok_or("live KEYS ROLE BROKER TAPPED OUT PEOPLE DAYS SEED PACE GATEWAY…")?;
    tokio::runtime::Runtime::new()?.block_on(run(&task))
}

fn task() -> Option<Task> {
    let mut given = std::env::args().skip(1);
    let (keys, role, broker) = (given.next()?.into(), given.next()?, given.next()?.parse().ok()?);
    let (tapped, out) = (given.next()?.into(), given.next()?.into());
    let (people, days, seed) =
        (given.next()?.parse().ok()?, given.next()?.parse().ok()?, given.next()?.parse().ok()?);
    let pace = given.next()?.parse().ok()?;
    let gateways: Vec<u16> = given.map(|port| port.parse().ok()).collect::<Option<_>>()?;
    let settings = Settings { people, days, seed, victims: Settings::VICTIMS, timed: false };
    (!gateways.is_empty()).then_some(Task { keys, role, broker, tapped, out, settings, pace, gateways })
}

async fn run(task: &Task) -> Result<(), Failed> {
    let live = Live::new(task.settings, u16::try_from(task.gateways.len())?, task.pace);
    let (errands, length) = (live.errands(), Duration::from_micros(live.length()));
    let live = Arc::new(Mutex::new(live));
    let mut ear = Ear::open(&task.keys, &task.role, &local(task.broker)).await?;
    timeout(FIRST_BEACON, ear.beacon()).await.map_err(|_| "no beacon came")??;
    ear.began = Instant::now();
    let began = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?;
    let devices: Vec<_> = errands
        .into_iter()
        .map(|errands| tokio::spawn(device(errands, task.gateways.clone(), Arc::clone(&live), ear.began)))
        .collect();
    let until = ear.began + length + REST;
    ear.listen(until, &live, &task.role).await?;
    let mut sent = 0;
    for device in devices {
        sent += device.await??;
    }
    let live = Arc::into_inner(live).ok_or("a device still sends")?;
    let live = live.into_inner().unwrap_or_else(PoisonError::into_inner);
    let said = written(task, &live, ear.reader.manifest(), began).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{sent} reports given to gateways, {said:?}, opened late {}", ear.late)?;
    Ok(())
}

/// One device: says everything when its time has come, to the gateway that it knows as its broker.
async fn device(
    errands: Vec<Errand>,
    gateways: Vec<u16>,
    live: Arc<Mutex<Live>>,
    began: Instant,
) -> Result<u64, Failed> {
    let mut sent = 0;
    for errand in errands {
        sleep_until(began + Duration::from_micros(errand.at)).await;
        let port = gateways.get(usize::from(errand.gateway)).ok_or("no such gateway")?;
        live.lock().unwrap_or_else(PoisonError::into_inner).sends(&errand);
        let options = Options { client_id: ClientId::named(errand.client.clone())?, ..Options::default() };
        let mut attempts = 0;
        while let Err(error) = say(&local(*port), &options, &errand.line).await {
            attempts += 1;
            if attempts == ATTEMPTS {
                return Err(error);
            }
            sleep(Duration::from_secs(1)).await;
        }
        sent += 1;
    }
    Ok(sent)
}

async fn say(endpoint: &Endpoint, options: &Options, line: &str) -> Result<(), Failed> {
    let publisher = Publisher::connect(endpoint, options).await?;
    publisher.publish(Publication::new(Topic::new(TOPIC)?, line.to_owned(), Qos::AtLeastOnce)).await?;
    // All is acknowledged.
    let _ = publisher.disconnect().await;
    Ok(())
}

/// Waits for the tap to end its trace.
async fn written(
    task: &Task,
    live: &Live,
    manifest: &SignedManifest,
    began: u64,
) -> Result<cowl_sim::LiveSummary, Failed> {
    let until = Instant::now() + TAP_ENDS;
    loop {
        let attempt = || -> Result<_, Failed> {
            let file = |kind| Ok::<_, Failed>(BufWriter::new(File::create(task.out.with_extension(kind))?));
            let (trace, truth) = (file("trace")?, file("truth")?);
            let tapped = BufReader::new(File::open(&task.tapped)?);
            Ok(live.write(manifest, began, tapped, trace, Box::new(truth))?)
        };
        match attempt() {
            Err(_) if Instant::now() < until => sleep(Duration::from_secs(1)).await,
            other => return other,
        }
    }
}

impl Ear {
    async fn open(keys: &Path, role: &str, broker: &Endpoint) -> Result<Self, Failed> {
        let reader = Reader::open(keys, role, None)?;
        let manifest = reader.manifest();
        let topics = Topics::of(manifest);
        let options = anonymous_options(manifest, Some(&reader.credential().login), Version::V5)?;
        let notices = [topics.manifest()?, topics.bundle()?, topics.beacon()?];
        let mut wanted = Subscription::new(topics.reports()?, Qos::AtLeastOnce);
        for topic in &notices {
            wanted.filters.push((Filter::new(topic.as_str())?, Qos::AtLeastOnce));
        }
        let subscriber = Subscriber::connect(broker, &options, wanted).await?;
        Ok(Self { reader, subscriber, topics: notices, began: Instant::now(), late: 0 })
    }

    /// Until the first beacon; no device has said anything yet.
    async fn beacon(&mut self) -> Result<(), Failed> {
        loop {
            let message = self.subscriber.next().await?;
            if self.notice(&message)? && message.topic == self.topics[2] {
                return Ok(());
            }
        }
    }

    async fn listen(&mut self, until: Instant, live: &Mutex<Live>, role: &str) -> Result<(), Failed> {
        loop {
            let message = tokio::select! {
                message = self.subscriber.next() => message?,
                () = sleep_until(until) => return Ok(()),
            };
            if self.notice(&message)? {
                continue;
            }
            let at = u64::try_from(self.began.elapsed().as_micros())?;
            let (covers, mut reports) = (self.reader.covers(), Vec::new());
            self.reader.read(&message.payload, self.monotonic(), &mut reports)?;
            let mut live = live.lock().unwrap_or_else(PoisonError::into_inner);
            if self.reader.covers() > covers {
                live.hears_cover(&message.payload);
            }
            // Reports that waited for their keys cannot be told from this one's by who only has the bytes.
            let is_late = reports.len() > 1;
            for report in reports {
                let body = report.body.map_err(|_| "a report's fields cannot be read")?;
                let fields = formats::to_json(self.reader.policy(report.header.policy), &body);
                let opened = OpenedLive { epoch: report.epoch, fields: &fields, role };
                if is_late {
                    self.late += 1;
                    live.hears_late(&opened);
                } else {
                    live.hears(&message.payload, &opened, at);
                }
            }
        }
    }

    fn notice(&mut self, message: &Message) -> Result<bool, Failed> {
        let Some(kind) = self.topics.iter().position(|topic| *topic == message.topic) else {
            return Ok(false);
        };
        match kind {
            0 => drop(self.reader.follow(&message.payload)?),
            1 => drop(self.reader.take_bundle(&message.payload)?),
            // One that is known already is no fault.
            _ => drop(self.reader.hear(&message.payload, self.monotonic())),
        }
        Ok(true)
    }

    fn monotonic(&self) -> u64 {
        self.began.elapsed().as_secs()
    }
}

fn local(port: u16) -> Endpoint {
    Endpoint::new(Scheme::Tcp, "127.0.0.1", port)
}
