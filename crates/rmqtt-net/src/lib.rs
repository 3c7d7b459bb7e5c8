//! The network edge under RMQTT, in place of the crate of this name on crates.io (0.5.0).
//!
//! RMQTT 0.24 takes connections from its crate `rmqtt-net` and from nowhere else. That one cannot be configured to do
//! what Cowl's broker must: it waits for ever for the first packet of a connection, so that anyone could use up the
//! file descriptors of the broker without a login; it counts no connection before CONNECT; its TLS also speaks 1.2 and
//! hands out session tickets, which link the connections of a device; it keeps 16 kB of buffers for each idle
//! connection and makes room for a packet before it is there; it feeds WebSocket pings into the MQTT stream and
//! takes WebSocket messages of 64 MB; it hands the address of the peer to RMQTT, which logs it; and it always brings
//! QUIC and with it `ring`. So this crate offers RMQTT the same types, as far as RMQTT uses them, over an edge of our
//! own:
//!
//! - [`Listener`]: a bound socket, what is spoken on it, and how many connections all listeners may hold together;
//! - [`MqttStream`]: a connection on which TLS, WebSocket and the first bytes of CONNECT are done, all before one
//!   deadline;
//! - [`Taker`]: takes a PUBLISH off a connection before RMQTT sees it, and acknowledges it when it likes; [`Line`] keeps
//!   the acknowledgements in their order and stops reading where too many are owed;
//! - [`Builder`] and [`MqttError`]: the settings and errors that RMQTT reads.
//!
//! It is part of the workspace's `[patch]` and no use to anybody else. The names and the shapes of the types are those
//! of `rmqtt-net` (MIT OR Apache-2.0, the RMQTT authors), the code is not.

mod builder;
mod carrier;
mod error;
mod held;
mod keep_alive;
mod line;
mod listener;
mod stream;
mod taker;
mod unnamed;
mod websocket;
mod wire;

pub use builder::Builder;
pub use carrier::Carrier;
pub use error::MqttError;
pub use keep_alive::granted;
pub use line::Line;
pub use listener::{Acceptor, Doors, Listener, ListenerType};
pub use stream::{Dispatcher, MqttStream, v3, v5};
pub use taker::{Client, Intake, Keeping, Refusal, Taken, Taker};
pub use unnamed::own_name;

/// The error that RMQTT passes everywhere.
pub type Error = anyhow::Error;

/// A result with [`Error`].
pub type Result<T> = anyhow::Result<T, Error>;
