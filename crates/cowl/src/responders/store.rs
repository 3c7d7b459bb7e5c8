//! What a gateway of responders keeps on disk beside the reader's own state: messages that wait for their device, and
//! until when which retained topics may stand, and whose reports they show, sealed so that it can be erased ([`super::retained`]).

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use cowl_core::{Epoch, Erasures, Secret};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction};

use super::{
    error::RespondersError,
    retained::{Keys, Record, Sealer, Whose},
};
use crate::files;

/// Sealed messages that the uplink's broker may forget and that no device has sent yet, as far as is known; in order.
const WAITING: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("waiting");
/// Number → a retained topic, sealed.
const HELD: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("held");
/// As an earlier version kept them, in clear: topics and the Unix second at which they end. Taken over, and deleted.
const RETAINED: TableDefinition<'_, &str, u64> = TableDefinition::new("retained");
/// Names of this folder.
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// An end that moves by less than this is not written again: after a crash a topic may end so much too early, in seconds.
const SLACK: u64 = 3_600;
/// The first key's generation.
const FIRST: u64 = 1;

/// The file, and what of it is asked for often.
pub(super) struct Store {
    path: PathBuf,
    database: Database,
    member: [u8; 8],
    /// Topic → when it ends; what is on disk can be up to [`SLACK`] earlier.
    retained: BTreeMap<String, Ends>,
    keys: Keys,
    sealer: Sealer,
    generation: u64,
    /// The number of the next record.
    next_held: u64,
    /// Whether freed pages may hold records of the present key.
    has_forgotten: bool,
    limit: usize,
    next_waiting: u64,
    waiting: usize,
}

#[derive(Debug, Clone)]
struct Ends {
    number: u64,
    at: u64,
    written: u64,
    whose: Option<Whose>,
}

/// A topic that is retained from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Retained {
    pub(super) topic: String,
    /// Unix second.
    pub(super) until: u64,
    pub(super) whose: Option<Whose>,
}

impl Store {
    /// Opens or makes it. At most `limit` topics are retained. `secret` closes the file of the key.
    pub(super) fn open(path: &Path, secret: &Secret, limit: usize) -> Result<Self, RespondersError> {
        let failed = |error: redb::Error| RespondersError::store(path, &error);
        if !path.exists() {
            // Made 0600 before the database writes a byte to it; under its name only once it is one, or a crash would leave a file
            // that is none.
            let new = files::temporary(path)?;
            let made = Database::create(new.path()).map_err(redb::Error::from);
            made.and_then(|database| Ok(database.close()?)).map_err(failed)?;
            files::keep_new(new, path)?;
        }
        let database = Database::create(path).map_err(|error| failed(error.into()))?;
        let mut member = [0; 8];
        getrandom::fill(&mut member).map_err(|_| RespondersError::Random)?;
        let mut keys = Keys::open(&key_path(path), secret)?;
        let generation = generation(&database).map_err(failed)?;
        let key = match (generation, keys.read(generation.unwrap_or(FIRST))?) {
            (Some(_), None) => return Err(RespondersError::NoKey(path.to_owned())),
            (_, Some(key)) => key,
            (None, None) => keys.draw(FIRST)?,
        };
        let generation = generation.unwrap_or(FIRST);
        let mut store = Self {
            path: path.to_owned(),
            database,
            member,
            retained: BTreeMap::new(),
            sealer: Sealer::new(&key)?,
            keys,
            generation,
            next_held: 0,
            has_forgotten: false,
            limit,
            next_waiting: 0,
            waiting: 0,
        };
        store.read().map_err(failed)?;
        // A replacement that was cut off left the old key, or the new one that nothing is sealed with.
        store.keys.keep_only(generation)?;
        store.take_over().map_err(failed)?;
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

    /// Notes that topics are retained until these times, and whose reports they show. Says which of them may not be, because there
    /// are too many.
    ///
    /// On disk before anything is published under a topic that was not there, or was another's: what a crash leaves behind is cleared.
    pub(super) fn retain(&mut self, topics: &[Retained]) -> Result<Vec<bool>, RespondersError> {
        let mut changes = Vec::new();
        let mut allowed = Vec::with_capacity(topics.len());
        for Retained { topic, until, whose } in topics {
            if let Some(ends) = self.retained.get_mut(topic) {
                ends.at = ends.at.max(*until);
                let is_anothers = whose.is_some() && ends.whose != *whose;
                if is_anothers || ends.at >= ends.written + SLACK {
                    ends.written = ends.at;
                    if is_anothers {
                        ends.whose.clone_from(whose);
                        self.has_forgotten = true;
                    }
                    changes.push((ends.number, topic.clone()));
                }
            } else if self.retained.len() < self.limit {
                let number = self.next_held;
                self.next_held += 1;
                let ends = Ends { number, at: *until, written: *until, whose: whose.clone() };
                self.retained.insert(topic.clone(), ends);
                changes.push((number, topic.clone()));
            } else {
                allowed.push(false);
                continue;
            }
            allowed.push(true);
        }
        if !changes.is_empty() {
            let records: Vec<_> = changes
                .into_iter()
                .filter_map(|(number, topic)| Some((number, self.record(topic)?)))
                .collect();
            self.put(&records)?;
        }
        Ok(allowed)
    }

    /// The retained topics that show reports which a list orders to erase.
    pub(super) fn named(&self, list: &Erasures, before: Option<Epoch>) -> Vec<String> {
        let named = self
            .retained
            .iter()
            .filter(|(_, ends)| ends.whose.as_ref().is_some_and(|whose| whose.is_named(list, before)));
        named.map(|(topic, _)| topic.clone()).collect()
    }

    /// Forgets topics so that no copy of the file says any more that they were there: the others get another key, and the one from
    /// before is overwritten.
    pub(super) fn erase(&mut self, topics: &[String]) -> Result<(), RespondersError> {
        for topic in topics {
            self.retained.remove(topic);
        }
        self.rekey()
    }

    /// The same for what was forgotten since the last time.
    pub(super) fn erase_forgotten(&mut self) -> Result<(), RespondersError> {
        if self.has_forgotten { self.rekey() } else { Ok(()) }
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
        let numbers: Vec<u64> =
            topics.iter().filter_map(|topic| self.retained.get(topic)).map(|ends| ends.number).collect();
        self.write(|transaction| {
            let mut table = transaction.open_table(HELD)?;
            for number in numbers {
                table.remove(number)?;
            }
            Ok(())
        })?;
        for topic in topics {
            self.retained.remove(topic);
        }
        self.has_forgotten = true;
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
            for entry in transaction.open_table(HELD)?.iter()? {
                let (number, record) = entry?;
                let number = number.value();
                self.next_held = self.next_held.max(number + 1);
                // What is damaged is cleared by nobody; the broker forgets it in its time, where it speaks MQTT 5.
                if let Some(Record { topic, until, whose }) = self.sealer.open(number, record.value()) {
                    self.retained.insert(topic, Ends { number, at: until, written: until, whose });
                }
            }
            meta.insert("generation", self.generation.to_be_bytes().as_slice())?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Takes over what an earlier version kept in clear.
    fn take_over(&mut self) -> Result<(), redb::Error> {
        let mut older = Vec::new();
        {
            let transaction = self.database.begin_read()?;
            let table = match transaction.open_table(RETAINED) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
                other => other?,
            };
            for entry in table.iter()? {
                let (topic, until) = entry?;
                older.push(Retained { topic: topic.value().to_owned(), until: until.value(), whose: None });
            }
        }
        let kept = self.retain(&older).is_ok();
        if kept {
            let transaction = self.database.begin_write()?;
            transaction.delete_table(RETAINED)?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// Seals everything anew under a key that no copy of the file from before opens with, and overwrites the old one.
    fn rekey(&mut self) -> Result<(), RespondersError> {
        let next = self.generation + 1;
        let mut sealer = Sealer::new(&self.keys.draw(next)?)?;
        let topics: Vec<String> = self.retained.keys().cloned().collect();
        let mut records = Vec::with_capacity(topics.len());
        for topic in topics {
            let number = self.retained.get(&topic).map_or(0, |ends| ends.number);
            let sealed = self.record(topic).and_then(|record| sealer.seal(number, &record));
            records.extend(sealed.map(|sealed| (number, sealed)));
        }
        self.write(|transaction| {
            let mut table = transaction.open_table(HELD)?;
            table.retain(|_, _| false)?;
            for (number, sealed) in &records {
                table.insert(*number, sealed.as_slice())?;
            }
            transaction.open_table(META)?.insert("generation", next.to_be_bytes().as_slice())?;
            Ok(())
        })?;
        (self.sealer, self.generation, self.has_forgotten) = (sealer, next, false);
        Ok(self.keys.keep_only(next)?)
    }

    fn record(&self, topic: String) -> Option<Record> {
        let ends = self.retained.get(&topic)?;
        Some(Record { until: ends.at, whose: ends.whose.clone(), topic })
    }

    fn put(&mut self, records: &[(u64, Record)]) -> Result<(), RespondersError> {
        let mut sealed = Vec::with_capacity(records.len());
        for (number, record) in records {
            sealed.extend(self.sealer.seal(*number, record).map(|sealed| (*number, sealed)));
        }
        self.write(|transaction| {
            let mut table = transaction.open_table(HELD)?;
            for (number, sealed) in &sealed {
                table.insert(*number, sealed.as_slice())?;
            }
            Ok(())
        })
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

/// Which key its records are sealed with; none yet in a new file, or in one of an earlier version.
fn generation(database: &Database) -> Result<Option<u64>, redb::Error> {
    let transaction = database.begin_read()?;
    let meta = match transaction.open_table(META) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        other => other?,
    };
    let said = meta.get("generation")?.and_then(|said| said.value().try_into().ok());
    Ok(said.map(u64::from_be_bytes))
}

fn key_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("retained", &self.retained.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
