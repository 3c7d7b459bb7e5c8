//! Several gateways that share one role's mailbox: who is there, who reads which shard, and what they tell one another.

mod cipher;
mod custody;
mod ownership;
mod words;

pub(crate) use cipher::Cipher;
pub(crate) use custody::Custody;
pub(crate) use ownership::{Action, Claim, MemberId, Ownership};
pub(crate) use words::{Hello, Past, Seen, Word};
