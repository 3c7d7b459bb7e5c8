//! The embedded MQTT broker of Cowl: MQTT 3.1.1 and 5 over TCP, TLS and WebSocket, with logins and access rules always
//! on, in the process that needs it and on the addresses that were named, no others.
//!
//! # For whom
//! - *The authority* runs one with `cowl broker` and has no broker to install. It has no privilege: Cowl works the same
//!   on mosquitto, and this broker learns no more than that one would.
//! - *A gateway or a relay* stands behind one: an [`Intake`] takes what devices publish, and their acknowledgements wait
//!   until it has it safe.
//! - *A demo or a test* starts one on a free port and ends it again.
//!
//! # Which type for what
//! - [`BrokerConfig`]: [`Listeners`], [`Login`]s with their [`Rights`], the [`Topics`] of the operation, [`Limits`].
//! - [`Intake`], with its [`Caller`], [`Incoming`] and [`Verdict`], and [`Devices`]: the device side of a gateway.
//! - [`Broker::start`] opens it; [`Running`] is the broker while it lives: its [`Addresses`], its [`Counts`], and
//!   [`Running::shutdown`]. A [`Publisher`] publishes from inside.
//!
//! ```
//! use cowl_broker::{Broker, BrokerConfig, Devices, Limits, Listeners, Login, Rights, TopicPrefix, Topics, Verifier};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = BrokerConfig {
//!     listeners: Listeners { tcp: Some(([127, 0, 0, 1], 0).into()), ..Listeners::default() },
//!     logins: vec![Login {
//!         user: "device-7".into(),
//!         secret: Verifier::of_password(b"jW7vVw0w7mUo4bq5cWcJ5Q")?, // 128 random bits, made by a machine
//!         may: Rights::Device,
//!     }],
//!     topics: Topics {
//!         mailbox: TopicPrefix::new("c/4vF2")?,
//!         notices: vec![TopicPrefix::new("c/4vF2-manifest")?],
//!         exchange: vec![],
//!         service: None,
//!     },
//!     limits: Limits::default(),
//!     intake: None,
//!     devices: Devices::default(),
//! };
//! let broker = Broker::start(config).await?;
//! assert!(broker.addresses().tcp.is_some_and(|address| address.port() != 0));
//! assert_eq!(broker.counts().connects_accepted, 0);
//! broker.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What it speaks
//! TLS is 1.3 only, X25519MLKEM768 preferred, without session tickets, which would link the connections of a device.
//! There is no plaintext listener unless one is named. MQTT 5's enhanced authentication and shared subscriptions are
//! not there.
//!
//! # What it keeps, and what it says
//! Sessions and retained messages live in memory and end with the broker. It prints and logs nothing; RMQTT inside it
//! would tell client ids, user names and topics to a `log` logger, so a program that embeds it must not install one for
//! the target `rmqtt`. Nobody is told where a client is: the address of a peer goes no further than the accepted socket.

mod broker;
mod config;
mod counters;
mod engine;
mod error;
mod filter;
mod gate;
mod intake;
mod login;
mod publisher;
mod topics;

pub use broker::{Addresses, Broker, Running, START_LIMIT};
pub use config::{BrokerConfig, Devices, Limits, Listeners, TlsListener, Transport};
pub use counters::Counts;
pub use error::{BrokerError, ConfigError};
pub use filter::{MAX_FILTER_LEN, TopicFilter};
pub use intake::{Caller, Incoming, Intake, Keeping, NotKept, Qos, RefusedBecause, Verdict};
pub use login::{Admission, Admitting, Login, MAX_USER_LEN, MIN_PASSWORD_LEN, Rights, Verifier};
pub use publisher::{PublishError, Publisher};
pub use topics::{MAX_PREFIX_LEN, ServiceTopics, TopicPrefix, Topics};
