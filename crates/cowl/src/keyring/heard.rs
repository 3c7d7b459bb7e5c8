//! What a member was told by dispatches, so that it is told each thing once (spec §12.3).

use std::path::{Path, PathBuf};

use cowl_core::{
    Addressee, Alert, Dispatch, DispatchError, Epoch, LaneKey, Position, RoleIndex, Secret, SignedManifest,
    schedule::RoleRoot,
};

use crate::files::{self, FileError};

/// The largest file that is read.
const LIMIT: u64 = 4_096;
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
    memory: Memory,
    /// The same, as it is on disk.
    stored: Memory,
    /// Whether a dispatch was taken since this was opened.
    has_heard: bool,
}

/// What must never go back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Memory {
    /// The newest dispatch.
    newest: Option<u64>,
    /// The number of the newest alert.
    shown: u64,
    /// Alerts up to that one which stand and were not for this place.
    elsewhere: Vec<u64>,
}

/// When and where a member is, as far as it knows.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The epoch.
    pub now: Epoch,
    /// The operation's time, in Unix seconds.
    pub time: u64,
    /// Its place.
    pub here: Option<Position>,
}

/// A dispatch that was taken.
#[derive(Debug)]
pub struct Heard {
    /// For [`Dispatch::says_help`].
    pub dispatch: Dispatch,
    /// The alerts that are new here and not over. They count as shown after [`Ear::commit`].
    pub alerts: Vec<Alert>,
    /// All that are for this place and not over, these among them: for who shows what stands.
    pub standing: Vec<Alert>,
}

impl Ear {
    /// One that forgets everything when it ends: for walk-ins, who keep nothing.
    pub fn forgetful() -> Self {
        Self { path: None, memory: Memory::default(), stored: Memory::default(), has_heard: false }
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
        let stored = if path.exists() { Memory::load(&path)? } else { Memory::default() };
        Ok(Self { path: Some(path), memory: stored.clone(), stored, has_heard: false })
    }

    /// Whether what lies at a path is sound; nothing is written.
    pub(crate) fn examine(path: &Path) -> Result<(), FileError> {
        Memory::load(path).map(drop)
    }

    /// Takes a dispatch. `now` is the epoch and `time` the operation's time in Unix seconds, both as far as this member knows
    /// them from beacons; the machine's clock has no say. `here`: where it is, if it knows; then alerts to other zones wait until
    /// it is there. A dispatch that is older than one taken before is refused, and one of an epoch that is over; the newest is
    /// taken once more after a restart.
    pub fn hear(
        &mut self,
        bytes: &[u8],
        manifest: &SignedManifest,
        lane: impl FnOnce(Epoch) -> Lane,
        Moment { now, time, here }: Moment,
    ) -> Result<Heard, DispatchError> {
        let again = u64::from(!self.has_heard);
        let newest = self.memory.newest.and_then(|newest| newest.checked_sub(again));
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
        let time = time.max(dispatch.time);
        let Memory { shown, elsewhere, .. } = &self.memory;
        let is_new = |alert: &Alert| alert.number > *shown || elsewhere.contains(&alert.number);
        let mut alerts = dispatch.alerts(&key)?;
        let last = alerts.last().map_or(*shown, |last| last.number.max(*shown));
        alerts.retain(|alert| !alert.is_over(time));
        let policy = &manifest.policy;
        let is_here = |alert: &Alert| match (alert.to, here) {
            (Addressee::Zone(zone), Some(here)) => policy.zones.locate(here, zone.level) == Some(zone),
            _ => true,
        };
        let (standing, others): (Vec<_>, Vec<_>) = alerts.into_iter().partition(is_here);
        let alerts = standing.iter().filter(|alert| is_new(alert)).cloned().collect();
        let elsewhere = others.iter().filter(|alert| is_new(alert)).map(|alert| alert.number).collect();
        self.memory = Memory { newest: Some(dispatch.sequence), shown: last, elsewhere };
        self.has_heard = true;
        Ok(Heard { dispatch, alerts, standing })
    }

    /// Writes down what was heard: call it when it was shown. A crash in between shows an alert twice, and loses none.
    pub fn commit(&mut self) -> Result<(), FileError> {
        if let Some(path) = &self.path
            && self.memory != self.stored
        {
            files::replace_summed(path, self.memory.text().as_bytes())?;
            self.stored = self.memory.clone();
        }
        Ok(())
    }
}

impl Memory {
    fn load(path: &Path) -> Result<Self, FileError> {
        let bytes = files::read_secret(path, LIMIT)?;
        Self::parse(&bytes).ok_or_else(|| FileError::Altered(path.to_owned()))
    }

    fn text(&self) -> String {
        let mut text = format!("{START}{} {}", self.newest.unwrap_or(0), self.shown);
        for number in &self.elsewhere {
            text.push(' ');
            text.push_str(&number.to_string());
        }
        text.push('\n');
        text
    }

    /// `None`: not as it was written.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(bytes).ok()?.strip_prefix(START)?.strip_suffix('\n')?;
        let mut numbers = line.split(' ').map(|number| number.parse().ok());
        let (newest, shown) = (Some(numbers.next()??), numbers.next()??);
        Some(Self { newest, shown, elsewhere: numbers.collect::<Option<_>>()? })
    }
}

#[cfg(test)]
#[path = "heard_tests.rs"]
mod tests;
