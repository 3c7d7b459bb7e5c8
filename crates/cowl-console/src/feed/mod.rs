//! From the operation's broker to a seat's board: the mailbox is read as one role, each report is archived, then shown, then the broker
//! may forget it. What is ordered to be erased vanishes from the board in the moment in which the order is heard, before the archive is
//! made anew, which takes longer.
//!
//! One thread a seat: opening reports and writing them down never holds up a page.

mod desk;
mod health;
mod mailbox;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use cowl::{
    archive::ArchiveError,
    keyring::{KeyringError, Reader},
    random::SystemRng,
    transport,
};
use cowl_core::SignedManifest;
use tokio::sync::oneshot;

pub(crate) use health::{Health, Link};

use crate::{
    board::{Board, SharedBoard},
    cases::{Cases, CasesError},
    clock,
    config::RoleSeat,
};

/// What a seat reads with, and where it keeps what it reads.
#[derive(Debug, Clone)]
pub(crate) struct FeedConfig {
    pub(crate) seat: RoleSeat,
    /// The console's folder.
    pub(crate) folder: PathBuf,
    /// Cases in memory at the most.
    pub(crate) most: usize,
}

/// Why a seat cannot read.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The credential, or its state.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The file of cases.
    #[error("{0}")]
    Cases(String),
    /// The broker refused for good.
    #[error(transparent)]
    Transport(#[from] transport::Error),
    /// The machine gives no thread, or no randomness.
    #[error("cannot begin to read: {0}")]
    Machine(String),
}

/// What pages and streams see of a feed. Clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) board: SharedBoard,
    pub(crate) cases: Cases,
    health: Arc<Mutex<Health>>,
    /// Where its reports are kept.
    archive: Arc<Path>,
    /// What the authority signed last.
    manifest: Arc<Mutex<Arc<SignedManifest>>>,
}

/// A feed that runs. It ends in good order when it is dropped.
#[derive(Debug)]
pub(crate) struct Feed {
    view: View,
    work: Mutex<Option<Work>>,
}

#[derive(Debug)]
struct Work {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Feed {
    /// Begins to read. What is wrong with the files is said at once; a broker that is not there is waited for.
    pub(crate) fn start(config: FeedConfig) -> Result<Self, FeedError> {
        let now = clock::now();
        let FeedConfig { seat, folder, most } = config;
        let reader = Reader::open(&seat.credential, &seat.role, Some(now))?;
        // Its name tells a thief of the folder nothing; another credential of the role has other keys for the same cases.
        let cases = Cases::open(&folder.join(format!("cases-{}", hex::encode(reader.store_name()))))?;
        let archive = folder.join(format!("reports-{}", reader.manifest().operation));
        let policy = &reader.manifest().policy;
        let run = SystemRng::new().id().first_chunk().copied().unwrap_or_default();
        let view = View {
            board: SharedBoard::new(Board::new(policy.anonymity.k.into(), most), u64::from_be_bytes(run)),
            cases,
            health: Arc::new(Mutex::new(Health::new(now))),
            archive: archive.as_path().into(),
            manifest: Arc::new(Mutex::new(Arc::new(reader.manifest().clone()))),
        };
        let desk = desk::Desk::open(reader, &archive, &seat, view.clone())?;
        let (stop, stopped) = oneshot::channel();
        let machine = |error: std::io::Error| FeedError::Machine(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(machine)?;
        let told = view.clone();
        let work = move || {
            if let Err(error) = runtime.block_on(mailbox::run(desk, &seat, stopped)) {
                told.tell(|health| {
                    (health.link, health.since) = (Link::Ended(error.to_string()), clock::now());
                });
            }
        };
        let thread = std::thread::Builder::new().name("feed".to_owned()).spawn(work).map_err(machine)?;
        Ok(Self { view, work: Mutex::new(Some(Work { stop, thread })) })
    }

    /// What pages see of it.
    pub(crate) fn view(&self) -> View {
        self.view.clone()
    }

    /// Ends it: when this returns, all that was opened is written down, and its files are free for another process.
    pub(crate) fn end(&self) {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Work { stop, thread }) = work {
            drop(stop);
            // Had it broken off, its board would stand still: nobody is left to be told.
            let _ = thread.join();
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.end();
    }
}

impl View {
    /// How the feed is.
    pub(crate) fn health(&self) -> Health {
        self.lock().clone()
    }

    /// The newest manifest.
    pub(crate) fn manifest(&self) -> Arc<SignedManifest> {
        Arc::clone(&self.manifest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where its reports are kept, with those of the console's other seats.
    pub(crate) fn archive(&self) -> &Path {
        &self.archive
    }

    fn tell(&self, tell: impl FnOnce(&mut Health)) {
        tell(&mut self.lock());
    }

    fn set_manifest(&self, manifest: &SignedManifest) {
        *self.manifest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(manifest.clone());
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<CasesError> for FeedError {
    fn from(error: CasesError) -> Self {
        Self::Cases(error.to_string())
    }
}

#[cfg(test)]
mod feed_tests;
