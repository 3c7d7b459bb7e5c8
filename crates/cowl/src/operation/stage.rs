//! Where a new operation is put together: it appears whole, or nothing of it stays.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{OperationError, names};
use crate::files::{self, FileError};

/// A folder inside the operation's folder, removed again unless [`Self::keep`] is called.
#[derive(Debug)]
pub(super) struct Stage {
    folder: PathBuf,
    /// Whether the operation's folder is ours to remove again.
    made: bool,
    temporary: Option<TempDir>,
}

impl Stage {
    /// Makes the operation's folder if it is not there; it must be empty.
    pub(super) fn new(folder: &Path) -> Result<Self, OperationError> {
        let made = match fs::read_dir(folder) {
            Ok(mut entries) => match entries.next() {
                Some(_) => return Err(OperationError::NotEmpty(folder.to_owned())),
                None => false,
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(source) => return Err(FileError::Read { path: folder.to_owned(), source }.into()),
        };
        files::private_folder(folder)?;
        let mut stage = Self { folder: folder.to_owned(), made, temporary: None };
        close(folder)?;
        let temporary = tempfile::Builder::new().prefix(".cowl-").tempdir_in(folder);
        stage.temporary =
            Some(temporary.map_err(|source| FileError::Write { path: folder.to_owned(), source })?);
        Ok(stage)
    }

    /// Where to put the operation's files.
    pub(super) fn path(&self) -> &Path {
        self.temporary.as_ref().map_or(&self.folder, TempDir::path)
    }

    /// Moves everything into the operation's folder, what makes it one last.
    pub(super) fn keep(mut self) -> Result<(), OperationError> {
        let from = self.path().to_owned();
        let moved = || -> io::Result<()> {
            let mut names = fs::read_dir(&from)?
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<io::Result<Vec<_>>>()?;
            names.sort_by_key(|name| name == names::AUTHORITY);
            names.iter().try_for_each(|name| fs::rename(from.join(name), self.folder.join(name)))?;
            fs::File::open(&self.folder)?.sync_all()
        };
        moved().map_err(|source| FileError::Write { path: self.folder.clone(), source })?;
        self.made = false;
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.temporary.take());
        if self.made {
            // A folder that is not empty by now holds someone else's files.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// Takes away what others may do in a folder that was there before.
fn close(folder: &Path) -> Result<(), FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
            .map_err(|source| FileError::Write { path: folder.to_owned(), source })?;
    }
    Ok(())
}
