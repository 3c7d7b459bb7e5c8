//! A gateway of responders on the network.

mod mailbox;
mod members;
mod pieces;
mod publish;
mod upkeep;
mod waiting;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::Future,
    path::PathBuf,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use cowl_core::{Secret, StoreKind};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    Config, Counters, Event, RespondersError, Way,
    desk::Desk,
    group::{Cipher, Custody, MemberId, Ownership, Seen},
    local::Local,
    names::Names,
    shard::{Arrived, Ears, News as ShardNews, Shard, What},
    store::Store,
};
use crate::{
    client::{Notice, Notices, Obeyed, Topics, confirm_always},
    keyring::{Reader, state_path},
    transport::{self, Message, Options},
};

/// Messages taken before anything else is looked at.
const BATCH: usize = 256;
/// Messages that are acknowledged together at the most.
const MANY: usize = 1_000;
/// Between two writes of the state while little is open.
const SOON: Duration = Duration::from_millis(50);
/// A mailbox in which nothing came for so long is quiet.
const QUIET: Duration = Duration::from_millis(50);
/// Between two looks at the calendar and at what is retained too long, while nothing comes.
const TICK: Duration = Duration::from_secs(5);
/// How long the mailbox waits for the first beacon: it says in which epoch the reports are looked up.
const BEACON: Duration = Duration::from_secs(1);
/// The waits between attempts to reach the local broker.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long sessions may take to close at the end.
const FAREWELL: Duration = Duration::from_secs(5);

/// Reads one role until `stop` completes. `clock` gives Unix seconds.
///
/// Brokers that cannot be reached are tried again for as long as it takes; one that refuses the login ends it. Returns what was
/// counted, also with an error.
pub async fn run(
    config: Config,
    clock: &(dyn Fn() -> u64 + Sync),
    tell: &mut (dyn FnMut(Event) + Send),
    stop: impl Future<Output = ()> + Send,
) -> (Counters, Result<(), RespondersError>) {
    let mut gateway = match Gateway::open(config, clock, tell) {
        Ok(gateway) => gateway,
        Err(error) => return (Counters::default(), Err(error)),
    };
    // On the heap: the future of a caller that embeds this one stays small.
    let served = {
        let stop = Box::pin(stop);
        Box::pin(gateway.serve(stop)).await
    };
    let left = Box::pin(gateway.leave(served.is_ok())).await;
    gateway.desk.counters.refresh(&gateway.desk.reader);
    (gateway.desk.counters, served.and(left))
}

struct Gateway<'a> {
    config: Config,
    clock: &'a (dyn Fn() -> u64 + Sync),
    tell: &'a mut (dyn FnMut(Event) + Send),
    begin: Instant,
    desk: Desk,
    store: Store,
    cipher: Cipher,
    me: MemberId,
    /// This process, among those that had this folder.
    run: [u8; 8],
    names: Names,
    ownership: Ownership,
    local: Option<Local>,
    phase: Phase,
    retry_at: Instant,
    wait: Duration,
    topics: Topics,
    shards: HashMap<u16, Shard>,
    generation: u64,
    ears: Ears,
    messages: mpsc::Receiver<Arrived>,
    shard_news: mpsc::UnboundedReceiver<ShardNews>,
    notices: mpsc::Receiver<Result<Notice, transport::Error>>,
    /// Until when reports wait for the first beacon.
    until_beacon: Option<Instant>,
    /// Until when pending reports wait for word from who has their shard now.
    until_sure: Option<Instant>,
    /// What the local broker does with sessions, once it was tried.
    trial: Trial,
    /// How often the connection was lost when that was tried.
    trials: u32,
    /// What the others said last, of those who then had reports on their way.
    in_flight: BTreeMap<MemberId, InFlight>,
    /// Shards that others claimed, to be let go when nothing of them waits to be published.
    leaving: BTreeSet<u16>,
    /// A newer manifest, to be followed when nothing waits to be published.
    next_manifest: Option<Vec<u8>>,
    /// What is to be told of the last piece.
    closing: Option<Seen>,
    /// Whether the session was lost on which an earlier process may have had reports on their way.
    is_in_doubt: bool,
    /// Messages that wait on other members' disks.
    custody: Custody,
    /// Words of others that the broker keeps until they are written down.
    words: Vec<Message>,
    written: Instant,
    taken: Instant,
    ticked: Instant,
    status_at: Instant,
    status: String,
    told_members: usize,
    told_shards: usize,
    told_full: bool,
    /// The newest list of erase orders that what is retained was held against.
    obeyed: Obeyed,
    /// When the store last got another key for what was forgotten.
    erased: Instant,
    confirming: JoinHandle<()>,
}

/// How far it is with the local broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not connected.
    Away,
    /// Waits for this mark of its own to come back behind all that was queued.
    Hearing { mark: [u8; 8] },
    /// What is retained may still come.
    Grace { until: Instant },
    /// The others were asked for what was missed.
    Asking { until: Instant },
    /// Everything is heard.
    Joined,
}

/// What came of trying the local broker's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    /// Not tried yet.
    None,
    /// They hold.
    Good,
    /// They do not.
    Bad,
}

/// A member that had reports on their way.
struct InFlight {
    seen: Seen,
    /// Since when it is gone.
    since: Option<Instant>,
    /// When somebody may go on with them.
    next: Instant,
}

/// Why a step of the work went no further: the local broker is gone, which is no failure.
enum Halt {
    Lost(transport::Error),
    Failed(RespondersError),
}

impl<E: Into<RespondersError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl<'a> Gateway<'a> {
    fn open(
        config: Config,
        clock: &'a (dyn Fn() -> u64 + Sync),
        tell: &'a mut (dyn FnMut(Event) + Send),
    ) -> Result<Self, RespondersError> {
        let mut reader = Reader::open(&config.credential, &config.role, Some(clock()))?;
        let secret = Secret::new(*reader.store_secret());
        let store = Store::open(&store_path(&config), &secret, config.publish.most_retained)?;
        let cipher = Cipher::new(&reader.group_secret()).ok_or(RespondersError::Random)?;
        let me = MemberId(store.member());
        let names = Names::new(&cipher, me);
        let topics = Topics::of(reader.manifest());
        let ownership = Ownership::new(me, reader.manifest().shards().count());
        reader.share();
        let mut run = [0; 8];
        getrandom::fill(&mut run).map_err(|_| RespondersError::Random)?;
        let (to_messages, messages) = mpsc::channel(BATCH);
        let (to_news, shard_news) = mpsc::unbounded_channel();
        let (to_notices, notices) = mpsc::channel(4);
        tokio::spawn(listen(
            config.uplink.endpoint.clone(),
            uplink_options(&config),
            topics.clone(),
            to_notices,
        ));
        let mut name = reader.store_name();
        // Several gateways share a credential; each has a store of its own.
        name.iter_mut().zip(me.0).for_each(|(into, byte)| *into ^= byte);
        let kind = if config.is_local_own { StoreKind::Retained } else { StoreKind::RetainedElsewhere };
        let obeyed = Obeyed::new(name, kind);
        // For as long as the gateway; it ends with its runtime, as what listens does.
        let Way { endpoint, options } = config.uplink.clone();
        let confirming =
            tokio::spawn(confirm_always(endpoint, options, config.credential.clone(), obeyed.clone()));
        let version = config.local.options.version;
        let desk = Desk::new(reader, config.role.clone(), config.publish.clone(), version);
        let now = Instant::now();
        Ok(Self {
            config,
            clock,
            tell,
            begin: now,
            desk,
            store,
            cipher,
            me,
            run,
            names,
            ownership,
            local: None,
            phase: Phase::Away,
            retry_at: now,
            wait: FIRST_WAIT,
            topics,
            shards: HashMap::new(),
            generation: 0,
            ears: Ears { messages: to_messages, news: to_news },
            messages,
            shard_news,
            notices,
            until_beacon: Some(now + 3 * BEACON),
            until_sure: None,
            trial: Trial::None,
            trials: 0,
            in_flight: BTreeMap::new(),
            leaving: BTreeSet::new(),
            next_manifest: None,
            closing: None,
            is_in_doubt: false,
            custody: Custody::default(),
            words: Vec::new(),
            written: now,
            taken: now,
            ticked: now,
            status_at: now,
            status: String::new(),
            told_members: 0,
            told_shards: 0,
            told_full: false,
            obeyed,
            erased: now,
            confirming,
        })
    }

    /// Works until `stop` completes: between two steps, as one that is broken off would leave reports on their way.
    async fn serve(
        &mut self,
        mut stop: Pin<Box<impl Future<Output = ()> + Send>>,
    ) -> Result<(), RespondersError> {
        loop {
            match self.step(&mut stop).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(Halt::Lost(error)) => self.local_lost(error)?,
                Err(Halt::Failed(error)) => return Err(error),
            }
        }
    }

    /// Says whether there is another one.
    async fn step(&mut self, stop: &mut (impl Future<Output = ()> + Send + Unpin)) -> Result<bool, Halt> {
        if self.local.is_none() && Instant::now() >= self.retry_at {
            tokio::select! {
                biased;
                () = &mut *stop => return Ok(false),
                connected = self.connect_local() => connected?,
            }
        }
        let duty = self.next_duty();
        let can_take = self.can_take();
        let Self { local, messages, shard_news, notices, .. } = self;
        let happened = tokio::select! {
            biased;
            () = stop => return Ok(false),
            news = shard_news.recv() => Happened::Shard(news),
            word = next_word(local) => Happened::Word(word),
            notice = notices.recv() => Happened::Notice(notice),
            arrived = messages.recv(), if can_take => Happened::Message(arrived),
            () = sleep_until(duty) => Happened::Nothing,
        };
        self.handle(happened).await?;
        // What is here already, without waiting: words first, so that what others opened is known before.
        for _ in 0..BATCH {
            let Some(word) = self.local.as_mut().and_then(|local| ready(local.next())) else { break };
            self.word(word.map_err(Halt::Lost)?).await?;
        }
        let room = self.local.as_ref().map_or(0, |local| local.window().saturating_sub(1)).min(BATCH);
        while self.can_take() && self.desk.pending().len() < room {
            let Ok(arrived) = self.messages.try_recv() else { break };
            self.take(arrived)?;
        }
        self.tidy().await?;
        Ok(true)
    }

    async fn handle(&mut self, happened: Happened) -> Result<(), Halt> {
        match happened {
            Happened::Shard(Some(news)) => self.shard(news).await,
            Happened::Word(word) => self.word(word.map_err(Halt::Lost)?).await,
            Happened::Notice(Some(Ok(notice))) => self.notice(notice).await,
            Happened::Notice(Some(Err(error))) => Err(RespondersError::Uplink(error).into()),
            Happened::Message(Some(arrived)) => self.take(arrived),
            // Their senders live as long as this.
            Happened::Shard(None) | Happened::Message(None) | Happened::Nothing => Ok(()),
            Happened::Notice(None) => {
                sleep(TICK).await;
                Ok(())
            }
        }
    }

    // ── The local broker ────────────────────────────────────────────────────────────────────────────────────────

    /// When something is to be done even if nothing comes.
    fn next_duty(&self) -> Instant {
        let now = Instant::now();
        let mut duty = now + TICK;
        let mut at = |when: Option<Instant>| duty = duty.min(when.unwrap_or(duty));
        if self.local.is_none() {
            at(Some(self.retry_at));
        }
        at(match self.phase {
            Phase::Grace { until } | Phase::Asking { until } => Some(until),
            Phase::Joined => Some(self.status_at.max(now)).filter(|_| self.status_at > now),
            _ => None,
        });
        if self.phase == Phase::Joined {
            at(self.until_beacon);
            at(self.until_sure);
            at(self.next_inheritance());
            at(self.ownership.next().map(|passed| self.begin + passed));
            let (_, ready) = self.desk.open();
            if ready > 0 || !self.words.is_empty() || !self.desk.reader.is_committed() {
                at(Some(self.written + SOON));
            }
            at(self.desk.next_overdue().map(|when| Instant::from_std(when).max(self.written + SOON)));
            at(self.desk.next_look().map(|when| Instant::from_std(when).max(self.taken + QUIET)));
        }
        duty
    }

    /// Ends in good order: what was opened is published and acknowledged, and the others take over at once.
    async fn leave(&mut self, is_well: bool) -> Result<(), RespondersError> {
        self.confirming.abort();
        let settled = if is_well && self.phase == Phase::Joined { self.settle(true).await } else { Ok(true) };
        self.shards.values_mut().for_each(Shard::leave);
        let farewell = async {
            while !self.shards.is_empty() {
                let Some(ShardNews { shard, what, .. }) = self.shard_news.recv().await else { break };
                if matches!(what, What::Left | What::Evicted | What::Failed(_)) {
                    self.shards.remove(&shard);
                }
            }
        };
        // Who is not done by then is thrown out by its successor.
        let _late = timeout(FAREWELL, farewell).await;
        if let Some(local) = self.local.take() {
            // The broker tells the others if this does not reach it.
            let _ = local.leave(&self.names).await;
        }
        match settled {
            Ok(_) | Err(Halt::Lost(_)) => Ok(()),
            Err(Halt::Failed(error)) => Err(error),
        }
    }
}

enum Happened {
    Shard(Option<ShardNews>),
    Word(Result<Message, transport::Error>),
    Notice(Option<Result<Notice, transport::Error>>),
    Message(Option<Arrived>),
    Nothing,
}

/// The next word of the others; without a local broker there never is one.
async fn next_word(local: &mut Option<Local>) -> Result<Message, transport::Error> {
    match local {
        Some(local) => local.next().await,
        None => std::future::pending().await,
    }
}

/// What is here already, without waiting.
fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Passes on manifest and beacons, over as many connections as it takes.
async fn listen(
    endpoint: transport::Endpoint,
    options: Options,
    topics: Topics,
    to: mpsc::Sender<Result<Notice, transport::Error>>,
) {
    let mut wait = FIRST_WAIT;
    loop {
        match Notices::with_bundles(&endpoint, &options, &topics).await {
            Ok(mut notices) => loop {
                match notices.next().await {
                    Ok(notice) => {
                        if to.send(Ok(notice)).await.is_err() {
                            return;
                        }
                    }
                    Err(error) if error.is_transient() => break,
                    Err(error) => return drop(to.send(Err(error)).await),
                }
            },
            Err(error) if error.is_transient() => {}
            Err(error) => return drop(to.send(Err(error)).await),
        }
        if to.is_closed() {
            return;
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

fn uplink_options(config: &Config) -> Options {
    config.uplink.options.clone()
}

fn local_failed(error: transport::Error) -> RespondersError {
    RespondersError::Local(error)
}

/// Beside the role's state.
fn store_path(config: &Config) -> PathBuf {
    let mut name = state_path(&config.credential).into_os_string();
    name.push(".");
    name.push(&config.role);
    name.push(".gateway");
    PathBuf::from(name)
}
