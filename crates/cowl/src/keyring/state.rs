//! Durable state of a member: counters, what was seen, the newest beacon. Belongs to one machine and to no
//! backup (spec §4.4).

mod database;
mod piece;

use std::{
    fs::File,
    ops::Range,
    path::{Path, PathBuf},
};

use cowl_core::{Epoch, Place, ReportId};
use redb::{
    Database, Durability, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction,
};

pub(super) use piece::{Piece, piece_of, seen_in};

use database::{open, open_sound};

use super::KeyringError;
use crate::files::{self, FileError};

/// The form of state files; another one is refused.
const FORM: &[u8] = b"1";

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// (identity, epoch) → the first counter that is not reserved.
const COUNTERS: TableDefinition<'_, (u32, u32), u32> = TableDefinition::new("counters");
/// How many reports were read up to the end of this piece → their ids and epochs, 20 bytes each, in order. Pieces and
/// not single ids: appending is a tenth of the work, and the oldest ones go by range.
const SEEN: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("seen");
/// (role, epoch, place) → the next expected counter.
const PROGRESS: TableDefinition<'_, (u8, u32, u32), u32> = TableDefinition::new("progress");
/// (role, epoch, mark) of opened walk-in messages.
const WALK_INS: TableDefinition<'_, (u8, u32, [u8; 16]), ()> = TableDefinition::new("walk-ins");
/// (role, piece) → sealed messages that wait for their device, as [`Piece`] writes them.
const WAITING: TableDefinition<'_, (u8, u64), &[u8]> = TableDefinition::new("waiting");

/// A member's state file.
#[derive(Debug)]
pub(super) struct State {
    path: PathBuf,
    database: Database,
}

/// What a member remembers of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Remembered {
    /// The newest epoch known.
    pub(super) epoch: Option<Epoch>,
    /// The newest beacon's number.
    pub(super) beacon: Option<u64>,
    /// The first epoch whose counters this state knows from 0 on; `None`: it was restored, and none is safe.
    pub(super) counters_from: Option<Epoch>,
    /// Whether a beacon said that the credential is in use twice.
    pub(super) cloned: bool,
}

/// What a reader writes down in one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) seen: Vec<(ReportId, Epoch)>,
    pub(super) progress: Vec<(u8, Epoch, Place, u32)>,
    pub(super) walk_ins: Vec<(u8, Epoch, [u8; 16])>,
    pub(super) waiting: Vec<(u8, u64, Piece)>,
    /// Pieces of which nothing waits any more.
    pub(super) gone: Vec<(u8, u64)>,
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.seen.clear();
        self.progress.clear();
        self.walk_ins.clear();
        self.waiting.clear();
        self.gone.clear();
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.seen.is_empty()
            && self.progress.is_empty()
            && self.walk_ins.is_empty()
            && self.waiting.is_empty()
            && self.gone.is_empty()
    }
}

impl State {
    /// Makes a new state file for a credential. `counters_from` is `None` when an earlier state was lost.
    pub(super) fn create(
        path: &Path,
        instance: [u8; 16],
        counters_from: Option<Epoch>,
    ) -> Result<Self, KeyringError> {
        // Made 0600 before the database writes a byte to it; under its name only once it is whole, or a crash would leave a
        // state that is none.
        let new = files::temporary(path)?;
        let state = Self { path: path.to_owned(), database: open(new.path())? };
        state.write(Durability::Immediate, |transaction| {
            let mut meta = transaction.open_table(META)?;
            meta.insert("form", FORM)?;
            meta.insert("instance", instance.as_slice())?;
            if let Some(epoch) = counters_from {
                meta.insert("counters_from", epoch.0.to_be_bytes().as_slice())?;
                meta.insert("epoch", epoch.0.to_be_bytes().as_slice())?;
            }
            transaction.open_table(COUNTERS)?;
            transaction.open_table(SEEN)?;
            transaction.open_table(PROGRESS)?;
            transaction.open_table(WALK_INS)?;
            transaction.open_table(WAITING)?;
            Ok(())
        })?;
        files::keep_new(new, path)?;
        Ok(state)
    }

    /// Opens the state of a credential, or makes one that knows it was restored.
    pub(super) fn open_or_restored(path: &Path, instance: [u8; 16]) -> Result<Self, KeyringError> {
        if !path.exists() {
            return Self::create(path, instance, None);
        }
        let state = Self { path: path.to_owned(), database: open_sound(path)? };
        state.check(instance)?;
        Ok(state)
    }

    /// Says whether a state is sound and belongs to a credential, and what it remembers of time; from a copy: nothing of it is
    /// written.
    pub(super) fn examine(path: &Path, instance: [u8; 16]) -> Result<Remembered, KeyringError> {
        let unreadable = |source| FileError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(unreadable)?;
        // Whoever uses it holds it alone.
        file.try_lock_shared().map_err(|_| KeyringError::InUse(path.to_owned()))?;
        let mut copy = tempfile::NamedTempFile::new().map_err(unreadable)?;
        std::io::copy(&mut file, &mut copy).map_err(unreadable)?;
        // Said, not left to the closing: a process that another thread is starting just now has the file open too, for a moment.
        file.unlock().map_err(unreadable)?;
        let database = open_sound(copy.path()).map_err(|error| match error {
            KeyringError::State { what, .. } => KeyringError::State { path: path.to_owned(), what },
            other => other,
        })?;
        let state = Self { path: path.to_owned(), database };
        state.check(instance)?;
        state.remembered()
    }

    fn check(&self, instance: [u8; 16]) -> Result<(), KeyringError> {
        if self.meta("form")?.as_deref() != Some(FORM) {
            return Err(self.unusable("it is of a form that this version does not know"));
        }
        if self.meta("instance")?.as_deref() != Some(instance.as_slice()) {
            return Err(KeyringError::OtherState(self.path.clone()));
        }
        Ok(())
    }

    pub(super) fn remembered(&self) -> Result<Remembered, KeyringError> {
        let number = |bytes: Vec<u8>| Some(u32::from_be_bytes(bytes.try_into().ok()?));
        let epoch = self.meta("epoch")?.and_then(number).map(Epoch);
        let counters_from = self.meta("counters_from")?.and_then(number).map(Epoch);
        let beacon = self.meta("beacon")?.and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
        let cloned = self.meta("cloned")?.is_some();
        Ok(Remembered { epoch, beacon, counters_from, cloned })
    }

    /// Remembers the newest beacon and epoch, and for ever that there is a clone. After a restore, counters are safe from
    /// the next epoch on.
    pub(super) fn remember(
        &self,
        beacon: Option<u64>,
        epoch: Epoch,
        now: Remembered,
    ) -> Result<(), KeyringError> {
        self.write(Durability::Immediate, |transaction| {
            let mut meta = transaction.open_table(META)?;
            if let Some(beacon) = beacon {
                meta.insert("beacon", beacon.to_be_bytes().as_slice())?;
            }
            meta.insert("epoch", epoch.0.to_be_bytes().as_slice())?;
            if now.cloned {
                meta.insert("cloned", [].as_slice())?;
            }
            if now.counters_from.is_none() && beacon.is_some() {
                meta.insert("counters_from", epoch.plus(1).0.to_be_bytes().as_slice())?;
            }
            Ok(())
        })
    }

    /// Reserves `blocks` blocks of counters for each of these identities, on disk before it returns them, to the end of a
    /// block even if the policy's length of blocks changed. Counters of epochs before `epoch` are forgotten: their keys
    /// are deleted.
    ///
    /// What is not used is never given back, not even by a sender that ends well. Every sender so begins at a mark, where
    /// a reader finds it that missed any number of its messages; in the middle of a block it would not.
    pub(super) fn reserve(
        &self,
        identities: Range<u32>,
        epoch: Epoch,
        block: u32,
        blocks: u32,
    ) -> Result<Vec<Range<u32>>, KeyringError> {
        let block = block.max(1);
        let mut reserved = Vec::new();
        let mut exhausted = false;
        self.write(Durability::Immediate, |transaction| {
            let mut counters = transaction.open_table(COUNTERS)?;
            counters.retain(|(_, held), _| held >= epoch.0)?;
            for identity in identities {
                let next = counters.get((identity, epoch.0))?.map_or(0, |next| next.value());
                let Some(end) = (next / block).checked_add(blocks).and_then(|end| end.checked_mul(block))
                else {
                    exhausted = true;
                    return Ok(());
                };
                counters.insert((identity, epoch.0), end)?;
                reserved.push(next..end);
            }
            Ok(())
        })?;
        if exhausted { Err(KeyringError::NoCounter) } else { Ok(reserved) }
    }

    /// The report ids that were seen, oldest first.
    pub(super) fn seen(&self) -> Result<Vec<(ReportId, Epoch)>, KeyringError> {
        self.read(|database| {
            let seen = database.begin_read()?.open_table(SEEN)?;
            let pieces =
                seen.iter()?.map(|entry| entry.map(|(_, piece)| seen_in(piece.value()))).try_collect()?;
            Ok(pieces.concat())
        })
    }

    /// Where each device of a role stood.
    pub(super) fn progress(&self, role: u8) -> Result<Vec<(Epoch, Place, u32)>, KeyringError> {
        self.read(|database| {
            let progress = database.begin_read()?.open_table(PROGRESS)?;
            let entries = progress.range((role, 0, 0)..=(role, u32::MAX, u32::MAX))?;
            entries
                .map(|entry| {
                    entry.map(|(key, next)| {
                        let (_, epoch, place) = key.value();
                        (Epoch(epoch), Place(place), next.value())
                    })
                })
                .try_collect()
        })
    }

    /// The walk-in messages of a role that were opened.
    pub(super) fn walk_ins(&self, role: u8) -> Result<Vec<(Epoch, [u8; 16])>, KeyringError> {
        self.read(|database| {
            let walk_ins = database.begin_read()?.open_table(WALK_INS)?;
            let entries = walk_ins.range((role, 0, [0; 16])..=(role, u32::MAX, [0xff; 16]))?;
            entries
                .map(|entry| {
                    entry.map(|(key, _)| {
                        let (_, epoch, id) = key.value();
                        (Epoch(epoch), id)
                    })
                })
                .try_collect()
        })
    }

    /// The pieces of a role that waited, oldest first.
    pub(super) fn waiting(&self, role: u8) -> Result<Vec<(u64, Piece)>, KeyringError> {
        self.read(|database| {
            let waiting = match database.begin_read()?.open_table(WAITING) {
                // A file from before there was such a table.
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                other => other?,
            };
            let entries = waiting.range((role, 0)..=(role, u64::MAX))?;
            entries
                .map(|entry| entry.map(|(key, piece)| (key.value().1, Piece::decode(piece.value()))))
                .try_collect()
        })
    }

    /// Writes down what a reader saw: durable when it returns. Of the ids that were seen, the last `keep` stay (and a
    /// few more, since whole pieces go).
    pub(super) fn record(&self, batch: &Batch, keep: usize) -> Result<(), KeyringError> {
        self.write(Durability::Immediate, |transaction| {
            if !batch.seen.is_empty() {
                let mut seen = transaction.open_table(SEEN)?;
                let end = seen.last()?.map_or(0, |(end, _)| end.value()) + batch.seen.len() as u64;
                seen.insert(end, piece_of(&batch.seen).as_slice())?;
                seen.retain_in(..=end.saturating_sub(keep as u64), |_, _| false)?;
            }
            let mut progress = transaction.open_table(PROGRESS)?;
            for (role, epoch, place, next) in &batch.progress {
                progress.insert((*role, epoch.0, place.0), next)?;
            }
            let mut walk_ins = transaction.open_table(WALK_INS)?;
            for (role, epoch, id) in &batch.walk_ins {
                walk_ins.insert((*role, epoch.0, *id), ())?;
            }
            if batch.waiting.is_empty() && batch.gone.is_empty() {
                return Ok(());
            }
            let mut waiting = transaction.open_table(WAITING)?;
            for (role, number, piece) in &batch.waiting {
                waiting.insert((*role, *number), piece.encode().as_slice())?;
            }
            for piece in &batch.gone {
                waiting.remove(*piece)?;
            }
            Ok(())
        })
    }

    /// Forgets what belongs to epochs that cannot be opened any more.
    pub(super) fn forget_before(&self, epoch: Epoch) -> Result<(), KeyringError> {
        self.write(Durability::Immediate, |transaction| {
            let mut seen = transaction.open_table(SEEN)?;
            let pieces =
                seen.iter()?.map(|entry| entry.map(|(end, piece)| (end.value(), seen_in(piece.value()))));
            for (end, piece) in pieces.try_collect()? {
                let kept: Vec<_> = piece.iter().copied().filter(|(_, came)| *came >= epoch).collect();
                if kept.is_empty() {
                    seen.remove(end)?;
                } else if kept.len() < piece.len() {
                    seen.insert(end, piece_of(&kept).as_slice())?;
                }
            }
            transaction.open_table(PROGRESS)?.retain(|(_, held, _), _| held >= epoch.0)?;
            transaction.open_table(WALK_INS)?.retain(|(_, held, _), ()| held >= epoch.0)?;
            Ok(())
        })
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, KeyringError> {
        self.read(|database| {
            let meta = database.begin_read()?.open_table(META)?;
            Ok(meta.get(key)?.map(|value| value.value().to_vec()))
        })
    }

    fn read<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, KeyringError> {
        work(&self.database).map_err(|error| self.unusable(&error.to_string()))
    }

    fn write(
        &self,
        durability: Durability,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), KeyringError> {
        let written = || -> Result<(), redb::Error> {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(durability)?;
            transaction.set_two_phase_commit(true);
            work(&transaction)?;
            transaction.commit()?;
            Ok(())
        };
        written().map_err(|error| self.unusable(&error.to_string()))
    }

    fn unusable(&self, what: &str) -> KeyringError {
        KeyringError::State { path: self.path.clone(), what: what.to_owned() }
    }
}

/// `Iterator::try_collect` of the nightly library, for redb's errors.
trait TryCollect<T>: Sized {
    fn try_collect(self) -> Result<Vec<T>, redb::Error>;
}

impl<T, I: Iterator<Item = Result<T, redb::StorageError>>> TryCollect<T> for I {
    fn try_collect(self) -> Result<Vec<T>, redb::Error> {
        Ok(self.collect::<Result<Vec<_>, _>>()?)
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
