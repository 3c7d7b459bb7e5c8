//! The files that Cowl keeps, of every kind of folder: what each is, who may lock it, and whether a backup may hold it.
//!
//! One table each ([`OPERATION`], [`MEMBER`], [`STATION`]); a file that is in none is a mistake, and a test says so.

mod examine;
#[cfg(test)]
pub(crate) mod killing;
mod layout;
pub(crate) mod slots;
mod sum;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use examine::{Finding, Weight, examine};
pub(crate) use layout::STATION_CREDENTIAL;
pub use layout::{Keep, Kind, Known, MEMBER, OPERATION, STATION};

pub(crate) use sum::{with_sum, without_sum};

use crate::files::FileError;

/// A secret file of a folder.
#[derive(Debug)]
pub(crate) struct SecretFile {
    pub(crate) path: PathBuf,
    /// Whether a passphrase may close it: a broker that starts by itself needs some.
    pub(crate) lockable: bool,
}

/// The secret files of a folder that are there.
pub(crate) fn secrets_of(folder: &Path) -> Result<Vec<SecretFile>, FileError> {
    let mut found = Vec::new();
    let table = Kind::of(folder).map_or(OPERATION, Kind::table);
    for name in names(folder)? {
        if let Some(known) = Known::find(table, &name).filter(|known| known.secret) {
            found.push(SecretFile { path: folder.join(&name), lockable: known.lockable });
        }
    }
    Ok(found)
}

/// The names of all files of a folder and below it, with `/` between parts, in order.
pub fn names(folder: &Path) -> Result<Vec<String>, FileError> {
    fn walk(folder: &Path, before: &str, names: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = format!("{before}{}", name.to_string_lossy());
            if entry.file_type()?.is_dir() {
                walk(&entry.path(), &format!("{name}/"), names)?;
            } else {
                names.push(name);
            }
        }
        Ok(())
    }
    let mut names = Vec::new();
    walk(folder, "", &mut names).map_err(|source| FileError::Read { path: folder.to_owned(), source })?;
    names.sort();
    Ok(names)
}
