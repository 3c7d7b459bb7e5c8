//! A transparent proxy in front of a broker.
//!
//! Bytes go through unchanged, in both directions, as soon as they are read; a slow side slows the other down, as TCP does. The recording
//! never delays or ends the traffic: when the disk is slow or full, events are missing in the trace and counted, and the operation goes on.

use core::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Recorder;
use super::ear::Ear;
use super::tls::{ServerTls, TrustedTls};
use crate::trace::{Closing, ConnectionId, Way};

/// Bytes that one direction of a connection holds.
pub const BUFFER: usize = 16 << 10;
/// How long connecting to the broker, and each TLS handshake, may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the tap waits when the system has no more file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Where a tap stands.
#[derive(Debug)]
pub struct TapOptions {
    /// Host and port of the broker.
    pub broker: String,
    /// Ends the clients' TLS here with this certificate, and so reads what is in it. Clients must be told to trust it.
    pub end_tls: Option<ServerTls>,
    /// Speaks TLS to the broker.
    pub broker_tls: Option<TrustedTls>,
    /// Connections at a time; further ones wait in the system's queue. Each needs two file descriptors and 40 KiB.
    pub max_connections: usize,
}

/// A listening tap.
#[derive(Debug)]
pub struct Tap {
    listener: TcpListener,
    options: Arc<TapOptions>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TapSummary {
    /// Connections that came.
    pub connections: u64,
    /// Connections for which the broker could not be reached, or TLS not be agreed on.
    pub refused: u64,
}

impl TapOptions {
    /// To a broker, without TLS of its own.
    pub fn new(broker: impl Into<String>) -> Self {
        Self { broker: broker.into(), end_tls: None, broker_tls: None, max_connections: 10_000 }
    }
}

impl Tap {
    /// Listens at an address such as `127.0.0.1:1884`.
    ///
    /// # Errors
    /// If the address is not one, or taken.
    pub async fn bind(listen: &str, options: TapOptions) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(listen).await?, options: Arc::new(options) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// As the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Forwards and records until `stop` is done, then closes all connections.
    pub async fn run(self, recorder: Arc<Recorder>, stop: impl Future<Output = ()>) -> TapSummary {
        let (closing, closed) = watch::channel(());
        let room = Arc::new(Semaphore::new(self.options.max_connections));
        let refused = Arc::new(AtomicU64::new(0));
        let mut connections = 0;
        let mut tasks = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let next = async {
                let place = Arc::clone(&room).acquire_owned().await;
                (self.listener.accept().await, place)
            };
            let (accepted, place) = tokio::select! {
                () = &mut stop => break,
                next = next => next,
                Some(_) = tasks.join_next() => continue,
            };
            let Ok((client, _)) = accepted else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let id = ConnectionId(connections);
            connections += 1;
            let (options, recorder) = (Arc::clone(&self.options), Arc::clone(&recorder));
            let (mut closed, refused) = (closed.clone(), Arc::clone(&refused));
            tasks.spawn(async move {
                let _place = place;
                let ear = Mutex::new(Ear::new(id, recorder, &client, options.end_tls.is_some()));
                let ended = tokio::select! {
                    ended = forward(client, &options, &ear) => ended,
                    _ = closed.changed() => Ended::Cut,
                };
                refused.fetch_add(u64::from(matches!(ended, Ended::Refused)), Relaxed);
                heard(&ear).close(match ended {
                    Ended::Orderly => Closing::Orderly,
                    Ended::Broken | Ended::Refused => Closing::Broken,
                    Ended::Cut => Closing::Unseen,
                });
            });
        }
        drop(closing);
        while tasks.join_next().await.is_some() {}
        TapSummary { connections, refused: refused.load(Relaxed) }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy)]
enum Ended {
    Orderly,
    Broken,
    /// Never began.
    Refused,
    /// By the tap's own end.
    Cut,
}

/// Plain or TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn forward(client: TcpStream, options: &TapOptions, ear: &Mutex<Ear>) -> Ended {
    let Ok((client, server)) = connect(client, options, ear).await else { return Ended::Refused };
    let (mut from_client, mut to_client) = split(client);
    let (mut from_server, mut to_server) = split(server);
    let up = pump(&mut from_client, &mut to_server, Way::ToServer, ear);
    let down = pump(&mut from_server, &mut to_client, Way::ToClient, ear);
    // an error on one side ends both: nothing can be forwarded any more
    match tokio::try_join!(up, down) {
        Ok(_) => Ended::Orderly,
        Err(_) => Ended::Broken,
    }
}

async fn connect(
    client: TcpStream,
    options: &TapOptions,
    ear: &Mutex<Ear>,
) -> io::Result<(Box<dyn Stream>, Box<dyn Stream>)> {
    let _ = client.set_nodelay(true);
    let server = timeout(CONNECT_TIMEOUT, TcpStream::connect(&options.broker)).await??;
    let _ = server.set_nodelay(true);
    heard(ear).reached(&server);
    let server: Box<dyn Stream> = match &options.broker_tls {
        Some(tls) => Box::new(timeout(CONNECT_TIMEOUT, tls.connect(server)).await??),
        None => Box::new(server),
    };
    let client: Box<dyn Stream> = match &options.end_tls {
        Some(tls) => {
            let stream = timeout(CONNECT_TIMEOUT, tls.accept(client)).await??;
            heard(ear).hello(stream.get_ref().1);
            Box::new(stream)
        }
        None => Box::new(client),
    };
    Ok((client, server))
}

/// One direction, until its end; then the other side is told of it (half-close).
async fn pump<S: Stream + ?Sized, D: Stream + ?Sized>(
    from: &mut ReadHalf<Box<S>>,
    to: &mut WriteHalf<Box<D>>,
    way: Way,
    ear: &Mutex<Ear>,
) -> io::Result<()>
where
    Box<S>: AsyncRead,
    Box<D>: AsyncWrite,
{
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = from.read(&mut buffer).await?;
        let bytes = buffer.get(..length).unwrap_or(&[]);
        if bytes.is_empty() {
            return to.shutdown().await;
        }
        // before it goes on, so that a question is recorded before its answer; this never waits
        heard(ear).hear(way, bytes);
        to.write_all(bytes).await?;
        to.flush().await?;
    }
}

fn heard(ear: &Mutex<Ear>) -> std::sync::MutexGuard<'_, Ear> {
    ear.lock().unwrap_or_else(PoisonError::into_inner)
}
