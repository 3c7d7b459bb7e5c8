//! One process at a time changes an operation: `cowl enrol` runs beside `cowl serve`, and two that draw the roots of
//! the same epoch would give out keys that nobody else has.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};

use super::names;
use crate::{files::FileError, recovery};

/// Holds the folder for one change; dropping it lets the next one in.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
    folder: PathBuf,
}

impl Lock {
    /// Waits until nobody else changes the operation: others hold it for milliseconds.
    pub(super) fn take(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(names::LOCK);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let locked = options.open(&path).and_then(|file| file.lock().map(|()| file));
        locked
            .map(|file| Self { _file: file, folder: folder.to_owned() })
            .map_err(|source| FileError::Write { path, source })
    }
}

impl Drop for Lock {
    /// Whatever was changed is in the recovery file before anyone else may change more.
    fn drop(&mut self) {
        recovery::after_change(&self.folder);
    }
}
