//! What each adversary sees of a trace.

mod adversary;
mod message;

pub use adversary::Adversary;
pub use message::{Connection, Message, Span, View};
