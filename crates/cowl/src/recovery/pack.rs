//! What a backup holds: files by their names, and when they were taken. Before it is encrypted.

use std::{
    fs,
    path::{Component, Path},
};

use minicbor::{Decode, Encode, bytes::ByteVec};
use zeroize::{Zeroize as _, Zeroizing};

use super::RecoveryError;
use crate::{
    files::{self, Access, FileError},
    state::{self, Keep, Kind, Known},
};

/// What a pack begins with.
const MAGIC: &[u8] = b"cowl pack 1\n";
/// No file of one is larger: a register of 500,000 members, a credential of 10,000 identities.
const FILE_LIMIT: u64 = 256 << 20;
/// Names are short.
const NAME_LIMIT: usize = 512;

/// Files that were saved together.
#[derive(Encode, Decode)]
pub struct Pack {
    /// What they are: [`Kind::name`].
    #[n(0)]
    pub kind: String,
    /// When they were taken, in Unix seconds.
    #[n(1)]
    pub taken: u64,
    #[n(2)]
    pub(super) files: Vec<Packed>,
}

#[derive(Encode, Decode)]
pub(super) struct Packed {
    #[n(0)]
    pub(super) name: String,
    #[n(1)]
    pub(super) bytes: ByteVec,
    #[n(2)]
    pub(super) secret: bool,
}

/// A file that is in no backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name in the folder.
    pub name: String,
    /// Why.
    pub why: &'static str,
}

impl Pack {
    pub(super) const fn new(kind: String, taken: u64) -> Self {
        Self { kind, taken, files: Vec::new() }
    }

    /// Everything of an operation's folder that may be saved, opened where it is locked; and what may not.
    pub(super) fn operation(folder: &Path, now: u64) -> Result<(Self, Vec<LeftOut>), RecoveryError> {
        let mut pack = Self::new(Kind::Operation.name().to_owned(), now);
        let mut left = Vec::new();
        let zones = zone_files(folder);
        for name in state::names(folder)? {
            match Known::find(state::OPERATION, &name).map(|known| (known.keep, known.secret)) {
                Some((Keep::Yes | Keep::Part(_), secret)) => pack.add_file(folder, name, secret)?,
                Some((Keep::No(why), _)) => left.push(LeftOut { name, why }),
                None if zones.contains(&name) => pack.add_file(folder, name, false)?,
                None => left.push(LeftOut { name, why: "it is no file of Cowl's" }),
            }
        }
        Ok((pack, left))
    }

    pub(super) fn add(&mut self, name: String, bytes: &[u8], secret: bool) {
        self.files.push(Packed { name, bytes: bytes.to_vec().into(), secret });
    }

    fn add_file(&mut self, folder: &Path, name: String, secret: bool) -> Result<(), FileError> {
        let path = folder.join(&name);
        let bytes = if secret {
            files::read_secret(&path, FILE_LIMIT)?
        } else {
            Zeroizing::new(files::read(&path, FILE_LIMIT)?)
        };
        self.add(name, &bytes, secret);
        Ok(())
    }

    /// The names in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|file| file.name == name).map(|file| file.bytes.as_slice())
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(MAGIC.to_vec());
        // Writing into a Vec cannot fail.
        let written = minicbor::encode(self, &mut *bytes);
        debug_assert!(written.is_ok(), "a Vec takes everything");
        bytes
    }

    /// From what was opened at `path`. Refuses names that lead out of a folder.
    pub(super) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, RecoveryError> {
        let damaged = |what| RecoveryError::Damaged { path: path.to_owned(), what };
        let Some(content) = bytes.strip_prefix(MAGIC) else {
            let version =
                bytes.strip_prefix(b"cowl pack ").and_then(|rest| rest.split(|byte| *byte == b'\n').next());
            let version = version.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
            return Err(match version {
                Some(version) => RecoveryError::Version { path: path.to_owned(), version },
                None => RecoveryError::NotOne { path: path.to_owned(), what: "backup of Cowl's" },
            });
        };
        let mut decoder = minicbor::Decoder::new(content);
        let pack: Self = decoder.decode().map_err(|_| damaged("it does not decode"))?;
        if decoder.position() != content.len() {
            return Err(damaged("it goes on after its end"));
        }
        let mut seen = std::collections::BTreeSet::new();
        for file in &pack.files {
            if !is_plain(&file.name) || !seen.insert(file.name.as_str()) {
                return Err(damaged("it has a file of a name that is none"));
            }
        }
        Ok(pack)
    }

    /// Writes the files into a folder.
    pub(super) fn unpack(&self, folder: &Path) -> Result<(), FileError> {
        for file in &self.files {
            let path = folder.join(&file.name);
            if let Some(parent) = path.parent() {
                files::private_folder(parent)?;
            }
            // What is read by this program alone has a checksum; logins and certificates are others' to read.
            if Known::find(state::OPERATION, &file.name).is_some_and(|known| known.lockable) {
                files::create_summed(&path, &file.bytes)?;
            } else {
                let access = if file.secret { Access::Owner } else { Access::All };
                files::create(&path, &file.bytes, access)?;
            }
        }
        fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| FileError::Write { path: folder.to_owned(), source })
    }
}

/// Whether a name stays in the folder that it is unpacked into.
fn is_plain(name: &str) -> bool {
    let parts = || Path::new(name).components();
    name.len() <= NAME_LIMIT
        && parts().count() > 0
        && parts().all(|part| matches!(part, Component::Normal(_)))
        && !name.contains(['\\', '\0', ':'])
}

/// The zone files that the policy names.
fn zone_files(folder: &Path) -> Vec<String> {
    crate::operation::zone_files(&folder.join("policy.toml"))
}

impl Drop for Packed {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, taken, files } = self;
        write!(f, "Pack({kind}, {taken}, {} files)", files.len())
    }
}
