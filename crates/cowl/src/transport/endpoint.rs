//! Where the broker is and what is spoken on the way there.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use super::dial::{Stream, dial};
use super::error::Error;
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
    /// What opens connections instead of the system's TCP; then `host` is a name and nothing is looked up.
    pub connector: Option<Connector>,
}

/// Opens streams of bytes that are not this machine's TCP: through a relay, or to a simulated broker.
#[derive(Clone)]
pub struct Connector(Arc<dyn Fn() -> Opening + Send + Sync>);

/// A stream on its way.
pub type Opening = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

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
        Self {
            host: host.into(),
            port,
            scheme,
            ws_path: "/mqtt".to_owned(),
            tls: TlsOptions::default(),
            connector: None,
        }
    }

    /// The same with the trust anchors given.
    #[must_use]
    pub fn trusting(mut self, tls: TlsOptions) -> Self {
        self.tls = tls;
        self
    }

    /// The same through this connector, once for each connection.
    #[must_use]
    pub fn through(mut self, connector: Connector) -> Self {
        self.connector = Some(connector);
        self
    }

    /// A stream of bytes to the broker: TCP, TLS and WebSocket as the scheme says, and no MQTT yet. For who carries the packets of
    /// others.
    pub async fn open(&self) -> Result<Box<dyn Stream>, Error> {
        dial(self).await
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

impl Connector {
    /// Asked for each connection anew.
    pub fn new(open: impl Fn() -> Opening + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    pub(super) fn open(&self) -> Opening {
        (self.0)()
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
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
