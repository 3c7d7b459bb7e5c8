//! `cowl init`: makes an operation.

use std::path::{Path, PathBuf};

use clap::Args;
use cowl::{
    dangerous,
    operation::{HostName, Operation, PARTS},
    random::SystemRng,
};

use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const MORE: &str = "\
Prints the authority's fingerprint, which members compare with one that came another way. Refuses to overwrite: when \
anything fails, nothing is left behind.";

/// The arguments of `cowl init`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub(crate) struct Init {
    /// The folder; it must be new or empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// A policy of your own, copied with the zone files beside it [default: a commented one for disaster relief]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// A name or address under which clients reach the embedded broker over TLS, besides localhost; may be repeated
    #[arg(long = "name", value_name = "HOST")]
    names: Vec<HostName>,
}

impl Init {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let Self { folder, policy, names } = self;
        let mut rng = SystemRng::new();
        let operation = Operation::create_from(&folder, policy.as_deref(), &names, machine::now(), &mut rng)?;
        if let Some(warning) = dangerous::warning(operation.preset()) {
            printer.warning(warning);
        }
        printer.note(&format!(
            "made the operation `{}` in {}",
            operation.manifest().policy.name,
            folder.display()
        ));
        for part in PARTS.iter().filter(|part| exists(&folder, part.name)) {
            let who = if part.secret { "secret" } else { "public" };
            printer.note(&format!("  {who}  {:<14} {}", part.name, part.what));
        }
        printer.note("next:");
        let folder = folder.display();
        for (command, what) in [
            (format!("cowl broker {folder}"), "the broker, on this machine; or any other with its logins"),
            (format!("cowl serve {folder}"), "publishes manifest and beacons, and follows policy.toml"),
            (format!("cowl enrol {folder} NAME --device"), "a credential for someone who reports"),
            (format!("cowl enrol {folder} NAME --responder --role ROLE"), "and for someone who reads"),
        ] {
            printer.note(&format!("  {command}   {what}"));
        }
        printer.note("the authority's fingerprint, for members to compare:");
        printer.data(operation.manifest().authority().fingerprint().to_string())?;
        printer.flush()?;
        Ok(Exit::Done)
    }
}

/// Whether a part of the guide is in this folder: some come later, or only with a dangerous preset.
fn exists(folder: &Path, name: &str) -> bool {
    folder.join(name).exists()
}
