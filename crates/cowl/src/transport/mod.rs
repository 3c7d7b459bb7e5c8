//! MQTT 3.1.1 and 5 over TCP, TLS 1.3 and WebSocket.
//!
//! - [`Publisher`] sends. It reports what the broker has not acknowledged and never sends anything twice.
//! - [`Subscriber`] receives. It can reconnect, resume its session and leave acknowledging to the caller.
//!
//! Both come from an [`Endpoint`] (where, and whom to trust) and [`Options`] (what the broker sees of us;
//! by default nothing that identifies). There is no global state, no log output, and no error text with
//! anything of a person in it.
//!
//! ```no_run
//! use cowl::transport::{Endpoint, Filter, Options, Publication, Publisher, Qos, Scheme, Subscriber};
//! use cowl::transport::{Subscription, Topic};
//!
//! # async fn example() -> Result<(), cowl::transport::Error> {
//! let endpoint = Endpoint::new(Scheme::Tcp, "127.0.0.1", 1883);
//! let options = Options::default();
//!
//! let wanted = Subscription::new(Filter::new("mailbox/#")?, Qos::AtLeastOnce);
//! let mut subscriber = Subscriber::connect(&endpoint, &options, wanted).await?;
//!
//! let publisher = Publisher::connect(&endpoint, &options).await?;
//! let sealed = vec![0; 416];
//! publisher.publish(Publication::new(Topic::new("mailbox/0")?, sealed, Qos::AtLeastOnce)).await?;
//! publisher.disconnect().await?;
//!
//! let message = subscriber.next().await?;
//! assert_eq!(message.payload.len(), 416);
//! # Ok(()) }
//! ```
//!
//! Inside, from the bottom up: `dial` opens a stream of bytes; `wire` turns packets into bytes and back, and
//! is the only place that knows the codec library; `machine` is the protocol without sockets and clocks;
//! `connection` moves bytes between the two; `link` is what that task and the callers share.

mod connection;
mod dial;
mod endpoint;
mod error;
mod handshake;
mod link;
mod machine;
mod message;
mod options;
mod pass;
mod probe;
mod prompt;
mod publisher;
mod subscriber;
mod tls;
mod topic;
mod websocket;
mod wire;

pub use self::dial::Stream;
pub use self::endpoint::{Connector, Endpoint, Opening, Scheme};
pub use self::error::Error;
pub use self::message::{Message, Properties, Publication};
pub use self::options::{Acks, ClientId, Login, Options, Reconnect, Session, Subscription, Version, Will};
pub use self::pass::{NoPass, Pass, Passes};
pub use self::probe::{Greeting, Probe, TlsSession};
pub(crate) use self::publisher::NotHeld;
pub use self::publisher::{Publisher, Refusal, Unsettled};
pub use self::subscriber::{Event, Subscriber};
pub use self::tls::{Fingerprint, TlsOptions, TlsOptionsError};
pub use self::topic::{Filter, Qos, Topic};

#[cfg(test)]
mod scripted_tests;
