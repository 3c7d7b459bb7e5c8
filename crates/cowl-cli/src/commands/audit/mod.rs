//! `cowl audit`: the attacker, on anybody's MQTT system.

mod explain;

use clap::{Args, Subcommand};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The arguments of `cowl audit`.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what an attack's number means and what would lower it
    Explain(explain::Explain),
}

impl Audit {
    #[expect(clippy::unused_async, reason = "recording from the network will wait")]
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        match self.command {
            Command::Explain(command) => command.run(printer),
        }
    }
}
