//! Erasing: what is named is destroyed, and what stays gets keys that no older copy opens.

use std::collections::BTreeMap;

use cowl_core::{Epoch, Erasure, Erasures, OperationId, Secret};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{
    Archive, ArchiveError,
    cipher::{Binding, Sealer},
    content::{Content, Whose},
    keys::{EpochKey, Keys, Row},
    schema::{Meta, signed},
};
use crate::random::SystemRng;

/// What an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Reports that are gone.
    pub records: u64,
    /// Keys that are gone.
    pub keys: u64,
    /// Of what was to stay, what did not open any more and went too: damaged before.
    pub damaged: u64,
}

/// Rows of the keys of reports, by epoch.
pub(super) type Doomed = BTreeMap<u32, Vec<i64>>;

/// What orders say, asked about one thing at a time.
struct Orders<'a> {
    names: &'a dyn Fn(&Erasure) -> bool,
    before: Option<Epoch>,
}

impl Archive {
    /// Erases by a signed list of the authority's, as the operation's service publishes it and as it comes on a stick. A list
    /// that comes again does no harm.
    pub fn obey(&mut self, list: &[u8]) -> Result<Erased, ArchiveError> {
        let meta = self.meta()?;
        let authority = cowl_core::Authority(meta.authority);
        let list = Erasures::verify(list, authority, OperationId(meta.operation))?;
        if list.sequence == meta.orders {
            return Ok(Erased::default());
        }
        let range = self
            .connection
            .query_row("SELECT min(epoch), max(epoch) FROM epoch", [], |row| {
                Ok(row.get::<_, Option<u32>>(0)?.zip(row.get::<_, Option<u32>>(1)?))
            })
            .map_err(ArchiveError::database(&self.path))?;
        let before = range.and_then(|(first, last)| {
            // An order can be of a later day than the newest report.
            list.before((first.saturating_add(1)..=last.saturating_add(AHEAD)).map(Epoch))
        });
        let orders = Orders { names: &|what| list.names(what), before };
        self.erase_by(&orders, Some(list.sequence))
    }

    /// Erases what is named here.
    pub fn erase(&mut self, orders: &[Erasure]) -> Result<Erased, ArchiveError> {
        let before = orders.iter().filter_map(|order| match order {
            Erasure::Before(epoch) => Some(*epoch),
            _ => None,
        });
        let none = Erasure::Handle(cowl_core::ErasureHandle::NONE);
        let orders = Orders { before: before.max(), names: &|what| *what != none && orders.contains(what) };
        self.erase_by(&orders, None)
    }

    fn erase_by(&mut self, orders: &Orders<'_>, sequence: Option<u64>) -> Result<Erased, ArchiveError> {
        self.change(|change| {
            let doomed = change.named(orders)?;
            change.meta.orders = change.meta.orders.max(sequence.unwrap_or(0));
            change.remove(&doomed)
        })
    }

    /// Does something under the write lock, and then overwrites the store key that is not in use any more.
    pub(super) fn change(
        &mut self,
        work: impl FnOnce(&mut Change<'_>) -> Result<Erased, ArchiveError>,
    ) -> Result<Erased, ArchiveError> {
        let Self { path, connection, keys, rng } = self;
        let failed = ArchiveError::database(path);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let meta = Meta::read(&transaction).map_err(&failed)?;
        keys.follow(&meta)?;
        let mut change = Change { transaction: &transaction, keys, rng, failed: &failed, meta };
        let done = work(&mut change).and_then(|erased| {
            change.meta.write(&transaction).map_err(&failed)?;
            Ok((erased, change.meta.generation != meta.generation))
        });
        let done = done.and_then(|done| transaction.commit().map_err(&failed).map(|()| done));
        drop(failed);
        let (erased, is_replaced) = done.inspect_err(|_| keys.forget())?;
        if is_replaced {
            self.tidy()?;
            // What the log still holds does not open; that it goes too is good order. Readers may be in the way.
            let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
        Ok(erased)
    }
}

/// So many epochs beyond the newest one an order to erase all before an epoch is looked for.
const AHEAD: u32 = 4_096;

/// A change of what is there, in one transaction.
pub(super) struct Change<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    keys: &'a mut Keys,
    rng: &'a mut SystemRng,
    pub(super) failed: &'a dyn Fn(rusqlite::Error) -> ArchiveError,
    meta: Meta,
}

impl Change<'_> {
    fn named(&mut self, orders: &Orders<'_>) -> Result<Doomed, ArchiveError> {
        let mut doomed = Doomed::new();
        for (row, sealed) in self.rows(None)? {
            if orders.before.is_some_and(|before| row.epoch < before.0)
                || self.is_named(orders, &row, &sealed)
            {
                doomed.entry(row.epoch).or_default().push(row.id);
            }
        }
        Ok(doomed)
    }

    /// What does not open cannot be said to be named; nobody reads it anyway.
    fn is_named(&mut self, orders: &Orders<'_>, row: &Row, sealed: &[u8]) -> bool {
        let Ok(whose) = self.keys.whose(self.transaction, row, sealed) else { return false };
        let from = whose.from.as_deref().and_then(|from| from.parse().ok());
        (orders.names)(&Erasure::Handle(whose.handle()))
            || from.is_some_and(|from| (orders.names)(&Erasure::Pseudonym(from, Epoch(row.epoch))))
    }

    /// Destroys these, and makes every key anew that could still open them.
    pub(super) fn remove(&mut self, doomed: &Doomed) -> Result<Erased, ArchiveError> {
        let mut erased = Erased::default();
        if doomed.is_empty() {
            return Ok(erased);
        }
        let mut renewed = BTreeMap::new();
        for (epoch, ids) in doomed {
            for id in ids {
                erased.records += self.delete(*id)?;
                erased.keys += 1;
            }
            if let Some(key) = self.renew(*epoch, &mut erased)? {
                renewed.insert(*epoch, key);
            } else {
                self.execute("DELETE FROM epoch WHERE epoch = ?", params![epoch])?;
            }
        }
        self.replace_store_key(&renewed, &mut erased)?;
        Ok(erased)
    }

    /// Gives an epoch another key; none if nothing is left of it.
    fn renew(&mut self, epoch: u32, erased: &mut Erased) -> Result<Option<Secret>, ArchiveError> {
        let secret = self.rng.secret();
        let key = EpochKey::new(&secret, std::path::Path::new(""))?;
        let mut is_left = false;
        for (row, sealed) in self.rows(Some(epoch))? {
            let Ok(whose) = self.keys.whose(self.transaction, &row, &sealed) else {
                erased.damaged += self.delete(row.id)?;
                continue;
            };
            let damaged = self.keys.damaged("reports", row.id);
            let (archive, name) = (self.keys.archive, key.reports_name(&row, &whose));
            let sealed =
                whose.encode().and_then(|text| key.sealer.seal(&row.binding(&archive), &text, self.rng));
            let Ok(sealed) = sealed else { return Err(damaged) };
            self.execute(
                "UPDATE reports SET name = ?, sealed = ? WHERE id = ?",
                params![name, sealed, row.id],
            )?;
            self.rename_records(&row, &whose, &key, erased)?;
            is_left = true;
        }
        Ok(is_left.then_some(secret))
    }

    /// The names of records come of their epoch's key, so that they say nothing to who has an older one.
    fn rename_records(
        &self,
        row: &Row,
        whose: &Whose,
        key: &EpochKey,
        erased: &mut Erased,
    ) -> Result<(), ArchiveError> {
        let opener = Sealer::new(&whose.key).map_err(|_| self.keys.damaged("reports", row.id))?;
        let mut query = self
            .transaction
            .prepare_cached("SELECT id, sealed FROM record WHERE reports = ?")
            .map_err(self.failed)?;
        let records: Vec<(i64, Vec<u8>)> = query
            .query_map([row.id], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(self.failed)?;
        for (id, sealed) in records {
            let binding = Binding::Record { archive: &self.keys.archive, reports: row.id, row: id };
            let opened = opener.open(&binding, &sealed).and_then(|text| Content::decode(&text));
            let Ok(content) = opened else {
                self.execute("DELETE FROM record WHERE id = ?", params![id])?;
                erased.damaged += 1;
                continue;
            };
            let name = key.record_name(&row.role, whose.from.is_none(), &content.report);
            let zone = content.zone.as_deref().map(|zone| key.namer.zone(zone));
            self.execute("UPDATE record SET name = ?, zone = ? WHERE id = ?", params![name, zone, id])?;
        }
        Ok(())
    }

    /// Another store key, on disk beside the old one, wraps the keys of all epochs; the old one goes when this is committed.
    fn replace_store_key(
        &mut self,
        renewed: &BTreeMap<u32, Secret>,
        erased: &mut Erased,
    ) -> Result<(), ArchiveError> {
        let mut query = self.transaction.prepare("SELECT epoch, sealed FROM epoch").map_err(self.failed)?;
        let epochs: Vec<(u32, Vec<u8>)> = query
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(self.failed)?;
        let mut keys = Vec::with_capacity(epochs.len());
        for (epoch, sealed) in epochs {
            match renewed.get(&epoch).cloned().map_or_else(|| self.keys.open_epoch(epoch, &sealed), Ok) {
                Ok(key) => keys.push((epoch, key)),
                Err(_) => erased.damaged += self.drop_epoch(epoch)?,
            }
        }
        let (key, generation) = (self.rng.secret(), self.meta.generation.saturating_add(1));
        self.keys.file.write(&self.keys.archive, generation, &key)?;
        self.keys.replace(generation, &key)?;
        self.meta.generation = generation;
        for (epoch, key) in keys {
            let sealed = self.keys.seal_epoch(epoch, &key, self.rng)?;
            self.execute("UPDATE epoch SET sealed = ? WHERE epoch = ?", params![sealed, epoch])?;
        }
        Ok(())
    }

    /// An epoch whose key does not open: nothing of it does.
    fn drop_epoch(&self, epoch: u32) -> Result<u64, ArchiveError> {
        let count = self.execute("DELETE FROM record WHERE epoch = ?", params![epoch])?;
        self.execute("DELETE FROM reports WHERE epoch = ?", params![epoch])?;
        self.execute("DELETE FROM epoch WHERE epoch = ?", params![epoch])?;
        Ok(count)
    }

    fn delete(&self, id: i64) -> Result<u64, ArchiveError> {
        let count = self.execute("DELETE FROM record WHERE reports = ?", params![id])?;
        self.execute("DELETE FROM reports WHERE id = ?", params![id])?;
        Ok(count)
    }

    fn execute(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<u64, ArchiveError> {
        let mut statement = self.transaction.prepare_cached(sql).map_err(self.failed)?;
        let count = statement.execute(parameters).map_err(self.failed)?;
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    fn rows(&self, epoch: Option<u32>) -> Result<Vec<(Row, Vec<u8>)>, ArchiveError> {
        rows(self.transaction, epoch).map_err(self.failed)
    }
}

/// The keys of reports of one epoch, or of all.
fn rows(connection: &Connection, epoch: Option<u32>) -> rusqlite::Result<Vec<(Row, Vec<u8>)>> {
    let query = "SELECT id, epoch, role, hour, sealed FROM reports WHERE ?1 IS NULL OR epoch = ?1";
    connection
        .prepare_cached(query)?
        .query_map([epoch], |row| {
            let sealed = row.get(4)?;
            Ok((Row { id: row.get(0)?, epoch: row.get(1)?, role: row.get(2)?, hour: row.get(3)? }, sealed))
        })?
        .collect()
}

/// The hour before which nothing of a role may be there any more.
pub(super) fn last_hour(now: u64, retention: u64) -> Option<i64> {
    Some(signed(now.checked_sub(retention)? / super::keep::HOUR))
}
