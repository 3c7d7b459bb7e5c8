//! `cowl withdraw`: from a person's twelve words to what the authority needs to erase her reports, and no more.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use cowl::{
    consent::WithdrawalCode,
    files::{self, Access},
    keyring::load_credential,
};
use cowl_core::{Epoch, Fingerprint, SignedManifest, policy::RoleKind, schedule::erasure_handle};
use zeroize::Zeroizing;

use super::archive::time;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The largest files that are read.
const CODE_LIMIT: u64 = 4_096;
const MANIFEST_LIMIT: u64 = 1 << 20;
/// What a withdrawal begins with; the number is that of the form.
pub(super) const HEAD: &str = "cowl withdrawal 2";
/// The first form, which named no epochs.
pub(super) const HEAD_1: &str = "cowl withdrawal 1";

/// What it does beyond its first line.
const MORE: &str = "\
It works offline. What it prints are the handles of past epochs and of this one, each with its epoch: whoever has them can have these reports \
erased, reads nothing by them, and cannot name a later report. The words themselves would do that, so they stay with the person.

Examples:
  cowl withdraw words.txt --manifest manifest.cowl --authority 3f1c-… --out withdrawal.txt
  cowl erase ops --withdrawal withdrawal.txt";

/// The arguments of `cowl withdraw`.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
#[command(group = ArgGroup::new("operation").args(["manifest", "credential"]).required(true))]
pub(crate) struct Withdraw {
    /// A file with the twelve words; - is standard input
    #[arg(value_name = "FILE")]
    words: PathBuf,

    /// The operation's manifest
    #[arg(long, value_name = "FILE", requires = "authority")]
    manifest: Option<PathBuf>,

    /// Fingerprint of the authority whose manifest is trusted
    #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint)]
    authority: Option<Fingerprint>,

    /// A credential of the operation, instead of its manifest
    #[arg(long, value_name = "FILE")]
    credential: Option<PathBuf>,

    /// Nothing was reported before; else all is named that may still be kept
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<u64>,

    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Withdraw {
    pub(crate) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let manifest = self.manifest()?;
        let code = read_code(&self.words)?;
        let seed = code.seed();
        let now = machine::now();
        let policy = &manifest.policy;
        let roles = policy.roles.iter().filter(|role| role.kind == RoleKind::Reports);
        let longest = roles.map(|role| u64::from(role.retention_seconds)).max().unwrap_or(0);
        let kept = now.saturating_sub(longest).saturating_sub(u64::from(policy.lateness_seconds));
        let first = manifest.calendar.epoch_at(self.since.unwrap_or(kept).max(kept));
        // A machine whose clock is behind still names the epochs that the manifest knows of.
        let last = manifest.calendar.epoch_at(now).max(manifest.walk_in.first);
        let mut text = format!("{HEAD}\n{}\n", manifest.operation);
        for epoch in (first.0..=last.0).map(Epoch) {
            let handle = hex::encode(erasure_handle(&seed, manifest.operation, epoch).0);
            text.extend([&handle, " ", &epoch.0.to_string(), "\n"]);
        }
        match &self.out {
            Some(path) => {
                files::create(path, text.as_bytes(), Access::Owner)?;
                printer.note(&format!("give it to the authority: {}", path.display()));
            }
            None => printer.raw(text)?,
        }
        printer.flush()?;
        Ok(Exit::Done)
    }

    fn manifest(&self) -> Result<SignedManifest, Failure> {
        if let (Some(path), Some(fingerprint)) = (&self.manifest, self.authority) {
            let bytes = files::read(path, MANIFEST_LIMIT)?;
            return SignedManifest::verify_pinned(&bytes, fingerprint).map_err(|error| {
                Failure::new(Exit::Keys, format!("{} is {error}", path.display()))
                    .hint("is it this operation's, and the fingerprint the one on its cards and notices?")
            });
        }
        let path = self.credential.as_ref().ok_or_else(|| Failure::usage("name the operation's manifest"))?;
        Ok(load_credential(path)?.manifest)
    }
}

/// The words in a file. Not on the command line, where every user of the machine could read them.
pub(in crate::commands) fn read_code(path: &std::path::Path) -> Result<WithdrawalCode, Failure> {
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Zeroizing::new(Vec::new());
        std::io::Read::read_to_end(&mut std::io::Read::take(std::io::stdin(), CODE_LIMIT), &mut bytes)
            .map_err(|error| Failure::new(Exit::Storage, "cannot read standard input").because(&error))?;
        bytes
    } else {
        Zeroizing::new(files::read(path, CODE_LIMIT)?)
    };
    let words = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
    WithdrawalCode::parse(&words).map_err(|error| {
        Failure::new(Exit::Keys, format!("{}: {error}", path.display()))
            .hint("they are the twelve words that came with the receipt, in that order")
    })
}

fn fingerprint(text: &str) -> Result<Fingerprint, &'static str> {
    Fingerprint::parse(text).ok_or("a fingerprint is 32 hexadecimal digits, with or without dashes")
}
