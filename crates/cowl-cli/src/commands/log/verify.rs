//! `cowl log verify`: a whole log, or one proof.

use std::path::{Path, PathBuf};

use clap::Args;
use cowl::{
    files,
    log::{
        Digest, Entry, Event, Finding, Growth, Inclusion, Inspection, NoteError, Reader, SignedCheckpoint,
        VerifierKey,
    },
};

use super::keys;
use crate::{exit::Exit, failure::Failure, machine, printer::Printer};

/// The largest proof that is read: an entry, its path and a checkpoint.
const PROOF_LIMIT: u64 = 256 << 10;
/// The largest manifest that is read.
const MANIFEST_LIMIT: u64 = 1 << 20;

/// The arguments of `cowl log verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// An operation's folder, a copy of its log, or a proof that `cowl log prove` made
    #[arg(value_name = "PATH")]
    path: PathBuf,

    /// The authority's public key: a file `authority.pub`, its `ed25519` in hex, or the log's verifier key. In an operation's folder, the key there if none is named
    #[arg(long, value_name = "KEY")]
    authority: Option<String>,

    /// A checkpoint that was kept: the log must have grown from it. More than once for several
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,

    /// A copy of the log that was kept: the first entry that is not the same is named
    #[arg(long, value_name = "DIR")]
    copy: Option<PathBuf>,

    /// The verifier key of a witness that must have signed. More than once for several
    #[arg(long, value_name = "KEY", value_parser = keys::witness)]
    witness: Vec<VerifierKey>,

    /// A manifest that must be the one that is proven, or in the log
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

impl Verify {
    pub(super) fn run(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        if self.path.is_file() { self.proof(printer) } else { self.log(printer) }
    }

    fn log(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let log = keys::open(&self.path)?;
        let authority = keys::authority(self.authority.as_deref(), &self.path)?;
        let key = match log.checkpoint() {
            Ok(checkpoint) => authority.of(&checkpoint)?,
            Err(error) => {
                printer.data(error.to_string())?;
                printer.flush()?;
                return Ok(bad(1, printer));
            }
        };
        let kept = self.checkpoints()?;
        let mut found = log.inspect(&key)?;
        for checkpoint in &kept {
            found.compare(&key, checkpoint);
        }
        if let Some(copy) = &self.copy {
            found.compare_copy(&keys::open(copy)?)?;
        }
        for witness in &self.witness {
            if let Some((size, time)) = found.witness(witness, &kept) {
                printer.note(&format!(
                    "{}: signed {size} entries on {}",
                    witness.name(),
                    machine::date(time)
                ));
            }
        }
        if let Some(path) = &self.manifest
            && manifest_entry(&log, path)?.is_none()
        {
            printer.data(format!("{}: this manifest is not in the log", path.display()))?;
            printer.flush()?;
            return Ok(bad(found.findings.len() + 1, printer));
        }
        report(&found, printer)
    }

    fn proof(&self, printer: &mut Printer) -> Result<Exit, Failure> {
        let bytes = files::read(&self.path, PROOF_LIMIT)?;
        let refused =
            |error: NoteError| Failure::new(Exit::Keys, format!("{}: {error}", self.path.display()));
        let authority = keys::authority(self.authority.as_deref(), Path::new(""))?;
        if let Ok(growth) = Growth::parse(&bytes) {
            let key = authority.of(growth.checkpoint())?;
            let old = self.checkpoints()?;
            let Some(old) = old.iter().find(|old| old.unverified().size == growth.old()) else {
                return Err(Failure::usage(format!("the proof begins at {} entries", growth.old()))
                    .hint("name the checkpoint of that size that you kept, with --checkpoint"));
            };
            let root = old.verify(&key).map_err(refused)?.root;
            let checkpoint = growth.verify(&key, root).map_err(refused)?;
            printer.note(&format!(
                "the log grew from {} to {} entries, and lost none",
                growth.old(),
                checkpoint.size
            ));
            self.witnesses(growth.checkpoint(), printer)?;
            return Ok(Exit::Done);
        }
        let proof = Inclusion::parse(&bytes).map_err(refused)?;
        let key = authority.of(proof.checkpoint())?;
        let (entry, checkpoint) = proof.verify(&key).map_err(refused)?;
        self.check_manifest(entry)?;
        self.witnesses(proof.checkpoint(), printer)?;
        printer.data(String::from_utf8_lossy(entry).escape_debug().to_string().replace("\\\"", "\""))?;
        printer.flush()?;
        printer.note(&format!("entry {} of {} is in the log", proof.index(), checkpoint.size));
        Ok(Exit::Done)
    }

    fn check_manifest(&self, entry: &[u8]) -> Result<(), Failure> {
        let Some(path) = &self.manifest else { return Ok(()) };
        let hash = Digest::of(&files::read(path, MANIFEST_LIMIT)?);
        match Entry::parse(entry).map(|entry| entry.event) {
            Some(Event::Manifest { hash: proven, .. }) if proven == hash => Ok(()),
            _ => Err(Failure::new(
                Exit::Keys,
                format!("{} is not the manifest that is proven", path.display()),
            )),
        }
    }

    fn witnesses(&self, checkpoint: &SignedCheckpoint, printer: &mut Printer) -> Result<(), Failure> {
        for witness in &self.witness {
            let time = checkpoint.note().verify_witness(witness).map_err(|_| {
                Failure::new(Exit::Keys, format!("{} has not signed this checkpoint", witness.name()))
            })?;
            printer.note(&format!("{}: signed it on {}", witness.name(), machine::date(time)));
        }
        Ok(())
    }

    fn checkpoints(&self) -> Result<Vec<SignedCheckpoint>, Failure> {
        Ok(self.checkpoint.iter().map(|path| SignedCheckpoint::load(path)).collect::<Result<_, _>>()?)
    }
}

/// Where a manifest stands in a log.
pub(super) fn manifest_entry(log: &Reader, path: &Path) -> Result<Option<u64>, Failure> {
    let wanted = Digest::of(&files::read(path, MANIFEST_LIMIT)?);
    let found = log.find_last(|entry| match Entry::parse(entry)?.event {
        Event::Manifest { hash, .. } if hash == wanted => Some(()),
        _ => None,
    })?;
    Ok(found.map(|(index, ())| index))
}

fn report(found: &Inspection, printer: &mut Printer) -> Result<Exit, Failure> {
    for finding in &found.findings {
        printer.data(words(finding))?;
    }
    printer.flush()?;
    if !found.findings.is_empty() {
        return Ok(bad(found.findings.len(), printer));
    }
    printer.note(&format!("all {} entries are as the authority signed them", found.size));
    if found.unsigned > 0 {
        printer.note(&format!(
            "{} more were written when the machine stopped; the next change signs them",
            found.unsigned
        ));
    }
    Ok(Exit::Done)
}

fn bad(count: usize, printer: &mut Printer) -> Exit {
    let findings = if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") };
    printer.warning(&format!(
        "{findings}: this log is not what its authority signed, or not what was kept of it"
    ));
    Exit::Keys
}

fn words(finding: &Finding) -> String {
    match finding {
        Finding::Checkpoint(cause) => format!("checkpoint: {cause}"),
        Finding::File { path, what } => format!("{}: {what}", path.display()),
        Finding::Entry { index, path } => {
            format!("{}: entry {index} is not the one that was signed", path.display())
        }
        Finding::Hashes { path } => format!("{}: hashes are not those of the entries", path.display()),
        Finding::Root { size } => format!("the {size} entries are not those that the checkpoint signs"),
        Finding::Stray { path } => format!("{}: no log has such a file", path.display()),
        Finding::Kept(cause) => format!("a checkpoint that was kept: {cause}"),
        Finding::Cut { had, has } => format!("cut: the log had {had} entries and has {has}"),
        Finding::Fork { size } => format!("fork: the authority signed two different logs of {size} entries"),
        Finding::NotWitnessed(cause) => format!("witness: {cause}"),
    }
}
