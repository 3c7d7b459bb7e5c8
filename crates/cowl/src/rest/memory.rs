//! What this process was told: who is asked, what opened which file, and which work was done already.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError},
};

use zeroize::Zeroizing;

use super::{Asked, Identities, Passphrase, Recipient};

type Asker = Box<dyn Fn(&Path, Asked) -> Option<Passphrase> + Send + Sync>;

static ASKER: OnceLock<Asker> = OnceLock::new();
static MEMORY: LazyLock<Mutex<Memory>> = LazyLock::new(Mutex::default);

/// How a file was opened, and so how it is closed again.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Passphrase(Passphrase),
    /// The folder's own key, as the passphrase that it is.
    Folder(Passphrase),
    Recipient(Recipient),
}

#[derive(Default)]
pub(super) struct Memory {
    pub(super) ways: HashMap<PathBuf, Way>,
    pub(super) identities: Vec<Identities>,
    /// What a passphrase's second of work gave: the stanza → the file's key.
    pub(super) worked: HashMap<Vec<u8>, Zeroizing<[u8; 16]>>,
    /// Passphrases that opened something: the next file often has the same.
    pub(super) passphrases: Vec<Passphrase>,
}

/// Sets who is asked for passphrases, once for the process: a command's terminal. Says whether it was the first.
pub fn ask_with(asker: impl Fn(&Path, Asked) -> Option<Passphrase> + Send + Sync + 'static) -> bool {
    ASKER.set(Box::new(asker)).is_ok()
}

/// Opens what is closed for one of these identities, from now on and in the whole process.
pub fn use_identities(identities: Identities) {
    memory().identities.push(identities);
}

pub(super) fn ask(path: &Path, what: Asked) -> Option<Passphrase> {
    ASKER.get().and_then(|ask| ask(path, what))
}

pub(super) fn memory() -> MutexGuard<'static, Memory> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One name for each file, however it was written; the same when the file is gone.
pub(super) fn same(path: &Path) -> PathBuf {
    let whole = |path: &Path| std::fs::canonicalize(path).ok();
    let beside = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(whole(folder)?.join(path.file_name()?))
    };
    whole(path).or_else(beside).unwrap_or_else(|| path.to_owned())
}

impl Memory {
    pub(super) fn learn(&mut self, path: &Path, way: Way) {
        if let Way::Passphrase(one) = &way
            && !self.passphrases.iter().any(|known| known.bytes() == one.bytes())
        {
            self.passphrases.push(one.clone());
        }
        self.ways.insert(same(path), way);
    }

    pub(super) fn forget(&mut self, path: &Path) {
        self.ways.remove(&same(path));
    }
}
