//! Backups of whatever has state, and putting them back.

use std::path::Path;

use cowl_core::Credential;

use super::{LeftOut, Pack, Rebuilt, RecoveryError, rebuild};
use crate::{
    files::{self, Access},
    keyring::{load_credential, state_path},
    random::SystemRng,
    rest::{self, Identities, Passphrase, To},
    state::{Kind, Known, STATION_CREDENTIAL},
};

/// The largest backup that is read, in bytes.
const LIMIT: u64 = 1 << 30;
/// The one file of a credential's backup.
const CREDENTIAL: &str = "credential";

/// What a backup holds.
#[derive(Debug)]
pub struct Backup {
    /// What was saved.
    pub kind: Kind,
    /// How many files.
    pub files: usize,
    /// What is in no backup, and why.
    pub left: Vec<LeftOut>,
}

/// Saves an operation's folder, a gateway's folder or a credential, encrypted; refuses to overwrite.
pub fn backup(path: &Path, file: &Path, to: &To, now: u64) -> Result<Backup, RecoveryError> {
    let kind = Kind::of(path).ok_or_else(|| RecoveryError::NothingToSave(path.to_owned()))?;
    let (pack, left) = match kind {
        Kind::Operation => Pack::operation(path, now)?,
        Kind::Station => member(&path.join(STATION_CREDENTIAL), kind, now)?,
        Kind::Member => member(path, kind, now)?,
    };
    files::create(file, &rest::seal(&pack.to_bytes(), to)?, Access::Owner)?;
    Ok(Backup { kind, files: pack.files.len(), left })
}

/// Puts a backup back: an operation into a new folder, a credential into a new file. A passphrase is asked for as for
/// anything locked, unless one is given.
pub fn restore(
    file: &Path,
    to: &Path,
    passphrase: Option<&Passphrase>,
    identities: Option<&Identities>,
    now: u64,
    rng: &mut SystemRng,
) -> Result<Rebuilt, RecoveryError> {
    let bytes = files::read(file, LIMIT)?;
    if !rest::is_protected(&bytes) {
        return Err(RecoveryError::NotOne { path: file.to_owned(), what: "backup of Cowl's" });
    }
    let opened = match (passphrase, identities) {
        (None, None) => rest::open(file, &bytes),
        (passphrase, Some(identities)) => rest::open_with(&bytes, passphrase, identities),
        (passphrase @ Some(_), None) => rest::open_with(&bytes, passphrase, &Identities::none()),
    };
    let opened = opened.map_err(|source| files::FileError::Rest { path: file.to_owned(), source })?;
    let pack = Pack::from_bytes(&opened, file)?;
    if pack.kind == Kind::Operation.name() {
        return rebuild::operation(&pack, to, now, rng);
    }
    let credential = pack
        .file(CREDENTIAL)
        .ok_or_else(|| RecoveryError::Damaged { path: file.to_owned(), what: "it holds no credential" })?;
    if let Some(taken) = [to.to_owned(), state_path(to)].into_iter().find(|path| path.exists()) {
        return Err(RecoveryError::Exists(taken));
    }
    let mut credential = Credential::from_bytes(credential).map_err(|_| RecoveryError::Damaged {
        path: file.to_owned(),
        what: "its credential does not decode",
    })?;
    // Another instance: what the lost machine kept under its own does not open here, and this one begins without a state,
    // so it counts as restored.
    credential.instance = rng.id();
    let bytes = credential.to_bytes().map_err(|_| RecoveryError::Damaged {
        path: file.to_owned(),
        what: "its credential does not encode",
    })?;
    files::create_summed(to, &bytes)?;
    Ok(Rebuilt { kind: Kind::Member, taken: pack.taken, path: to.to_owned(), skipped: 0 })
}

/// A credential without its instance secret; nothing of what lies beside it.
fn member(path: &Path, kind: Kind, now: u64) -> Result<(Pack, Vec<LeftOut>), RecoveryError> {
    let mut credential = load_credential(path)?;
    credential.instance = [0; 16];
    let bytes = credential
        .to_bytes()
        .map_err(|_| RecoveryError::Damaged { path: path.to_owned(), what: "it does not encode" })?;
    let mut pack = Pack::new(Kind::Member.name().to_owned(), now);
    pack.add(CREDENTIAL.to_owned(), &bytes, true);
    Ok((pack, beside(path, kind)?))
}

/// What lies beside a credential and is in no backup.
fn beside(credential: &Path, kind: Kind) -> Result<Vec<LeftOut>, RecoveryError> {
    let folder =
        credential.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let own = credential.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut left = Vec::new();
    let entries = std::fs::read_dir(folder)
        .map_err(|source| files::FileError::Read { path: folder.to_owned(), source })?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let of_table =
            if kind == Kind::Station { name.as_str() } else { name.strip_prefix(&own).unwrap_or("/") };
        if let Some(Known { keep: crate::state::Keep::No(why), .. }) = Known::find(kind.table(), of_table) {
            left.push(LeftOut { name, why });
        }
    }
    left.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(left)
}
