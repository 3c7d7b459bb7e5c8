//! RMQTT as a library: one server context, our listeners, our rules.
//!
//! Seen in RMQTT 0.24 and answered here: a message expiry of 300 s unless set; queues and rate limits that lose bursts;
//! a CPU watch that refuses clients when the machine is busy; no handle to end it; and, in its stand-alone program but
//! not in the library, an HTTP port of its own. It logs client ids and addresses through `log`; this crate installs no
//! logger, and neither may the program around it.

use std::future::pending;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmqtt::context::ServerContext;
use rmqtt::net::{Builder, Doors, Intake, Listener};
use rmqtt::router::DefaultRouter;
use rmqtt::server::MqttServer;
use rmqtt::shared::DefaultShared;
use rmqtt::types::{ListenerId, Message, Reason};
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::fitter::Fitters;
use super::hooks;
use super::inside::publish_all;
use super::intake::Devices;
use super::retained::Retained;
use super::tls::server_config;
use super::{Engine, Orders};
use crate::broker::Addresses;
use crate::config::{Limits, Listeners, TlsListener, Transport};
use crate::error::BrokerError;
use crate::gate::Gate;

/// Handshakes at once on one listener; more wait their turn. Each can cost a TLS handshake's worth of CPU (about 1 ms).
const HANDSHAKES: usize = 256;

/// Connections that the kernel holds for us until they are accepted.
const BACKLOG: u32 = 512;

/// How long clients may take to be told that the broker ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// The engine that speaks MQTT through RMQTT.
pub(crate) struct Rmqtt;

impl Engine for Rmqtt {
    async fn serve(
        self,
        listeners: Listeners,
        limits: Limits,
        gate: Arc<Gate>,
        orders: Orders,
        ready: oneshot::Sender<Result<Addresses, BrokerError>>,
    ) {
        let counting = Arc::clone(&gate);
        let doors = Arc::new(Doors::new(size(limits.connections.get()), move || {
            counting.counters.connects_refused_full.add_one();
        }));
        let intake = gate.has_intake().then(|| {
            let devices = Arc::new(Devices(Arc::clone(&gate)));
            Intake::new(devices, limits.held.get().into(), limits.held_bytes.get())
        });
        let bound = match Bound::bind(&listeners, limits, &doors, intake.as_ref()) {
            Ok(bound) => bound,
            Err(error) => {
                // Nobody waits if the start was given up.
                let _ = ready.send(Err(error));
                return;
            }
        };
        let addresses = bound.addresses;
        let context = ServerContext::new()
            .busy_check_enable(false)
            .mqtt_max_sessions(hooks::most_sessions(limits))
            .build()
            .await;
        *context.extends.retain_mut().await =
            Box::new(Retained::new(size(limits.retained_bytes.get()), Arc::clone(&gate)));
        *context.extends.fitter_mgr_mut().await = Box::new(Fitters(limits));
        let server = Arc::new(Mutex::new(Some(context.clone())));
        let (started, is_started) = oneshot::channel();
        hooks::install(&context, &server, &gate, limits, started).await;
        let accepting = bound.server(&context).run();
        let Orders { inside, stopped } = orders;
        let announce = async {
            if is_started.await.is_ok() {
                let _ = ready.send(Ok(addresses));
            }
        };
        tokio::select! {
            // Only a start that failed ends by itself, which the dropped `ready` tells.
            _ = accepting => {}
            () = async { announce.await; let _ = stopped.await; } => {}
            // Ends no sooner than the `Running`.
            () = async { publish_all(context.clone(), inside).await; pending().await } => {}
        }
        dismiss(&context).await;
        server.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// The listeners, open but not served yet.
struct Bound {
    listeners: Vec<(ListenerId, Listener)>,
    addresses: Addresses,
}

impl Bound {
    fn bind(
        wanted: &Listeners,
        limits: Limits,
        doors: &Arc<Doors>,
        intake: Option<&Intake>,
    ) -> Result<Self, BrokerError> {
        let mut bound = Self { listeners: Vec::new(), addresses: Addresses::default() };
        for transport in [Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss] {
            let (address, tls) = match transport {
                Transport::Tcp => (wanted.tcp, None),
                Transport::Tls => (wanted.tls.as_ref().map(|tls| tls.address), wanted.tls.as_ref()),
                Transport::Ws => (wanted.ws, None),
                Transport::Wss => (wanted.wss.as_ref().map(|tls| tls.address), wanted.wss.as_ref()),
            };
            let Some(address) = address else { continue };
            let (listener, local) = bound_listener(transport, address, tls, (limits, doors, intake))?;
            *bound.addresses.of(transport) = Some(local);
            // RMQTT tells listeners apart by a number of ours; it would take the port by itself.
            let id = bound.listeners.len().try_into().unwrap_or(ListenerId::MAX);
            bound.listeners.push((id, listener));
        }
        Ok(bound)
    }

    fn server(self, context: &ServerContext) -> MqttServer {
        let builder = MqttServer::new(context.clone());
        self.listeners
            .into_iter()
            .fold(builder, |builder, (id, listener)| builder.listener_by_id(listener, id))
            .build()
    }
}

fn bound_listener(
    transport: Transport,
    address: SocketAddr,
    tls: Option<&TlsListener>,
    (limits, doors, intake): (Limits, &Arc<Doors>, Option<&Intake>),
) -> Result<(Listener, SocketAddr), BrokerError> {
    let acceptor = match tls {
        Some(tls) => Some(server_config(tls).ok_or(BrokerError::Certificate { transport })?.into()),
        None => None,
    };
    let refused = |source| BrokerError::Bind { transport, address, source };
    let socket =
        if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(refused)?;
    // A broker that was ended can start again at once on its port; two at a time this never allows on Linux.
    socket.set_reuseaddr(true).map_err(refused)?;
    socket.bind(address).map_err(refused)?;
    let socket = socket.listen(BACKLOG).map_err(refused)?;
    let local = socket.local_addr().map_err(refused)?;
    let websocket = matches!(transport, Transport::Ws | Transport::Wss);
    let settings = settings(local, limits);
    Ok((Listener::new(socket, acceptor, websocket, Arc::clone(doors), intake.cloned(), settings), local))
}

/// What all listeners have in common.
fn settings(local: SocketAddr, limits: Limits) -> Builder {
    Builder {
        laddr: local,
        max_connections: size(limits.connections.get()),
        max_handshaking_limit: HANDSHAKES,
        max_packet_size: limits.packet_size.get(),
        // The authentication hook decides; RMQTT asks it either way.
        allow_anonymous: false,
        max_keepalive: limits.keep_alive.get(),
        max_inflight: limits.in_flight,
        handshake_timeout: limits.handshake,
        send_timeout: limits.send,
        max_mqueue_len: size(limits.queue),
        // No rate limit towards subscribers: it would delay what the slots of the senders have timed already.
        mqueue_rate_limit: (NonZeroU32::MAX, Duration::from_secs(1)),
        max_clientid_len: Limits::CLIENT_ID,
        max_topic_levels: Limits::TOPIC_LEVELS,
        max_subscriptions: limits.subscriptions.into(),
        session_expiry_interval: limits.session,
        max_session_expiry_interval: limits.session,
        // MQTT 5 §4.4 forbids to send again on a connection that lasts; TCP does that.
        message_retry_interval: Duration::ZERO,
        // Zero is none. Any other value would be added to each message as its expiry.
        message_expiry_interval: Duration::ZERO,
        ..Builder::default()
    }
}

fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Ends every connection, and takes the server apart: its parts own one another and would never be freed.
async fn dismiss(context: &ServerContext) {
    for client in context.extends.shared().await.iter() {
        if let Some(sender) = client.tx() {
            // It may have gone by itself meanwhile.
            let _ = sender.unbounded_send(Message::Closed(Reason::ConnectRemoteClose));
        }
    }
    let gone = async {
        while context.connections.count() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    // Who does not take the farewell in time is cut off when the runtime ends.
    let _ = timeout(FAREWELL, gone).await;
    *context.extends.shared_mut().await = Box::new(DefaultShared::new(None));
    *context.extends.router_mut().await = Box::new(DefaultRouter::new(None));
}
