//! The keys that are open, as of one generation of the store key.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use cowl_core::Secret;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{
    cipher::{Binding, Namer, Sealer},
    content::Whose,
    error::ArchiveError,
    key_file::KeyFile,
    schema::Meta,
};
use crate::random::SystemRng;

/// Keys of reports that are kept open at the most, some 700 bytes each.
const OPEN: usize = 16_384;

/// The store key, and what was opened with it.
pub(super) struct Keys {
    pub(super) file: KeyFile,
    path: PathBuf,
    pub(super) archive: [u8; 16],
    generation: u64,
    store: Sealer,
    epochs: HashMap<u32, EpochKey>,
    reports: HashMap<i64, Sealer>,
}

/// An epoch's key, ready for its two uses.
pub(super) struct EpochKey {
    pub(super) sealer: Sealer,
    pub(super) namer: Namer,
}

/// A row of the table of keys of reports.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) epoch: u32,
    pub(super) role: String,
    pub(super) hour: i64,
}

impl Keys {
    pub(super) fn new(path: &Path, mut file: KeyFile, meta: &Meta) -> Result<Self, ArchiveError> {
        let store = sealer(&file.key(&meta.archive, meta.generation)?, path)?;
        Ok(Self {
            file,
            path: path.to_owned(),
            archive: meta.archive,
            generation: meta.generation,
            store,
            epochs: HashMap::new(),
            reports: HashMap::new(),
        })
    }

    /// Reads the store key again if another process replaced it.
    pub(super) fn follow(&mut self, meta: &Meta) -> Result<(), ArchiveError> {
        if meta.archive != self.archive {
            return Err(ArchiveError::NotAnArchive(self.path.clone()));
        }
        if meta.generation != self.generation {
            self.store = sealer(&self.file.key(&self.archive, meta.generation)?, &self.path)?;
            self.generation = meta.generation;
            self.forget();
        }
        Ok(())
    }

    /// Closes what is open: a transaction that made keys was undone.
    pub(super) fn forget(&mut self) {
        self.epochs.clear();
        self.reports.clear();
    }

    /// An epoch's key, if there is one.
    pub(super) fn epoch(
        &mut self,
        connection: &Connection,
        epoch: u32,
    ) -> Result<Option<&EpochKey>, ArchiveError> {
        if !self.epochs.contains_key(&epoch) {
            let sealed: Option<Vec<u8>> = connection
                .query_row("SELECT sealed FROM epoch WHERE epoch = ?", [epoch], |row| row.get(0))
                .optional()
                .map_err(ArchiveError::database(&self.path))?;
            let Some(sealed) = sealed else { return Ok(None) };
            let key = self.open_epoch(epoch, &sealed)?;
            self.epochs.insert(epoch, EpochKey::new(&key, &self.path)?);
        }
        Ok(self.epochs.get(&epoch))
    }

    /// An epoch's key, which is made if there is none.
    pub(super) fn epoch_or_new(
        &mut self,
        transaction: &Transaction<'_>,
        epoch: u32,
        rng: &mut SystemRng,
    ) -> Result<&EpochKey, ArchiveError> {
        if self.epoch(transaction, epoch)?.is_none() {
            let key = rng.secret();
            let sealed = self.seal_epoch(epoch, &key, rng)?;
            transaction
                .execute("INSERT INTO epoch VALUES (?, ?)", params![epoch, sealed])
                .map_err(ArchiveError::database(&self.path))?;
            self.epochs.insert(epoch, EpochKey::new(&key, &self.path)?);
        }
        self.epochs.get(&epoch).ok_or_else(|| self.damaged("epoch", epoch.into()))
    }

    /// Opens the key of an epoch, for wrapping it anew.
    pub(super) fn open_epoch(&self, epoch: u32, sealed: &[u8]) -> Result<Secret, ArchiveError> {
        let binding = Binding::Epoch { archive: &self.archive, epoch };
        let opened = self.store.open(&binding, sealed).ok();
        let key = opened.and_then(|key| key.first_chunk::<32>().copied());
        key.map(Secret::new).ok_or_else(|| self.damaged("epoch", epoch.into()))
    }

    /// Wraps the key of an epoch.
    pub(super) fn seal_epoch(
        &self,
        epoch: u32,
        key: &Secret,
        rng: &mut SystemRng,
    ) -> Result<Vec<u8>, ArchiveError> {
        let binding = Binding::Epoch { archive: &self.archive, epoch };
        self.store.seal(&binding, key.expose(), rng).map_err(|_| self.damaged("epoch", epoch.into()))
    }

    /// A key of reports and whose they are.
    pub(super) fn whose(
        &mut self,
        connection: &Connection,
        row: &Row,
        sealed: &[u8],
    ) -> Result<Whose, ArchiveError> {
        let (archive, damaged) = (self.archive, self.damaged("reports", row.id));
        let Some(key) = self.epoch(connection, row.epoch)? else { return Err(damaged) };
        let opened = key.sealer.open(&row.binding(&archive), sealed);
        opened.and_then(|bytes| Whose::decode(&bytes)).map_err(|_| damaged)
    }

    /// The same, ready to open records.
    pub(super) fn reports(
        &mut self,
        connection: &Connection,
        row: &Row,
        sealed: &[u8],
    ) -> Result<&Sealer, ArchiveError> {
        if !self.reports.contains_key(&row.id) {
            let whose = self.whose(connection, row, sealed)?;
            self.put(row.id, &whose.key)?;
        }
        self.reports.get(&row.id).ok_or_else(|| self.damaged("reports", row.id))
    }

    /// Keeps a key of reports open.
    pub(super) fn put(&mut self, id: i64, key: &Secret) -> Result<(), ArchiveError> {
        if self.reports.len() >= OPEN {
            self.reports.clear();
        }
        self.reports.insert(id, sealer(key, &self.path)?);
        Ok(())
    }

    /// A key of reports that is open already.
    pub(super) fn open_reports(&self, id: i64) -> Option<&Sealer> {
        self.reports.get(&id)
    }

    /// Takes another store key for the next generation. It is in its file already.
    pub(super) fn replace(&mut self, generation: u64, key: &Secret) -> Result<(), ArchiveError> {
        self.store = sealer(key, &self.path)?;
        self.generation = generation;
        self.forget();
        Ok(())
    }

    pub(super) fn damaged(&self, what: &'static str, number: i64) -> ArchiveError {
        ArchiveError::Damaged { path: self.path.clone(), what, number }
    }
}

impl EpochKey {
    pub(super) fn new(key: &Secret, path: &Path) -> Result<Self, ArchiveError> {
        Ok(Self { sealer: sealer(key, path)?, namer: Namer::new(key) })
    }

    /// What one pseudonym and handle sent to one role within an hour is looked up by; a walk-in stands alone.
    pub(super) fn reports_name(&self, row: &Row, whose: &Whose) -> [u8; 16] {
        let hour = row.hour.to_be_bytes();
        let from = whose.from.as_deref().unwrap_or_default();
        let walk_in = whose.walk_in.as_ref().map(|id| id.as_slice()).unwrap_or_default();
        self.namer.name("reports", &[row.role.as_bytes(), &hour, from.as_bytes(), walk_in, &whose.handle])
    }

    /// What a report is known by, so that it is kept once.
    pub(super) fn record_name(&self, role: &str, is_walk_in: bool, report: &[u8; 16]) -> [u8; 16] {
        let kind = if is_walk_in { "walk-in" } else { "record" };
        self.namer.name(kind, &[role.as_bytes(), report])
    }
}

impl Row {
    pub(super) fn binding<'a>(&'a self, archive: &'a [u8; 16]) -> Binding<'a> {
        Binding::Reports { archive, epoch: self.epoch, row: self.id, role: &self.role, hour: self.hour }
    }
}

fn sealer(key: &Secret, path: &Path) -> Result<Sealer, ArchiveError> {
    Sealer::new(key).map_err(|_| ArchiveError::OtherKey(path.to_owned()))
}
