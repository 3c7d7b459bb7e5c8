//! A small operation for the tests of this module.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    keyring::store_new,
    operation::{NewMember, Operation},
    random::SystemRng,
};

/// When all of it was made.
pub(super) const NOW: u64 = 1_800_000_000;

pub(super) struct Made {
    folder: tempfile::TempDir,
    pub(super) operation: Operation,
}

/// An operation with nobody in it.
pub(super) fn operation() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let mut operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
    let now = operation.epoch_now(NOW).unwrap();
    operation.refresh(now, &mut SystemRng::new()).unwrap();
    Made { folder, operation }
}

/// Changes a byte in the middle.
pub(super) fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

impl Made {
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn ops(&self) -> &Path {
        self.operation.folder()
    }

    pub(super) fn device(&mut self, name: &str) -> PathBuf {
        let operation = &mut self.operation;
        let epoch = operation.epoch_now(NOW).unwrap();
        let credential = operation.enrol_device(name, epoch, &mut SystemRng::new()).unwrap().credential;
        self.store(name, &credential, epoch)
    }

    pub(super) fn responder(&mut self, name: &str) -> PathBuf {
        let operation = &mut self.operation;
        let epoch = operation.epoch_now(NOW).unwrap();
        let roles = ["medical".to_owned()];
        let enrolled = operation.enrol_responder(name, &roles, epoch, &mut SystemRng::new()).unwrap();
        self.store(name, &enrolled.credential, epoch)
    }

    pub(super) fn gateway(&mut self, name: &str) -> PathBuf {
        let operation = &mut self.operation;
        let epoch = operation.epoch_now(NOW).unwrap();
        let enrolled = operation.enrol_gateway(name, 3, epoch, &mut SystemRng::new()).unwrap();
        self.store(name, &enrolled.credential, epoch)
    }

    pub(super) fn invite(&mut self, name: &str, until: u64) {
        let epoch = self.operation.epoch_now(NOW).unwrap();
        self.operation.invite(&[NewMember::device(name)], until, epoch, &mut SystemRng::new()).unwrap();
    }

    fn store(&self, name: &str, credential: &cowl_core::Credential, epoch: cowl_core::Epoch) -> PathBuf {
        let path = self.folder().join(format!("{name}.cowl"));
        store_new(&path, credential, epoch).unwrap();
        path
    }
}
