//! Files that must never be half written, read by others, or overwritten by accident.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::rest::{self, RestError};

/// Bytes that an age file may be longer than what is in it: a header for several recipients, and 16 of each 64 KiB.
const AROUND: u64 = 64 << 10;

/// What could not be done to which file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading failed.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Writing failed; what was there before is still there.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a file of that name, and it is not to be lost.
    #[error("{} exists and is not overwritten", .0.display())]
    Exists(PathBuf),
    /// A file of keys that others can read.
    #[error("{} holds keys and can be read by others (mode {mode:04o})", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Larger than anything that belongs there.
    #[error("{} is larger than the {limit} bytes that such a file can have", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most it may be.
        limit: u64,
    },
    /// A protected file that does not open, or a file that could not be protected.
    #[error("{}: {source}", .path.display())]
    Rest {
        /// The file.
        path: PathBuf,
        /// Why.
        source: RestError,
    },
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Its owner alone: 0600.
    Owner,
    /// Everyone: 0644.
    All,
}

/// Writes a new file, whole or not at all; refuses to overwrite.
pub fn create(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    let temporary = write_beside(path, bytes, access)?;
    temporary.persist_noclobber(path).map_err(|failure| match failure.error.kind() {
        io::ErrorKind::AlreadyExists => FileError::Exists(path.to_owned()),
        _ => write_error(path)(failure.error),
    })?;
    sync_folder(path)
}

/// Replaces a file, whole or not at all: after a crash at any instant it is the old one or the new one. What was protected
/// ([`crate::rest`]) stays so.
pub fn replace(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    replace_like(path, path, bytes, access)
}

/// The same, protected as the file at `like` is: for a copy of it.
pub fn replace_like(like: &Path, path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    if access == Access::All {
        return replace_raw(path, bytes, access);
    }
    let sealed = rest::seal_like(like, path, bytes)
        .map_err(|source| FileError::Rest { path: like.to_owned(), source })?;
    replace_raw(path, sealed.as_deref().unwrap_or(bytes), access)
}

/// Replaces a file by exactly these bytes.
pub(crate) fn replace_raw(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    let temporary = write_beside(path, bytes, access)?;
    temporary.persist(path).map_err(|failure| write_error(path)(failure.error))?;
    sync_folder(path)
}

/// Reads a file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// Reads a file of keys, and opens it if it is protected ([`crate::rest`]). Refuses one that is not and that anyone but its
/// owner can read.
pub fn read_secret(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let bytes = read(path, limit.saturating_add(limit / 2_048).saturating_add(AROUND))?;
    if rest::is_protected(&bytes) {
        return rest::open(path, &bytes).map_err(|source| FileError::Rest { path: path.to_owned(), source });
    }
    drop(Zeroizing::new(bytes));
    read_private(path, limit)
}

/// Reads a file that only its owner can read, as it is.
pub(crate) fn read_private(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata =
            fs::metadata(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(FileError::Exposed { path: path.to_owned(), mode });
        }
    }
    read(path, limit).map(Zeroizing::new)
}

/// Makes a folder that only its owner can enter; it may exist already.
pub fn private_folder(path: &Path) -> Result<(), FileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(write_error(path))
}

fn write_beside(path: &Path, bytes: &[u8], access: Access) -> Result<tempfile::NamedTempFile, FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if access == Access::Owner { 0o600 } else { 0o644 };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut temporary = builder.prefix(".cowl-").tempfile_in(folder).map_err(write_error(path))?;
    temporary.write_all(bytes).map_err(write_error(path))?;
    temporary.as_file().sync_all().map_err(write_error(path))?;
    Ok(temporary)
}

/// Makes the new name survive a power cut too.
pub(crate) fn sync_folder(path: &Path) -> Result<(), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(write_error(path))
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> FileError + use<'_> {
    move |source| FileError::Write { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creates_once_and_keeps_it_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create(&path, b"first", Access::Owner).unwrap();
        assert!(matches!(create(&path, b"second", Access::Owner), Err(FileError::Exists(_))));
        assert_eq!(&**read_secret(&path, 100).unwrap(), b"first");
        replace(&path, b"third", Access::All).unwrap();
        assert!(matches!(read_secret(&path, 100), Err(FileError::Exposed { mode: 0o644, .. })));
        assert!(matches!(read(&path, 4), Err(FileError::TooLarge { .. })));
    }
}
