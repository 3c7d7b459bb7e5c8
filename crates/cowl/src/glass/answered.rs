//! What a custodian has agreed to: beside the share, so that one message is not opened twice by being asked for twice.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::GlassError;
use crate::files::{self, Access};

/// The version that is written.
const VERSION: u8 = 1;
/// Answers that are remembered.
const MOST: usize = 10_000;
/// No file of them is larger.
const LIMIT: u64 = 4 << 20;

/// The requests that were answered.
#[derive(Debug, Default, Serialize, Deserialize)]
struct File {
    version: u8,
    answered: Vec<One>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct One {
    /// The request, as people see it.
    pub(super) request: String,
    /// SHA-256 of the custody part, in hexadecimal.
    pub(super) message: String,
    /// When, in Unix seconds.
    pub(super) at: u64,
}

/// The record beside a share.
#[derive(Debug)]
pub(super) struct Answered {
    path: PathBuf,
    file: File,
}

impl Answered {
    pub(super) fn load(share: &Path) -> Result<Self, GlassError> {
        let mut name = share.as_os_str().to_owned();
        name.push(".answered");
        let path = PathBuf::from(name);
        if !path.exists() {
            return Ok(Self { path, file: File::default() });
        }
        let bytes = files::read_secret(&path, LIMIT)?;
        let file = serde_json::from_slice(&bytes).ok().filter(|file: &File| file.version == VERSION);
        match file {
            Some(file) => Ok(Self { path, file }),
            None => Err(GlassError::Damaged {
                path,
                what: "it is no record of what this custodian agreed to; move it away if you know of none",
            }),
        }
    }

    /// The last request for the same message that is another one than this.
    pub(super) fn other(&self, request: &str, message: &str) -> Option<&str> {
        let found =
            self.file.answered.iter().rev().find(|one| one.message == message && one.request != request);
        found.map(|one| one.request.as_str())
    }

    /// Remembers an answer; on disk when this returns.
    pub(super) fn remember(&mut self, one: One) -> Result<(), GlassError> {
        self.file.version = VERSION;
        let excess = (self.file.answered.len() + 1).saturating_sub(MOST);
        self.file.answered.drain(..excess);
        self.file.answered.push(one);
        let text = serde_json::to_vec(&self.file).unwrap_or_default();
        Ok(files::replace(&self.path, &text, Access::Owner)?)
    }
}
