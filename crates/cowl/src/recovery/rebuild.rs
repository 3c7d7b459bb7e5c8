//! An operation on a new machine, from what was saved of the old one.

use std::path::{Path, PathBuf};

use super::{Pack, RecoveryError, RecoveryFile, Share};
use crate::{operation::Operation, random::SystemRng, state::Kind};

/// What came back.
#[derive(Debug)]
pub struct Rebuilt {
    /// What it is.
    pub kind: Kind,
    /// Of which time it is, in Unix seconds: what happened later is unknown to it.
    pub taken: u64,
    /// Where it is.
    pub path: PathBuf,
    /// Device numbers that are left out, because the lost machine may have given them to someone after that time.
    pub skipped: u32,
}

/// Builds an operation again from its recovery file and enough shares, in a new or empty folder.
pub fn recover(
    file: &RecoveryFile,
    shares: &[Share],
    folder: &Path,
    now: u64,
    rng: &mut SystemRng,
) -> Result<Rebuilt, RecoveryError> {
    operation(&file.open(shares)?, folder, now, rng)
}

pub(super) fn operation(
    pack: &Pack,
    folder: &Path,
    now: u64,
    rng: &mut SystemRng,
) -> Result<Rebuilt, RecoveryError> {
    let (_, skipped) = Operation::rebuild(folder, now, rng, |stage| pack.unpack(stage))?;
    Ok(Rebuilt { kind: Kind::Operation, taken: pack.taken, path: folder.to_owned(), skipped })
}
