//! What a broker is started with.

use std::fmt;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::error::ConfigError;
use crate::filter::TopicFilter;
use crate::intake::Intake;
use crate::login::Login;
use crate::topics::Topics;

/// Everything that a broker needs to run.
#[derive(Clone)]
pub struct BrokerConfig {
    /// Where to listen. Nothing else is opened.
    pub listeners: Listeners,
    /// Who may connect. Whoever is not named here may not, and nobody may without a password, but for
    /// [`Devices::anonymous`].
    pub logins: Vec<Login>,
    /// The topics of the operation; [`Topics::none`] where there are only devices.
    pub topics: Topics,
    /// What one client can cost.
    pub limits: Limits,
    /// What takes the publishes of devices. `None`: they are ordinary messages.
    pub intake: Option<Arc<dyn Intake>>,
    /// What unmodified devices may do besides.
    pub devices: Devices,
}

impl BrokerConfig {
    /// The device side of a gateway: `intake` takes what `logins` publish, nobody is anonymous, nothing is local.
    pub fn of_devices(listeners: Listeners, logins: Vec<Login>, intake: Arc<dyn Intake>) -> Self {
        Self {
            listeners,
            logins,
            topics: Topics::none(),
            limits: Limits::default(),
            intake: Some(intake),
            devices: Devices::default(),
        }
    }
}

impl fmt::Debug for BrokerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerConfig")
            .field("listeners", &self.listeners)
            .field("logins", &self.logins)
            .field("topics", &self.topics)
            .field("limits", &self.limits)
            .field("intake", &self.intake.is_some())
            .field("devices", &self.devices)
            .finish()
    }
}

/// What [unmodified devices](crate::Rights::Unmodified) may do. The default is nothing but publish to the intake, with a
/// login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Devices {
    /// Whether a client without user name and password is let in, as an unmodified device. Whoever reaches the listener
    /// can then send reports in the name of any such device, and the client id is all that tells two apart; only for a
    /// network that nobody else is in.
    pub anonymous: bool,
    /// What devices may publish to one another and subscribe, such as what a switch says to a lamp. Each such message is
    /// read by every device that asks for it.
    pub local: Vec<TopicFilter>,
    /// What devices may subscribe and not publish: where commands come from [`Publisher`](crate::Publisher). Every
    /// device can read the commands of every other.
    pub commands: Vec<TopicFilter>,
}

/// The sockets to open; `None` opens none. Port 0 takes a free port, which
/// [`Addresses`](crate::Addresses) reports.
#[derive(Debug, Clone, Default)]
pub struct Listeners {
    /// MQTT over TCP, in clear: for loopback and links that are protected otherwise.
    pub tcp: Option<SocketAddr>,
    /// MQTT over TLS.
    pub tls: Option<TlsListener>,
    /// MQTT over WebSocket, in clear.
    pub ws: Option<SocketAddr>,
    /// MQTT over WebSocket over TLS.
    pub wss: Option<TlsListener>,
}

impl Listeners {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let none = self.tcp.is_none() && self.tls.is_none() && self.ws.is_none() && self.wss.is_none();
        if none { Err(ConfigError::NoListener) } else { Ok(()) }
    }
}

/// A socket that speaks TLS.
#[derive(Debug, Clone)]
pub struct TlsListener {
    /// Where to listen.
    pub address: SocketAddr,
    /// File with the certificate chain in PEM, the broker's own first.
    pub certificate: PathBuf,
    /// File with the private key in PEM: `PKCS #8`, `SEC1` or `PKCS #1`.
    pub key: PathBuf,
}

/// How a client reaches the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP in clear.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// WebSocket in clear.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        })
    }
}

/// What one client, or all of them, can cost the broker. `Limits::default()` takes the constants beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest MQTT packet either way, in bytes. Each connection can hold one such buffer, so the worst case is this
    /// times `connections`.
    pub packet_size: NonZeroU32,
    /// Clients at once, connected or with a session kept. About 17 kB each while nothing waits for them (`cargo run
    /// --example idle_devices`), and, while connected, one file descriptor.
    pub connections: NonZeroU32,
    /// Longest silence that a client may ask for, in seconds; the broker waits half as long again before it takes the
    /// client for gone. MQTT 5 clients are told; a 3.1.1 client that asks for more, or for none, is held to this
    /// without being told, since that protocol cannot. Longer saves a phone's battery, and lets a dead or hostile
    /// connection hold its place longer (a keep-alive of 65,535 s would hold it 27 hours).
    pub keep_alive: NonZeroU16,
    /// Time from the first byte of a connection to the end of CONNECT. Slow radio links need seconds.
    pub handshake: Duration,
    /// Time that one send to a client that does not read may take before the client is dropped. Messages for it wait
    /// in memory meanwhile.
    pub send: Duration,
    /// Messages waiting for one client. Beyond it `QoS` 0 loses the newest, `QoS` 1 and 2 the oldest, counted as
    /// `dropped_queue_full`. Memory: this times the message size, for each client that falls behind.
    pub queue: u32,
    /// Messages sent to one client and not yet acknowledged (`QoS` 1 and 2). More is faster on a slow link; a client can
    /// ask for fewer with MQTT 5's receive maximum.
    pub in_flight: NonZeroU16,
    /// Publishes of one connection that the [`Intake`] has taken and not settled yet; then its connection is not read
    /// until one is. About 200 bytes each. More lets a fast device fill one sync to disk with more messages; fewer slows
    /// it down earlier.
    pub held: NonZeroU16,
    /// The same for all connections together, in bytes of topics and payloads: what a slow disk can cost in memory
    /// before all devices are slowed down. At least one packet.
    pub held_bytes: NonZeroU32,
    /// Retained messages of all clients together, in bytes as they lie in memory. Beyond it a message is delivered and
    /// not retained, counted as `retained_full`, and its topic has none any more. What comes from inside does not count
    /// against it.
    pub retained_bytes: NonZeroU32,
    /// How long a session is kept after its connection ended, for those that keep one. Longer bridges longer outages of
    /// a responder, at the price of its `queue`.
    pub session: Duration,
    /// Subscriptions of one client. Each costs about 500 bytes and a step in matching.
    pub subscriptions: u16,
    /// Threads of the broker's own runtime. More serve more clients at once; each costs a stack of 2 MB of address space.
    pub threads: NonZeroU16,
}

impl Limits {
    /// 256 KiB: a manifest of a large operation fits, an endless payload does not.
    pub const PACKET_SIZE: NonZeroU32 = NonZeroU32::new(256 * 1024).unwrap();
    /// 1,000, which fits the usual limit of 1,024 file descriptors. Raise both together.
    pub const CONNECTIONS: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
    /// 10 minutes, so a dead connection is gone after 15.
    pub const KEEP_ALIVE: NonZeroU16 = NonZeroU16::new(600).unwrap();
    /// 10 seconds.
    pub const HANDSHAKE: Duration = Duration::from_secs(10);
    /// 10 seconds.
    pub const SEND: Duration = Duration::from_secs(10);
    /// 131,072 messages: a burst of 100,000 reaches a subscriber whole. 130 MB for each subscriber that stopped reading
    /// while reports of 1 kB go on.
    pub const QUEUE: u32 = 131_072;
    /// 1,024, about 1 MB of reports on the way.
    pub const IN_FLIGHT: NonZeroU16 = NonZeroU16::new(1_024).unwrap();
    /// 1,024: more than an MQTT client has on the way by default, and what the MQTT 5 receive maximum grants.
    pub const HELD: NonZeroU16 = NonZeroU16::new(1_024).unwrap();
    /// 64 MiB.
    pub const RETAINED_BYTES: NonZeroU32 = NonZeroU32::new(64 * 1024 * 1024).unwrap();
    /// 32 MiB.
    pub const HELD_BYTES: NonZeroU32 = NonZeroU32::new(32 * 1024 * 1024).unwrap();
    /// One day.
    pub const SESSION: Duration = Duration::from_hours(24);
    /// 64.
    pub const SUBSCRIPTIONS: u16 = 64;
    /// Two.
    pub const THREADS: NonZeroU16 = NonZeroU16::new(2).unwrap();

    /// Topic levels of a topic or filter; deeper ones are refused.
    pub const TOPIC_LEVELS: usize = 16;
    /// Longest topic in bytes that an [`Intake`] is asked about; a longer one is refused.
    pub const TOPIC_LEN: usize = 1_024;
    /// Longest client id in bytes. Clients of Cowl take a fresh random one for each connection.
    pub const CLIENT_ID: usize = 128;

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        // MQTT 5 §2.1.4: a packet is at most 256 MiB. RMQTT reads a limit of zero as none, so zero is refused.
        let bad = self.packet_size.get() > 256 * 1024 * 1024
            || self.connections.get() > 1_000_000
            || self.queue == 0
            || self.subscriptions == 0
            || self.handshake.is_zero()
            || self.send.is_zero()
            || self.held_bytes < self.packet_size
            || self.session.is_zero()
            || self.session > Duration::from_secs(u64::from(u32::MAX));
        if bad { Err(ConfigError::BadLimit) } else { Ok(()) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet_size: Self::PACKET_SIZE,
            connections: Self::CONNECTIONS,
            keep_alive: Self::KEEP_ALIVE,
            handshake: Self::HANDSHAKE,
            send: Self::SEND,
            queue: Self::QUEUE,
            in_flight: Self::IN_FLIGHT,
            held: Self::HELD,
            held_bytes: Self::HELD_BYTES,
            retained_bytes: Self::RETAINED_BYTES,
            session: Self::SESSION,
            subscriptions: Self::SUBSCRIPTIONS,
            threads: Self::THREADS,
        }
    }
}
