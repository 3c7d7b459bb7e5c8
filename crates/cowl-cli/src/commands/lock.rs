//! `cowl lock`, `cowl unlock`: a passphrase for what lies on a disk.

use std::path::PathBuf;

use clap::Args;
use cowl::{
    files::FileError,
    rest::{self, Changed},
};

use crate::{exit::Exit, failure::Failure, passphrase, printer::Printer};

/// What the command does beyond its first line, at the end of its help.
const LOCK: &str = "\
Of an operation's folder it closes the authority's keys, the roles' keys, the register and whatever else is secret; the \
broker's logins and its TLS key stay open, so that a broker starts by itself: no report opens with them. Every command goes on \
to work: it takes the passphrase from the file that COWL_PASSPHRASE_FILE names (its first line; a systemd credential will do), \
from the kernel's key ring (--remember), or asks on the terminal. What a command writes back stays closed. Commands that run \
meanwhile must be stopped first.

The files are age files (https://age-encryption.org): a credential opens with `age -d FILE`; in a folder, `age -d lock.age` \
prints the passphrase of all others. Losing the passphrase is losing the keys: make shares or a backup first (cowl shares, cowl \
backup).

Examples:
  cowl lock ops
  cowl lock medic.cowl --remember 28800
  COWL_PASSPHRASE_FILE=/run/credentials/cowl cowl serve ops";

/// The arguments of `cowl lock`.
#[derive(Debug, Args)]
#[command(after_help = LOCK)]
pub(crate) struct Lock {
    /// An operation's folder, or a credential
    #[arg(value_name = "PATH")]
    path: PathBuf,

    /// Let the kernel keep the passphrase for this user's commands, for so many seconds or until the next boot
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    remember: Option<u32>,
}

/// The arguments of `cowl unlock`.
#[derive(Debug, Args)]
pub(crate) struct Unlock {
    /// What was locked
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

impl Lock {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let Self { path, remember } = self;
        // Before anyone is asked for anything.
        path.metadata().map_err(|source| FileError::Read { path: path.clone(), source })?;
        let passphrase = passphrase::new(&path)?;
        let changed = rest::lock(&path, &passphrase)?;
        tell("locked", &changed, printer)?;
        if let Some(seconds) = remember {
            let kept = if path.is_dir() { path.join(rest::LOCK) } else { path.clone() };
            match rest::remember(&kept, &passphrase, seconds) {
                Ok(()) => printer
                    .note(&format!("the kernel keeps the passphrase for {seconds} s, or until it restarts")),
                // It is locked all the same.
                Err(error) => printer.warning(&format!(
                    "locked, but the passphrase is not remembered: {error}; {}",
                    error.hint().unwrap_or_default()
                )),
            }
        }
        printer.note("whoever forgets the passphrase has lost the keys: keep shares or a backup elsewhere");
        Ok(Exit::Done)
    }
}

impl Unlock {
    pub(crate) fn run(self, printer: &mut Printer) -> Result<Exit, Failure> {
        let changed = rest::unlock(&self.path)?;
        let kept = if self.path.is_dir() { self.path.join(rest::LOCK) } else { self.path.clone() };
        rest::forget(&kept);
        tell("unlocked", &changed, printer)?;
        printer.note("whoever has the disk has the keys from now on");
        Ok(Exit::Done)
    }
}

fn tell(what: &str, changed: &Changed, printer: &mut Printer) -> Result<(), Failure> {
    for path in &changed.files {
        printer.data(path.as_os_str().as_encoded_bytes())?;
    }
    printer.flush()?;
    printer.note(&format!("{what} {} files", changed.files.len()));
    for path in &changed.open {
        printer.note(&format!("stays open, for a broker that starts by itself: {}", path.display()));
    }
    Ok(())
}
