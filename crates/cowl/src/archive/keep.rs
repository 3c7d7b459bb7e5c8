//! Reports go in, all of a batch or none.

use cowl_core::Policy;
use minicbor::bytes::ByteVec;
use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::{
    Archive, ArchiveError, Entry,
    cipher::Binding,
    content::{Content, Whose},
    keys::{Keys, Row},
    schema::Meta,
};
use crate::random::SystemRng;

/// Seconds of an hour: no key of reports lives for more than one, so that expiry never splits what a key opens.
pub(super) const HOUR: u64 = 3_600;

impl Archive {
    /// Keeps reports that a role read; those that are there already stay as they are. On disk when it returns, so what brought
    /// them may be acknowledged after it, and never before. Says how many were new.
    pub fn keep(&mut self, role: &str, entries: &[Entry]) -> Result<u64, ArchiveError> {
        if entries.is_empty() {
            return Ok(0);
        }
        let Self { path, connection, keys, rng } = self;
        let failed = ArchiveError::database(path);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let mut meta = Meta::read(&transaction).map_err(&failed)?;
        keys.follow(&meta)?;
        let mut put = || {
            let mut kept = 0;
            for entry in entries {
                let mut batch = Batch { transaction: &transaction, keys, rng, meta: &mut meta };
                kept += u64::from(batch.put(role, entry, &failed)?);
            }
            meta.write(&transaction).map_err(&failed)?;
            Ok(kept)
        };
        let kept = put().and_then(|kept| transaction.commit().map_err(&failed).map(|()| kept));
        if kept.is_err() {
            self.keys.forget();
        }
        kept
    }

    /// Writes down how long each role of a policy may keep what it read, for [`Self::expire`].
    pub fn follow(&mut self, policy: &Policy) -> Result<(), ArchiveError> {
        let failed = ArchiveError::database(&self.path);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        for role in &policy.roles {
            transaction
                .execute(
                    "INSERT INTO role VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET retention = ?2",
                    params![role.name, role.retention_seconds],
                )
                .map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }
}

struct Batch<'a> {
    transaction: &'a Transaction<'a>,
    keys: &'a mut Keys,
    rng: &'a mut SystemRng,
    meta: &'a mut Meta,
}

impl Batch<'_> {
    fn put(
        &mut self,
        role: &str,
        entry: &Entry,
        failed: &impl Fn(rusqlite::Error) -> ArchiveError,
    ) -> Result<bool, ArchiveError> {
        let epoch = entry.epoch.0;
        let key = self.keys.epoch_or_new(self.transaction, epoch, self.rng)?;
        let name = key.record_name(role, entry.from.is_none(), &entry.report.0);
        let zone = entry.zone.as_deref().map(|zone| key.namer.zone(zone));
        let mut known = self
            .transaction
            .prepare_cached("SELECT 1 FROM record WHERE epoch = ? AND name = ?")
            .map_err(failed)?;
        if known.exists(params![epoch, name]).map_err(failed)? {
            return Ok(false);
        }
        let reports = self.reports(role, entry, failed)?;
        let id = self.meta.last_record.saturating_add(1);
        let content = Content {
            report: entry.report.0,
            received: entry.received,
            policy: entry.policy.0,
            zone: entry.zone.clone(),
            fields: entry.fields.clone(),
            custody: entry.custody.clone().map(ByteVec::from),
        };
        let damaged = self.keys.damaged("record", id);
        let binding = Binding::Record { archive: &self.keys.archive, reports, row: id };
        let text = content.encode().ok();
        let sealed = self.keys.open_reports(reports).zip(text);
        let Some(sealed) = sealed.and_then(|(key, text)| key.seal(&binding, &text, self.rng).ok()) else {
            return Err(damaged);
        };
        let mut insert = self
            .transaction
            .prepare_cached("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)")
            .map_err(failed)?;
        insert.execute(params![id, reports, epoch, zone, name, sealed]).map_err(failed)?;
        self.meta.last_record = id;
        Ok(true)
    }

    /// The number of the key that a report is sealed under, which is open then.
    fn reports(
        &mut self,
        role: &str,
        entry: &Entry,
        failed: &impl Fn(rusqlite::Error) -> ArchiveError,
    ) -> Result<i64, ArchiveError> {
        let hour = i64::try_from(entry.received / HOUR).unwrap_or(i64::MAX);
        let mut row = Row { id: 0, epoch: entry.epoch.0, role: role.to_owned(), hour };
        let whose = Whose {
            key: self.rng.secret(),
            handle: entry.handle.0,
            from: entry.from.map(|from| from.to_string()),
            walk_in: entry.from.is_none().then(|| entry.report.0.to_vec().into()),
        };
        let epoch = self.keys.epoch_or_new(self.transaction, row.epoch, self.rng)?;
        let name = epoch.reports_name(&row, &whose);
        let mut known = self
            .transaction
            .prepare_cached("SELECT id, sealed FROM reports WHERE epoch = ? AND name = ?")
            .map_err(failed)?;
        let found: Option<(i64, Vec<u8>)> = known
            .query_row(params![row.epoch, name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(failed)?;
        if let Some((id, sealed)) = found {
            row.id = id;
            self.keys.reports(self.transaction, &row, &sealed)?;
            return Ok(id);
        }
        row.id = self.meta.last_reports.saturating_add(1);
        let damaged = self.keys.damaged("reports", row.id);
        let archive = self.keys.archive;
        let epoch = self.keys.epoch_or_new(self.transaction, row.epoch, self.rng)?;
        let sealed =
            whose.encode().and_then(|text| epoch.sealer.seal(&row.binding(&archive), &text, self.rng));
        let Ok(sealed) = sealed else { return Err(damaged) };
        let mut insert = self
            .transaction
            .prepare_cached("INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?)")
            .map_err(failed)?;
        insert.execute(params![row.id, row.epoch, row.role, row.hour, name, sealed]).map_err(failed)?;
        self.meta.last_reports = row.id;
        self.keys.put(row.id, &whose.key)?;
        Ok(row.id)
    }
}
