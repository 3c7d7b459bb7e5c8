//! Reading a whole log and saying what is wrong with it, and where.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use tlog_tiles::{HASH_SIZE, Hash};

use super::{
    Checkpoint, LogError, NoteError, Reader, Root, SignedCheckpoint, VerifierKey,
    reader::{CHECKPOINT, WITNESSED},
    tree::{Content, File, WIDTH, bundles},
    whole::Whole,
};
use crate::files::{self, FileError};

/// One thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The newest checkpoint cannot be believed, and with it nothing.
    Checkpoint(NoteError),
    /// A file is missing or cut.
    File {
        /// Below the log's folder.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An entry is not the one that was signed.
    Entry {
        /// Its index, from 0.
        index: u64,
        /// The bundle in which it lies.
        path: PathBuf,
    },
    /// Hashes are not those of the entries that were signed.
    Hashes {
        /// The tile.
        path: PathBuf,
    },
    /// The entries, whatever the hashes beside them say, are not those that the checkpoint signs.
    Root {
        /// How many entries the checkpoint signs.
        size: u64,
    },
    /// A file that no log has.
    Stray {
        /// Below the log's folder.
        path: PathBuf,
    },
    /// A checkpoint that was kept elsewhere cannot be believed.
    Kept(NoteError),
    /// The log is shorter than it was: entries were cut off.
    Cut {
        /// How many entries it had.
        had: u64,
        /// How many it has.
        has: u64,
    },
    /// The log was rewritten: the authority signed two histories.
    Fork {
        /// Both have this many entries, and not the same.
        size: u64,
    },
    /// No signature of a witness that was asked for.
    NotWitnessed(NoteError),
}

/// What was found in a log.
#[derive(Debug)]
pub struct Inspection {
    /// What is wrong; nothing, if all is as the authority signed it.
    pub findings: Vec<Finding>,
    /// How many entries the checkpoint signs.
    pub size: u64,
    /// How many entries lie behind them, written when the machine stopped and signed with the next ones.
    pub unsigned: u64,
    /// The tree that the entries make.
    tree: Whole,
    witnessed: Vec<SignedCheckpoint>,
}

impl Reader {
    /// Reads every file of the log and compares all of them with the checkpoint that the log's key signed.
    pub fn inspect(&self, log: &VerifierKey) -> Result<Inspection, LogError> {
        let checkpoint = match self.checkpoint() {
            Ok(signed) => signed,
            Err(LogError::File(error)) => return Err(error.into()),
            Err(LogError::Note { cause, .. }) => return Ok(Inspection::failed(cause)),
            Err(_) => return Ok(Inspection::failed(NoteError::Malformed)),
        };
        let Checkpoint { size, root, .. } = match checkpoint.verify(log) {
            Ok(checkpoint) => checkpoint.clone(),
            Err(cause) => return Ok(Inspection::failed(cause)),
        };
        let mut found = Inspection { size, ..Inspection::failed(NoteError::Malformed) };
        found.findings.clear();
        found.read_entries(self, size, root)?;
        found.read_files(self)?;
        found.witnessed = vec![checkpoint];
        match self.witnessed() {
            Ok(Some(witnessed)) => {
                found.compare(log, &witnessed);
                found.witnessed.push(witnessed);
            }
            Ok(None) => {}
            Err(LogError::Note { cause, .. }) => found.findings.push(Finding::Kept(cause)),
            Err(error) => return Err(error),
        }
        Ok(found)
    }
}

impl Inspection {
    fn failed(cause: NoteError) -> Self {
        Self {
            findings: vec![Finding::Checkpoint(cause)],
            size: 0,
            unsigned: 0,
            tree: Whole::default(),
            witnessed: Vec::new(),
        }
    }

    /// Compares with a checkpoint that someone kept: the log must have grown from it.
    pub fn compare(&mut self, log: &VerifierKey, kept: &SignedCheckpoint) {
        let finding = match kept.verify(log) {
            Err(cause) => Some(Finding::Kept(cause)),
            Ok(Checkpoint { size, .. }) if *size > self.size => {
                Some(Finding::Cut { had: *size, has: self.size })
            }
            Ok(Checkpoint { size, root, .. }) => {
                (self.tree.root(*size) != Some(*root)).then_some(Finding::Fork { size: *size })
            }
        };
        self.findings.extend(finding);
    }

    /// Compares with a copy of the log: gives the first entry that is not the same.
    pub fn compare_copy(&mut self, copy: &Reader) -> Result<(), LogError> {
        let other = copy.checkpoint()?.unverified().size;
        let size = other.min(self.size);
        for (index, entry) in (0..size).zip(copy.entries(0..size)) {
            if self.tree.leaf(index) != Some(tlog_tiles::record_hash(&entry?)) {
                let path = bundle_of(index, self.size).path();
                self.findings.push(Finding::Entry { index, path });
                return Ok(());
            }
        }
        if other > self.size {
            self.findings.push(Finding::Cut { had: other, has: self.size });
        }
        Ok(())
    }

    /// Looks for a witness's signature on the newest checkpoint, on the one that is kept as witnessed, and on others that
    /// were compared. Gives the size that it signed and when, in Unix seconds by its clock.
    pub fn witness(&mut self, witness: &VerifierKey, others: &[SignedCheckpoint]) -> Option<(u64, u64)> {
        let checkpoints = self.witnessed.iter().chain(others);
        let mut signed: Option<(u64, u64)> = None;
        let mut cause = NoteError::NotSigned;
        for checkpoint in checkpoints {
            match checkpoint.note().verify_witness(witness) {
                Ok(time) => signed = signed.max(Some((checkpoint.unverified().size, time))),
                Err(error) => cause = error,
            }
        }
        if signed.is_none() {
            self.findings.push(Finding::NotWitnessed(cause));
        }
        signed
    }

    /// Reads entries and their hashes, and finds which of the two is wrong where they differ.
    fn read_entries(&mut self, reader: &Reader, size: u64, root: Root) -> Result<(), LogError> {
        let mut from_entries: Vec<Hash> = Vec::new();
        let mut from_tiles: Vec<Hash> = Vec::new();
        for file in bundles(0, size) {
            let width = usize::try_from(file.width).unwrap_or(0);
            let tile = File { content: Content::Hashes(0), ..file };
            let hashes = self.kept(reader.folder(), reader.hashes(tile))?.map(|bytes| split(&bytes));
            let entries = self.kept(reader.folder(), reader.bundle(file))?;
            let leaves =
                entries.map(|all| all.iter().map(|entry| tlog_tiles::record_hash(entry)).collect::<Vec<_>>());
            // What is missing on one side is taken from the other, to find what else is wrong.
            let either = |one: &Option<Vec<Hash>>, other: &Option<Vec<Hash>>| {
                one.as_ref().or(other.as_ref()).cloned().unwrap_or_else(|| vec![Hash::default(); width])
            };
            from_entries.extend(either(&leaves, &hashes));
            from_tiles.extend(either(&hashes, &leaves));
        }
        let tail = self.kept(reader.folder(), reader.tail(size))?.unwrap_or_default();
        self.unsigned = tail.len() as u64;
        let tails: Vec<_> = tail.iter().map(|entry| tlog_tiles::record_hash(entry)).collect();
        let of_tiles = Whole::of(from_tiles.iter().chain(&tails));
        self.tree = Whole::of(from_entries.iter().chain(&tails));
        let differing: Vec<u64> = (0..)
            .zip(from_entries.iter().zip(&from_tiles))
            .filter(|(_, (a, b))| a != b)
            .map(|(index, _)| index)
            .collect();
        let entries_hold = self.tree.root(size) == Some(root);
        if entries_hold {
            return Ok(());
        }
        if of_tiles.root(size) == Some(root) {
            self.tree = of_tiles;
        } else {
            self.findings.push(Finding::Root { size });
        }
        for index in differing {
            self.add(Finding::Entry { index, path: bundle_of(index, size).path() });
        }
        Ok(())
    }

    /// Compares every file with what the tree says, wider and narrower ones alike.
    fn read_files(&mut self, reader: &Reader) -> Result<(), LogError> {
        let all = self.size + self.unsigned;
        let widths: BTreeMap<(Content, u64), u64> =
            File::all(all).into_iter().map(|file| ((file.content, file.index), file.width)).collect();
        for file in File::all(self.size).into_iter().filter(|file| file.content != Content::Entries) {
            self.kept(reader.folder(), reader.hashes(file))?;
        }
        for path in walk(reader.folder())? {
            if path == Path::new(CHECKPOINT) || path == Path::new(WITNESSED) {
                continue;
            }
            let file = File::parse(&path);
            let known = file.filter(|file| {
                widths.get(&(file.content, file.index)).is_some_and(|width| file.width <= *width)
            });
            match known {
                None => self.findings.push(Finding::Stray { path }),
                Some(file) => self.read_file(reader, file, path)?,
            }
        }
        self.findings.dedup();
        Ok(())
    }

    fn read_file(&mut self, reader: &Reader, file: File, path: PathBuf) -> Result<(), LogError> {
        let bytes = files::read(&reader.folder().join(&path), WIDTH * (2 + 0xffff))?;
        let expected = match file.content {
            Content::Hashes(level) => self.tree.tile(level, file.index, file.width),
            Content::Entries => {
                let Some(leaves) = leaves(&bytes) else {
                    let what = "entries are missing at its end";
                    self.add(Finding::File { path, what });
                    return Ok(());
                };
                let first = file.index * WIDTH;
                for (index, leaf) in (first..).zip(&leaves).take(usize::try_from(file.width).unwrap_or(0)) {
                    if self.tree.leaf(index) != Some(*leaf) {
                        self.add(Finding::Entry { index, path: path.clone() });
                    }
                }
                if leaves.len() as u64 != file.width {
                    self.add(Finding::File {
                        path,
                        what: "it holds more or fewer entries than its name says",
                    });
                }
                return Ok(());
            }
        };
        if expected.as_deref() != Some(bytes.as_slice()) {
            self.add(Finding::Hashes { path });
        }
        Ok(())
    }

    fn add(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// What was read; damage becomes a finding, and only what is no fault of the log's an error.
    fn kept<T>(&mut self, folder: &Path, read: Result<T, LogError>) -> Result<Option<T>, LogError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(LogError::Damaged { path, what }) => {
                let path = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                self.add(Finding::File { path, what });
                Ok(None)
            }
            Err(LogError::File(FileError::TooLarge { path, .. })) => {
                let path = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                self.add(Finding::File { path, what: "it is larger than any of its kind" });
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// The bundle of an entry in a log of some size.
fn bundle_of(index: u64, size: u64) -> File {
    let first = index / WIDTH * WIDTH;
    File {
        content: Content::Entries,
        index: index / WIDTH,
        width: size.saturating_sub(first).clamp(1, WIDTH),
    }
}

fn split(bytes: &[u8]) -> Vec<Hash> {
    bytes
        .chunks_exact(HASH_SIZE)
        .filter_map(|hash| <[u8; HASH_SIZE]>::try_from(hash).ok())
        .map(Hash)
        .collect()
}

/// The leaves of all entries of a bundle, if it holds whole entries.
fn leaves(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (mut rest, mut leaves) = (bytes, Vec::new());
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        leaves.push(tlog_tiles::record_hash(entry));
        rest = after;
    }
    Some(leaves)
}

/// All files below a folder, but those that a crash left half written under a name of their own.
fn walk(folder: &Path) -> Result<Vec<PathBuf>, LogError> {
    let (mut todo, mut found) = (vec![PathBuf::new()], Vec::new());
    while let Some(below) = todo.pop() {
        let at = folder.join(&below);
        let failed = |source: io::Error| FileError::Read { path: at.clone(), source };
        for entry in fs::read_dir(&at).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = below.join(entry.file_name());
            if entry.file_type().map_err(failed)?.is_dir() {
                todo.push(path);
            } else if !entry.file_name().to_string_lossy().starts_with(".cowl-") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
