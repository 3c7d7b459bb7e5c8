//! What a connection says about itself. Everything here is seen by the broker.

use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use zeroize::Zeroizing;

use super::error::{Error, Kind};
use super::{Filter, Pass, Publication, Qos};
use crate::random::SystemRng;

/// The version of MQTT to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Version {
    /// MQTT 3.1.1 (OASIS 2014): every broker has it.
    V311,
    /// MQTT 5 (OASIS 2019): says why it refuses, and how much it takes at once.
    #[default]
    V5,
}

/// The name under which the broker knows the connection.
#[derive(Clone, Default)]
pub struct ClientId(Choice);

#[derive(Clone, Default)]
enum Choice {
    /// Drawn from the system for each connection.
    #[default]
    Fresh,
    /// Drawn for each connection from a simulation's generator.
    Drawn(Arc<Mutex<SystemRng>>),
    Named(ByteString),
}

/// User name and password, both in the clear unless the connection is TLS.
#[derive(Clone)]
pub struct Login {
    pub(super) user: ByteString,
    // One shared allocation that is wiped with its last holder.
    pub(super) password: Option<Bytes>,
}

/// What the broker publishes for us if the connection ends without a goodbye.
#[derive(Clone, Debug)]
pub struct Will {
    /// The message.
    pub publication: Publication,
    /// Seconds that the broker waits before sending it; 0 on MQTT 3.1.1.
    pub delay_s: u32,
}

/// What is common to publishers and subscribers. The default identifies nobody.
#[derive(Clone)]
pub struct Options {
    /// The protocol version; brokers that lack it refuse the connection.
    pub version: Version,
    /// By default a fresh one for each connection, so that two connections cannot be joined by it.
    pub client_id: ClientId,
    /// By default none.
    pub login: Option<Login>,
    /// A login for each connection, in place of [`Self::login`]. By default none.
    pub pass: Option<Pass>,
    /// Seconds of silence after which a ping is sent; 0 for never. Costs 4 bytes each time, and mobile
    /// devices the wake-up of the radio. A value of one's own sets a client apart: by default all use
    /// [`Options::KEEP_ALIVE_S`]. An MQTT 5 broker can overrule it.
    pub keep_alive_s: u16,
    /// By default none: a will tells the broker that its sender went silent.
    pub will: Option<Will>,
    /// Properties of the MQTT 5 CONNECT, in the clear. By default none.
    pub user_properties: Vec<(String, String)>,
    /// Messages of QoS 1 and 2 that may be unacknowledged at a time, in either direction. An MQTT 5 broker
    /// can lower it for what we send; on MQTT 3.1.1 it is 20 at most for QoS 2. More is faster over long round trips, and more is lost at once.
    pub in_flight: NonZeroU16,
    /// Bytes of the largest packet sent or received, at most 268,435,455. Bounds the memory that a broker
    /// can make us use.
    pub max_packet: u32,
    /// How long name lookup, connection, TLS, WebSocket and the broker's answer may take together.
    pub connect_timeout: Duration,
}

/// What a subscriber asks for.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Filters, each with the highest quality of service wanted.
    pub filters: Vec<(Filter, Qos)>,
    /// Whether the broker keeps messages while we are away.
    pub session: Session,
    /// Who acknowledges.
    pub acks: Acks,
    /// What happens when the connection is lost.
    pub reconnect: Reconnect,
}

/// What the broker remembers of a subscriber between connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Session {
    /// Nothing: what is published in between is missed.
    #[default]
    Clean,
    /// The subscription, and messages of QoS 1 and 2, under the client id (which so links the connections).
    Resume {
        /// How long after the connection's end; `u32::MAX` is for ever. MQTT 3.1.1 leaves it to the broker.
        expiry_s: u32,
    },
}

/// Who tells the broker that a message arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Acks {
    /// The transport, on arrival: a crash loses what is still queued here.
    #[default]
    Automatic,
    /// The caller, with [`Message::ack`](super::Message::ack): nothing is lost, some come twice.
    Manual,
}

/// What a subscriber does about a lost connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reconnect {
    /// Reports the error and ends.
    #[default]
    Never,
    /// Tries for ever, waiting `first` and then twice as long each time, up to `longest`.
    Backoff {
        /// The first wait.
        first: Duration,
        /// The longest wait.
        longest: Duration,
    },
}

impl ClientId {
    /// A random one, drawn again for each connection: nothing to follow.
    pub fn fresh() -> Self {
        Self(Choice::Fresh)
    }

    /// The same, drawn from a generator of the caller's: for simulations, whose client ids must come again.
    pub fn hazmat_fresh_from(rng: Arc<Mutex<SystemRng>>) -> Self {
        Self(Choice::Drawn(rng))
    }

    /// A given one, at most 65,535 bytes (MQTT 3.1.1 brokers need not take more than 23 letters and
    /// digits). It joins all connections that use it.
    pub fn named(id: impl Into<String>) -> Result<Self, Error> {
        let id: String = id.into();
        if id.is_empty() || id.len() > usize::from(u16::MAX) || id.contains('\0') {
            return Err(Kind::Usage("a client id has 1 to 65535 bytes and no NUL").into());
        }
        Ok(Self(Choice::Named(id.into())))
    }

    /// Whether it is drawn for each connection.
    pub fn is_fresh(&self) -> bool {
        !matches!(self.0, Choice::Named(_))
    }

    pub(super) fn draw(&self) -> Result<ByteString, Error> {
        // 22 characters, within the 23 that every broker takes; 88 bits, so no two meet.
        let mut bytes = [0_u8; 11];
        match &self.0 {
            Choice::Named(id) => return Ok(id.clone()),
            Choice::Fresh => getrandom::fill(&mut bytes)
                .map_err(|_| Error::new(Kind::Usage("the system has no randomness for a client id")))?,
            Choice::Drawn(rng) => {
                rand_core::Rng::fill_bytes(
                    &mut *rng.lock().unwrap_or_else(PoisonError::into_inner),
                    &mut bytes,
                );
            }
        }
        Ok(hex::encode(bytes).into())
    }
}

impl Login {
    /// User name and password of at most 65,535 bytes each.
    pub fn new(user: impl Into<String>, password: Option<Zeroizing<Vec<u8>>>) -> Result<Self, Error> {
        let user: String = user.into();
        let longest = password.as_ref().map_or(0, |p| p.len()).max(user.len());
        if longest > usize::from(u16::MAX) || user.contains('\0') {
            return Err(Kind::Usage("user name and password have at most 65535 bytes and no NUL").into());
        }
        Ok(Self { user: user.into(), password: password.map(Bytes::from_owner) })
    }
}

impl Options {
    /// The keep-alive of all Cowl clients, in seconds. One minute keeps most address translators open.
    pub const KEEP_ALIVE_S: u16 = 60;
    /// The largest packet by default: 1 MiB.
    pub const MAX_PACKET: u32 = 1 << 20;
    /// Unacknowledged messages by default.
    pub const IN_FLIGHT: NonZeroU16 = NonZeroU16::new(256).unwrap();
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: Version::default(),
            client_id: ClientId::fresh(),
            login: None,
            pass: None,
            keep_alive_s: Self::KEEP_ALIVE_S,
            will: None,
            user_properties: Vec::new(),
            in_flight: Self::IN_FLIGHT,
            max_packet: Self::MAX_PACKET,
            connect_timeout: Duration::from_secs(10),
        }
    }
}

impl Subscription {
    /// One filter, clean session, automatic acknowledgements, no reconnection.
    pub fn new(filter: Filter, qos: Qos) -> Self {
        Self {
            filters: vec![(filter, qos)],
            session: Session::default(),
            acks: Acks::default(),
            reconnect: Reconnect::default(),
        }
    }
}

impl std::fmt::Debug for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_fresh() { "ClientId(fresh)" } else { "ClientId(named)" })
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(..)")
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("version", &self.version)
            .field("client_id", &self.client_id)
            .field("login", &self.login)
            .field("pass", &self.pass)
            .field("keep_alive_s", &self.keep_alive_s)
            .field("in_flight", &self.in_flight)
            .field("max_packet", &self.max_packet)
            .finish_non_exhaustive()
    }
}
