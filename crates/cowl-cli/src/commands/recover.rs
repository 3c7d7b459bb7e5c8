//! `cowl recover`, `cowl restore`, `cowl backup`: what was saved of a machine that is gone.

use std::path::PathBuf;

use clap::Args;
use cowl::{
    operation::Operation,
    random::SystemRng,
    recovery::{self, Rebuilt, RecoveryFile},
    rest::{Identities, Recipient, To, use_identities},
    state::Kind,
};

use super::shares;
use crate::{exit::Exit, failure::Failure, machine, passphrase, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const RECOVER: &str = "\
The operation goes on where the recovery file stands: members keep their credentials, its manifest gets a version that the lost \
machine cannot have reached, and device numbers that it may have given out are left out. The old machine must never run this \
operation again: two authorities would call the same members to different keys. Its log says that it was restored.

Example:
  cowl recover recovery.cowl share-1.txt share-3.txt -o ops";

const BACKUP: &str = "\
Encrypted for a passphrase (asked for, or COWL_PASSPHRASE_FILE), or with --to for age identities. In no backup are counters, a \
credential's instance secret, what waits in a queue, what a reader has seen: a device that is restored reports as a walk-in until \
it hears a beacon, and as itself from the epoch after; a responder may see again what the broker sends again. A backup opens what \
could be opened on its day: guard it like the original, and destroy old ones.

Examples:
  cowl backup ops -o ops.age
  cowl backup medic.cowl -o medic.age --to age1...";

const RESTORE: &str = "\
An operation goes into a new folder, a credential into a new file; both go on as `cowl recover --help` and `cowl backup --help` \
say. What was saved must not run any more.";

/// The arguments of `cowl recover`.
#[derive(Debug, Args)]
#[command(after_help = RECOVER)]
pub(crate) struct Recover {
    /// The recovery file, or a copy of it
    #[arg(value_name = "RECOVERY-FILE")]
    file: PathBuf,

    /// Files of shares, or - for words on standard input
    #[arg(value_name = "SHARE", required = true)]
    shares: Vec<PathBuf>,

    /// The new folder of the operation
    #[arg(short = 'o', long, value_name = "NEWDIR")]
    output: PathBuf,
}

/// The arguments of `cowl backup`.
#[derive(Debug, Args)]
#[command(after_help = BACKUP)]
pub(crate) struct Backup {
    /// An operation's folder, a responders' gateway's folder, or a credential
    #[arg(value_name = "PATH")]
    path: PathBuf,

    /// Where to write it
    #[arg(short = 'o', long, value_name = "FILE")]
    output: PathBuf,

    /// For whom: an age recipient, age1… or age1pq1…; may be repeated
    #[arg(long, value_name = "RECIPIENT")]
    to: Vec<Recipient>,
}

/// The arguments of `cowl restore`.
#[derive(Debug, Args)]
#[command(after_help = RESTORE)]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Where to: a new folder, or a new file
    #[arg(short = 'o', long, value_name = "PATH")]
    output: PathBuf,

    /// A file of age identities that open it
    #[arg(short = 'i', long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

impl Recover {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let file = RecoveryFile::load(&self.file)?;
        let shares = self.shares.iter().map(|path| shares::read(path)).collect::<Result<Vec<_>, _>>()?;
        let rebuilt = recovery::recover(&file, &shares, &self.output, machine::now(), &mut SystemRng::new())?;
        tell(&rebuilt, printer)
    }
}

impl Backup {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let Self { path, output, to } = self;
        if Kind::of(&path).is_none() {
            return Err(recovery::RecoveryError::NothingToSave(path).into());
        }
        let to = if to.is_empty() { To::Passphrase(passphrase::new(&output)?) } else { To::Recipients(to) };
        let made = recovery::backup(&path, &output, &to, machine::now())?;
        printer.note(&format!("saved {} files of the {}", made.files, made.kind.name()));
        for left in &made.left {
            printer.note(&format!("left out {}: {}", left.name, left.why));
        }
        printer.data(output.as_os_str().as_encoded_bytes())?;
        printer.flush()?;
        Ok(Exit::Done)
    }
}

impl Restore {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        if let Some(path) = &self.identity {
            use_identities(Identities::load(path)?);
        }
        let now = machine::now();
        let rebuilt = recovery::restore(&self.file, &self.output, None, None, now, &mut SystemRng::new())?;
        tell(&rebuilt, printer)
    }
}

fn tell(rebuilt: &Rebuilt, printer: &mut Printer) -> Result<Exit, Failure> {
    let Rebuilt { kind, taken, path, skipped } = rebuilt;
    printer.note(&format!("restored the {} as it was on {}", kind.name(), machine::date(*taken)));
    match kind {
        Kind::Operation => {
            printer.note(&format!(
                "{skipped} device numbers are left out: the lost machine may have given them to someone after that"
            ));
            printer.warning(
                "the old machine must not run this operation again; revoke what you cannot account for",
            );
            // Whoever can write to a recovery file's disk can put another operation there: its shares are asked for by name only.
            let authority = Operation::open(path)?.manifest().authority().fingerprint();
            printer.note(&format!("compare its authority with a card or a notice: {authority}"));
            printer.note(&format!("go on: cowl serve {}", path.display()));
        }
        Kind::Member | Kind::Station => {
            printer.note(
                "it counts as restored: as a walk-in until it hears a beacon, as itself from the epoch after",
            );
            printer.warning("the machine that was saved must not use its credential any more");
        }
    }
    printer.data(path.as_os_str().as_encoded_bytes())?;
    printer.flush()?;
    Ok(Exit::Done)
}
