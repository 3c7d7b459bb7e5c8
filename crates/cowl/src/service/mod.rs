//! The operation's online service: what `cowl serve` runs.
//!
//! [`Service`] decides what is to be published, [`CensusTaker`] counts people per zone; neither knows a socket or a
//! clock, so that a simulation drives them as the network does: mailbox messages in, notices out, time as an
//! argument. [`run`] is the network.

mod census;
mod desk;
pub mod http;
mod issuer;
mod online;
mod tally;

pub use census::CensusTaker;
pub use desk::{At, Desk, DeskCounts};
pub use issuer::{Outgoing, Service};
pub use online::{Event, ServeError, run, run_with_http};
