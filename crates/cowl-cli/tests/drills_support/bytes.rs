//! What can be opened with the files that somebody has: tried, not asked.

use std::{collections::BTreeSet, fs, path::PathBuf, sync::Arc};

use cowl::keyring::{ReadReport, Reader, load_credential, state_path};
use cowl_core::{DeviceKeys, Epoch, Member};

use super::{World, tap::Tap};

/// Counters that are tried of a device: each start of a command takes the next block.
const COUNTERS: std::ops::Range<u32> = 0..1_024;

/// What a responder's files opened.
#[derive(Debug, Default)]
pub struct Opened {
    /// Which of the messages, by their number on the wire.
    pub messages: BTreeSet<usize>,
    /// How many more were found by a search among all devices.
    pub searched: usize,
    /// Of which epochs all of them are.
    pub epochs: BTreeSet<u32>,
    /// The newest epoch that it has keys of, after all bundles.
    pub keys_until: Option<Epoch>,
}

/// A copy of a credential's files, gone with it.
pub struct Copy {
    pub path: PathBuf,
    _folder: tempfile::TempDir,
}

/// Copies a credential and its state, and not what it has read.
pub fn copy(world: &World, credential: &str) -> Copy {
    let folder = tempfile::tempdir().unwrap();
    let from = world.path(credential);
    let path = folder.path().join("copy.cowl");
    fs::copy(&from, &path).unwrap();
    let state = state_path(&from);
    if state.exists() {
        fs::copy(state, state_path(&path)).unwrap();
    }
    Copy { path, _folder: folder }
}

/// Tries everything that was ever on the wire with copies of a credential's files: first every bundle, then every message,
/// then a search among all devices. The copy forgets what it has read, so that nothing is left out as seen before.
pub fn opens(world: &World, credential: &str, role: &str, tap: &Tap) -> Opened {
    let copy = copy(world, credential);
    let mut reader = Reader::open(&copy.path, role, None).unwrap();
    for bundle in tap.bundles() {
        let _ = reader.take_bundle(&bundle);
    }
    let mut opened = Opened::default();
    let mut reports: Vec<ReadReport> = Vec::new();
    for (number, message) in tap.reports().into_iter().enumerate() {
        reader.read(&message, 0, &mut reports).unwrap();
        if !reports.is_empty() {
            opened.messages.insert(number);
        }
        opened.epochs.extend(reports.drain(..).map(|report| report.epoch.0));
    }
    while reader.unsearched() > 0 {
        opened.searched += reader.search(&mut reports);
    }
    opened.epochs.extend(reports.drain(..).map(|report| report.epoch.0));
    opened.keys_until = reader.keys_until();
    opened
}

/// Which messages on the wire open with a device's keys, of any epoch up to now that it has keys of.
pub fn device_opens(world: &World, credential: &str, tap: &Tap) -> BTreeSet<usize> {
    let credential = load_credential(&world.path(credential)).unwrap();
    let Member::Device(keyring) = &credential.member else { panic!("a device") };
    let (first, last) = keyring.range().unwrap();
    let layout = Arc::new(credential.manifest.layout());
    let mut opened = BTreeSet::new();
    let last = last.min(credential.manifest.calendar.epoch_at(world.now()));
    for epoch in (first.0..=last.0).map(Epoch) {
        let roots = keyring.roots(epoch).unwrap();
        let operation = credential.manifest.operation;
        let keys = DeviceKeys::new(operation, epoch, Arc::clone(&layout), &roots).unwrap();
        for (number, message) in tap.reports().iter().enumerate() {
            if !keys.hazmat_reopen(message, COUNTERS).is_empty() {
                opened.insert(number);
            }
        }
    }
    opened
}
