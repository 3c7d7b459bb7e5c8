//! A disk that loses power, fills up and fails, for the queue's tests.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    sync::{Arc, Mutex},
};

use cowl::{
    node::{Commit, Lane, New, Once, Queue, Settings, WhenFull},
    random::SystemRng,
};
use cowl_core::Secret;
use rand_core::Rng as _;
use redb::StorageBackend;

/// A sector: what a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A disk in memory. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct Medium(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What a reader sees.
    seen: Vec<u8>,
    /// What survives for sure.
    synced: Vec<u8>,
    /// What may survive, in any combination.
    unsynced: Vec<Change>,
    /// How many more changes and syncs there are before the power fails.
    left: Option<u64>,
    dead: bool,
    /// Where the disk ends, and whether that is noticed as soon as a file is made longer.
    room: Option<(u64, bool)>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Medium {
    /// A disk with this content.
    pub fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State { seen: bytes.clone(), synced: bytes, ..State::default() })))
    }

    /// Lets the power fail after so many more changes.
    pub fn fail_after(&self, changes: u64) {
        self.0.lock().unwrap().left = Some(changes);
    }

    /// Lets the power fail now.
    pub fn fail(&self) {
        self.0.lock().unwrap().dead = true;
    }

    pub fn is_dead(&self) -> bool {
        self.0.lock().unwrap().dead
    }

    /// Lets the disk end here, or nowhere. Whether it is noticed at once when a file is made longer, or when it is written.
    pub fn set_room(&self, room: Option<(u64, bool)>) {
        self.0.lock().unwrap().room = room;
    }

    pub fn used(&self) -> u64 {
        self.0.lock().unwrap().seen.len() as u64
    }

    /// What is on the disk when the power comes back: all that was synced, some of the rest in its order, and of the last
    /// one some sectors.
    pub fn after_power_loss(&self, rng: &mut SystemRng) -> Self {
        let state = self.0.lock().unwrap();
        let mut bytes = state.synced.clone();
        // Anything between nothing and everything.
        let share = rng.next_u32() % 5;
        for (at, change) in state.unsynced.iter().enumerate() {
            let torn = at + 1 == state.unsynced.len();
            match change {
                Change::Length(length) if rng.next_u32() % 4 < share => bytes.resize(*length, 0),
                Change::Write(offset, data) => {
                    let whole = rng.next_u32() % 4 < share;
                    for (sector, piece) in data.chunks(SECTOR).enumerate() {
                        if if torn { rng.next_u32().is_multiple_of(2) } else { whole } {
                            write_at(&mut bytes, offset + sector * SECTOR, piece);
                        }
                    }
                }
                Change::Length(_) => (),
            }
        }
        Self::holding(bytes)
    }
}

fn write_at(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    if bytes.len() < offset + data.len() {
        bytes.resize(offset + data.len(), 0);
    }
    bytes[offset..offset + data.len()].copy_from_slice(data);
}

impl State {
    fn step(&mut self) -> io::Result<()> {
        if let Some(left) = &mut self.left {
            match left.checked_sub(1) {
                Some(less) => *left = less,
                None => self.dead = true,
            }
        }
        if self.dead { Err(ErrorKind::NotConnected.into()) } else { Ok(()) }
    }
}

impl StorageBackend for Medium {
    fn len(&self) -> io::Result<u64> {
        let state = self.0.lock().unwrap();
        if state.dead { Err(ErrorKind::NotConnected.into()) } else { Ok(state.seen.len() as u64) }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.lock().unwrap();
        if state.dead {
            return Err(ErrorKind::NotConnected.into());
        }
        let offset = usize::try_from(offset).unwrap();
        let found = state.seen.get(offset..offset + out.len()).ok_or(ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.step()?;
        if state.room.is_some_and(|(room, at_once)| at_once && len > room.max(state.seen.len() as u64)) {
            return Err(ErrorKind::StorageFull.into());
        }
        let length = usize::try_from(len).unwrap();
        state.seen.resize(length, 0);
        state.unsynced.push(Change::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.step()?;
        let State { seen, synced, .. } = &mut *state;
        synced.clone_from(seen);
        state.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        let stepped = state.step();
        let offset = usize::try_from(offset).unwrap();
        // The write that the power fails in may have reached the disk, in part.
        if stepped.is_ok() || state.left == Some(0) {
            state.unsynced.push(Change::Write(offset, data.to_vec()));
            state.left = state.left.filter(|_| stepped.is_ok());
        }
        stepped?;
        if state.room.is_some_and(|(room, _)| (offset + data.len()) as u64 > room) {
            state.unsynced.pop();
            return Err(ErrorKind::StorageFull.into());
        }
        write_at(&mut state.seen, offset, data);
        Ok(())
    }
}

pub fn key() -> Secret {
    Secret::new([1; 32])
}

pub fn settings(commit: Commit) -> Settings {
    Settings { commit, ..Settings::new(64 << 20, WhenFull::Refuse) }
}

pub fn open_on(medium: &Medium, settings: Settings) -> Queue {
    Queue::open_on(medium.clone(), &key(), settings, SystemRng::hazmat_seeded([5; 32])).unwrap()
}

/// A body that tells its number, of a length that varies.
pub fn body(number: u64) -> Vec<u8> {
    let mut body = number.to_be_bytes().to_vec();
    let length = [40, 200, 300, 900, 3_000, 9_000][usize::try_from(number % 6).unwrap()];
    body.extend((0..length).map(|at| u8::try_from((number + at) % 251).unwrap()));
    body
}

/// The number that a body tells, if it is whole.
pub fn number(bytes: &[u8]) -> Option<u64> {
    let number = u64::from_be_bytes(*bytes.first_chunk()?);
    (bytes == body(number)).then_some(number)
}

/// Number `number`: every third is urgent, every fourth a walk-in, every other one has a key.
pub fn numbered(number: u64) -> New {
    New {
        lane: if number.is_multiple_of(4) { Lane::WalkIn } else { Lane::Enrolled },
        urgent: number.is_multiple_of(3),
        body: body(number).into(),
        once: number.is_multiple_of(2).then(|| once(number)),
    }
}

pub fn once(number: u64) -> Once {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.to_be_bytes());
    Once { key, expiry: number }
}

/// Takes everything; how often each number came.
pub fn drain(queue: &Queue) -> BTreeMap<u64, u32> {
    let mut found = BTreeMap::new();
    for lane in Lane::ALL {
        let mut last = [None; 2];
        while queue.status().waiting(lane).all() > 0 {
            // It may be looking for what is damaged.
            let Some(entry) = queue.take(lane) else {
                std::thread::yield_now();
                continue;
            };
            let number = number(&entry.body).expect("what was put");
            assert_eq!((entry.lane, entry.urgent), (numbered(number).lane, numbered(number).urgent));
            let last = &mut last[usize::from(entry.urgent)];
            assert!(last.is_none_or(|last| last < number), "{number} after {last:?}");
            *last = Some(number);
            *found.entry(number).or_default() += 1;
        }
    }
    found
}
