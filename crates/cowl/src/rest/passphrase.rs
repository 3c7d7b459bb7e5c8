//! Passphrases, and where they come from.

use std::{env, path::Path};

use age::secrecy::SecretString;
use zeroize::Zeroizing;

use super::{RestError, kernel};
use crate::files;

/// The variable that names a file with the passphrase on its first line. It may be a systemd credential:
/// `COWL_PASSPHRASE_FILE=%d/cowl` in the unit.
const VARIABLE: &str = "COWL_PASSPHRASE_FILE";
/// The largest such file, in bytes.
const LIMIT: u64 = 4_096;
/// Fewer characters than this are tried out in days.
const SHORTEST: usize = 8;

/// A passphrase. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

/// What a person is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The passphrase of what is locked.
    First,
    /// The same again: it was another one.
    Again,
    /// A new one, twice.
    New,
}

impl Passphrase {
    /// As it was typed, without the line's end.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The same for something new: refuses one that is too short to protect anything.
    pub fn for_new(text: String) -> Result<Self, RestError> {
        let passphrase = Self::new(text);
        if passphrase.0.chars().count() < SHORTEST { Err(RestError::TooShort) } else { Ok(passphrase) }
    }

    /// From the file that `COWL_PASSPHRASE_FILE` names, if it names one.
    pub fn from_environment() -> Result<Option<Self>, RestError> {
        let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) else { return Ok(None) };
        let bytes = files::read_private(Path::new(&path), LIMIT).map_err(|_| RestError::PassphraseFile)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| RestError::PassphraseFile)?;
        let line = text.lines().next().unwrap_or_default();
        Ok(Some(Self::new(line.to_owned())).filter(|passphrase| !passphrase.0.is_empty()))
    }

    /// What is known of a path without asking a person.
    pub(super) fn known(path: &Path) -> Result<Vec<Self>, RestError> {
        let mut known: Vec<_> = Self::from_environment()?.into_iter().collect();
        known.extend(kernel::recall(path));
        Ok(known)
    }

    pub(super) fn secret(&self) -> SecretString {
        SecretString::from(self.0.to_string())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}
