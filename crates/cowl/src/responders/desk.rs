//! Between the mailbox and the local broker: opens messages, makes publications of reports, and knows which message may be
//! acknowledged.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    num::NonZeroU32,
    time::{Duration, Instant},
};

use cowl_core::{
    ErasuresError, FieldIndex, Policy, PolicyVersion, ReportId, RoleIndex, Value, policy::Input,
    policy::Source, rfc3339,
};

use super::{
    Counters,
    config::Publish,
    error::RespondersError,
    object::{Origin, object},
    retained::Whose,
    shard::Arrived,
    template::Values,
};
use crate::{
    keyring::{News, ReadReport, Reader, Search},
    transport::{Properties, Publication, Qos, Topic, Version},
};

/// How long a message is kept from being acknowledged while it may wait for what other gateways tell; then it is kept on
/// disk.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same where the broker sends no more before it is acknowledged.
const HASTE: Duration = Duration::from_millis(250);
/// Unacknowledged messages of a shard at which haste begins: half of what mosquitto sends ahead unless told otherwise.
const PRESSED: usize = 10;
/// What stands for the pseudonym of someone who is not enrolled.
const WALK_IN: &str = "walk-in";

/// The desk of one role.
pub(super) struct Desk {
    pub(super) reader: Reader,
    pub(super) counters: Counters,
    role: String,
    publish: Publish,
    version: Version,
    search: Search,
    begin: Instant,
    /// Taken and not acknowledged, in order of arrival.
    open: Vec<Open>,
    /// Opened and not published.
    pending: VecDeque<Out>,
    reports: Vec<ReadReport>,
    forms: HashMap<PolicyVersion, Option<FieldIndex>>,
    shards: cowl_core::Shards,
    /// When a message last had to wait for its device.
    puzzled: Instant,
}

/// A message that the uplink's broker still keeps.
struct Open {
    arrived: Arrived,
    /// Since when it waits for its device, if it did when it came.
    waits: Option<Instant>,
}

/// A report on its way to the local broker.
#[derive(Debug)]
pub(super) struct Out {
    /// By what it is remembered.
    pub(super) id: ReportId,
    pub(super) publication: Publication,
    /// The topic by the template, where the report keeps its own.
    pub(super) fallback: Option<Topic>,
    pub(super) is_walk_in: bool,
    /// By what it may be erased.
    pub(super) whose: Whose,
}

impl Desk {
    pub(super) fn new(reader: Reader, role: String, publish: Publish, version: Version) -> Self {
        let shards = reader.manifest().shards();
        Self {
            reader,
            counters: Counters::default(),
            role,
            publish,
            version,
            search: Search::new(),
            begin: Instant::now(),
            open: Vec::new(),
            pending: VecDeque::new(),
            reports: Vec::new(),
            forms: HashMap::new(),
            shards,
            puzzled: Instant::now(),
        }
    }

    /// Opens a message of the mailbox, unless another gateway keeps it on its disk.
    pub(super) fn take(&mut self, arrived: Arrived, is_kept: bool, now: u64) -> Result<(), RespondersError> {
        let mut waits = None;
        if is_kept {
            // It died before it could acknowledge.
        } else if self.shards.of(&arrived.message.payload) == arrived.shard {
            if self.read(&arrived.message.payload, now)? {
                waits = Some(Instant::now());
            }
        } else {
            // Else the same report could be read by two gateways at a time.
            self.counters.misplaced += 1;
        }
        self.open.push(Open { arrived, waits });
        Ok(())
    }

    /// Opens a message that the broker has forgotten already. Says whether it waits for its device.
    pub(super) fn read(&mut self, message: &[u8], now: u64) -> Result<bool, RespondersError> {
        let before = self.reader.unexpected();
        self.reader.read(message, self.seconds(), &mut self.reports)?;
        self.make(now);
        let waits = self.reader.unexpected() > before;
        if waits {
            self.puzzled = Instant::now();
        }
        Ok(waits)
    }

    /// Takes what another gateway published, or this one before a restart.
    pub(super) fn learn(&mut self, news: &News, now: u64) {
        self.reader.learn(news, &mut self.reports);
        self.make(now);
        self.counters.published_elsewhere += self.settle_pending(news).len() as u64;
    }

    /// This process published it, as it turned out.
    pub(super) fn was_published(&mut self, news: &News) {
        let walk_ins = self.settle_pending(news);
        self.counters.published += walk_ins.len() as u64;
        self.counters.walk_ins += walk_ins.iter().filter(|is_walk_in| **is_walk_in).count() as u64;
    }

    /// Whatever of it is pending here was published already. Says of each such report whether it is a walk-in.
    fn settle_pending(&mut self, news: &News) -> Vec<bool> {
        if self.pending.is_empty() {
            return Vec::new();
        }
        let known: HashSet<_> = news.reports().collect();
        let mut settled = Vec::new();
        self.pending.retain(|out| {
            let is_known = known.contains(&out.id);
            settled.extend(is_known.then_some(out.is_walk_in));
            !is_known
        });
        settled
    }

    /// Takes a list of erase orders, not yet verified: what it names is not published any more.
    pub(super) fn obey(&mut self, list: &[u8]) -> Result<(), ErasuresError> {
        self.reader.obey(list)?;
        let before = self.pending.len();
        let (list, age) = (self.reader.erasures(), self.reader.erased_before());
        self.pending.retain(|out| list.is_none_or(|list| !out.whose.is_named(list, age)));
        self.counters.dropped += (before - self.pending.len()) as u64;
        Ok(())
    }

    /// What is to be published, in order.
    pub(super) const fn pending(&self) -> &VecDeque<Out> {
        &self.pending
    }

    /// What is to be published, in order.
    pub(super) const fn pending_mut(&mut self) -> &mut VecDeque<Out> {
        &mut self.pending
    }

    /// What the others must know before the messages behind it are acknowledged.
    pub(super) fn news(&self, in_piece: usize) -> News {
        let held: HashSet<_> = self.pending.iter().skip(in_piece).map(|out| out.id).collect();
        self.reader.news(|id| held.contains(&id))
    }

    /// Looks for devices, where messages have waited long enough for word from the others. Nothing is lost meanwhile: what waits
    /// is kept on disk before it is acknowledged.
    pub(super) fn look(&mut self, is_quiet: bool, now: u64) {
        let is_time = self.shards.count() == 1 || self.puzzled.elapsed() >= PATIENCE;
        if is_time && is_quiet || self.reader.waiting() > self.crowded() {
            self.search.step(&mut self.reader, &mut self.reports);
            self.make(now);
        }
    }

    /// Half of what can wait.
    fn crowded(&self) -> usize {
        usize::try_from(self.policy().windows.waiting / 2).unwrap_or(usize::MAX)
    }

    /// Looks once more, everywhere, at the end.
    pub(super) fn last_look(&mut self, now: u64) {
        Search::last_round(&mut self.reader, &mut self.reports);
        self.make(now);
    }

    /// When to look again.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let rest = if self.shards.count() == 1 { Duration::ZERO } else { PATIENCE };
        self.search.next(&self.reader).map(|next| next.max(self.puzzled + rest))
    }

    /// The messages that wait in vain so far, and are to be kept on disk before [`Self::acknowledge`].
    pub(super) fn overdue(&mut self, is_last: bool) -> Vec<Vec<u8>> {
        for open in &mut self.open {
            if open.waits.is_some() && !self.reader.is_waiting(&open.arrived.message.payload) {
                open.waits = None;
            }
        }
        let (pressed, shards) = (self.pressed(), self.shards.count());
        let mut messages = Vec::new();
        for open in &mut self.open {
            if open.is_overdue(&pressed, shards, is_last) {
                open.waits = None;
                messages.push(open.arrived.message.payload.to_vec());
            }
        }
        messages
    }

    /// Tells the uplink's broker that it may forget what is dealt with.
    pub(super) fn acknowledge(&mut self) {
        for open in &mut self.open {
            if open.waits.is_none() {
                open.arrived.message.ack();
            }
        }
        self.open.retain(|open| open.waits.is_some());
    }

    /// A shard is another's now, or its connection is gone: its messages come again, here or there.
    pub(super) fn let_go(&mut self, shard: u16) {
        let reader = &mut self.reader;
        self.open.retain(|open| {
            let is_its = open.arrived.shard == shard;
            if is_its && open.waits.is_some() {
                reader.drop_waiting(&open.arrived.message.payload);
            }
            !is_its
        });
    }

    /// Messages that are not acknowledged, and how many of them do not wait.
    pub(super) fn open(&self) -> (usize, usize) {
        (self.open.len(), self.open.iter().filter(|open| open.waits.is_none()).count())
    }

    /// When the first message that waits is overdue.
    pub(super) fn next_overdue(&self) -> Option<Instant> {
        self.open.iter().filter_map(|open| open.waits).min().map(|since| since + HASTE)
    }

    /// The steady clock that the reader counts by.
    pub(super) fn seconds(&self) -> u64 {
        self.begin.elapsed().as_secs()
    }

    /// The policy now.
    pub(super) fn policy(&self) -> &Policy {
        &self.reader.manifest().policy
    }

    /// The role.
    pub(super) const fn role(&self) -> RoleIndex {
        self.reader.role()
    }

    /// How long the role may keep reports, in seconds.
    pub(super) fn retention(&self) -> u32 {
        self.policy().role(self.role()).map_or(0, |role| role.retention_seconds)
    }

    /// The shards whose broker may send no more before something is acknowledged.
    fn pressed(&self) -> HashSet<u16> {
        let mut counts: HashMap<u16, usize> = HashMap::new();
        for open in &self.open {
            *counts.entry(open.arrived.shard).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count >= PRESSED).map(|(shard, _)| shard).collect()
    }

    /// Makes publications of what was read.
    fn make(&mut self, now: u64) {
        let mut reports = std::mem::take(&mut self.reports);
        for report in reports.drain(..) {
            self.make_one(&report, now);
        }
        self.reports = reports;
    }

    fn make_one(&mut self, report: &ReadReport, now: u64) {
        let body = match &report.body {
            Ok(body) => body,
            Err(error) => {
                *self.counters.unreadable.entry(error.to_string()).or_default() += 1;
                return;
            }
        };
        let policy = self.reader.policy(report.header.policy);
        let role = self.reader.role();
        let field = *self.forms.entry(report.header.policy).or_insert_with(|| topic_field(policy, role));
        let original = field.and_then(|index| match body.get(index) {
            Some(Value::Text(topic)) => Some(topic.as_str()),
            _ => None,
        });
        let id = hex::encode(report.header.report.0);
        let from = report.pseudonym.map_or_else(|| WALK_IN.to_owned(), |name| name.to_string());
        let origin = Origin { report: &id, epoch: report.epoch.0, from: &from, received: &rfc3339(now) };
        let values = Values {
            policy,
            role: &self.role,
            from: &from,
            epoch: report.epoch.0,
            report: &id,
            topic: original,
            body,
        };
        let payload = object(origin, policy, body);
        let is_walk_in = report.pseudonym.is_none();
        // A template's topic is one by construction; what is too long for MQTT could only come of the template itself.
        let Ok(by_template) = self.publish.template.fill(&values) else {
            self.counters.too_large += 1;
            return;
        };
        let own = original.and_then(|topic| self.publish.originals.allow(topic, is_walk_in));
        if original.is_some() && own.is_none() && !self.publish.originals.is_none() {
            self.counters.topics_not_allowed += 1;
        }
        let (topic, fallback) = match own {
            Some(own) => (own, Some(by_template)),
            None => (by_template, None),
        };
        let mut publication = Publication::new(topic, payload, Qos::AtLeastOnce);
        if self.publish.retain {
            publication.retain = true;
            let expiry_s = self
                .reader
                .manifest()
                .policy
                .role(role)
                .and_then(|role| NonZeroU32::new(role.retention_seconds));
            if self.version == Version::V5 {
                publication = publication.with_properties(Properties { expiry_s, ..Properties::default() });
            }
        }
        let (id, whose) = (Reader::known_as(report), Whose::of(report));
        self.pending.push_back(Out { id, publication, fallback, is_walk_in, whose });
    }
}

impl Open {
    /// Whether it has waited long enough.
    fn is_overdue(&self, pressed: &HashSet<u16>, shards: u16, is_last: bool) -> bool {
        let Some(since) = self.waits else { return false };
        if is_last || shards == 1 {
            return true;
        }
        let waited = since.elapsed();
        waited >= PATIENCE || waited >= HASTE && pressed.contains(&self.arrived.shard)
    }
}

/// The field that holds the whole topic for which a report was sent, if the role reads it.
fn topic_field(policy: &Policy, role: RoleIndex) -> Option<FieldIndex> {
    let mut reads = policy.role(role)?.reads.iter().map(|read| read.field);
    reads.find(|index| {
        let from = policy.field(*index).map(|field| field.from.as_slice()).unwrap_or_default();
        from.contains(&Input::One(Source::Topic(None)))
    })
}
