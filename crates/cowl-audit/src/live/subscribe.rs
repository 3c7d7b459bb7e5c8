//! An MQTT client that subscribes and records what comes.
//!
//! It writes the six packets that it needs itself: what it records are the broker's bytes as they came, and a library would have read them first.

use core::future::Future;
use core::time::Duration;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use super::tls::TrustedTls;
use super::{CONNECT_TIMEOUT, Recorder};
use crate::mqtt::{Body, Frame, Framer, Packet};
use crate::trace::{Carrier, Closing, ConnectionId, Event, Loss, PointId, Way};

/// How often the client is heard of, seconds.
const KEEP_ALIVE: u16 = 30;
/// The only connection of the trace.
const CONNECTION: ConnectionId = ConnectionId(0);

/// Versions of MQTT that it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// MQTT 3.1.1: the broker does not say which messages their senders asked to retain.
    V311,
    /// MQTT 5.
    V5,
}

/// What to subscribe to, and how.
#[derive(Clone)]
pub struct SubscribeOptions {
    /// Host and port.
    pub broker: String,
    /// Over TLS.
    pub tls: Option<TrustedTls>,
    /// The version.
    pub version: Version,
    /// User name and password.
    pub login: Option<(String, String)>,
    /// Topic filters.
    pub filters: Vec<String>,
    /// Quality of service, 0 to 2: above 0 the broker keeps what comes faster than it is read, if it can.
    pub qos: u8,
    /// Ends after so many messages.
    pub count: Option<u64>,
}

/// Why a subscription ended in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscribeEnd {
    /// [`SubscribeOptions::count`] messages came.
    Counted,
    /// It was told to.
    Stopped,
}

/// Why a subscription could not be, or could not go on. What came before is in the trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// No connection.
    #[error("cannot reach the broker")]
    Unreachable(#[source] io::Error),
    /// CONNACK says no: its code.
    #[error("the broker refuses the connection (code {0})")]
    Refused(u8),
    /// SUBACK says no: its code.
    #[error("the broker refuses the subscription (code {0})")]
    NotAllowed(u8),
    /// The broker ended the connection.
    #[error("the broker ended the connection")]
    Ended,
    /// The connection broke.
    #[error("the connection was lost")]
    Lost(#[source] io::Error),
    /// Something else than MQTT answers.
    #[error("what answers does not speak MQTT")]
    NotMqtt,
}

impl core::fmt::Debug for SubscribeOptions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SubscribeOptions")
            .field("version", &self.version)
            .field("qos", &self.qos)
            .finish_non_exhaustive()
    }
}

/// Connects, subscribes and records until `stop` is done, or the count is reached.
///
/// # Errors
/// [`SubscribeError`].
pub async fn subscribe(
    options: &SubscribeOptions,
    recorder: &Recorder,
    stop: impl Future<Output = ()>,
) -> Result<SubscribeEnd, SubscribeError> {
    let unreachable = SubscribeError::Unreachable;
    let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect(&options.broker)).await;
    let stream = connected.map_err(|late| unreachable(late.into()))?.map_err(unreachable)?;
    let (from, to) = (stream.local_addr().ok(), stream.peer_addr().ok());
    match &options.tls {
        None => Session::new(options, recorder, stream, Carrier::Tcp).run(from, to, stop).await,
        Some(tls) => {
            let agreed = timeout(CONNECT_TIMEOUT, tls.connect(stream)).await;
            let stream = agreed.map_err(|late| unreachable(late.into()))?.map_err(unreachable)?;
            Session::new(options, recorder, stream, Carrier::Tls).run(from, to, stop).await
        }
    }
}

struct Session<'a, S> {
    options: &'a SubscribeOptions,
    recorder: &'a Recorder,
    stream: S,
    carrier: Carrier,
    framer: Framer,
    messages: u64,
    /// Acknowledgements to send.
    answers: Vec<u8>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    fn new(options: &'a SubscribeOptions, recorder: &'a Recorder, stream: S, carrier: Carrier) -> Self {
        let (framer, answers) = (Framer::new(), Vec::new());
        Self { options, recorder, stream, carrier, framer, messages: 0, answers }
    }

    async fn run(
        mut self,
        from: Option<SocketAddr>,
        to: Option<SocketAddr>,
        stop: impl Future<Output = ()>,
    ) -> Result<SubscribeEnd, SubscribeError> {
        let (connection, at, point) = (CONNECTION, self.recorder.now(), PointId(0));
        self.recorder.record(&Event::Open { connection, at, point, from, to, carrier: self.carrier });
        let ended = self.listen(stop).await;
        let cause = match &ended {
            Ok(_) => Closing::Unseen,
            Err(SubscribeError::Lost(_)) => Closing::Broken,
            Err(_) => Closing::Orderly,
        };
        self.recorder.record(&Event::Close { connection, at: self.recorder.now(), cause });
        // DISCONNECT, if anybody still listens
        let _ = self.stream.write_all(&[0xe0, 0]).await;
        let _ = self.stream.shutdown().await;
        ended
    }

    async fn listen(&mut self, stop: impl Future<Output = ()>) -> Result<SubscribeEnd, SubscribeError> {
        let hello = connect(self.options);
        self.stream.write_all(&hello).await.map_err(SubscribeError::Lost)?;
        let mut buffer = vec![0; 64 << 10];
        let ping = Duration::from_secs(u64::from(KEEP_ALIVE / 2));
        let silence = 3 * ping;
        let (mut next_ping, mut heard) = (Instant::now() + ping, Instant::now());
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return Ok(SubscribeEnd::Stopped),
                () = sleep_until(next_ping) => {
                    if heard.elapsed() > silence {
                        return Err(SubscribeError::Lost(io::ErrorKind::TimedOut.into()));
                    }
                    self.stream.write_all(&[0xc0, 0]).await.map_err(SubscribeError::Lost)?;
                    next_ping = Instant::now() + ping;
                }
                read = self.stream.read(&mut buffer) => {
                    let length = read.map_err(SubscribeError::Lost)?;
                    if length == 0 {
                        return Err(SubscribeError::Ended);
                    }
                    heard = Instant::now();
                    if let Some(end) = self.take(buffer.get(..length).unwrap_or(&[]))? {
                        return Ok(end);
                    }
                    let answers = core::mem::take(&mut self.answers);
                    self.stream.write_all(&answers).await.map_err(SubscribeError::Lost)?;
                    self.stream.flush().await.map_err(SubscribeError::Lost)?;
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Option<SubscribeEnd>, SubscribeError> {
        let at = self.recorder.now();
        let (recorder, options, answers, messages) =
            (self.recorder, self.options, &mut self.answers, &mut self.messages);
        let mut ended = Ok(None);
        self.framer.push(bytes, |frame| {
            if !matches!(ended, Ok(None)) {
                return;
            }
            let (connection, way) = (CONNECTION, Way::ToClient);
            match frame {
                Frame::Packet(bytes) => {
                    recorder.record(&Event::Packet { connection, at, way, bytes });
                    ended = answer(options, bytes, answers, messages);
                }
                Frame::Lost { bytes, cause } => {
                    recorder.record(&Event::Lost { connection, at, way, bytes, cause });
                    if cause == Loss::NotMqtt {
                        ended = Err(SubscribeError::NotMqtt);
                    }
                }
            }
        });
        if self.framer.is_lost() && matches!(ended, Ok(None)) {
            return Err(SubscribeError::NotMqtt);
        }
        ended
    }
}

/// What a packet from the broker asks for.
fn answer(
    options: &SubscribeOptions,
    bytes: &[u8],
    answers: &mut Vec<u8>,
    messages: &mut u64,
) -> Result<Option<SubscribeEnd>, SubscribeError> {
    let level = match options.version {
        Version::V311 => crate::mqtt::Level::V3_1_1,
        Version::V5 => crate::mqtt::Level::V5,
    };
    let Some(packet) = Packet::read(bytes, Some(level)) else { return Ok(None) };
    match packet.body {
        Body::Connack(connack) if connack.reason != 0 => return Err(SubscribeError::Refused(connack.reason)),
        Body::Connack(_) => answers.extend(subscription(options)),
        Body::Suback(suback) => {
            if let Some(code) = suback.reasons.iter().find(|code| **code >= 0x80) {
                return Err(SubscribeError::NotAllowed(*code));
            }
        }
        Body::Publish(publish) => {
            let kind = if publish.qos == 2 { 0x50 } else { 0x40 };
            if let Some(id) = publish.packet_id {
                acknowledge(kind, id, answers);
            }
            *messages += 1;
            if options.count.is_some_and(|count| *messages >= count) {
                return Ok(Some(SubscribeEnd::Counted));
            }
        }
        Body::Pubrel(released) => acknowledge(0x70, released.packet_id, answers),
        Body::Disconnect(_) => return Err(SubscribeError::Ended),
        _ => {}
    }
    Ok(None)
}

/// PUBACK, PUBREC and PUBCOMP are alike in both versions when all is well.
fn acknowledge(kind: u8, id: u16, answers: &mut Vec<u8>) {
    let [high, low] = id.to_be_bytes();
    answers.extend([kind, 2, high, low]);
}

/// CONNECT: a clean session under a name that the broker chooses.
fn connect(options: &SubscribeOptions) -> Vec<u8> {
    let (level, properties): (u8, &[u8]) = match options.version {
        Version::V311 => (4, &[]),
        Version::V5 => (5, &[0]),
    };
    let flags = if options.login.is_some() { 0xc2 } else { 0x02 };
    let mut body = b"\0\x04MQTT".to_vec();
    body.extend([level, flags]);
    body.extend(KEEP_ALIVE.to_be_bytes());
    body.extend(properties);
    text(&mut body, "");
    if let Some((user, password)) = &options.login {
        text(&mut body, user);
        text(&mut body, password);
    }
    packet(0x10, &body)
}

/// SUBSCRIBE, identifier 1. Under MQTT 5 retained messages keep their flag (§3.8.3.1).
fn subscription(options: &SubscribeOptions) -> Vec<u8> {
    let mut body = vec![0, 1];
    let asked = match options.version {
        Version::V311 => options.qos,
        Version::V5 => {
            body.push(0);
            options.qos | 0x08
        }
    };
    for filter in &options.filters {
        text(&mut body, filter);
        body.push(asked);
    }
    packet(0x82, &body)
}

/// At most 65,535 bytes, as MQTT has it.
fn text(out: &mut Vec<u8>, text: &str) {
    let text = text.get(..text.floor_char_boundary(usize::from(u16::MAX))).unwrap_or_default();
    out.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    let mut length = body.len();
    loop {
        let digit = u8::try_from(length % 128).unwrap_or(0);
        length /= 128;
        if length == 0 {
            out.push(digit);
            break;
        }
        out.push(digit | 0x80);
    }
    out.extend_from_slice(body);
    out
}
