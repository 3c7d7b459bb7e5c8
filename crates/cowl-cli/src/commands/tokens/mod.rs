//! `cowl tokens`: what members connect with where the policy says `tokens`.
//!
//! One file each: `fetch` gets a period's tokens, `show` says what is left, `serve` judges them for a broker that is not ours.

mod fetch;
mod serve;
mod show;

use clap::{Args, Subcommand};

pub(crate) use fetch::{newest, unanswered};

use crate::{exit::Exit, failure::Failure, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
A token lets one connection in. The service makes it without seeing it, so neither the service nor the broker can tell which \
member comes with it; all that shows is that a member does. It does not hide the network address a connection comes from, nor when. \
Each member gets the same number for each period, once. `cowl pub`, `cowl gateway --devices` and `cowl relay` fetch and spend them by themselves; one in eight is kept for \
emergencies and spent by `cowl pub --urgent`.";

/// The arguments of `cowl tokens`.
#[derive(Debug, Args)]
#[command(after_help = MORE, subcommand_required = true, disable_help_subcommand = true)]
pub(crate) struct TokensCommand {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Get this period's tokens for a credential
    Fetch(Box<fetch::Fetch>),
    /// Say how many tokens a credential has left
    Show(show::Show),
    /// Judge tokens for a broker that asks over HTTP: RMQTT, EMQX
    Serve(serve::Serve),
}

impl TokensCommand {
    pub(crate) async fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        match self.step {
            Step::Fetch(step) => Box::pin(step.run(printer)).await,
            Step::Show(step) => step.run(printer),
            Step::Serve(step) => step.run(printer).await,
        }
    }
}
