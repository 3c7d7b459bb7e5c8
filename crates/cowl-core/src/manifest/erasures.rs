//! Erase orders: what responders, gateways and archives are to make unreadable (spec, "Erase orders").
//!
//! A list of marks goes out with every beacon, of one size, filled up with random ones and drawn anew each time: who does
//! not hold what an order names sees neither that there is one nor how many there are. No key is needed to obey: whoever
//! holds a report knows its handle and pseudonym, and looks whether the list has their mark. An order cannot be taken back,
//! so an old list that comes again harms nobody.

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use minicbor::{Decode, Decoder, Encode};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use super::frame::{self, FRAME_LEN, NotFramed};
use crate::{
    Authority, AuthorityKey, Epoch, ErasureHandle, NotSigned, OperationId, Pseudonym,
    schedule::{ERASE_MARK, ERASURES_CONTEXT},
};

/// Bytes of a mark.
const MARK: usize = 16;
/// Bytes of a list that are not marks: the frame, and the CBOR of the other fields at their longest.
const OVERHEAD: usize = FRAME_LEN + 32;

/// Why bytes are no list of erase orders, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ErasuresError {
    /// Too short, too long, or not of the form.
    #[error("not a list of erase orders, or cut short")]
    Malformed,
    /// Not the trusted authority's.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// Of another operation.
    #[error("of another operation")]
    OtherOperation,
    /// No order that names something.
    #[error("an order that names nothing")]
    Nothing,
    /// More than a list holds.
    #[error("more orders than a list of {0} marks holds")]
    TooMany(usize),
}

/// What is to be erased.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Erasure {
    /// What bears this handle: a person's withdrawal, for one epoch.
    Handle(ErasureHandle),
    /// What a pseudonym sent in its epoch.
    Pseudonym(Pseudonym, Epoch),
    /// All that was sealed in epochs before this one.
    Before(Epoch),
}

/// A signed list of marks.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Erasures {
    /// The operation.
    #[n(0)]
    pub operation: OperationId,
    /// Grows with every list of the operation.
    #[n(1)]
    pub sequence: u64,
    /// In ascending order.
    #[cbor(n(2), with = "minicbor::bytes")]
    marks: Vec<u8>,
}

impl Erasures {
    /// How many orders a list of so many bytes holds.
    pub const fn capacity(size: usize) -> usize {
        size.saturating_sub(OVERHEAD) / MARK
    }

    /// Makes a signed list of the policy's beacon size.
    pub fn issue(
        operation: OperationId,
        sequence: u64,
        orders: &[Erasure],
        authority: &AuthorityKey,
        size: u32,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, ErasuresError> {
        let size = usize::try_from(size).map_err(|_| ErasuresError::Malformed)?;
        let room = Self::capacity(size);
        if orders.contains(&Erasure::Handle(ErasureHandle::NONE)) {
            return Err(ErasuresError::Nothing);
        }
        let mut marks: BTreeSet<[u8; MARK]> =
            orders.iter().map(|order| order.mark(operation, sequence)).collect();
        if marks.len() > room {
            return Err(ErasuresError::TooMany(room));
        }
        while marks.len() < room {
            let mut filler = [0; MARK];
            rng.fill_bytes(&mut filler);
            marks.insert(filler);
        }
        let marks = marks.into_iter().flatten().collect();
        let cbor =
            minicbor::to_vec(Self { operation, sequence, marks }).map_err(|_| ErasuresError::Malformed)?;
        frame::seal(authority, ERASURES_CONTEXT, &cbor, size).ok_or(ErasuresError::TooMany(room))
    }

    /// Verifies a list of this operation.
    pub fn verify(bytes: &[u8], authority: Authority, operation: OperationId) -> Result<Self, ErasuresError> {
        let cbor = frame::open(bytes, authority, ERASURES_CONTEXT).map_err(|error| match error {
            NotFramed::Malformed => ErasuresError::Malformed,
            NotFramed::NotSigned(error) => error.into(),
        })?;
        let mut decoder = Decoder::new(cbor);
        let list: Self = decoder.decode().map_err(|_| ErasuresError::Malformed)?;
        let ascend = list.each().zip(list.each().skip(1)).all(|(one, next)| one < next);
        if decoder.position() != cbor.len() || !list.marks.len().is_multiple_of(MARK) || !ascend {
            return Err(ErasuresError::Malformed);
        }
        if list.operation == operation { Ok(list) } else { Err(ErasuresError::OtherOperation) }
    }

    /// Whether this is to be erased. What no order can name never is.
    pub fn names(&self, what: &Erasure) -> bool {
        if *what == Erasure::Handle(ErasureHandle::NONE) {
            return false;
        }
        let mark = what.mark(self.operation, self.sequence);
        let marks = self.marks.as_chunks::<MARK>().0;
        marks.binary_search(&mark).is_ok()
    }

    /// The latest epoch, of these, before which everything is to be erased.
    pub fn before(&self, epochs: impl Iterator<Item = Epoch>) -> Option<Epoch> {
        epochs.filter(|epoch| self.names(&Erasure::Before(*epoch))).max()
    }

    fn each(&self) -> impl Iterator<Item = &[u8; MARK]> {
        self.marks.as_chunks::<MARK>().0.iter()
    }
}

impl Erasure {
    /// Sixteen bytes that say nothing to whoever does not know what they are of, and are others in every list.
    fn mark(&self, operation: OperationId, sequence: u64) -> [u8; MARK] {
        let hash = Sha256::new()
            .chain_update(ERASE_MARK)
            .chain_update(operation.0)
            .chain_update(sequence.to_be_bytes());
        let hash = match self {
            Self::Handle(handle) => hash.chain_update([0]).chain_update(handle.0),
            Self::Pseudonym(pseudonym, epoch) => {
                hash.chain_update([1]).chain_update(epoch.0.to_be_bytes()).chain_update(pseudonym.bytes())
            }
            Self::Before(epoch) => hash.chain_update([2]).chain_update(epoch.0.to_be_bytes()),
        };
        let digest: [u8; 32] = hash.finalize().into();
        digest.first_chunk().copied().unwrap_or_default()
    }
}

impl fmt::Debug for Erasures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Erasures").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}

// A handle or pseudonym in a log would be the very link that is to be erased.
impl fmt::Debug for Erasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handle(_) => "Handle(…)",
            Self::Pseudonym(..) => "Pseudonym(…)",
            Self::Before(_) => "Before(…)",
        })
    }
}

#[cfg(test)]
#[path = "erasures_tests.rs"]
mod tests;
