//! `cowl audit`: the attacker, on anybody's MQTT system.

mod explain;
mod recording;
mod subscribe;
mod tap;

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
    /// Record what a broker sees: a transparent proxy in front of it
    Tap(tap::Tap),
    /// Record what a subscriber sees
    Subscribe(Box<subscribe::Subscribe>),
    /// Say what an attack's number means and what would lower it
    Explain(explain::Explain),
}

impl Audit {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        match self.command {
            Command::Tap(command) => command.run(printer).await,
            Command::Subscribe(command) => command.run(printer).await,
            Command::Explain(command) => command.run(printer),
        }
    }
}
