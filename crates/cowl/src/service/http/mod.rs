//! Where people join and members renew, over HTTP: `cowl serve --http` (spec §10.3).
//!
//! Two things are answered: `GET /v1/manifest` with the newest manifest, which is public and signed, and `POST /v1/exchange` with
//! whatever the exchange says to a sealed request. Every failure is answered alike. Nothing of a peer is kept or told: not its
//! address, not what it asked. There is no TLS: requests and answers are sealed by themselves, and certificates would need right
//! clocks and names.

mod admission;
mod asked;
mod connection;
mod door;
mod rules;
mod window;

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, Method, Response, StatusCode, header},
    routing::any,
};
use tokio::{net::TcpListener, sync::Semaphore};

pub use admission::AdmissionListener;
pub use connection::accept;
pub use door::{Door, Pass, PerAddress};
pub use window::{Clerk, Question, Window, window};

/// What the listener answers with. Called from many connections at once; [`Self::exchange`] may take its time.
pub trait Answers: Send + Sync + 'static {
    /// The newest manifest, signed.
    fn manifest(&self) -> Vec<u8>;
    /// The answer to a sealed request; `None` for whatever reason it gets none.
    fn exchange(&self, request: &[u8]) -> Option<Vec<u8>>;
}

/// What strangers can cost.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// Connections at a time; further ones wait to be accepted.
    pub connections: usize,
    /// Bytes of a request's body.
    pub body: usize,
    /// How long a request may take to come in whole.
    pub request: Duration,
    /// What one address may take of it; `None`: all.
    pub per_address: Option<PerAddress>,
    /// How long a connection may last: the largest answer has to pass, on a slow link.
    pub connection: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            body: 64 << 10,
            request: Duration::from_secs(20),
            per_address: Some(PerAddress::default()),
            connection: Duration::from_mins(5),
        }
    }
}

/// A socket that listens.
#[derive(Debug)]
pub struct HttpListener {
    listener: TcpListener,
    limits: HttpLimits,
}

impl HttpListener {
    /// Listens on an address from now on; connections wait until [`Self::run`].
    pub async fn bind(address: SocketAddr, limits: HttpLimits) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, limits })
    }

    /// Where: with the port that the system gave, if 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop` completes; what is being answered then is broken off.
    pub async fn run(self, answers: Arc<dyn Answers>, stop: impl Future<Output = ()>) {
        let Self { listener, limits } = self;
        let desk = Desk { answers, limits, turn: Arc::new(Semaphore::new(1)) };
        let router = Router::new()
            // Any method: axum's own answer to a wrong one names the right ones.
            .route("/v1/manifest", any(manifest))
            .route("/v1/exchange", any(exchange))
            .fallback(refused)
            .layer(DefaultBodyLimit::disable())
            .with_state(desk);
        tokio::select! {
            () = accept(&listener, &router, limits) => {}
            () = stop => {}
        }
    }
}

/// What handlers share.
#[derive(Clone)]
struct Desk {
    answers: Arc<dyn Answers>,
    limits: HttpLimits,
    /// One exchange at a time: however many ask, one core is busy with them.
    turn: Arc<Semaphore>,
}

async fn manifest(State(desk): State<Desk>, method: Method) -> Response<Body> {
    if method != Method::GET {
        return refused().await;
    }
    match tokio::task::spawn_blocking(move || desk.answers.manifest()).await {
        Ok(bytes) => answered(bytes),
        Err(_) => refused().await,
    }
}

async fn exchange(State(desk): State<Desk>, method: Method, body: Body) -> Response<Body> {
    if method != Method::POST {
        return refused().await;
    }
    let Desk { answers, limits, turn } = desk;
    let read = tokio::time::timeout(limits.request, axum::body::to_bytes(body, limits.body)).await;
    let Ok(Ok(request)) = read else { return refused().await };
    let Ok(turn) = turn.acquire_owned().await else { return refused().await };
    let answer = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        answers.exchange(&request)
    });
    match answer.await {
        Ok(Some(answer)) => answered(answer),
        Ok(None) | Err(_) => refused().await,
    }
}

fn answered(bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    common(&mut response);
    response
}

/// Whatever the reason.
async fn refused() -> Response<Body> {
    let mut response = Response::new(Body::from("refused\n"));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    common(&mut response);
    response
}

fn common(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
