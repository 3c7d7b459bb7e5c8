//! A WebSocket from the browser, carried to the broker byte for byte, as far as the [gate](super::gate) lets it through (RFC 6455,
//! MQTT 5 §6). The broker sees this page's address in place of the visitor's.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use bytes::Bytes;
use cowl::{
    service::http::{Door, Pass},
    transport::{Endpoint, Stream},
};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{
    PageLimits,
    connection::Peer,
    gate::{Gate, Rules},
};

/// Bytes of a frame from a browser: the largest report is a few kilobytes.
const FRAME: usize = 64 << 10;
/// Bytes that a broker says on one tunnel: acknowledgements, and nothing else is waited for.
const ANSWERS: usize = 16 << 10;
/// How long the broker may take to be reached.
const DIAL: Duration = Duration::from_secs(10);

/// Where tunnels lead, and how many there are.
#[derive(Debug)]
pub(super) struct Tunnels {
    endpoint: Endpoint,
    limits: PageLimits,
    room: Arc<Semaphore>,
    door: Door,
}

impl Tunnels {
    pub(super) fn new(endpoint: Endpoint, limits: PageLimits) -> Self {
        let (room, door) = (Arc::new(Semaphore::new(limits.tunnels)), Door::new(limits.tunnels_per_address));
        Self { endpoint, limits, room, door }
    }

    /// Answers a request for a tunnel; what it carries runs beside.
    pub(super) fn open(&self, rules: Rules, mut request: Request) -> Response<Body> {
        let Some(accept) = accept_key(request.headers()) else { return refused(StatusCode::BAD_REQUEST) };
        // Another site's page could make its visitors report without knowing.
        if !is_own_page(request.headers()) {
            return refused(StatusCode::FORBIDDEN);
        }
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
        let pass = peer.and_then(|peer| self.door.admit(peer, Instant::now()));
        let place = Arc::clone(&self.room).try_acquire_owned().ok();
        let (Some(pass), Some(place)) = (pass, place) else {
            return refused(StatusCode::SERVICE_UNAVAILABLE);
        };
        let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
            return refused(StatusCode::BAD_REQUEST);
        };
        let tunnel = Tunnel {
            endpoint: self.endpoint.clone(),
            limits: self.limits,
            gate: Gate::new(rules),
            _held: (pass, place),
        };
        tokio::spawn(async move {
            let limits = tunnel.limits;
            let carried = async {
                if let Ok(Ok(upgraded)) = timeout(limits.request, upgrade).await {
                    tunnel.carry(upgraded).await;
                }
            };
            let _ = timeout(limits.tunnel, carried).await;
        });
        let mut response = refused(StatusCode::SWITCHING_PROTOCOLS);
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("mqtt"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        response
    }
}

/// One of them.
struct Tunnel {
    endpoint: Endpoint,
    limits: PageLimits,
    gate: Gate,
    _held: (Pass, OwnedSemaphorePermit),
}

impl Tunnel {
    async fn carry(mut self, upgraded: Upgraded) {
        let config = WebSocketConfig::default().max_message_size(Some(FRAME)).max_frame_size(Some(FRAME));
        let mut browser =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        if let Ok(Ok(mut broker)) = timeout(DIAL, self.endpoint.open()).await {
            self.pump(&mut browser, &mut broker).await;
            let _ = broker.shutdown().await;
        }
        let _ = timeout(Duration::from_secs(1), browser.close(None)).await;
    }

    /// Until one of them ends, says something that is not carried, or is silent for too long.
    async fn pump(&mut self, browser: &mut WebSocketStream<TokioIo<Upgraded>>, broker: &mut Box<dyn Stream>) {
        let mut buffer = vec![0; 4 << 10];
        let mut answered = 0;
        loop {
            let idle = self.limits.tunnel_idle;
            tokio::select! {
                said = timeout(idle, browser.next()) => match said {
                    Ok(Some(Ok(Message::Binary(bytes)))) => {
                        let Ok(packets) = self.gate.pass(&bytes) else { return };
                        if broker.write_all(&packets).await.is_err() || broker.flush().await.is_err() {
                            return;
                        }
                    }
                    Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                    _ => return,
                },
                heard = broker.read(&mut buffer) => {
                    let Ok(count @ 1..) = heard else { return };
                    answered += count;
                    let Some(bytes) = buffer.get(..count).filter(|_| answered <= ANSWERS) else { return };
                    let sent = browser.send(Message::Binary(Bytes::copy_from_slice(bytes)));
                    if !matches!(timeout(idle, sent).await, Ok(Ok(()))) {
                        return;
                    }
                }
            }
        }
    }
}

/// The answer to the browser's key, if this is a WebSocket for MQTT.
fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let lists = |name, wanted: &str| {
        text(name).is_some_and(|all| all.split(',').any(|one| one.trim().eq_ignore_ascii_case(wanted)))
    };
    let is_websocket = lists(header::UPGRADE, "websocket")
        && lists(header::CONNECTION, "upgrade")
        && text(header::SEC_WEBSOCKET_VERSION) == Some("13")
        && lists(header::SEC_WEBSOCKET_PROTOCOL, "mqtt");
    let key = text(header::SEC_WEBSOCKET_KEY).filter(|key| is_websocket && key.len() == 24)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

/// Browsers say whose page asks; what says nothing is no browser, and has nobody's visitors.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let origin = origin.to_str().unwrap_or_default();
    origin
        .split_once("://")
        .is_some_and(|(scheme, rest)| (scheme == "http" || scheme == "https") && rest == host)
}

fn refused(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
