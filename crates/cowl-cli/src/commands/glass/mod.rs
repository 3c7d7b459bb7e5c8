//! `cowl glass`: several custodians together open one report's custody part, for a reason that is logged.
//!
//! One file each: `setup` appoints custodians, `request` asks them, `approve` is a custodian's side, `open` shows what they
//! opened.

mod approve;
mod open;
mod request;
mod setup;

use std::path::Path;

use clap::{Args, Subcommand};
use cowl::files::{self, Access};
use cowl_core::custody::GlassRequest;

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
What no role reads (exact position, identity: whatever [custody] of policy.toml says) is sealed in every message to the \
operation's custodians. Any two of three, say, open one report and no other; one alone opens nothing, and neither does \
the authority.

  1  the authority, once:     cowl glass setup ops --custodians anna,ben,chloe
  2  whoever reads reports:   cowl sub --credential medic.cowl --keep-custody kept
  3  whoever needs one:       cowl glass request medic.cowl REPORT --kept kept --by 'Rescue 4' --reason 'does not answer'
  4  the authority signs it:  cowl glass request ops glass-….draft
  5  two custodians:          cowl glass approve anna.share glass-….request
  6  the authority:           cowl glass open ops glass-….request *.partial

Steps 4 and 6 are entered in the log before they happen. A request ends by itself.";

/// The arguments of `cowl glass`.
#[derive(Debug, Args)]
#[command(after_help = MORE, subcommand_required = true, disable_help_subcommand = true)]
pub(crate) struct GlassCommand {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Appoint the custodians: a share for each, and their key in a new manifest
    Setup(setup::Setup),
    /// Ask the custodians to open one report; at the authority: sign it, so that they may
    Request(request::Request),
    /// As a custodian: see who asks for what and why, and agree
    Approve(approve::Approve),
    /// Open one report with the answers of enough custodians
    Open(open::Open),
}

impl GlassCommand {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        match &self.step {
            Step::Setup(step) => step.run(printer),
            Step::Request(step) => step.run(printer),
            Step::Approve(step) => step.run(printer),
            Step::Open(step) => step.run(printer),
        }
    }
}

/// The largest request or answer that is read.
const LIMIT: u64 = 32 << 10;

/// What a request says, for people. All that a custodian decides by.
fn words(request: &GlassRequest) -> Vec<String> {
    vec![
        format!("asked by   {}", request.requester),
        format!("because    {}", request.reason),
        format!("to open    what custodians may see of report {}", request.envelope.report()),
        format!("sent by    {} in epoch {}", request.about, request.envelope.epoch.0),
        format!("asked at   {}", machine::date(request.made)),
        format!("ends       {}", machine::date(request.expires)),
    ]
}

/// Writes a file that only its owner reads, and says its name on standard output.
fn write(path: &Path, bytes: &[u8], printer: &mut Printer) -> Result<(), Failure> {
    files::create(path, bytes, Access::Owner)?;
    printer.data(path.display().to_string())?;
    printer.flush()
}
