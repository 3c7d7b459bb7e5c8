//! The whole spine at library level: an operation, the embedded broker, the service, a device, a responder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

use std::{
    future::Future,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cowl::{
    client::{Notice, Notices, Outbox, Retry, Topics, anonymous_options},
    formats,
    keyring::{KeyringError, Reader, Sender, store_new},
    operation::{Operation, OperationLogin},
    random::SystemRng,
    service::{self, Event, Service},
    transport::{Endpoint, Options, Qos, Scheme, Subscriber, Subscription, Version},
};
use cowl_broker::{Broker, BrokerConfig, Limits, Listeners, Login, Rights, Running, TopicPrefix, Verifier};
use cowl_core::{Epoch, Report, Sealed, SignedManifest, Value};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

const NOW: u64 = 1_800_000_000;
/// Nothing on loopback takes so long.
const SOON: Duration = Duration::from_mins(1);

struct World {
    folder: tempfile::TempDir,
    operation: Operation,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
        Self { folder, operation }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn broker(&self, address: SocketAddr) -> Running {
        let logins = self.operation.logins();
        let login = |login: &OperationLogin, may: Rights| Login {
            user: login.user.clone(),
            secret: Verifier::of_password(login.password.as_bytes()).unwrap(),
            may,
        };
        let topics = self.topics();
        let prefix = |topic: &str| TopicPrefix::new(topic).unwrap();
        let config = BrokerConfig {
            listeners: Listeners { tcp: Some(address), ..Listeners::default() },
            logins: vec![
                login(&logins.operator, Rights::Operator),
                login(&logins.node, Rights::Node),
                login(&logins.device, Rights::Device),
            ],
            topics: cowl_broker::Topics {
                mailbox: prefix(&topics.mailbox()),
                notices: vec![
                    prefix(topics.manifest().unwrap().as_str()),
                    prefix(topics.beacon().unwrap().as_str()),
                ],
                exchange: vec![prefix(topics.bundle().unwrap().as_str())],
                service: None,
            },
            limits: Limits::default(),
            intake: None,
            devices: cowl_broker::Devices::default(),
        };
        Broker::start(config).await.unwrap()
    }

    fn topics(&self) -> Topics {
        Topics::of(self.operation.manifest())
    }

    fn options(&self, login: &OperationLogin) -> Options {
        anonymous_options(self.operation.manifest(), Some(&login.to_credential()), Version::V5).unwrap()
    }

    fn serve(&self, endpoint: &Endpoint, every: u32) -> Serving {
        let (events, heard) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let clock = Arc::new(AtomicU64::new(NOW));
        let (endpoint, options) = (endpoint.clone(), self.options(&self.operation.logins().operator));
        let mut service =
            Service::new(Operation::open(self.operation.folder()).unwrap(), NOW, Some(every)).unwrap();
        let reads = Arc::clone(&clock);
        let task = tokio::spawn(async move {
            // A second passes each time that it is asked, so a beacon that is due every second always is.
            let now = move || reads.fetch_add(1, Ordering::Relaxed);
            let mut tell = |event| drop(events.send(event));
            let stop = async { drop(stopped.await) };
            service::run(&mut service, &endpoint, &options, &now, &mut tell, stop).await.unwrap();
            service.census().unwrap().counted()
        });
        Serving { task, stop, clock, heard }
    }
}

struct Serving {
    task: JoinHandle<u64>,
    stop: oneshot::Sender<()>,
    clock: Arc<AtomicU64>,
    heard: mpsc::UnboundedReceiver<Event>,
}

impl Serving {
    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = soon(self.heard.recv()).await.expect("the service goes on");
            if wanted(&event) {
                return event;
            }
        }
    }
}

async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(SOON, work).await.expect("nothing on loopback takes so long")
}

fn loopback(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

fn enrol(world: &mut World, name: &str, roles: &[&str]) -> PathBuf {
    let path = world.path(&format!("{name}.cowl"));
    let mut rng = SystemRng::new();
    let roles: Vec<_> = roles.iter().map(|role| (*role).to_owned()).collect();
    let enrolled = if roles.is_empty() {
        world.operation.enrol_device(name, Epoch(0), &mut rng).unwrap()
    } else {
        world.operation.enrol_responder(name, &roles, Epoch(0), &mut rng).unwrap()
    };
    store_new(&path, &enrolled.credential, enrolled.first).unwrap();
    path
}

/// Listens until both notices have come.
async fn notices(world: &World, endpoint: &Endpoint, login: &OperationLogin) -> (Vec<u8>, Vec<u8>) {
    let mut notices = Notices::connect(endpoint, &world.options(login), &world.topics()).await.unwrap();
    let (mut manifest, mut beacon) = (None, None);
    while manifest.is_none() || beacon.is_none() {
        match soon(notices.next()).await.unwrap() {
            Notice::Manifest(bytes) => manifest = Some(bytes.to_vec()),
            Notice::Beacon(bytes) => beacon = Some(bytes.to_vec()),
            Notice::Bundle(_) | Notice::Dispatch(_) | Notice::Erasures(_) => {}
        }
    }
    (manifest.unwrap(), beacon.unwrap())
}

fn seal_with(sender: &mut Sender) -> impl FnMut(usize, &Report) -> Result<Sealed, KeyringError> + Send + '_ {
    |identity, report| Ok(sender.seal(identity, report, 0)?.sealed)
}

async fn report(path: &Path, endpoint: &Endpoint, world: &World, beacon: &[u8]) {
    let mut sender = Sender::open(path).unwrap();
    sender.hear(beacon, 0).unwrap();
    let reading = formats::parse(b"temperature: 39.26, severity: high, lat: 18.54, lon: -72.34").unwrap();
    let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
    let report = sender.report(reduced);
    let options = world.options(&world.operation.logins().device);
    let mut outbox =
        Outbox::connect(endpoint.clone(), options, world.topics(), Qos::AtLeastOnce, Retry::default())
            .await
            .unwrap();
    let mut seal = seal_with(&mut sender);
    outbox.send(0, report, &mut seal).await.unwrap();
    assert_eq!(outbox.finish(&mut seal).await.unwrap().reports, 1);
}

#[tokio::test]
async fn a_report_goes_from_a_device_to_the_right_eyes() {
    let mut world = World::new();
    let (phone, medic) = (enrol(&mut world, "phone", &[]), enrol(&mut world, "medic", &["medical"]));
    let broker = world.broker(loopback(0)).await;
    let endpoint = Endpoint::new(Scheme::Tcp, "127.0.0.1", broker.addresses().tcp.unwrap().port());
    let mut serving = world.serve(&endpoint, 300);
    serving.until(|event| matches!(event, Event::Started { .. })).await;

    let (manifest, beacon) = notices(&world, &endpoint, &world.operation.logins().device).await;
    SignedManifest::verify(&manifest, world.operation.manifest().authority()).unwrap();
    let options = world.options(&world.operation.logins().node);
    let wanted = Subscription::new(world.topics().reports().unwrap(), Qos::AtLeastOnce);
    let mut mailbox = Subscriber::connect(&endpoint, &options, wanted).await.unwrap();
    report(&phone, &endpoint, &world, &beacon).await;

    let message = soon(mailbox.next()).await.unwrap();
    assert_eq!(message.payload.len(), world.operation.manifest().layout().enrolled_len());
    let mut reader = Reader::open(&medic, "medical", None).unwrap();
    reader.hear(&beacon, 0).unwrap();
    let mut reports = Vec::new();
    reader.read(&message.payload, 0, &mut reports).unwrap();
    let body = reports[0].body.as_ref().unwrap();
    let severity = reader.manifest().policy.field_index("severity").unwrap();
    assert_eq!(body.get(severity), Some(&Value::Choice(2)));
    assert!(matches!(Reader::open(&medic, "rescue", None), Err(KeyringError::OtherRole(_))));

    drop(serving.stop);
    soon(serving.task).await.unwrap();
    broker.shutdown().await;
}

#[tokio::test]
async fn a_crowd_is_counted_and_its_zones_come_back_in_a_beacon() {
    let mut world = World::new();
    let mut rng = SystemRng::new();
    let path = world.path("gateway.cowl");
    let enrolled = world.operation.enrol_gateway("gateway", 5, Epoch(0), &mut rng).unwrap();
    store_new(&path, &enrolled.credential, enrolled.first).unwrap();
    let broker = world.broker(loopback(0)).await;
    let endpoint = Endpoint::new(Scheme::Tcp, "127.0.0.1", broker.addresses().tcp.unwrap().port());
    let mut serving = world.serve(&endpoint, 1);
    serving.until(|event| matches!(event, Event::Started { .. })).await;

    let mut sender = Sender::open(&path).unwrap();
    let reading = || formats::parse(b"severity: low, lat: 18.54, lon: -72.34").unwrap();
    let options = world.options(&world.operation.logins().node);
    let mut outbox = Outbox::connect(
        endpoint.clone(),
        options.clone(),
        world.topics(),
        Qos::AtLeastOnce,
        Retry::default(),
    )
    .await
    .unwrap();
    for identity in 0..5 {
        let reduced = sender.manifest().policy.reduce(reading(), &sender.surroundings(NOW)).unwrap();
        let report = sender.report(reduced);
        outbox.send(identity, report, &mut seal_with(&mut sender)).await.unwrap();
    }
    outbox.finish(&mut seal_with(&mut sender)).await.unwrap();

    let mut notices = Notices::connect(&endpoint, &options, &world.topics()).await.unwrap();
    while sender.surroundings(NOW).counts.is_none_or(|counts| counts.entries().is_empty()) {
        if let Notice::Beacon(bytes) = soon(notices.next()).await.unwrap() {
            sender.hear(&bytes, 0).unwrap();
        }
    }
    assert_eq!(sender.surroundings(NOW).counts.unwrap().entries().len(), 4, "one zone of each level");
    drop(serving.stop);
    assert_eq!(soon(serving.task).await.unwrap(), 5);
    broker.shutdown().await;
}

#[tokio::test]
async fn the_service_survives_a_restart_of_the_broker_and_a_new_epoch() {
    let world = World::new();
    let broker = world.broker(loopback(0)).await;
    let address = broker.addresses().tcp.unwrap();
    let endpoint = Endpoint::new(Scheme::Tcp, "127.0.0.1", address.port());
    let mut serving = world.serve(&endpoint, 1);
    serving.until(|event| matches!(event, Event::Started { .. })).await;
    broker.shutdown().await;
    serving.until(|event| matches!(event, Event::Lost { .. })).await;

    let broker = world.broker(address).await;
    serving.until(|event| matches!(event, Event::Restored)).await;
    // It retained nothing across its restart; the service told it again.
    let observer = &world.operation.logins().node;
    let (_, beacon) = notices(&world, &endpoint, observer).await;
    let manifest = world.operation.manifest();
    cowl_core::Beacon::verify(&beacon, manifest.authority(), manifest.operation, None).unwrap();

    serving.clock.store(NOW + 6 * 3600, Ordering::Relaxed);
    serving.until(|event| matches!(event, Event::Epoch(Epoch(1)))).await;
    serving.until(|event| matches!(event, Event::Manifest(2))).await;
    let (next, _) = notices(&world, &endpoint, observer).await;
    assert_eq!(manifest.succeed(&next).unwrap().version, 2);

    drop(serving.stop);
    soon(serving.task).await.unwrap();
    broker.shutdown().await;
}

#[tokio::test]
async fn a_broker_that_refuses_ends_the_service() {
    let world = World::new();
    let broker = world.broker(loopback(0)).await;
    let endpoint = Endpoint::new(Scheme::Tcp, "127.0.0.1", broker.addresses().tcp.unwrap().port());
    let mut service = Service::new(Operation::open(world.operation.folder()).unwrap(), NOW, None).unwrap();
    let mut tell = |_: Event| {};
    for (login, is_auth) in
        [(&world.operation.logins().observer, true), (&world.operation.logins().device, false)]
    {
        let options = world.options(login);
        let run = service::run(&mut service, &endpoint, &options, &|| NOW, &mut tell, std::future::pending());
        match soon(run).await {
            Err(service::ServeError::Transport(error)) => assert!(error.is_auth() == is_auth, "{error}"),
            other => panic!("{other:?}"),
        }
    }
    broker.shutdown().await;
}
