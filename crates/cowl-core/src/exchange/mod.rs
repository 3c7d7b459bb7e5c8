//! A question to the operation's online service and its answer, through whoever carries them (spec §9).
//!
//! One sealed request, one sealed answer, no state between. What carries them (a broker, an HTTP server, a relay) learns
//! that somebody asked the service something, and the two sizes. Who asks, what for and what is answered is theirs alone:
//! the purpose is inside too.
//!
//! - The asker seals a [`Request`] to the [`ServicePublicKey`] of the manifest and keeps the [`Pending`].
//! - The service opens it as [`Incoming`], looks up the secret that `who` must know, lets it [`Incoming::prove`] that, and
//!   [`Proven::answer`]s.
//! - The asker opens the answer with its [`Pending`]. Only the service could have made it, and only for this request.
//!
//! ```
//! use cowl_core::{OperationId, Secret, exchange::{Incoming, Purpose, Request, ServiceKey}};
//! # struct Zeros(u8);
//! # impl rand_core::TryRng for Zeros {
//! #     type Error = core::convert::Infallible;
//! #     fn try_next_u32(&mut self) -> Result<u32, Self::Error> { Ok(0) }
//! #     fn try_next_u64(&mut self) -> Result<u64, Self::Error> { Ok(0) }
//! #     fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> { out.fill(self.0); Ok(()) }
//! # }
//! # impl rand_core::TryCryptoRng for Zeros {}
//! # let mut rng = Zeros(7);
//! let (operation, service) = (OperationId([1; 16]), ServiceKey::new(Secret::new([2; 32])));
//! let (who, secret) = ([3; 16], Secret::new([4; 32]));
//!
//! let request = Request { operation, purpose: Purpose::RENEWAL, who, proof: &secret, body: b"keys, please" };
//! let (sealed, pending) = request.seal(&service.public().unwrap(), 2_048, &mut rng)?;
//!
//! let incoming = Incoming::open(&service, operation, &sealed)?;
//! assert_eq!((incoming.purpose(), incoming.who(), incoming.body()), (Purpose::RENEWAL, who, b"keys, please".as_slice()));
//! assert!(incoming.prove(&Secret::new([5; 32])).is_err());
//! let answer = incoming.prove(&secret)?.answer(b"here", 256)?;
//!
//! assert_eq!(pending.open(&answer)?.as_slice(), b"here");
//! # Ok::<(), cowl_core::exchange::ExchangeError>(())
//! ```

mod incoming;
mod key;
mod request;

pub use incoming::{Incoming, Proven};
pub use key::{ServiceKey, ServicePublicKey};
pub use request::{Pending, Request};

use crate::{OperationId, Secret, schedule};

pub(crate) use key::PUBLIC_LEN as SERVICE_KEY_LEN;

/// Bytes around a request's body: encapsulated key, authentication tag, and CBOR of the rest at its longest.
pub const REQUEST_OVERHEAD: usize = key::ENC_LEN + crate::siv::AUTH_LEN + 64;
/// Bytes around an answer's body: its length and the authentication tag.
pub const ANSWER_OVERHEAD: usize = 4 + crate::siv::AUTH_LEN;

/// Bytes of a request, whatever is asked: room for 200 blinded tokens.
pub const REQUEST_LEN: usize = 8_192;
/// Bytes of the smallest and of the largest answer; those between are powers of two.
const ANSWER_LENS: [usize; 2] = [4_096, 131_072];
/// The most bytes that the body of one answer can have.
pub const ANSWER_ROOM: usize = ANSWER_LENS[1] - ANSWER_OVERHEAD;

/// The size of the answer that a body of so many bytes goes into: few sizes for all. Above [`ANSWER_ROOM`] there is none.
pub fn answer_len(body: usize) -> usize {
    let [least, most] = ANSWER_LENS;
    body.saturating_add(ANSWER_OVERHEAD).max(least).checked_next_power_of_two().unwrap_or(most).min(most)
}

/// What somebody asks for. It is sealed with the rest, and every secret is bound to it: what proves one thing proves no other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Purpose(pub u8);

impl Purpose {
    /// Becoming a member with a ticket; proven by its token.
    pub const JOIN: Self = Self(1);
    /// Keys of further epochs; proven by the member secret (spec §9.3).
    pub const RENEWAL: Self = Self(2);
    /// Tokens to connect with; proven by the member secret.
    pub const TOKENS: Self = Self(3);
    /// That help is coming to a report; proven by the member secret (spec §12.5).
    pub const HELP: Self = Self(4);
    /// Which erase orders were obeyed; proven by the member secret (spec §16.3).
    pub const CONFIRMATION: Self = Self(5);
}

/// Why there is no exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Not for this key, operation, purpose, person or request; altered, cut, or not proven. One answer for all.
    #[error("refused")]
    Refused,
    /// What is to be sent does not fit the size that all have.
    #[error("larger than the size that all such messages have")]
    TooLarge,
    /// The manifest's key of the service is none.
    #[error("the service has no usable key")]
    NoKey,
}

/// What follows a member secret when it was used and the answer was stored (spec §9.3).
pub fn next_secret(secret: &Secret, operation: OperationId) -> Secret {
    schedule::next_member_secret(secret, operation)
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
