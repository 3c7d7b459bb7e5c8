//! `cowl pub -l | broker | cowl sub` against `mosquitto_pub -l | mosquitto | mosquitto_sub`, as many messages, at
//! QoS 0, in turn in one run: `cargo bench -p cowl-cli --bench end_to_end` (needs mosquitto and its clients).

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
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use cowl::{keyring::store_new, operation::Operation, random::SystemRng};

const REPORT: &str = r#"{"temperature": 25.6, "severity": "low", "lat": 18.5392, "lon": -72.3364, "ip": "192.168.1.247", "userId": 970}"#;
const ROUNDS: usize = 5;

fn main() {
    if Command::new("mosquitto").arg("-h").output().is_err() {
        println!("skipped: mosquitto is not installed");
        return;
    }
    let count = std::env::var("COWL_MESSAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (mut rng, now) = (SystemRng::new(), 1_800_000_000);
    let mut operation = Operation::create(&folder.path().join("ops"), now, &mut rng).unwrap();
    let epoch = operation.epoch_at(now);
    let device = operation.enrol_device("device", epoch, &mut rng).unwrap();
    store_new(Path::new(&path("device")), &device.credential, epoch).unwrap();
    let reader = operation.enrol_responder("reader", &["triage".to_owned()], epoch, &mut rng).unwrap();
    store_new(Path::new(&path("reader")), &reader.credential, epoch).unwrap();
    drop(operation);
    fs::write(path("lines"), format!("{REPORT}\n").repeat(count)).unwrap();

    let port = free_port();
    fs::write(path("conf"), format!("listener {port} 127.0.0.1\nallow_anonymous true\n")).unwrap();
    let mosquitto = start("mosquitto", &["-c", &path("conf")], port);
    let own = free_port();
    let embedded = start(env!("CARGO_BIN_EXE_cowl"), &["broker", &path("ops"), "-p", &own.to_string()], own);

    let [mut plain, mut ours, mut whole] = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        plain.push(one_run(count, &path("lines"), mosquitto_clients(port, count)));
        ours.push(one_run(
            count,
            &path("lines"),
            cowl_clients(port, count, &path("device"), &path("reader")),
        ));
        whole.push(one_run(
            count,
            &path("lines"),
            cowl_clients(own, count, &path("device"), &path("reader")),
        ));
    }
    let (plain, ours, whole) = (median(plain), median(ours), median(whole));
    println!("{count} reports at QoS 0, end to end, medians of {ROUNDS}:");
    println!("mosquitto_pub -l | mosquitto | mosquitto_sub   {plain:>9.0} a second");
    println!(
        "cowl pub -l      | mosquitto | cowl sub        {ours:>9.0} a second  ratio {:.2}  (target ≥ 0.5)",
        ours / plain
    );
    println!(
        "cowl pub -l      | cowl broker | cowl sub      {whole:>9.0} a second  ratio {:.2}  (target ≥ 0.5)",
        whole / plain
    );
    for mut server in [mosquitto, embedded] {
        let _ = server.kill();
        let _ = server.wait();
    }
}

/// A subscriber and a publisher, not yet started.
struct Clients {
    subscriber: Command,
    publisher: Command,
}

fn mosquitto_clients(port: u16, count: usize) -> Clients {
    let (mut subscriber, mut publisher) = (Command::new("mosquitto_sub"), Command::new("mosquitto_pub"));
    subscriber.args([
        "-h",
        "127.0.0.1",
        "-p",
        &port.to_string(),
        "-t",
        "t",
        "-C",
        &count.to_string(),
        "-W",
        "60",
    ]);
    publisher.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-t", "t", "-l"]);
    Clients { subscriber, publisher }
}

fn cowl_clients(port: u16, count: usize, device: &str, reader: &str) -> Clients {
    let cowl = env!("CARGO_BIN_EXE_cowl");
    let (mut subscriber, mut publisher) = (Command::new(cowl), Command::new(cowl));
    subscriber.args(["sub", "--credential", reader, "-q", "0", "-h", "127.0.0.1", "-p", &port.to_string()]);
    subscriber.args(["-C", &count.to_string(), "-W", "60"]);
    publisher.args(["pub", "--credential", device, "-l", "--beacon-wait", "0", "-h", "127.0.0.1"]);
    publisher.args(["-p", &port.to_string()]);
    Clients { subscriber, publisher }
}

/// Messages a second, from the publisher's start to the subscriber's end.
fn one_run(count: usize, lines: &str, clients: Clients) -> f64 {
    let Clients { mut subscriber, mut publisher } = clients;
    let mut subscriber = subscriber.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(Duration::from_millis(1_500));
    let begin = Instant::now();
    let input = fs::File::open(lines).unwrap();
    let sent = publisher.stdin(input).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(sent.success(), "the publisher failed");
    let read = subscriber.wait().unwrap();
    assert!(read.success(), "messages were lost");
    count as f64 / begin.elapsed().as_secs_f64()
}

fn start(program: &str, arguments: &[&str], port: u16) -> Child {
    let child =
        Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        thread::sleep(Duration::from_millis(20));
    }
    child
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
