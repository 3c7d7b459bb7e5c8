//! `cowl log keep`: what witnesses signed, beside the log.

use std::path::PathBuf;

use clap::Args;
use cowl::{log::SignedCheckpoint, operation::Operation};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The arguments of `cowl log keep`.
#[derive(Debug, Args)]
pub(super) struct Keep {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// A checkpoint of this log that a witness signed
    #[arg(value_name = "FILE")]
    cosigned: PathBuf,
}

impl Keep {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let operation = Operation::open(&self.folder)?;
        let cosigned = SignedCheckpoint::load(&self.cosigned)?;
        operation.keep_witnessed(&cosigned)?;
        let signatures = cosigned.note().signatures().len().saturating_sub(1);
        printer.note(&format!(
            "kept: {} entries, signatures of {signatures} witnesses",
            cosigned.unverified().size
        ));
        Ok(Exit::Done)
    }
}
