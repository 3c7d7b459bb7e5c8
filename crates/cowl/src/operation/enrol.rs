//! Enrolling members: `cowl enrol`.

use cowl_core::{
    Credential, DangerousKeys, DeviceKeyring, Epoch, Member, MemberId, Membership, OperationId, Place,
    RoleIndex,
};
use serde::{Deserialize, Serialize};

use super::{Entry, Operation, OperationError, Standing, names};
use crate::{dangerous::FernetKeys, files, random::SystemRng};

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Sends its own reports.
    Device,
    /// Reads the reports of its roles.
    Responder,
    /// Sends for many devices.
    Gateway,
    /// Takes the wrap off what phones send, and publishes it among its own cover.
    Relay,
}

/// A new member: its credential, and what the authority may want to know of it.
#[derive(Debug)]
pub struct Enrolled {
    /// The secret file to hand over.
    pub credential: Credential,
    /// The first epoch that it has keys for.
    pub first: Epoch,
    /// The last epoch that it has keys for.
    pub last: Epoch,
}

impl Operation {
    /// Enrols a device from the epoch `now` on.
    pub fn enrol_device(
        &mut self,
        name: &str,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Enrolled, OperationError> {
        self.enrol_sender(name, Kind::Device, 1, now, rng)
    }

    /// Enrols a gateway with `devices` identities of their own. `cowl gateway` gives the last one to no device: its cover
    /// is sealed as that one.
    pub fn enrol_gateway(
        &mut self,
        name: &str,
        devices: u32,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Enrolled, OperationError> {
        self.enrol_sender(name, Kind::Gateway, devices, now, rng)
    }

    /// Enrols a relay, with one identity for its cover. All relays hold the same keys, which begin as far back as late
    /// reports are still opened.
    pub fn enrol_relay(
        &mut self,
        name: &str,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Enrolled, OperationError> {
        self.make_room_for_relays(now, rng)?;
        self.enrol_sender(name, Kind::Relay, 1, now, rng)
    }

    /// Enrols a responder who reads these roles. Its keys begin as far back as late reports are still opened, and end with the
    /// present epoch: it gets further ones by bundles ([`Self::bundle`]), for as long as it is a member.
    pub fn enrol_responder(
        &mut self,
        name: &str,
        roles: &[String],
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Enrolled, OperationError> {
        let lock = self.exclusive()?;
        self.check_name(name)?;
        let indices = roles.iter().map(|role| self.role(role)).collect::<Result<Vec<_>, _>>()?;
        let (first, last) = (self.first_open(now), now);
        self.prepare(self.last_held(now), rng)?;
        let member = self.reader(&indices, now);
        let mut credential = self.credential(member, Kind::Responder, 0, rng)?;
        if let Some(membership) = &credential.membership {
            self.chain(&mut credential.member, membership.id, now, rng)?;
        }
        self.note_enrolled(&lock, Kind::Responder, name, now)?;
        self.register.add(Entry {
            name: name.to_owned(),
            kind: Kind::Responder,
            first_device: 0,
            devices: 0,
            roles: roles.to_vec(),
            first_epoch: first.0,
            last_epoch: last.0,
            membership: credential.membership.clone(),
            standing: Standing::Member,
            admission: None,
            revoked: Vec::new(),
        })?;
        Ok(Enrolled { credential, first, last })
    }

    /// Takes back an enrolment whose credential could not be written: the name is free again, its numbers are not.
    pub fn retract(&mut self, name: &str) -> Result<(), OperationError> {
        let lock = self.exclusive()?;
        self.note_retracted(&lock, name)?;
        self.register.retract(name)
    }

    /// The next free device number, if so many more fit beside those that tickets may still take.
    pub(super) fn next_device(&self, count: u32, now: Epoch) -> Result<u32, OperationError> {
        let reserved = self.register.reserved(self.manifest.calendar.start_of(now), |_| true);
        self.register.next_device(count, reserved, self.manifest.policy.places)
    }

    /// Relays need their keys in the manifest.
    pub(super) fn make_room_for_relays(
        &mut self,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<(), OperationError> {
        if self.manifest.relay.is_none() {
            self.roll(now, rng)?;
        }
        if self.manifest.relay.is_none() { Err(OperationError::NoRoomForRelays) } else { Ok(()) }
    }

    fn enrol_sender(
        &mut self,
        name: &str,
        kind: Kind,
        devices: u32,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Enrolled, OperationError> {
        let lock = self.exclusive()?;
        self.check_name(name)?;
        let number = self.next_device(devices, now)?;
        let (first, last) = (now, self.last_held(now));
        self.prepare(last, rng)?;
        self.places.forget_before(first);
        let keyrings = self.sender_keyrings(number..number + devices, first, last)?;
        let member = self.sender(kind, keyrings, self.first_open(now), last);
        let credential = self.credential(member, kind, number, rng)?;
        self.note_enrolled(&lock, kind, name, now)?;
        self.register.add(Entry {
            name: name.to_owned(),
            kind,
            first_device: number,
            devices,
            roles: Vec::new(),
            first_epoch: first.0,
            last_epoch: last.0,
            membership: credential.membership.clone(),
            standing: Standing::Member,
            admission: None,
            revoked: Vec::new(),
        })?;
        Ok(Enrolled { credential, first, last })
    }

    pub(super) fn add_epoch(&self, keyring: &mut DeviceKeyring, epoch: Epoch, place: Place) {
        let operation: OperationId = self.manifest.operation;
        let roles = (0_u8..).map(RoleIndex).take(self.manifest.policy.roles.len());
        let roots: Vec<_> = roles
            .filter_map(|role| Some(self.secrets.root(role, epoch)?.device(operation, role, epoch, place)))
            .collect();
        keyring.push(&roots, self.secrets.beacon_key(operation, epoch));
    }

    pub(super) fn credential(
        &self,
        member: Member,
        kind: Kind,
        number: u32,
        rng: &mut SystemRng,
    ) -> Result<Credential, OperationError> {
        // Where senders connect with tokens, what they share only has to ask for them.
        let asks = matches!(kind, Kind::Gateway | Kind::Relay) && self.manifest.policy.tokens.is_some();
        let login = if kind == Kind::Device || asks { &self.logins.device } else { &self.logins.node };
        let dangerous = if self.preset().is_dangerous() {
            let path = self.folder.join(names::FERNET);
            let text = files::read_secret(&path, 64 << 10)?;
            let damaged =
                || OperationError::Damaged { path: path.clone(), what: "it does not decode as Fernet keys" };
            let text = std::str::from_utf8(&text).map_err(|_| damaged())?;
            let keys = FernetKeys::parse(text).map_err(|_| damaged())?;
            Some(DangerousKeys {
                fernet: keys.keys().map(|key| key.to_text().to_string()).collect(),
                token: number + 1,
            })
        } else {
            None
        };
        Ok(Credential {
            manifest: self.manifest.clone(),
            login: login.to_credential(),
            instance: rng.id(),
            member,
            dangerous,
            membership: Some(Membership { id: MemberId(rng.id()), secret: rng.secret(), step: 0 }),
            generation: self.manifest.generation(),
        })
    }

    /// Draws the roots that a new member needs, and stores them before anyone holds a key derived from them.
    pub(super) fn prepare(&mut self, last: Epoch, rng: &mut SystemRng) -> Result<(), OperationError> {
        if self.secrets.extend(last, rng) {
            self.secrets.store_roles(&self.folder)?;
        }
        Ok(())
    }

    pub(super) fn check_name(&self, name: &str) -> Result<(), OperationError> {
        if self.register.member(name).is_some() { Err(OperationError::NameTaken) } else { Ok(()) }
    }

    pub(super) fn role(&self, name: &str) -> Result<RoleIndex, OperationError> {
        self.manifest.policy.role_index(name).ok_or_else(|| {
            let known: Vec<_> = self.manifest.policy.roles.iter().map(|role| role.name.as_str()).collect();
            OperationError::NoSuchRole(known.join(", "))
        })
    }

    /// The first epoch whose late reports are still opened.
    pub(crate) fn first_open(&self, now: Epoch) -> Epoch {
        let lateness = u64::from(self.manifest.policy.lateness_seconds);
        now.minus(self.manifest.calendar.epochs_in(lateness))
    }

    pub(super) fn last_held(&self, now: Epoch) -> Epoch {
        now.plus(u32::from(self.manifest.policy.keys_ahead))
    }
}
