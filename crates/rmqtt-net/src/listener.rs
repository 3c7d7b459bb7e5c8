//! Taking connections, no more than there is room for, and bringing them up to MQTT.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::Result;
use crate::builder::Builder;
use crate::carrier::Carrier;
use crate::stream::Dispatcher;
use crate::taker::Intake;
use crate::websocket::WebSocket;

/// The room for connections, shared by the listeners of a broker. It counts from the accepted socket on, whether or not
/// a client ever says anything.
pub struct Doors {
    room: Arc<Semaphore>,
    on_full: Box<dyn Fn() + Send + Sync>,
    names: RandomState,
}

impl Doors {
    /// Room for so many connections at once; `on_full` is called for each that was closed because there was none.
    pub fn new(connections: usize, on_full: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            room: Arc::new(Semaphore::new(connections)),
            on_full: Box::new(on_full),
            names: RandomState::new(),
        }
    }

    /// Another address in place of a peer's: the same for the same peer as long as this broker runs, and nothing else can
    /// be told from it. So RMQTT has no address to log, and who asks for a session can still be compared with who opened
    /// it.
    fn pseudonym(&self, peer: IpAddr) -> SocketAddr {
        let half = |which: u8| self.names.hash_one((which, peer.to_canonical()));
        let bits = (u128::from(half(0)) << 64) | u128::from(half(1));
        SocketAddr::new(Ipv6Addr::from_bits(bits).into(), 0)
    }

    fn enter(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.room).try_acquire_owned().ok();
        if place.is_none() {
            (self.on_full)();
        }
        place
    }
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doors").field("room", &self.room.available_permits()).finish_non_exhaustive()
    }
}

/// How RMQTT tells transports apart. To it all of ours are TCP: the difference ends in this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerType {
    /// Bytes over a stream.
    TCP,
}

/// A bound socket and what is spoken on it.
pub struct Listener {
    /// Always TCP.
    pub typ: ListenerType,
    /// What RMQTT grants on it.
    pub cfg: Arc<Builder>,
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    websocket: bool,
    doors: Arc<Doors>,
    intake: Option<Intake>,
}

impl Listener {
    /// Serves `socket`, with TLS if there is a configuration for it, with WebSocket inside that if asked for. `intake`, if
    /// there is one, sees each PUBLISH before RMQTT.
    pub fn new(
        socket: TcpListener,
        tls: Option<TlsAcceptor>,
        websocket: bool,
        doors: Arc<Doors>,
        intake: Option<Intake>,
        cfg: Builder,
    ) -> Self {
        Self { typ: ListenerType::TCP, cfg: Arc::new(cfg), socket, tls, websocket, doors, intake }
    }

    /// The next connection that there is room for.
    pub async fn accept(&self) -> Result<Acceptor> {
        loop {
            let (stream, peer) = self.socket.accept().await?;
            let Some(place) = self.doors.enter() else { continue };
            // Small packets at once; a socket that refuses this works all the same.
            let _ = stream.set_nodelay(true);
            return Ok(Acceptor {
                stream: Held { stream, _place: place },
                tls: self.tls.clone(),
                websocket: self.websocket,
                deadline: Instant::now() + self.cfg.handshake_timeout,
                cfg: Arc::clone(&self.cfg),
                intake: self.intake.clone(),
                remote_addr: self.doors.pseudonym(peer.ip()),
            });
        }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("cfg", &self.cfg).finish_non_exhaustive()
    }
}

/// A connection that was accepted and has said nothing yet.
pub struct Acceptor {
    /// The pseudonym of the peer's address.
    pub remote_addr: SocketAddr,
    stream: Held,
    tls: Option<TlsAcceptor>,
    websocket: bool,
    deadline: Instant,
    intake: Option<Intake>,
    cfg: Arc<Builder>,
}

impl Acceptor {
    /// Hands the connection to MQTT. What is under MQTT is done there, where it may take its time.
    ///
    /// # Errors
    /// None; RMQTT expects a result.
    pub fn tcp(self) -> Result<Dispatcher> {
        Ok(Dispatcher::new(self))
    }

    /// The settings, and the time by which CONNECT must be there.
    pub(crate) fn terms(&self) -> (Arc<Builder>, Instant) {
        (Arc::clone(&self.cfg), self.deadline)
    }

    /// What takes its publishes.
    pub(crate) fn intake(&self) -> Option<Intake> {
        self.intake.clone()
    }

    /// TLS and WebSocket, as the listener has them.
    pub(crate) async fn carrier(self) -> Result<Carrier> {
        let limit = usize::try_from(self.cfg.max_packet_size).unwrap_or(usize::MAX);
        Ok(match (self.tls, self.websocket) {
            (None, false) => Carrier::tcp(self.stream),
            (None, true) => Carrier::ws(WebSocket::accept(self.stream, limit).await?),
            (Some(tls), false) => Carrier::tls(tls.accept(self.stream).await?),
            (Some(tls), true) => {
                Carrier::wss(WebSocket::accept(tls.accept(self.stream).await?, limit).await?)
            }
        })
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").finish_non_exhaustive()
    }
}

/// A socket and its place among the connections, given back together.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) stream: TcpStream,
    _place: OwnedSemaphorePermit,
}
