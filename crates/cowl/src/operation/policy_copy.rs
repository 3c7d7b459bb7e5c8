//! Taking a policy of one's own along: the file, and the zone files that it names.

use std::{
    cell::RefCell,
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::OperationError;
use crate::{
    files::{self, Access, FileError},
    policy_file::{PolicyFile, PolicyFileError, shipped},
};

/// The largest policy file that is read, in bytes.
pub(super) const POLICY_LIMIT: u64 = 1 << 20;

/// A policy that was read and understood, with everything that it names.
#[derive(Debug)]
pub(super) struct PolicyCopy {
    text: Vec<u8>,
    zones: Vec<Named>,
}

/// A zone file under the name that the policy gives it.
#[derive(Debug)]
struct Named {
    name: String,
    text: String,
}

impl PolicyCopy {
    /// Reads a policy file and the zone files beside it; those that ship with Cowl need not be there.
    pub(super) fn read(path: &Path) -> Result<Self, OperationError> {
        let text = files::read(path, POLICY_LIMIT)?;
        let name = path.display().to_string();
        let utf8 = std::str::from_utf8(&text).map_err(|error| not_utf8(&name, &text, error.valid_up_to()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let zones = RefCell::new(Vec::<Named>::new());
        let read = |name: &str| -> io::Result<String> {
            let text = match fs::read_to_string(folder.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => shipped(name)?,
                other => other?,
            };
            let mut zones = zones.borrow_mut();
            if !zones.iter().any(|known| known.name == name) {
                zones.push(Named { name: name.to_owned(), text: text.clone() });
            }
            Ok(text)
        };
        PolicyFile::parse(utf8, &name, &read)?;
        let zones = zones.into_inner();
        if let Some(outside) = zones.iter().find(|zones| !is_below(Path::new(&zones.name))) {
            return Err(OperationError::ZonesElsewhere(outside.name.clone()));
        }
        Ok(Self { text, zones })
    }

    /// The zone files' names.
    pub(super) fn into_names(self) -> Vec<String> {
        self.zones.into_iter().map(|zones| zones.name).collect()
    }

    /// Writes them into a folder under the same names.
    pub(super) fn write(&self, policy: &Path) -> Result<(), FileError> {
        let folder = policy.parent().unwrap_or(Path::new(""));
        for Named { name, text } in &self.zones {
            let path: PathBuf = folder.join(name);
            if let Some(parent) = path.parent() {
                files::private_folder(parent)?;
            }
            files::create(&path, text.as_bytes(), Access::All)?;
        }
        files::create(policy, &self.text, Access::All)
    }
}

/// Whether a path stays inside the folder that it is taken from.
fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

fn not_utf8(file: &str, text: &[u8], at: usize) -> PolicyFileError {
    let before = text.get(..at).unwrap_or(text);
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before
        .rsplit(|byte| *byte == b'\n')
        .next()
        .map_or(1, |last| String::from_utf8_lossy(last).chars().count() + 1);
    PolicyFileError { file: file.to_owned(), line, column, message: "not UTF-8".to_owned(), hint: None }
}
