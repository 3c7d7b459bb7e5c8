//! Files that must never be half written, read by others, or overwritten by accident.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use crate::{
    rest::{self, Recipient, RestError, To},
    state,
};

/// Bytes that an age file may be longer than what is in it: a header for several recipients, and 16 of each 64 KiB.
const AROUND: u64 = 64 << 10;

/// How long a file that was being written lies there untouched before it counts as left by a crash.
const LEFT_AFTER: Duration = Duration::from_mins(10);

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
    /// Something on the disk changed what was written: a checksum does not fit.
    #[error("{} is damaged: its checksum does not fit", .0.display())]
    Altered(PathBuf),
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
    keep_new(write_beside(path, bytes, access)?, path)
}

/// Replaces a file, whole or not at all: after a crash at any instant it is the old one or the new one. What was protected
/// ([`crate::rest`]) stays so.
pub fn replace(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    replace_like(path, path, bytes, access)
}

fn replace_like(like: &Path, path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    if access == Access::All {
        return replace_raw(path, bytes, access);
    }
    let sealed = rest::seal_like(like, path, bytes)
        .map_err(|source| FileError::Rest { path: like.to_owned(), source })?;
    replace_raw(path, sealed.as_deref().unwrap_or(bytes), access)
}

/// The same as [`create`] for a file of keys, with a checksum in front, which [`read_secret`] checks and takes away.
pub fn create_summed(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    create(path, &state::with_sum(bytes), Access::Owner)
}

/// The same as [`create_summed`] for whom it may concern: only these age recipients open it.
pub fn create_for(path: &Path, bytes: &[u8], recipients: &[Recipient]) -> Result<(), FileError> {
    let sealed = rest::seal(&state::with_sum(bytes), &To::Recipients(recipients.to_vec()))
        .map_err(|source| FileError::Rest { path: path.to_owned(), source })?;
    create(path, &sealed, Access::Owner)
}

/// The same as [`replace`] for a file of keys, with a checksum in front, which [`read_secret`] checks and takes away.
pub fn replace_summed(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, &state::with_sum(bytes), Access::Owner)
}

/// The same, protected as the file at `like` is: for a copy of it.
pub fn replace_summed_like(like: &Path, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace_like(like, path, &state::with_sum(bytes), Access::Owner)
}

/// What a file holds besides its checksum, if it has one ([`create_summed`]); `None` where that does not fit.
pub fn body(bytes: &[u8]) -> Option<&[u8]> {
    state::without_sum(bytes)
}

/// Replaces a file by exactly these bytes.
pub(crate) fn replace_raw(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    keep_over(write_beside(path, bytes, access)?, path)
}

/// Gives a file that was [written beside](write_beside) its name, in place of what has it.
pub(crate) fn keep_over(temporary: tempfile::NamedTempFile, path: &Path) -> Result<(), FileError> {
    temporary.persist(path).map_err(|failure| write_error(path)(failure.error))?;
    sync_folder(path)?;
    sweep(path);
    Ok(())
}

/// Removes what crashes left beside a file while it was being replaced: it may hold keys that are deleted by now.
fn sweep(path: &Path) {
    let Some(start) = temporary_name(path) else { return };
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(&start);
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        // Another process may be writing one right now.
        let old = written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_AFTER));
        if ours && old {
            // Whoever else sweeps may have been first.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Reads a file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let failed = |source| FileError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    // Before any of it is in memory. What grows meanwhile, and what has no length, is cut off below.
    if file.metadata().map_err(failed)?.len() > limit {
        return Err(FileError::TooLarge { path: path.to_owned(), limit });
    }
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// Reads a file of keys, opens it if it is protected ([`crate::rest`]), and checks its checksum if it has one. Refuses one that
/// is not protected and that anyone but its owner can read.
pub fn read_secret(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let most = limit.saturating_add(limit / 2_048).saturating_add(AROUND);
    let bytes = Zeroizing::new(read(path, most)?);
    let bytes = if rest::is_protected(&bytes) {
        rest::open(path, &bytes).map_err(|source| FileError::Rest { path: path.to_owned(), source })?
    } else {
        drop(bytes);
        read_private(path, most)?
    };
    let body = state::without_sum(&bytes).ok_or_else(|| FileError::Altered(path.to_owned()))?;
    if body.len() as u64 > limit {
        return Err(FileError::TooLarge { path: path.to_owned(), limit });
    }
    if body.len() == bytes.len() { Ok(bytes) } else { Ok(Zeroizing::new(body.to_vec())) }
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

/// How what is written beside a file is called, up to its end.
fn temporary_name(path: &Path) -> Option<String> {
    Some(format!(".cowl-{}-", path.file_name()?.to_string_lossy()))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// An empty file of its owner's beside `path`, to be filled and then [kept](keep_new) under that name; gone when dropped.
pub(crate) fn temporary(path: &Path) -> Result<tempfile::NamedTempFile, FileError> {
    sweep(path);
    write_beside(path, &[], Access::Owner)
}

/// Gives a file its name, if nothing has it.
pub(crate) fn keep_new(temporary: tempfile::NamedTempFile, path: &Path) -> Result<(), FileError> {
    temporary.persist_noclobber(path).map_err(|failure| match failure.error.kind() {
        io::ErrorKind::AlreadyExists => FileError::Exists(path.to_owned()),
        _ => write_error(path)(failure.error),
    })?;
    sync_folder(path)
}

/// Writes a whole file beside `path`, which is untouched; gone when dropped.
pub(crate) fn write_beside(
    path: &Path,
    bytes: &[u8],
    access: Access,
) -> Result<tempfile::NamedTempFile, FileError> {
    let folder = folder_of(path);
    let name = temporary_name(path).unwrap_or_default();
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if access == Access::Owner { 0o600 } else { 0o644 };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut temporary = builder.prefix(&name).tempfile_in(folder).map_err(write_error(path))?;
    temporary.write_all(bytes).map_err(write_error(path))?;
    temporary.as_file().sync_all().map_err(write_error(path))?;
    Ok(temporary)
}

/// Makes the new name survive a power cut too.
pub(crate) fn sync_folder(path: &Path) -> Result<(), FileError> {
    File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(write_error(path))
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> FileError + use<'_> {
    move |source| {
        // `tempfile` adds the name of its own file, which is of use to nobody.
        let source = if source.get_ref().is_some() { plain(source.kind()) } else { source };
        FileError::Write { path: path.to_owned(), source }
    }
}

fn plain(kind: io::ErrorKind) -> io::Error {
    match kind {
        io::ErrorKind::NotFound => io::Error::new(kind, "its folder is not there"),
        io::ErrorKind::PermissionDenied => io::Error::new(kind, "its folder may not be written to"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => io::Error::new(kind, "the disk is full"),
        io::ErrorKind::ReadOnlyFilesystem => io::Error::new(kind, "the disk is read-only"),
        other => other.into(),
    }
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

    #[test]
    fn a_checksum_is_checked_and_not_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create_summed(&path, b"keys").unwrap();
        assert_eq!(&**read_secret(&path, 4).unwrap(), b"keys");
        assert!(matches!(read_secret(&path, 3), Err(FileError::TooLarge { limit: 3, .. })));
        replace_summed(&path, b"other").unwrap();
        let mut bytes = fs::read(&path).unwrap();
        assert_eq!(body(&bytes), Some(&b"other"[..]));
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(matches!(read_secret(&path, 100), Err(FileError::Altered(_))));
    }

    #[test]
    fn what_a_crash_left_is_swept_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let name = |name: &str| folder.path().join(name);
        let long_ago = std::time::SystemTime::now() - 2 * LEFT_AFTER;
        for (left, old) in
            [(".cowl-key-aaaaaa", true), (".cowl-key-bbbbbb", false), (".cowl-other-cccccc", true)]
        {
            fs::write(name(left), b"keys").unwrap();
            if old {
                File::options().write(true).open(name(left)).unwrap().set_modified(long_ago).unwrap();
            }
        }
        replace(&name("key"), b"new", Access::Owner).unwrap();
        let there =
            [".cowl-key-aaaaaa", ".cowl-key-bbbbbb", ".cowl-other-cccccc"].map(|left| name(left).exists());
        assert_eq!(there, [false, true, true]);
    }
}
