//! Beacons: small, signed, often. They carry the epoch, the newest manifest's version and the census (spec §6.2).

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::frame::{self, FRAME_LEN, NotFramed};
use crate::{
    Authority, AuthorityKey, CloneMarks, Counts, Epoch, NotSigned, OperationId, Secret,
    schedule::{BEACON_CONTEXT, COUNTS_CONTEXT},
    siv::{AUTH_LEN, SivKey},
};

/// Why bytes are not a beacon to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    /// Too short, too long, or not of the form.
    #[error("not a beacon, or cut short")]
    Malformed,
    /// Not the trusted authority's.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// Of another operation.
    #[error("of another operation")]
    OtherOperation,
    /// Not newer than the one accepted before: a replay.
    #[error("not newer than the beacon accepted before")]
    Replayed,
    /// The counts do not fit the policy's beacon size.
    #[error("the counts do not fit the beacon; raise `beacon_size` or use fewer, coarser zones")]
    TooLarge,
    /// The counts do not open with this epoch's beacon key.
    #[error("the counts do not open")]
    Counts,
}

/// What a beacon says. Counts and marks are sealed to enrolled devices.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Beacon {
    /// The operation.
    #[n(0)]
    pub operation: OperationId,
    /// Grows with every beacon of the operation, across restarts of the service.
    #[n(1)]
    pub sequence: u64,
    /// The epoch that all send in now.
    #[n(2)]
    pub epoch: Epoch,
    /// Seconds since the epoch began, so that a device with no clock finds its end.
    #[n(3)]
    pub into_epoch: u32,
    /// The newest manifest's version: one who holds an older one fetches it.
    #[n(4)]
    pub manifest: u32,
    /// What devices are told, sealed; always as long as the beacon allows.
    #[cbor(n(5), with = "minicbor::bytes")]
    sealed: Vec<u8>,
}

/// What a beacon tells enrolled devices, and nobody else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeviceNews {
    /// People reporting, per zone.
    pub counts: Counts,
    /// Devices whose credential is in use twice, known each to itself.
    pub clones: CloneMarks,
}

/// What the service needs to make beacons.
#[derive(Debug)]
pub struct BeaconSecrets<'a> {
    /// Signs.
    pub authority: &'a AuthorityKey,
    /// The epoch's key, from [`crate::schedule::beacon_key`].
    pub key: &'a Secret,
    /// The policy's beacon size, in bytes.
    pub size: u32,
}

/// Bytes of a beacon that are not counts: signature, length, and the CBOR of the other fields at their longest.
const OVERHEAD: usize = FRAME_LEN + 64;

impl Beacon {
    /// Makes a signed beacon of the policy's size.
    pub fn issue(
        operation: OperationId,
        sequence: u64,
        epoch: Epoch,
        into_epoch: u32,
        manifest: u32,
        news: &DeviceNews,
        secrets: &BeaconSecrets<'_>,
    ) -> Result<Vec<u8>, BeaconError> {
        let size = usize::try_from(secrets.size).map_err(|_| BeaconError::TooLarge)?;
        let room = room(size).ok_or(BeaconError::TooLarge)?;
        let mut sealed = minicbor::to_vec(&news.counts).map_err(|_| BeaconError::TooLarge)?;
        let marked = news.clones.encode(&mut minicbor::Encoder::new(&mut sealed));
        marked.map_err(|_| BeaconError::TooLarge)?;
        if sealed.len() > room {
            return Err(BeaconError::TooLarge);
        }
        sealed.resize(room, 0);
        let aad = context(operation, epoch, sequence);
        let auth = SivKey::new(secrets.key.expose())
            .seal(&nonce(sequence), &aad, &mut sealed)
            .map_err(|_| BeaconError::Counts)?;
        sealed.extend_from_slice(&auth);
        let beacon = Self { operation, sequence, epoch, into_epoch, manifest, sealed };
        let content = minicbor::to_vec(&beacon).map_err(|_| BeaconError::TooLarge)?;
        frame::seal(secrets.authority, BEACON_CONTEXT, &content, size).ok_or(BeaconError::TooLarge)
    }

    /// Verifies a beacon of this operation; `newest` is the sequence of the one accepted before.
    pub fn verify(
        bytes: &[u8],
        authority: Authority,
        operation: OperationId,
        newest: Option<u64>,
    ) -> Result<Self, BeaconError> {
        let content = frame::open(bytes, authority, BEACON_CONTEXT).map_err(|error| match error {
            NotFramed::Malformed => BeaconError::Malformed,
            NotFramed::NotSigned(error) => error.into(),
        })?;
        let mut decoder = minicbor::Decoder::new(content);
        let beacon: Self = decoder.decode().map_err(|_| BeaconError::Malformed)?;
        if decoder.position() != content.len() {
            return Err(BeaconError::Malformed);
        }
        if beacon.operation != operation {
            return Err(BeaconError::OtherOperation);
        }
        if newest.is_some_and(|newest| beacon.sequence <= newest) {
            return Err(BeaconError::Replayed);
        }
        Ok(beacon)
    }

    /// The most marks that a beacon of this size should tell: they leave half of its room to the counts.
    pub fn most_marks(size: u32) -> usize {
        usize::try_from(size).ok().and_then(room).map_or(0, |room| CloneMarks::fitting(room / 2))
    }

    /// Opens what devices are told with the epoch's beacon key, which enrolled devices hold.
    pub fn news(&self, key: &Secret) -> Result<DeviceNews, BeaconError> {
        let aad = context(self.operation, self.epoch, self.sequence);
        let mut sealed = self.sealed.clone();
        let open = SivKey::new(key.expose());
        let text = open.open(&nonce(self.sequence), &aad, &mut sealed).map_err(|_| BeaconError::Counts)?;
        let mut decoder = minicbor::Decoder::new(text);
        let counts = decoder.decode().map_err(|_| BeaconError::Malformed)?;
        let clones = CloneMarks::decode(&mut decoder).map_err(|_| BeaconError::Malformed)?;
        Ok(DeviceNews { counts, clones })
    }
}

/// Bytes of what is told, before it is sealed.
fn room(size: usize) -> Option<usize> {
    size.checked_sub(OVERHEAD + AUTH_LEN)
}

/// The sequence never repeats under one key; should a restored service repeat one, the AEAD forgives it.
fn nonce(sequence: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    if let Some(end) = nonce.last_chunk_mut::<8>() {
        *end = sequence.to_be_bytes();
    }
    nonce
}

fn context(operation: OperationId, epoch: Epoch, sequence: u64) -> Vec<u8> {
    let mut aad = COUNTS_CONTEXT.to_vec();
    aad.extend_from_slice(&operation.0);
    aad.extend_from_slice(&epoch.0.to_be_bytes());
    aad.extend_from_slice(&sequence.to_be_bytes());
    aad
}
