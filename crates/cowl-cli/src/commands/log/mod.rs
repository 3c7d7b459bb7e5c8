//! `cowl log`: shows, verifies and proves what an operation wrote down of itself.

mod keep;
mod keys;
mod prove;
mod repair;
mod show;
mod verify;
mod witness;

use clap::{Args, Subcommand};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Every enrolment, revocation, manifest, command, opened message, export and erasure has its entry before it is done. The log lies in \
DIR/log, names no person, and may be copied to anyone: a file server, another organisation, a stick. An entry cannot be edited or \
removed without `cowl log verify` saying so; that the authority does not show one history here and another there is what witnesses \
are for.

Examples:
  cowl log show ops
  cowl log verify ops --checkpoint kept-last-week
  cowl log verify copy-of-log --authority authority.pub --witness example.org/w+0a1b2c3d+BAAB…
  cowl log prove ops --manifest manifest.cowl > manifest.proof
  cowl log verify manifest.proof --authority authority.pub --manifest manifest.cowl
  cowl log witness my.witness --new example.org/w
  cowl log witness my.witness --sign copy-of-log --authority authority.pub > cosigned
  cowl log keep ops cosigned";

/// The arguments of `cowl log`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct LogCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the entries
    Show(show::Show),
    /// Find every edit, cut or fork, and say where
    Verify(verify::Verify),
    /// Print a proof that anyone can check who has the authority's public key
    Prove(prove::Prove),
    /// Be a witness: remember what was seen of logs, and co-sign that they only grew
    Witness(witness::WitnessCommand),
    /// Keep a checkpoint that witnesses signed beside the log
    Keep(keep::Keep),
    /// Put a damaged log together again from its entries or a copy
    Repair(repair::Repair),
}

impl LogCommand {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        match &self.command {
            Command::Show(command) => command.run(printer),
            Command::Verify(command) => command.run(printer),
            Command::Prove(command) => command.run(printer),
            Command::Witness(command) => command.run(printer),
            Command::Keep(command) => command.run(printer),
            Command::Repair(command) => command.run(printer),
        }
    }
}
