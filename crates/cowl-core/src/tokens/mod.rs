//! Tokens to connect with: the broker sees that a member may come in, and not which one (spec §11).
//!
//! A verifiable oblivious pseudorandom function (RFC 9497, ristretto255 and SHA-512) under one key for all members and a period,
//! tokens in the wire form of RFC 9578.
//!
//! - The member draws a [`Batch`] for the [`TokenPeriod`] of its manifest and asks the service with its [`TokenRequest`].
//! - The service makes them, blinded, with its [`TokenKey`]: the same number for everyone, once in a period.
//! - The member unblinds them: [`Batch::take`] refuses what another key made, so that nobody can be told by his key.
//! - Whoever admits connections asks [`TokenKey::accepts`], and remembers [`Token::nonce`], so that none is used twice.
//!
//! ```
//! use cowl_core::{Epoch, OperationId, Secret, tokens::{Batch, TokenKey, TokenPeriod}};
//! # struct Counter(u8);
//! # impl rand_core::TryRng for Counter {
//! #     type Error = core::convert::Infallible;
//! #     fn try_next_u32(&mut self) -> Result<u32, Self::Error> { Ok(0) }
//! #     fn try_next_u64(&mut self) -> Result<u64, Self::Error> { Ok(0) }
//! #     fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
//! #         for byte in out { self.0 = (self.0 + 1) % 16; *byte = self.0; }
//! #         Ok(())
//! #     }
//! # }
//! # impl rand_core::TryCryptoRng for Counter {}
//! # let mut rng = Counter(0);
//! let operation = OperationId([1; 16]);
//! let key = TokenKey::derive(&Secret::new([2; 32]), operation, 7).unwrap();
//! let period = TokenPeriod { number: 7, from: Epoch(28), last: Epoch(31), key: key.public() };
//!
//! let batch = Batch::draw(operation, &period, 2, &mut rng).unwrap();
//! let granted = key.grant(&batch.request(0).blinded, &mut rng).unwrap();
//! let tokens = batch.take(&granted)?;
//! assert!(key.accepts(&tokens[0]) && key.accepts(&tokens[1]));
//!
//! let another = TokenKey::derive(&Secret::new([3; 32]), operation, 7).unwrap();
//! assert!(!another.accepts(&tokens[0]));
//! assert!(batch.take(&another.grant(&batch.request(0).blinded, &mut rng).unwrap()).is_err());
//! # Ok::<(), cowl_core::tokens::NotTheTokens>(())
//! ```

mod batch;
mod key;
mod message;
mod oprf;
mod token;

pub use batch::Batch;
pub use key::{TokenKey, TokenPeriod, TokenPublicKey, challenge_digest};
pub use message::{Granted, TokenAnswer, TokenRequest};
pub use token::{TOKEN_LEN, TOKEN_TYPE, Token};

/// The most tokens of one batch: so many blinded elements fit a request.
pub const MAX_BATCH: u16 = 200;

/// What was given was not made by the key that the manifest names, or not for what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tokens were not made with the key that everybody's are made with")]
pub struct NotTheTokens;

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
