//! Putting a damaged log together again, from its own entries or from a copy: only ever into what was signed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cowl_core::AuthorityKey;

use super::{LogError, NoteError, Reader, SignedCheckpoint, VerifierKey, Writer, reader::CHECKPOINT};
use crate::files::{self, Access, FileError};

/// What a repair did.
#[derive(Debug)]
pub struct Repaired {
    /// How many entries the log has again.
    pub size: u64,
    /// Where the damaged one lies now.
    pub kept: PathBuf,
}

impl Writer<'_> {
    /// Makes a damaged log anew beside itself, from its own entries if they are those that were signed, else from those of a
    /// copy. The newest checkpoint that can be believed decides, the log's own or the copy's; entries behind it that were
    /// never signed stay in the damaged log, which is moved aside and not deleted. Where no entries fit, nothing is changed.
    pub fn repair(
        folder: &Path,
        copy: Option<&Reader>,
        name: &VerifierKey,
        key: &AuthorityKey,
        unix_seconds: u64,
    ) -> Result<Repaired, LogError> {
        let own = Reader::at(folder);
        let sources = || [Some(&own), copy].into_iter().flatten();
        let believed = sources()
            .filter_map(|reader| reader.checkpoint().ok())
            .filter(|checkpoint| checkpoint.verify(name).is_ok())
            .max_by_key(|checkpoint| checkpoint.unverified().size);
        let path = folder.join(CHECKPOINT);
        let Some(checkpoint) = believed else {
            return Err(LogError::Note { path, cause: NoteError::NotSigned });
        };
        for reader in sources() {
            if let Some(stage) = rebuild(folder, reader, &checkpoint, name, key)? {
                return swap(folder, &stage, &checkpoint, unix_seconds);
            }
        }
        let what = "its entries are not those that the checkpoint signs, and no copy that was given has them";
        Err(LogError::Damaged { path: folder.join("tile/entries"), what })
    }
}

/// The whole log in a folder of its own, if these entries are those of the checkpoint.
fn rebuild(
    folder: &Path,
    from: &Reader,
    checkpoint: &SignedCheckpoint,
    name: &VerifierKey,
    key: &AuthorityKey,
) -> Result<Option<tempfile::TempDir>, LogError> {
    let size = checkpoint.unverified().size;
    let Some(entries) = from.believed_entries(size) else { return Ok(None) };
    let stage = Writer::stage(folder)?;
    let writer = Writer::empty(stage.path(), name, key);
    if writer.write_all(&entries)? != checkpoint.unverified().root {
        return Ok(None);
    }
    files::replace(&stage.path().join(CHECKPOINT), checkpoint.to_string().as_bytes(), Access::All)?;
    Ok(Some(stage))
}

fn swap(
    folder: &Path,
    stage: &tempfile::TempDir,
    checkpoint: &SignedCheckpoint,
    unix_seconds: u64,
) -> Result<Repaired, LogError> {
    let mut kept = folder.to_owned();
    kept.as_mut_os_string().push(format!(".damaged-{unix_seconds}"));
    let failed = |source| FileError::Write { path: folder.to_owned(), source };
    if kept.exists() {
        return Err(FileError::Exists(kept).into());
    }
    fs::rename(folder, &kept).map_err(failed)?;
    fs::rename(stage.path(), folder).map_err(failed)?;
    files::sync_folder(folder)?;
    Ok(Repaired { size: checkpoint.unverified().size, kept })
}
