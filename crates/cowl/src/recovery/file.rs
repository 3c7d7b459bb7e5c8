//! The recovery file: one line in clear that says which shares open it, then an age file.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{Pack, RecoveryError, Share, ShareSet};
use crate::{
    files,
    rest::{self, Identities, To},
};

const MAGIC: &[u8] = b"cowl recovery 1 ";
/// What one of any version begins with.
const FAMILY: &[u8] = b"cowl recovery ";
/// The largest one that is read, in bytes.
const LIMIT: u64 = 1 << 30;

/// A recovery file that was read, and not opened.
#[derive(Debug)]
pub struct RecoveryFile {
    path: PathBuf,
    /// The shares that open it.
    pub set: ShareSet,
    sealed: Vec<u8>,
}

impl RecoveryFile {
    /// Reads one.
    pub fn load(path: &Path) -> Result<Self, RecoveryError> {
        Self::parse(path, &files::read(path, LIMIT)?)
    }

    /// Whether a file begins as one, of any version.
    pub(super) fn is_one(path: &Path) -> bool {
        let mut start = Vec::new();
        let read =
            std::fs::File::open(path).and_then(|file| file.take(FAMILY.len() as u64).read_to_end(&mut start));
        read.is_ok() && start == FAMILY
    }

    /// From its bytes; `path` is what errors call it.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, RecoveryError> {
        let not_one = || RecoveryError::NotOne { path: path.to_owned(), what: "recovery file" };
        let damaged = |what| RecoveryError::Damaged { path: path.to_owned(), what };
        let Some(content) = bytes.strip_prefix(MAGIC) else {
            let version = bytes.strip_prefix(FAMILY).and_then(|rest| rest.split(|byte| *byte == b' ').next());
            let version = version.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
            return Err(version
                .map_or_else(not_one, |version| RecoveryError::Version { path: path.to_owned(), version }));
        };
        let end = content.iter().position(|byte| *byte == b'\n').ok_or_else(|| damaged("it was cut off"))?;
        let (line, sealed) = content.split_at(end);
        let set: ShareSet = serde_json::from_slice(line)
            .map_err(|_| damaged("its first line does not say which shares open it"))?;
        set.check_form(path)?;
        let sealed = sealed.get(1..).unwrap_or_default().to_vec();
        Ok(Self { path: path.to_owned(), set, sealed })
    }

    /// Encrypts a pack for whoever has the shares.
    pub(super) fn seal(set: &ShareSet, pack: &Pack) -> Result<Vec<u8>, RecoveryError> {
        let set = ShareSet { copies: Vec::new(), ..set.clone() };
        let mut bytes = MAGIC.to_vec();
        bytes.extend(serde_json::to_vec(&set).unwrap_or_default());
        bytes.push(b'\n');
        bytes.extend(rest::seal(&pack.to_bytes(), &To::Recipients(vec![set.recipient()?]))?);
        Ok(bytes)
    }

    /// Opens it with shares.
    pub fn open(&self, shares: &[Share]) -> Result<Pack, RecoveryError> {
        let identity = self.set.join(shares)?;
        let opened = rest::open_with(&self.sealed, None, &Identities::one(identity));
        let opened: Zeroizing<Vec<u8>> = opened.map_err(|error| match error {
            rest::RestError::Damaged => {
                RecoveryError::Damaged { path: self.path.clone(), what: "it was cut off or altered" }
            }
            source => files::FileError::Rest { path: self.path.clone(), source }.into(),
        })?;
        Pack::from_bytes(&opened, &self.path)
    }
}
