//! The settings of a listener that RMQTT reads. Its name is RMQTT's.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use rmqtt_codec::types::QoS;

/// What RMQTT grants the clients of a listener.
#[derive(Debug, Clone)]
pub struct Builder {
    /// Where the listener is; RMQTT uses the port to tell handshake queues apart, and logs it.
    pub laddr: SocketAddr,
    /// Handshakes that may wait for their turn.
    pub max_connections: usize,
    /// Handshakes at once.
    pub max_handshaking_limit: usize,
    /// Largest packet either way, in bytes.
    pub max_packet_size: u32,
    /// Whether clients without a user name are let in.
    pub allow_anonymous: bool,
    /// Shortest keep-alive, in seconds.
    pub min_keepalive: u16,
    /// Longest keep-alive, in seconds.
    pub max_keepalive: u16,
    /// Whether a client may have no keep-alive.
    pub allow_zero_keepalive: bool,
    /// Half of the factor by which RMQTT waits longer than the keep-alive.
    pub keepalive_backoff: f32,
    /// Unacknowledged messages towards a client.
    pub max_inflight: NonZeroU16,
    /// Time from accepting a connection to the end of its CONNECT.
    pub handshake_timeout: Duration,
    /// Time for one send. Zero waits for ever.
    pub send_timeout: Duration,
    /// Messages that wait for a client.
    pub max_mqueue_len: usize,
    /// Messages towards a client in a time.
    pub mqueue_rate_limit: (NonZeroU32, Duration),
    /// Longest client id, in bytes.
    pub max_clientid_len: usize,
    /// Highest `QoS` granted.
    pub max_qos_allowed: QoS,
    /// Levels of a topic filter. Zero is any number.
    pub max_topic_levels: usize,
    /// How long a session of MQTT 3.1.1 is kept.
    pub session_expiry_interval: Duration,
    /// How long a session is kept at most. Zero is for ever.
    pub max_session_expiry_interval: Duration,
    /// When an unacknowledged message is sent again. Zero is never.
    pub message_retry_interval: Duration,
    /// The expiry that messages get which have none. Zero is none.
    pub message_expiry_interval: Duration,
    /// Subscriptions of a client. Zero is any number.
    pub max_subscriptions: usize,
    /// Topic aliases of a client.
    pub max_topic_aliases: u16,
    /// Whether filters of the form `$limit/…` limit their subscribers.
    pub limit_subscription: bool,
}

impl Default for Builder {
    /// Strict where a value is a matter of safety: no anonymous clients, no aliases, nothing added to messages.
    fn default() -> Self {
        Self {
            laddr: (Ipv4Addr::UNSPECIFIED, 0).into(),
            max_connections: 1_000,
            max_handshaking_limit: 256,
            max_packet_size: 256 * 1024,
            allow_anonymous: false,
            min_keepalive: 0,
            max_keepalive: u16::MAX,
            allow_zero_keepalive: true,
            keepalive_backoff: 0.75,
            max_inflight: NonZeroU16::MIN.saturating_add(1_023),
            handshake_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(10),
            max_mqueue_len: 1_000,
            mqueue_rate_limit: (NonZeroU32::MAX, Duration::from_secs(1)),
            max_clientid_len: 128,
            max_qos_allowed: QoS::ExactlyOnce,
            max_topic_levels: 16,
            session_expiry_interval: Duration::from_hours(24),
            max_session_expiry_interval: Duration::from_hours(24),
            message_retry_interval: Duration::ZERO,
            message_expiry_interval: Duration::ZERO,
            max_subscriptions: 64,
            max_topic_aliases: 0,
            limit_subscription: false,
        }
    }
}
