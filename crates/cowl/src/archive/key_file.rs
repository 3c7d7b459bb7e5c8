//! The store key: a small file of two slots, one of them in use. It is changed in place, so that the old key is overwritten
//! where it lay and not left behind in freed blocks.
//!
//! A replacement is written into the free slot and synced, then the database commits to it, then the old slot is
//! overwritten: at every instant the slot that the database names is whole. (On flash the drive may keep an old block for a
//! while, and file systems that never write in place keep it in snapshots: there the disk's own encryption must help.)

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;
use cowl_core::Secret;
use zeroize::Zeroizing;

use super::error::ArchiveError;
use crate::files::{self, Access, FileError};

/// What a slot begins with; the number is that of the form.
const MAGIC: &[u8; 16] = b"cowl store key 1";
/// A block of its own for each slot, so that a torn write of one leaves the other whole.
const SLOT: usize = 4_096;
const LENGTH: usize = 2 * SLOT;
/// Magic, generation, archive, key, checksum.
const USED: usize = 16 + 8 + 16 + 32 + CHECK;
const CHECK: usize = 16;

/// The open file.
#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
    file: File,
}

impl KeyFile {
    /// Makes it, with one key.
    pub(super) fn create(
        path: &Path,
        archive: &[u8; 16],
        generation: u64,
        key: &Secret,
    ) -> Result<(), ArchiveError> {
        let mut bytes = Zeroizing::new(vec![0; LENGTH]);
        if let Some(slot) = bytes.get_mut(offset(generation)..) {
            fill(slot, archive, generation, key);
        }
        Ok(files::create(path, &bytes, Access::Owner)?)
    }

    pub(super) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let length = files::read_secret(path, LENGTH as u64)?.len();
        if length != LENGTH {
            return Err(ArchiveError::OtherKey(path.to_owned()));
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|source| FileError::Read { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// The key of a generation.
    pub(super) fn key(&mut self, archive: &[u8; 16], generation: u64) -> Result<Secret, ArchiveError> {
        let mut slot = Zeroizing::new(vec![0; SLOT]);
        self.file
            .seek(SeekFrom::Start(offset(generation) as u64))
            .and_then(|_| self.file.read_exact(&mut slot))
            .map_err(|source| FileError::Read { path: self.path.clone(), source })?;
        parse(&slot, archive, generation).ok_or_else(|| ArchiveError::OtherKey(self.path.clone()))
    }

    /// Writes the key of a generation into its slot, which the generation before does not use; on disk when it returns.
    pub(super) fn write(
        &mut self,
        archive: &[u8; 16],
        generation: u64,
        key: &Secret,
    ) -> Result<(), ArchiveError> {
        let mut slot = Zeroizing::new(vec![0; SLOT]);
        fill(&mut slot, archive, generation, key);
        self.put(offset(generation), &slot)
    }

    /// Overwrites the slot that this generation does not use, on disk when it returns.
    pub(super) fn keep_only(&mut self, generation: u64) -> Result<(), ArchiveError> {
        let other = offset(generation.wrapping_add(1));
        let mut slot = Zeroizing::new(vec![0; SLOT]);
        self.file
            .seek(SeekFrom::Start(other as u64))
            .and_then(|_| self.file.read_exact(&mut slot))
            .map_err(|source| FileError::Read { path: self.path.clone(), source })?;
        if slot.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        self.put(other, &[0xff; SLOT])?;
        self.put(other, &[0; SLOT])
    }

    fn put(&mut self, at: usize, bytes: &[u8]) -> Result<(), ArchiveError> {
        let written = self
            .file
            .seek(SeekFrom::Start(at as u64))
            .and_then(|_| self.file.write_all(bytes))
            .and_then(|()| self.file.sync_all());
        Ok(written.map_err(|source| FileError::Write { path: self.path.clone(), source })?)
    }
}

/// Generations take turns.
const fn offset(generation: u64) -> usize {
    if generation.is_multiple_of(2) { 0 } else { SLOT }
}

fn fill(slot: &mut [u8], archive: &[u8; 16], generation: u64, key: &Secret) {
    let head = Zeroizing::new(
        [MAGIC.as_slice(), &generation.to_be_bytes(), archive, key.expose().as_slice()].concat(),
    );
    for (into, byte) in slot.iter_mut().zip(head.iter().chain(&check(&head))) {
        *into = *byte;
    }
}

fn parse(slot: &[u8], archive: &[u8; 16], generation: u64) -> Option<Secret> {
    let (head, sum) = slot.get(..USED)?.split_last_chunk::<CHECK>()?;
    let (said, key) = head.split_last_chunk::<32>()?;
    let expected = [MAGIC.as_slice(), &generation.to_be_bytes(), archive].concat();
    (check(head) == *sum && said == expected).then(|| Secret::new(*key))
}

/// Finds a damaged slot; says nothing of the key that could be used.
fn check(head: &[u8]) -> [u8; CHECK] {
    let digest = digest::digest(&digest::SHA256, head);
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}
