//! An archive on the disk. Only its header and its root directory are kept in memory.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
    sync::{Mutex, PoisonError},
};

use cowl::files::FileError;

use super::{
    directory::{self, Entry},
    error::{ArchiveError, BaseMapError},
    header::{self, Header, Section},
};

/// Bytes of a tile as it lies there, and unpacked.
const TILE: (u64, usize) = (1 << 20, 4 << 20);
/// Bytes of a directory as it lies there, and unpacked.
const DIRECTORY: (u64, usize) = (1 << 20, 2 << 20);
/// Bytes of the metadata as they lie there, and unpacked.
const METADATA: (u64, usize) = (1 << 20, 4 << 20);
/// Directories on the way to a tile. One that leads back to itself leads no further than this.
const DEPTH: usize = 4;

/// An archive.
#[derive(Debug)]
pub(super) struct Archive {
    file: Mutex<File>,
    header: Header,
    root: Vec<Entry>,
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self, BaseMapError> {
        let failed = |source| FileError::Read { path: path.to_owned(), source };
        let refused = |why| BaseMapError::Archive { path: path.to_owned(), why };
        // Asked before it is opened: opening a pipe waits for whoever writes into it.
        let about = std::fs::metadata(path).map_err(failed)?;
        if !about.is_file() {
            return Err(failed(io::Error::other("not a regular file")).into());
        }
        let mut file = File::open(path).map_err(failed)?;
        let mut bytes = [0; header::LENGTH];
        match file.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(refused(ArchiveError::NotOne));
            }
            read => read.map_err(failed)?,
        }
        let header = Header::parse(&bytes, about.len()).map_err(refused)?;
        let mut archive = Self { file: Mutex::new(file), header, root: Vec::new() };
        let root = archive.directory(archive.header.root, 0, archive.header.root.length);
        archive.root = root.ok_or_else(|| refused(ArchiveError::Damaged))?;
        Ok(archive)
    }

    pub(super) const fn header(&self) -> &Header {
        &self.header
    }

    /// The JSON that it says of itself, if there is some that can be read.
    pub(super) fn metadata(&self) -> Option<Vec<u8>> {
        let section = self.header.metadata;
        let bytes = self.read(section, 0, section.length, METADATA.0)?;
        self.header.internal.unpack(bytes, METADATA.1)
    }

    /// A tile, unpacked. `None`: it is not there, or cannot be read.
    pub(super) fn tile(&self, id: u64) -> Option<Vec<u8>> {
        let mut found = directory::find(&self.root, id)?;
        for _ in 0..DEPTH {
            let length = u64::from(found.length);
            if found.run > 0 {
                let bytes = self.read(self.header.tiles, found.offset, length, TILE.0)?;
                return self.header.packing.unpack(bytes, TILE.1);
            }
            let leaf = self.directory(self.header.leaves, found.offset, length)?;
            found = directory::find(&leaf, id)?;
        }
        None
    }

    fn directory(&self, section: Section, offset: u64, length: u64) -> Option<Vec<Entry>> {
        let bytes = self.read(section, offset, length, DIRECTORY.0)?;
        directory::parse(&self.header.internal.unpack(bytes, DIRECTORY.1)?)
    }

    /// A part of a section. The file may have been cut off since it was opened: then it is not there.
    fn read(&self, section: Section, offset: u64, length: u64, most: u64) -> Option<Vec<u8>> {
        let at = section.part(offset, length)?;
        if length > most {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}
