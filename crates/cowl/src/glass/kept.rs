//! Custody parts that a receiver keeps, without an archive: a bounded file beside it.
//!
//! What an order to erase names is taken out of it: the rest is written anew, and then the old file is overwritten where it lies, so that
//! no freed block holds it. (On flash, and on file systems that never write in place, the disk's own encryption must help.)

use std::{
    fs::{self, OpenOptions},
    io::{self, Seek as _, Write as _},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use cowl_core::{Epoch, Erasure, ErasureHandle, Erasures, Pseudonym, ReportId, custody::CustodyEnvelope};
use serde::{Deserialize, Serialize};

use super::GlassError;
use crate::{
    archive::{Archive, Query},
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

impl KeptPart {
    /// The custody part of a report in an archive. What was erased or expired there is in none.
    pub fn in_archive(archive: &mut Archive, report: ReportId) -> Result<Self, GlassError> {
        let mut found = None;
        archive.read(&Query::default(), &mut |kept| match kept {
            Ok(kept) if kept.report == report.0 && kept.custody.is_some() => {
                found = Some(kept);
                ControlFlow::Break(())
            }
            // What is damaged may be another's; if it is this one, it is not found.
            _ => ControlFlow::Continue(()),
        })?;
        let kept = found.ok_or(GlassError::NotKept)?;
        let envelope = kept.custody.as_deref().and_then(CustodyEnvelope::from_bytes);
        let envelope = envelope.filter(|envelope| envelope.report() == report);
        let envelope = envelope.ok_or_else(|| GlassError::Damaged {
            path: archive.path().to_owned(),
            what: "the custody part of that report is none; ask where another responder kept it",
        })?;
        Ok(Self { about: kept.from.unwrap_or_else(|| WALK_IN.to_owned()), envelope })
    }
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
    /// By what it is withdrawn, in hexadecimal; not there if by nothing, or in a line of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handle: Option<String>,
    custody: String,
}

impl Kept {
    /// Opens the file, or makes it. What a crash left half written at its end is cut off.
    pub fn open(path: &Path) -> Result<Self, GlassError> {
        finish(path)?;
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
            handle: Some(report.header.handle)
                .filter(|handle| *handle != ErasureHandle::NONE)
                .map(|handle| hex::encode(handle.0)),
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

    /// Takes out what a list orders to erase; `before` is what it says of age. How many parts went.
    pub fn obey(&mut self, list: &Erasures, before: Option<Epoch>) -> Result<usize, GlassError> {
        self.flush()?;
        let text = read(&self.path)?;
        let named = |line: &&str| {
            let line: Option<Line> = serde_json::from_str(line).ok();
            line.is_some_and(|line| line.is_named(list, before))
        };
        let (gone, kept): (Vec<_>, Vec<_>) = text.lines().skip(1).partition(named);
        if !gone.is_empty() {
            self.rewrite(&kept)?;
        }
        Ok(gone.len())
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
        self.rewrite(&kept)
    }

    /// Writes the file anew with these lines, and overwrites what was there. Whatever is cut off, the next to open the file completes.
    fn rewrite(&mut self, kept: &[&str]) -> Result<(), GlassError> {
        let mut shorter = HEAD.to_owned();
        for line in kept {
            shorter.push_str(line);
            shorter.push('\n');
        }
        let failed = |source| FileError::Write { path: self.path.clone(), source };
        let mut old = OpenOptions::new().write(true).open(&self.path).map_err(failed)?;
        // So that it is found should this be cut off. Where a disk has no second names, it is not found.
        let _ = fs::hard_link(&self.path, old_path(&self.path));
        files::replace(&self.path, shorter.as_bytes(), Access::Owner)?;
        overwrite(&mut old).map_err(failed)?;
        finish(&self.path)?;
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

impl Line {
    fn is_named(&self, list: &Erasures, before: Option<Epoch>) -> bool {
        let handle = self.handle.as_deref().and_then(|handle| hex::decode(handle).ok()?.try_into().ok());
        let from: Option<Pseudonym> = self.from.parse().ok();
        before.is_some_and(|before| self.epoch < before.0)
            || handle.is_some_and(|handle| list.names(&Erasure::Handle(ErasureHandle(handle))))
            || from.is_some_and(|from| list.names(&Erasure::Pseudonym(from, Epoch(self.epoch))))
    }
}

/// The name that the old file has while it is overwritten.
fn old_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".erased");
    PathBuf::from(name)
}

/// Completes an erasure that was cut off: what has the old file's name is overwritten where it lies, and removed. If it is the file
/// itself, the erasure had not come to replacing it; it is asked for again.
fn finish(path: &Path) -> Result<(), GlassError> {
    let old = old_path(path);
    let work = || -> io::Result<()> {
        let mut file = match OpenOptions::new().read(true).write(true).open(&old) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        if fs::read(&old)? != fs::read(path)? {
            overwrite(&mut file)?;
        }
        fs::remove_file(&old)
    };
    Ok(work().map_err(|source| FileError::Write { path: old.clone(), source })?)
}

fn overwrite(file: &mut fs::File) -> io::Result<()> {
    let mut left = file.metadata()?.len();
    file.seek(io::SeekFrom::Start(0))?;
    let zeros = vec![0; 1 << 16];
    while left > 0 {
        let piece = usize::try_from(left).ok().and_then(|left| zeros.get(..left)).unwrap_or(&zeros);
        file.write_all(piece)?;
        left -= piece.len() as u64;
    }
    file.sync_all()
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
