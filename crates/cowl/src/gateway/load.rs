//! What the gateway's queue holds, sealed: under each device's identity, by the newest policy and beacon.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use cowl_core::{
    DispatchError, Epoch, Header, Manifest, Members, Mode, Policy, ReduceError, Reduced, Report, Sealed,
    Surroundings,
};

use super::{body::Waiting, erase, intake::Inner, vault::NotOpened};
use crate::{
    keyring::{KeyringError, Renewal, SealedReport, Sender},
    node::{Lane, Load, LoadError},
};

/// A gateway's load for the uplink.
pub struct GatewayLoad {
    sender: Sender,
    inner: Arc<Inner>,
    /// Whose the last messages were that were made, a stranger's cover as `None`.
    made: VecDeque<Option<usize>>,
}

/// Of so many messages is known whose they were, more than are in flight at any time.
const MADE: usize = 4_096;

impl GatewayLoad {
    pub(super) const fn new(sender: Sender, inner: Arc<Inner>) -> Self {
        Self { sender, inner, made: VecDeque::new() }
    }

    /// What seals.
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    fn seal_waiting(&mut self, body: &[u8], monotonic: u64) -> Result<Sealed, LoadError> {
        let never = |reason| {
            self.inner.counters.never();
            LoadError::Never(reason)
        };
        let waiting = self.inner.open_waiting(body).map_err(|error| match error {
            NotOpened::Unreadable => never(UNREADABLE),
            NotOpened::Erased => {
                self.inner.counters.erased();
                LoadError::Never(ERASED)
            }
        })?;
        let identity = usize::try_from(waiting.identity).unwrap_or(usize::MAX);
        if identity >= self.sender.identities() {
            return Err(never(NO_IDENTITY));
        }
        // A gateway whose state was lost could seal as a walk-in does; but it can wait for its own keys, and then its
        // devices are believed.
        if self.sender.mode(monotonic) == Mode::WalkIn {
            return Err(LoadError::NotNow(KeyringError::Restored));
        }
        let policy = &self.sender.manifest().policy;
        let around = self.sender.surroundings(waiting.time);
        let manifest = self.sender.manifest();
        let header = Header {
            report: waiting.report,
            // Of the epoch in which it is sealed, also when that is done again (spec §16.1).
            handle: self.inner.vault.handle(
                waiting.identity,
                manifest.operation,
                self.sender.epoch(monotonic),
            ),
            policy: manifest.policy_version,
        };
        let (reduced, trimmed) = reduce(policy, waiting, &around).map_err(|_| never(POLICY))?;
        (0..trimmed).for_each(|_| self.inner.counters.trimmed());
        match self.sender.seal(identity, &Report::new(header, reduced), monotonic) {
            Ok(sealed) => Ok(self.note(Some(identity), sealed)),
            Err(KeyringError::Seal(_)) => {
                self.inner.counters.never();
                Err(LoadError::Never(SEAL))
            }
            Err(error) => Err(LoadError::NotNow(error)),
        }
    }

    fn note(&mut self, identity: Option<usize>, sealed: SealedReport) -> Sealed {
        if self.made.len() >= MADE {
            self.made.pop_front();
        }
        self.made.push_back(identity);
        sealed.sealed
    }
}

const UNREADABLE: &str = "what was kept cannot be read";
const ERASED: &str = "it was erased: withdrawn, ordered to go, or too old";
const NO_IDENTITY: &str = "the credential has no such identity any more";
const POLICY: &str = "the policy was changed so that it does not take the report any more";
const SEAL: &str = "the report cannot be sealed";

impl Load for GatewayLoad {
    fn seal(&mut self, _lane: Lane, body: &[u8], monotonic: u64) -> Result<Sealed, LoadError> {
        self.seal_waiting(body, monotonic)
    }

    fn cover(&mut self, lane: Lane, monotonic: u64) -> Result<Sealed, LoadError> {
        let identity = self.sender.cover_identity();
        let cover = self.sender.cover();
        if lane == Lane::Enrolled && self.sender.mode(monotonic) == Mode::WalkIn {
            return Err(LoadError::NotNow(KeyringError::Restored));
        }
        if lane == Lane::WalkIn {
            let sealed = self.sender.seal_walk_in(&cover, monotonic)?;
            return Ok(self.note(None, sealed));
        }
        let sealed = self.sender.seal(identity, &cover, monotonic)?;
        Ok(self.note(Some(identity), sealed))
    }

    fn renewal(&mut self, monotonic: u64) -> Option<Renewal> {
        self.sender.is_renewal_due(monotonic).then(|| self.sender.renewal().ok()).flatten()
    }

    fn renewed(&mut self, _monotonic: u64) -> Result<(), KeyringError> {
        self.sender.reload()
    }

    fn hear(&mut self, beacon: &[u8], monotonic: u64) -> Option<u32> {
        // What is not the authority's, or not new, changes nothing.
        let beacon = self.sender.hear(beacon, monotonic).ok()?;
        self.inner.forget();
        // Without a key of the new epoch reports go on under that of the last one.
        let _ = self.inner.vault.begin(self.sender.epoch(monotonic));
        Some(beacon.manifest)
    }

    fn follow(&mut self, manifest: &[u8]) {
        let before = self.sender.manifest().policy_version;
        if self.sender.follow(manifest).is_ok() && self.sender.manifest().policy_version != before {
            self.inner.follow(&self.sender.manifest().policy);
        }
    }

    fn manifest(&self) -> &Manifest {
        self.sender.manifest()
    }

    fn epoch(&self, monotonic: u64) -> Option<Epoch> {
        Some(self.sender.epoch(monotonic))
    }

    fn lost(&mut self, made: u64) {
        let last = usize::try_from(made).unwrap_or(usize::MAX);
        let identities: BTreeSet<_> = self.made.iter().rev().take(last).flatten().copied().collect();
        for identity in identities {
            self.sender.skip_to_mark(identity);
        }
    }

    fn wants_bulletins(&self) -> bool {
        true
    }

    fn wants_erasures(&self) -> bool {
        true
    }

    fn erasures(&mut self, list: &[u8], monotonic: u64) {
        let manifest = self.sender.manifest();
        erase::hear(&self.inner, list, manifest.authority(), manifest, self.sender.epoch(monotonic));
    }

    fn destroyed(&self) -> u64 {
        self.inner.orders.destroyed()
    }

    fn wants_dispatches(&self) -> bool {
        true
    }

    fn dispatch(&mut self, dispatch: &[u8], monotonic: u64) {
        let Self { sender, inner, .. } = self;
        let moment = (sender.epoch(monotonic), sender.time(monotonic));
        let (commands, lane) = (&inner.commands, |epoch| sender.lane(epoch));
        match inner.alerts.hear(dispatch, sender.manifest(), lane, moment, commands.are_out()) {
            Ok(alerts) => commands.give(alerts),
            // The retained one was heard before the last connection.
            Err(DispatchError::Replayed) => {}
            Err(_) => inner.counters.dispatch_refused(),
        }
    }

    fn bulletin(&mut self, bulletin: &[u8], _monotonic: u64) {
        match self.inner.commands.hear(bulletin, self.sender.credential()) {
            Ok(count) => self.inner.counters.commands(count),
            Err(_) => self.inner.counters.bulletin_refused(),
        }
    }
}

/// Reduces by a policy that may be another one than when the report was taken. A field that it does not take any more is
/// left out, as far as a report may be without it: better less than nothing. How many were.
fn reduce(
    policy: &Policy,
    mut waiting: Waiting,
    around: &Surroundings<'_>,
) -> Result<(Reduced, usize), ReduceError> {
    let mut trimmed = 0;
    loop {
        let error = match policy.reduce(waiting.reading(), around) {
            Ok(reduced) => return Ok((reduced, trimmed)),
            Err(error) => error,
        };
        let (ReduceError::Field { field, .. } | ReduceError::DoesNotFit { field, .. }) = &error else {
            return Err(error);
        };
        let mut members = Members::new();
        for (name, value) in waiting.members.iter().filter(|(name, _)| *name != field.as_str()) {
            // They were members of one reading already.
            let _ = members.push(name, value.clone());
        }
        if members.len() == waiting.members.len() {
            return Err(error);
        }
        waiting.members = members;
        trimmed += 1;
    }
}

impl std::fmt::Debug for GatewayLoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayLoad").field("sender", &self.sender).finish_non_exhaustive()
    }
}
