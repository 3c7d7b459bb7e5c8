//! Dispatches: what the authority tells people, and to whose reports help is coming (spec §12).
//!
//! One goes out with every beacon, of one size, sealed and filled anew, whether there is something to say or not. Every
//! client takes the same bytes. Alerts stand in *lanes*: one that everybody opens, one for the enrolled, one for each
//! role; a lane is full whatever it says. Behind them stand *marks*, as many always: a reporter knows the mark of its own
//! report, the others are random to it.

mod alert;
mod lanes;

pub use alert::{Addressee, Alert};
pub use lanes::{AlertKeys, LaneKey};

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use minicbor::{Decode, Decoder, Encode, bytes::ByteVec};
use rand_core::CryptoRng;

use super::frame::{self, FRAME_LEN, NotFramed};
use crate::{
    Authority, AuthorityKey, Epoch, HelpKey, NotSigned, OperationId, policy::MAX_ROLES,
    schedule::DISPATCH_CONTEXT, siv::AUTH_LEN,
};

/// Bytes of a mark.
const MARK: usize = 8;
/// The sizes between which a dispatch is four times a beacon's.
const SIZES: [usize; 2] = [4_096, 65_536];
/// Bytes that are neither lanes nor marks: the frame, the numbers at their longest, the heads of arrays and strings.
const OVERHEAD: usize = FRAME_LEN + 64;
/// Bytes of the head of a lane.
const HEAD: usize = 5;

/// Why bytes are not a dispatch to act on, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DispatchError {
    /// Too short, too long, or not of the form.
    #[error("not a dispatch, or cut short")]
    Malformed,
    /// Not the trusted authority's.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// Of another operation.
    #[error("of another operation")]
    OtherOperation,
    /// Not newer than the one accepted before: a replay.
    #[error("not newer than the dispatch accepted before")]
    Replayed,
    /// Of an epoch that is over: whoever keeps new ones away shows an old one.
    #[error("of an epoch that is over")]
    Stale,
    /// The alerts do not open with this key.
    #[error("the alerts do not open")]
    Alerts,
    /// More than a dispatch holds.
    #[error("the alerts do not fit the dispatch; raise `beacon_size`, or wait until older ones are over")]
    TooLarge,
    /// More marks than a dispatch holds.
    #[error("help is coming to more than {0} reports, the most that a dispatch says")]
    TooMany(usize),
    /// An alert that nobody may be shown.
    #[error("an alert is 1 to {} bytes without control characters and ends after it begins", Alert::MAX_TEXT)]
    Alert,
}

/// What a dispatch is to say.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The operation.
    pub operation: OperationId,
    /// Grows with every dispatch of the operation, across restarts of the service.
    pub sequence: u64,
    /// The epoch whose keys it is sealed with.
    pub epoch: Epoch,
    /// When it is made, in Unix seconds of the authority's clock.
    pub time: u64,
    /// The alerts that are not over; their numbers ascend.
    pub alerts: &'a [Alert],
    /// To whose reports help is coming.
    pub help: &'a [HelpKey],
}

/// A dispatch whose signature was verified.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Dispatch {
    /// The operation.
    #[n(0)]
    pub operation: OperationId,
    /// Grows with every dispatch of the operation.
    #[n(1)]
    pub sequence: u64,
    /// The epoch of its keys.
    #[n(2)]
    pub epoch: Epoch,
    /// When it was made, in Unix seconds of the authority's clock.
    #[n(3)]
    pub time: u64,
    /// For everybody, for the enrolled, for each role.
    #[n(4)]
    lanes: Vec<ByteVec>,
    /// In ascending order.
    #[cbor(n(5), with = "minicbor::bytes")]
    marks: Vec<u8>,
}

/// How a dispatch's bytes are shared out.
struct Shape {
    size: usize,
    marks: usize,
    /// Of each lane, with its authentication tag.
    lane: usize,
}

impl Shape {
    fn of(beacon_size: u32, roles: usize) -> Option<Self> {
        let [least, most] = SIZES;
        let size = usize::try_from(beacon_size).ok()?.saturating_mul(4).clamp(least, most);
        let marks = size / 2 / MARK;
        let lanes = roles.checked_add(2)?;
        let lane = (size.checked_sub(OVERHEAD + marks * MARK)? / lanes).checked_sub(HEAD)?;
        (roles <= MAX_ROLES && lane > AUTH_LEN).then_some(Self { size, marks, lane })
    }
}

impl Dispatch {
    /// Of how many reports a dispatch of an operation with this beacon size can say that help is coming.
    ///
    /// Whoever looks for `n` keys takes a random mark for his own with a probability of at most `n × capacity / 2^64` in each
    /// dispatch: with the default policy's 1,024 marks, for 100 reports and a dispatch a minute, once in 340 million years.
    pub fn capacity(beacon_size: u32) -> usize {
        Shape::of(beacon_size, 1).map_or(0, |shape| shape.marks)
    }

    /// Bytes of every dispatch of an operation with this beacon size: four times that, at least 4 KiB and at most 64.
    pub fn size(beacon_size: u32) -> usize {
        Shape::of(beacon_size, 1).map_or(0, |shape| shape.size)
    }

    /// Makes a signed dispatch.
    pub fn issue(
        draft: &Draft<'_>,
        authority: &AuthorityKey,
        keys: &AlertKeys<'_>,
        beacon_size: u32,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, DispatchError> {
        let Draft { operation, sequence, epoch, time, alerts, help } = *draft;
        let shape = Shape::of(beacon_size, keys.roles.len()).ok_or(DispatchError::TooLarge)?;
        let room = shape.lane - AUTH_LEN;
        let binding = lanes::Binding { operation, epoch, sequence };
        let lanes = keys
            .lanes(authority.public())
            .map(|key| binding.seal(&key, alerts, room).map(ByteVec::from))
            .collect::<Result<_, _>>()?;
        let mut marks: BTreeSet<[u8; MARK]> = help.iter().map(|key| key.mark(operation, sequence)).collect();
        if marks.len() > shape.marks {
            return Err(DispatchError::TooMany(shape.marks));
        }
        while marks.len() < shape.marks {
            let mut filler = [0; MARK];
            rng.fill_bytes(&mut filler);
            marks.insert(filler);
        }
        let marks = marks.into_iter().flatten().collect();
        let dispatch = Self { operation, sequence, epoch, time, lanes, marks };
        let cbor = minicbor::to_vec(&dispatch).map_err(|_| DispatchError::TooLarge)?;
        frame::seal(authority, DISPATCH_CONTEXT, &cbor, shape.size).ok_or(DispatchError::TooLarge)
    }

    /// Verifies a dispatch of this operation; `newest` is the sequence of the one accepted before.
    pub fn verify(
        bytes: &[u8],
        authority: Authority,
        operation: OperationId,
        newest: Option<u64>,
    ) -> Result<Self, DispatchError> {
        let [_, most] = SIZES;
        if bytes.len() > most {
            return Err(DispatchError::Malformed);
        }
        let cbor = frame::open(bytes, authority, DISPATCH_CONTEXT).map_err(|error| match error {
            NotFramed::Malformed => DispatchError::Malformed,
            NotFramed::NotSigned(error) => error.into(),
        })?;
        let mut decoder = Decoder::new(cbor);
        let dispatch: Self = decoder.decode().map_err(|_| DispatchError::Malformed)?;
        if decoder.position() != cbor.len() || !dispatch.is_sound() {
            return Err(DispatchError::Malformed);
        }
        if dispatch.operation != operation {
            return Err(DispatchError::OtherOperation);
        }
        if newest.is_some_and(|newest| dispatch.sequence <= newest) {
            return Err(DispatchError::Replayed);
        }
        Ok(dispatch)
    }

    /// Opens the alerts of one lane. Their numbers ascend; some may be over: see [`Alert::is_over`].
    pub fn alerts(&self, key: &LaneKey<'_>) -> Result<Vec<Alert>, DispatchError> {
        let sealed = self.lanes.get(key.lane()).ok_or(DispatchError::Alerts)?;
        let Self { operation, epoch, sequence, .. } = *self;
        lanes::Binding { operation, epoch, sequence }.open(key, sealed)
    }

    /// Whether somebody of the key's role said that help is coming.
    pub fn says_help(&self, key: &HelpKey) -> bool {
        let mark = key.mark(self.operation, self.sequence);
        self.marks.as_chunks::<MARK>().0.binary_search(&mark).is_ok()
    }

    fn is_sound(&self) -> bool {
        let (marks, odd) = self.marks.as_chunks::<MARK>();
        let lengths = || self.lanes.iter().map(|lane| lane.len());
        odd.is_empty()
            && marks.is_sorted_by(|one, next| one < next)
            && (2..=MAX_ROLES + 2).contains(&self.lanes.len())
            && lengths().all(|length| length > AUTH_LEN && lengths().all(|other| other == length))
    }
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sequence, epoch, .. } = self;
        f.debug_struct("Dispatch").field("sequence", sequence).field("epoch", epoch).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "dispatch_tests.rs"]
mod tests;
