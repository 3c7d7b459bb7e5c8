//! The adversaries of the audit.

use serde::{Deserialize, Serialize};

/// Who attacks. Each sees what its place shows, and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Adversary {
    /// Somebody on the path, of traffic without TLS: addresses and every byte.
    Network,
    /// Somebody on the path, of traffic under TLS: addresses, sizes of records, times.
    NetworkTls,
    /// The broker: connections, addresses, client ids, topics, payloads.
    Broker,
    /// A client subscribed to `#`: topics, payloads, times.
    Subscriber,
    /// A relay: its phones' addresses, sizes and times, and what it publishes.
    Relay,
    /// A gateway: its devices' connections and what they say.
    Gateway,
    /// A subscriber with the keys of one enrolled device.
    Insider,
    /// A responder of one role, curious beyond his task.
    Role,
    /// The broker together with a responder of one role.
    BrokerRole,
    /// A relay together with a responder of one role.
    RelayRole,
    /// A subscriber who took a phone at the end.
    StolenPhone,
}

impl Adversary {
    /// All, in the scorecard's order.
    pub const ALL: [Self; 11] = [
        Self::Network,
        Self::NetworkTls,
        Self::Broker,
        Self::Subscriber,
        Self::Relay,
        Self::Gateway,
        Self::Insider,
        Self::Role,
        Self::BrokerRole,
        Self::RelayRole,
        Self::StolenPhone,
    ];

    /// Stable name, as in files and options.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::NetworkTls => "network-tls",
            Self::Broker => "broker",
            Self::Subscriber => "subscriber",
            Self::Relay => "relay",
            Self::Gateway => "gateway",
            Self::Insider => "insider",
            Self::Role => "role",
            Self::BrokerRole => "broker-role",
            Self::RelayRole => "relay-role",
            Self::StolenPhone => "stolen-phone",
        }
    }
}
