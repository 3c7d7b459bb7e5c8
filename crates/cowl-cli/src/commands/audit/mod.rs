//! `cowl audit`: the attacker, on anybody's MQTT system.

mod explain;
mod read;
mod recording;
mod score;
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
    /// Say what a capture or a trace gives away, without ground truth
    Read(read::ReadCommand),
    /// Measure every attack of every adversary against ground truth, before and after
    Score(Box<score::ScoreCommand>),
    /// Say what an attack's number means and what would lower it
    Explain(explain::Explain),
}

impl Audit {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        match self.command {
            Command::Tap(command) => command.run(printer).await,
            Command::Subscribe(command) => command.run(printer).await,
            Command::Read(command) => command.run(printer),
            Command::Score(command) => command.run(printer),
            Command::Explain(command) => command.run(printer),
        }
    }
}
