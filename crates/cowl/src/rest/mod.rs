//! Keys at rest: any file of keys may be an [age](https://c2sp.org/age) file, under a passphrase or for someone's age
//! identity, and every command works with it.
//!
//! There is one door: [`crate::files::read_secret`] opens what is protected, [`crate::files::replace`] keeps the
//! protection of what it replaces. A passphrase comes from the file that `COWL_PASSPHRASE_FILE` names, from the kernel's
//! key ring ([`remember`]), or from whoever [`ask_with`] asks, in this order. An operation's folder has one passphrase:
//! it opens `lock.age`, which holds a key drawn for the folder, and that key opens the rest. So one passphrase costs its
//! second once, and everything that is replaced costs nothing.
//!
//! What was asked is remembered until the process ends, because files are read again and written back.

mod error;
mod folder;
mod hybrid;
mod identity;
mod kernel;
mod lock;
mod memory;
mod open;
mod passphrase;
mod recipient;

pub use error::RestError;
pub use folder::LOCK;
pub use identity::{Identities, Identity};
pub use kernel::{forget, remember};
pub use lock::{Changed, lock, unlock};
pub use memory::{ask_with, use_identities};
pub use open::{is_protected, open_with, seal};
pub(crate) use open::{open, seal_like};
pub use passphrase::{Asked, Passphrase};
pub use recipient::{Recipient, To};

#[cfg(test)]
#[path = "rest_tests.rs"]
mod tests;
