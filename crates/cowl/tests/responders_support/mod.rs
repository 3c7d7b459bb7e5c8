//! An operation, devices that send into its mailbox, gateways of responders, and tools that read a local broker.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "helpers of tests; each test file uses its share"
)]

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cowl::{
    client::{Topics, anonymous_options},
    formats,
    keyring::{Sender, load_credential, store_new},
    operation::Operation,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    responders::{self, Config, Counters, Event, Originals, Publish, RespondersError, Template, Way},
    transport::{
        Acks, ClientId, Endpoint, Filter, Message, Options, Publication, Publisher, Qos, Reconnect, Session,
        Subscriber, Subscription, Version,
    },
};
use cowl_core::{Counts, Surroundings};
use serde_json::Value;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

/// Nothing on loopback takes so long.
pub const SOON: Duration = Duration::from_mins(2);

pub struct World {
    pub folder: tempfile::TempDir,
    pub operation: Operation,
}

impl World {
    pub fn new(shards: u16) -> Self {
        Self::with_policy(|policy| policy.replace("\nshards = 1", &format!("\nshards = {shards}")))
    }

    pub fn with_policy(change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let write = |path: &Path| {
            std::fs::write(path.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
            std::fs::write(path.join("policy.toml"), change(DEFAULT_POLICY.to_owned())).unwrap();
            Ok(())
        };
        let mut operation =
            Operation::create_with(&folder.path().join("ops"), now(), &mut rng, write).unwrap();
        let epoch = operation.epoch_at(now());
        let path = |name: &str| folder.path().join(name);
        let gateway = operation.enrol_gateway("gateway", 40, epoch, &mut rng).unwrap();
        store_new(&path("gateway"), &gateway.credential, epoch).unwrap();
        let roles = ["medical", "rescue"].map(str::to_owned);
        let desk = operation.enrol_responder("desk", &roles, epoch, &mut rng).unwrap();
        store_new(&path("desk"), &desk.credential, epoch).unwrap();
        Self { folder, operation }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A folder of one gateway, with its copy of the credential.
    pub fn state(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        cowl::files::private_folder(&folder).unwrap();
        let credential = folder.join("credential");
        if !credential.exists() {
            std::fs::copy(self.path("desk"), &credential).unwrap();
        }
        credential
    }

    /// A device side that sends.
    pub async fn feed(&self, uplink: &Endpoint) -> Feed {
        let manifest = self.operation.manifest();
        let options = anonymous_options(manifest, None, Version::V5).unwrap();
        let publisher = Publisher::connect(uplink, &options).await.unwrap();
        let sender = Sender::open(&self.path("gateway")).unwrap();
        Feed { publisher, sender, topics: Topics::of(manifest), sent: 0 }
    }

    /// Publishes the manifest and a beacon, retained.
    pub async fn announce(&mut self, uplink: &Endpoint) {
        let manifest = self.operation.manifest().clone();
        let beacon = self.operation.beacon(now(), &Counts::default()).unwrap();
        let options = anonymous_options(&manifest, None, Version::V5).unwrap();
        let topics = Topics::of(&manifest);
        let publisher = Publisher::connect(uplink, &options).await.unwrap();
        let notices =
            [(topics.manifest().unwrap(), manifest.bytes().to_vec()), (topics.beacon().unwrap(), beacon)];
        for (topic, payload) in notices {
            publisher.publish(Publication::new(topic, payload, Qos::AtLeastOnce).retained()).await.unwrap();
        }
        publisher.disconnect().await.unwrap();
    }

    /// Orders to erase, and publishes the list that says so, retained.
    pub async fn erase(&self, uplink: &Endpoint, orders: &[cowl_core::Erasure]) {
        let manifest = self.operation.manifest();
        self.operation.erase(orders, now()).unwrap();
        let list = self.operation.erasure_list(now(), &mut SystemRng::new()).unwrap();
        let options = anonymous_options(manifest, None, Version::V5).unwrap();
        let publisher = Publisher::connect(uplink, &options).await.unwrap();
        let topic = Topics::of(manifest).erasures().unwrap();
        publisher.publish(Publication::new(topic, list, Qos::AtLeastOnce).retained()).await.unwrap();
        publisher.disconnect().await.unwrap();
    }

    /// A gateway of responders in this process.
    pub fn gateway(
        &self,
        name: &str,
        role: &str,
        uplink: &Endpoint,
        local: &Endpoint,
        publish: Publish,
    ) -> Gateway {
        Gateway::start(self.config(name, role, uplink, local, publish))
    }

    pub fn config(
        &self,
        name: &str,
        role: &str,
        uplink: &Endpoint,
        local: &Endpoint,
        publish: Publish,
    ) -> Config {
        let credential = self.state(name);
        let login = load_credential(&credential).unwrap().login;
        let manifest = self.operation.manifest();
        let options = anonymous_options(manifest, Some(&login), Version::V5).unwrap();
        Config {
            credential,
            role: role.to_owned(),
            uplink: Way { endpoint: uplink.clone(), options },
            local: Way { endpoint: local.clone(), options: Options::default() },
            is_local_own: false,
            publish,
        }
    }
}

pub fn plain() -> Publish {
    Publish {
        template: Template::DEFAULT.parse().unwrap(),
        originals: Originals::default(),
        retain: false,
        home_assistant: None,
        most_retained: Publish::MOST_RETAINED,
    }
}

/// Sends reports whose note is a number.
pub struct Feed {
    pub publisher: Publisher,
    pub sender: Sender,
    pub topics: Topics,
    pub sent: u64,
}

impl Feed {
    /// One report of an identity.
    pub async fn send(&mut self, identity: usize, text: &str) -> Vec<u8> {
        let reading = formats::parse(text.as_bytes()).unwrap();
        self.send_reading(identity, reading).await
    }

    async fn send_reading(&mut self, identity: usize, reading: cowl_core::Reading) -> Vec<u8> {
        let around = Surroundings { counts: None::<&Counts>, now: now() };
        let reduced = self.sender.manifest().policy.reduce(reading, &around).unwrap();
        let report = self.sender.report(reduced);
        let sealed = self.sender.seal(identity, &report, 0).unwrap().sealed;
        self.put(&sealed).await
    }

    /// The same, sent for a topic.
    pub async fn send_to(&mut self, identity: usize, topic: &str, text: &str) -> Vec<u8> {
        let reading = formats::parse(text.as_bytes()).unwrap().on_topic(topic);
        self.send_reading(identity, reading).await
    }

    /// A cover message.
    pub async fn cover(&mut self, identity: usize) {
        let report = self.sender.cover();
        let sealed = self.sender.seal(identity, &report, 0).unwrap().sealed;
        self.put(&sealed).await;
    }

    async fn put(&mut self, sealed: &cowl_core::Sealed) -> Vec<u8> {
        let topic = self.topics.report(sealed).unwrap();
        let bytes = sealed.bytes().to_vec();
        self.sent += 1;
        self.publisher
            .enqueue(self.sent, Publication::new(topic, bytes.clone(), Qos::AtLeastOnce))
            .await
            .unwrap();
        bytes
    }
}

/// A gateway that runs; aborted when dropped.
pub struct Gateway {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<(Counters, Result<(), RespondersError>)>,
    pub events: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    pub fn start(config: Config) -> Self {
        Self::start_with(config, Arc::default())
    }

    /// With a clock that is so many seconds ahead.
    pub fn start_with(config: Config, ahead: Arc<std::sync::atomic::AtomicU64>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&events);
        let task = tokio::spawn(async move {
            let mut tell = |event: Event| told.lock().unwrap().push(format!("{event:?}"));
            let clock = move || now() + ahead.load(std::sync::atomic::Ordering::Relaxed);
            responders::run(config, &clock, &mut tell, async { drop(stopped.await) }).await
        });
        Self { stop: Some(stop), task, events }
    }

    /// Ends in good order.
    pub async fn stop(mut self) -> Counters {
        drop(self.stop.take());
        let (counters, ended) = timeout(SOON, &mut self.task).await.expect("it ends").unwrap();
        ended.unwrap();
        counters
    }

    /// Ends at once, without another word.
    pub async fn kill(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
        self.stop = None;
    }

    pub async fn fails(mut self) -> RespondersError {
        let (_, ended) = timeout(SOON, &mut self.task).await.expect("it ends").unwrap();
        ended.unwrap_err()
    }

    /// Waits until an event was told that holds this.
    pub async fn tells(&self, what: &str) {
        self.tells_one(&[what]).await;
    }

    /// Waits until so many gateways see one another.
    pub async fn sees(&self, members: usize) {
        self.tells_one(&[&format!("Joined {{ members: {members} }}"), &format!("Members({members})")]).await;
    }

    /// Waits until each of so many shards has had a session of one of these.
    pub async fn all_read(gateways: &[Self], shards: u16) {
        let is_read = |shard: u16| {
            let reading = format!("Reading({shard})");
            gateways
                .iter()
                .any(|gateway| gateway.events.lock().unwrap().iter().any(|told| told.contains(&reading)))
        };
        let read = async {
            while !(0..shards).all(is_read) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(timeout(SOON, read).await.is_ok(), "not all of {shards} shards are read");
    }

    async fn tells_one(&self, what: &[&str]) {
        let is_it = |event: &String| what.iter().any(|what| event.contains(what));
        let told = async {
            while !self.events.lock().unwrap().iter().any(is_it) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let told = timeout(SOON, told).await;
        assert!(told.is_ok(), "no {what:?} in {:?}", self.events.lock().unwrap());
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A tool that reads the local broker, with a session.
pub struct Tool {
    subscriber: Subscriber,
    /// Publications by report id.
    pub seen: HashMap<String, Vec<(String, Value)>>,
    pub count: usize,
}

impl Tool {
    pub async fn start(local: &Endpoint, filter: &str) -> Self {
        let mut wanted = Subscription::new(Filter::new(filter).unwrap(), Qos::AtLeastOnce);
        wanted.session = Session::Resume { expiry_s: 3_600 };
        wanted.acks = Acks::Automatic;
        wanted.reconnect =
            Reconnect::Backoff { first: Duration::from_millis(50), longest: Duration::from_millis(200) };
        let client_id = ClientId::named(hex::encode(SystemRng::new().id())).unwrap();
        let options = Options { client_id, ..Options::default() };
        let subscriber = Subscriber::connect(local, &options, wanted).await.unwrap();
        Self { subscriber, seen: HashMap::new(), count: 0 }
    }

    pub async fn message(&mut self) -> Message {
        timeout(SOON, self.subscriber.next()).await.expect("a message").unwrap()
    }

    /// The next report.
    pub async fn next(&mut self) -> (String, Value) {
        let message = self.message().await;
        self.note(&message)
    }

    pub fn note(&mut self, message: &Message) -> (String, Value) {
        let value: Value = serde_json::from_slice(&message.payload).unwrap();
        let id = value["report"].as_str().unwrap().to_owned();
        let topic = message.topic.as_str().to_owned();
        self.count += 1;
        self.seen.entry(id).or_default().push((topic.clone(), value.clone()));
        (topic, value)
    }

    /// Reads until so many different reports came. A slow machine may take its time; a silence as long as [`SOON`] is a failure.
    pub async fn until(&mut self, reports: usize) {
        while self.seen.len() < reports {
            let Ok(message) = timeout(SOON, self.subscriber.next()).await else {
                panic!("{} of {reports} came, and then nothing", self.seen.len());
            };
            self.note(&message.unwrap());
        }
    }

    /// Reads what comes until it is quiet for so long.
    pub async fn rest(&mut self, quiet: Duration) {
        while let Ok(message) = timeout(quiet, self.subscriber.next()).await {
            self.note(&message.unwrap());
        }
    }
}

/// What a broker retains below a filter, once it is as wanted.
pub async fn until_retained(
    local: &Endpoint,
    filter: &str,
    is_wanted: impl Fn(&BTreeMap<String, Value>) -> bool,
) -> BTreeMap<String, Value> {
    let all = async {
        loop {
            let wanted = Subscription::new(Filter::new(filter).unwrap(), Qos::AtLeastOnce);
            let mut subscriber = Subscriber::connect(local, &Options::default(), wanted).await.unwrap();
            let mut retained = BTreeMap::new();
            while let Ok(message) = timeout(Duration::from_millis(200), subscriber.next()).await {
                let message = message.unwrap();
                if message.retain {
                    let value = serde_json::from_slice(&message.payload).unwrap();
                    retained.insert(message.topic.as_str().to_owned(), value);
                }
            }
            if is_wanted(&retained) {
                return retained;
            }
        }
    };
    timeout(SOON, all).await.expect("what is retained is as it should be")
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Debian's mosquitto that keeps what it has over its end, on a port of its own.
pub struct Lasting {
    child: std::process::Child,
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Lasting {
    /// `None` where there is no mosquitto, except under CI, where that fails.
    pub fn start() -> Option<Self> {
        let programs = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];
        if !programs.iter().any(|path| Path::new(path).exists()) {
            assert!(std::env::var_os("CI").is_none(), "mosquitto is not installed");
            return None;
        }
        // Between asking the system for a port and mosquitto's bind another process may take it.
        (0..5).find_map(|_| {
            let folder = tempfile::tempdir().unwrap();
            let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
            let config = format!(
                "user root\nallow_anonymous true\nlog_type none\nmax_queued_messages 0\npersistence true\n\
                 persistence_location {}/\nlistener {port} 127.0.0.1\n",
                folder.path().display()
            );
            std::fs::write(folder.path().join("mosquitto.conf"), config).unwrap();
            let child = spawn(folder.path(), port)?;
            Some(Self { child, port, folder })
        })
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(cowl::transport::Scheme::Tcp, "127.0.0.1", self.port)
    }

    /// Ends in good order, so that it writes down what it has.
    pub fn stop(&mut self) {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap();
    }

    /// Starts again where it was.
    pub fn again(&mut self) {
        self.child = spawn(self.folder.path(), self.port).expect("it starts again");
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, port: u16) -> Option<std::process::Child> {
    use std::process::{Command, Stdio};
    let programs = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];
    let program = programs.into_iter().find(|path| Path::new(path).exists())?;
    let mut command = Command::new(program);
    let mut child = command
        .arg("-c")
        .arg(folder.join("mosquitto.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let begin = std::time::Instant::now();
    while begin.elapsed() < SOON && child.try_wait().ok()?.is_none() {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(child);
        }
        std::thread::yield_now();
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}
