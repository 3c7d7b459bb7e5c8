//! What can go wrong between here and the broker.

use std::sync::Arc;

use super::{NoPass, wire::reason};

/// Why a connection could not be made or used.
///
/// One opaque type: ask it what kind of failure it is with the `is_…` predicates, show it with
/// `Display`, and show [`Error::hint`] on a line of its own. The text names the broker's address, never
/// a topic, a payload, a login or a client id. Cloning is cheap: every waiting caller gets the same one.
#[derive(Clone, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    kind: Arc<Kind>,
}

/// The failures, in the order in which a connection meets them.
#[derive(Debug, thiserror::Error)]
pub(super) enum Kind {
    #[error("{0}")]
    Usage(&'static str),
    #[error("message of {size} bytes is larger than the limit of {limit} bytes")]
    TooLarge { size: usize, limit: u32 },
    #[error("connection refused by {peer}")]
    Refused { peer: String },
    #[error("cannot reach {peer}: {why}")]
    Unreachable { peer: String, why: &'static str },
    #[error("no answer from {peer} within {seconds} s")]
    ConnectTimeout { peer: String, seconds: u64 },
    #[error("no secure connection to {peer}: {why}")]
    Tls { peer: String, why: String },
    #[error("no WebSocket at {peer}: {why}")]
    WebSocket { peer: String, why: String },
    #[error("login refused by the broker: {0}")]
    Auth(&'static str),
    #[error(transparent)]
    NoPass(NoPass),
    #[error("token refused by the broker: {0}")]
    PassRefused(&'static str),
    #[error("connection refused by the broker: {0}")]
    Rejected(&'static str),
    #[error("subscription {place} of {of} refused by the broker: {why}")]
    SubscriptionRefused { place: usize, of: usize, why: &'static str },
    #[error("{count} of the messages refused by the broker, the first one: {why}")]
    MessageRefused { count: usize, why: &'static str },
    #[error("the broker does not allow {0}")]
    NotAllowed(&'static str),
    #[error("the broker broke the protocol: {0}")]
    Protocol(&'static str),
    #[error("connection lost: {0}")]
    Lost(&'static str),
    #[error("connection lost: the broker has been silent for {0} s")]
    Silent(u64),
    #[error("the connection is closed")]
    Closed,
}

impl Error {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind: Arc::new(kind) }
    }

    /// For callers within the library that wait themselves: no answer within so many seconds.
    pub(crate) fn silent(seconds: u64) -> Self {
        Kind::Silent(seconds).into()
    }

    /// For callers within the library: what was asked for cannot be.
    pub(crate) fn usage(why: &'static str) -> Self {
        Kind::Usage(why).into()
    }

    /// Nobody listens at that address, or the broker answered that it does not want this connection.
    pub fn is_refused(&self) -> bool {
        matches!(*self.kind, Kind::Refused { .. } | Kind::Rejected(_))
    }

    /// The address does not resolve or no route leads there.
    pub fn is_unreachable(&self) -> bool {
        matches!(*self.kind, Kind::Unreachable { .. })
    }

    /// The TLS handshake failed, or no trust anchor can be used.
    pub fn is_tls(&self) -> bool {
        matches!(*self.kind, Kind::Tls { .. })
    }

    /// The broker refused the login.
    pub fn is_auth(&self) -> bool {
        matches!(*self.kind, Kind::Auth(_) | Kind::PassRefused(_))
    }

    /// There was no [`Pass`](super::Pass) for this connection; nothing was said to the broker.
    pub fn is_no_pass(&self) -> bool {
        matches!(*self.kind, Kind::NoPass(_))
    }

    /// The broker did not answer in time, while connecting or later.
    pub fn is_timeout(&self) -> bool {
        matches!(*self.kind, Kind::ConnectTimeout { .. } | Kind::Silent(_))
    }

    /// The other side does not speak MQTT (or WebSocket) as it must.
    pub fn is_protocol(&self) -> bool {
        matches!(*self.kind, Kind::Protocol(_) | Kind::WebSocket { .. })
    }

    /// A connection that worked ended without our asking. What was not acknowledged is listed by
    /// [`Publisher::unsettled`](super::Publisher::unsettled).
    pub fn is_lost(&self) -> bool {
        matches!(*self.kind, Kind::Lost(_) | Kind::Silent(_))
    }

    /// Another connection under this client id took the session over (only MQTT 5 says so).
    pub fn is_taken_over(&self) -> bool {
        matches!(*self.kind, Kind::Lost(why) if why == reason::TAKEN_OVER)
    }

    /// The broker refuses this message or subscription; the connection itself lives.
    pub fn is_denied(&self) -> bool {
        matches!(
            *self.kind,
            Kind::SubscriptionRefused { .. } | Kind::MessageRefused { .. } | Kind::NotAllowed(_)
        )
    }

    /// The message is larger than the broker or our own limit allows; it was not sent.
    pub fn is_too_large(&self) -> bool {
        matches!(*self.kind, Kind::TooLarge { .. })
    }

    /// The caller asked for something that cannot be, such as a topic with a wildcard.
    pub fn is_usage(&self) -> bool {
        matches!(*self.kind, Kind::Usage(_))
    }

    /// [`disconnect`](super::Publisher::disconnect) was called before.
    pub fn is_closed(&self) -> bool {
        matches!(*self.kind, Kind::Closed)
    }

    /// Whether trying again later, unchanged, can succeed.
    pub fn is_transient(&self) -> bool {
        self.is_lost()
            || self.is_timeout()
            || self.is_unreachable()
            || matches!(*self.kind, Kind::Refused { .. } | Kind::Rejected(_))
            || matches!(&*self.kind, Kind::NoPass(none) if none.is_later)
    }

    /// What the person in front of it can do.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match &*self.kind {
            Kind::Refused { .. } => "is a broker listening there? check host and port",
            Kind::Unreachable { .. } => "check the name, the port and the network",
            Kind::ConnectTimeout { .. } => {
                "is it a broker, and does it expect TLS or WebSocket on this port?"
            }
            Kind::Tls { .. } => "check the CA file or fingerprint, and that the port speaks TLS 1.3",
            Kind::WebSocket { .. } => "check the path and that the port speaks WebSocket",
            Kind::Auth(_) => "check user name and password",
            Kind::NoPass(_) => {
                "`cowl tokens fetch` asks for those of this period, which each member gets once; --urgent spends the reserve"
            }
            Kind::PassRefused(_) => {
                "it was used before, or its period is over: cowl tokens fetch CREDENTIAL asks for those of now"
            }
            Kind::SubscriptionRefused { .. } | Kind::MessageRefused { .. } => {
                "does this login have the right to that topic?"
            }
            Kind::TooLarge { .. } => "raise the limit, or send less",
            Kind::Protocol(_) => "does the port speak MQTT, and in this version?",
            Kind::NotAllowed(_) => "choose another quality of service, or change the broker's settings",
            Kind::Usage(_) | Kind::Rejected(_) | Kind::Lost(_) | Kind::Silent(_) | Kind::Closed => {
                return None;
            }
        })
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.kind.fmt(f)
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}
