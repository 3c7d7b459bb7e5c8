//! `cowl tokens show`.

use std::path::PathBuf;

use clap::Args;
use cowl::{keyring::load_credential, tokens::Wallet};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The arguments of `cowl tokens show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The credential
    #[arg(value_name = "CREDENTIAL")]
    credential: PathBuf,
}

impl Show {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let credential = load_credential(&self.credential)?;
        let holding = Wallet::of(&self.credential, credential.manifest.operation).holding()?;
        let line = match holding.period {
            None => "no tokens were got yet".to_owned(),
            Some(period) => format!(
                "period {period}: {} of {} tokens left, {} of them for emergencies",
                holding.left, holding.of, holding.reserve
            ),
        };
        printer.data(line)?;
        printer.flush()?;
        Ok(Exit::Done)
    }
}
