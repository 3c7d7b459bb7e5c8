//! `cowl erase --verify`: the audit's Nc1 over databases, disk images and backups.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use clap::Args;
use cowl::{
    archive::{Archive, Query, hazmat, key_path},
    files,
};
use cowl_audit::erasure::{Source, Verdict, Wanted, try_all};
use cowl_audit::evidence::{Cause, Medium};
use serde_json::Value;

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The largest image or backup that is read.
const LIMIT: u64 = 8 << 30;
/// The largest truth that is read.
const TRUTH_LIMIT: u64 = 1 << 30;

/// What is looked at.
#[derive(Debug, Args)]
#[command(next_help_heading = "Looking whether it is gone")]
pub(super) struct VerifyArgs {
    /// Archives as they are now, with their write-ahead logs and store keys
    #[arg(long, value_name = "ARCHIVE", num_args = 1.., requires = "truth")]
    pub(super) verify: Vec<PathBuf>,

    /// A disk image; may be repeated
    #[arg(long, value_name = "FILE", requires = "verify")]
    image: Vec<PathBuf>,

    /// A backup of a database from before the erasure; may be repeated
    #[arg(long, value_name = "FILE", requires = "verify")]
    backup: Vec<PathBuf>,

    /// What there was: the output of `cowl archive export` from before the erasure
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
}

impl VerifyArgs {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let truth = self.truth.as_deref().ok_or_else(|| Failure::usage("--verify needs --truth"))?;
        let wanted = wanted(truth, &self.kept()?)?;
        let mut media = Vec::new();
        for path in &self.verify {
            media.push((Medium::DiskImage, path.clone(), files::read(path, LIMIT)?));
            for ending in ["-wal", "-shm", ".key"] {
                let mut name = path.as_os_str().to_owned();
                name.push(ending);
                let name = PathBuf::from(name);
                if name.exists() {
                    media.push((Medium::DiskImage, name.clone(), files::read(&name, LIMIT)?));
                }
            }
        }
        for (medium, paths) in [(Medium::DiskImage, &self.image), (Medium::Backup, &self.backup)] {
            for path in paths {
                media.push((medium, path.clone(), files::read(path, LIMIT)?));
            }
        }
        // Every store key that lies anywhere opens whatever it can of every database.
        let keys: BTreeSet<[u8; 32]> =
            media.iter().flat_map(|(_, _, bytes)| hazmat::carve_store_keys(bytes)).collect();
        let mut sources = Vec::new();
        // Pages that are no file's any more, of all media together: with keys of one, those of another may open.
        let mut pages = hazmat::open_pages(media.iter().map(|(_, _, bytes)| bytes.as_slice()), &keys);
        for (medium, path, bytes) in &media {
            let wal = sibling(&media, path);
            let mut opened = std::mem::take(&mut pages);
            for database in hazmat::carve_databases(bytes) {
                for key in &keys {
                    opened.extend(hazmat::open_with(&database, wal, key)?);
                }
            }
            sources.push(Source { medium: *medium, bytes, opened });
        }
        tell(&try_all(&wanted, &sources), keys.len(), media.len(), printer)
    }

    /// The ids of what is still kept.
    fn kept(&self) -> Result<BTreeSet<String>, Failure> {
        let mut kept = BTreeSet::new();
        for path in &self.verify {
            if !key_path(path).exists() {
                continue;
            }
            Archive::open(path)?.read(&Query::default(), &mut |report| {
                kept.extend(report.ok().map(|report| hex::encode(report.report)));
                ControlFlow::Continue(())
            })?;
        }
        Ok(kept)
    }
}

/// The write-ahead log that lies beside a database.
fn sibling<'a>(media: &'a [(Medium, PathBuf, Vec<u8>)], path: &Path) -> Option<&'a [u8]> {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    media.iter().find(|(_, other, _)| other.as_os_str() == name).map(|(_, _, bytes)| bytes.as_slice())
}

/// What to look for: the texts of each report that only it has.
fn wanted(path: &Path, kept: &BTreeSet<String>) -> Result<Vec<Wanted>, Failure> {
    let refused = |line: usize| {
        Failure::new(Exit::Input, format!("{}, line {line}: not a report of an export", path.display()))
            .hint("`cowl archive export` writes it, as JSON")
    };
    let bytes = files::read(path, TRUTH_LIMIT)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| refused(1))?;
    let mut wanted = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Ok(Value::Object(members)) = serde_json::from_str(line) else { return Err(refused(number)) };
        let Some(Value::String(report)) = members.get("report") else { return Err(refused(number)) };
        let cause = if kept.contains(report) { Cause::Live } else { Cause::Erased };
        let id = hex::decode(report).map_err(|_| refused(number))?;
        wanted.push(Wanted { record: report.clone(), cause, needles: vec![id, report.as_bytes().to_vec()] });
    }
    // What never was must not be found.
    let never = cowl::random::SystemRng::new().id();
    wanted.push(Wanted { record: "never".to_owned(), cause: Cause::Never, needles: vec![never.to_vec()] });
    Ok(wanted)
}

fn tell(verdict: &Verdict, keys: usize, files: usize, printer: &mut Printer) -> Result<Exit, Failure> {
    printer.data(format!("files: {files}; store keys found on them: {keys}"))?;
    printer.data(format!("erased reports that still open: {} of {}", verdict.erased.0, verdict.erased.1))?;
    printer.data(format!("control, kept reports that open: {} of {}", verdict.live.0, verdict.live.1))?;
    printer.data(format!("control, reports that never were: {} of {}", verdict.never.0, verdict.never.1))?;
    printer.flush()?;
    if verdict.erased.0 > 0 {
        return Err(Failure::new(
            Exit::OverLimit,
            format!("erased reports still open: {}", verdict.erased.0),
        )
        .hint("erase the media on which they open, and the store keys beside them"));
    }
    if !verdict.is_measured() {
        return Err(Failure::new(
            Exit::OverLimit,
            "not measured: a control failed, or there was nothing erased",
        )
        .hint("the archive needs reports that are still kept, and the truth some that are not"));
    }
    Ok(Exit::Done)
}
