//! What a gateway of responders keeps on disk beside the reader's own state: messages that wait for their device, and
//! until when which retained topics may stand.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction};

use super::error::RespondersError;
use crate::files::{self, Access};

/// Sealed messages that the uplink's broker may forget and that no device has sent yet, as far as is known; in order.
const WAITING: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("waiting");
/// Retained topics and the Unix second at which they end, at the latest.
const RETAINED: TableDefinition<'_, &str, u64> = TableDefinition::new("retained");
/// Names of this folder.
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// An end that moves by less than this is not written again: after a crash a topic may end so much too early, in seconds.
const SLACK: u64 = 3_600;

/// The file, and what of it is asked for often.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    database: Database,
    member: [u8; 8],
    /// Topic → when it ends; what is on disk can be up to [`SLACK`] earlier.
    retained: BTreeMap<String, Ends>,
    limit: usize,
    next_waiting: u64,
    waiting: usize,
}

#[derive(Debug, Clone, Copy)]
struct Ends {
    at: u64,
    written: u64,
}

impl Store {
    /// Opens or makes it. At most `limit` topics are retained.
    pub(super) fn open(path: &Path, limit: usize) -> Result<Self, RespondersError> {
        let failed = |error: redb::Error| RespondersError::store(path, &error);
        if !path.exists() {
            // Made 0600 before the database writes a byte to it.
            files::create(path, &[], Access::Owner)?;
        }
        let database = Database::create(path).map_err(|error| failed(error.into()))?;
        let mut member = [0; 8];
        getrandom::fill(&mut member).map_err(|_| RespondersError::Random)?;
        let mut store = Self {
            path: path.to_owned(),
            database,
            member,
            retained: BTreeMap::new(),
            limit,
            next_waiting: 0,
            waiting: 0,
        };
        store.read().map_err(failed)?;
        Ok(store)
    }

    /// What this folder is called among its group.
    pub(super) const fn member(&self) -> [u8; 8] {
        self.member
    }

    /// Keeps messages for later, beyond this process: at most `limit`, the oldest go first. Says how many went.
    pub(super) fn keep_waiting(
        &mut self,
        messages: &[&[u8]],
        limit: usize,
    ) -> Result<usize, RespondersError> {
        let (mut next, mut count, mut dropped) = (self.next_waiting, self.waiting, 0);
        self.write(|transaction| {
            let mut table = transaction.open_table(WAITING)?;
            for message in messages {
                table.insert(next, *message)?;
                next += 1;
                count += 1;
            }
            while count > limit && table.pop_first()?.is_some() {
                count -= 1;
                dropped += 1;
            }
            Ok(())
        })?;
        (self.next_waiting, self.waiting) = (next, count);
        Ok(dropped)
    }

    /// The messages kept for later.
    pub(super) fn waiting(&self) -> Result<Vec<Vec<u8>>, RespondersError> {
        let read = || -> Result<Vec<Vec<u8>>, redb::Error> {
            let table = self.database.begin_read()?.open_table(WAITING)?;
            let mut messages = Vec::new();
            for entry in table.iter()? {
                messages.push(entry?.1.value().to_vec());
            }
            Ok(messages)
        };
        read().map_err(|error| RespondersError::store(&self.path, &error))
    }

    /// How many messages are kept for later.
    pub(super) const fn count_waiting(&self) -> usize {
        self.waiting
    }

    /// Lets go of the messages that wait no more.
    pub(super) fn retain_waiting(&mut self, waits: impl Fn(&[u8]) -> bool) -> Result<(), RespondersError> {
        let mut count = 0;
        self.write(|transaction| {
            let mut table = transaction.open_table(WAITING)?;
            table.retain(|_, message| waits(message))?;
            count = usize::try_from(redb::ReadableTableMetadata::len(&table)?).unwrap_or(usize::MAX);
            Ok(())
        })?;
        self.waiting = count;
        Ok(())
    }

    /// Notes that topics are retained until these times. Says which of them may not be, because there are too many.
    ///
    /// On disk before anything is published under a topic that was not there: what a crash leaves behind is cleared.
    pub(super) fn retain(&mut self, topics: &[(&str, u64)]) -> Result<Vec<bool>, RespondersError> {
        let mut changes = Vec::new();
        let mut allowed = Vec::with_capacity(topics.len());
        for (topic, until) in topics {
            if let Some(ends) = self.retained.get_mut(*topic) {
                ends.at = ends.at.max(*until);
                if ends.at >= ends.written + SLACK {
                    ends.written = ends.at;
                    changes.push((*topic, ends.at));
                }
            } else if self.retained.len() < self.limit {
                self.retained.insert((*topic).to_owned(), Ends { at: *until, written: *until });
                changes.push((*topic, *until));
            } else {
                allowed.push(false);
                continue;
            }
            allowed.push(true);
        }
        if !changes.is_empty() {
            self.write(|transaction| {
                let mut table = transaction.open_table(RETAINED)?;
                for (topic, until) in &changes {
                    table.insert(*topic, *until)?;
                }
                Ok(())
            })?;
        }
        Ok(allowed)
    }

    /// Whether a topic is retained.
    pub(super) fn has(&self, topic: &str) -> bool {
        self.retained.contains_key(topic)
    }

    /// The retained topics whose time is over.
    pub(super) fn over(&self, now: u64) -> Vec<String> {
        let over = self.retained.iter().filter(|(_, ends)| ends.at <= now);
        over.map(|(topic, _)| topic.clone()).collect()
    }

    /// Forgets retained topics: they are cleared.
    pub(super) fn forget(&mut self, topics: &[String]) -> Result<(), RespondersError> {
        if topics.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            let mut table = transaction.open_table(RETAINED)?;
            for topic in topics {
                table.remove(topic.as_str())?;
            }
            Ok(())
        })?;
        for topic in topics {
            self.retained.remove(topic);
        }
        Ok(())
    }

    /// How many topics are retained.
    pub(super) fn count_retained(&self) -> usize {
        self.retained.len()
    }

    fn read(&mut self) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut meta = transaction.open_table(META)?;
            let known: Option<[u8; 8]> = meta.get("member")?.and_then(|name| name.value().try_into().ok());
            match known {
                Some(member) => self.member = member,
                None => drop(meta.insert("member", self.member.as_slice())?),
            }
            let waiting = transaction.open_table(WAITING)?;
            self.next_waiting = waiting.last()?.map_or(0, |(last, _)| last.value() + 1);
            self.waiting = waiting.iter()?.count();
            for entry in transaction.open_table(RETAINED)?.iter()? {
                let (topic, until) = entry?;
                let at = until.value();
                self.retained.insert(topic.value().to_owned(), Ends { at, written: at });
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn write(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), RespondersError> {
        let written = || -> Result<(), redb::Error> {
            let mut transaction = self.database.begin_write()?;
            transaction.set_two_phase_commit(true);
            work(&transaction)?;
            transaction.commit()?;
            Ok(())
        };
        written().map_err(|error| RespondersError::store(&self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_outlives_the_process_within_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway");
        let mut store = Store::open(&path, 10).unwrap();
        let member = store.member();
        assert_eq!(store.keep_waiting(&[b"a", b"b", b"c"], 2).unwrap(), 1);
        drop(store);
        let mut store = Store::open(&path, 10).unwrap();
        assert_eq!((store.member(), store.count_waiting()), (member, 2));
        assert_eq!(store.waiting().unwrap(), [b"b", b"c"]);
        store.retain_waiting(|message| message == b"c").unwrap();
        store.keep_waiting(&[b"d"], 2).unwrap();
        assert_eq!(store.waiting().unwrap(), [b"c", b"d"]);
    }

    #[test]
    fn retained_topics_end_in_time_and_have_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway");
        let mut store = Store::open(&path, 2).unwrap();
        assert_eq!(store.retain(&[("a", 100), ("b", 200), ("c", 300)]).unwrap(), [true, true, false]);
        store.retain(&[("a", 150)]).unwrap();
        assert_eq!(store.over(100), Vec::<String>::new());
        assert_eq!(store.over(150), ["a"]);
        drop(store);
        // Not every little move is written: it ends too early then, never too late.
        let mut store = Store::open(&path, 2).unwrap();
        assert_eq!(store.over(150), ["a"]);
        store.retain(&[("a", 100 + SLACK)]).unwrap();
        store.forget(&["b".to_owned()]).unwrap();
        drop(store);
        let store = Store::open(&path, 2).unwrap();
        assert_eq!((store.count_retained(), store.over(u64::MAX)), (1, vec!["a".to_owned()]));
        assert_eq!(store.over(99 + SLACK), Vec::<String>::new());
    }
}
