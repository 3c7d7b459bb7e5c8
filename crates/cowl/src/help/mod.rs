//! Help is coming: said by a responder, found by one reporter, seen by nobody else (spec §12.4, §12.5).
//!
//! - A responder's reader gives each report its help key ([`crate::keyring::Reader::tell_help`]); a [`HelpCall`] says to the
//!   operation's service that help is coming to it, and [`crate::client::say_help`] carries that.
//! - A reporter keeps what it shares with each role in a [`Waiting`] file, and looks into every dispatch.

mod call;
mod waiting;

pub use call::{HelpCall, HelpError};
pub use waiting::{Found, Waiting, WaitingError};
