//! New manifests and beacons: what `cowl serve` publishes.

use cowl_core::{
    Beacon, BeaconSecrets, Calendar, CloneMarks, Counts, DeviceNews, Epoch, Generation, Layout, Manifest,
    ManifestError, OperationId, Policy, PolicyVersion, Preset, RelayKeys, RoleIndex, SignedManifest,
    WalkInKeys, custody::CustodyKey, exchange::ServiceKey, schedule::RoleRoot, tokens::TokenPeriod,
};

use super::{Lock, Operation, OperationError, log::manifest_event, names, secrets::AuthoritySecrets};
use crate::{
    consent::notice_hashes,
    files::{self, Access},
    policy_file::PolicyFile,
    random::SystemRng,
};

/// What [`Operation::refresh`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issued {
    /// The newest manifest still holds.
    Nothing,
    /// A new manifest was signed: keys of further epochs, or a changed policy.
    Manifest,
}

/// A manifest before its keys are filled in.
pub(super) struct Draft {
    pub(super) operation: OperationId,
    pub(super) version: u32,
    pub(super) policy_version: PolicyVersion,
    pub(super) calendar: Calendar,
    pub(super) layout: Layout,
    pub(super) policy: Policy,
    pub(super) preset: Preset,
    pub(super) mailbox: [u8; 16],
    pub(super) generation: Option<Generation>,
    pub(super) custody: Option<CustodyKey>,
    pub(super) tokens: Option<TokenPeriod>,
}

impl Draft {
    /// Fills in the walk-ins' and the relays' keys from `now` on and the service's, and signs. A manifest that the policy
    /// leaves no room in goes without the service's, or the relays', or both, as it did before there were any.
    pub(super) fn sign(
        self,
        secrets: &AuthoritySecrets,
        now: Epoch,
    ) -> Result<SignedManifest, OperationError> {
        let epochs = || (now.0..).map(Epoch).take(usize::from(self.policy.walk_in.epochs));
        let relay_key =
            |epoch: Epoch| secrets.relay_root(epoch)?.public_key(self.operation, epoch, self.layout.suite());
        let relay = RelayKeys { first: now, keys: epochs().map_while(relay_key).collect() };
        let keys_of = |epoch: Epoch| -> Option<Vec<_>> {
            let readers = self.layout.roles().filter(|(_, part)| part.walk_in);
            readers
                .map(|(role, _)| {
                    secrets.root(role, epoch)?.walk_in_key(self.operation, role, epoch, self.layout.suite())
                })
                .collect()
        };
        let epochs = epochs().map_while(keys_of).collect();
        let expires = now.plus(u32::from(self.policy.keys_ahead));
        let notices = notice_hashes(&self.policy, self.preset, secrets.authority().public().fingerprint());
        let manifest = Manifest {
            operation: self.operation,
            version: self.version,
            policy_version: self.policy_version,
            calendar: self.calendar,
            policy: self.policy,
            preset: self.preset,
            mailbox: self.mailbox,
            walk_in: WalkInKeys { first: now, epochs },
            custody: self.custody,
            expires,
            relay: Some(relay),
            notices,
            service: secrets.service().and_then(ServiceKey::public),
            generation: self.generation,
            tokens: self.tokens,
        };
        let attempts = [(true, true), (true, false), (false, true), (false, false)];
        // The notices' hashes are the least that a manifest can do without: a receipt then says that it is not confirmed.
        let attempts = attempts
            .into_iter()
            .flat_map(|(relay, service)| [true, false].map(|told| (relay, service, told)));
        let mut signed = Err(ManifestError::Malformed);
        for (with_relay, with_service, with_notices) in attempts {
            let relay = manifest.relay.clone().filter(|_| with_relay);
            let service = manifest.service.clone().filter(|_| with_service);
            let notices = if with_notices { manifest.notices.clone() } else { Vec::new() };
            signed = Manifest { relay, service, notices, ..manifest.clone() }.sign(secrets.authority());
            if !matches!(signed, Err(ManifestError::TooLarge { .. })) {
                break;
            }
        }
        signed.map_err(OperationError::Manifest)
    }
}

/// Whether another policy may name other numbers of custodians: only where new ones are appointed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Custodians {
    Stay,
    MayChange,
}

impl Operation {
    /// Brings keys and manifest up to date: draws roots as far ahead as the policy holds keys, deletes those
    /// past their lateness, and signs a new manifest when an epoch began or the policy file changed.
    ///
    /// Where the policy file cannot be used ([`OperationError::is_input`]) nothing was done: see [`Self::roll`].
    pub fn refresh(&mut self, now: Epoch, rng: &mut SystemRng) -> Result<Issued, OperationError> {
        let lock = self.exclusive()?;
        let PolicyFile { policy, preset } = self.policy_file()?;
        let changed = self.policy_changed(&policy, preset, Custodians::Stay)?;
        self.issue(&lock, policy, changed, now, rng)
    }

    /// The same with the policy of the newest manifest, whatever the file says: epochs go on, and old keys are
    /// deleted, while someone is still editing.
    pub fn roll(&mut self, now: Epoch, rng: &mut SystemRng) -> Result<Issued, OperationError> {
        let lock = self.exclusive()?;
        self.issue(&lock, self.manifest.policy.clone(), false, now, rng)
    }

    pub(super) fn issue(
        &mut self,
        lock: &Lock,
        policy: Policy,
        changed: bool,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Issued, OperationError> {
        self.check_clock(now)?;
        let late = self.manifest.calendar.epochs_in(u64::from(policy.lateness_seconds));
        let drawn = self.secrets.extend(now.plus(u32::from(policy.keys_ahead)), rng);
        let deleted = self.secrets.forget_before(now.minus(late));
        if drawn || deleted {
            self.secrets.store_roles(&self.folder)?;
        }
        self.secrets.complete(&self.folder, rng)?;
        let tokens = self.token_period(lock, &policy, now, false, rng)?;
        let current = &self.manifest;
        let is_complete = current.relay.is_some() && current.service.is_some() && current.tokens == tokens;
        if !changed && current.walk_in.first >= now && is_complete {
            return Ok(Issued::Nothing);
        }
        let policy_version = PolicyVersion(current.policy_version.0.saturating_add(u32::from(changed)));
        let next = Draft {
            operation: current.operation,
            // A version that was entered into the log and then not published is never used again.
            version: current.version.max(self.logged_version()?).saturating_add(1),
            policy_version,
            calendar: current.calendar,
            layout: Layout::of(&policy),
            policy,
            preset: current.preset,
            mailbox: current.mailbox,
            generation: current.generation,
            custody: current.custody.clone(),
            tokens,
        }
        .sign(&self.secrets, now)?;
        let added = next.relay.is_some() && current.relay.is_none()
            || next.service.is_some() && current.service.is_none()
            || next.tokens != current.tokens;
        if !changed && current.walk_in.first >= now && !added {
            return Ok(Issued::Nothing);
        }
        self.note_held(lock, &[manifest_event(&next)], self.time_in(now))?;
        files::replace(&self.folder.join(names::MANIFEST), next.bytes(), Access::All)?;
        self.manifest = next;
        Ok(Issued::Manifest)
    }

    /// Makes the next beacon, with these counts and nothing else for devices. Its number is on disk before it is returned,
    /// so no two beacons share one.
    pub fn beacon(&self, unix_seconds: u64, counts: &Counts) -> Result<Vec<u8>, OperationError> {
        let news = DeviceNews { counts: counts.clone(), clones: CloneMarks::default() };
        self.beacon_telling(unix_seconds, &news)
    }

    /// The same, telling devices all that there is to tell.
    pub fn beacon_telling(&self, unix_seconds: u64, news: &DeviceNews) -> Result<Vec<u8>, OperationError> {
        let calendar = self.manifest.calendar;
        let epoch = calendar.epoch_at(unix_seconds);
        let into_epoch =
            u32::try_from(unix_seconds.saturating_sub(calendar.start_of(epoch))).unwrap_or(u32::MAX);
        let lock = Lock::take(&self.folder)?;
        let sequence = self.next_beacon_number(unix_seconds)?;
        drop(lock);
        let key = self.secrets.beacon_key(self.manifest.operation, epoch);
        let secrets = BeaconSecrets {
            authority: self.secrets.authority(),
            key: &key,
            size: self.manifest.policy.sizes.beacon,
        };
        Ok(Beacon::issue(
            self.manifest.operation,
            sequence,
            epoch,
            into_epoch,
            self.manifest.version,
            news,
            &secrets,
        )?)
    }

    /// The root of a role in an epoch, for the authority's own services (the census).
    pub fn role_root(&self, role: RoleIndex, epoch: Epoch) -> Option<RoleRoot> {
        self.secrets.root(role, epoch)
    }

    /// At least the time, so that a folder restored from a copy does not count again what members have heard.
    pub(super) fn next_beacon_number(&self, unix_seconds: u64) -> Result<u64, OperationError> {
        let path = self.folder.join(names::BEACON);
        let damaged = || OperationError::Damaged { path: path.clone(), what: "it is not a beacon number" };
        let last = if path.exists() {
            let text = String::from_utf8(files::read(&path, 32)?).map_err(|_| damaged())?;
            text.trim().parse::<u64>().map_err(|_| damaged())?
        } else {
            0
        };
        let next = last.saturating_add(1).max(unix_seconds);
        files::replace(&path, format!("{next}\n").as_bytes(), Access::Owner)?;
        Ok(next)
    }

    /// Whether the policy file says something else than the manifest. What fixes the form of messages and the
    /// order of keys cannot change.
    pub(super) fn policy_changed(
        &self,
        policy: &Policy,
        preset: Preset,
        may: Custodians,
    ) -> Result<bool, OperationError> {
        let (old, new) = (&self.manifest.policy, policy);
        let names = |policy: &Policy| policy.roles.iter().map(|role| role.name.clone()).collect::<Vec<_>>();
        if Layout::of(old) != Layout::of(new) || names(old) != names(new) {
            return Err(OperationError::Fixed(
                "roles, their order or their sizes, or whether there is custody",
            ));
        }
        if old.epoch_seconds != new.epoch_seconds {
            return Err(OperationError::Fixed("the length of an epoch"));
        }
        if old.places != new.places {
            return Err(OperationError::Fixed("the number of places"));
        }
        if old.transport.shards != new.transport.shards {
            return Err(OperationError::Fixed("the number of mailbox shards"));
        }
        let custodians =
            |policy: &Policy| policy.custody.as_ref().map(|custody| (custody.threshold, custody.custodians));
        let are_others = self.manifest.custody.is_some() && custodians(old) != custodians(new);
        if are_others && may == Custodians::Stay {
            return Err(OperationError::Fixed("how many custodians there are and how many it takes"));
        }
        if self.manifest.preset != preset {
            return Err(OperationError::Fixed("the preset"));
        }
        let bytes = |policy: &Policy| minicbor::to_vec(policy).unwrap_or_default();
        Ok(bytes(old) != bytes(new))
    }
}
