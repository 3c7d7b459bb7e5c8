//! An operation to try the broker with, and clients for it.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::missing_panics_doc,
    clippy::doc_markdown,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves; each test file is a crate of \
              its own and uses a part of this"
)]

pub mod desk;
pub mod mosquitto;
pub mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use cowl_broker::{
    Broker, BrokerConfig, Devices, Limits, Listeners, Login, Rights, Running, ServiceTopics, TlsListener,
    TopicPrefix, Topics, Verifier,
};

pub const MAILBOX: &str = "c/box";
pub const SHARD: &str = "c/box/7";
pub const MANIFEST: &str = "c/manifest";
pub const EXCHANGE: &str = "c/exchange/bundle";
pub const QUESTION: &str = "c/q";
pub const ANSWER: &str = "c/a/00112233445566778899aabbccddeeff";

pub const OPERATOR: &str = "operator";
pub const OBSERVER: &str = "observer";
pub const NODE: &str = "node";
pub const READER: &str = "reader";
pub const DEVICE: &str = "device";
pub const ASKER: &str = "asker";
pub const WALK_IN: &str = "walk-in";
pub const READING_WALK_IN: &str = "reading-walk-in";

/// How long a test waits for something that must happen.
pub const SOON: Duration = Duration::from_mins(2);

pub fn password(user: &str) -> String {
    format!("{user}-0123456789abcdef0123456789abcdef")
}

pub fn login(user: &str, may: Rights) -> Login {
    Login { user: user.into(), secret: Verifier::of_password(password(user).as_bytes()).unwrap(), may }
}

pub fn logins() -> Vec<Login> {
    vec![
        login(OPERATOR, Rights::Operator),
        login(OBSERVER, Rights::Observer),
        login(NODE, Rights::Node),
        login(READER, Rights::Reader),
        login(DEVICE, Rights::Device),
        login(ASKER, Rights::Asker),
        login(WALK_IN, Rights::WALK_IN),
        login(READING_WALK_IN, Rights::WalkIn { reads_notices: true }),
    ]
}

pub fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

pub fn config(listeners: Listeners) -> BrokerConfig {
    let topics = Topics {
        mailbox: TopicPrefix::new(MAILBOX).unwrap(),
        notices: vec![TopicPrefix::new(MANIFEST).unwrap()],
        exchange: vec![TopicPrefix::new("c/exchange").unwrap()],
        service: Some(ServiceTopics {
            questions: TopicPrefix::new("c/q").unwrap(),
            answers: TopicPrefix::new("c/a").unwrap(),
        }),
    };
    let (limits, devices) = (Limits::default(), Devices::default());
    BrokerConfig { listeners, logins: logins(), topics, limits, intake: None, devices }
}

pub fn tcp_only() -> BrokerConfig {
    config(Listeners { tcp: Some(loopback()), ..Listeners::default() })
}

/// A broker on a free TCP port.
pub async fn on_tcp() -> (Running, SocketAddr) {
    let broker = Broker::start(tcp_only()).await.unwrap();
    let address = broker.addresses().tcp.unwrap();
    (broker, address)
}

/// A certificate for `localhost` in files, gone with the value.
pub struct Certificate {
    pub directory: tempfile::TempDir,
    pub der: rustls::pki_types::CertificateDer<'static>,
}

impl Certificate {
    pub fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(directory.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { directory, der: made.cert.der().clone() }
    }

    pub fn file(&self) -> PathBuf {
        self.directory.path().join("cert.pem")
    }

    pub fn listener(&self) -> TlsListener {
        TlsListener {
            address: loopback(),
            certificate: self.file(),
            key: self.directory.path().join("key.pem"),
        }
    }
}
