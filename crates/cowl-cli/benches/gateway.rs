//! Device → gateway → broker → responder at `QoS` 1, slots off, every acknowledgement after a sync to disk, against mosquitto
//! with persistence bridging to mosquitto, the same messages, in turn in one run; and what the gateway adds to the delay:
//! `cargo bench -p cowl-cli --bench gateway` (needs mosquitto and its clients).
//!
//! mosquitto acknowledges what it has only in memory: it writes its database every half hour and at its end.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a benchmark reports and may stop"
)]

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use cowl::{
    keyring::store_new,
    operation::Operation,
    random::SystemRng,
    transport::{
        Endpoint, Filter, Options, Publication, Publisher, Qos, Scheme, Subscriber, Subscription, Topic,
    },
};

const REPORT: &str =
    r#"{"temperature": 25.6, "severity": "low", "lat": 18.5392, "lon": -72.3364, "ip": "192.168.1.247"}"#;
const ROUNDS: usize = 3;
const DEVICES: usize = 16;
/// Reports one after the other, for the delay.
const SINGLE: usize = 2_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if Command::new("mosquitto").arg("-h").output().is_err() {
        println!("skipped: mosquitto is not installed");
        return;
    }
    let count = std::env::var("COWL_MESSAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(50_000);
    let bench = Bench::new();
    let (far, near) = (bench.mosquitto("far", ""), free_port());
    let bridge = format!(
        "connection up\naddress 127.0.0.1:{}\ntopic # out 1\ncleansession false\nnotifications false\n",
        far.port
    );
    let persistent =
        format!("persistence true\npersistence_location {}/\n", bench.path("near-data").display());
    fs::create_dir(bench.path("near-data")).unwrap();
    let near = bench.mosquitto_on("near", near, &format!("{persistent}{bridge}"));
    let gateway = bench.gateway(far.port);

    let [mut bridged, mut ours] = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        bridged.push(throughput(count, near.port, Bench::plain_reader(far.port, count)).await);
        ours.push(throughput(count, gateway.port, bench.reader(far.port, count)).await);
    }
    let (bridged, ours) = (median(&bridged), median(&ours));
    println!("{count} reports of {DEVICES} devices at QoS 1, end to end, medians of {ROUNDS}:");
    println!(
        "device → mosquitto (persistence, not synced) → mosquitto → mosquitto_sub {bridged:>8.0} a second"
    );
    println!(
        "device → cowl gateway (synced)               → mosquitto → cowl sub      {ours:>8.0} a second  ratio {:.2}  \
         (target ≥ 1)",
        ours / bridged
    );

    let bare = delays(far.port, far.port).await;
    let through = delays(gateway.port, far.port).await;
    println!("{SINGLE} reports one after the other, from the device to a subscriber of the far broker:");
    for (what, share, target) in [("p50", 0.50, 1.0), ("p99", 0.99, 5.0)] {
        let (bare, through) = (quantile(&bare, share), quantile(&through, share));
        println!(
            "{what}  broker alone {bare:>6.3} ms   through the gateway {through:>6.3} ms   added {:>6.3} ms  (target < {target})",
            through - bare
        );
    }
}

struct Bench {
    folder: tempfile::TempDir,
}

/// A server, ended with the benchmark.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        let default =
            Operation::create(&bench.path("default"), 1_800_000_000, &mut SystemRng::new()).unwrap();
        drop(default);
        let policy = bench.path("default").join("policy.toml");
        let text = fs::read_to_string(&policy).unwrap();
        let without = text.replace("\nslot = \"10s\"", "\nslot = \"0s\"");
        assert_ne!(text, without, "the default policy has another slot");
        fs::write(&policy, without).unwrap();
        let (mut rng, now) = (SystemRng::new(), 1_800_000_000);
        let mut operation =
            Operation::create_from(&bench.path("ops"), Some(&policy), &[], now, &mut rng).unwrap();
        let epoch = operation.epoch_at(now);
        let gateway = operation.enrol_gateway("gateway", 64, epoch, &mut rng).unwrap();
        store_new(&bench.path("gateway.cowl"), &gateway.credential, epoch).unwrap();
        let reader = operation.enrol_responder("reader", &["triage".to_owned()], epoch, &mut rng).unwrap();
        store_new(&bench.path("reader"), &reader.credential, epoch).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn mosquitto(&self, name: &str, more: &str) -> Server {
        self.mosquitto_on(name, free_port(), more)
    }

    /// Without limits to what waits: by its default mosquitto drops what is above a thousand.
    fn mosquitto_on(&self, name: &str, port: u16, more: &str) -> Server {
        let configuration = self.path(&format!("{name}.conf"));
        let listener = format!("listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n");
        let limits = "max_queued_messages 0\nmax_inflight_messages 0\n";
        fs::write(&configuration, format!("{listener}{limits}{more}")).unwrap();
        start(Command::new("mosquitto").arg("-c").arg(&configuration), port)
    }

    fn gateway(&self, uplink: u16) -> Server {
        let port = free_port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.args(["gateway", "--devices"]).arg(self.path("gateway.cowl"));
        command.args([
            "--anonymous",
            "--listen",
            &port.to_string(),
            "--uplink",
            &format!("127.0.0.1:{uplink}"),
        ]);
        start(&mut command, port)
    }

    fn plain_reader(port: u16, count: usize) -> Command {
        let mut command = Command::new("mosquitto_sub");
        command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-t", "devices/#", "-q", "1"]);
        command.args(["-C", &count.to_string(), "-W", "120"]);
        command
    }

    fn reader(&self, port: u16, count: usize) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.args(["sub", "--credential"]).arg(self.path("reader"));
        command.args(["-q", "1", "-h", "127.0.0.1", "-p", &port.to_string()]);
        command.args(["-C", &count.to_string(), "-W", "120"]);
        command
    }
}

/// Reports a second, from the first that a device sends to the reader's end.
async fn throughput(count: usize, port: u16, mut reader: Command) -> f64 {
    let mut reader = reader.stdout(Stdio::null()).spawn().unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let begin = Instant::now();
    let devices: Vec<_> =
        (0..DEVICES).map(|device| tokio::spawn(report(device, count / DEVICES, port))).collect();
    for device in devices {
        device.await.unwrap();
    }
    let read = tokio::task::spawn_blocking(move || reader.wait().unwrap()).await.unwrap();
    assert!(read.success(), "reports were lost");
    (count / DEVICES * DEVICES) as f64 / begin.elapsed().as_secs_f64()
}

async fn report(device: usize, count: usize, port: u16) {
    let publisher = Publisher::connect(&endpoint(port), &Options::default()).await.unwrap();
    let topic = Topic::new(format!("devices/{device}")).unwrap();
    for sequence in 0..count {
        let publication = Publication::new(topic.clone(), REPORT, Qos::AtLeastOnce);
        publisher.enqueue(u64::try_from(sequence).unwrap(), publication).await.unwrap();
    }
    publisher.disconnect().await.unwrap();
}

/// Milliseconds from a publication on one port to its arrival, as it is or sealed, at a subscriber on the other.
async fn delays(from: u16, to: u16) -> Vec<f64> {
    let subscription = Subscription::new(Filter::new("#").unwrap(), Qos::AtLeastOnce);
    let mut subscriber = Subscriber::connect(&endpoint(to), &Options::default(), subscription).await.unwrap();
    let publisher = Publisher::connect(&endpoint(from), &Options::default()).await.unwrap();
    let topic = Topic::new("devices/0").unwrap();
    let mut delays = Vec::with_capacity(SINGLE);
    for sequence in 0..SINGLE {
        let begin = Instant::now();
        let publication = Publication::new(topic.clone(), REPORT, Qos::AtLeastOnce);
        publisher.enqueue(u64::try_from(sequence).unwrap(), publication).await.unwrap();
        subscriber.next().await.unwrap();
        delays.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    publisher.disconnect().await.unwrap();
    delays
}

fn endpoint(port: u16) -> Endpoint {
    Endpoint::new(Scheme::Tcp, "127.0.0.1", port)
}

fn start(command: &mut Command, port: u16) -> Server {
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        thread::sleep(Duration::from_millis(20));
    }
    Server { child, port }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    let index = (0..=last).find(|index| *index as f64 >= last as f64 * share);
    sorted[index.unwrap_or(last)]
}

fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}
