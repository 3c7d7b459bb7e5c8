//! What each adversary sees of a trace.

mod adversary;
mod message;
mod pool;
mod project;

pub use adversary::Adversary;
pub use message::{Connection, Message, Span, View};
pub use pool::Pool;
pub use project::{Partial, Projection, Projector};
