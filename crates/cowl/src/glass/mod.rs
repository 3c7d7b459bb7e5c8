//! Break glass: several custodians together open the custody part of one message, for a reason that is logged.
//!
//! What is sealed to them the policy says (`[custody]`: exact position, identity). The authority appoints them once
//! ([`Operation::appoint_custodians`](crate::operation::Operation::appoint_custodians)). Receivers keep custody parts beside
//! reports ([`Kept`], or the archive). Whoever needs one asks ([`Ask`]); the authority signs the request, which enters it in
//! the log; each custodian's machine shows it and answers ([`Custodian`]); the authority opens the message with enough
//! answers, after the log says so ([`Operation::open_custody`](crate::operation::Operation::open_custody)).

mod answered;
mod ask;
mod custodian;
mod error;
mod kept;

pub use ask::Ask;
pub use custodian::Custodian;
pub use error::GlassError;
pub use kept::{Kept, KeptPart, MAX_KEPT};

/// The largest request, answer or share that is read, in bytes.
pub(crate) const FILE_LIMIT: u64 = 32 << 10;
/// Between asking and expiry, unless said otherwise, in seconds.
pub const DEFAULT_LIFE: u64 = 86_400;

#[cfg(test)]
mod glass_tests;
