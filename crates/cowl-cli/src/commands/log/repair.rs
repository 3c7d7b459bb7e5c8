//! `cowl log repair`: a damaged log, from its own entries or a copy's.

use std::path::PathBuf;

use clap::Args;
use cowl::operation::Operation;

use super::keys;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The arguments of `cowl log repair`.
#[derive(Debug, Args)]
pub(super) struct Repair {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// A copy of the log: a backup's, a mirror's, a witness's
    #[arg(long, value_name = "COPY")]
    from: Option<PathBuf>,
}

impl Repair {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let operation = Operation::open(&self.folder)?;
        let copy = self.from.as_deref().map(keys::open).transpose()?;
        let repaired = operation.repair_log(copy.as_ref(), machine::now())?;
        printer.note(&format!("the log has its {} entries again, each as it was signed", repaired.size));
        printer.note(&format!("the damaged one lies in {}", repaired.kept.display()));
        Ok(Exit::Done)
    }
}
