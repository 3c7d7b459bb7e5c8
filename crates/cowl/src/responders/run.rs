//! A gateway of responders on the network.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    num::NonZeroU16,
    path::PathBuf,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cowl_core::{BeaconError, ManifestError};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    Config, Counters, Event, RespondersError,
    counters::State,
    desk::Desk,
    discovery,
    group::{Action, Cipher, Hello, MemberId, Ownership, Past, Seen, Word},
    local::Local,
    names::{About, Names},
    shard::{Arrived, Ears, News as ShardNews, Shard, Wanted, What},
    store::Store,
};
use crate::{
    client::{Notice, Notices, Topics},
    keyring::{KeyringError, Reader, state_path},
    transport::{self, ClientId, Message, Options, Properties, Publication, Qos, Topic, Version},
};

/// Messages taken before anything else is looked at.
const BATCH: usize = 256;
/// Reports that stand between two words to the others.
const TOGETHER: usize = 4;
/// Messages that are acknowledged together at the most.
const MANY: usize = 1_000;
/// Unacknowledged messages at which a pause is used to write the state. Below the 20 at which mosquitto waits for
/// acknowledgements unless told otherwise.
const FEW: usize = 16;
/// Words of the others at which it is used likewise.
const FEW_WORDS: usize = 8;
/// Between two writes of the state while little is open.
const SOON: Duration = Duration::from_millis(50);
/// A mailbox in which nothing came for so long is quiet.
const QUIET: Duration = Duration::from_millis(50);
/// Between two looks at the calendar and at what is retained too long, while nothing comes.
const TICK: Duration = Duration::from_secs(5);
/// How long the mailbox waits for the first beacon: it says in which epoch the reports are looked up.
const BEACON: Duration = Duration::from_secs(1);
/// How long the broker may take to send what it retains after all that was queued has come.
const GRACE: Duration = Duration::from_millis(200);
/// How long the others may take to tell what was missed.
const PAST: Duration = Duration::from_secs(5);
/// How long reports that were opened before the local broker was lost wait for word from who took their shard over.
const DOUBT: Duration = Duration::from_secs(10);
/// The waits between attempts to reach the local broker.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Between two words on the status topic if something changed, and if nothing did.
const STATUS: Duration = Duration::from_secs(5);
const STATUS_STALE: Duration = Duration::from_mins(1);
/// How long the last word on the status topic stands, in seconds.
const STATUS_S: u32 = 180;
/// How long sessions may take to close at the end.
const FAREWELL: Duration = Duration::from_secs(5);
/// Retained topics that are cleared at a time.
const CLEARED: usize = 500;

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
        let serve = Box::pin(gateway.serve());
        tokio::select! {
            served = serve => served,
            () = stop => Ok(()),
        }
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
    /// Messages that wait on other members' disks.
    kept_for: HashMap<MemberId, VecDeque<Vec<u8>>>,
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

/// Retained topics, and until when.
type Ends = Vec<(String, u64)>;

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
        let store = Store::open(&store_path(&config), config.publish.most_retained)?;
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
        let version = config.local.options.version;
        let desk = Desk::new(reader, config.role.clone(), config.publish.clone(), version);
        let now = Instant::now();
        let mut gateway = Self {
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
            kept_for: HashMap::new(),
            words: Vec::new(),
            written: now,
            taken: now,
            ticked: now,
            status_at: now,
            status: String::new(),
            told_members: 0,
            told_shards: 0,
            told_full: false,
        };
        gateway.read_waiting()?;
        Ok(gateway)
    }

    async fn serve(&mut self) -> Result<(), RespondersError> {
        loop {
            match self.step().await {
                Ok(()) => {}
                Err(Halt::Lost(error)) => self.local_lost(error)?,
                Err(Halt::Failed(error)) => return Err(error),
            }
        }
    }

    async fn step(&mut self) -> Result<(), Halt> {
        if self.local.is_none() && Instant::now() >= self.retry_at {
            self.connect_local().await?;
        }
        let duty = self.next_duty();
        let can_take = self.can_take();
        let Self { local, messages, shard_news, notices, .. } = self;
        let happened = tokio::select! {
            biased;
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
        self.tidy().await
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

    async fn connect_local(&mut self) -> Result<(), Halt> {
        let local = Local::connect(&self.config.local, &self.names).await.map_err(Halt::Lost)?;
        let mut mark = [0; 8];
        getrandom::fill(&mut mark).map_err(|_| RespondersError::Random)?;
        self.local = Some(local);
        self.phase = Phase::Hearing { mark };
        let hello =
            self.sealed(self.names.member().map_err(local_failed)?, &Hello { run: self.run })?.retained();
        let mark = self.sealed(self.names.word().map_err(local_failed)?, &Word::Mark(mark))?;
        self.say(vec![hello, mark]).await
    }

    fn local_lost(&mut self, error: transport::Error) -> Result<(), RespondersError> {
        self.local = None;
        if std::mem::replace(&mut self.phase, Phase::Away) != Phase::Away {
            self.desk.counters.local_lost += 1;
        }
        // They come again with the next connection.
        self.words.clear();
        self.ownership.part();
        if !error.is_transient() && !error.is_taken_over() {
            return Err(RespondersError::Local(error));
        }
        if !self.desk.pending().is_empty() {
            self.until_sure = Some(Instant::now() + DOUBT);
        }
        (self.tell)(Event::LocalLost { error, retry_in: self.wait });
        self.retry_at = Instant::now() + self.wait;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        Ok(())
    }

    /// Goes on with joining when it is time.
    async fn join(&mut self) -> Result<(), Halt> {
        let now = Instant::now();
        match self.phase {
            Phase::Grace { until } if now >= until => {
                if self.ownership.members().len() > 1 {
                    self.phase = Phase::Asking { until: now + PAST };
                    let ask = self.sealed(self.names.word().map_err(local_failed)?, &Word::Ask(self.me))?;
                    self.say(vec![ask]).await?;
                } else {
                    self.joined();
                }
            }
            Phase::Asking { until } if now >= until => self.joined(),
            _ => {}
        }
        Ok(())
    }

    fn joined(&mut self) {
        self.phase = Phase::Joined;
        self.wait = FIRST_WAIT;
        self.ownership.join();
        self.desk.reader.share();
        self.told_members = self.ownership.members().len();
        // Who reads all alone need not wait for anybody's word.
        if self.told_members == 1 {
            self.until_sure = None;
        }
        (self.tell)(Event::Joined { members: self.told_members });
    }

    async fn word(&mut self, message: Message) -> Result<(), Halt> {
        let now = (self.clock)();
        let topic = message.topic.as_str();
        match self.names.about(topic) {
            Some(About::Member(member)) => {
                let hello: Option<Hello> = self.cipher.open(topic, &message.payload);
                let is_gone = message.payload.is_empty();
                if member != self.me {
                    if hello.is_some() || is_gone {
                        self.ownership.member(member, hello.is_some());
                        if is_gone {
                            self.inherit(member)?;
                        }
                    }
                } else if is_gone {
                    // The will of an earlier connection of this member came late.
                    let topic = self.names.member().map_err(local_failed)?;
                    let again = self.sealed(topic, &Hello { run: self.run })?.retained();
                    self.say(vec![again]).await?;
                } else if hello.is_some_and(|hello| hello.run != self.run) && self.phase == Phase::Joined {
                    return Err(RespondersError::Copied.into());
                }
            }
            Some(About::Owner(shard)) => {
                if let Some(claim) = self.cipher.open(topic, &message.payload) {
                    let passed = self.begin.elapsed();
                    if let Some(action) = self.ownership.claim(shard, claim, passed) {
                        self.act(vec![action]).await?;
                    }
                }
            }
            Some(About::Word) => match self.cipher.open(topic, &message.payload) {
                Some(Word::Released(shard, claim)) => {
                    self.ownership.released(shard, claim, self.begin.elapsed());
                }
                Some(Word::Ask(member)) => self.answer(member).await?,
                Some(Word::Mark(mark)) if self.phase == (Phase::Hearing { mark }) => {
                    self.phase = Phase::Grace { until: Instant::now() + GRACE };
                }
                _ => {}
            },
            Some(About::Seen(member)) => {
                if let Some(Seen { run, news, retained, kept }) = self.cipher.open(topic, &message.payload) {
                    if member == self.me && run == self.run {
                        // It reached the broker, so what stood before it did.
                        self.desk.published_by(&news);
                    } else {
                        self.desk.learn(&news, now);
                        let topics: Vec<_> =
                            retained.iter().map(|(topic, until)| (topic.as_str(), *until)).collect();
                        self.store.retain(&topics)?;
                        self.keep_for(member, kept);
                    }
                }
            }
            Some(About::Past) => match self.cipher.open(topic, &message.payload) {
                Some(Past::News(news)) => self.desk.learn(&news, now),
                Some(Past::End) => {
                    if matches!(self.phase, Phase::Asking { .. }) {
                        self.joined();
                    }
                }
                None => {}
            },
            None => {}
        }
        self.words.push(message);
        Ok(())
    }

    /// Tells a member what it missed; one of those that are there does.
    async fn answer(&mut self, member: MemberId) -> Result<(), Halt> {
        let first = self.ownership.members().iter().find(|other| **other != member);
        if member == self.me || first != Some(&self.me) {
            return Ok(());
        }
        // What is not on disk yet was told live to whoever is there, and the asker is.
        let topic = self.names.past(member).map_err(local_failed)?;
        let mut words = Vec::new();
        for news in self.desk.reader.all_news()? {
            words.push(self.sealed(topic.clone(), &Past::News(news))?);
        }
        words.push(self.sealed(topic, &Past::End)?);
        self.say(words).await
    }

    /// Publishes words of the group.
    async fn say(&mut self, words: Vec<Publication>) -> Result<(), Halt> {
        let Some(local) = &mut self.local else { return Ok(()) };
        match local.publish(words).await.map_err(Halt::Lost)?.first() {
            None => Ok(()),
            Some(not_taken) => Err(RespondersError::Refused(not_taken.why).into()),
        }
    }

    fn sealed(&self, topic: Topic, word: &impl minicbor::Encode<()>) -> Result<Publication, Halt> {
        let payload = self.cipher.seal(topic.as_str(), word).ok_or(RespondersError::Random)?;
        Ok(Publication::new(topic, payload, Qos::AtLeastOnce))
    }

    // ── Shards ──────────────────────────────────────────────────────────────────────────────────────────────────

    async fn act(&mut self, actions: Vec<Action>) -> Result<(), Halt> {
        let mut words = Vec::new();
        for action in actions {
            match action {
                Action::Claim { shard, claim } => {
                    let topic = self.names.owner(shard).map_err(local_failed)?;
                    words.push(self.sealed(topic, &claim)?.retained());
                }
                Action::Release { shard, claim } => {
                    let topic = self.names.word().map_err(local_failed)?;
                    words.push(self.sealed(topic, &Word::Released(shard, claim))?);
                }
                Action::Connect { shard } => self.connect(shard)?,
                Action::Leave { shard } => {
                    self.settle(false).await?;
                    match self.shards.get_mut(&shard) {
                        Some(connection) => connection.leave(),
                        None => words.extend(self.left(shard)?),
                    }
                }
            }
        }
        if words.is_empty() { Ok(()) } else { self.say(words).await }
    }

    fn connect(&mut self, shard: u16) -> Result<(), Halt> {
        self.generation += 1;
        let reader = &self.desk.reader;
        let policy = &reader.manifest().policy;
        let mut options = uplink_options(&self.config);
        options.client_id =
            ClientId::named(reader.shard_session_name(shard)).map_err(RespondersError::Uplink)?;
        // After a lost connection brokers send again what was not acknowledged, RMQTT even backwards. So far back a
        // device's messages are found again, whatever their order.
        let windows = policy.windows;
        let reach = windows.every.saturating_mul(u16::from(windows.ahead).saturating_add(1));
        options.in_flight = NonZeroU16::new(reach).unwrap_or(Options::IN_FLIGHT);
        let wanted = Wanted {
            shard,
            generation: self.generation,
            endpoint: self.config.uplink.endpoint.clone(),
            options,
            filter: self.topics.shard(shard).map_err(RespondersError::Uplink)?,
            // What is older cannot be opened any more.
            expiry_s: policy.epoch_seconds.saturating_add(policy.lateness_seconds).min(u32::MAX - 1),
        };
        self.shards.insert(shard, Shard::start(wanted, self.ears.clone()));
        Ok(())
    }

    async fn shard(&mut self, news: ShardNews) -> Result<(), Halt> {
        let ShardNews { shard, generation, what } = news;
        let Some(known) = self.shards.get_mut(&shard).filter(|known| known.generation == generation) else {
            return Ok(());
        };
        match what {
            What::Connected => {
                known.is_connected = true;
                (self.tell)(Event::Reading(shard));
            }
            What::Lost { error, retry_in } => {
                known.is_connected = false;
                self.desk.let_go(shard);
                self.desk.counters.uplink_lost += 1;
                (self.tell)(Event::UplinkLost { shard, error, retry_in });
            }
            What::Evicted => {
                self.shards.remove(&shard);
                self.desk.let_go(shard);
                self.desk.counters.evicted += 1;
                self.ownership.evicted(shard, self.begin.elapsed());
                (self.tell)(Event::Evicted(shard));
            }
            What::Left => {
                self.shards.remove(&shard);
                self.desk.let_go(shard);
                let words = self.left(shard)?;
                self.say(words).await?;
            }
            What::Failed(error) => return Err(RespondersError::Uplink(error).into()),
        }
        Ok(())
    }

    fn left(&mut self, shard: u16) -> Result<Vec<Publication>, Halt> {
        match self.ownership.left(shard) {
            Some(Action::Release { shard, claim }) => {
                let topic = self.names.word().map_err(local_failed)?;
                Ok(vec![self.sealed(topic, &Word::Released(shard, claim))?])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn take(&mut self, arrived: Arrived) -> Result<(), Halt> {
        // Of a connection that is gone: it comes again to whoever has the shard now.
        if self.shards.get(&arrived.shard).is_none_or(|shard| shard.generation != arrived.generation) {
            return Ok(());
        }
        self.taken = Instant::now();
        Ok(self.desk.take(arrived, (self.clock)())?)
    }

    /// Whether messages are opened now: only what can be published is.
    fn can_take(&self) -> bool {
        self.phase == Phase::Joined
            && self.until_beacon.is_none()
            && self.until_sure.is_none()
            && self.desk.pending().len() < BATCH
            && self.desk.open().1 < MANY
    }

    // ── The authority's notices ─────────────────────────────────────────────────────────────────────────────────

    async fn notice(&mut self, notice: Notice) -> Result<(), Halt> {
        match notice {
            Notice::Manifest(bytes) => self.follow(&bytes).await,
            Notice::Beacon(bytes) => {
                let seconds = self.desk.seconds();
                match self.desk.reader.hear(&bytes, seconds) {
                    // The retained one was heard before the last connection, or before a restart.
                    Ok(_) | Err(BeaconError::Replayed) => {
                        self.desk.reader.tick(seconds)?;
                        self.until_beacon = None;
                    }
                    Err(error) => (self.tell)(Event::BadBeacon(error)),
                }
                Ok(())
            }
        }
    }

    async fn follow(&mut self, manifest: &[u8]) -> Result<(), Halt> {
        let known = self.desk.reader.manifest();
        if known.succeed(manifest).is_ok_and(|next| next.version > known.version) {
            // What waits is given up with the old policy, so it is looked for and written down before.
            self.settle(true).await?;
        }
        match self.desk.reader.follow(manifest) {
            Ok(true) => {
                (self.tell)(Event::Manifest(self.desk.reader.manifest().version));
                self.desk.reader.share();
                self.read_waiting()?;
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(KeyringError::Manifest(error)) => {
                if !matches!(error, ManifestError::RolledBack { .. }) || self.phase == Phase::Joined {
                    (self.tell)(Event::BadManifest(error));
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps what waits on another member's disk, in case that it ends.
    fn keep_for(&mut self, member: MemberId, kept: Vec<minicbor::bytes::ByteVec>) {
        let limit = usize::try_from(self.desk.policy().windows.waiting).unwrap_or(usize::MAX);
        let held = self.kept_for.entry(member).or_default();
        held.extend(kept.into_iter().map(Into::into));
        while held.len() > limit {
            held.pop_front();
        }
    }

    /// A member is gone: the first of those that are there goes on with what waited there.
    fn inherit(&mut self, member: MemberId) -> Result<(), RespondersError> {
        let kept = self.kept_for.remove(&member).unwrap_or_default();
        if !self.ownership.is_first() || kept.is_empty() {
            return Ok(());
        }
        let now = (self.clock)();
        let mut waiting = Vec::new();
        for message in &kept {
            if self.desk.read(message, now)? {
                waiting.push(message.as_slice());
            }
        }
        let limit = usize::try_from(self.desk.policy().windows.waiting).unwrap_or(usize::MAX);
        self.desk.counters.given_up += self.store.keep_waiting(&waiting, limit)? as u64;
        Ok(())
    }

    /// Opens what waited when the last process ended.
    fn read_waiting(&mut self) -> Result<(), RespondersError> {
        let now = (self.clock)();
        for message in self.store.waiting()? {
            self.desk.read(&message, now)?;
        }
        Ok(())
    }

    // ── Duties ──────────────────────────────────────────────────────────────────────────────────────────────────

    async fn tidy(&mut self) -> Result<(), Halt> {
        let now = Instant::now();
        if self.local.is_some() {
            self.join().await?;
            let actions = self.ownership.decide(self.begin.elapsed());
            self.act(actions).await?;
        }
        if self.until_beacon.is_some_and(|until| until <= now) && self.phase == Phase::Joined {
            self.until_beacon = None;
            (self.tell)(Event::NoBeacon);
        }
        if self.until_sure.is_some_and(|until| until <= now || self.desk.pending().is_empty()) {
            self.until_sure = None;
        }
        self.publish().await?;
        let is_quiet = now.saturating_duration_since(self.taken) >= QUIET;
        self.desk.look(is_quiet, (self.clock)());
        let (open, ready) = self.desk.open();
        let passed = now.saturating_duration_since(self.written);
        let is_due = match (ready, self.words.len()) {
            (MANY.., _) => true,
            (FEW.., _) | (_, FEW_WORDS..) if self.messages.is_empty() => true,
            _ => passed >= SOON && (open > 0 || !self.words.is_empty() || !self.desk.reader.is_committed()),
        };
        if is_due && self.phase == Phase::Joined {
            self.settle(false).await?;
        }
        if now.saturating_duration_since(self.ticked) >= TICK {
            self.ticked = now;
            self.tick().await?;
        }
        self.report().await
    }

    /// Publishes what is pending, piece by piece, each with the word to the others at its end.
    async fn publish(&mut self) -> Result<(), Halt> {
        while !self.desk.pending().is_empty() && self.phase == Phase::Joined && self.until_sure.is_none() {
            let Some(local) = &self.local else { return Ok(()) };
            // With room for the words between them.
            let room = local.window() / (TOGETHER + 1) + 1;
            let count = local.piece(self.desk.pending().iter().map(|out| &out.publication), room);
            self.publish_piece(count).await?;
        }
        Ok(())
    }

    async fn publish_piece(&mut self, count: usize) -> Result<(), Halt> {
        let mut reports: Vec<Publication> =
            self.desk.pending().iter().take(count).map(|out| out.publication.clone()).collect();
        let (sensors, retained) = self.retain(&mut reports)?;
        if !sensors.is_empty() {
            self.say(sensors).await?;
        }
        // Word stands behind every few reports: a broker that sees this process die reads no further, so no more than these
        // few are published without it.
        let mut piece = Vec::with_capacity(count + count.div_ceil(TOGETHER));
        let mut retained = Some(retained);
        for (number, report) in (1..).zip(reports) {
            piece.push((Some(number - 1), report));
            if number == count || number % TOGETHER == 0 {
                let retained = retained.take_if(|_| number == count).unwrap_or_default();
                let seen = Seen { run: self.run, news: self.desk.news(number), retained, kept: Vec::new() };
                piece.push((None, self.seen(&seen)?));
            }
        }
        let (numbers, piece): (Vec<_>, Vec<_>) = piece.into_iter().unzip();
        let Some(local) = &mut self.local else { return Ok(()) };
        let not_taken = local.publish(piece).await.map_err(Halt::Lost)?;
        let mut again = Vec::new();
        let mut lost = 0;
        for problem in not_taken {
            let number = numbers.get(problem.index).copied().flatten();
            let out = number.and_then(|number| self.desk.pending().get(number));
            match out {
                Some(_) if problem.is_too_large => lost += 1,
                Some(out) => match &out.fallback {
                    // It is the report's own topic that the broker does not like.
                    Some(topic) => {
                        let mut publication = out.publication.clone();
                        publication.topic = topic.clone();
                        again.push(publication);
                    }
                    None => return Err(RespondersError::Refused(problem.why).into()),
                },
                None => return Err(RespondersError::Refused(problem.why).into()),
            }
        }
        let counters = &mut self.desk.counters;
        counters.too_large += lost;
        counters.topics_not_allowed += again.len() as u64;
        if !again.is_empty() {
            self.say(again).await?;
        }
        let done: Vec<bool> = self.desk.pending_mut().drain(..count).map(|out| out.is_walk_in).collect();
        let counters = &mut self.desk.counters;
        counters.published += (done.len() as u64).saturating_sub(lost);
        counters.walk_ins += done.iter().filter(|is_walk_in| **is_walk_in).count() as u64;
        Ok(())
    }

    /// The word of what was opened, retained: if this is the last one, it matters most.
    fn seen(&self, seen: &Seen) -> Result<Publication, Halt> {
        let word = self.sealed(self.names.seen().map_err(local_failed)?, seen)?.retained();
        let policy = self.desk.policy();
        Ok(self.expiring(word, policy.epoch_seconds.saturating_add(policy.lateness_seconds)))
    }

    /// Notes how long the topics of a piece are retained; messages that make new ones known to Home Assistant.
    fn retain(&mut self, piece: &mut [Publication]) -> Result<(Vec<Publication>, Ends), Halt> {
        let publish = &self.config.publish;
        if !publish.retain && publish.home_assistant.is_none() {
            return Ok((Vec::new(), Vec::new()));
        }
        let retention = self.desk.retention();
        let until = (self.clock)().saturating_add(retention.into());
        let topics: Vec<Topic> = piece.iter().map(|publication| publication.topic.clone()).collect();
        let notes: Vec<_> = topics.iter().map(|topic| (topic.as_str(), until)).collect();
        let is_new: Vec<bool> = notes.iter().map(|(topic, _)| !self.store.has(topic)).collect();
        let allowed = self.store.retain(&notes)?;
        let mut sensors = Vec::new();
        let mut retained = Vec::new();
        for (((publication, topic), is_new), is_allowed) in
            piece.iter_mut().zip(&topics).zip(is_new).zip(allowed)
        {
            if !is_allowed {
                publication.retain = false;
                self.desk.counters.not_retained += 1;
                if !std::mem::replace(&mut self.told_full, true) {
                    (self.tell)(Event::TooManyTopics);
                }
                continue;
            }
            retained.push((topic.as_str().to_owned(), until));
            if let Some(prefix) = publish.home_assistant.as_deref().filter(|_| is_new) {
                sensors.extend(discovery::sensors(
                    prefix,
                    self.desk.policy(),
                    self.desk.role(),
                    topic,
                    retention,
                ));
            }
        }
        let sensors = sensors.into_iter().map(|sensor| self.expiring(sensor, retention)).collect();
        Ok((sensors, retained))
    }

    /// In this order, so that nothing is lost at whatever instant the power fails: the reports are published and the others
    /// know it, what was read is written down, and then the brokers may forget it.
    async fn settle(&mut self, is_last: bool) -> Result<(), Halt> {
        let now = (self.clock)();
        if is_last {
            self.desk.last_look(now);
        }
        self.publish().await?;
        if !self.desk.pending().is_empty() {
            return Ok(());
        }
        let overdue = self.desk.overdue(is_last);
        let news = self.desk.news(0);
        let is_heard = self.ownership.members().len() > 1;
        if is_heard && self.local.is_some() && !(news.is_empty() && overdue.is_empty()) {
            // If this member ends for good, another one goes on with what waits here.
            let kept = overdue.iter().cloned().map(Into::into).collect();
            let seen = self.seen(&Seen { run: self.run, news, retained: Vec::new(), kept })?;
            self.say(vec![seen]).await?;
        }
        self.desk.reader.commit()?;
        if !overdue.is_empty() {
            let limit = usize::try_from(self.desk.policy().windows.waiting).unwrap_or(usize::MAX);
            let messages: Vec<&[u8]> = overdue.iter().map(Vec::as_slice).collect();
            self.desk.counters.given_up += self.store.keep_waiting(&messages, limit)? as u64;
        }
        self.desk.acknowledge();
        for mut word in self.words.drain(..) {
            word.ack();
        }
        self.written = Instant::now();
        Ok(())
    }

    async fn tick(&mut self) -> Result<(), Halt> {
        let seconds = self.desk.seconds();
        self.desk.reader.tick(seconds)?;
        if self.store.count_waiting() > 0 {
            let reader = &self.desk.reader;
            self.store.retain_waiting(|message| reader.is_waiting(message))?;
        }
        self.clear().await
    }

    /// Clears what is retained too long. One of the members does; the others forget it, later, in case that it does not.
    async fn clear(&mut self) -> Result<(), Halt> {
        if self.phase != Phase::Joined {
            return Ok(());
        }
        let now = (self.clock)();
        if !self.ownership.is_first() {
            let over = self.store.over(now.saturating_sub(3_600));
            return Ok(self.store.forget(&over)?);
        }
        let mut over = self.store.over(now);
        over.truncate(CLEARED);
        if over.is_empty() {
            return Ok(());
        }
        let mut messages = Vec::new();
        for topic in &over {
            let Ok(topic) = Topic::new(topic.as_str()) else { continue };
            if let Some(prefix) = &self.config.publish.home_assistant {
                messages.extend(discovery::withdrawal(prefix, self.desk.policy(), self.desk.role(), &topic));
            }
            messages.push(Publication::new(topic, Vec::new(), Qos::AtLeastOnce).retained());
        }
        self.say(messages).await?;
        Ok(self.store.forget(&over)?)
    }

    /// Tells whoever watches what changed.
    async fn report(&mut self) -> Result<(), Halt> {
        let members = self.ownership.members().len();
        if self.phase == Phase::Joined && members != self.told_members {
            self.told_members = members;
            (self.tell)(Event::Members(members));
        }
        let held = self.ownership.held().count();
        if held != self.told_shards {
            self.told_shards = held;
            (self.tell)(Event::Shards { here: held, of: self.topics.count() });
        }
        let now = Instant::now();
        if self.phase != Phase::Joined || now < self.status_at {
            return Ok(());
        }
        self.desk.counters.refresh(&self.desk.reader);
        let state = State {
            role: self.config.role.clone(),
            epoch: self.desk.reader.epoch(self.desk.seconds()).0,
            shards: self.ownership.held().collect(),
            of_shards: self.topics.count(),
            connected: self.shards.values().filter(|shard| shard.is_connected).count(),
            members,
            waiting: self.desk.reader.waiting(),
            retained: self.store.count_retained(),
        };
        let unchanged = self.desk.counters.to_json(&state, 0).to_string();
        let is_stale = now >= self.status_at + STATUS_STALE;
        if unchanged == self.status && !is_stale {
            return Ok(());
        }
        self.status = unchanged;
        self.status_at = now + STATUS;
        let payload = self.desk.counters.to_json(&state, (self.clock)()).to_string().into_bytes();
        let topic = self.names.status().map_err(local_failed)?;
        let word = Publication::new(topic, payload, Qos::AtLeastOnce).retained();
        let word = self.expiring(word, STATUS_S);
        self.say(vec![word]).await
    }

    /// The same, forgotten by the broker after a time, if it speaks MQTT 5.
    fn expiring(&self, publication: Publication, seconds: u32) -> Publication {
        if self.config.local.options.version != Version::V5 {
            return publication;
        }
        let expiry_s = std::num::NonZeroU32::new(seconds);
        publication.with_properties(Properties { expiry_s, ..Properties::default() })
    }

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
        let settled = if is_well && self.phase == Phase::Joined { self.settle(true).await } else { Ok(()) };
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
            Ok(()) | Err(Halt::Lost(_)) => Ok(()),
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
        match Notices::connect(&endpoint, &options, &topics).await {
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
