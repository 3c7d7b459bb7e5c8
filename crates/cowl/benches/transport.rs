//! Publisher → mosquitto → subscriber at QoS 0, against `mosquitto_pub -l` and `mosquitto_sub` on the same
//! broker in the same run: `cargo bench -p cowl --bench transport`.
//!
//! Both sides read the same lines from a file and write what arrives to a file.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a benchmark"
)]

#[path = "../tests/common/mosquitto.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests use the rest")]
mod mosquitto;

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cowl::transport::{
    Filter, Options, Publication, Publisher, Qos, Scheme, Subscriber, Subscription, Topic, Version,
};
use mosquitto::Mosquitto;

/// Messages of a run.
const COUNT: usize = 300_000;
/// Bytes of a message: about that of a report of the default policy.
const SIZE: usize = 450;

fn main() {
    // Under `cargo test` benches are run to see that they start: that is not a measurement.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "max_queued_bytes 0\n") else { return };
    let dir = tempfile::TempDir::new().expect("a temporary directory");
    let (input, output) = (dir.path().join("in"), dir.path().join("out"));
    write_lines(&input);
    let mut say = std::io::stdout();
    writeln!(say, "{COUNT} messages of {SIZE} bytes, QoS 0, messages a second end to end").expect("stdout");
    for _ in 0..3 {
        for (ours_sends, ours_receives) in [(false, false), (true, true), (true, false), (false, true)] {
            let rate = run(&broker, &input, &output, ours_sends, ours_receives);
            let name = |ours| if ours { "cowl" } else { "mosquitto" };
            let (from, to) = (name(ours_sends), name(ours_receives));
            writeln!(say, "{from:>9} → mosquitto → {to:<9} {rate:9.0}").expect("stdout");
        }
    }
}

fn run(broker: &Mosquitto, input: &Path, output: &Path, ours_sends: bool, ours_receives: bool) -> f64 {
    let port = broker.endpoint(Scheme::Tcp).port.to_string();
    let receiver = if ours_receives {
        let endpoint = broker.endpoint(Scheme::Tcp);
        let output = output.to_owned();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            on_one_thread(async {
                let wanted = Subscription::new(Filter::new("bench").expect("a filter"), Qos::AtMostOnce);
                let mut subscriber =
                    Subscriber::connect(&endpoint, &options(), wanted).await.expect("a connection");
                ready.send(()).expect("a receiver");
                let mut file = BufWriter::new(File::create(output).expect("a file"));
                for _ in 0..COUNT {
                    let message = subscriber.next().await.expect("a message");
                    file.write_all(&message.payload).and_then(|()| file.write_all(b"\n")).expect("room");
                }
                file.flush().expect("room");
            });
        });
        is_ready.recv().expect("a subscription");
        Receiver::Ours(thread)
    } else {
        let file = File::create(output).expect("a file");
        let count = COUNT.to_string();
        let child = command("mosquitto_sub", &port).args(["-C", &count, "-W", "60"]).stdout(file).spawn();
        // It does not say when it has subscribed.
        std::thread::sleep(Duration::from_millis(500));
        Receiver::Theirs(child.expect("mosquitto_sub"))
    };
    let start = Instant::now();
    if ours_sends {
        let endpoint = broker.endpoint(Scheme::Tcp);
        on_one_thread(async {
            let publisher = Publisher::connect(&endpoint, &options()).await.expect("a connection");
            let topic = Topic::new("bench").expect("a topic");
            let lines = BufReader::with_capacity(1 << 16, File::open(input).expect("the lines")).split(b'\n');
            for (sequence, line) in (0..).zip(lines) {
                let publication = Publication::new(topic.clone(), line.expect("a line"), Qos::AtMostOnce);
                publisher.enqueue(sequence, publication).await.expect("a live connection");
            }
            publisher.disconnect().await.expect("all written");
        });
    } else {
        let file = File::open(input).expect("the lines");
        command("mosquitto_pub", &port).arg("-l").stdin(file).status().expect("mosquitto_pub");
    }
    receiver.wait();
    COUNT as f64 / start.elapsed().as_secs_f64()
}

enum Receiver {
    Ours(std::thread::JoinHandle<()>),
    Theirs(Child),
}

impl Receiver {
    fn wait(self) {
        match self {
            Self::Ours(thread) => thread.join().expect("all messages"),
            Self::Theirs(mut child) => drop(child.wait().expect("all messages")),
        }
    }
}

fn options() -> Options {
    Options { version: Version::V311, ..Options::default() }
}

fn command(program: &str, port: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", port, "-t", "bench"]).stdin(Stdio::null());
    command
}

/// As a command-line program would: one process, one thread.
fn on_one_thread<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// Printable and without two equal lines.
fn write_lines(path: &Path) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    for line in 0..COUNT {
        writeln!(file, "{line:0SIZE$}").expect("room");
    }
    file.flush().expect("room");
}
