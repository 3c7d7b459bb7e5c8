//! Where a log lies and whose it is.

use std::path::{Path, PathBuf};

use cowl::{
    files,
    log::{KeyKind, LogError, NoteError, Reader, Refusal, SignedCheckpoint, VerifierKey},
};
use cowl_core::Authority;

use crate::{exit::Exit, failure::Failure};

/// The largest file that may hold a key.
const LIMIT: u64 = 16 << 10;

/// What is wrong with an answer that needs the authority's key.
const NO_KEY: &str = "whose log it is must be known: name the authority's key with --authority";

/// The log of an operation's folder, or the folder itself.
pub(super) fn open(path: &Path) -> Result<Reader, Failure> {
    let inside = path.join("log");
    let folder =
        if inside.is_dir() || path.join("authority.pub").exists() { inside } else { path.to_owned() };
    Ok(Reader::open(&folder)?)
}

/// The authority's key: the one that was named, or else the one that lies in an operation's folder.
pub(super) fn authority(given: Option<&str>, folder: &Path) -> Result<AuthorityKeyText, Failure> {
    match given {
        Some(text) => AuthorityKeyText::parse(text),
        None if folder.join("authority.pub").is_file() => {
            AuthorityKeyText::load(&folder.join("authority.pub"))
        }
        None => {
            Err(Failure::usage(NO_KEY)
                .hint("a file `authority.pub`, its `ed25519` in hex, or a verifier key"))
        }
    }
}

/// The authority's key as people have it.
#[derive(Debug)]
pub(super) enum AuthorityKeyText {
    /// With the log's name.
    Verifier(VerifierKey),
    /// The key alone.
    Raw(Authority),
}

impl AuthorityKeyText {
    fn parse(text: &str) -> Result<Self, Failure> {
        if let Ok(key) = VerifierKey::parse(text) {
            return Ok(Self::Verifier(key));
        }
        if let Some(key) = hexed(text) {
            return Ok(Self::Raw(key));
        }
        Self::load(&PathBuf::from(text))
    }

    /// From `authority.pub`, or a file with one of the other forms.
    fn load(path: &Path) -> Result<Self, Failure> {
        let bytes = files::read(path, LIMIT)?;
        if let Some(text) = std::str::from_utf8(&bytes).ok().map(str::trim) {
            if let Ok(key) = VerifierKey::parse(text) {
                return Ok(Self::Verifier(key));
            }
            let line = text.lines().find_map(|line| line.strip_prefix("ed25519"));
            if let Some(key) = line.or(Some(text)).map(str::trim).and_then(hexed) {
                return Ok(Self::Raw(key));
            }
        }
        Err(Failure::new(Exit::Keys, format!("{} holds no public key of an authority", path.display())))
    }

    /// The key by which a checkpoint that names its own log is verified.
    pub(super) fn of(&self, checkpoint: &SignedCheckpoint) -> Result<VerifierKey, Failure> {
        match self {
            Self::Verifier(key) => Ok(key.clone()),
            Self::Raw(key) => {
                let origin = &checkpoint.unverified().origin;
                if !origin.starts_with("cowl/") {
                    return Err(Failure::new(Exit::Keys, NoteError::OtherLog.to_string()));
                }
                VerifierKey::new(origin, KeyKind::Log, *key)
                    .map_err(|error| Failure::new(Exit::Keys, error.to_string()))
            }
        }
    }
}

fn hexed(text: &str) -> Option<Authority> {
    let mut key = [0; 32];
    hex::decode_to_slice(text, &mut key).ok().map(|()| Authority(key))
}

/// A witness's key, as it was given.
pub(super) fn witness(text: &str) -> Result<VerifierKey, String> {
    let key = VerifierKey::parse(text).map_err(|error| error.to_string())?;
    if key.kind() == KeyKind::Witness {
        Ok(key)
    } else {
        Err("it is the key of a log, not of a witness".to_owned())
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        match error {
            LogError::File(error) => error.into(),
            LogError::NoLog(_) => Self::new(Exit::Keys, error.to_string())
                .hint("name an operation's folder, or a copy of the folder `log` in it"),
            LogError::Beyond { .. } | LogError::TooLarge => Self::usage(error.to_string()),
            LogError::Note { ref path, .. } if !path.ends_with("log/checkpoint") => {
                Self::new(Exit::Keys, error.to_string())
            }
            LogError::Damaged { .. } | LogError::Note { .. } => Self::new(Exit::Keys, error.to_string()).hint(
                "`cowl log verify DIR` says what is wrong, `cowl log repair DIR [--from COPY]` puts the log together again",
            ),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(error: Refusal) -> Self {
        match error {
            Refusal::Log(error) => error.into(),
            Refusal::Stale { seen, .. } => Self::usage(error.to_string())
                .hint(format!("make one that begins there: cowl log prove DIR --since {seen}")),
            Refusal::Cut { .. } => Self::new(Exit::Keys, error.to_string())
                .hint("ask for the newest copy; if this is it, tell others"),
            other => Self::new(Exit::Keys, other.to_string()),
        }
    }
}
