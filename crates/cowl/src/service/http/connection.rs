//! Connections: so many at a time, one request each, each for so long.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{HttpLimits, door::Door};

/// How long to wait when the machine has no more sockets to give.
const BREATH: Duration = Duration::from_millis(200);
/// Bytes that hyper holds of a request at a time, its head included: 8 KiB is its least.
const BUFFER: usize = 16 << 10;

/// Takes connections for ever, and has each one's request answered by a router: what every listener of Cowl's stands on. Dropped, it
/// breaks off those that there are.
///
/// A connection that its handler upgrades (RFC 9110 §7.8) is the handler's from then on: it counts here no longer, and has no limit
/// but the handler's own.
pub async fn accept(listener: &TcpListener, router: &Router, limits: HttpLimits) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let door = limits.per_address.map(Door::new);
    let mut connections = JoinSet::new();
    loop {
        // Taken before a connection is: who comes too many waits in the system's queue, and costs nothing here.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        let Ok((stream, peer)) = listener.accept().await else {
            sleep(BREATH).await;
            continue;
        };
        // Closed without a word: an answer would cost what is to be saved.
        let pass = door.as_ref().map(|door| door.admit(peer.ip(), Instant::now()));
        if pass.as_ref().is_some_and(Option::is_none) {
            continue;
        }
        let router = router.clone();
        connections.spawn(async move {
            let _held = (place, pass);
            // Whatever went wrong was the peer's, and nobody is told.
            let _ = timeout(limits.connection, serve(stream, router, limits)).await;
        });
    }
}

async fn serve(stream: TcpStream, router: Router, limits: HttpLimits) -> Result<(), hyper::Error> {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request)
        .keep_alive(false)
        .auto_date_header(false)
        .max_buf_size(BUFFER);
    builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).with_upgrades().await
}
