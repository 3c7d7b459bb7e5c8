//! What a member asks and is answered, as bodies of an exchange (spec §11.3).

use alloc::vec::Vec;

use minicbor::{Decode, Encode, bytes::ByteVec};

/// What a member asks.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct TokenRequest {
    /// How many member secrets came before the one that proves this request.
    #[n(0)]
    pub step: u32,
    /// Tokens of which period.
    #[n(1)]
    pub period: u32,
    /// Blinded elements, 32 bytes each.
    #[n(2)]
    pub blinded: ByteVec,
}

/// What it is told.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum TokenAnswer {
    /// Tokens.
    #[n(0)]
    Granted(#[n(0)] Granted),
    /// The member was revoked: there are none, and will be none.
    #[n(1)]
    Revoked,
    /// It got its tokens of this period already, for another request.
    #[n(2)]
    Given,
    /// No tokens of that period are given out now: a newer manifest says of which.
    #[n(3)]
    OtherPeriod,
}

/// Evaluated elements and the proof that one key made them all.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Granted {
    /// As many as were asked for, 32 bytes each, in the same order.
    #[n(0)]
    pub evaluated: ByteVec,
    /// The proof (RFC 9497 §2.2.1).
    #[cbor(n(1), with = "minicbor::bytes")]
    pub proof: [u8; 64],
}

impl TokenRequest {
    /// As a request's body.
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// From a request's body.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        whole(bytes)
    }
}

impl TokenAnswer {
    /// As an answer's body.
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// From an answer's body.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        whole(bytes)
    }
}

fn whole<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Option<T> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}
