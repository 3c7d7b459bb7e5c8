//! What is sealed: whose reports a key is for, and one report.

use cowl_core::{ErasureHandle, Secret};
use minicbor::{Decode, Encode, bytes::ByteVec};
use zeroize::Zeroizing;

use super::cipher::Broken;

/// Records are padded to a multiple of this, so that their lengths say little about which fields a report had.
const BLOCK: usize = 64;
/// No report is longer; a body has at most 65,535 bytes.
const MOST: usize = 1 << 20;

/// The key of some reports, and whose they are.
#[derive(Encode, Decode)]
pub(super) struct Whose {
    #[n(0)]
    pub(super) key: Secret,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) handle: [u8; 16],
    /// The pseudonym; none: one walk-in message.
    #[n(2)]
    pub(super) from: Option<String>,
    /// The walk-in's report id, so that its name can be made again.
    #[n(3)]
    pub(super) walk_in: Option<ByteVec>,
}

/// A report as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Content {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) report: [u8; 16],
    /// Unix seconds.
    #[n(1)]
    pub(super) received: u64,
    #[n(2)]
    pub(super) policy: u32,
    #[n(3)]
    pub(super) zone: Option<String>,
    /// The fields: one JSON object, flat but for places.
    #[n(4)]
    pub(super) fields: String,
    /// The message's custody part, as it came.
    #[n(5)]
    pub(super) custody: Option<ByteVec>,
}

impl Whose {
    pub(super) fn handle(&self) -> ErasureHandle {
        ErasureHandle(self.handle)
    }

    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Broken> {
        minicbor::to_vec(self).map(Zeroizing::new).map_err(|_| Broken)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Broken> {
        minicbor::decode(bytes).map_err(|_| Broken)
    }
}

impl Content {
    /// The length, the CBOR, and zeros.
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Broken> {
        let cbor = Zeroizing::new(minicbor::to_vec(self).map_err(|_| Broken)?);
        if cbor.len() > MOST {
            return Err(Broken);
        }
        let length = u32::try_from(cbor.len()).map_err(|_| Broken)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity((cbor.len() + 4).next_multiple_of(BLOCK)));
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&cbor);
        let padded = bytes.len().next_multiple_of(BLOCK);
        bytes.resize(padded, 0);
        Ok(bytes)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Broken> {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(Broken)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Broken)?;
        minicbor::decode(rest.get(..length).ok_or(Broken)?).map_err(|_| Broken)
    }
}
