//! A client that speaks MQTT byte by byte, so that a test sees exactly what the broker sent.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::{SOON, password};

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

enum Carrier {
    Bytes(Box<dyn Stream>),
    WebSocket(Box<WebSocketStream<Box<dyn Stream>>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V3 = 4,
    V5 = 5,
}

pub const VERSIONS: [Version; 2] = [Version::V3, Version::V5];

/// What goes into CONNECT.
pub struct Connect<'a> {
    pub client_id: &'a str,
    pub user: Option<&'a str>,
    pub password: Option<String>,
    pub clean: bool,
    /// MQTT 5 only, in seconds.
    pub session: u32,
    pub will_topic: Option<&'a str>,
    pub keep_alive: u16,
}

impl<'a> Connect<'a> {
    pub fn as_user(user: &'a str) -> Self {
        Self {
            client_id: "",
            user: Some(user),
            password: Some(password(user)),
            clean: true,
            session: 0,
            will_topic: None,
            keep_alive: 60,
        }
    }
}

/// A packet that the broker sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub first: u8,
    pub body: Vec<u8>,
}

/// A PUBLISH that the broker sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    pub retain: bool,
    pub qos: u8,
    pub topic: String,
    pub id: u16,
    /// The bytes of the MQTT 5 properties, without their length.
    pub properties: Vec<u8>,
    pub payload: Vec<u8>,
}

pub struct Wire {
    carrier: Carrier,
    version: Version,
    received: Vec<u8>,
    put_aside: Vec<Packet>,
}

impl Wire {
    pub async fn tcp(address: SocketAddr, version: Version) -> Self {
        Self::over(Carrier::Bytes(Box::new(TcpStream::connect(address).await.unwrap())), version)
    }

    pub async fn tls(address: SocketAddr, certificate: &CertificateDer<'static>, version: Version) -> Self {
        Self::over(Carrier::Bytes(Box::new(tls(address, certificate).await)), version)
    }

    pub async fn ws(address: SocketAddr, version: Version) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(websocket("ws://localhost/mqtt", Box::new(stream)).await, version)
    }

    pub async fn wss(address: SocketAddr, certificate: &CertificateDer<'static>, version: Version) -> Self {
        let stream = tls(address, certificate).await;
        Self::over(websocket("wss://localhost/mqtt", Box::new(stream)).await, version)
    }

    fn over(carrier: Carrier, version: Version) -> Self {
        Self { carrier, version, received: Vec::new(), put_aside: Vec::new() }
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// Over TCP from an address of this machine other than the usual.
    pub async fn tcp_from(from: [u8; 4], address: SocketAddr, version: Version) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        Self::over(Carrier::Bytes(Box::new(socket.connect(address).await.unwrap())), version)
    }

    /// A connected client over TCP.
    pub async fn logged_in(address: SocketAddr, version: Version, user: &str) -> Self {
        let mut wire = Self::tcp(address, version).await;
        assert_eq!(wire.connect(&Connect::as_user(user)).await, 0, "{user} {version:?}");
        wire
    }

    /// Sends CONNECT and gives the code of CONNACK.
    pub async fn connect(&mut self, connect: &Connect<'_>) -> u8 {
        let packet = self.connect_for_ack(connect).await;
        packet.body[1]
    }

    pub async fn connect_for_ack(&mut self, connect: &Connect<'_>) -> Packet {
        let packet = self.try_connect(connect).await.expect("the broker answers CONNECT");
        assert_eq!(packet.first, 0x20);
        packet
    }

    /// Sends CONNECT; `None` if the broker closes the connection without an answer.
    pub async fn try_connect(&mut self, connect: &Connect<'_>) -> Option<Packet> {
        let v5 = self.version == Version::V5;
        let flags = (u8::from(connect.user.is_some()) << 7)
            | (u8::from(connect.password.is_some()) << 6)
            | (u8::from(connect.will_topic.is_some()) << 2)
            | (u8::from(connect.clean) << 1);
        let mut body = text("MQTT");
        body.extend([self.version as u8, flags]);
        body.extend(connect.keep_alive.to_be_bytes());
        if v5 && connect.session > 0 {
            body.extend([5, 0x11]);
            body.extend(connect.session.to_be_bytes());
        } else if v5 {
            body.push(0);
        }
        body.extend(text(connect.client_id));
        if let Some(topic) = connect.will_topic {
            body.extend(v5.then_some(0));
            body.extend(text(topic));
            body.extend(text("will"));
        }
        body.extend(connect.user.map(text).unwrap_or_default());
        body.extend(connect.password.as_deref().map(text).unwrap_or_default());
        self.send(0x10, &body).await;
        self.packet().await
    }

    /// Sends SUBSCRIBE and gives the code of SUBACK; retained messages that came first are lost.
    pub async fn subscribe(&mut self, filter: &str, qos: u8) -> u8 {
        let mut body = vec![0, 1];
        body.extend((self.version == Version::V5).then_some(0));
        body.extend(text(filter));
        body.push(qos);
        self.send(0x82, &body).await;
        loop {
            let packet = self.packet().await.expect("the broker answers SUBSCRIBE");
            if packet.first == 0x90 {
                return *packet.body.last().unwrap();
            }
        }
    }

    /// Sends SUBSCRIBE and gives the code of SUBACK, or `None` if the broker closes instead.
    pub async fn try_subscribe(&mut self, filter: &str, qos: u8) -> Option<u8> {
        let mut body = vec![0, 1];
        body.extend((self.version == Version::V5).then_some(0));
        body.extend(text(filter));
        body.push(qos);
        self.send(0x82, &body).await;
        let packet = self.packet().await.filter(|packet| packet.first == 0x90)?;
        packet.body.last().copied()
    }

    /// Sends PUBLISH, and for `QoS` 1 gives the code of PUBACK: 0 under MQTT 3.1.1, which has none.
    pub async fn publish(&mut self, topic: &str, payload: &[u8], qos: u8, retain: bool) -> u8 {
        self.publish_with(topic, payload, qos, retain, &[]).await
    }

    pub async fn publish_with(
        &mut self,
        topic: &str,
        payload: &[u8],
        qos: u8,
        retain: bool,
        properties: &[u8],
    ) -> u8 {
        let mut body = text(topic);
        if qos > 0 {
            body.extend([0, 9]);
        }
        if self.version == Version::V5 {
            body.push(u8::try_from(properties.len()).unwrap());
            body.extend(properties);
        }
        body.extend(payload);
        self.send(0x30 | (qos << 1) | u8::from(retain), &body).await;
        if qos == 0 {
            return 0;
        }
        let packet = self.packet().await.expect("the broker acknowledges");
        assert_eq!((packet.first, &packet.body[..2]), (0x40, &[0, 9][..]));
        packet.body.get(2).copied().unwrap_or(0)
    }

    /// Waits until the broker has worked off everything sent so far.
    pub async fn settle(&mut self) {
        self.send(0xc0, &[]).await;
        while self.packet().await.expect("the broker answers PINGREQ").first != 0xd0 {}
    }

    /// The next PUBLISH, left as it is, and whether it says that it was sent before.
    pub async fn look(&mut self) -> (Publish, bool) {
        loop {
            let packet = self.packet().await.expect("the broker stays");
            if packet.first & 0xf0 == 0x30 {
                return (self.parse(&packet), packet.first & 8 != 0);
            }
        }
    }

    /// The next PUBLISH; acknowledged if it wants that.
    pub async fn receive(&mut self) -> Publish {
        loop {
            let packet = self.packet().await.expect("the broker stays");
            if packet.first & 0xf0 == 0x30 {
                let publish = self.parse(&packet);
                if publish.qos == 1 {
                    self.send(0x40, &publish.id.to_be_bytes()).await;
                }
                return publish;
            }
        }
    }

    /// Sends one packet.
    pub async fn send(&mut self, first: u8, body: &[u8]) {
        let mut packet = vec![first];
        let mut length = body.len();
        loop {
            let more = length >= 128;
            packet.push(u8::try_from(length % 128).unwrap() | (u8::from(more) << 7));
            length /= 128;
            if !more {
                break;
            }
        }
        packet.extend(body);
        self.send_bytes(&packet).await;
    }

    /// Sends whatever it is.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        // Whether the broker took it shows in what it says next.
        match &mut self.carrier {
            Carrier::Bytes(stream) => {
                drop(stream.write_all(bytes).await);
                // TLS may keep what a socket did not take at once.
                drop(stream.flush().await);
            }
            Carrier::WebSocket(stream) => drop(stream.send(Message::Binary(bytes.to_vec().into())).await),
        }
    }

    /// Ends this direction.
    pub async fn hang_up(&mut self) {
        match &mut self.carrier {
            Carrier::Bytes(stream) => drop(stream.shutdown().await),
            Carrier::WebSocket(stream) => drop(stream.close().await),
        }
    }

    /// Sends a WebSocket message of its own kind.
    pub async fn send_message(&mut self, message: Message) {
        let Carrier::WebSocket(stream) = &mut self.carrier else { panic!("no WebSocket") };
        drop(stream.send(message).await);
    }

    /// The next packet, or `None` once the broker has closed the connection.
    pub async fn packet(&mut self) -> Option<Packet> {
        if !self.put_aside.is_empty() {
            return Some(self.put_aside.remove(0));
        }
        self.fresh().await
    }

    /// The next packet that begins like this; those before it are put aside.
    pub async fn find(&mut self, first: u8) -> Packet {
        let mut before = Vec::new();
        loop {
            let packet = self.packet().await.expect("the broker stays");
            if packet.first == first {
                before.append(&mut self.put_aside);
                self.put_aside = before;
                return packet;
            }
            before.push(packet);
        }
    }

    async fn fresh(&mut self) -> Option<Packet> {
        loop {
            if let Some((packet, used)) = split(&self.received) {
                self.received.drain(..used);
                return Some(packet);
            }
            let bytes = timeout(SOON, self.read()).await.expect("the broker says something or closes")?;
            self.received.extend(bytes);
        }
    }

    async fn read(&mut self) -> Option<Vec<u8>> {
        match &mut self.carrier {
            Carrier::Bytes(stream) => {
                let mut buffer = vec![0; 64 * 1024];
                let read = stream.read(&mut buffer).await.unwrap_or(0);
                buffer.truncate(read);
                (read > 0).then_some(buffer)
            }
            Carrier::WebSocket(stream) => match stream.next().await? {
                Ok(Message::Binary(bytes)) => Some(bytes.to_vec()),
                Ok(Message::Ping(_) | Message::Pong(_)) => Some(Vec::new()),
                _ => None,
            },
        }
    }

    fn parse(&self, packet: &Packet) -> Publish {
        let qos = (packet.first >> 1) & 3;
        let (topic, mut rest) = packet.body[2..].split_at(number(&packet.body).into());
        let mut id = 0;
        if qos > 0 {
            id = number(rest);
            rest = &rest[2..];
        }
        let mut properties = &[][..];
        if self.version == Version::V5 {
            assert!(rest[0] < 128, "tests use short properties");
            (properties, rest) = rest[1..].split_at(rest[0].into());
        }
        Publish {
            retain: packet.first & 1 == 1,
            qos,
            topic: String::from_utf8(topic.to_vec()).unwrap(),
            id,
            properties: properties.to_vec(),
            payload: rest.to_vec(),
        }
    }
}

/// A TLS connection with rustls's defaults: X25519MLKEM768 first.
pub async fn tls(
    address: SocketAddr,
    certificate: &CertificateDer<'static>,
) -> tokio_rustls::client::TlsStream<TcpStream> {
    tls_with(address, certificate, rustls::DEFAULT_VERSIONS).await.unwrap()
}

pub async fn tls_with(
    address: SocketAddr,
    certificate: &CertificateDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    handshake(address, tls_client(certificate, versions)).await
}

pub fn tls_client(
    certificate: &CertificateDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

pub async fn handshake(
    address: SocketAddr,
    config: Arc<rustls::ClientConfig>,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(config).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

async fn websocket(url: &str, stream: Box<dyn Stream>) -> Carrier {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", "mqtt".parse().unwrap());
    let (stream, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    Carrier::WebSocket(Box::new(stream))
}

fn split(bytes: &[u8]) -> Option<(Packet, usize)> {
    let mut length = 0;
    for (position, byte) in bytes.iter().skip(1).enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            let start = position + 2;
            let body = bytes.get(start..start + length)?.to_vec();
            return Some((Packet { first: bytes[0], body }, start + length));
        }
    }
    None
}

fn number(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}
