//! What traffic looks like from outside, for the attacks that detect something in it: streams of messages that an adversary can tell
//! apart, sizes, gaps, connects, and the words that he can read.

mod content;
mod fact;
mod stream;
mod window;

pub(super) use content::{Content, hash};
pub(super) use fact::{Fact, facts};
pub(super) use stream::Streams;
pub(super) use window::{Window, message_row, phases};

/// Microseconds of a second.
pub(super) const SECOND: u64 = 1_000_000;
/// Microseconds of an hour.
pub(super) const HOUR: u64 = 3_600 * SECOND;
