//! Credential files and the state beside them.

use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use cowl_core::{Credential, Epoch, Member};

use super::{KeyringError, state::State};
use crate::{
    files::{self, FileError},
    rest::Recipient,
};

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
    store_new_for(path, credential, first, &[])
}

/// The same with a credential that only these age recipients open; for none, it is in clear.
pub fn store_new_for(
    path: &Path,
    credential: &Credential,
    first: Epoch,
    recipients: &[Recipient],
) -> Result<Enrolment, KeyringError> {
    let bytes =
        credential.to_bytes().map_err(|source| KeyringError::Credential { path: path.to_owned(), source })?;
    let state = state_path(path);
    if state.exists() {
        return Err(FileError::Exists(state).into());
    }
    if recipients.is_empty() {
        files::create_summed(path, &bytes)?;
    } else {
        files::create_for(path, &bytes, recipients)?;
    }
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

/// Changes a credential file and gives what it holds then. It is read again first, and nobody else changes it meanwhile: another
/// role's reader or a renewal may have written it. After a crash at any instant it is the old one or the new one. Where nothing
/// changed, nothing is written.
pub(super) fn update<T>(
    path: &Path,
    instance: [u8; 16],
    change: impl FnOnce(&mut Credential) -> Result<T, KeyringError>,
) -> Result<(Credential, T), KeyringError> {
    let _held = Held::wait(path)?;
    let mut credential = load_credential(path)?;
    if credential.instance != instance {
        return Err(KeyringError::Replaced(path.to_owned()));
    }
    let before = encode(path, &credential)?;
    let value = change(&mut credential)?;
    let after = encode(path, &credential)?;
    if before != after {
        files::replace_summed(path, &after)?;
    }
    Ok((credential, value))
}

/// Writes a credential back; only while it is [`Held`].
pub(super) fn encode(
    path: &Path,
    credential: &Credential,
) -> Result<zeroize::Zeroizing<Vec<u8>>, KeyringError> {
    credential.to_bytes().map_err(|source| KeyringError::Credential { path: path.to_owned(), source })
}

/// Holds a credential while it is read, changed and written back; dropping it lets the next one in.
#[derive(Debug)]
struct Held {
    _lock: File,
}

impl Held {
    /// Waits until nobody else changes the credential: others hold it for milliseconds.
    fn wait(path: &Path) -> Result<Self, KeyringError> {
        let mut name = state_path(path).into_os_string();
        name.push(".lock");
        let path = PathBuf::from(name);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let locked = options.open(&path).and_then(|file| file.lock().map(|()| file));
        Ok(locked.map(|lock| Self { _lock: lock }).map_err(|source| FileError::Write { path, source })?)
    }
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
