//! Archives for tests: an operation's manifest, and reports made up.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use cowl_core::{Epoch, ErasureHandle, Place, PolicyVersion, Pseudonym, ReportId, SignedManifest};

use super::{Archive, Entry, Kept, Query, key_path};
use crate::{operation::Operation, random::SystemRng};

/// When it all happens.
pub(super) const NOW: u64 = 1_800_000_000;

/// A folder with an archive in it.
pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) operation: Operation,
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
        Self { folder, operation }
    }

    pub(super) fn manifest(&self) -> &SignedManifest {
        self.operation.manifest()
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    pub(super) fn archive(&self) -> Archive {
        let mut archive = Archive::open_or_create(&self.path(), self.manifest()).unwrap();
        archive.follow(&self.manifest().policy).unwrap();
        archive
    }

    pub(super) fn name(&self, place: u32, epoch: u32) -> Pseudonym {
        Pseudonym::of(self.manifest().operation, Epoch(epoch), Place(place))
    }

    /// Report `n` of a device: its values can be told from all others'.
    pub(super) fn report(&self, place: u32, epoch: u32, n: u8) -> Entry {
        Entry {
            report: ReportId([n; 16]),
            epoch: Epoch(epoch),
            from: Some(self.name(place, epoch)),
            handle: handle(place, epoch),
            policy: PolicyVersion(1),
            received: NOW + u64::from(n),
            zone: Some(format!("ZONE{place:04}")),
            fields: format!("{{\"symptoms\":\"needle {n:03} of {place:03}\",\"severity\":\"red\"}}"),
            custody: None,
        }
    }

    pub(super) fn walk_in(&self, epoch: u32, n: u8) -> Entry {
        Entry { from: None, handle: ErasureHandle([n; 16]), ..self.report(900, epoch, n) }
    }

    /// All files of the archive, as a backup or a disk image would have them.
    pub(super) fn copy(&self, to: &str) -> PathBuf {
        let folder = self.folder.path().join(to);
        fs::create_dir(&folder).unwrap();
        for name in ["archive", "archive-wal", "archive-shm"] {
            let from = self.folder.path().join(name);
            if from.exists() {
                fs::copy(from, folder.join(name)).unwrap();
            }
        }
        folder.join("archive")
    }
}

pub(super) fn handle(place: u32, epoch: u32) -> ErasureHandle {
    let mut handle = [0x5a; 16];
    handle[..4].copy_from_slice(&place.to_be_bytes());
    handle[4..8].copy_from_slice(&epoch.to_be_bytes());
    ErasureHandle(handle)
}

pub(super) fn all(archive: &mut Archive) -> Vec<Kept> {
    some(archive, &Query::default())
}

pub(super) fn some(archive: &mut Archive, query: &Query) -> Vec<Kept> {
    let mut found = Vec::new();
    archive
        .read(query, &mut |kept| {
            found.push(kept.unwrap());
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

/// Takes the key of an archive along to a copy.
pub(super) fn copy_key(from: &Path, to: &Path) {
    fs::copy(key_path(from), key_path(to)).unwrap();
}
