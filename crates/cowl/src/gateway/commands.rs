//! The authority's commands to devices: verified, each acted on once, in order.

use std::{
    collections::VecDeque,
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use cowl_core::{Bulletin, BulletinError, Credential, Member};
use tokio::sync::Notify;

use crate::files::{self, FileError};

/// The largest file of what was acted on.
const LIMIT: u64 = 256;

/// What is to be published to the gateway's own devices.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
    /// Whether the local broker keeps it for devices that come later.
    pub retain: bool,
}

/// Why a bulletin is not acted on.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotHeard {
    #[error(transparent)]
    Bulletin(#[from] BulletinError),
    #[error("there are no keys for its epoch")]
    NoKey,
    #[error(transparent)]
    File(#[from] FileError),
}

/// What was acted on, durably, and what waits to be published.
#[derive(Debug)]
pub(super) struct Commands {
    path: PathBuf,
    inner: Mutex<Inner>,
    some: Notify,
}

#[derive(Debug)]
struct Inner {
    done: Done,
    /// Whether the file was damaged: then no command that stands is new.
    unknown: bool,
    /// Whether a bulletin was heard since the gateway was opened: the local broker may have forgotten what it retained.
    heard: bool,
    waiting: VecDeque<Command>,
}

/// What must never go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Done {
    /// The newest bulletin.
    sequence: Option<u64>,
    /// The newest command.
    command: u64,
}

impl Commands {
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let done = if path.exists() { Done::load(path)? } else { Some(Done::default()) };
        let inner = Inner {
            unknown: done.is_none(),
            done: done.unwrap_or_default(),
            heard: false,
            waiting: VecDeque::new(),
        };
        Ok(Self { path: path.to_owned(), inner: Mutex::new(inner), some: Notify::new() })
    }

    /// Takes a bulletin. What it orders is written down before it is given out: a crash in between loses a command, and
    /// never gives one twice. What devices that come later are told is given again when the gateway was opened anew.
    /// How many commands it gave.
    pub(super) fn hear(&self, bytes: &[u8], credential: &Credential) -> Result<u64, NotHeard> {
        let manifest = &credential.manifest;
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // The bulletin heard last may be heard once more after a restart, for what is retained.
        let again = u64::from(!inner.heard);
        let newest = inner.done.sequence.and_then(|newest| newest.checked_sub(again));
        let bulletin = Bulletin::verify(bytes, manifest.authority(), manifest.operation, newest)?;
        let Member::Gateway(keyrings) = &credential.member else { return Err(NotHeard::NoKey) };
        let key = keyrings.iter().find_map(|keyring| keyring.beacon_key(bulletin.epoch));
        let commands = bulletin.commands(key.ok_or(NotHeard::NoKey)?)?;
        let done = Done {
            sequence: Some(bulletin.sequence),
            command: commands.last().map_or(inner.done.command, |last| last.number.max(inner.done.command)),
        };
        let before = if inner.unknown { done.command } else { inner.done.command };
        let heard = inner.heard;
        files::replace_summed(&self.path, done.text().as_bytes())?;
        inner.done = done;
        (inner.heard, inner.unknown) = (true, false);
        let new =
            commands.into_iter().filter(|command| command.number > before || (command.retain && !heard));
        let mut count = 0;
        for cowl_core::Command { topic, payload, retain, .. } in new {
            inner.waiting.push_back(Command { topic, payload, retain });
            count += 1;
        }
        drop(inner);
        if count > 0 {
            self.some.notify_one();
        }
        Ok(count)
    }

    /// More to be published: the authority's alerts.
    pub(super) fn give(&self, more: Vec<Command>) {
        if more.is_empty() {
            return;
        }
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).waiting.extend(more);
        self.some.notify_one();
    }

    /// Whether nothing waits to be published.
    pub(super) fn are_out(&self) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).waiting.is_empty()
    }

    pub(super) async fn next(&self) -> Command {
        loop {
            let some = self.some.notified();
            if let Some(command) = self.pop() {
                return command;
            }
            some.await;
        }
    }

    pub(super) fn all(&self) -> Vec<Command> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).waiting.drain(..).collect()
    }

    fn pop(&self) -> Option<Command> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let command = inner.waiting.pop_front()?;
        if !inner.waiting.is_empty() {
            self.some.notify_one();
        }
        Some(command)
    }
}

/// Whether what lies at a path is sound; nothing is written.
pub(super) fn examine(path: &Path) -> Result<(), FileError> {
    Done::load(path)?.map(drop).ok_or_else(|| FileError::Altered(path.to_owned()))
}

impl Done {
    /// `None`: it is damaged. (Before there was a checksum in front, it was the line alone.)
    fn load(path: &Path) -> Result<Option<Self>, FileError> {
        match files::read_secret(path, LIMIT) {
            Ok(bytes) => Ok(Self::parse(&bytes)),
            Err(FileError::Altered(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn text(self) -> String {
        format!("{} {}\n", self.sequence.unwrap_or(0), self.command)
    }

    /// `None`: not as it was written.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (sequence, command) = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.split_once(' ')?;
        Some(Self { sequence: Some(sequence.parse().ok()?), command: command.parse().ok()? })
    }
}

// What devices are told says what goes on.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("retain", &self.retain).finish_non_exhaustive()
    }
}
