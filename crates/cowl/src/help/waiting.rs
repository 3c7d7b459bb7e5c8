//! What a reporter keeps to find that help is coming.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use cowl_core::{Dispatch, HelpKey, OperationId, Policy, ReportId, RoleIndex};
use serde::{Deserialize, Serialize};

use crate::files::{self, FileError};

/// The largest file that is read.
const LIMIT: u64 = 8 << 20;
/// The form of the file.
const FORM: u32 = 1;
/// Reports that are kept, the newest ones.
const MOST: usize = 1_000;

/// The file. Who has it and a role's reports can tell which of those are hers; it opens nothing, and says nothing without them.
#[derive(Debug)]
pub struct Waiting {
    path: PathBuf,
    book: Book,
    changed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    version: u32,
    operation: String,
    reports: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// Tells a report that is sealed again from another.
    name: String,
    /// When it was sent, by the machine's clock.
    sent: u64,
    keys: Vec<Shared>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    role: u8,
    key: String,
    found: bool,
}

/// A report to which help is coming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// When it was sent, in Unix seconds by the machine's clock.
    pub sent: u64,
    /// The name of the role that said so.
    pub role: String,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WaitingError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is of another operation.
    #[error("{} is of another operation", .0.display())]
    OtherOperation(PathBuf),
}

impl Waiting {
    /// Opens the file; one that is not there begins empty.
    pub fn open(path: &Path, operation: OperationId) -> Result<Self, WaitingError> {
        let path = path.to_owned();
        let name = hex::encode(operation.0);
        if !path.exists() {
            let book = Book { version: FORM, operation: name, reports: Vec::new() };
            return Ok(Self { path, book, changed: false });
        }
        let bytes = files::read_secret(&path, LIMIT)?;
        let book: Option<Book> = serde_json::from_slice(&bytes).ok();
        let is_sound = |book: &Book| {
            book.version == FORM
                && book.reports.iter().flat_map(|line| &line.keys).all(|shared| shared.key().is_some())
        };
        let book = book.filter(is_sound).ok_or_else(|| FileError::Altered(path.clone()))?;
        if book.operation != name {
            return Err(WaitingError::OtherOperation(path));
        }
        Ok(Self { path, book, changed: false })
    }

    /// Keeps what a report shares with each role; sealed again, it has more of them.
    pub fn add(&mut self, report: ReportId, help: &[(RoleIndex, HelpKey)], unix_seconds: u64) {
        let hash = digest(&SHA256, &[b"cowl waiting".as_slice(), &report.0].concat());
        let name = hex::encode(hash.as_ref().get(..8).unwrap_or_default());
        let keys = help.iter().map(|(role, key)| Shared {
            role: role.0,
            key: hex::encode(key.secret().expose()),
            found: false,
        });
        let reports = &mut self.book.reports;
        match reports.iter_mut().find(|line| line.name == name) {
            Some(line) => line.keys.extend(keys),
            None => reports.push(Line { name, sent: unix_seconds, keys: keys.collect() }),
        }
        reports.drain(..reports.len().saturating_sub(MOST));
        self.changed = true;
    }

    /// Looks into a dispatch, and gives what is new in it.
    pub fn hear(&mut self, dispatch: &Dispatch, policy: &Policy) -> Vec<Found> {
        let mut found = Vec::new();
        for line in &mut self.book.reports {
            for shared in line.keys.iter_mut().filter(|shared| !shared.found) {
                if shared.key().is_some_and(|key| dispatch.says_help(&key)) {
                    shared.found = true;
                    found.push(Found { sent: line.sent, role: role_name(policy, shared.role) });
                }
            }
        }
        self.changed |= !found.is_empty();
        found
    }

    /// All to which help is coming, as far as this file heard, oldest report first.
    pub fn found(&self, policy: &Policy) -> Vec<Found> {
        let each = self.book.reports.iter().flat_map(|line| {
            let known = line.keys.iter().filter(|shared| shared.found);
            known.map(|shared| Found { sent: line.sent, role: role_name(policy, shared.role) })
        });
        let mut found: Vec<_> = each.collect();
        found.dedup();
        found
    }

    /// How many reports it keeps.
    pub const fn reports(&self) -> usize {
        self.book.reports.len()
    }

    /// Writes down what changed.
    pub fn commit(&mut self) -> Result<(), FileError> {
        if self.changed {
            let bytes = zeroize::Zeroizing::new(serde_json::to_vec_pretty(&self.book).unwrap_or_default());
            files::replace_summed(&self.path, &bytes)?;
            self.changed = false;
        }
        Ok(())
    }
}

impl Shared {
    fn key(&self) -> Option<HelpKey> {
        let bytes: [u8; 32] = hex::decode(&self.key).ok()?.try_into().ok()?;
        Some(HelpKey::from_bytes(bytes))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.key);
    }
}

fn role_name(policy: &Policy, role: u8) -> String {
    policy.role(RoleIndex(role)).map(|role| role.name.clone()).unwrap_or_default()
}

#[cfg(test)]
#[path = "waiting_tests.rs"]
mod tests;
