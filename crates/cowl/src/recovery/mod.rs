//! What is left when a machine is not: shares of an operation's recovery key, the recovery file, backups.
//!
//! [`make_shares`] draws a recovery key, deals it to people ([`Share`]: any few of them give it back, fewer tell nothing of
//! it), and forgets it. From then on every change of the operation writes the recovery file anew, which takes the key's
//! public half only; [`recover`] builds the operation again from that file and the shares.
//!
//! A backup ([`backup()`]) is the same content for an age recipient or a passphrase; [`restore`] reads it. Counters,
//! instance secrets and erasable keys are in neither ([`crate::state`] says for each file why).

mod backup;
mod deal;
mod error;
mod file;
mod keep;
mod pack;
mod rebuild;
mod share;
mod words;

pub use backup::{Backup, backup, restore};
pub use deal::{Dealt, MAX_SHARES, SetId, ShareSet, check_threshold};
pub use error::RecoveryError;
pub use file::RecoveryFile;
pub(crate) use keep::after_change;
pub use keep::{Held, held, make_shares, make_shares_with, share_set, write_now};
pub use pack::{LeftOut, Pack};
pub use rebuild::{Rebuilt, recover};
pub use share::Share;

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
