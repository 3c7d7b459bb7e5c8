//! Files of slots of one size, each sealed and each written where it lies, so that what it held before is overwritten and not left
//! behind in freed blocks: for keys that are to be destroyed.
//!
//! ```text
//! slot = nonce: 12 ‖ AES-256-GCM-SIV(key, nonce, text: 100, the file's label: 20 ‖ number: u32)
//! ```
//!
//! Slot 0 is the head. A slot lies within a sector, so a power cut leaves the old one or the new one. Zeros are a slot in which
//! nothing is. (On flash the drive may keep an old block for a while, and file systems that never write in place keep it in
//! snapshots: there the disk's own encryption must help.)

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use cowl_core::Secret;
use rand_core::Rng as _;
use zeroize::Zeroizing;

use crate::{
    files::{self, Access, FileError},
    random::SystemRng,
};

/// Bytes of a slot, and of what it holds.
const SLOT: usize = 128;
pub(crate) const TEXT: usize = SLOT - NONCE - TAG;
const NONCE: usize = 12;
const TAG: usize = 16;
/// Bytes of a label.
const LABEL: usize = 20;
/// More slots than any gateway has, in bytes.
const LIMIT: u64 = 64 << 20;

/// What a file's slots are bound to; with the number of its form.
pub(crate) type Label = [u8; LABEL];

/// What a slot holds.
pub(crate) type Text = Zeroizing<[u8; TEXT]>;

/// Why a file of slots cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SlotsError {
    /// It could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is none, or another key's.
    #[error("{} is damaged, or of another key", .0.display())]
    Damaged(PathBuf),
}

/// What was found in a slot.
pub(crate) enum Slot {
    Nothing,
    Text(Text),
    Damaged,
}

/// The open file.
pub(crate) struct Slots {
    path: PathBuf,
    label: Label,
    file: File,
    key: LessSafeKey,
    rng: SystemRng,
}

impl Slots {
    /// Opens the file, or makes it with nothing but its head.
    pub(crate) fn open(path: &Path, label: Label, key: &Secret) -> Result<Self, SlotsError> {
        let damaged = || SlotsError::Damaged(path.to_owned());
        let key =
            UnboundKey::new(&AES_256_GCM_SIV, key.expose()).map(LessSafeKey::new).map_err(|_| damaged())?;
        let mut rng = SystemRng::new();
        if !path.exists() {
            let head = sealed(&key, &mut rng, &label, 0, &[0; TEXT]).ok_or_else(damaged)?;
            files::create(path, &head, Access::Owner)?;
        }
        let read = |source| FileError::Read { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(read)?;
        let mut slots = Self { path: path.to_owned(), label, file, key, rng };
        let head = slots.read()?.into_iter().next();
        if matches!(head, Some(Slot::Text(_))) { Ok(slots) } else { Err(damaged()) }
    }

    /// Everything that there is; what was cut off at the end is as if it never were.
    pub(crate) fn read(&mut self) -> Result<Vec<Slot>, SlotsError> {
        let failed = |source| FileError::Read { path: self.path.clone(), source };
        let mut bytes = Zeroizing::new(Vec::new());
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| (&self.file).take(LIMIT).read_to_end(&mut bytes))
            .map_err(failed)?;
        let (slots, _torn) = bytes.as_chunks::<SLOT>();
        Ok((0_u32..).zip(slots).map(|(number, slot)| self.opened(number, slot)).collect())
    }

    /// Writes slots, on disk when it returns.
    pub(crate) fn write(&mut self, slots: &[(u32, Text)]) -> Result<(), SlotsError> {
        let damaged = || SlotsError::Damaged(self.path.clone());
        let mut written = Ok(());
        for (number, text) in slots {
            let slot = if is_nothing(text.as_slice()) {
                vec![0; SLOT]
            } else {
                sealed(&self.key, &mut self.rng, &self.label, *number, text).ok_or_else(damaged)?
            };
            let at = SeekFrom::Start(u64::from(*number) * SLOT as u64);
            written = written.and_then(|()| self.file.seek(at)).and_then(|_| self.file.write_all(&slot));
        }
        let written = written.and_then(|()| self.file.sync_data());
        Ok(written.map_err(|source| FileError::Write { path: self.path.clone(), source })?)
    }

    fn opened(&self, number: u32, slot: &[u8; SLOT]) -> Slot {
        if is_nothing(slot) {
            return Slot::Nothing;
        }
        let Some((nonce, sealed)) = slot.split_first_chunk::<NONCE>() else { return Slot::Damaged };
        let mut text = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.key.open_in_place(nonce, Aad::from(binding(&self.label, number)), &mut text);
        let text = opened.ok().and_then(|text| text.first_chunk::<TEXT>());
        text.map_or(Slot::Damaged, |text| Slot::Text(Zeroizing::new(*text)))
    }
}

fn sealed(
    key: &LessSafeKey,
    rng: &mut SystemRng,
    label: &Label,
    number: u32,
    text: &[u8; TEXT],
) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let mut slot = Zeroizing::new(text.to_vec());
    let bound = Aad::from(binding(label, number));
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut *slot).ok()?;
    Some([nonce.as_slice(), &slot].concat())
}

fn binding(label: &Label, number: u32) -> [u8; LABEL + 4] {
    let mut bound = [0; LABEL + 4];
    let (front, behind) = bound.split_at_mut(LABEL);
    front.copy_from_slice(label);
    behind.copy_from_slice(&number.to_be_bytes());
    bound
}

fn is_nothing(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
