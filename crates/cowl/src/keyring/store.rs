//! Credential files and the state beside them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cowl_core::{Credential, Epoch, Member};

use super::{KeyringError, state::State};
use crate::files::{self, Access, FileError};

/// The largest credential that is read, in bytes.
const CREDENTIAL_LIMIT: u64 = 256 << 20;

/// What a new credential file says of itself.
#[derive(Debug)]
pub struct Enrolment {
    /// The credential file: to be handed over, 0600.
    pub credential: PathBuf,
    /// Its state file: to be handed over with it. A copy without it counts as restored.
    pub state: PathBuf,
}

/// Writes a new member's files, both or none; refuses to overwrite.
pub fn store_new(path: &Path, credential: &Credential, first: Epoch) -> Result<Enrolment, KeyringError> {
    let bytes =
        credential.to_bytes().map_err(|source| KeyringError::Credential { path: path.to_owned(), source })?;
    let state = state_path(path);
    if state.exists() {
        return Err(FileError::Exists(state).into());
    }
    files::create(path, &bytes, Access::Owner)?;
    if let Err(error) = State::create(&state, credential.instance, Some(first)) {
        // A credential without its state would count as restored, and be in the way of the next attempt.
        let _ = fs::remove_file(path);
        if !matches!(error, KeyringError::File(FileError::Exists(_))) {
            let _ = fs::remove_file(&state);
        }
        return Err(error);
    }
    Ok(Enrolment { credential: path.to_owned(), state })
}

/// Reads a credential file.
pub fn load_credential(path: &Path) -> Result<Credential, KeyringError> {
    let bytes = files::read_secret(path, CREDENTIAL_LIMIT)?;
    Credential::from_bytes(&bytes)
        .map_err(|source| KeyringError::Credential { path: path.to_owned(), source })
}

/// Where the state of a credential lies.
pub fn state_path(credential: &Path) -> PathBuf {
    let mut name = credential.as_os_str().to_owned();
    name.push(".state");
    PathBuf::from(name)
}

/// Writes a credential back after keys of past epochs were deleted from it.
pub(super) fn store_again(path: &Path, credential: &Credential) -> Result<(), KeyringError> {
    let bytes =
        credential.to_bytes().map_err(|source| KeyringError::Credential { path: path.to_owned(), source })?;
    Ok(files::replace(path, &bytes, Access::Owner)?)
}

/// What kind of member a credential is for, in words.
pub(super) const fn kind(member: &Member) -> &'static str {
    match member {
        Member::Device(_) => "device",
        Member::Responder(_) => "responder",
        Member::Gateway(_) => "gateway",
        Member::Relay { .. } => "relay",
    }
}
