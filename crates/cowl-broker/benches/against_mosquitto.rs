//! The embedded broker against mosquitto in one run: one `mosquitto_pub -l`, one `mosquitto_sub`, 100,000 small
//! messages at QoS 0, several rounds in turn. Prints messages a second of each round and the ratio of the medians.
//!
//! Needs mosquitto and its clients; says so and measures nothing without them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::doc_markdown,
    reason = "a benchmark reports to a person and stops at the first thing that is not as it must be"
)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cowl_broker::{Broker, BrokerConfig, Limits, Listeners, Login, Rights, TopicPrefix, Topics, Verifier};

const MESSAGES: usize = 100_000;
const ROUNDS: usize = 5;
const PASSWORD: &str = "0123456789abcdef0123456789abcdef";
const READY: &str = "c/ready";

fn main() {
    if ["mosquitto", "/usr/sbin/mosquitto"]
        .iter()
        .all(|program| Command::new(program).arg("-h").output().is_err())
        || Command::new("mosquitto_pub").arg("--version").output().is_err()
    {
        println!("skipped: mosquitto and its clients are not installed");
        return;
    }
    let mut input = String::new();
    for message in 0..MESSAGES {
        writeln!(input, "{message:064}").expect("a String takes everything");
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let broker = runtime.block_on(Broker::start(config())).unwrap();
    let ours = broker.addresses().tcp.unwrap();
    let mut mosquitto = Mosquitto::start();
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (rates, (name, address)) in
            rates.iter_mut().zip([("embedded", ours), ("mosquitto", mosquitto.address)])
        {
            let rate = MESSAGES as f64 / round(address, &input).as_secs_f64();
            println!("{name:>10}: {rate:>9.0} messages/s");
            rates.push(rate);
        }
    }
    let [ours, theirs] = rates.map(median);
    println!("median: embedded {ours:.0}, mosquitto {theirs:.0} messages/s, ratio {:.2}", ours / theirs);
    println!("lost in the embedded broker's queues: {}", broker.counts().dropped_queue_full);
    runtime.block_on(broker.shutdown());
    mosquitto.process.kill().unwrap();
    mosquitto.process.wait().unwrap();
}

/// Time from the first byte handed to the publisher to the last line out of the subscriber.
fn round(address: SocketAddr, input: &str) -> Duration {
    let client = |program: &str| {
        let mut command = Command::new(program);
        let port = address.port().to_string();
        command.args(["-h", "127.0.0.1", "-p", &port, "-u", "bench", "-P", PASSWORD]);
        command
    };
    client("mosquitto_pub").args(["-t", READY, "-r", "-q", "1", "-m", "ready"]).status().unwrap();
    let mut subscriber =
        client("mosquitto_sub").args(["-t", "c/box", "-t", READY]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(subscriber.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("ready"));
    let mut publisher =
        client("mosquitto_pub").args(["-t", "c/box", "-l"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = publisher.stdin.take().unwrap();
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input.as_bytes()).unwrap());
        for expected in input.lines() {
            assert_eq!(lines.next().as_deref(), Some(expected), "every message arrives, in order");
        }
    });
    let took = began.elapsed();
    publisher.wait().unwrap();
    subscriber.kill().unwrap();
    subscriber.wait().unwrap();
    took
}

fn config() -> BrokerConfig {
    let secret = Verifier::of_password(PASSWORD.as_bytes()).unwrap();
    BrokerConfig {
        listeners: Listeners { tcp: Some(([127, 0, 0, 1], 0).into()), ..Listeners::default() },
        logins: vec![Login { user: "bench".into(), secret, may: Rights::Operator }],
        topics: Topics {
            mailbox: TopicPrefix::new("c/box").unwrap(),
            notices: vec![],
            exchange: vec![],
            service: None,
        },
        limits: Limits::default(),
        intake: None,
        devices: cowl_broker::Devices::default(),
    }
}

/// mosquitto as it comes, without logins: the faster for it.
struct Mosquitto {
    process: Child,
    address: SocketAddr,
    _config: tempfile::NamedTempFile,
}

impl Mosquitto {
    fn start() -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut config = tempfile::NamedTempFile::new().unwrap();
        // Its default of 1,000 waiting messages would lose QoS 0 bursts.
        let text = format!(
            "listener {} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_type none\n",
            address.port()
        );
        config.write_all(text.as_bytes()).unwrap();
        let start = |program| Command::new(program).arg("-c").arg(config.path()).spawn();
        let process = start("mosquitto").or_else(|_| start("/usr/sbin/mosquitto")).unwrap();
        while TcpStream::connect(address).is_err() {
            std::thread::yield_now();
        }
        Self { process, address, _config: config }
    }
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
