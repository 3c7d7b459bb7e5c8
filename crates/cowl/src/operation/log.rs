//! What the operation writes down of itself: [`crate::log`] in the folder `log/`.

use std::{path::Path, sync::atomic::Ordering};

use cowl_core::{Epoch, SignedManifest};

use super::{Kind, Lock, Operation, OperationError, names};
use crate::{
    log::{
        Blinded, BlindingKey, Digest, Entry, Event, LogError, Reader, Repaired, SignedCheckpoint,
        VerifierKey, Writer, log_key,
    },
    random::SystemRng,
};

impl Operation {
    /// Writes an event into the log, at a time in Unix seconds: on disk and signed before it returns. Call it *before*
    /// what it says is done. Within the operation, whoever holds the folder's lock calls `note_held`.
    pub fn note(&self, event: Event, unix_seconds: u64) -> Result<SignedCheckpoint, OperationError> {
        let lock = Lock::take(&self.folder)?;
        self.note_held(&lock, &[event], unix_seconds)
    }

    /// The same for many events at once, which cost as much as one.
    pub fn note_all(&self, events: &[Event], unix_seconds: u64) -> Result<SignedCheckpoint, OperationError> {
        let lock = Lock::take(&self.folder)?;
        self.note_held(&lock, events, unix_seconds)
    }

    /// The same for whoever holds the lock.
    pub(super) fn note_held(
        &self,
        _held: &Lock,
        events: &[Event],
        unix_seconds: u64,
    ) -> Result<SignedCheckpoint, OperationError> {
        let (folder, key) = (self.log_folder(), self.log_key());
        let bytes = |event: &Event| Entry::new(event.clone(), unix_seconds).to_bytes();
        let mut entries: Vec<_> = events.iter().map(bytes).collect();
        if !folder.exists() {
            // Made before there were logs: from here on it has one.
            let members = self.register.members().len() as u64;
            let first = [Event::Begun { members }, manifest_event(&self.manifest)];
            entries.splice(0..0, first.iter().map(bytes));
            Writer::create(&folder, &key, self.secrets.authority(), &entries)?;
            return Ok(Reader::open(&folder)?.checkpoint()?);
        }
        let mut writer = Writer::open(&folder, &key, self.secrets.authority())?;
        if writer.unsigned() > 0 {
            entries.insert(0, bytes(&Event::Repaired { entries: writer.unsigned() }));
        }
        Ok(writer.append(&entries)?)
    }

    /// The entry of one enrolment, for whoever holds the lock.
    pub(super) fn note_enrolled(
        &self,
        held: &Lock,
        kind: Kind,
        name: &str,
        now: Epoch,
    ) -> Result<(), OperationError> {
        let event = Event::Enrolled { kind, member: self.blind(name)? };
        self.note_held(held, &[event], self.time_in(now)).map(drop)
    }

    /// The entry of an enrolment that is taken back.
    pub(super) fn note_retracted(&self, held: &Lock, name: &str) -> Result<(), OperationError> {
        let event = Event::Retracted { member: self.blind(name)? };
        self.note_held(held, &[event], self.time_in(self.manifest.walk_in.first)).map(drop)
    }

    /// What the log calls the member of this name. Draws the key for it if there is none.
    pub fn blind(&self, name: &str) -> Result<Blinded, OperationError> {
        let path = self.folder.join(names::BLINDING);
        let key = if path.exists() {
            BlindingKey::load(&path)?
        } else {
            // Not the caller's generator: in a simulation, everything else must stay the same.
            BlindingKey::create(&path, &mut SystemRng::new())?
        };
        Ok(key.blind(name))
    }

    /// The log, if there is one: an operation from before there were logs gets one at its next change.
    pub fn log(&self) -> Result<Option<Reader>, OperationError> {
        match Reader::open(&self.log_folder()) {
            Ok(reader) => Ok(Some(reader)),
            Err(LogError::NoLog(folder)) if !folder.exists() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The key by which everyone verifies the log.
    pub fn log_key(&self) -> VerifierKey {
        log_key(self.manifest.operation, self.secrets.authority().public())
    }

    /// Keeps a checkpoint that witnesses signed.
    pub fn keep_witnessed(&self, cosigned: &SignedCheckpoint) -> Result<(), OperationError> {
        let _lock = Lock::take(&self.folder)?;
        let writer = Writer::open(&self.log_folder(), &self.log_key(), self.secrets.authority())?;
        Ok(writer.keep_witnessed(cosigned)?)
    }

    /// Puts a damaged log together again, from its own entries or a copy's; see [`Writer::repair`].
    pub fn repair_log(&self, copy: Option<&Reader>, unix_seconds: u64) -> Result<Repaired, OperationError> {
        let _lock = Lock::take(&self.folder)?;
        let key = self.secrets.authority();
        Ok(Writer::repair(&self.log_folder(), copy, &self.log_key(), key, unix_seconds)?)
    }

    /// The time of an entry about something that happens in an epoch: what the clock last said, which every command asks
    /// first, and not before the epoch.
    pub(super) fn time_in(&self, epoch: Epoch) -> u64 {
        self.told.load(Ordering::Relaxed).max(self.manifest.calendar.start_of(epoch))
    }

    /// The version of the newest manifest that the log knows. One may have been entered and never published.
    pub(super) fn logged_version(&self) -> Result<u32, OperationError> {
        let version = |entry: &[u8]| match Entry::parse(entry)?.event {
            Event::Manifest { version, .. } => Some(version),
            _ => None,
        };
        match self.log()? {
            Some(log) => Ok(log.find_last(version)?.map_or(0, |(_, version)| version)),
            None => Ok(0),
        }
    }

    fn log_folder(&self) -> std::path::PathBuf {
        self.folder.join(names::LOG)
    }
}

/// The first entries of a new operation.
pub(super) fn begin(
    folder: &Path,
    manifest: &SignedManifest,
    key: &cowl_core::AuthorityKey,
    unix_seconds: u64,
) -> Result<(), OperationError> {
    let events = [Event::Created, manifest_event(manifest)];
    let entries = events.map(|event| Entry::new(event, unix_seconds).to_bytes());
    let name = log_key(manifest.operation, key.public());
    Ok(Writer::create(&folder.join(names::LOG), &name, key, &entries)?)
}

/// A manifest's entry: its version and the hash of its file.
pub(super) fn manifest_event(manifest: &SignedManifest) -> Event {
    Event::Manifest { version: manifest.version, hash: Digest::of(manifest.bytes()) }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
