//! Which alerts stand in which lane, and under which key.

use alloc::vec::Vec;

use minicbor::{Decoder, Encoder};

use super::{Addressee, Alert, DispatchError};
use crate::{
    Authority, Epoch, OperationId, RoleIndex, Secret,
    schedule::{self, ALERTS_CONTEXT, RoleRoot},
    siv::SivKey,
};

/// The most alerts of one lane.
const MAX_ALERTS: u64 = 64;

/// What the authority seals lanes with.
#[derive(Debug, Clone, Copy)]
pub struct AlertKeys<'a> {
    /// The epoch's beacon key, from [`crate::schedule::beacon_key`].
    pub beacon: &'a Secret,
    /// The epoch's root of each role, in the policy's order.
    pub roles: &'a [RoleRoot],
}

/// What opens one lane.
#[derive(Debug, Clone, Copy)]
pub enum LaneKey<'a> {
    /// Everybody's: the authority's public key.
    Everybody(Authority),
    /// The enrolled's: the epoch's beacon key.
    Members(&'a Secret),
    /// A role's: its root of the epoch.
    Role(RoleIndex, &'a RoleRoot),
}

/// What a lane is bound to.
pub(super) struct Binding {
    pub(super) operation: OperationId,
    pub(super) epoch: Epoch,
    pub(super) sequence: u64,
}

impl AlertKeys<'_> {
    /// The lanes, in order.
    pub(super) fn lanes(&self, authority: Authority) -> impl Iterator<Item = LaneKey<'_>> {
        let roles = (0_u8..).map(RoleIndex).zip(self.roles).map(|(role, root)| LaneKey::Role(role, root));
        [LaneKey::Everybody(authority), LaneKey::Members(self.beacon)].into_iter().chain(roles)
    }
}

impl LaneKey<'_> {
    /// Which lane.
    pub(super) fn lane(&self) -> usize {
        match self {
            Self::Everybody(_) => 0,
            Self::Members(_) => 1,
            Self::Role(role, _) => 2 + usize::from(role.0),
        }
    }

    /// Whether an alert stands in this lane.
    fn carries(&self, to: Addressee) -> bool {
        match (self, to) {
            (_, Addressee::Everybody)
            | (Self::Members(_) | Self::Role(..), Addressee::Members | Addressee::Zone(_)) => true,
            (Self::Role(own, _), Addressee::Role(role)) => *own == role,
            _ => false,
        }
    }

    fn key(&self, operation: OperationId, epoch: Epoch) -> Secret {
        match self {
            Self::Everybody(authority) => schedule::public_alerts_key(*authority, operation, epoch),
            Self::Members(beacon) => schedule::members_alerts_key(beacon),
            Self::Role(role, root) => root.alerts_key(operation, *role, epoch),
        }
    }
}

impl Binding {
    /// Seals the alerts that stand in the lane, with zeros up to `room`.
    pub(super) fn seal(
        &self,
        key: &LaneKey<'_>,
        alerts: &[Alert],
        room: usize,
    ) -> Result<Vec<u8>, DispatchError> {
        alerts.iter().try_for_each(Alert::check)?;
        let carried: Vec<_> = alerts.iter().filter(|alert| key.carries(alert.to)).collect();
        if !carried.is_sorted_by(|one, next| one.number < next.number) {
            return Err(DispatchError::Malformed);
        }
        let mut text = Vec::new();
        let mut encoder = Encoder::new(&mut text);
        let count = u64::try_from(carried.len()).ok().filter(|count| *count <= MAX_ALERTS);
        let count = count.ok_or(DispatchError::TooLarge)?;
        encoder.array(count).map_err(|_| DispatchError::TooLarge)?;
        for alert in carried {
            encoder.encode(alert).map_err(|_| DispatchError::TooLarge)?;
        }
        if text.len() > room {
            return Err(DispatchError::TooLarge);
        }
        text.resize(room, 0);
        let auth = SivKey::new(key.key(self.operation, self.epoch).expose())
            .seal(&self.nonce(), &self.aad(key), &mut text)
            .map_err(|_| DispatchError::Alerts)?;
        text.extend_from_slice(&auth);
        Ok(text)
    }

    pub(super) fn open(&self, key: &LaneKey<'_>, sealed: &[u8]) -> Result<Vec<Alert>, DispatchError> {
        let mut sealed = sealed.to_vec();
        let text = SivKey::new(key.key(self.operation, self.epoch).expose())
            .open(&self.nonce(), &self.aad(key), &mut sealed)
            .map_err(|_| DispatchError::Alerts)?;
        let mut decoder = Decoder::new(text);
        let count = decoder.array().ok().flatten().filter(|count| *count <= MAX_ALERTS);
        let mut alerts: Vec<Alert> = Vec::new();
        for _ in 0..count.ok_or(DispatchError::Malformed)? {
            alerts.push(decoder.decode().map_err(|_| DispatchError::Malformed)?);
        }
        let padding = text.get(decoder.position()..).unwrap_or_default();
        let is_sound = padding.iter().all(|byte| *byte == 0)
            && alerts.is_sorted_by(|one, next| one.number < next.number)
            && alerts.iter().all(|alert| alert.check().is_ok() && key.carries(alert.to));
        if is_sound { Ok(alerts) } else { Err(DispatchError::Malformed) }
    }

    /// The sequence never repeats under one key; should a restored service repeat one, the AEAD forgives it.
    fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        if let Some(end) = nonce.last_chunk_mut::<8>() {
            *end = self.sequence.to_be_bytes();
        }
        nonce
    }

    fn aad(&self, key: &LaneKey<'_>) -> Vec<u8> {
        let mut aad = ALERTS_CONTEXT.to_vec();
        aad.extend_from_slice(&self.operation.0);
        aad.extend_from_slice(&self.epoch.0.to_be_bytes());
        aad.extend_from_slice(&self.sequence.to_be_bytes());
        // At most ten lanes.
        aad.push(u8::try_from(key.lane()).unwrap_or(u8::MAX));
        aad
    }
}
