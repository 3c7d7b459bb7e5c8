//! `cowl archive`: what `cowl sub --archive` kept: looked up, exported, expired, checked.

mod export;

use std::{ops::ControlFlow, path::PathBuf};

use clap::{Args, Subcommand};
use cowl::{
    archive::{Archive, Export, Format, Kept, Query},
    files,
};
use cowl_core::{rfc3339, unix_seconds};

use self::export::ExportArgs;
use super::subscribe::tell_erased;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The largest list of erase orders that is read.
const LIST_LIMIT: u64 = 1 << 20;

/// The arguments of `cowl archive`.
#[derive(Debug, Args)]
pub(crate) struct ArchiveCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List reports: when, by whom, where; not what they say
    List(ListArgs),
    /// Show one report in full, as JSON
    Show {
        /// The archive
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Its number, as `list` prints it
        #[arg(value_name = "NUMBER")]
        number: i64,
    },
    /// Write reports, or counts of them, for other programs. No erasure reaches what left
    Export(Box<ExportArgs>),
    /// Destroy what is older than its role may keep it; `cowl sub --archive` does so by itself
    Expire {
        /// The archive
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Erase by a list of the authority's that came by hand: the file of `cowl erase --out`
    Erase {
        /// The archive
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The list
        #[arg(long, value_name = "FILE")]
        list: PathBuf,
    },
    /// Say how much there is, since when, and which erase orders were obeyed
    Status {
        /// The archive
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Open everything, and name what is damaged
    Check {
        /// The archive
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Which reports.
#[derive(Debug, Args)]
struct WhichArgs {
    /// The archive
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Received then or later: 2026-11-03, or 2026-11-03T14:05:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<u64>,

    /// Received before
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<u64>,

    /// In this zone
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,

    /// Read by this role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    which: WhichArgs,

    /// One JSON object on each line
    #[arg(long)]
    json: bool,
}

impl ArchiveCommand {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        match &self.what {
            What::List(list) => list.run(printer),
            What::Show { file, number } => show(&mut Archive::open(file)?, *number, printer),
            What::Export(export) => export.run(printer),
            What::Expire { file } => {
                tell_erased(Archive::open(file)?.expire(machine::now())?, printer);
                Ok(Exit::Done)
            }
            What::Erase { file, list } => {
                let list = files::read(list, LIST_LIMIT)?;
                let mut archive = Archive::open(file)?;
                tell_erased(archive.obey(&list)?, printer);
                told(&archive, printer)
            }
            What::Status { file } => status(&mut Archive::open(file)?, printer),
            What::Check { file } => check(&mut Archive::open(file)?, printer),
        }
    }
}

impl ListArgs {
    fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut archive = Archive::open(&self.which.file)?;
        each(&mut archive, &self.which.query(), printer, |kept, printer| {
            let from = kept.from.as_deref().unwrap_or("walk-in");
            let (received, zone) = (rfc3339(kept.received), kept.zone.as_deref());
            if self.json {
                let line = serde_json::json!({
                    "number": kept.number, "received": received, "role": kept.role, "epoch": kept.epoch,
                    "from": from, "zone": zone, "report": hex::encode(kept.report),
                });
                return printer.data(line.to_string());
            }
            let zone: String = zone.unwrap_or("-").chars().filter(|symbol| !symbol.is_control()).collect();
            printer.data(format!("{:>8}  {received}  {:<12}  {from:<11}  {zone}", kept.number, kept.role))
        })
    }
}

impl WhichArgs {
    fn query(&self) -> Query {
        Query { since: self.since, until: self.until, role: self.role.clone(), zone: self.zone.clone() }
    }
}

/// Calls for each report; names those that are damaged.
fn each(
    archive: &mut Archive,
    query: &Query,
    printer: &mut Printer,
    mut print: impl FnMut(Kept, &mut Printer) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let (mut code, mut failed) = (Exit::Done, None);
    archive.read(query, &mut |kept| {
        let done = match kept {
            Ok(kept) => print(kept, printer),
            Err(error) => {
                printer.warning(&error.to_string());
                code = Exit::Input;
                Ok(())
            }
        };
        match done {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                failed = Some(failure);
                ControlFlow::Break(())
            }
        }
    })?;
    printer.flush()?;
    failed.map_or(Ok(code), Err)
}

fn show(archive: &mut Archive, number: i64, printer: &mut Printer) -> Result<Exit, Failure> {
    let mut export = Export::new(Format::Json);
    let mut found = false;
    let code = each(archive, &Query::default(), printer, |kept, printer| {
        if kept.number != number {
            return Ok(());
        }
        found = true;
        let mut out = Vec::new();
        export.add(&kept, &mut out)?.map_err(|error| Failure::internal(error.to_string()))?;
        printer.raw(&out)
    })?;
    if found {
        Ok(code)
    } else {
        Err(Failure::usage(format!("there is no report {number}; it may be erased or expired")))
    }
}

fn status(archive: &mut Archive, printer: &mut Printer) -> Result<Exit, Failure> {
    printer.data(format!("reports: {}", archive.count()?))?;
    for (role, since, keeps) in archive.oldest()? {
        let goes = machine::date(since.saturating_add(keeps));
        printer.data(format!("{role}: the oldest of {}, which goes by {goes}", machine::date(since)))?;
    }
    printer.data(format!("store key replaced: {} times", archive.replaced()?))?;
    told(archive, printer)
}

fn told(archive: &Archive, printer: &mut Printer) -> Result<Exit, Failure> {
    match archive.obeyed()? {
        Some(list) => printer.data(format!("erase orders obeyed up to list {list}"))?,
        None => printer.data("no erase orders came so far")?,
    }
    printer.flush()?;
    Ok(Exit::Done)
}

fn check(archive: &mut Archive, printer: &mut Printer) -> Result<Exit, Failure> {
    let damaged = archive.check()?;
    for error in &damaged {
        printer.data(error.to_string())?;
    }
    printer.flush()?;
    if damaged.is_empty() {
        printer.note(&format!("everything opens: {} reports", archive.count()?));
        return Ok(Exit::Done);
    }
    Err(Failure::new(Exit::Storage, format!("damaged: {}", damaged.len()))
        .hint("put back the newest copy of the database; an erasure does without what is damaged"))
}

/// A time on the command line.
pub(super) fn time(text: &str) -> Result<u64, &'static str> {
    unix_seconds(text).ok_or("a time is like 2026-11-03 or 2026-11-03T14:05:00Z")
}
