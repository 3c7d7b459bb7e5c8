//! The responders' bundle: which keys they hold now, and which devices they hear (spec §6.5).
//!
//! It is signed, of one size whoever is revoked, and everyone who may read the topic may have it: a *section* for each role
//! holds the role's roots, the *live places* are sealed once for all roles, and each responder finds a *seat* for each of its
//! roles that holds the key of that section. Who is revoked has no seat in the next one.

mod live;
mod seats;
mod section;

use alloc::vec::Vec;

use minicbor::{Decode, Decoder, Encode, bytes::ByteVec};
use rand_core::CryptoRng;

use self::{live::LiveError, seats::Seats, section::Sealer};
use super::frame::{self, FRAME_LEN, NotFramed};
use crate::{
    Authority, AuthorityKey, Epoch, LivePlaces, NotSigned, OperationId, RoleIndex, Secret,
    policy::MAX_ROLES,
    schedule::{BUNDLE_CONTEXT, ChainKey, RoleRoot},
};

/// No bundle is larger, in bytes: what brokers take as one message, ours included.
pub const MAX_BUNDLE: usize = 240 << 10;
/// A bundle's size is a multiple of this.
const BLOCK: usize = 1 << 10;
/// The most epochs of one bundle.
const MAX_EPOCHS: usize = 255;
/// Bytes of the CBOR that are not content: the numbers at their longest, and the heads of arrays and strings.
const OVERHEAD: usize = 64 + 5 * MAX_ROLES;

/// Why bytes are not a bundle to act on, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Too short, too long, or not of the form.
    #[error("not a bundle, or cut short")]
    Malformed,
    /// Not the trusted authority's.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// Of another operation.
    #[error("of another operation")]
    OtherOperation,
    /// Not newer than the one accepted before: a replay.
    #[error("not newer than the bundle accepted before")]
    Replayed,
    /// None of its seats is this responder's: it was revoked, or it is not of the bundle's time.
    #[error("without keys for this responder")]
    NoSeat,
    /// A seat, section or list of places does not open.
    #[error("not sealed as it should be")]
    Sealing,
    /// More than a bundle holds.
    #[error(
        "the responders' bundle would take {0} bytes, more than a broker carries: fewer places, or less lateness"
    )]
    TooLarge(usize),
}

/// What a bundle hands out.
#[derive(Debug)]
pub struct Handout<'a> {
    /// The operation.
    pub operation: OperationId,
    /// Grows with every bundle of the operation, across restarts of the service.
    pub sequence: u64,
    /// The epoch now: that of the chain keys.
    pub epoch: Epoch,
    /// How many places the policy has.
    pub places: u32,
    /// How many epochs there is room for, so that the size is the same when there are fewer.
    pub room: usize,
    /// The first of the epochs whose reports may be opened now.
    pub first: Epoch,
    /// The live places of that epoch and of those after it.
    pub live: &'a [LivePlaces],
    /// The roots of these epochs, for each role in the policy's order.
    pub roots: &'a [Vec<RoleRoot>],
    /// Who gets which role's roots, by the chain key of [`Self::epoch`].
    pub seats: &'a [(RoleIndex, ChainKey)],
}

/// A bundle whose signature was verified.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Bundle {
    /// The operation.
    #[n(0)]
    pub operation: OperationId,
    /// Grows with every bundle of the operation.
    #[n(1)]
    pub sequence: u64,
    /// The epoch of the chain keys that open its seats.
    #[n(2)]
    pub epoch: Epoch,
    /// One for each role.
    #[n(3)]
    sections: Vec<ByteVec>,
    #[n(4)]
    live: ByteVec,
    /// 56 bytes each.
    #[n(5)]
    seats: ByteVec,
}

/// What a role gets of a bundle.
#[derive(Debug)]
pub struct Section {
    /// The first epoch.
    pub first: Epoch,
    /// The role's roots of that epoch and of those after it: of all whose reports may be opened now.
    pub roots: Vec<RoleRoot>,
    /// The live places of the same epochs.
    pub live: Vec<LivePlaces>,
}

impl Bundle {
    /// Makes a signed bundle: its size follows from the policy and, in steps, from the number of seats.
    pub fn issue(
        handout: &Handout<'_>,
        authority: &AuthorityKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, BundleError> {
        let epochs = handout.live.len();
        let fits = epochs <= handout.room
            && handout.room <= MAX_EPOCHS
            && handout.roots.len() <= MAX_ROLES
            && handout.roots.iter().all(|roots| roots.len() == epochs);
        if !fits {
            return Err(BundleError::Malformed);
        }
        let sealer =
            Sealer { operation: handout.operation, epoch: handout.epoch, sequence: handout.sequence };
        let live_key = Secret::random(rng);
        let live = live::seal(&sealer, &live_key, handout.places, handout.room, handout.live)?;
        let keys: Vec<_> = handout.roots.iter().map(|_| Secret::random(rng)).collect();
        let sections = (0_u8..)
            .map(RoleIndex)
            .zip(handout.roots)
            .zip(&keys)
            .map(|((role, roots), key)| {
                let plain = section::encode(handout.first, handout.room, roots, &live_key);
                sealer.section(role, key, plain).map(ByteVec::from)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut seats = Seats::default();
        for (role, chain) in handout.seats {
            let key = keys.get(usize::from(role.0)).ok_or(BundleError::Malformed)?;
            seats.add(&sealer, *role, chain, key)?;
        }
        let Sealer { operation, epoch, sequence } = sealer;
        let seats = seats.filled(rng).into();
        let bundle = Self { operation, sequence, epoch, sections, live: live.into(), seats };
        let size = bundle.size();
        if size > MAX_BUNDLE {
            return Err(BundleError::TooLarge(size));
        }
        let cbor = minicbor::to_vec(&bundle).map_err(|_| BundleError::Malformed)?;
        frame::seal(authority, BUNDLE_CONTEXT, &cbor, size).ok_or(BundleError::TooLarge(size))
    }

    /// Verifies a bundle of this operation; `newest` is the sequence of the one accepted before.
    pub fn verify(
        bytes: &[u8],
        authority: Authority,
        operation: OperationId,
        newest: Option<u64>,
    ) -> Result<Self, BundleError> {
        if bytes.len() > MAX_BUNDLE {
            return Err(BundleError::Malformed);
        }
        let cbor = frame::open(bytes, authority, BUNDLE_CONTEXT).map_err(|error| match error {
            NotFramed::Malformed => BundleError::Malformed,
            NotFramed::NotSigned(error) => error.into(),
        })?;
        let mut decoder = Decoder::new(cbor);
        let bundle: Self = decoder.decode().map_err(|_| BundleError::Malformed)?;
        if decoder.position() != cbor.len() || bundle.sections.len() > MAX_ROLES {
            return Err(BundleError::Malformed);
        }
        if bundle.operation != operation {
            return Err(BundleError::OtherOperation);
        }
        if newest.is_some_and(|newest| bundle.sequence <= newest) {
            return Err(BundleError::Replayed);
        }
        Ok(bundle)
    }

    /// Opens a role's section with a responder's chain key of the bundle's epoch. `places` is how many the policy has.
    pub fn open(&self, role: RoleIndex, chain: &ChainKey, places: u32) -> Result<Section, BundleError> {
        let sealer = Sealer { operation: self.operation, epoch: self.epoch, sequence: self.sequence };
        let key = seats::find(&sealer, &self.seats, role, chain)?;
        let sealed = self.sections.get(usize::from(role.0)).ok_or(BundleError::Malformed)?;
        let plain = sealer.open_section(role, &key, sealed.to_vec())?;
        let decoded = section::decode(&plain).ok_or(BundleError::Malformed)?;
        let live = live::open(&sealer, &decoded.live_key, places, decoded.roots.len(), self.live.to_vec());
        let live = live.map_err(|error| match error {
            LiveError::Sealing => BundleError::Sealing,
            LiveError::Malformed => BundleError::Malformed,
        })?;
        Ok(Section { first: decoded.first, roots: decoded.roots, live })
    }

    /// How many seats there is room for; most are nobody's where there are few responders.
    pub fn seat_room(&self) -> usize {
        self.seats.len() / seats::SEAT_LEN
    }

    fn size(&self) -> usize {
        let sections: usize = self.sections.iter().map(|section| section.len()).sum();
        let content = sections + self.live.len() + self.seats.len() + OVERHEAD + FRAME_LEN;
        content.next_multiple_of(BLOCK)
    }
}

#[cfg(test)]
mod tests;
