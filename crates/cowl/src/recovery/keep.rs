//! Making the shares, and keeping the recovery file up to date.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{Context, SHA256, digest};
use serde::{Deserialize, Serialize};

use super::{Dealt, Pack, RecoveryError, RecoveryFile, Share, ShareSet};
use crate::{
    files::{self, Access, FileError},
    random::SystemRng,
    state::{self, Keep, Known},
};

/// Which shares there are.
const SET: &str = "recovery.json";
/// The recovery file itself.
const FILE: &str = "recovery.cowl";
/// What it was made of.
const STATE: &str = "recovery.state";
/// The largest recovery file.
const MOST: u64 = 1 << 30;
/// The largest of the small ones.
const LIMIT: u64 = 1 << 20;

/// Where the recovery file lies, and whether it holds the newest.
#[derive(Debug)]
pub struct Held {
    /// Which shares open it.
    pub set: ShareSet,
    /// Its places, with whether each holds the operation as it is now.
    pub places: Vec<(PathBuf, bool)>,
}

/// What was written last.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    version: u32,
    /// A digest of the files that went in, by name, size and time.
    of: String,
    /// The places that took it.
    written: Vec<PathBuf>,
    /// A digest of what they took. Empty in a file of before: then it is written again.
    #[serde(default)]
    holds: String,
}

/// Deals a new recovery key and writes the recovery file for it, into the folder and to each of the `copies`. Shares that
/// were dealt before open only the recovery files from before. The caller hands the shares out and keeps none.
///
/// A crash after this and before the shares are on paper loses them: see [`make_shares_with`].
pub fn make_shares(
    folder: &Path,
    threshold: u8,
    of: u8,
    copies: &[PathBuf],
    now: u64,
    rng: &mut SystemRng,
) -> Result<Dealt, RecoveryError> {
    make_shares_with(folder, threshold, of, copies, now, rng, |_| Ok(()))
}

/// The same, with the shares given away while the recovery file of before still stands. Nothing that could fail is left to
/// do by then but giving files their names.
pub fn make_shares_with(
    folder: &Path,
    threshold: u8,
    of: u8,
    copies: &[PathBuf],
    now: u64,
    rng: &mut SystemRng,
    hand_out: impl FnOnce(&[Share]) -> Result<(), RecoveryError>,
) -> Result<Dealt, RecoveryError> {
    let mut dealt = Dealt::draw(threshold, of, now, rng)?;
    dealt.set.copies =
        copies.iter().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone())).collect();
    let sealed = RecoveryFile::seal(&dealt.set, &Pack::operation(folder, now)?.0)?;
    let mut written = Vec::new();
    for place in places(folder, &dealt.set) {
        if is_other(folder, &place) {
            return Err(RecoveryError::Other(place));
        }
        written.push((files::write_beside(&place, &sealed, Access::Owner)?, place));
    }
    hand_out(&dealt.shares)?;
    for (temporary, place) in written.into_iter().rev() {
        files::keep_over(temporary, &place)?;
    }
    // The set last: a crash before leaves the old one, which the next change goes by; the new shares are given out.
    let bytes = serde_json::to_vec_pretty(&dealt.set).unwrap_or_default();
    files::replace_raw(&folder.join(SET), &state::with_sum(&bytes), Access::All)?;
    write_now(folder, now)?;
    Ok(dealt)
}

/// Which shares an operation has; `None` before any were made.
pub fn share_set(folder: &Path) -> Result<Option<ShareSet>, RecoveryError> {
    let path = folder.join(SET);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = files::read(&path, LIMIT)?;
    let damaged =
        || RecoveryError::Damaged { path: path.clone(), what: "it does not say which shares there are" };
    // Where no sum stands in front, it is of before.
    let bytes = files::body(&bytes).ok_or_else(|| FileError::Altered(path.clone()))?;
    let set: ShareSet = serde_json::from_slice(bytes).map_err(|_| damaged())?;
    set.check_form(&path)?;
    Ok(Some(set))
}

/// Whether the recovery file holds the operation as it is; `None` before there are shares.
pub fn held(folder: &Path) -> Result<Option<Held>, RecoveryError> {
    let Some(set) = share_set(folder)? else { return Ok(None) };
    let (state, now) = (load(folder), fingerprint(folder)?);
    let current = |place: &PathBuf| state.of == now && state.has(place);
    let places = places(folder, &set)
        .into_iter()
        .map(|place| {
            let held = current(&place);
            (place, held)
        })
        .collect();
    Ok(Some(Held { set, places }))
}

/// Writes the recovery file if the operation changed since. A copy that cannot be written (a stick that is not there) is
/// no error: [`held`] tells. One that was altered or taken away since is written again.
pub fn write_now(folder: &Path, now: u64) -> Result<(), RecoveryError> {
    write(folder, now, State::has)
}

/// Writes it if the operation changed, or a place does not hold it as far as `has` looks.
fn write(folder: &Path, now: u64, has: fn(&State, &Path) -> bool) -> Result<(), RecoveryError> {
    let Some(set) = share_set(folder)? else { return Ok(()) };
    let of = fingerprint(folder)?;
    let state = load(folder);
    let places = places(folder, &set);
    if state.of == of && places.iter().all(|place| has(&state, place)) {
        return Ok(());
    }
    let sealed = RecoveryFile::seal(&set, &Pack::operation(folder, now)?.0)?;
    let mut written = Vec::new();
    for place in places {
        if is_other(folder, &place) {
            continue;
        }
        match files::replace_raw(&place, &sealed, Access::Owner) {
            Ok(()) => written.push(place),
            Err(error) if place.starts_with(folder) => return Err(error.into()),
            Err(_) => {}
        }
    }
    let bytes =
        serde_json::to_vec(&State { version: 1, of, written, holds: digest_of(&sealed) }).unwrap_or_default();
    Ok(files::replace_raw(&folder.join(STATE), &bytes, Access::Owner)?)
}

/// After whatever changed the operation, while nobody else may. Cheap when nothing did: it looks at names, sizes and times.
/// What it cannot do is not lost: the next change tries again, and [`held`] tells.
pub(crate) fn after_change(folder: &Path) {
    if !folder.join(SET).exists() {
        return;
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // Copies are not read each time: they may be on slow sticks.
    let _ = write(folder, now.map_or(0, |passed| passed.as_secs()), |state, place| {
        state.written.iter().any(|written| written == place)
    });
}

impl State {
    /// Whether a place has what was written to it.
    fn has(&self, place: &Path) -> bool {
        let there = || files::read(place, MOST).is_ok_and(|bytes| digest_of(&bytes) == self.holds);
        self.written.iter().any(|written| written == place) && there()
    }
}

fn digest_of(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes).as_ref())
}

fn places(folder: &Path, set: &ShareSet) -> Vec<PathBuf> {
    std::iter::once(folder.join(FILE)).chain(set.copies.iter().cloned()).collect()
}

/// Whether something stands there that is no recovery file. Places come from a file that somebody else may have made, and
/// from whoever mistyped one.
fn is_other(folder: &Path, place: &Path) -> bool {
    // In the folder nothing else has the name: there it is a damaged one.
    place != folder.join(FILE) && place.exists() && !RecoveryFile::is_one(place)
}

fn load(folder: &Path) -> State {
    let bytes = files::read(&folder.join(STATE), LIMIT).unwrap_or_default();
    let state: State = serde_json::from_slice(&bytes).unwrap_or_default();
    if state.version == 1 { state } else { State::default() }
}

/// Changes with every file that goes into the recovery file. Files are replaced, never written in place, so each has
/// another number.
fn fingerprint(folder: &Path) -> Result<String, RecoveryError> {
    let mut digest = Context::new(&SHA256);
    for name in state::names(folder)? {
        let left = matches!(Known::find(state::OPERATION, &name), Some(Known { keep: Keep::No(_), .. }));
        if left {
            continue;
        }
        let path = folder.join(&name);
        let Ok(of) = fs::metadata(&path) else { continue };
        digest.update(name.as_bytes());
        for number in [of.len(), of.ino()] {
            digest.update(&number.to_be_bytes());
        }
        for number in [of.mtime(), of.mtime_nsec(), of.ctime(), of.ctime_nsec()] {
            digest.update(&number.to_be_bytes());
        }
    }
    Ok(hex::encode(digest.finish().as_ref()))
}
