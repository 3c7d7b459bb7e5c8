//! What gateways and relays have in common: a durable queue in front, slots behind it, one connection for many people.

mod load;
mod queue;
pub mod uplink;
pub mod waits;

pub use load::{Load, LoadError};
pub use queue::{
    Clock, Commit, Damage, Entry, EntryId, Kept, Lane, MAX_BODY, New, Once, OnceLimit, OnceWhenFull,
    OpenError, Order, Queue, QueueError, Settings, Status, Ticket, Waiting, WhenFull,
};
pub use uplink::{Way, uplink};
