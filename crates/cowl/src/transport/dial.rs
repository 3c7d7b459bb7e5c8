//! From an address to a stream of bytes: TCP, then TLS, then WebSocket, as the scheme says.

use std::io;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use super::error::{Error, Kind};
use super::prompt::Prompt;
use super::websocket;
use super::{Endpoint, Scheme};

/// What MQTT runs over. Simulations bring their own.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) async fn dial(endpoint: &Endpoint) -> Result<Box<dyn Stream>, Error> {
    let tcp = match &endpoint.connector {
        Some(connector) => {
            connector.open().await.map_err(|error| connect_error(&endpoint.authority(), &error))?
        }
        None => Box::new(tcp(endpoint).await?),
    };
    Ok(match endpoint.scheme {
        Scheme::Tcp => tcp,
        Scheme::Tls => Box::new(tls(endpoint, tcp).await?),
        Scheme::Ws => Box::new(websocket::open(endpoint, "ws", tcp).await?),
        Scheme::Wss => Box::new(websocket::open(endpoint, "wss", tls(endpoint, tcp).await?).await?),
    })
}

pub(super) async fn tcp(endpoint: &Endpoint) -> Result<Prompt, Error> {
    let peer = endpoint.authority();
    let unreachable = |why| Error::new(Kind::Unreachable { peer: peer.clone(), why });
    let addresses = lookup_host((endpoint.host.as_str(), endpoint.port))
        .await
        .map_err(|_| unreachable("the name does not resolve"))?;
    let mut last = unreachable("the name has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Packets are gathered here already; waiting for more in the kernel only adds latency.
                stream.set_nodelay(true).map_err(|_| unreachable("the socket was closed"))?;
                return Ok(Prompt::new(stream));
            }
            Err(error) => last = connect_error(&peer, &error),
        }
    }
    Err(last)
}

async fn tls(endpoint: &Endpoint, tcp: Box<dyn Stream>) -> Result<impl Stream + use<>, Error> {
    let failed = |why: String| Error::new(Kind::Tls { peer: endpoint.authority(), why });
    let config = endpoint.tls.client_config().map_err(failed)?;
    let name = ServerName::try_from(endpoint.host.clone())
        .map_err(|_| failed("the host is neither a DNS name nor an IP address".to_owned()))?;
    TlsConnector::from(config).connect(name, tcp).await.map_err(|error| failed(tls_text(&error)))
}

fn connect_error(peer: &str, error: &io::Error) -> Error {
    let peer = peer.to_owned();
    let why = match error.kind() {
        io::ErrorKind::ConnectionRefused => return Kind::Refused { peer }.into(),
        io::ErrorKind::TimedOut => "no answer",
        io::ErrorKind::HostUnreachable => "no route to the host",
        io::ErrorKind::NetworkUnreachable => "no route to its network",
        io::ErrorKind::PermissionDenied => "this system forbids the connection",
        _ => "the connection could not be opened",
    };
    Kind::Unreachable { peer, why }.into()
}

/// rustls describes certificates and alerts, never what was sent.
pub(super) fn tls_text(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => error.to_string(),
        None => "the connection was closed during the handshake".to_owned(),
    }
}

/// For errors of a stream that worked.
pub(super) fn stream_error(error: &io::Error) -> Error {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        // In TLS 1.3 the server judges the client after the client thinks that it is connected.
        return match tls {
            rustls::Error::AlertReceived(_) => Kind::Lost("the broker ended it with a TLS alert").into(),
            _ => Kind::Protocol("its TLS records cannot be read").into(),
        };
    }
    let why = match error.kind() {
        io::ErrorKind::ConnectionReset => "reset by the broker",
        io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => "closed by the broker",
        io::ErrorKind::TimedOut => "the network gave up",
        io::ErrorKind::InvalidData => {
            return Kind::Protocol("its WebSocket frames cannot be read").into();
        }
        _ => "the network failed",
    };
    Kind::Lost(why).into()
}
