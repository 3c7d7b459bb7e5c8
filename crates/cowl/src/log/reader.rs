//! A log's folder, read: the authority's own, a copy on a stick, a mirror.

use std::{
    cell::RefCell,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use tlog_tiles::{Error, HASH_SIZE, Tile};

use super::{
    Growth, Inclusion, LogError, Root, SignedCheckpoint,
    tree::{Content, File, Hashes, MAX_ENTRIES, Tiles, WIDTH, bundles},
};
use crate::files::{self, FileError};

/// The file of the newest checkpoint.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// The newest checkpoint that witnesses signed too.
pub(super) const WITNESSED: &str = "witnessed";
/// The largest bundle of entries.
const BUNDLE_LIMIT: u64 = WIDTH * (2 + 0xffff);

/// A log's folder. Nothing in it is believed: what is read is compared with a checkpoint whose signature the caller
/// verifies.
#[derive(Debug, Clone)]
pub struct Reader {
    folder: PathBuf,
}

impl Reader {
    /// A folder that holds a log.
    pub fn open(folder: &Path) -> Result<Self, LogError> {
        if !folder.join(CHECKPOINT).is_file() {
            return Err(LogError::NoLog(folder.to_owned()));
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// A folder that will hold one.
    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The newest checkpoint, not verified.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, LogError> {
        let path = self.folder.join(CHECKPOINT);
        let checkpoint = SignedCheckpoint::load(&path)?;
        if checkpoint.unverified().size > MAX_ENTRIES {
            return Err(LogError::Damaged { path, what: "no log has so many entries" });
        }
        Ok(checkpoint)
    }

    /// The newest checkpoint that witnesses signed too, if there is one; not verified.
    pub fn witnessed(&self) -> Result<Option<SignedCheckpoint>, LogError> {
        let path = self.folder.join(WITNESSED);
        path.exists().then(|| SignedCheckpoint::load(&path)).transpose()
    }

    /// The entries of these indices, as far as the checkpoint says that there are any, as they lie in the folder.
    pub fn entries(&self, range: Range<u64>) -> impl Iterator<Item = Result<Vec<u8>, LogError>> + '_ {
        let (size, failed) = match self.checkpoint() {
            Ok(checkpoint) => (checkpoint.unverified().size, None),
            Err(error) => (0, Some(Err(error))),
        };
        let (start, end) = (range.start, range.end.min(size));
        let skip = usize::try_from(start % WIDTH).unwrap_or(0);
        let files = if start < end { bundles(start, end) } else { Vec::new() };
        let read = move |file: File| match self.bundle(file) {
            Ok(entries) => entries.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        failed.into_iter().chain(files.into_iter().flat_map(read).skip(skip))
    }

    /// The newest entry of which something is said, with its index.
    pub fn find_last<T>(&self, say: impl Fn(&[u8]) -> Option<T>) -> Result<Option<(u64, T)>, LogError> {
        let size = self.checkpoint()?.unverified().size;
        for bundle in bundles(0, size).into_iter().rev() {
            let entries = self.bundle(bundle)?;
            let found = entries.iter().rposition(|entry| say(entry).is_some());
            if let Some((at, told)) = found.and_then(|at| Some((at, say(entries.get(at)?)?))) {
                return Ok(Some((bundle.index * WIDTH + at as u64, told)));
            }
        }
        Ok(None)
    }

    /// Proves that an entry is in the tree of this checkpoint. The proof is made from what lies in the folder; whether
    /// that is what the checkpoint says is for [`Inclusion::verify`] to tell.
    pub fn prove_entry(&self, index: u64, checkpoint: SignedCheckpoint) -> Result<Inclusion, LogError> {
        let size = checkpoint.unverified().size;
        if index >= size {
            return Err(LogError::Beyond { size });
        }
        let entry = self.entries(index..index + 1).next().ok_or(LogError::Beyond { size })??;
        let path = self.with_hashes(|hashes| tlog_tiles::prove_record(size, index, hashes))?;
        Ok(Inclusion { entry, index, path: path.into_iter().map(Root::of).collect(), checkpoint })
    }

    /// Proves that the tree of this checkpoint begins with all that was there when it had `old` entries.
    pub fn prove_growth(&self, old: u64, checkpoint: SignedCheckpoint) -> Result<Growth, LogError> {
        let size = checkpoint.unverified().size;
        if old > size {
            return Err(LogError::Beyond { size });
        }
        let path = match old {
            0 => Vec::new(),
            _ => self.with_hashes(|hashes| tlog_tiles::prove_tree(size, old, hashes))?,
        };
        Ok(Growth { old, path: path.into_iter().map(Root::of).collect(), checkpoint })
    }

    /// All entries up to a size, if they can be read.
    pub(super) fn believed_entries(&self, size: u64) -> Option<Vec<Vec<u8>>> {
        let bundles = bundles(0, size).into_iter().map(|file| self.bundle(file).ok());
        Some(bundles.collect::<Option<Vec<_>>>()?.concat())
    }

    /// The root at a size, by the hashes in the folder.
    pub(super) fn root(&self, size: u64) -> Result<Root, LogError> {
        self.with_hashes(|hashes| tlog_tiles::tree_hash(size, hashes)).map(Root::of)
    }

    /// Entries that lie behind those of the checkpoint: they were written when the machine stopped.
    pub(super) fn tail(&self, size: u64) -> Result<Vec<Vec<u8>>, LogError> {
        let mut tail = Vec::new();
        let mut index = size / WIDTH;
        loop {
            let file = File { content: Content::Entries, index, width: WIDTH };
            let known = size.saturating_sub(index * WIDTH);
            let Some(widest) = self.widths(file)?.into_iter().max().filter(|width| *width > known) else {
                return Ok(tail);
            };
            let entries = self.bundle(File { width: widest, ..file })?;
            tail.extend(entries.into_iter().skip(usize::try_from(known).unwrap_or(usize::MAX)));
            if widest < WIDTH {
                return Ok(tail);
            }
            index += 1;
        }
    }

    /// The first `file.width` entries of a bundle.
    pub(super) fn bundle(&self, file: File) -> Result<Vec<Vec<u8>>, LogError> {
        let (path, bytes) = self.read(file)?;
        let mut rest = bytes.as_slice();
        let mut entries = Vec::new();
        while (entries.len() as u64) < file.width {
            let entry = rest
                .split_first_chunk::<2>()
                .and_then(|(length, after)| after.split_at_checked(usize::from(u16::from_be_bytes(*length))));
            let Some((entry, after)) = entry else {
                return Err(LogError::Damaged { path, what: "entries are missing at its end" });
            };
            entries.push(entry.to_vec());
            rest = after;
        }
        Ok(entries)
    }

    /// The first `file.width` hashes of a tile.
    pub(super) fn hashes(&self, file: File) -> Result<Vec<u8>, LogError> {
        let (path, mut bytes) = self.read(file)?;
        let length = usize::try_from(file.width).unwrap_or(0) * HASH_SIZE;
        if bytes.len() < length || bytes.len() % HASH_SIZE != 0 {
            return Err(LogError::Damaged { path, what: "hashes are missing at its end" });
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Reads a file of this width, or one that begins with it: narrower ones are deleted as the log grows.
    fn read(&self, file: File) -> Result<(PathBuf, Vec<u8>), LogError> {
        let limit = match file.content {
            Content::Entries => BUNDLE_LIMIT,
            Content::Hashes(_) => WIDTH * 32,
        };
        let exact = self.folder.join(file.path());
        let path = if exact.is_file() {
            exact
        } else {
            let wider = self.widths(file)?.into_iter().filter(|width| *width > file.width).min();
            let Some(width) = wider else {
                return Err(LogError::Damaged { path: exact, what: "it is missing" });
            };
            self.folder.join(File { width, ..file }.path())
        };
        Ok((path.clone(), files::read(&path, limit)?))
    }

    /// The widths in which a file lies in the folder.
    pub(super) fn widths(&self, file: File) -> Result<Vec<u64>, LogError> {
        let mut widths = Vec::new();
        if self.folder.join(file.stem()).is_file() {
            widths.push(WIDTH);
        }
        let mut partial = self.folder.join(file.stem());
        partial.as_mut_os_string().push(".p");
        match fs::read_dir(&partial) {
            Ok(names) => {
                for name in names {
                    let name =
                        name.map_err(|source| FileError::Read { path: partial.clone(), source })?.file_name();
                    let width = name.to_str().and_then(|name| name.parse::<u64>().ok());
                    widths.extend(width.filter(|width| (1..WIDTH).contains(width)));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(FileError::Read { path: partial, source }.into()),
        }
        Ok(widths)
    }

    /// Does something with the tree's hashes; what went wrong in reading them is not lost on the way.
    pub(super) fn with_hashes<T>(
        &self,
        ask: impl FnOnce(&Hashes<'_, Source<'_>>) -> Result<T, Error>,
    ) -> Result<T, LogError> {
        let source = Source { reader: self, failure: RefCell::new(None) };
        ask(&Hashes::new(&source)).map_err(|_| source.failure())
    }

    /// The same for a tree that grows.
    pub(super) fn with_growing<T>(
        &self,
        ask: impl FnOnce(&mut Hashes<'_, Source<'_>>) -> Result<T, Error>,
    ) -> Result<T, LogError> {
        let source = Source { reader: self, failure: RefCell::new(None) };
        ask(&mut Hashes::new(&source)).map_err(|_| source.failure())
    }
}

/// Tiles of a folder.
pub(super) struct Source<'a> {
    reader: &'a Reader,
    failure: RefCell<Option<LogError>>,
}

impl Source<'_> {
    fn failure(&self) -> LogError {
        self.failure.take().unwrap_or_else(|| LogError::Damaged {
            path: self.reader.folder.join("tile"),
            what: "its hashes do not form a tree",
        })
    }
}

impl Tiles for Source<'_> {
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Error> {
        self.reader.hashes(File::of(tile)).map_err(|error| {
            self.failure.replace(Some(error));
            Error::InvalidTile
        })
    }
}
