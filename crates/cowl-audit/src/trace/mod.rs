//! A trace: what one observer saw of MQTT traffic, in order of time. Every input of the audit becomes one.
//!
//! | need | use |
//! |---|---|
//! | write a trace file | [`Writer`] |
//! | read one | [`Reader`] |
//!
//! The file format is specified in `spec/trace.md`.

mod event;
mod format;
pub(crate) mod lz4;
mod read;
#[cfg(test)]
mod trace_tests;
mod write;

pub use event::{
    Carrier, Closing, ConnectionId, Event, Header, Loss, Observer, Point, PointId, PointKind, TlsHello, Way,
};
pub use format::{MAX_NAME, MAX_NOTE, MAX_PACKET, MAX_POINTS};
pub use read::{ReadError, Reader};
pub use write::{WriteError, Writer};
