//! Retained messages in memory, up to a limit. RMQTT's own default stores none and only warns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rmqtt::codec::types::Publish as CodecPublish;
use rmqtt::retain::{DefaultRetainStorage, RetainStorage};
use rmqtt::types::{Retain, TopicFilter, TopicName};

use crate::gate::Gate;

/// What RMQTT's tree costs for each level of a topic, in bytes, estimated upwards.
const LEVEL: usize = 200;

/// What a message costs besides its topic and payload, in bytes, estimated upwards.
const MESSAGE: usize = 500;

/// How often at most it is looked for messages that expired.
const SWEEP: Duration = Duration::from_secs(1);

/// One retained message a topic.
pub(super) struct Retained {
    store: DefaultRetainStorage,
    ledger: Mutex<Ledger>,
    gate: Arc<Gate>,
}

impl Retained {
    /// Keeps no more than `most` bytes of what comes from clients.
    pub(super) fn new(most: usize, gate: Arc<Gate>) -> Self {
        Self { store: DefaultRetainStorage::new(), ledger: Mutex::new(Ledger::new(most)), gate }
    }
}

#[async_trait]
impl RetainStorage for Retained {
    fn enable(&self) -> bool {
        true
    }

    async fn set(
        &self,
        topic: &TopicName,
        mut retain: Retain,
        expiry_interval: Option<Duration>,
    ) -> rmqtt::Result<()> {
        // RMQTT says "no expiry" with zero, which its store would take for "expired".
        let expiry = expiry_interval.filter(|expiry| !expiry.is_zero());
        let payload = retain.publish.payload.len();
        let book = |ledger: &Mutex<Ledger>| {
            let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
            ledger.book(topic, payload, expiry, retain.from.is_system())
        };
        let mut booked = book(&self.ledger);
        if booked == Booked::AfterSweep {
            self.store.remove_expired_messages().await;
            booked = book(&self.ledger);
        }
        if booked != Booked::Yes {
            self.gate.counters.retained_full.add_one();
            // What was retained on this topic before is not its last state any more either.
            retain.publish.inner =
                Box::new(CodecPublish { payload: Vec::new().into(), ..*retain.publish.inner });
        }
        // Copies: as they come they are slices of everything that was read with them.
        let publish = &mut retain.publish.inner;
        publish.payload = publish.payload.to_vec().into();
        publish.topic = publish.topic.to_string().into();
        self.store.set_with_timeout(topic, retain, expiry).await
    }

    async fn get(&self, topic_filter: &TopicFilter) -> rmqtt::Result<Vec<(TopicName, Retain)>> {
        self.store.get_message(topic_filter).await
    }

    async fn count(&self) -> isize {
        self.store.count().await
    }

    async fn max(&self) -> isize {
        self.store.max().await
    }
}

/// What each retained message takes.
struct Ledger {
    entries: HashMap<TopicName, Entry>,
    total: usize,
    most: usize,
    swept: Option<Instant>,
}

struct Entry {
    bytes: usize,
    until: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Booked {
    Yes,
    No,
    /// The store has to forget what expired first.
    AfterSweep,
}

impl Ledger {
    fn new(most: usize) -> Self {
        Self { entries: HashMap::new(), total: 0, most, swept: None }
    }

    /// Whether there is room for a message; without a payload it takes back the one before. What comes from `inside`
    /// always has room.
    fn book(&mut self, topic: &TopicName, payload: usize, expiry: Option<Duration>, inside: bool) -> Booked {
        if let Some(old) = self.entries.remove(topic) {
            self.total = self.total.saturating_sub(old.bytes);
        }
        if payload == 0 {
            return Booked::Yes;
        }
        let levels = topic.split('/').count().saturating_mul(LEVEL);
        let bytes = topic.len().saturating_mul(2).saturating_add(payload).saturating_add(levels + MESSAGE);
        if self.total.saturating_add(bytes) > self.most && !inside {
            return self.sweep();
        }
        let now = Instant::now();
        self.total = self.total.saturating_add(bytes);
        let until = expiry.and_then(|expiry| now.checked_add(expiry));
        self.entries.insert(topic.to_string().into(), Entry { bytes, until });
        Booked::Yes
    }

    fn sweep(&mut self) -> Booked {
        let now = Instant::now();
        if self.swept.is_some_and(|swept| now.duration_since(swept) < SWEEP) {
            return Booked::No;
        }
        self.swept = Some(now);
        self.entries.retain(|_, entry| entry.until.is_none_or(|until| until > now));
        self.total = self.entries.values().fold(0, |total, entry| total.saturating_add(entry.bytes));
        Booked::AfterSweep
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_counts_what_is_there() {
        let mut ledger = Ledger::new(2_000);
        assert_eq!(ledger.book(&"a".into(), 1_000, None, false), Booked::Yes);
        assert_eq!(ledger.book(&"b".into(), 1_000, None, false), Booked::AfterSweep);
        assert_eq!(ledger.book(&"b".into(), 1_000, None, false), Booked::No);
        assert_eq!(ledger.book(&"c".into(), 1_000, None, true), Booked::Yes, "from inside");
        for topic in ["a", "c"] {
            assert_eq!(ledger.book(&topic.into(), 0, None, false), Booked::Yes);
        }
        assert_eq!((ledger.total, ledger.entries.len()), (0, 0));
        for _ in 0..10 {
            assert_eq!(ledger.book(&"b".into(), 1_000, None, false), Booked::Yes, "one message a topic");
        }
    }

    #[test]
    fn what_expired_makes_room() {
        let mut ledger = Ledger::new(2_000);
        assert_eq!(ledger.book(&"a".into(), 1_000, Some(Duration::ZERO), false), Booked::Yes);
        assert_eq!(ledger.book(&"b".into(), 1_000, None, false), Booked::AfterSweep);
        assert_eq!(ledger.book(&"b".into(), 1_000, None, false), Booked::Yes);
    }

    #[test]
    fn deep_topics_cost_what_their_levels_cost() {
        let mut ledger = Ledger::new(50_000);
        assert_eq!(ledger.book(&"a/".repeat(500).into(), 1, None, false), Booked::AfterSweep);
    }
}
