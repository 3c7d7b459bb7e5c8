//! What can be wrong with a configuration, and what can keep the broker from running.

use std::io;
use std::net::SocketAddr;

use crate::config::Transport;

/// A configuration that the broker refuses. Nothing was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Neither TCP, TLS nor WebSocket was asked for.
    #[error("no listener is configured")]
    NoListener,
    /// Nobody could connect.
    #[error("no login is configured")]
    NoLogin,
    /// Two logins share a user name.
    #[error("two logins have the same user name")]
    DuplicateUser,
    /// A user name is empty or longer than [`MAX_USER_LEN`](crate::MAX_USER_LEN).
    #[error("a user name is empty or too long")]
    UserLength,
    /// A password is shorter than [`MIN_PASSWORD_LEN`](crate::MIN_PASSWORD_LEN).
    #[error("a password is too short: it must be made from at least 128 random bits")]
    ShortPassword,
    /// A topic prefix has a wildcard, an empty level or a leading `$`, or is too long.
    #[error("a topic prefix is empty, too long, or has a wildcard, an empty level or a leading $")]
    BadTopic,
    /// A limit is zero, beyond what MQTT can express, or smaller than the packets that it is to hold.
    #[error("a limit is zero, larger than MQTT allows or smaller than a packet")]
    BadLimit,
}

/// Why the broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address could not be listened on.
    #[error("cannot listen on {address} for {transport}")]
    Bind {
        /// Which listener.
        transport: Transport,
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The certificate or its key could not be read or do not fit together.
    #[error("cannot use the certificate and key configured for {transport}")]
    Certificate {
        /// Which listener.
        transport: Transport,
    },
    /// The broker did not get ready within [`START_LIMIT`](crate::START_LIMIT). What it had opened is closed again.
    #[error("the broker did not get ready within {} s", crate::START_LIMIT.as_secs())]
    TimedOut,
    /// No thread or runtime could be made for the broker.
    #[error("cannot start the broker's threads")]
    Threads(#[source] io::Error),
    /// The broker ended before it was ready.
    #[error("the broker ended while it was starting")]
    Died,
}
