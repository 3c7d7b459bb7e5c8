//! What a member was told by dispatches, so that it is told each thing once (spec §12.3).

use std::path::{Path, PathBuf};

use cowl_core::{
    Alert, Dispatch, DispatchError, Epoch, LaneKey, RoleIndex, Secret, SignedManifest, schedule::RoleRoot,
};

use crate::files::{self, FileError};

/// The largest file that is read.
const LIMIT: u64 = 512;
/// The file's first line.
const START: &str = "cowl heard 1\n";

/// What opens a member's lane of one epoch.
#[derive(Debug)]
pub enum Lane {
    /// Who has the manifest alone.
    Everybody,
    /// The enrolled.
    Members(Secret),
    /// A role.
    Role(RoleIndex, RoleRoot),
}

/// Takes dispatches, and remembers on disk which one was the newest and what was shown.
#[derive(Debug)]
pub struct Ear {
    path: Option<PathBuf>,
    newest: Option<u64>,
    /// The number of the newest alert that was shown.
    shown: u64,
    /// The same, as it is on disk.
    stored: (Option<u64>, u64),
    /// Whether a dispatch was taken since this was opened.
    has_heard: bool,
}

/// A dispatch that was taken.
#[derive(Debug)]
pub struct Heard {
    /// For [`Dispatch::says_help`].
    pub dispatch: Dispatch,
    /// The alerts that are new here and not over. They count as shown after [`Ear::commit`].
    pub alerts: Vec<Alert>,
}

impl Ear {
    /// One that forgets everything when it ends: for walk-ins, who keep nothing.
    pub const fn forgetful() -> Self {
        Self { path: None, newest: None, shown: 0, stored: (None, 0), has_heard: false }
    }

    /// Opens what lies beside a credential; `role`: of that role's reader.
    pub fn beside(credential: &Path, role: Option<&str>) -> Result<Self, FileError> {
        let mut name = credential.as_os_str().to_owned();
        name.push(".heard");
        if let Some(role) = role {
            name.push(".");
            name.push(role);
        }
        let path = PathBuf::from(name);
        let stored = if path.exists() {
            let bytes = files::read_secret(&path, LIMIT)?;
            parse(&bytes).ok_or_else(|| FileError::Altered(path.clone()))?
        } else {
            (None, 0)
        };
        Ok(Self { path: Some(path), newest: stored.0, shown: stored.1, stored, has_heard: false })
    }

    /// Takes a dispatch. `now` is the epoch and `time` the operation's time in Unix seconds, both as far as this member knows
    /// them from beacons; the machine's clock has no say. A dispatch that is older than one taken before is refused, and one of
    /// an epoch that is over; the newest is taken once more after a restart.
    pub fn hear(
        &mut self,
        bytes: &[u8],
        manifest: &SignedManifest,
        lane: impl FnOnce(Epoch) -> Lane,
        now: Epoch,
        time: u64,
    ) -> Result<Heard, DispatchError> {
        let again = u64::from(!self.has_heard);
        let newest = self.newest.and_then(|newest| newest.checked_sub(again));
        let dispatch = Dispatch::verify(bytes, manifest.authority(), manifest.operation, newest)?;
        // The last one of an epoch is still on the broker for a moment when the next begins.
        if dispatch.epoch < now.minus(1) {
            return Err(DispatchError::Stale);
        }
        let lane = lane(dispatch.epoch);
        let key = match &lane {
            Lane::Everybody => LaneKey::Everybody(manifest.authority()),
            Lane::Members(key) => LaneKey::Members(key),
            Lane::Role(role, root) => LaneKey::Role(*role, root),
        };
        let mut alerts = dispatch.alerts(&key)?;
        let time = time.max(dispatch.time);
        alerts.retain(|alert| alert.number > self.shown && !alert.is_over(time));
        self.newest = Some(dispatch.sequence);
        self.has_heard = true;
        self.shown = alerts.last().map_or(self.shown, |last| last.number);
        Ok(Heard { dispatch, alerts })
    }

    /// Writes down what was heard: call it when it was shown. A crash in between shows an alert twice, and loses none.
    pub fn commit(&mut self) -> Result<(), FileError> {
        let now = (self.newest, self.shown);
        if let (Some(path), Some(newest)) = (&self.path, self.newest)
            && now != self.stored
        {
            let text = format!("{START}{newest} {}\n", self.shown);
            files::replace_summed(path, text.as_bytes())?;
            self.stored = now;
        }
        Ok(())
    }
}

/// `None`: not as it was written.
fn parse(bytes: &[u8]) -> Option<(Option<u64>, u64)> {
    let line = std::str::from_utf8(bytes).ok()?.strip_prefix(START)?.strip_suffix('\n')?;
    let (newest, shown) = line.split_once(' ')?;
    Some((Some(newest.parse().ok()?), shown.parse().ok()?))
}

#[cfg(test)]
#[path = "heard_tests.rs"]
mod tests;
