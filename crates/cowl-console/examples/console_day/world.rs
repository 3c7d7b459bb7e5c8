//! An operation with a broker in this process and devices behind a gateway that report: for the example, and for the console's own tests.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    reason = "helpers of an example and of tests; each uses its share, and what goes wrong ends it"
)]

use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use cowl::{
    client::{Topics, anonymous_options},
    formats,
    keyring::{Sender, load_credential, store_new},
    operation::{Operation, OperationLogin},
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    transport::{Endpoint, Options, Publication, Publisher, Qos, Scheme, Version},
};
use cowl_broker::{
    Broker, BrokerConfig, Devices, Limits, Listeners, Login, Rights, Running, TopicPrefix, Verifier,
};
use cowl_core::{Counts, Surroundings};

#[derive(Debug)]
pub struct World {
    pub folder: PathBuf,
    pub operation: Operation,
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl World {
    /// With so many devices behind the gateway, and a responder of these roles.
    pub fn new(folder: &Path, devices: usize, roles: &[&str]) -> Self {
        let mut rng = SystemRng::new();
        let write = |path: &Path| {
            std::fs::write(path.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
            let policy = DEFAULT_POLICY.replace("places = 4096", "places = 8192");
            std::fs::write(path.join("policy.toml"), policy).unwrap();
            Ok(())
        };
        let mut operation = Operation::create_with(&folder.join("ops"), now(), &mut rng, write).unwrap();
        let epoch = operation.epoch_at(now());
        let gateway =
            operation.enrol_gateway("gateway", devices.try_into().unwrap(), epoch, &mut rng).unwrap();
        store_new(&folder.join("gateway"), &gateway.credential, epoch).unwrap();
        let roles: Vec<_> = roles.iter().map(|role| (*role).to_owned()).collect();
        let desk = operation.enrol_responder("desk", &roles, epoch, &mut rng).unwrap();
        store_new(&folder.join("desk"), &desk.credential, epoch).unwrap();
        Self { folder: folder.to_owned(), operation }
    }

    /// A broker with the operation's logins and rules, on a free port.
    pub async fn broker(&self) -> (Running, Endpoint) {
        let topics = Topics::of(self.operation.manifest());
        let logins = self.operation.logins();
        let login = |login: &OperationLogin, may| Login {
            user: login.user.clone(),
            secret: Verifier::of_password(login.password.as_bytes()).unwrap(),
            may,
        };
        let prefix = |topic: &str| TopicPrefix::new(topic).unwrap();
        let config = BrokerConfig {
            listeners: Listeners { tcp: Some(([127, 0, 0, 1], 0).into()), ..Listeners::default() },
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
                    prefix(topics.erasures().unwrap().as_str()),
                ],
                exchange: vec![prefix(topics.bundle().unwrap().as_str())],
                service: None,
            },
            limits: Limits::default(),
            intake: None,
            devices: Devices::default(),
        };
        let broker = Broker::start(config).await.unwrap();
        let address = broker.addresses().tcp.unwrap();
        (broker, Endpoint::new(Scheme::Tcp, "127.0.0.1", address.port()))
    }

    /// How the responder connects.
    pub fn responder_options(&self) -> Options {
        let login = load_credential(&self.folder.join("desk")).unwrap().login;
        anonymous_options(self.operation.manifest(), Some(&login), Version::V5).unwrap()
    }

    /// Publishes the manifest and a beacon, retained.
    pub async fn announce(&mut self, endpoint: &Endpoint) {
        let manifest = self.operation.manifest().bytes().to_vec();
        let beacon = self.operation.beacon(now(), &Counts::default()).unwrap();
        let topics = Topics::of(self.operation.manifest());
        self.say(endpoint, topics.manifest().unwrap(), manifest).await;
        self.say(endpoint, topics.beacon().unwrap(), beacon).await;
    }

    /// Orders to erase, and publishes the list that says so, retained.
    pub async fn erase(&self, endpoint: &Endpoint, orders: &[cowl_core::Erasure]) {
        self.operation.erase(orders, now()).unwrap();
        let list = self.operation.erasure_list(now(), &mut SystemRng::new()).unwrap();
        let topic = Topics::of(self.operation.manifest()).erasures().unwrap();
        self.say(endpoint, topic, list).await;
    }

    async fn say(&self, endpoint: &Endpoint, topic: cowl::transport::Topic, payload: Vec<u8>) {
        let publisher = self.publisher(endpoint, &self.operation.logins().operator).await;
        publisher.publish(Publication::new(topic, payload, Qos::AtLeastOnce).retained()).await.unwrap();
        publisher.disconnect().await.unwrap();
    }

    async fn publisher(&self, endpoint: &Endpoint, login: &OperationLogin) -> Publisher {
        let options =
            anonymous_options(self.operation.manifest(), Some(&login.to_credential()), Version::V5).unwrap();
        Publisher::connect(endpoint, &options).await.unwrap()
    }

    /// The gateway's side.
    pub async fn field(&self, endpoint: &Endpoint) -> Field {
        let publisher = self.publisher(endpoint, &self.operation.logins().node).await;
        let sender = Sender::open(&self.folder.join("gateway")).unwrap();
        Field { publisher, sender, topics: Topics::of(self.operation.manifest()), sent: 0 }
    }
}

/// Devices that report.
#[derive(Debug)]
pub struct Field {
    publisher: Publisher,
    sender: Sender,
    topics: Topics,
    sent: u64,
}

impl Field {
    /// One report of a device.
    pub async fn send(&mut self, device: usize, text: &str) {
        let reading = formats::parse(text.as_bytes()).unwrap();
        let around = Surroundings { counts: None::<&Counts>, now: now() };
        let reduced = self.sender.manifest().policy.reduce(reading, &around).unwrap();
        let report = self.sender.report(reduced);
        let sealed = self.sender.seal(device, &report, 0).unwrap().sealed;
        self.put(&sealed).await;
    }

    /// A cover message of a device.
    pub async fn cover(&mut self, device: usize) {
        let report = self.sender.cover();
        let sealed = self.sender.seal(device, &report, 0).unwrap().sealed;
        self.put(&sealed).await;
    }

    /// Waits until the broker has everything.
    pub async fn flush(&mut self) {
        self.publisher.flush().await.unwrap();
    }

    async fn put(&mut self, sealed: &cowl_core::Sealed) {
        let topic = self.topics.report(sealed).unwrap();
        self.sent += 1;
        let publication = Publication::new(topic, sealed.bytes().to_vec(), Qos::AtLeastOnce);
        self.publisher.enqueue(self.sent, publication).await.unwrap();
    }
}
