//! What the holder of a ticket asks the service, and what it is answered: the bodies of an exchange (spec §10.3).

use alloc::vec::Vec;

use minicbor::{Decode, Encode, bytes::ByteVec};
use zeroize::{Zeroize as _, Zeroizing};

use super::Token;

/// The question: the token itself, since the service keeps only what it hashes to.
pub struct JoinRequest {
    /// What was on the card.
    pub token: Token,
    /// What this machine drew for this joining, and keeps until it has its credential: should the answer be lost, it is given
    /// again to whoever knows this.
    pub machine: Zeroizing<[u8; 32]>,
}

/// The answer to a ticket that the service knows. Another one gets none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinAnswer {
    /// A [`super::Grant`] as bytes.
    Granted(Zeroizing<Vec<u8>>),
    /// Another machine joined with it, or this one did so long ago.
    Used,
    /// Its time is over, by the service's clock.
    Expired,
    /// The authority took it back.
    Revoked,
    /// The operation has no place left.
    Full,
}

#[derive(Encode, Decode)]
struct Question {
    #[cbor(n(0), with = "minicbor::bytes")]
    token: [u8; 16],
    #[cbor(n(1), with = "minicbor::bytes")]
    machine: [u8; 32],
}

#[derive(Encode, Decode)]
enum Wire {
    #[n(0)]
    Granted(#[n(0)] ByteVec),
    #[n(1)]
    Used,
    #[n(2)]
    Expired,
    #[n(3)]
    Revoked,
    #[n(4)]
    Full,
}

impl JoinRequest {
    /// As the body of an exchange.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(64));
        let mut question = Question { token: *self.token.expose(), machine: *self.machine };
        // Writing into a Vec cannot fail.
        let written = minicbor::encode(&question, &mut *bytes);
        debug_assert!(written.is_ok(), "a Vec takes everything");
        question.token.zeroize();
        question.machine.zeroize();
        bytes
    }

    /// From the body of an exchange.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let Question { token, machine } = whole(bytes)?;
        Some(Self { token: Token::new(token), machine: Zeroizing::new(machine) })
    }
}

impl JoinAnswer {
    /// As the body of an exchange.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut wire = match self {
            Self::Granted(grant) => Wire::Granted(grant.to_vec().into()),
            Self::Used => Wire::Used,
            Self::Expired => Wire::Expired,
            Self::Revoked => Wire::Revoked,
            Self::Full => Wire::Full,
        };
        let room = if let Self::Granted(grant) = self { grant.len() } else { 0 };
        let mut bytes = Zeroizing::new(Vec::with_capacity(room + 16));
        let written = minicbor::encode(&wire, &mut *bytes);
        debug_assert!(written.is_ok(), "a Vec takes everything");
        if let Wire::Granted(grant) = &mut wire {
            grant.zeroize();
        }
        bytes
    }

    /// From the body of an exchange.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(match whole(bytes)? {
            Wire::Granted(grant) => Self::Granted(Zeroizing::new(grant.into())),
            Wire::Used => Self::Used,
            Wire::Expired => Self::Expired,
            Wire::Revoked => Self::Revoked,
            Wire::Full => Self::Full,
        })
    }
}

/// All of the bytes must be the value.
fn whole<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Option<T> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}

impl core::fmt::Debug for JoinRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("JoinRequest(…)")
    }
}
