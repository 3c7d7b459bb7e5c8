//! The responders' bundles (spec §6.5): who reads what now, and which devices are heard.

use std::collections::BTreeSet;

use cowl_core::{
    Bundle, Epoch, Handout, LivePlaces, Member, MemberId, ResponderKeyring, RoleIndex, schedule::RoleRoot,
};

use super::{Entry, Kind, Operation, OperationError, chains::Chains};
use crate::random::SystemRng;

impl Operation {
    /// The bundle of this moment. Its number, and the responders' keys of its epoch instead of those before, are on disk before
    /// it is returned. Where another process enrolled or revoked someone, it says so.
    pub fn bundle(&mut self, unix_seconds: u64, rng: &mut SystemRng) -> Result<Vec<u8>, OperationError> {
        let _lock = self.exclusive()?;
        let now = self.epoch_at(unix_seconds);
        let mut chains = Chains::load(&self.folder, now)?;
        chains.keep_only(&self.reading_members());
        chains.store()?;
        let sequence = self.next_beacon_number(unix_seconds)?;
        let epochs: Vec<_> = self.handed_out(unix_seconds).collect();
        let live: Vec<_> = epochs.iter().map(|epoch| self.live_places(*epoch)).collect();
        let roles = (0_u8..).map(RoleIndex).take(self.manifest.policy.roles.len());
        let roots: Vec<Vec<RoleRoot>> = roles
            .map(|role| epochs.iter().filter_map(|epoch| self.secrets.root(role, *epoch)).collect())
            .collect();
        let handout = Handout {
            operation: self.manifest.operation,
            sequence,
            epoch: now,
            places: self.manifest.policy.places,
            room: self.epochs_of_a_bundle(),
            first: epochs.first().copied().unwrap_or(now),
            live: &live,
            roots: &roots,
            seats: &self.seats(&chains),
        };
        Ok(Bundle::issue(&handout, self.secrets.authority(), rng)?)
    }

    /// Which places of an epoch are live: all but those of revoked devices.
    pub fn live_places(&mut self, epoch: Epoch) -> LivePlaces {
        let revoked: Vec<_> = self.register.revoked_devices(epoch).collect();
        if revoked.is_empty() {
            // The shuffle is not needed then, which takes time where there are many places.
            return LivePlaces::all();
        }
        let places = self.places_of(epoch);
        LivePlaces::without(revoked.into_iter().filter_map(|device| places.place(device)))
    }

    /// The epochs whose keys responders hold at a time: from the first whose late reports are opened to the present one, and
    /// the next if the policy hands it out early and its time has come.
    pub(super) fn handed_out(&self, unix_seconds: u64) -> impl Iterator<Item = Epoch> + use<> {
        let policy = &self.manifest.policy;
        let now = self.epoch_at(unix_seconds);
        let early = unix_seconds.saturating_add(policy.responders.early_seconds.into());
        let last = self.epoch_at(early).min(now.plus(1));
        let held = |epoch: &Epoch| {
            (0_u8..)
                .map(RoleIndex)
                .take(policy.roles.len())
                .all(|role| self.secrets.root(role, *epoch).is_some())
        };
        // An operation that is younger than its lateness has no earlier ones.
        let epochs: Vec<_> = (self.first_open(now).0..=last.0)
            .map(Epoch)
            .skip_while(|epoch| !held(epoch))
            .take_while(held)
            .collect();
        epochs.into_iter()
    }

    /// What a responder of these roles holds in epoch `now`: the keys of the epochs that are open, and nothing yet that
    /// opens a bundle; see [`Self::chain`].
    pub(super) fn reader(&self, roles: &[RoleIndex], now: Epoch) -> Member {
        let first = self.first_open(now);
        let keyring = |role: &RoleIndex| {
            let held = |epoch: &Epoch| self.secrets.root(*role, *epoch).is_some();
            let first = (first.0..=now.0).map(Epoch).find(held).unwrap_or(now);
            let roots: Vec<_> =
                (first.0..=now.0).filter_map(|epoch| self.secrets.root(*role, Epoch(epoch))).collect();
            ResponderKeyring::unchained(*role, first, &roots)
        };
        Member::Responder(roles.iter().map(keyring).collect())
    }

    /// Gives a responder what opens its seats in bundles from epoch `now` on: on disk here when this returns. Others get
    /// nothing. Only whoever holds the folder's lock may call it.
    pub(super) fn chain(
        &self,
        member: &mut Member,
        id: MemberId,
        now: Epoch,
        rng: &mut SystemRng,
    ) -> Result<(), OperationError> {
        let Member::Responder(keyrings) = member else { return Ok(()) };
        let mut chains = Chains::load(&self.folder, now)?;
        for keyring in &mut *keyrings {
            keyring.chain_from(now, &chains.draw((id, keyring.role), rng));
        }
        chains.store()
    }

    fn seats(&self, chains: &Chains) -> Vec<(RoleIndex, cowl_core::schedule::ChainKey)> {
        let of = |entry: &Entry| {
            let member = entry.membership.as_ref().map(|membership| membership.id);
            let roles: Vec<_> =
                entry.roles.iter().filter_map(|role| self.manifest.policy.role_index(role)).collect();
            member
                .into_iter()
                .flat_map(move |member| roles.clone().into_iter().map(move |role| (member, role)))
        };
        let seats = self.register.members().iter().filter(|entry| reads(entry)).flat_map(of);
        seats.filter_map(|(member, role)| Some((role, chains.key((member, role))?.clone()))).collect()
    }

    pub(super) fn reading_members(&self) -> BTreeSet<[u8; 16]> {
        let readers = self.register.members().iter().filter(|entry| reads(entry));
        readers.filter_map(|entry| entry.membership.as_ref()).map(|membership| membership.id.0).collect()
    }

    /// How many epochs a bundle has room for: those that are late, the present one, and one ahead.
    fn epochs_of_a_bundle(&self) -> usize {
        let late = self.manifest.calendar.epochs_in(u64::from(self.manifest.policy.lateness_seconds));
        usize::try_from(late).unwrap_or(usize::MAX).saturating_add(2)
    }
}

/// Whether a member is a responder that gets keys.
fn reads(entry: &Entry) -> bool {
    entry.kind == Kind::Responder && entry.standing.is_member()
}
