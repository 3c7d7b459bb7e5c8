//! What the authority tells people, and whether help is coming, while `cowl pub` is connected anyway.

use std::{
    collections::HashSet,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use cowl::{
    help::{Found, Waiting, WaitingError},
    keyring::{Ear, Lane, Moment},
};
use cowl_core::{
    Alert, DispatchError, Epoch, HelpKey, Policy, Position, Report, RoleIndex, SignedManifest, rfc3339,
};

use super::member::{Member, Protection};
use crate::{commands::command::addressee, exit::Exit, failure::Failure};

/// Takes dispatches.
#[derive(Debug)]
pub(crate) struct Alerts {
    ear: Ear,
    waiting: Option<Waiting>,
    here: Option<Position>,
    told: HashSet<String>,
}

impl Alerts {
    /// Of a member; `file` is where it keeps what finds that help is coming.
    pub(super) fn of(member: &Member, file: Option<&Path>) -> Result<Self, Failure> {
        let waiting = file.map(|path| Waiting::open(path, member.manifest.operation)).transpose();
        let waiting = waiting.map_err(unusable)?;
        // Alerts must not keep a report back: without its file, everything is shown again.
        let (ear, told) = match &member.protection {
            Protection::Enrolled(path) => match Ear::beside(path, None) {
                Ok(ear) => (ear, None),
                Err(error) => (
                    Ear::forgetful(),
                    Some(format!("{error}; alerts are shown again; delete it if it is damaged")),
                ),
            },
            Protection::WalkIn | Protection::Dangerous(_) => (Ear::forgetful(), None),
        };
        Ok(Self { ear, waiting, here: None, told: told.into_iter().collect() })
    }

    /// Where it is, if that is known: then alerts to other zones are not shown.
    pub(super) const fn be_at(&mut self, here: Option<Position>) {
        self.here = here;
    }

    /// Whether it waits for help.
    pub(super) const fn awaits(&self) -> bool {
        self.waiting.is_some()
    }

    /// Keeps by what a report finds that help is coming, durably: it is not sent before.
    pub(super) fn keep(
        &mut self,
        report: &Report,
        help: &[(RoleIndex, HelpKey)],
    ) -> Result<(), cowl::files::FileError> {
        let Some(waiting) = &mut self.waiting else { return Ok(()) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        waiting.add(report.header().report, help, now);
        waiting.commit()
    }

    /// Takes a dispatch, and tells what is new. What cannot be written down is shown again.
    pub(super) fn hear(
        &mut self,
        bytes: &[u8],
        manifest: &SignedManifest,
        lane: impl FnOnce(Epoch) -> Lane,
        now: Epoch,
        time: u64,
        mut tell: impl FnMut(&str),
    ) {
        let moment = Moment { now, time, here: self.here };
        let warnings = self.told.drain().collect::<Vec<_>>();
        for warning in &warnings {
            tell(warning);
        }
        match self.ear.hear(bytes, manifest, lane, moment) {
            Ok(heard) => {
                let policy = &manifest.policy;
                heard.alerts.iter().for_each(|alert| tell(&shown(alert, policy)));
                if let Some(waiting) = &mut self.waiting {
                    waiting.hear(&heard.dispatch, policy).iter().for_each(|found| tell(&helped(found)));
                }
            }
            Err(DispatchError::Replayed) => {}
            Err(error) => tell(&format!("the broker's dispatch is not followed: it is {error}")),
        }
        let kept = self.waiting.as_mut().map_or(Ok(()), Waiting::commit);
        if let Err(error) = kept.and(self.ear.commit()) {
            tell(&format!("{error}; what was shown is shown again"));
        }
    }

    /// All to which help is coming.
    pub(super) fn found(&self, policy: &Policy) -> Vec<Found> {
        self.waiting.as_ref().map(|waiting| waiting.found(policy)).unwrap_or_default()
    }

    /// How many reports wait for it.
    pub(super) fn reports(&self) -> usize {
        self.waiting.as_ref().map_or(0, Waiting::reports)
    }
}

/// An alert in one line.
pub(crate) fn shown(alert: &Alert, policy: &Policy) -> String {
    let (given, until) = (rfc3339(alert.given), rfc3339(alert.until));
    format!("ALERT to {}, given {given}, until {until}: {}", addressee(alert, policy), alert.text)
}

/// That help is coming, in one line.
pub(super) fn helped(found: &Found) -> String {
    format!("HELP IS COMING to your report of {}, says {}", rfc3339(found.sent), found.role)
}

fn unusable(error: WaitingError) -> Failure {
    match error {
        WaitingError::File(error) => Failure::from(error),
        error @ WaitingError::OtherOperation(_) => {
            Failure::new(Exit::Keys, error.to_string()).hint("each operation needs a file of its own")
        }
    }
}
