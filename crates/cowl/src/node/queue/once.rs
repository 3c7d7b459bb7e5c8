//! What was kept before: keys in memory, in the pieces in which they lie on disk, one piece for each commit.

use std::collections::{HashMap, VecDeque};

use super::{Once, OnceLimit, OnceWhenFull};

/// Bytes of a key and its expiry on disk.
pub(super) const ONCE_LEN: usize = 16 + 8;

/// The record in memory.
pub(super) struct Record {
    limit: OnceLimit,
    /// Key → the commit that was to bring it to the disk.
    keys: HashMap<[u8; 16], u64>,
    /// Those on disk, oldest first.
    pieces: VecDeque<Piece>,
}

/// What one commit added.
pub(super) struct Piece {
    pub(super) number: u64,
    /// Of its latest key: until then it stays whole.
    pub(super) expiry: u64,
    pub(super) keys: Box<[[u8; 16]]>,
}

impl Piece {
    pub(super) fn new(number: u64, once: &[Once]) -> Self {
        Self {
            number,
            expiry: once.iter().map(|once| once.expiry).max().unwrap_or(0),
            keys: once.iter().map(|once| once.key).collect(),
        }
    }
}

impl Record {
    pub(super) fn new(limit: OnceLimit) -> Self {
        Self { limit, keys: HashMap::new(), pieces: VecDeque::new() }
    }

    /// Whether one more key has to be refused.
    pub(super) fn is_full(&self) -> bool {
        self.limit.when_full == OnceWhenFull::Refuse && self.keys.len() >= self.limit.most
    }

    /// The commit that a key came with, if it is known.
    pub(super) fn commit_of(&self, key: &[u8; 16]) -> Option<u64> {
        self.keys.get(key).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds the key of something that is on its way to the disk.
    pub(super) fn add(&mut self, key: [u8; 16], commit: u64) {
        self.keys.insert(key, commit);
    }

    /// What was on its way did not reach the disk.
    pub(super) fn withdraw(&mut self, once: &[Once]) {
        for once in once {
            self.keys.remove(&once.key);
        }
    }

    /// What was on its way is on disk, in this piece.
    pub(super) fn keep(&mut self, piece: Piece) {
        self.pieces.push_back(piece);
    }

    /// Takes over a piece that was on disk when the queue was opened.
    pub(super) fn load(&mut self, piece: Piece) {
        self.keys.extend(piece.keys.iter().map(|key| (*key, 0)));
        self.pieces.push_back(piece);
    }

    /// Forgets the oldest pieces without which the limit is still reached; returns their numbers.
    pub(super) fn forget_oldest(&mut self) -> Vec<u64> {
        let mut gone = Vec::new();
        if self.limit.when_full == OnceWhenFull::ForgetOldest {
            while let Some(piece) = self
                .pieces
                .pop_front_if(|piece| self.keys.len().saturating_sub(piece.keys.len()) >= self.limit.most)
            {
                gone.push(self.forget(&piece));
            }
        }
        gone
    }

    /// Forgets the pieces of which every key expires before this; returns their numbers.
    pub(super) fn forget_before(&mut self, expiry: u64) -> Vec<u64> {
        let (gone, kept) = self.pieces.drain(..).partition::<VecDeque<_>, _>(|piece| piece.expiry < expiry);
        self.pieces = kept;
        gone.iter().map(|piece| self.forget(piece)).collect()
    }

    fn forget(&mut self, piece: &Piece) -> u64 {
        for key in &piece.keys {
            self.keys.remove(key);
        }
        piece.number
    }
}
