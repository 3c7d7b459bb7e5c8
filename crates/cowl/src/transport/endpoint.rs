//! Where the broker is and what is spoken on the way there.

use super::tls::TlsOptions;

/// A broker's address.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Name or IP address. A name is looked up in DNS (seen there), and sent in TLS's clear greeting.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The layers below MQTT.
    pub scheme: Scheme,
    /// The path of a WebSocket; brokers expect `/mqtt` as a rule.
    pub ws_path: String,
    /// Whom to trust; unused without TLS.
    pub tls: TlsOptions,
}

/// The layers below MQTT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Bare TCP (port 1883): login, topics and packet sizes can be read on the way.
    #[default]
    Tcp,
    /// TLS 1.3 (port 8883).
    Tls,
    /// WebSocket over TCP (port 80, often 8080 or 9001).
    Ws,
    /// WebSocket over TLS 1.3 (port 443).
    Wss,
}

impl Endpoint {
    /// An endpoint with path `/mqtt` and no trust anchor yet.
    pub fn new(scheme: Scheme, host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, scheme, ws_path: "/mqtt".to_owned(), tls: TlsOptions::default() }
    }

    /// The same with the trust anchors given.
    #[must_use]
    pub fn trusting(mut self, tls: TlsOptions) -> Self {
        self.tls = tls;
        self
    }

    /// `host:port`, for error texts and the WebSocket's URL.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Scheme {
    /// The registered or usual port.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Tcp => 1883,
            Self::Tls => 8883,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }

    /// Whether the way to the broker is encrypted.
    pub fn is_encrypted(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }
}
