//! `cowl archive export`: all that was kept, or what may be shared of it.

use std::{io, path::PathBuf};

use clap::{Args, ValueEnum};
use cowl::{
    archive::{Archive, ArchiveError, Export, Format, Shared, Sharing, What},
    files,
    log::{Event, Word},
    operation::Operation,
};
use cowl_core::SignedManifest;

use super::{WhichArgs, each};
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The largest manifest that is read.
const MANIFEST_LIMIT: u64 = 16 << 20;

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
json and csv hold everything that was kept: for your own tools. geojson, hxl and cot are for others: nothing finer than the role may \
read by the policy of today, no ids, no pseudonyms, times to the minute. With --counts they hold only how many reports there are in \
each zone, by triage category; counts under the policy's k read `<k`, smaller zones are counted together, and totals that \
would undo that are left out.

Examples:
  cowl archive export reports.db --operation ops --role rescue --format geojson > rescue.geojson
  cowl archive export reports.db --operation ops --format hxl --counts > partners.csv
  cowl archive export reports.db --operation ops --role medical --format cot | nc takserver 8087";

#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    which: WhichArgs,

    /// How it is written
    #[arg(long, value_enum, default_value = "json")]
    format: As,

    /// Counts per zone instead of reports (geojson, hxl)
    #[arg(long)]
    counts: bool,

    /// The operation's folder, whose log notes the export before it is made
    #[arg(long, value_name = "DIR", required_unless_present = "not_logged")]
    operation: Option<PathBuf>,

    /// This machine has no folder of the operation: tell its authority, which notes it
    #[arg(long, conflicts_with = "operation")]
    not_logged: bool,

    /// The operation's manifest, whose policy and zones geojson, hxl and cot need where there is no folder of it
    #[arg(long, value_name = "FILE", conflicts_with = "operation")]
    manifest: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    /// One object on each line
    Json,
    /// RFC 4180, with a head
    Csv,
    /// RFC 7946: zones with their outlines
    Geojson,
    /// CSV with a row of HXL hashtags
    Hxl,
    /// Cursor on Target: an event on each line, at the centre of the zone
    Cot,
}

impl As {
    const fn shared(self) -> Option<Shared> {
        match self {
            Self::Json | Self::Csv => None,
            Self::Geojson => Some(Shared::GeoJson),
            Self::Hxl => Some(Shared::Hxl),
            Self::Cot => Some(Shared::CursorOnTarget),
        }
    }
}

impl ExportArgs {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut archive = Archive::open(&self.which.file)?;
        let what = if self.counts { What::Counts } else { What::Reports };
        let Some(shared) = self.format.shared() else {
            if self.counts {
                return Err(Failure::usage("counts are written with --format geojson or hxl".to_owned()));
            }
            self.note(&archive, Word::from("archive"), printer)?;
            return self.all(&mut archive, printer);
        };
        if self.counts && shared == Shared::CursorOnTarget {
            return Err(Failure::usage(cowl::archive::NoCounts.to_string()));
        }
        let manifest = self.manifest(&archive)?;
        self.note(&archive, shared.word(what), printer)?;
        let sharing = Sharing::new(shared, what, manifest.policy.clone(), machine::now());
        let mut sharing = sharing.map_err(|error| Failure::usage(error.to_string()))?;
        let code = each(&mut archive, &self.which.query(), printer, |kept, _| Ok(sharing.add(&kept)?))?;
        let mut out = Vec::new();
        let written = sharing.finish(&mut out).map_err(|error| unwritable(&error))?;
        printer.raw(&out)?;
        printer.flush()?;
        if written.other_roles > 0 {
            printer.warning(&format!(
                "{} reports left out: of roles that read no reports, or that the policy does not have any more",
                written.other_roles
            ));
        }
        if written.no_place > 0 {
            printer.warning(&format!(
                "{} reports left out: an event needs a place, and they have none",
                written.no_place
            ));
        }
        Ok(code)
    }

    /// Everything, as it was kept.
    fn all(&self, archive: &mut Archive, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut export = Export::new(if self.format == As::Json { Format::Json } else { Format::Csv });
        let code = each(archive, &self.which.query(), printer, |kept, printer| {
            let mut out = Vec::new();
            export.add(&kept, &mut out)?.map_err(|error| unwritable(&error))?;
            printer.raw(&out)
        })?;
        let mut out = Vec::new();
        export.finish(&mut out).map_err(|error| unwritable(&error))?;
        printer.raw(&out)?;
        printer.flush()?;
        Ok(code)
    }

    /// The entry in the log, before anything leaves.
    fn note(&self, archive: &Archive, word: Word, printer: &mut Printer) -> Result<(), Failure> {
        let Some(folder) = &self.operation else {
            printer.warning("this export is in no log: tell the authority");
            return Ok(());
        };
        let operation = Operation::open(folder)?;
        if operation.manifest().operation != archive.operation()? {
            return Err(ArchiveError::OtherOperation(self.which.file.clone()).into());
        }
        operation.note(Event::Exported { what: word }, machine::now())?;
        Ok(())
    }

    /// The operation's newest manifest, as its folder has it or as it was handed over.
    fn manifest(&self, archive: &Archive) -> Result<SignedManifest, Failure> {
        let path = match (&self.operation, &self.manifest) {
            (Some(folder), _) => {
                let manifest = Operation::open(folder)?.manifest().clone();
                return if manifest.operation == archive.operation()? {
                    Ok(manifest)
                } else {
                    Err(ArchiveError::OtherOperation(self.which.file.clone()).into())
                };
            }
            (None, Some(path)) => path,
            (None, None) => {
                return Err(Failure::usage(
                    "this form needs the operation's policy and zones: say --manifest FILE".to_owned(),
                ));
            }
        };
        let bytes = files::read(path, MANIFEST_LIMIT)?;
        let manifest = SignedManifest::verify(&bytes, archive.authority()?).map_err(|error| {
            Failure::new(Exit::Input, format!("{} is no manifest of this operation: {error}", path.display()))
        })?;
        if manifest.operation != archive.operation()? {
            return Err(ArchiveError::OtherOperation(self.which.file.clone()).into());
        }
        Ok(manifest)
    }
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::internal(error.to_string())
}
