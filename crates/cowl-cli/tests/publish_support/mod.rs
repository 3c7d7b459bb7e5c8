//! An operation in a temporary folder, a broker on a free port, and the command `cowl pub` as a child process.
#![allow(dead_code, reason = "each test file uses its share")]
#![allow(
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::new_without_default,
    clippy::return_self_not_must_use,
    clippy::too_many_lines,
    reason = "a module of tests, not an interface: it fails by panicking"
)]

pub mod recorder;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cowl::{
    client::{Topics, anonymous_options},
    formats,
    keyring::{ReadReport, Reader, Sender, store_new},
    operation::{Operation, OperationLogin},
    random::SystemRng,
    transport::{Endpoint, Publication, Publisher, Qos, Scheme, Subscriber, Subscription, Version},
};
use cowl_broker::{Broker, BrokerConfig, Limits, Listeners, Login, Rights, Running, TopicPrefix, Verifier};
use cowl_core::Counts;
use serde_json::Value;
use tempfile::TempDir;

/// Nothing on loopback takes so long.
pub const SOON: Duration = Duration::from_mins(2);

/// An operation with a device, a gateway of ten and responders.
pub struct World {
    pub folder: TempDir,
    pub operation: Operation,
}

/// What a child process did.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl World {
    /// With the default policy.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operation =
            Operation::create(&folder.path().join("operation"), now(), &mut SystemRng::new()).unwrap();
        Self::enrolled(folder, operation)
    }

    /// With the default policy changed by `change`.
    pub fn with_policy(change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &Path| {
            use cowl::policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME};
            std::fs::write(path.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
            std::fs::write(path.join("policy.toml"), change(DEFAULT_POLICY.to_owned())).unwrap();
            Ok(())
        };
        let path = folder.path().join("operation");
        let operation = Operation::create_with(&path, now(), &mut SystemRng::new(), write).unwrap();
        Self::enrolled(folder, operation)
    }

    /// With a dangerous preset.
    pub fn dangerous(preset: &str) -> Self {
        Self::with_policy(|policy| {
            policy.replace("preset = \"cowl\"", "") + &format!("\n[dangerous]\npreset = \"{preset}\"\n")
        })
    }

    fn enrolled(folder: TempDir, mut operation: Operation) -> Self {
        let mut rng = SystemRng::new();
        let epoch = operation.epoch_at(now());
        let store = |name: &str, enrolled: cowl::operation::Enrolled| {
            store_new(&folder.path().join(name), &enrolled.credential, epoch).unwrap();
        };
        store("phone", operation.enrol_device("phone", epoch, &mut rng).unwrap());
        store("gateway", operation.enrol_gateway("gateway", 10, epoch, &mut rng).unwrap());
        let roles = ["triage", "medical", "rescue"].map(str::to_owned);
        store("responder", operation.enrol_responder("responder", &roles, epoch, &mut rng).unwrap());
        Self { folder, operation }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes an input file.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A broker with this operation's logins and rules.
    pub fn broker(&self) -> Running {
        let topics = Topics::of(self.operation.manifest());
        let logins = self.operation.logins();
        let login = |login: &OperationLogin, may| Login {
            user: login.user.clone(),
            secret: Verifier::of_password(login.password.as_bytes()).unwrap(),
            may,
        };
        let config = BrokerConfig {
            listeners: Listeners { tcp: Some(([127, 0, 0, 1], 0).into()), ..Listeners::default() },
            logins: vec![
                login(&logins.operator, Rights::Operator),
                login(&logins.observer, Rights::Observer),
                login(&logins.node, Rights::Node),
                login(&logins.device, Rights::Device),
                login(&logins.walk_in, Rights::WalkIn { reads_notices: true }),
            ],
            topics: cowl_broker::Topics {
                mailbox: TopicPrefix::new(topics.mailbox()).unwrap(),
                notices: vec![
                    TopicPrefix::new(topics.manifest().unwrap().as_str()).unwrap(),
                    TopicPrefix::new(topics.beacon().unwrap().as_str()).unwrap(),
                    TopicPrefix::new(topics.bulletin().unwrap().as_str()).unwrap(),
                    TopicPrefix::new(topics.erasures().unwrap().as_str()).unwrap(),
                    TopicPrefix::new(topics.dispatch().unwrap().as_str()).unwrap(),
                ],
                exchange: vec![TopicPrefix::new(topics.bundle().unwrap().as_str()).unwrap()],
                service: None,
            },
            limits: Limits::default(),
            intake: None,
            devices: cowl_broker::Devices::default(),
        };
        runtime().block_on(Broker::start(config)).unwrap()
    }

    /// Publishes the manifest and a beacon for a time, retained.
    pub fn announce(&mut self, port: u16, unix_seconds: u64) {
        let manifest = self.operation.manifest().clone();
        let beacon = self.operation.beacon(unix_seconds, &Counts::default()).unwrap();
        let login = self.operation.logins().operator.to_credential();
        let options = anonymous_options(&manifest, Some(&login), Version::V5).unwrap();
        let topics = Topics::of(&manifest);
        runtime().block_on(async {
            let publisher = Publisher::connect(&endpoint(port), &options).await.unwrap();
            for (topic, payload) in
                [(topics.manifest().unwrap(), manifest.bytes().to_vec()), (topics.beacon().unwrap(), beacon)]
            {
                let notice = Publication::new(topic, payload, Qos::AtLeastOnce).retained();
                publisher.publish(notice).await.unwrap();
            }
            publisher.disconnect().await.unwrap();
        });
    }

    /// Someone who hears all reports.
    pub fn ear(&self, port: u16) -> Ear {
        let manifest = self.operation.manifest();
        let login = self.operation.logins().node.to_credential();
        let mut options = anonymous_options(manifest, Some(&login), Version::V5).unwrap();
        options.in_flight = std::num::NonZeroU16::MAX;
        let wanted = Subscription::new(Topics::of(manifest).reports().unwrap(), Qos::AtLeastOnce);
        let runtime = runtime();
        let subscriber = runtime.block_on(Subscriber::connect(&endpoint(port), &options, wanted)).unwrap();
        Ear { runtime, subscriber }
    }

    pub fn reader(&self, role: &str) -> Reader {
        Reader::open(&self.path("responder"), role, None).unwrap()
    }

    /// The messages opened for a role, as JSON objects.
    pub fn read(&self, role: &str, messages: &[Vec<u8>]) -> (Vec<Value>, Vec<ReadReport>, Reader) {
        let mut reader = self.reader(role);
        let mut reports = Vec::new();
        for message in messages {
            reader.read(message, 0, &mut reports).unwrap();
        }
        reader.search(&mut reports);
        let policy = &self.operation.manifest().policy;
        let values =
            reports.iter().map(|report| formats::to_json(policy, report.body.as_ref().unwrap()).into());
        (values.collect(), reports, reader)
    }

    /// The state of a sender, as the next run would find it.
    pub fn sender(&self, name: &str) -> Sender {
        Sender::open(&self.path(name)).unwrap()
    }

    /// Runs `cowl pub --credential CREDENTIAL -p PORT …`.
    pub fn publish(&self, credential: &str, port: u16, arguments: &[&str]) -> Ran {
        self.publish_from(credential, port, arguments, b"")
    }

    /// The same with standard input.
    pub fn publish_from(&self, credential: &str, port: u16, arguments: &[&str], stdin: &[u8]) -> Ran {
        let mut command = self.command(credential, port);
        run(command.args(arguments), stdin)
    }

    /// `cowl pub --credential CREDENTIAL -h 127.0.0.1 -p PORT`.
    pub fn command(&self, credential: &str, port: u16) -> Command {
        let mut command = cowl_pub();
        command.arg("--credential").arg(self.path(credential)).args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ]);
        command
    }
}

/// Receives reports as they come.
pub struct Ear {
    runtime: tokio::runtime::Runtime,
    subscriber: Subscriber,
}

impl Ear {
    /// The next so many messages.
    pub fn hear(&mut self, count: usize) -> Vec<Vec<u8>> {
        let Self { runtime, subscriber } = self;
        let all = async {
            let mut messages = Vec::new();
            while messages.len() < count {
                messages.push(subscriber.next().await.unwrap().payload.to_vec());
            }
            messages
        };
        runtime.block_on(async { tokio::time::timeout(SOON, all).await.expect("all messages within reason") })
    }

    /// All messages until it is quiet for a while.
    pub fn hear_all(&mut self, at_least: usize) -> Vec<Vec<u8>> {
        let mut messages = self.hear(at_least);
        let Self { runtime, subscriber } = self;
        runtime.block_on(async {
            while let Ok(message) = tokio::time::timeout(Duration::from_millis(500), subscriber.next()).await
            {
                messages.push(message.unwrap().payload.to_vec());
            }
        });
        messages
    }
}

pub fn cowl_pub() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    command.arg("pub").env_remove("COWL_CREDENTIAL");
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command, stdin: &[u8]) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        // It may end before it has read everything.
        let _ = pipe.write_all(&stdin);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.into()
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Fails with what it said unless it ended so.
    #[track_caller]
    pub fn ends(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "out: {}\nerr: {}", self.out, self.err);
        self
    }

    /// Fails unless it said so to people.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.err.contains(text), "no {text:?} in: {}", self.err);
        self
    }
}

pub fn port(broker: &Running) -> u16 {
    broker.addresses().tcp.unwrap().port()
}

/// A port at which nobody listens.
pub fn dead_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn endpoint(port: u16) -> Endpoint {
    Endpoint::new(Scheme::Tcp, "127.0.0.1", port)
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
