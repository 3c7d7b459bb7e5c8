//! The custody part: what several custodians together, and nobody else, may open (spec §4.6).
//!
//! Threshold ECIES on ristretto255. A dealer shares one secret among the custodians ([`deal`]) and forgets it. Every
//! message seals its custody part to the public key ([`CustodyKey`]), with a proof that whoever made it knew its secret
//! number, bound to this one message. To open one, a request signed by the authority ([`GlassRequest`]) goes to the
//! custodians; each answers with a partial result and a proof that it is right ([`CustodyShare::answer`]); any
//! `threshold` of them open this message and no other ([`SignedRequest::combine`]).
//!
//! Group and field arithmetic are `curve25519-dalek`'s; classical, so what is recorded now may be opened by a quantum
//! computer.

mod combine;
mod context;
mod deal;
mod envelope;
mod group;
mod key;
mod partial;
mod request;
mod sealing;
mod share_file;

pub use combine::{CombineError, Combined, CustodyOpened};
pub use deal::{CustodyShare, DealError, Dealt, deal};
pub use envelope::CustodyEnvelope;
pub use key::{CustodyKey, MAX_CUSTODIANS};
pub use partial::{AnswerError, Partial, PartialError};
pub use request::{GlassRequest, RequestError, RequestId, SignedRequest};
pub use sealing::CUSTODY_OVERHEAD;
pub use share_file::{CustodianShare, ShareError};

pub(crate) use context::Context;
pub(crate) use sealing::CustodySealer;

#[cfg(test)]
mod custody_tests;
