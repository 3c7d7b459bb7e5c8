//! Joining from a stick: packages, and the folders that hold many.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use cowl_core::{Grant, PACKAGE_LIMIT, Package, Ticket};

use super::{JoinError, Joined, must_be_free, store};
use crate::{
    files::{self, Access, FileError},
    operation::{Enrolled, OperationError},
};

/// Files of a folder that are looked into: a stick with more is not one of packages.
const MOST_FILES: usize = 100_000;

/// Writes the package of a ticket: what the holder is to get, sealed under the token. Refuses to overwrite.
pub fn write_package(path: &Path, ticket: &Ticket, enrolled: Enrolled) -> Result<(), OperationError> {
    let Enrolled { credential, first, .. } = enrolled;
    let sealed = Package::seal(ticket, &Grant { first, credential })?;
    // Sealed, but whoever has the card too can open it: no more readers than need be.
    Ok(files::create(path, &sealed, Access::Owner)?)
}

/// Joins with the package at `from`, or with the one for this ticket in that folder, and writes the credential to `output`.
pub fn from_package(ticket: &Ticket, from: &Path, output: &Path) -> Result<Joined, JoinError> {
    must_be_free(output)?;
    let path = if from.is_dir() { find(ticket, from)? } else { from.to_owned() };
    let bytes = files::read(&path, PACKAGE_LIMIT as u64)?;
    let grant =
        Package::open(ticket, &bytes).map_err(|source| JoinError::Package { path: path.clone(), source })?;
    store(output, grant)
}

/// The package of a ticket, by its first bytes: names of files may have changed.
fn find(ticket: &Ticket, folder: &Path) -> Result<PathBuf, JoinError> {
    let unreadable = |source| FileError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)?.take(MOST_FILES) {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() && begins(&path).is_some_and(|head| Package::is_for(ticket, &head)) {
            return Ok(path);
        }
    }
    Err(JoinError::NoPackage(folder.to_owned()))
}

/// What cannot be read is somebody else's file.
fn begins(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let limit = u64::try_from(Package::HEAD_LEN).ok()?;
    File::open(path).ok()?.take(limit).read_to_end(&mut head).ok()?;
    Some(head)
}
