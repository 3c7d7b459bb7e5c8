//! Adding a passphrase to what lies here, and taking it away.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Passphrase, RestError, folder,
    memory::{Way, memory},
    open::{self, open as opened},
};
use crate::{
    files::{self, Access, FileError},
    state,
};

/// No file of keys is larger.
const LIMIT: u64 = 512 << 20;

/// What was locked or unlocked.
#[derive(Debug)]
pub struct Changed {
    /// The files, by their paths.
    pub files: Vec<PathBuf>,
    /// Secret files that stay as they are: a broker that starts by itself needs them, and no report opens with them.
    pub open: Vec<PathBuf>,
}

/// Closes a credential, or everything secret of an operation's folder, with a passphrase. A crash leaves each file as it
/// was or closed; doing it again closes the rest.
pub fn lock(path: &Path, passphrase: &Passphrase) -> Result<Changed, FileError> {
    let refused = |source| FileError::Rest { path: path.to_owned(), source };
    if !path.is_dir() {
        let bytes = read(path)?;
        if open::is_protected(&bytes) {
            return Err(refused(RestError::AlreadyLocked));
        }
        let sealed = open::by_passphrase(&bytes, passphrase, open::WORK).map_err(refused)?;
        files::replace_raw(path, &sealed, Access::Owner)?;
        memory().learn(path, Way::Passphrase(passphrase.clone()));
        return Ok(Changed { files: vec![path.to_owned()], open: Vec::new() });
    }
    let lock = path.join(folder::LOCK);
    let key = if lock.exists() {
        // What an earlier attempt left, under the passphrase that it was given then.
        let bytes = files::read(&lock, LIMIT)?;
        open::with_passphrase(&bytes, passphrase).map_err(refused)?;
        memory().learn(&lock, Way::Passphrase(passphrase.clone()));
        folder::key(&lock)?
    } else {
        folder::make(path, passphrase)?
    };
    let mut changed = Changed { files: Vec::new(), open: Vec::new() };
    for file in state::secrets_of(path)? {
        if !file.lockable {
            changed.open.push(file.path);
            continue;
        }
        let bytes = read(&file.path)?;
        if !open::is_protected(&bytes) {
            let sealed = open::by_passphrase(&bytes, &key, open::NO_WORK).map_err(refused)?;
            files::replace_raw(&file.path, &sealed, Access::Owner)?;
            memory().learn(&file.path, Way::Folder(key.clone()));
            changed.files.push(file.path);
        }
    }
    if changed.files.is_empty() { Err(refused(RestError::AlreadyLocked)) } else { Ok(changed) }
}

/// Opens for good what [`lock`] closed. Asks for the passphrase, or takes it from where it is kept.
pub fn unlock(path: &Path) -> Result<Changed, FileError> {
    let refused = |source| FileError::Rest { path: path.to_owned(), source };
    let mut changed = Changed { files: Vec::new(), open: Vec::new() };
    if !path.is_dir() {
        let bytes = read(path)?;
        if !open::is_protected(&bytes) {
            return Err(refused(RestError::NotLocked));
        }
        let plain = opened(path, &bytes).map_err(refused)?;
        if matches!(memory().ways.get(&super::memory::same(path)), Some(Way::Recipient(_))) {
            return Err(refused(RestError::ForAnIdentity));
        }
        memory().forget(path);
        files::replace_raw(path, &plain, Access::Owner)?;
        changed.files.push(path.to_owned());
        return Ok(changed);
    }
    let lock = path.join(folder::LOCK);
    if !lock.exists() {
        return Err(refused(RestError::NotLocked));
    }
    folder::key(&lock)?;
    for file in state::secrets_of(path)? {
        let bytes = read(&file.path)?;
        if open::is_protected(&bytes) {
            let damaged = |source| FileError::Rest { path: file.path.clone(), source };
            let plain = opened(&file.path, &bytes).map_err(damaged)?;
            memory().forget(&file.path);
            files::replace_raw(&file.path, &plain, Access::Owner)?;
            changed.files.push(file.path);
        }
    }
    fs::remove_file(&lock).map_err(|source| FileError::Write { path: lock.clone(), source })?;
    Ok(changed)
}

fn read(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>, FileError> {
    files::read(path, LIMIT).map(zeroize::Zeroizing::new)
}
