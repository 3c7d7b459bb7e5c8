//! Appending: bundles of entries first, then hashes, then the signed checkpoint.
//!
//! Each file is replaced whole and synced, so the machine may stop at any instant: either the checkpoint speaks of the
//! new entries, or they lie behind it and are signed with the next ones. An entry is never lost and never half there.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cowl_core::AuthorityKey;
use tlog_tiles::{HASH_SIZE, Tile};

use super::{
    Checkpoint, LogError, Note, Reader, Root, SignedCheckpoint, VerifierKey,
    reader::{CHECKPOINT, WITNESSED},
    tree::{Content, File, HEIGHT, WIDTH, bundles},
};
use crate::files::{self, Access, FileError};

/// A log that can be appended to, by whoever holds its key and the lock of its operation.
#[derive(Debug)]
pub struct Writer<'a> {
    reader: Reader,
    name: VerifierKey,
    key: &'a AuthorityKey,
    size: u64,
    tail: Vec<Vec<u8>>,
}

impl<'a> Writer<'a> {
    /// Makes a log in a folder that does not exist yet, with these first entries; it is there whole or not at all.
    pub fn create(
        folder: &Path,
        name: &VerifierKey,
        key: &'a AuthorityKey,
        entries: &[Vec<u8>],
    ) -> Result<(), LogError> {
        let stage = Self::stage(folder)?;
        Self::empty(stage.path(), name, key).append(entries)?;
        let failed = |source| FileError::Write { path: folder.to_owned(), source };
        fs::rename(stage.path(), folder).map_err(failed)?;
        Ok(files::sync_folder(folder)?)
    }

    /// A folder beside a log's, to put one together in.
    pub(super) fn stage(folder: &Path) -> Result<tempfile::TempDir, LogError> {
        let parent =
            folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |source| FileError::Write { path: folder.to_owned(), source };
        let stage = tempfile::Builder::new().prefix(".cowl-").tempdir_in(parent).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(stage.path(), fs::Permissions::from_mode(0o755)).map_err(failed)?;
        }
        Ok(stage)
    }

    /// A log without entries, of which nothing is on disk.
    pub(super) fn empty(folder: &Path, name: &VerifierKey, key: &'a AuthorityKey) -> Self {
        Self { reader: Reader::at(folder), name: name.clone(), key, size: 0, tail: Vec::new() }
    }

    /// Opens a log for appending. What would be signed again is compared with what was signed: a log that was altered
    /// at its end is not gone on with.
    pub fn open(folder: &Path, name: &VerifierKey, key: &'a AuthorityKey) -> Result<Self, LogError> {
        let reader = Reader::open(folder)?;
        let path = folder.join(CHECKPOINT);
        let signed = reader.checkpoint()?;
        let checkpoint = signed.verify(name).map_err(|cause| LogError::Note { path: path.clone(), cause })?;
        let Checkpoint { size, root, .. } = *checkpoint;
        if reader.root(size)? != root {
            let what = "its hashes are not those that the checkpoint signs";
            return Err(LogError::Damaged { path: folder.join("tile"), what });
        }
        check_last_bundle(&reader, size)?;
        let tail = reader.tail(size)?;
        Ok(Self { reader, name: name.clone(), key, size, tail })
    }

    /// How many entries were written but not signed when the machine stopped. The next [`Self::append`] signs them too.
    pub fn unsigned(&self) -> u64 {
        self.tail.len() as u64
    }

    /// How many entries the checkpoint signs.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Reads what is there.
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Appends entries and signs. On disk before it returns.
    pub fn append(&mut self, entries: &[Vec<u8>]) -> Result<SignedCheckpoint, LogError> {
        let new = [self.tail.as_slice(), entries].concat();
        if new.iter().any(|entry| entry.len() > usize::from(u16::MAX)) {
            return Err(LogError::TooLarge);
        }
        let (old, size) = (self.size, self.size + new.len() as u64);
        let root = self.write_all(&new)?;
        let checkpoint = Checkpoint { origin: self.name.name().to_owned(), size, root };
        let path = self.reader.folder().join(CHECKPOINT);
        let signed = SignedCheckpoint::sign(checkpoint, &self.name, self.key)
            .map_err(|cause| LogError::Note { path: path.clone(), cause })?;
        files::replace(&path, signed.to_string().as_bytes(), Access::All)?;
        self.size = size;
        self.tail.clear();
        self.forget_narrower(old);
        Ok(signed)
    }

    /// Keeps a checkpoint that witnesses signed, beside the newest one. Signatures of other witnesses for the same size
    /// stay. It must be of this log, and the log must have grown from it.
    pub fn keep_witnessed(&self, cosigned: &SignedCheckpoint) -> Result<(), LogError> {
        let path = self.reader.folder().join(WITNESSED);
        let refused = |cause| LogError::Note { path: path.clone(), cause };
        let Checkpoint { size, root, .. } = *cosigned.verify(&self.name).map_err(refused)?;
        if size > self.size || self.reader.root(size)? != root {
            return Err(refused(super::NoteError::NotProven));
        }
        let mut kept = cosigned.clone();
        if let Some(known) = self.reader.witnessed()?.filter(|known| known.unverified().size >= size) {
            if known.unverified().size > size {
                return Ok(());
            }
            kept = known;
            merge(kept.note_mut(), cosigned.note());
        }
        Ok(files::replace(&path, kept.to_string().as_bytes(), Access::All)?)
    }

    /// Writes bundles and hashes, and no checkpoint.
    pub(super) fn write_all(&self, entries: &[Vec<u8>]) -> Result<Root, LogError> {
        self.write_bundles(entries)?;
        self.write_hashes(entries)
    }

    fn write_bundles(&self, new: &[Vec<u8>]) -> Result<(), LogError> {
        let mut new = new.iter();
        for file in bundles(self.size, self.size + new.len() as u64) {
            let known = self.size.saturating_sub(file.index * WIDTH);
            let mut entries = match known {
                0 => Vec::new(),
                width => self.reader.bundle(File { width, ..file })?,
            };
            entries.extend(new.by_ref().take(usize::try_from(file.width - known).unwrap_or(0)).cloned());
            let mut bytes = Vec::new();
            for entry in &entries {
                bytes.extend(u16::try_from(entry.len()).map_err(|_| LogError::TooLarge)?.to_be_bytes());
                bytes.extend(entry);
            }
            self.write(file, &bytes)?;
        }
        Ok(())
    }

    fn write_hashes(&self, new: &[Vec<u8>]) -> Result<Root, LogError> {
        let (old, size) = (self.size, self.size + new.len() as u64);
        let (root, tiles) = self.reader.with_growing(|hashes| {
            for (index, entry) in (old..).zip(new) {
                hashes.push(index, entry)?;
            }
            let tiles = Tile::new_tiles(HEIGHT, old, size).into_iter();
            let tiles = tiles
                .map(|tile| Ok::<_, tlog_tiles::Error>((tile, tile.read_data(hashes)?)))
                .collect::<Result<Vec<_>, _>>()?;
            Ok((hashes.root(size)?, tiles))
        })?;
        tiles.iter().try_for_each(|(tile, data)| self.write(File::of(*tile), data))?;
        Ok(root)
    }

    fn write(&self, file: File, bytes: &[u8]) -> Result<(), LogError> {
        let path = self.reader.folder().join(file.path());
        make_folders(path.parent().unwrap_or(self.reader.folder()), self.reader.folder())?;
        Ok(files::replace(&path, bytes, Access::All)?)
    }

    /// Deletes the partial files that a wider one replaced, but those of the checkpoint before this one: someone may be
    /// reading them. Whatever stays is deleted another time.
    fn forget_narrower(&self, old: u64) {
        let (old_files, now) = (File::all_at_the_end(old), File::all_at_the_end(self.size));
        let ended = old_files.iter().copied();
        for file in ended.chain(now.iter().copied()) {
            let full = self.reader.folder().join(file.stem()).is_file();
            for width in self.reader.widths(file).unwrap_or_default() {
                let narrow = File { width, ..file };
                let kept = narrow.width == WIDTH
                    || (!full && (old_files.contains(&narrow) || now.contains(&narrow)));
                if !kept {
                    let _ = fs::remove_file(self.reader.folder().join(narrow.path()));
                }
            }
            if full {
                let mut folder = self.reader.folder().join(file.stem());
                folder.as_mut_os_string().push(".p");
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// The last bundle is written again with what comes: what it holds must be what was signed.
fn check_last_bundle(reader: &Reader, size: u64) -> Result<(), LogError> {
    let Some(width) = Some(size % WIDTH).filter(|width| *width > 0) else { return Ok(()) };
    let bundle = File { content: Content::Entries, index: size / WIDTH, width };
    let hashes = reader.hashes(File { content: Content::Hashes(0), ..bundle })?;
    let entries = reader.bundle(bundle)?;
    let same = entries
        .iter()
        .zip(hashes.chunks(HASH_SIZE))
        .all(|(entry, hash)| tlog_tiles::record_hash(entry).0 == hash);
    if same {
        return Ok(());
    }
    Err(LogError::Damaged {
        path: reader.folder().join(bundle.path()),
        what: "its entries are not those that the checkpoint signs",
    })
}

fn merge(note: &mut Note, other: &Note) {
    for signature in other.signatures() {
        note.add(signature.clone());
    }
}

/// Makes the folders below `top`, so that they are still there after a power cut.
fn make_folders(path: &Path, top: &Path) -> Result<(), FileError> {
    let mut missing: Vec<PathBuf> = Vec::new();
    let mut at = path;
    while at != top && !at.is_dir() {
        missing.push(at.to_owned());
        at = at.parent().unwrap_or(top);
    }
    for folder in missing.iter().rev() {
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(FileError::Write { path: folder.clone(), source: error });
            }
            _ => files::sync_folder(folder)?,
        }
    }
    Ok(())
}
