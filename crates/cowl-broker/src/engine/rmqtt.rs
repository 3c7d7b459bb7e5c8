//! RMQTT as a library: one server context, our listeners, our rules.
//!
//! Seen in RMQTT 0.24 and answered here: a message expiry of 300 s unless set; queues and rate limits that lose bursts;
//! a CPU watch that refuses clients when the machine is busy; no handle to end it; and, in its stand-alone program but
//! not in the library, an HTTP port of its own. It logs client ids and addresses through `log`; this crate installs no
//! logger, and neither may the program around it.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmqtt::context::ServerContext;
use rmqtt::net::{Builder, Listener};
use rmqtt::router::DefaultRouter;
use rmqtt::server::MqttServer;
use rmqtt::shared::DefaultShared;
use rmqtt::types::{ListenerId, Message, Reason};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::Engine;
use super::fitter::Fitters;
use super::hooks;
use super::retained::Retained;
use crate::broker::Addresses;
use crate::config::{Limits, Listeners, TlsListener, Transport};
use crate::error::BrokerError;
use crate::gate::Gate;

/// Handshakes at once on one listener; more wait their turn. Each can cost a TLS handshake's worth of CPU (about 1 ms).
const HANDSHAKES: usize = 256;

/// Connections that the kernel holds for us until they are accepted.
const BACKLOG: i32 = 512;

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
        ready: oneshot::Sender<Result<Addresses, BrokerError>>,
        stopped: oneshot::Receiver<()>,
    ) {
        let bound = match Bound::bind(&listeners, limits) {
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
        *context.extends.retain_mut().await = Box::new(Retained::new());
        *context.extends.fitter_mgr_mut().await = Box::new(Fitters(limits));
        let server = Arc::new(Mutex::new(Some(context.clone())));
        let (started, is_started) = oneshot::channel();
        hooks::install(&context, &server, &gate, limits, started).await;
        let accepting = bound.server(&context).run();
        let announce = async {
            if is_started.await.is_ok() {
                let _ = ready.send(Ok(addresses));
            }
        };
        tokio::select! {
            // Only a start that failed ends by itself, which the dropped `ready` tells.
            _ = accepting => {}
            () = async { announce.await; let _ = stopped.await; } => {}
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
    fn bind(wanted: &Listeners, limits: Limits) -> Result<Self, BrokerError> {
        let mut bound = Self { listeners: Vec::new(), addresses: Addresses::default() };
        if let Some(address) = wanted.tcp {
            bound.addresses.tcp = Some(bound.open(Transport::Tcp, address, None, limits)?);
        }
        if let Some(tls) = &wanted.tls {
            bound.addresses.tls = Some(bound.open(Transport::Tls, tls.address, Some(tls), limits)?);
        }
        if let Some(address) = wanted.ws {
            bound.addresses.ws = Some(bound.open(Transport::Ws, address, None, limits)?);
        }
        if let Some(tls) = &wanted.wss {
            bound.addresses.wss = Some(bound.open(Transport::Wss, tls.address, Some(tls), limits)?);
        }
        Ok(bound)
    }

    fn open(
        &mut self,
        transport: Transport,
        address: SocketAddr,
        tls: Option<&TlsListener>,
        limits: Limits,
    ) -> Result<SocketAddr, BrokerError> {
        let refused = |source| BrokerError::Bind { transport, address, source };
        let mut builder = settings(limits).laddr(address);
        if let Some(tls) = tls {
            let certificate = tls.certificate.to_str().ok_or(BrokerError::Certificate { transport })?;
            let key = tls.key.to_str().ok_or(BrokerError::Certificate { transport })?;
            builder = builder.tls_cert(Some(certificate)).tls_key(Some(key));
        }
        let listener = builder.bind().map_err(|error| refused(os_error(error)))?;
        let local = listener.local_addr().map_err(|error| refused(os_error(error)))?;
        let listener = match transport {
            Transport::Tcp => listener.tcp(),
            Transport::Tls => listener.tls(),
            Transport::Ws => listener.ws(),
            Transport::Wss => listener.wss(),
        };
        let listener = listener.map_err(|_| BrokerError::Certificate { transport })?;
        // RMQTT tells listeners apart by a number of ours; it would take the port, which is 0 for all free ports.
        let id = self.listeners.len().try_into().unwrap_or(ListenerId::MAX);
        self.listeners.push((id, listener));
        Ok(local)
    }

    fn server(self, context: &ServerContext) -> MqttServer {
        let builder = MqttServer::new(context.clone());
        self.listeners
            .into_iter()
            .fold(builder, |builder, (id, listener)| builder.listener_by_id(listener, id))
            .build()
    }
}

/// What all listeners have in common.
fn settings(limits: Limits) -> Builder {
    Builder::new()
        .name("cowl")
        .backlog(BACKLOG)
        .nodelay(true)
        // A broker that was ended can start again at once on its port; two at a time it never allows on Linux.
        .reuseaddr(Some(true))
        .max_connections(usize::try_from(limits.connections.get()).unwrap_or(usize::MAX))
        .max_handshaking_limit(HANDSHAKES)
        .max_packet_size(limits.packet_size.get())
        .allow_anonymous(false)
        .max_inflight(limits.in_flight)
        .handshake_timeout(limits.handshake)
        .send_timeout(limits.send)
        .max_mqueue_len(usize::try_from(limits.queue).unwrap_or(usize::MAX))
        // No rate limit towards subscribers: it would delay what the slots of the senders have timed already.
        .mqueue_rate_limit(NonZeroU32::MAX, Duration::from_secs(1))
        .max_clientid_len(Limits::CLIENT_ID)
        .max_topic_levels(Limits::TOPIC_LEVELS)
        .max_subscriptions(limits.subscriptions.into())
        .session_expiry_interval(limits.session)
        .max_session_expiry_interval(limits.session)
        // MQTT 5 §4.4 forbids to send again on a connection that lasts; TCP does that.
        .message_retry_interval(Duration::ZERO)
        // Zero is none. Any other value would be added to each message as its expiry.
        .message_expiry_interval(Duration::ZERO)
        .max_topic_aliases(0)
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

fn os_error(error: rmqtt::net::Error) -> io::Error {
    error.downcast::<io::Error>().unwrap_or_else(|_| io::Error::other("the listener was refused"))
}
