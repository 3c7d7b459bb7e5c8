//! Which of a gateway's identities each device behind it has: given out in the order they first come, for ever, one each.
//!
//! A file of records of one size, sealed with a key of the credential's; the n-th record names the n-th identity's device.
//! A device's first report is not kept before its record is on disk: else, after a crash, another device could be given
//! the identity that a waiting report already bears.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use cowl_core::Secret;

use super::name::MAX_DEVICE_NAME;
use crate::files::{self, Access, FileError};

/// What the first record says, as if it were a name; and its number, which no identity has.
const MAGIC: &str = "cowl roster 1";
const HEAD: u32 = u32::MAX;
/// Bytes of a record: the name's length, the name, zeros, and 16 of authentication.
const RECORD: usize = 256;
const TAG: usize = 16;
/// More new devices than this at once are told to try again: each waits with its first reports in memory.
const MOST_WAITING: usize = 4_096;

/// Why the roster cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no roster of this credential's.
    #[error("{} is damaged, or belongs to another credential", .0.display())]
    Damaged(PathBuf),
}

/// What is to be done once a device's record is on disk, or could not be put there.
pub(super) type Then = Box<dyn FnOnce(bool) + Send>;

/// Where a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It has this identity, and its record is on disk.
    Known(u32),
    /// It has this identity; what depends on its record must wait for it ([`Roster::when_written`]).
    New(u32),
}

/// Why a device gets no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// All are given out.
    Full,
    /// Too many wait to be written down.
    Busy,
}

/// The roster of a gateway that runs.
#[derive(Debug)]
pub(super) struct Roster {
    shared: Arc<Shared>,
    /// `None`: each record is written by who adds it.
    writer: Option<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    wake: Condvar,
}

struct Inner {
    places: HashMap<Box<str>, u32>,
    /// The identity of the next device.
    next: u32,
    capacity: u32,
    /// Records up to here are on disk.
    written: u32,
    /// The names from `written` on, in order.
    unwritten: Vec<Box<str>>,
    waiting: Vec<Then>,
    file: Option<Records>,
    closed: bool,
}

/// The file.
struct Records {
    file: File,
    seal: Seal,
}

impl Roster {
    /// Opens or makes the roster of a credential with so many identities to give. `inline`: no thread of its own; each new
    /// device costs its first message a sync.
    pub(super) fn open(path: &Path, key: &Secret, capacity: u32, inline: bool) -> Result<Self, RosterError> {
        let seal = Seal::new(key);
        let unwritable = |source| FileError::Write { path: path.to_owned(), source };
        if !path.exists() {
            files::create(path, &seal.record(HEAD, MAGIC).map_err(unwritable)?, Access::Owner)?;
        }
        let names = names(path, &seal)?;
        let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let places = (0_u32..).zip(names).filter_map(|(place, name)| Some((name?, place))).collect();
        let file = append_to(path, next).map_err(unwritable)?;
        let inner = Inner {
            places,
            next,
            capacity,
            written: next,
            unwritten: Vec::new(),
            waiting: Vec::new(),
            file: Some(Records { file, seal }),
            closed: false,
        };
        let shared = Arc::new(Shared { inner: Mutex::new(inner), wake: Condvar::new() });
        let writer = if inline {
            None
        } else {
            let shared = Arc::clone(&shared);
            let spawned = thread::Builder::new().name("cowl-roster".into()).spawn(move || shared.write());
            Some(spawned.map_err(unwritable)?)
        };
        Ok(Self { shared, writer })
    }

    /// The names in a roster, in the order of their identities; of a gateway that runs, too.
    pub(super) fn read(path: &Path, key: &Secret) -> Result<Vec<(String, u32)>, RosterError> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let names = names(path, &Seal::new(key))?;
        Ok((0_u32..).zip(names).filter_map(|(place, name)| Some((name?.into_string(), place))).collect())
    }

    /// How many records of a roster cannot be read. Nothing is written.
    pub(super) fn damaged(path: &Path, key: &Secret) -> Result<usize, RosterError> {
        Ok(names(path, &Seal::new(key))?.iter().filter(|name| name.is_none()).count())
    }

    /// The identity of a device; a new one is given the next.
    pub(super) fn place(&self, name: &str) -> Result<Place, NoPlace> {
        let mut inner = self.shared.lock();
        let place = match inner.places.get(name) {
            Some(place) => *place,
            None if inner.next >= inner.capacity => return Err(NoPlace::Full),
            None if inner.waiting.len() >= MOST_WAITING || inner.unwritten.len() >= MOST_WAITING => {
                return Err(NoPlace::Busy);
            }
            None => {
                let place = inner.next;
                inner.next += 1;
                inner.places.insert(name.into(), place);
                inner.unwritten.push(name.into());
                place
            }
        };
        if place < inner.written {
            return Ok(Place::Known(place));
        }
        if inner.waiting.len() >= MOST_WAITING { Err(NoPlace::Busy) } else { Ok(Place::New(place)) }
    }

    /// Does something once all records so far are on disk.
    pub(super) fn when_written(&self, then: Then) {
        let mut inner = self.shared.lock();
        inner.waiting.push(then);
        if self.writer.is_some() {
            drop(inner);
            self.shared.wake.notify_one();
            return;
        }
        let mut work = inner.take_work();
        let written = work.write();
        let waiting = inner.settle(work, written);
        drop(inner);
        for then in waiting {
            then(written);
        }
    }

    /// All devices, by identity.
    pub(super) fn list(&self) -> Vec<(String, u32)> {
        let inner = self.shared.lock();
        let mut list: Vec<_> = inner.places.iter().map(|(name, place)| (name.to_string(), *place)).collect();
        drop(inner);
        list.sort_unstable_by_key(|(_, place)| *place);
        list
    }

    /// How many devices there are.
    pub(super) fn len(&self) -> usize {
        self.shared.lock().places.len()
    }
}

impl Drop for Roster {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_one();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Records to write, and what waits for them.
struct Work {
    first: u32,
    names: Vec<Box<str>>,
    waiting: Vec<Then>,
    file: Option<Records>,
}

impl Inner {
    fn take_work(&mut self) -> Work {
        Work {
            first: self.written,
            names: std::mem::take(&mut self.unwritten),
            waiting: std::mem::take(&mut self.waiting),
            file: self.file.take(),
        }
    }

    /// Takes back what was worked on, and says what waited for it.
    fn settle(&mut self, work: Work, written: bool) -> Vec<Then> {
        if written {
            self.written = work.first + u32::try_from(work.names.len()).unwrap_or(u32::MAX);
        } else {
            // They keep their identities, and are tried again with the next report.
            let later = std::mem::take(&mut self.unwritten);
            self.unwritten = work.names.into_iter().chain(later).collect();
        }
        self.file = work.file;
        work.waiting
    }
}

impl Work {
    fn write(&mut self) -> bool {
        self.names.is_empty()
            || self.file.as_mut().is_some_and(|records| records.append(self.first, &self.names).is_ok())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer's life: whatever came while one sync ran shares the next.
    fn write(&self) {
        loop {
            let mut inner = self.lock();
            while inner.waiting.is_empty() && !inner.closed {
                inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
            }
            if inner.waiting.is_empty() {
                return;
            }
            let mut work = inner.take_work();
            drop(inner);
            let written = work.write();
            let waiting = self.lock().settle(work, written);
            for then in waiting {
                then(written);
            }
        }
    }
}

impl Records {
    /// Writes records behind one another and syncs; what failed half is overwritten by the next attempt.
    fn append(&mut self, first: u32, names: &[Box<str>]) -> io::Result<()> {
        use std::io::Seek as _;
        let mut bytes = Vec::with_capacity(names.len() * RECORD);
        for (place, name) in (first..).zip(names) {
            bytes.extend_from_slice(&self.seal.record(place, name)?);
        }
        self.file.seek(io::SeekFrom::Start(offset(first)))?;
        self.file.write_all(&bytes)?;
        self.file.sync_data()
    }
}

const fn offset(place: u32) -> u64 {
    (RECORD as u64) * (1 + place as u64)
}

/// Opens the file for writing and cuts off what was written half when the power went.
fn append_to(path: &Path, records: u32) -> io::Result<File> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(offset(records))?;
    Ok(file)
}

/// The name in each record. `None`: it cannot be read; its identity stays unused, and its device gets another one. What
/// was not written whole at the end is as if it never were: nothing was kept that depends on it.
fn names(path: &Path, seal: &Seal) -> Result<Vec<Option<Box<str>>>, RosterError> {
    let read = |source| FileError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(read)?;
    let (records, _torn) = bytes.as_chunks::<RECORD>();
    let (head, records) = records.split_first().ok_or_else(|| RosterError::Damaged(path.to_owned()))?;
    if seal.name(HEAD, head).as_deref() != Some(MAGIC) {
        return Err(RosterError::Damaged(path.to_owned()));
    }
    let written =
        records.iter().rposition(|record| record.iter().any(|byte| *byte != 0)).map_or(0, |last| last + 1);
    Ok((0_u32..).zip(records.iter().take(written)).map(|(place, record)| seal.name(place, record)).collect())
}

/// AES-256-GCM-SIV: a record that is written again under its number reveals at most that it is the same.
struct Seal(Option<LessSafeKey>);

impl Seal {
    fn new(key: &Secret) -> Self {
        Self(UnboundKey::new(&AES_256_GCM_SIV, key.expose()).ok().map(LessSafeKey::new))
    }

    fn record(&self, place: u32, name: &str) -> io::Result<Vec<u8>> {
        let key = self.0.as_ref().ok_or_else(|| io::Error::other("no cipher"))?;
        let length = u16::try_from(name.len()).ok().filter(|_| name.len() <= MAX_DEVICE_NAME);
        let length = length.ok_or_else(|| io::Error::other("a name is too long"))?;
        let mut record = Vec::with_capacity(RECORD);
        record.extend_from_slice(&length.to_be_bytes());
        record.extend_from_slice(name.as_bytes());
        record.resize(RECORD - TAG, 0);
        key.seal_in_place_append_tag(nonce(place), Aad::from(MAGIC.as_bytes()), &mut record)
            .map_err(|_| io::Error::other("sealing failed"))?;
        Ok(record)
    }

    fn name(&self, place: u32, record: &[u8; RECORD]) -> Option<Box<str>> {
        let mut record = *record;
        let text =
            self.0.as_ref()?.open_in_place(nonce(place), Aad::from(MAGIC.as_bytes()), &mut record).ok()?;
        let (length, rest) = text.split_first_chunk::<2>()?;
        let name = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        std::str::from_utf8(name).ok().map(Box::from)
    }
}

fn nonce(place: u32) -> Nonce {
    let mut nonce = [0; 12];
    if let Some(end) = nonce.last_chunk_mut::<4>() {
        *end = place.to_be_bytes();
    }
    Nonce::assume_unique_for_key(nonce)
}

// Names are people's.
impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Roster")
            .field("devices", &self.places.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
