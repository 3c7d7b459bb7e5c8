//! `cowl glass setup`: appoints the custodians.

use std::path::PathBuf;

use clap::Args;
use cowl::{operation::Operation, random::SystemRng};

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Writes NAME.share for each custodian, and prints the paths. Hand each over, over a safe way, and delete it here: whoever has \
enough of them opens every report's custody part. The secret that they are shares of exists nowhere else and is not \
kept, and lost shares are not made again. Devices seal to them when they have the new manifest (`cowl serve` publishes it).

With --replace others follow them, with new shares, and by [custody] of policy.toml also in other numbers. Former shares open nothing \
that is sealed from then on. What was sealed before opens with them alone (`cowl glass request --former 1`), so former custodians keep \
theirs until it is erased; enough of them together still open it without anybody's request.";

/// The arguments of `cowl glass setup`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(super) struct Setup {
    /// The operation's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// What the custodians are called: as many as the policy says
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', required = true)]
    custodians: Vec<String>,

    /// How many of them it takes: what the policy says. To be sure
    #[arg(long, value_name = "N")]
    threshold: Option<u8>,

    /// Appoint these in place of the custodians that there are
    #[arg(long)]
    replace: bool,

    /// Where to write the shares
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    into: PathBuf,
}

impl Setup {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let mut operation = Operation::open(&self.folder)?;
        let policy =
            if self.replace { operation.policy_file()?.policy } else { operation.manifest().policy.clone() };
        let says = policy.custody.as_ref().map(|custody| custody.threshold);
        if let (Some(asked), Some(says)) = (self.threshold, says)
            && asked != says
        {
            return Err(Failure::usage(format!(
                "the policy says that it takes {says} custodians, not {asked}"
            ))
            .hint("`threshold` of [custody] in policy.toml is what devices and people are told"));
        }
        let now = operation.epoch_now(machine::now())?;
        let mut rng = SystemRng::new();
        let appointed = if self.replace {
            operation.replace_custodians(&self.custodians, &self.into, now, &mut rng)?
        } else {
            operation.appoint_custodians(&self.custodians, &self.into, now, &mut rng)?
        };
        let (threshold, all) = (appointed.threshold, appointed.files.len());
        printer.note(&format!("{threshold} of these {all} custodians together open one report at a time"));
        printer.note("hand over each share, over a safe way, and delete it here");
        printer.note(&format!(
            "manifest {} has their key; `cowl serve` publishes it",
            operation.manifest().version
        ));
        if self.replace {
            printer.note(
                "what was sealed before opens with the former custodians' shares alone: they keep them",
            );
        }
        for file in appointed.files {
            printer.data(file.display().to_string())?;
        }
        printer.flush()?;
        Ok(Exit::Done)
    }
}
