//! Inviting members and letting them in: `cowl enrol --ticket` and `cowl join` (spec §10).
//!
//! An invitation is a name in the register and what its token hashes to: no key, no device number. Both come when its holder
//! joins, so a card may be weeks old. The service decides whether it still holds, by the authority's clock.

use std::collections::HashSet;

use aws_lc_rs::digest::{SHA256, digest};
use cowl_core::{Epoch, Token};

use super::{Admission, Enrolled, Entry, Kind, Operation, OperationError, Standing};
use crate::{log::Event, random::SystemRng};

/// How long the machine that joined is answered again, in seconds: its answer may have been lost.
const AGAIN_SECONDS: u64 = 24 * 3_600;

/// Who is to become a member.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// What the authority calls it; no other member has the name, but one whose invitation nobody used may.
    pub name: String,
    /// What it is to be.
    pub kind: Kind,
    /// The roles that it is to read, if it is a responder.
    pub roles: Vec<String>,
    /// How many identities it is to have, if it is a gateway: one for each device, and one for its cover.
    pub identities: u32,
}

/// Why the holder of a known ticket does not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefused {
    /// Another machine joined with it, or this one did so long ago.
    #[error("this ticket was used already")]
    Used,
    /// Its time is over.
    #[error("this ticket has expired")]
    Expired,
    /// The member was revoked.
    #[error("this ticket was taken back")]
    Revoked,
}

impl NewMember {
    /// A device.
    pub fn device(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Device, roles: Vec::new(), identities: 1 }
    }

    /// A responder of these roles.
    pub fn responder(name: impl Into<String>, roles: &[String]) -> Self {
        Self { name: name.into(), kind: Kind::Responder, roles: roles.to_vec(), identities: 0 }
    }

    /// A gateway with so many identities.
    pub fn gateway(name: impl Into<String>, identities: u32) -> Self {
        Self { name: name.into(), kind: Kind::Gateway, roles: Vec::new(), identities }
    }

    /// A relay.
    pub fn relay(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Relay, roles: Vec::new(), identities: 1 }
    }

    /// How many device numbers it takes.
    const fn devices(&self) -> u32 {
        match self.kind {
            Kind::Responder => 0,
            Kind::Device | Kind::Relay => 1,
            Kind::Gateway => self.identities,
        }
    }
}

impl Operation {
    /// Invites members, in one change of the register, until a time in Unix seconds. Gives their tokens, in order: they are kept
    /// nowhere. Whoever was invited by such a name and has not joined has an invitation that is good for nothing from now on.
    pub fn invite(
        &mut self,
        members: &[NewMember],
        until: u64,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Vec<Token>, OperationError> {
        if members.iter().any(|member| member.kind == Kind::Relay) {
            self.make_room_for_relays(now, rng)?;
        }
        let lock = self.exclusive()?;
        self.check_new(members)?;
        let names: HashSet<_> = members.iter().map(|member| member.name.as_str()).collect();
        let devices = members.iter().map(NewMember::devices).fold(0, u32::saturating_add);
        let reserved =
            self.register.reserved(self.manifest.calendar.start_of(now), |name| !names.contains(name));
        self.register.next_device(devices, reserved, self.manifest.policy.places)?;
        let authority = self.manifest.authority().fingerprint();
        let (mut tokens, mut entries, mut events) = (Vec::new(), Vec::new(), Vec::new());
        for member in members {
            let token = Token::random(rng);
            let mut entry = Entry::of(&member.name, member.kind, &member.roles);
            entry.standing =
                Standing::Invited { until, ticket: token.id(authority), devices: member.devices() };
            events.push(Event::Enrolled { kind: member.kind, member: self.blind(&member.name)? });
            entries.push(entry);
            tokens.push(token);
        }
        self.note_held(&lock, &events, self.time_in(now))?;
        self.register.put_all(entries)?;
        Ok(tokens)
    }

    /// Enrols many at once, as [`Self::invite`] invites them: for packages on a stick.
    pub fn enrol_all(
        &mut self,
        members: &[NewMember],
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Vec<Enrolled>, OperationError> {
        if members.iter().any(|member| member.kind == Kind::Relay) {
            self.make_room_for_relays(now, rng)?;
        }
        let lock = self.exclusive()?;
        self.check_new(members)?;
        let devices = members.iter().map(NewMember::devices).fold(0, u32::saturating_add);
        let mut number = self.next_device(devices, now)?;
        let (mut all, mut entries, mut events) = (Vec::new(), Vec::new(), Vec::new());
        for member in members {
            let mut entry = Entry::of(&member.name, member.kind, &member.roles);
            all.push(self.admit(&mut entry, number, member.devices(), now, rng)?);
            number = number.saturating_add(member.devices());
            events.push(Event::Enrolled { kind: member.kind, member: self.blind(&member.name)? });
            entries.push(entry);
        }
        self.note_held(&lock, &events, self.time_in(now))?;
        self.register.put_all(entries)?;
        Ok(all)
    }

    /// Whether a ticket is or was good, as far as this operation was read.
    pub fn knows_ticket(&self, ticket: [u8; 16]) -> bool {
        self.register.invited_by(ticket).is_some()
    }

    /// Lets the holder of a token in, whose machine drew `machine` for this: the first that asks, and it again for a day, should
    /// the answer be lost. `None`: nobody was invited by this token. What is returned is on disk.
    pub fn join(
        &mut self,
        token: &Token,
        machine: &[u8; 32],
        unix_seconds: u64,
        rng: &mut SystemRng,
    ) -> Result<Option<Result<Enrolled, JoinRefused>>, OperationError> {
        let ticket = token.id(self.manifest.authority().fingerprint());
        let now = self.epoch_now(unix_seconds)?;
        let lock = self.exclusive()?;
        let Some(mut entry) = self.register.invited_by(ticket).cloned() else { return Ok(None) };
        let machine = sha256(machine);
        match (entry.standing, entry.admission) {
            (Standing::Invited { until, devices, .. }, _) => {
                if unix_seconds >= until {
                    return Ok(Some(Err(JoinRefused::Expired)));
                }
                // Its own reservation is what it takes.
                let number = self.register.next_device(devices, 0, self.manifest.policy.places)?;
                let enrolled = self.admit(&mut entry, number, devices, now, rng)?;
                let again = unix_seconds.saturating_add(AGAIN_SECONDS);
                entry.admission = Some(Admission { ticket, machine, until: again });
                let event = Event::Joined { member: self.blind(&entry.name)? };
                self.note_held(&lock, &[event], unix_seconds)?;
                self.register.put_all(vec![entry])?;
                Ok(Some(Ok(enrolled)))
            }
            (Standing::Member, Some(before)) => {
                // Who has renewed its keys has its answer.
                let renewed = entry.membership.as_ref().is_none_or(|membership| membership.step > 0);
                if before.machine != machine || unix_seconds >= before.until || renewed {
                    return Ok(Some(Err(JoinRefused::Used)));
                }
                let (number, devices) = (entry.first_device, entry.devices);
                let enrolled = self.admit(&mut entry, number, devices, now, rng)?;
                self.register.put_all(vec![entry])?;
                Ok(Some(Ok(enrolled)))
            }
            (Standing::Revoked { .. }, _) => Ok(Some(Err(JoinRefused::Revoked))),
            (Standing::Member, None) => Ok(None),
        }
    }

    /// Makes a member of an entry: fills it in, and makes the credential that goes with it. Nothing may be given out before the
    /// entry is on disk: that is the caller's part. One that was a member before keeps what others know it by.
    fn admit(
        &mut self,
        entry: &mut Entry,
        number: u32,
        devices: u32,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Enrolled, OperationError> {
        let last = self.last_held(now);
        self.prepare(last, rng)?;
        let (first, member) = if entry.kind == Kind::Responder {
            let roles = entry.roles.iter().map(|role| self.role(role)).collect::<Result<Vec<_>, _>>()?;
            (self.first_open(now), self.reader(&roles, now))
        } else {
            if entry.kind == Kind::Relay && self.manifest.relay.is_none() {
                return Err(OperationError::NoRoomForRelays);
            }
            self.places.forget_before(now);
            let keyrings = self.sender_keyrings(number..number.saturating_add(devices), now, last)?;
            (now, self.sender(entry.kind, keyrings, self.first_open(now), last))
        };
        let mut credential = self.credential(member, entry.kind, number, rng)?;
        if let Some(membership) = entry.membership.take() {
            credential.membership = Some(membership);
        }
        if let Some(membership) = &credential.membership {
            self.chain(&mut credential.member, membership.id, now, rng)?;
        }
        entry.first_device = number;
        entry.devices = devices;
        entry.first_epoch = first.0;
        entry.last_epoch = last.0;
        entry.membership.clone_from(&credential.membership);
        entry.standing = Standing::Member;
        Ok(Enrolled { credential, first, last })
    }

    /// Names that are free, each once, and roles that there are.
    fn check_new(&self, members: &[NewMember]) -> Result<(), OperationError> {
        let held = self.register.members().iter().filter(|entry| !entry.standing.is_invited());
        let mut taken: HashSet<_> = held.map(|entry| entry.name.as_str()).collect();
        for member in members {
            if !taken.insert(&member.name) {
                return Err(OperationError::NameTaken);
            }
            member.roles.iter().try_for_each(|role| self.role(role).map(drop))?;
        }
        Ok(())
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
#[path = "invite_tests.rs"]
mod tests;
