//! The records that the law and the humanitarian system ask for, made from what runs: policy, manifest, register, log, and
//! the auditor's figures where there are some.
//!
//! Nothing in them is invented. What neither the operation's folder nor `organisation.toml` says is marked, in all three forms:
//! `[to fill in: …]`, in JSON `{"to_fill_in": …}`. Counts are those of the register and the log. No person is named but the
//! contacts that the operator wrote.
//!
//! They are drafts for the person who answers for them, not legal advice.

mod audit;
mod breach;
mod document;
mod dpia;
mod html;
mod isp;
mod label;
mod markdown;
mod measures;
mod members;
mod notice;
mod organisation;
mod parties;
mod ropa;
mod words;

use std::collections::BTreeMap;

use cowl_core::{Policy, SignedManifest};

pub use audit::{
    AUDIT_LIMIT, Adversary, Attack, Audit, Category, Cell, Control, Figure, Finding, Interval, Outcome,
    Scorecard, Unit,
};
pub use breach::Loss;
pub use document::{Document, Kind};
pub use organisation::{ORGANISATION, ORGANISATION_TEMPLATE, Organisation};

use crate::{
    files::FileError,
    log::{Entry, Event, LogError},
    operation::{Operation, OperationError},
    policy_file::PolicyFileError,
};
use members::Members;
use words::Words;

/// Why a record could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// `organisation.toml` is not of its form.
    #[error(transparent)]
    Organisation(#[from] PolicyFileError),
    /// The operation could not be asked.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file is not what `cowl audit score --json` prints.
    #[error("{file}:{line}:{column}: not a scorecard of the auditor's: {message}")]
    Audit {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A breach of which nobody knows yet.
    #[error("the breach is known from a time that is yet to come")]
    KnownLater,
}

/// An operation, and what records are made of.
#[derive(Debug)]
pub struct Records<'a> {
    operation: &'a Operation,
    organisation: Organisation,
    /// Whether somebody wrote `organisation.toml`.
    is_named: bool,
    members: Members,
    log: Logged,
    now: u64,
}

/// What the log says.
#[derive(Debug, Default)]
struct Logged {
    /// Its entries that are known here, with their indices.
    entries: Vec<(u64, Entry)>,
    /// How many there are, known or not.
    size: u64,
    /// How much is wrong with it.
    findings: usize,
    /// Whether a witness elsewhere signed it.
    is_witnessed: bool,
}

impl<'a> Records<'a> {
    /// Reads what records are made of. `now` in Unix seconds stands on them.
    pub fn of(operation: &'a Operation, now: u64) -> Result<Self, RecordsError> {
        let organisation = Organisation::load(operation.folder())?;
        Ok(Self {
            operation,
            is_named: organisation.is_some(),
            organisation: organisation.unwrap_or_default(),
            members: Members::of(operation),
            log: Logged::of(operation)?,
            now,
        })
    }

    /// Whether somebody wrote `organisation.toml`: without it, whoever is responsible is to be filled in everywhere.
    pub const fn is_named(&self) -> bool {
        self.is_named
    }

    const fn manifest(&self) -> &'a SignedManifest {
        self.operation.manifest()
    }

    fn policy(&self) -> &'a Policy {
        &self.manifest().policy
    }

    fn words(&self) -> Words<'a> {
        Words::of(self.policy())
    }

    fn start(&self, kind: Kind, title: &str) -> Document {
        Document::new(kind, title, self.manifest(), self.now)
    }
}

impl Logged {
    fn of(operation: &Operation) -> Result<Self, RecordsError> {
        let Some(log) = operation.log()? else { return Ok(Self::default()) };
        let findings = log.inspect(&operation.log_key())?.findings.len();
        let size = log.checkpoint()?.unverified().size;
        let mut entries = Vec::new();
        for (index, entry) in (0..).zip(log.entries(0..size)) {
            entries.extend(Entry::parse(&entry?).map(|entry| (index, entry)));
        }
        Ok(Self { entries, size, findings, is_witnessed: log.witnessed()?.is_some() })
    }

    fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.entries.iter().filter(|(_, entry)| is(&entry.event)).count()
    }

    fn since(&self, time: u64) -> impl Iterator<Item = &(u64, Entry)> {
        self.entries.iter().filter(move |(_, entry)| entry.time >= time)
    }

    /// How often each sort of entry is there.
    fn counts<'e>(entries: impl Iterator<Item = &'e (u64, Entry)>) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for (_, entry) in entries {
            *counts.entry(event(&entry.event)).or_default() += 1;
        }
        counts
    }
}

/// A sort of entry, in words.
const fn event(event: &Event) -> &'static str {
    match event {
        Event::Created => "operation made",
        Event::Begun { .. } => "log begun",
        Event::Repaired { .. } => "log repaired",
        Event::Manifest { .. } => "manifest signed",
        Event::Enrolled { .. } => "member enrolled",
        Event::Retracted { .. } => "enrolment taken back",
        Event::Joined { .. } => "member joined",
        Event::Revoked { .. } => "member revoked",
        Event::Rotated => "all role keys replaced",
        Event::TokenKey { .. } => "token key published",
        Event::Command { .. } => "command given",
        Event::GlassRequested { .. } => "break glass requested",
        Event::GlassApproved { .. } => "break glass approved by a custodian",
        Event::GlassOpened { .. } => "break glass: message opened",
        Event::Exported { .. } => "export",
        Event::Erased { .. } => "erasure",
        Event::Shares { .. } => "keys split into shares",
        Event::Restored => "operation restored",
        Event::Closed => "operation closed",
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
