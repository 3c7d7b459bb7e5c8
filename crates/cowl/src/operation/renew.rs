//! Keys of further epochs for members that there are: what the online service answers with (spec §9.4).

use std::ops::Range;

use cowl_core::{
    DeviceKeyring, Epoch, Member, MemberId, Membership, RelayKeyring, RenewalAnswer, RenewalRequest,
    RenewedKeys,
    exchange::{ANSWER_ROOM, ServiceKey},
};

use super::{Entry, Kind, Operation, OperationError, Standing};
use crate::random::SystemRng;

/// Bytes of an answer beside the keys: CBOR heads, numbers and room to spare.
const AROUND: usize = 256;
/// Bytes of one key in CBOR.
const KEY: usize = 34;

/// What a member got, to be written down.
#[derive(Debug, Clone)]
pub struct Renewed {
    /// The member's secret as it was used last.
    pub membership: Membership,
    /// The last epoch that it has keys for; `None`: it asked, and got none.
    pub last_epoch: Option<Epoch>,
}

/// How the keys of a member are cut into answers.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    identities: u32,
    epochs: u32,
    /// Parts: so many ranges of epochs for each range of identities.
    chunks: u32,
    parts: u32,
}

impl Cut {
    /// Cuts `epochs` epochs of `identities` identities with `roles` roles each.
    fn of(identities: u32, epochs: u32, roles: usize) -> Self {
        // A root for each role, the beacon key, the relays' root, two heads.
        let epoch = (roles + 2) * KEY + 8;
        let room = u32::try_from((ANSWER_ROOM - AROUND) / epoch).unwrap_or(u32::MAX).max(1);
        let (epochs, identities) = (epochs.max(1), identities.max(1));
        let each = room.min(epochs);
        let group = if each < epochs { 1 } else { (room / epochs).clamp(1, identities) };
        let chunks = epochs.div_ceil(each);
        let parts = identities.div_ceil(group).saturating_mul(chunks);
        Self { identities: group, epochs: each, chunks, parts }
    }

    /// The identities of a part, and its epochs counted from the first.
    fn part(&self, part: u32, identities: u32, epochs: u32) -> Option<(Range<u32>, Range<u32>)> {
        (part < self.parts).then_some(())?;
        let range = |index: u32, each: u32, all: u32| {
            let start = index.saturating_mul(each).min(all);
            start..start.saturating_add(each).min(all)
        };
        let (group, chunk) = (part / self.chunks, part % self.chunks);
        Some((range(group, self.identities, identities), range(chunk, self.epochs, epochs)))
    }
}

impl Operation {
    /// The key to which requests are sealed; `None` before the operation was refreshed for the first time.
    pub const fn service_key(&self) -> Option<&ServiceKey> {
        self.secrets.service()
    }

    /// What a member is answered that asks for keys in epoch `now`, and the last epoch that it then has keys for. `None`:
    /// there is no such part.
    pub fn renewal(
        &mut self,
        entry: &Entry,
        asked: &RenewalRequest,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<Option<(RenewalAnswer, Epoch)>, OperationError> {
        match entry.standing {
            Standing::Member => {}
            Standing::Revoked { .. } => return Ok(Some((RenewalAnswer::Revoked, now))),
            Standing::Invited { .. } => return Ok(None),
        }
        let from = asked.from.unwrap_or(now);
        if from != now && from.plus(1) != now {
            return Ok(None);
        }
        let last = self.last_held(from);
        let epochs = last.0 - from.0 + 1;
        let generation = self.manifest.generation();
        let (identity, parts, member) = if entry.kind == Kind::Responder {
            if asked.part > 0 {
                return Ok(None);
            }
            (0, 1, {
                let _lock = self.exclusive()?;
                let roles = entry.roles.iter().map(|role| self.role(role)).collect::<Result<Vec<_>, _>>()?;
                let mut member = self.reader(&roles, now);
                if let Some(membership) = &entry.membership {
                    self.chain(&mut member, membership.id, now, rng)?;
                }
                member
            })
        } else {
            let cut = Cut::of(entry.devices, epochs, self.manifest.policy.roles.len());
            let Some((identities, chunk)) = cut.part(asked.part, entry.devices, epochs) else {
                return Ok(None);
            };
            let numbers = entry.first_device + identities.start..entry.first_device + identities.end;
            let (first, last) = (from.plus(chunk.start), from.plus(chunk.end.saturating_sub(1)));
            let keyrings = self.sender_keyrings(numbers, first, last)?;
            let relay_first = if chunk.start == 0 { self.first_open(now) } else { first };
            let member = self.sender(entry.kind, keyrings, relay_first, last);
            (identities.start, cut.parts, member)
        };
        let keys = RenewedKeys { generation, from, parts, identity, member };
        Ok(Some((RenewalAnswer::Keys(keys), last)))
    }

    /// In how many parts the keys of a member come.
    pub fn renewal_parts(&self, entry: &Entry) -> u32 {
        let policy = &self.manifest.policy;
        if entry.kind == Kind::Responder {
            1
        } else {
            Cut::of(entry.devices, u32::from(policy.keys_ahead) + 1, policy.roles.len()).parts
        }
    }

    /// Writes down who got keys, all of them at once.
    pub fn note_renewed(&mut self, renewed: &[Renewed]) -> Result<(), OperationError> {
        if renewed.is_empty() {
            return Ok(());
        }
        let _lock = self.exclusive()?;
        self.register.note_renewed(renewed)
    }

    /// Reads again what another process may have changed: the register, the manifest, keys.
    pub fn reload(&mut self) -> Result<(), OperationError> {
        self.exclusive().map(drop)
    }

    /// The entry of a member id.
    pub fn member_of(&self, id: MemberId) -> Option<&Entry> {
        self.register.member_of(id)
    }

    /// The keys of these device numbers, of the epochs from `first` to `last`.
    pub(super) fn sender_keyrings(
        &mut self,
        numbers: Range<u32>,
        first: Epoch,
        last: Epoch,
    ) -> Result<Vec<DeviceKeyring>, OperationError> {
        let mut keyrings: Vec<_> = numbers.clone().map(|_| DeviceKeyring::starting(first)).collect();
        for epoch in (first.0..=last.0).map(Epoch) {
            let Self { places, secrets, manifest, .. } = &mut *self;
            let count = manifest.policy.places;
            let places = places.get(epoch, count, || secrets.places(manifest, epoch));
            for (device, keyring) in numbers.clone().zip(&mut keyrings) {
                let place = places.place(device).ok_or(OperationError::Full(count))?;
                self.add_epoch(keyring, epoch, place);
            }
        }
        Ok(keyrings)
    }

    /// What a sender of this kind holds: its keyrings, and the relays' roots of these epochs if it is one.
    pub(super) fn sender(
        &self,
        kind: Kind,
        mut keyrings: Vec<DeviceKeyring>,
        relay_first: Epoch,
        last: Epoch,
    ) -> Member {
        match kind {
            Kind::Gateway => Member::Gateway(keyrings),
            Kind::Relay => {
                Member::Relay { identities: keyrings, relay: self.relay_keyring(relay_first, last) }
            }
            Kind::Device | Kind::Responder => {
                Member::Device(keyrings.pop().unwrap_or_else(|| DeviceKeyring::starting(relay_first)))
            }
        }
    }

    /// The relays' roots of these epochs, from the first that there is one of.
    fn relay_keyring(&self, first: Epoch, last: Epoch) -> RelayKeyring {
        let epochs = || (first.0..=last.0).map(Epoch);
        // What lies before the authority's oldest root is deleted, or was before there were relays.
        let begins = epochs().find(|epoch| self.secrets.relay_root(*epoch).is_some()).unwrap_or(last);
        let mut keyring = RelayKeyring::starting(begins);
        epochs().filter_map(|epoch| self.secrets.relay_root(epoch)).for_each(|root| keyring.push(&root));
        keyring
    }
}

#[cfg(test)]
#[path = "renew_tests.rs"]
mod tests;
