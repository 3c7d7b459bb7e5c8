//! `cowl log prove`: proofs for people who have the authority's public key and nothing else.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use cowl::log::SignedCheckpoint;

use super::{keys, verify};
use crate::{exit::Exit, failure::Failure, printer::Printer};

/// The arguments of `cowl log prove`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["entry", "manifest", "since"])))]
pub(super) struct Prove {
    /// An operation's folder, or a copy of its log
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// That this entry is in the log (from 0, as `cowl log show` counts)
    #[arg(long, value_name = "N")]
    entry: Option<u64>,

    /// That this manifest is in the log
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,

    /// That the log only grew since it had so many entries, or since this checkpoint that was kept
    #[arg(long, value_name = "N|FILE")]
    since: Option<String>,
}

impl Prove {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let log = keys::open(&self.folder)?;
        let checkpoint = log.checkpoint()?;
        let proof = if let Some(since) = &self.since {
            let old = match since.parse() {
                Ok(size) => size,
                Err(_) => SignedCheckpoint::load(&PathBuf::from(since))?.unverified().size,
            };
            log.prove_growth(old, checkpoint)?.to_string()
        } else {
            let index = match (&self.manifest, self.entry) {
                (Some(path), _) => verify::manifest_entry(&log, path)?.ok_or_else(|| {
                    Failure::new(Exit::Keys, format!("{} is not in the log", path.display()))
                        .hint("either it is not this operation's, or somebody signed it past the log: ask the authority")
                })?,
                (None, index) => index.unwrap_or_default(),
            };
            log.prove_entry(index, checkpoint)?.to_string()
        };
        printer.raw(proof)?;
        printer.flush()?;
        Ok(Exit::Done)
    }
}
