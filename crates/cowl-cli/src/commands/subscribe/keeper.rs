//! The archive of `cowl sub`: keeps what is opened, before the broker may forget it, and erases what it is told to.

use std::path::Path;

use cowl::{
    archive::{Archive, ArchiveError, Entry, Erased},
    keyring::{ReadReport, Reader},
};

use crate::{failure::Failure, machine, printer::Printer};

/// Seconds between two looks at what is over.
const LOOK: u64 = 60;

/// An archive, and what is on its way there.
#[derive(Debug)]
pub(super) struct Keeper {
    archive: Archive,
    role: String,
    entries: Vec<Entry>,
    looked: u64,
    kept: u64,
    erased: u64,
    expired: u64,
}

impl Keeper {
    /// Opens the archive, or makes it.
    pub(super) fn open(path: &Path, reader: &Reader) -> Result<Self, ArchiveError> {
        let manifest = reader.manifest();
        let role = manifest.policy.role(reader.role()).map(|role| role.name.clone()).unwrap_or_default();
        let archive = Archive::open_or_create(path, manifest)?;
        let mut keeper =
            Self { archive, role, entries: Vec::new(), looked: 0, kept: 0, erased: 0, expired: 0 };
        keeper.follow(reader)?;
        Ok(keeper)
    }

    /// What the archive is called before the operation's service.
    pub(super) fn name(&self) -> Option<[u8; 16]> {
        self.archive.name().ok()
    }

    /// Takes over how long roles may keep what they read.
    pub(super) fn follow(&mut self, reader: &Reader) -> Result<(), ArchiveError> {
        self.archive.follow(&reader.manifest().policy)
    }

    /// Takes a report that was opened.
    pub(super) fn take(&mut self, report: &ReadReport, reader: &Reader, received: u64) {
        self.entries.extend(Entry::of(report, reader.policy(report.header.policy), received));
    }

    /// Keeps what was taken: on disk when it returns.
    pub(super) fn settle(&mut self) -> Result<(), ArchiveError> {
        self.kept += self.archive.keep(&self.role, &self.entries)?;
        self.entries.clear();
        Ok(())
    }

    /// Erases by a list of the authority's.
    pub(super) fn obey(&mut self, list: &[u8], printer: &mut Printer) -> Result<(), Failure> {
        self.settle()?;
        match self.archive.obey(list) {
            Ok(erased) => {
                self.erased += erased.records;
                tell(erased, printer);
                Ok(())
            }
            Err(error @ ArchiveError::Order(_)) => {
                printer.warning(&error.to_string());
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Destroys what is over, now and then.
    pub(super) fn tick(&mut self) -> Result<(), ArchiveError> {
        let now = machine::now();
        if now.abs_diff(self.looked) >= LOOK {
            self.looked = now;
            self.expired += self.archive.expire(now)?.records;
        }
        Ok(())
    }

    /// What it did.
    pub(super) fn summarise(&self, printer: &mut Printer) {
        printer.note(&format!("archived: {}", self.kept));
        for (what, count) in [("erased by order", self.erased), ("expired", self.expired)] {
            if count > 0 {
                printer.note(&format!("{what}: {count}"));
            }
        }
    }
}

/// Counts, nothing of anyone.
pub(crate) fn tell(erased: Erased, printer: &mut Printer) {
    if erased.records > 0 {
        printer.note(&format!(
            "erased {}; the store key was replaced, so backups of the archive from before open nothing: make a new one",
            super::summary::plural(erased.records, "report")
        ));
    }
    if erased.damaged > 0 {
        printer.warning(&format!(
            "{} that were damaged went too",
            super::summary::plural(erased.damaged, "report")
        ));
    }
}
