//! A folder's own key: drawn once, kept in `lock.age` under the folder's passphrase.

use std::path::{Path, PathBuf};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{
    Passphrase, RestError,
    memory::{Way, memory},
    open,
};
use crate::files::{self, Access, FileError};

/// The file that the passphrase opens.
pub const LOCK: &str = "lock.age";
/// It is small.
const LIMIT: u64 = 64 << 10;
/// How far above a file its folder's lock may lie.
const DEPTH: usize = 3;

/// The lock that a file of this folder or below it stands under.
pub(super) fn lock_of(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    absolute.ancestors().skip(1).take(DEPTH).map(|folder| folder.join(LOCK)).find(|lock| lock.exists())
}

/// The key of the folder that a file stands in.
pub(super) fn key_of(path: &Path) -> Result<Passphrase, RestError> {
    let lock = lock_of(path).ok_or(RestError::NoFolderKey)?;
    key(&lock).map_err(|error| match error {
        FileError::Rest { source, .. } => source,
        _ => RestError::NoFolderKey,
    })
}

/// The key in a lock.
pub(super) fn key(lock: &Path) -> Result<Passphrase, FileError> {
    let bytes = files::read(lock, LIMIT)?;
    let refused = |source| FileError::Rest { path: lock.to_owned(), source };
    if !open::is_protected(&bytes) {
        return Err(refused(RestError::Damaged));
    }
    let (text, passphrase) = open::by_asking(lock, &bytes).map_err(refused)?;
    memory().learn(lock, Way::Passphrase(passphrase));
    let text = std::str::from_utf8(&text).map_err(|_| refused(RestError::Damaged))?;
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    Ok(Passphrase::new(line.to_owned()))
}

/// Draws a folder's key and locks it.
pub(super) fn make(folder: &Path, passphrase: &Passphrase) -> Result<Passphrase, FileError> {
    let path = folder.join(LOCK);
    let refused = |source| FileError::Rest { path: path.clone(), source };
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| refused(RestError::Damaged))?;
    let key = Passphrase::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice()));
    let text = Zeroizing::new(format!(
        "# opens the other age files of this folder: it is their passphrase\n{}\n",
        std::str::from_utf8(key.bytes()).unwrap_or_default()
    ));
    let sealed = open::by_passphrase(text.as_bytes(), passphrase, open::WORK).map_err(refused)?;
    files::create(&path, &sealed, Access::Owner)?;
    memory().learn(&path, Way::Passphrase(passphrase.clone()));
    Ok(key)
}
