//! `cowl log witness`: another organisation's machine that co-signs.

use std::path::{Path, PathBuf};

use clap::Args;
use cowl::{
    files::{self, Access},
    log::{Growth, Refusal, VerifierKey, Witness},
    random::SystemRng,
};

use super::keys;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The largest proof that is read.
const PROOF_LIMIT: u64 = 256 << 10;

/// The arguments of `cowl log witness`.
#[derive(Debug, Args)]
pub(super) struct WitnessCommand {
    /// The witness's own file: its key, and what it saw of each log. Secret, and only on this machine
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Make it, with this name, and print its verifier key: what others trust
    #[arg(long, value_name = "NAME")]
    new: Option<String>,

    /// Look at a log and co-sign its checkpoint: a folder, or a proof that `cowl log prove --since` made. Prints the
    /// checkpoint with all signatures
    #[arg(long, value_name = "PATH", conflicts_with = "new")]
    sign: Option<PathBuf>,

    /// The authority's public key, the first time that a log is seen
    #[arg(long, value_name = "KEY", requires = "sign")]
    authority: Option<String>,
}

impl WitnessCommand {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        if let Some(name) = &self.new {
            let witness = Witness::create(&self.file, name, &mut SystemRng::new())?;
            printer.data(witness.key().to_string())?;
            return Ok(Exit::Done);
        }
        let mut witness = Witness::open(&self.file)?;
        match &self.sign {
            Some(path) => self.sign(&mut witness, path, printer),
            None => list(&witness, printer),
        }
    }

    fn sign(&self, witness: &mut Witness, path: &Path, printer: &mut Printer) -> Result<Exit, Failure> {
        let now = machine::now();
        let (log, growth) = if path.is_file() {
            let proof = files::read(path, PROOF_LIMIT)?;
            let growth = Growth::parse(&proof)
                .map_err(|error| Failure::new(Exit::Keys, format!("{}: {error}", path.display())))?;
            (self.log_key(witness, growth.checkpoint())?, growth)
        } else {
            let reader = keys::open(path)?;
            let checkpoint = reader.checkpoint()?;
            let log = self.log_key(witness, &checkpoint)?;
            let has = checkpoint.unverified().size;
            let seen = witness.last_seen(&log)?.map_or(0, |seen| seen.unverified().size);
            if has < seen {
                return Err(Refusal::Cut { had: seen, has }.into());
            }
            (log, reader.prove_growth(seen, checkpoint)?)
        };
        match witness.cosign(&log, &growth, now) {
            Ok(cosigned) => {
                printer.raw(cosigned.checkpoint.to_string())?;
                printer.flush()?;
                printer.note(&format!("co-signed: {} new entries, and none lost", cosigned.new));
                Ok(Exit::Done)
            }
            Err(Refusal::Fork { seen, evidence }) => {
                let mut file = self.file.clone();
                file.as_mut_os_string().push(format!(".fork-{now}"));
                files::create(&file, evidence.as_bytes(), Access::All)?;
                let hint = format!("both checkpoints are in {}: show them to the others", file.display());
                Err(Failure::from(Refusal::Fork { seen, evidence }).hint(hint))
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// The key that was named, or the one that this log had when it was seen first.
    fn log_key(
        &self,
        witness: &Witness,
        checkpoint: &cowl::log::SignedCheckpoint,
    ) -> Result<VerifierKey, Failure> {
        let origin = &checkpoint.unverified().origin;
        match (&self.authority, witness.logs().find(|log| log.name() == origin)) {
            (None, Some(known)) => Ok(known),
            (given, _) => keys::authority(given.as_deref(), Path::new(""))?.of(checkpoint),
        }
    }
}

fn list(witness: &Witness, printer: &mut Printer) -> Result<Exit, Failure> {
    printer.data(witness.key().to_string())?;
    for log in witness.logs() {
        if let Some(seen) = witness.last_seen(&log)? {
            printer.data(format!("{} {} {}", log.name(), seen.unverified().size, seen.unverified().root))?;
        }
    }
    printer.flush()?;
    Ok(Exit::Done)
}
