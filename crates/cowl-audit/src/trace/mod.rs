//! A trace: what one observer saw of MQTT traffic, in order of time. Every input of the audit becomes one.
//!
//! The file format is specified in `spec/trace.md`.

mod event;

pub use event::{
    Carrier, Closing, ConnectionId, Event, Header, Loss, Observer, Point, PointId, PointKind, TlsHello, Way,
};
