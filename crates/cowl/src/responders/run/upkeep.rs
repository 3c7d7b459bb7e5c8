//! What is due now and then: what is retained too long, and the word on the status topic.

use std::time::Duration;

use tokio::time::Instant;

use super::{Gateway, Halt, Phase, local_failed};
use crate::responders::counters::State;
use crate::responders::{Event, discovery};
use crate::transport::{Properties, Publication, Qos, Topic, Version};

/// Between two words on the status topic if something changed, and if nothing did.
const STATUS: Duration = Duration::from_secs(5);
const STATUS_STALE: Duration = Duration::from_mins(1);
/// How long the last word on the status topic stands, in seconds.
const STATUS_S: u32 = 180;
/// Between two new keys of the store for what was cleared because its time was over.
const ERASED: Duration = Duration::from_hours(1);
/// Retained topics that are cleared at a time.
const CLEARED: usize = 500;

impl Gateway<'_> {
    pub(super) async fn tick(&mut self) -> Result<(), Halt> {
        let seconds = self.desk.seconds();
        self.desk.reader.tick(seconds)?;
        // Not what was opened just now and is on its way, nor what another member may keep.
        let is_settled = self.desk.pending().is_empty() && self.desk.reader.is_committed();
        if self.store.count_waiting() > 0 && is_settled && self.phase == Phase::Joined {
            let reader = &self.desk.reader;
            self.store.retain_waiting(|message| reader.is_waiting(message))?;
        }
        if self.erased.elapsed() >= ERASED {
            self.erased = Instant::now();
            self.store.erase_forgotten()?;
        }
        self.erase().await?;
        self.clear().await
    }

    /// Clears what shows reports that the newest list orders to erase, and lets no copy of the own files say that it was there. Every
    /// member does, in case that the others do not know whose it is.
    pub(super) async fn erase(&mut self) -> Result<(), Halt> {
        let Some(list) = self.desk.reader.erasures().filter(|list| Some(list.sequence) > self.obeyed.list())
        else {
            return Ok(());
        };
        if self.phase != Phase::Joined {
            return Ok(());
        }
        let sequence = list.sequence;
        let named = self.store.named(list, self.desk.reader.erased_before());
        if !named.is_empty() {
            self.clear_topics(&named).await?;
            self.store.erase(&named)?;
            self.desk.counters.erased += named.len() as u64;
            (self.tell)(Event::Erased { topics: named.len() });
        }
        self.obeyed.note(sequence);
        Ok(())
    }

    /// Clears what is retained too long. One of the members does; the others forget it, later, in case that it does not.
    pub(super) async fn clear(&mut self) -> Result<(), Halt> {
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
        self.clear_topics(&over).await?;
        Ok(self.store.forget(&over)?)
    }

    /// Has the local broker forget what it retains under these topics.
    async fn clear_topics(&mut self, topics: &[String]) -> Result<(), Halt> {
        let mut messages = Vec::new();
        for topic in topics {
            let Ok(topic) = Topic::new(topic.as_str()) else { continue };
            if let Some(prefix) = &self.config.publish.home_assistant {
                messages.extend(discovery::withdrawal(prefix, self.desk.policy(), self.desk.role(), &topic));
            }
            messages.push(Publication::new(topic, Vec::new(), Qos::AtLeastOnce).retained());
        }
        self.say(messages).await
    }

    /// Tells whoever watches what changed.
    pub(super) async fn report(&mut self) -> Result<(), Halt> {
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
    pub(super) fn expiring(&self, publication: Publication, seconds: u32) -> Publication {
        if self.config.local.options.version != Version::V5 {
            return publication;
        }
        let expiry_s = std::num::NonZeroU32::new(seconds);
        publication.with_properties(Properties { expiry_s, ..Properties::default() })
    }
}
