//! Starting and ending a broker. The broker has a thread and a runtime of its own: ending those ends everything it
//! opened, whatever the engine left running.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::config::{BrokerConfig, Limits, Listeners, Transport};
use crate::counters::Counts;
use crate::engine::{Engine, Orders, Rmqtt};
use crate::error::{BrokerError, ConfigError};
use crate::gate::Gate;
use crate::intake::Qos;
use crate::login::Login;
use crate::publisher::{PublishError, Publisher};

/// How long a broker may take to get ready.
pub const START_LIMIT: Duration = Duration::from_secs(10);

/// How long tasks of the broker may take to end; then they are abandoned.
const END_LIMIT: Duration = Duration::from_secs(5);

/// The embedded broker.
#[derive(Debug)]
#[non_exhaustive]
pub struct Broker;

impl Broker {
    /// Opens the listeners of `config`, and nothing else, and serves them until the [`Running`] is shut down or
    /// dropped. Returns when clients can connect.
    ///
    /// Any number of brokers can run in one process; they share nothing.
    ///
    /// # Errors
    /// [`BrokerError`] if the configuration is refused, an address or certificate cannot be used, or the broker is not
    /// ready within [`START_LIMIT`]. Nothing stays open then.
    pub async fn start(config: BrokerConfig) -> Result<Running, BrokerError> {
        config.listeners.check()?;
        config.limits.check()?;
        let BrokerConfig { listeners, logins, topics, limits, intake, devices } = config;
        let gate = Arc::new(Gate::new(topics, logins, intake, devices)?);
        start_engine(Rmqtt, listeners, limits, gate).await
    }
}

/// A broker that is running. Dropping it ends the broker too, without waiting for the end.
#[derive(Debug)]
#[must_use = "dropping it ends the broker"]
pub struct Running {
    addresses: Addresses,
    gate: Arc<Gate>,
    publisher: Publisher,
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
    thread: JoinHandle<()>,
}

impl Running {
    /// Replaces all logins, such as when a new period's device login begins.
    ///
    /// Clients that are connected stay so; what they may do follows the new list from now on, and a login that is not
    /// in it may do nothing.
    ///
    /// # Errors
    /// [`ConfigError`] as at the start; the old logins stay then.
    pub fn replace_logins(&self, logins: Vec<Login>) -> Result<(), ConfigError> {
        self.gate.replace_logins(logins)
    }

    /// Publishes from inside, as [`Publisher::publish`] does.
    ///
    /// # Errors
    /// As there.
    pub async fn publish(
        &self,
        topic: impl Into<String>,
        payload: impl Into<Vec<u8>>,
        qos: Qos,
        retain: bool,
    ) -> Result<(), PublishError> {
        self.publisher.publish(topic, payload, qos, retain).await
    }

    /// A handle to publish with from elsewhere in the process. It does not keep the broker running.
    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// Ends the broker: closes every listener and connection, and forgets sessions and retained messages. When this
    /// returns the ports are free again.
    pub async fn shutdown(self) {
        let Self { stop, ended, thread, .. } = self;
        drop(stop);
        // An error says that the thread is gone already, which is what was asked for.
        let _ = ended.await;
        // It has nothing left to do but to end.
        let _ = thread.join();
    }

    /// The addresses that are listened on, with the ports that were taken for port 0.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// What was refused and lost so far.
    pub fn counts(&self) -> Counts {
        self.gate.counts()
    }
}

/// Where a running broker listens; as in [`Listeners`], `None` where it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Addresses {
    /// MQTT over TCP.
    pub tcp: Option<SocketAddr>,
    /// MQTT over TLS.
    pub tls: Option<SocketAddr>,
    /// MQTT over WebSocket.
    pub ws: Option<SocketAddr>,
    /// MQTT over WebSocket over TLS.
    pub wss: Option<SocketAddr>,
}

impl Addresses {
    pub(crate) fn of(&mut self, transport: Transport) -> &mut Option<SocketAddr> {
        match transport {
            Transport::Tcp => &mut self.tcp,
            Transport::Tls => &mut self.tls,
            Transport::Ws => &mut self.ws,
            Transport::Wss => &mut self.wss,
        }
    }
}

async fn start_engine<E: Engine>(
    engine: E,
    listeners: Listeners,
    limits: Limits,
    gate: Arc<Gate>,
) -> Result<Running, BrokerError> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(limits.threads.get().into())
        .thread_name("cowl-broker")
        .enable_all()
        .build()
        .map_err(BrokerError::Threads)?;
    let (stop, stopped) = oneshot::channel();
    let (publisher, inside) = Publisher::new();
    let (ready, is_ready) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let rules = Arc::clone(&gate);
    let serve = move || {
        runtime.block_on(engine.serve(listeners, limits, rules, Orders { inside, stopped }, ready));
        runtime.shutdown_timeout(END_LIMIT);
        // Nobody waits if the `Running` was dropped.
        let _ = end.send(());
    };
    let thread =
        thread::Builder::new().name("cowl-broker".into()).spawn(serve).map_err(BrokerError::Threads)?;
    // Every early return drops `stop`, which ends the thread.
    let addresses = match timeout(START_LIMIT, is_ready).await {
        Ok(Ok(outcome)) => outcome?,
        Ok(Err(_)) => return Err(BrokerError::Died),
        Err(_) => return Err(BrokerError::TimedOut),
    };
    Ok(Running { addresses, gate, publisher, stop, ended, thread })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Devices;
    use crate::login::{Rights, Verifier};
    use crate::topics::{TopicPrefix, Topics};

    fn gate() -> Arc<Gate> {
        let topics = Topics {
            mailbox: TopicPrefix::new("box").unwrap(),
            notices: Vec::new(),
            exchange: Vec::new(),
            service: None,
        };
        let secret = Verifier::from_sha256([1; 32]);
        let login = Login { user: "operator".into(), secret, may: Rights::Operator };
        Arc::new(Gate::new(topics, vec![login], None, Devices::default()).unwrap())
    }

    /// Never gets ready, as RMQTT once did on a restart, but ends when told to.
    struct Hangs(std::sync::mpsc::Sender<()>);

    impl Engine for Hangs {
        async fn serve(
            self,
            _: Listeners,
            _: Limits,
            _: Arc<Gate>,
            orders: Orders,
            _ready: oneshot::Sender<Result<Addresses, BrokerError>>,
        ) {
            let _ = orders.stopped.await;
            self.0.send(()).unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_start_that_hangs_is_an_error_and_is_ended() {
        let (ended, end) = std::sync::mpsc::channel();
        let outcome = start_engine(Hangs(ended), Listeners::default(), Limits::default(), gate()).await;
        assert!(matches!(outcome, Err(BrokerError::TimedOut)));
        end.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    /// Ends at once.
    struct Dies;

    impl Engine for Dies {
        async fn serve(
            self,
            _: Listeners,
            _: Limits,
            _: Arc<Gate>,
            _: Orders,
            _: oneshot::Sender<Result<Addresses, BrokerError>>,
        ) {
        }
    }

    #[tokio::test]
    async fn an_engine_that_dies_is_an_error() {
        let outcome = start_engine(Dies, Listeners::default(), Limits::default(), gate()).await;
        assert!(matches!(outcome, Err(BrokerError::Died)));
    }

    #[tokio::test]
    async fn a_broker_that_nobody_may_enter_is_refused() {
        let config = BrokerConfig {
            listeners: Listeners { tcp: Some(([127, 0, 0, 1], 0).into()), ..Listeners::default() },
            logins: Vec::new(),
            topics: Topics::none(),
            limits: Limits::default(),
            intake: None,
            devices: Devices::default(),
        };
        let outcome = Broker::start(config).await;
        assert!(matches!(outcome, Err(BrokerError::Config(ConfigError::NoLogin))));
    }

    #[tokio::test]
    async fn a_broker_that_listens_nowhere_is_refused() {
        let config = BrokerConfig {
            listeners: Listeners::default(),
            logins: Vec::new(),
            topics: Topics::none(),
            limits: Limits::default(),
            intake: None,
            devices: Devices { anonymous: true, ..Devices::default() },
        };
        let outcome = Broker::start(config).await;
        assert!(matches!(outcome, Err(BrokerError::Config(ConfigError::NoListener))));
    }
}
