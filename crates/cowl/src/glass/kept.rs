//! Custody parts that a receiver keeps, without an archive: a bounded file beside it.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use cowl_core::{ReportId, custody::CustodyEnvelope};
use serde::{Deserialize, Serialize};

use super::GlassError;
use crate::{
    files::{self, Access, FileError},
    keyring::ReadReport,
};

/// What the file begins with.
const HEAD: &str = "cowl kept custody 1\n";
/// Custody parts that are kept at the most; beyond them the older half goes.
pub const MAX_KEPT: usize = 20_000;
/// No file of them is larger.
const MAX_LEN: u64 = 256 << 20;

/// One kept custody part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPart {
    /// Whom the report is from: a pseudonym, or `walk-in`.
    pub about: String,
    /// What custodians could open.
    pub envelope: CustodyEnvelope,
}

/// The file, open for more. One line for each report; nothing in it opens without custodians, and it names reports and
/// pseudonyms, so it is 0600 and should be deleted when the reports are.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    lines: usize,
    most: usize,
    waiting: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    report: String,
    from: String,
    epoch: u32,
    custody: String,
}

impl Kept {
    /// Opens the file, or makes it. What a crash left half written at its end is cut off.
    pub fn open(path: &Path) -> Result<Self, GlassError> {
        let lines = if path.exists() {
            let text = read(path)?;
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            if whole < text.len() {
                files::replace(path, text.get(..whole).unwrap_or_default().as_bytes(), Access::Owner)?;
            }
            text.get(..whole).unwrap_or_default().lines().count().saturating_sub(1)
        } else {
            files::create(path, HEAD.as_bytes(), Access::Owner)?;
            0
        };
        Ok(Self { path: path.to_owned(), lines, most: MAX_KEPT, waiting: String::new() })
    }

    /// Keeps a report's custody part, if it has one. On disk after [`Self::flush`].
    pub fn keep(&mut self, report: &ReadReport) {
        let Some(envelope) = &report.custody else { return };
        let from = report.pseudonym.map_or_else(|| WALK_IN.to_owned(), |pseudonym| pseudonym.to_string());
        let line = Line {
            report: report.header.report.to_string(),
            from,
            epoch: envelope.epoch.0,
            custody: BASE64.encode(envelope.to_bytes()),
        };
        if let Ok(line) = serde_json::to_string(&line) {
            self.waiting.push_str(&line);
            self.waiting.push('\n');
            self.lines += 1;
        }
    }

    /// Writes what was kept, before reports are acknowledged.
    pub fn flush(&mut self) -> Result<(), GlassError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new().append(true).open(&self.path)?;
            file.write_all(self.waiting.as_bytes())?;
            file.sync_data()
        };
        write().map_err(|source| FileError::Write { path: self.path.clone(), source })?;
        self.waiting.clear();
        if self.lines > self.most {
            self.shorten()?;
        }
        Ok(())
    }

    /// The custody part of a report in such a file.
    pub fn find(path: &Path, report: ReportId) -> Result<KeptPart, GlassError> {
        let wanted = report.to_string();
        let text = read(path)?;
        let line =
            text.lines().skip(1).filter(|line| line.contains(&wanted)).find_map(|line| {
                serde_json::from_str::<Line>(line).ok().filter(|line| line.report == wanted)
            });
        let damaged = || GlassError::Damaged {
            path: path.to_owned(),
            what: "the line of that report is none; ask for the same report where another responder kept it",
        };
        let line = line.ok_or(GlassError::NotKept)?;
        let bytes = BASE64.decode(&line.custody).map_err(|_| damaged())?;
        let envelope = CustodyEnvelope::from_bytes(&bytes).ok_or_else(damaged)?;
        if envelope.report() == report { Ok(KeptPart { about: line.from, envelope }) } else { Err(damaged()) }
    }

    /// Lets the older half go.
    fn shorten(&mut self) -> Result<(), GlassError> {
        let text = read(&self.path)?;
        let kept: Vec<_> = text.lines().skip(1 + self.lines - self.most / 2).collect();
        let mut shorter = HEAD.to_owned();
        for line in &kept {
            shorter.push_str(line);
            shorter.push('\n');
        }
        files::replace(&self.path, shorter.as_bytes(), Access::Owner)?;
        self.lines = kept.len();
        Ok(())
    }

    #[cfg(test)]
    pub(super) const fn lines(&self) -> usize {
        self.lines
    }

    #[cfg(test)]
    pub(super) const fn with_most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }
}

/// Whom a report is from that came without enrolment.
const WALK_IN: &str = "walk-in";

fn read(path: &Path) -> Result<String, GlassError> {
    let bytes = files::read_secret(path, MAX_LEN)?;
    let text = String::from_utf8(bytes.to_vec()).ok().filter(|text| text.starts_with(HEAD));
    text.ok_or_else(|| GlassError::Damaged {
        path: path.to_owned(),
        what: "it is no file of kept custody parts; move it away, and another is begun",
    })
}
