//! `cowl gateway --responders` as processes: with a local broker of its own, and three that share one role on mosquitto while one
//! of them is killed in mid-stream.
#![cfg(unix)]
#![allow(missing_docs, reason = "a test")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stderr, reason = "figures of the run, and the seed that repeats it")]

mod publish_support;
mod subscribe_support;

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

use cowl::transport::{ClientId, Filter, Login, Options, Qos, Session, Subscriber, Subscription, Will};
use publish_support::{Ran, SOON, World, endpoint, port, run, runtime};
use serde_json::Value;
use subscribe_support::Mosquitto;

/// A `cowl gateway --responders` that runs; killed when dropped.
struct Gateway {
    child: Child,
    err: Receiver<String>,
}

impl Gateway {
    fn start(world: &World, uplink: u16, arguments: &[&str]) -> Self {
        let mut child = command(world, uplink).args(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, err) = channel();
        let pipe = child.stderr.take().unwrap();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, err }
    }

    /// Waits for a line that holds this, and gives it.
    #[track_caller]
    fn says(&self, text: &str) -> String {
        let mut said = String::new();
        loop {
            let Ok(line) = self.err.recv_timeout(SOON) else { panic!("never said {text:?}: {said}") };
            if line.contains(text) {
                return line;
            }
            let _ = writeln!(said, "{line}");
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and gives what it said last.
    fn terminate(mut self) -> Ran {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        Ran { code, out: String::new(), err: self.err.iter().map(|line| line + "\n").collect() }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `cowl gateway --responders responder --uplink 127.0.0.1:PORT`.
fn command(world: &World, uplink: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    command.arg("gateway").arg("--responders").arg(world.path("responder"));
    command.args(["--uplink", &format!("127.0.0.1:{uplink}")]);
    command
}

/// What comes below a filter, by report id.
fn collect(
    subscriber: &mut Subscriber,
    reports: usize,
    quiet: Duration,
) -> HashMap<String, Vec<(String, Value)>> {
    let mut seen: HashMap<String, Vec<(String, Value)>> = HashMap::new();
    let begin = Instant::now();
    runtime().block_on(async {
        loop {
            let wait = if seen.len() < reports { 2 * SOON } else { quiet };
            let Ok(message) = tokio::time::timeout(wait, subscriber.next()).await else { break };
            let message = message.unwrap();
            let report: Value = serde_json::from_slice(&message.payload).unwrap();
            let id = report["report"].as_str().unwrap().to_owned();
            seen.entry(id).or_default().push((message.topic.as_str().to_owned(), report));
            assert!(begin.elapsed() < 10 * SOON, "{} of {reports} came", seen.len());
        }
    });
    seen
}

fn subscribe(port: u16, filter: &str, login: Option<Login>) -> Subscriber {
    let wanted = Subscription {
        session: Session::Resume { expiry_s: 3_600 },
        ..Subscription::new(Filter::new(filter).unwrap(), Qos::AtLeastOnce)
    };
    let client_id = ClientId::named(format!("tool{port}")).unwrap();
    let options = Options { client_id, login, will: None::<Will>, ..Options::default() };
    runtime_for_ever().block_on(Subscriber::connect(&endpoint(port), &options, wanted)).unwrap()
}

/// A subscriber's task lives as long as its runtime.
fn runtime_for_ever() -> &'static tokio::runtime::Runtime {
    Box::leak(Box::new(runtime()))
}

fn lines(numbers: std::ops::Range<usize>) -> Vec<u8> {
    let mut text = String::new();
    for number in numbers {
        let _ = writeln!(text, "temp: 20, severity: high, note: {number}");
    }
    text.into_bytes()
}

#[test]
fn a_local_broker_of_its_own_needs_a_login_and_gets_plain_reports() {
    let mut world = World::new();
    let broker = world.broker();
    let uplink = port(&broker);
    world.announce(uplink, publish_support::now());
    let state = world.path("state");
    let state = state.to_str().unwrap();
    let gateway = Gateway::start(
        &world,
        uplink,
        &[
            "--role",
            "rescue",
            "--role",
            "medical",
            "--state",
            state,
            "--local-listen",
            "0",
            "--retain",
            "--topic",
            "relief/{role}/{=severity}",
        ],
    );
    let line = gateway.says("listening on 127.0.0.1:");
    let local: u16 = line.split("127.0.0.1:").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    gateway.says("reading 1 of 1 shards");
    gateway.says("reading 1 of 1 shards");
    let logins = std::fs::read_to_string(world.path("state").join("local-logins")).unwrap();
    let password = logins.lines().find_map(|line| line.strip_prefix("reader:")).unwrap();
    let login = Login::new("reader", Some(password.as_bytes().to_vec().into())).unwrap();
    let nobody = runtime().block_on(Subscriber::connect(
        &endpoint(local),
        &Options::default(),
        Subscription::new(Filter::new("#").unwrap(), Qos::AtLeastOnce),
    ));
    assert!(nobody.is_err(), "nobody reads reports without a login");
    let mut tool = subscribe(local, "relief/#", Some(login));
    world
        .publish(
            "gateway",
            uplink,
            &["-m", "severity: high, contact: +509 1234, note: under the school", "-q", "1"],
        )
        .ends(0);
    let seen = collect(&mut tool, 1, Duration::from_secs(1));
    let copies: Vec<_> = seen.into_values().flatten().collect();
    let of = |topic: &str| {
        let report = copies.iter().find(|(found, _)| found == topic).map(|(_, report)| report);
        report.unwrap_or_else(|| panic!("no {topic}: {copies:?}")).clone()
    };
    assert_eq!(of("relief/rescue/high")["contact"], "+509 1234");
    assert_eq!(of("relief/medical/high")["contact"], Value::Null);
    // Both are retained now, and stand in no file that it has: its broker keeps them in memory.
    #[cfg(target_os = "linux")]
    has_no_file_with(gateway.child.id(), &world.path("state"), &["under the school", "+509 1234", "relief/"]);
    let ran = gateway.terminate();
    ran.ends(0).says("rescue: published: 1").says("medical: published: 1");
    for text in ["509", "school", "high"] {
        assert!(!ran.err.contains(text), "{}", ran.err);
    }
}

/// Neither in its folder nor in anything else that the process has open.
#[cfg(target_os = "linux")]
fn has_no_file_with(process: u32, folder: &std::path::Path, texts: &[&str]) {
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let open = open.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    let kept = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let mut looked = 0;
    for path in open.chain(kept.filter(|path| path.is_file())) {
        let bytes = std::fs::read(&path).unwrap();
        for text in texts {
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{text:?} stands in {}", path.display());
        }
        looked += 1;
    }
    assert!(looked > 4, "{looked} files");
}

#[test]
fn three_share_a_role_and_one_is_killed_in_mid_stream() {
    const REPORTS: usize = 3_000;
    let mut world = World::with_policy(|policy| policy.replace("\nshards = 1", "\nshards = 8"));
    // Not the embedded broker: it loses what comes in the half millisecond of a session's take-over.
    let (Some(local), Some(far)) = (Mosquitto::start(), Mosquitto::start()) else { return };
    let uplink = far.port;
    world.announce(uplink, publish_support::now());
    let mut tool = subscribe(local.port, "relief/#", None);
    let there = format!("127.0.0.1:{}", local.port);
    let states = ["a", "b", "c"].map(|name| world.path(name).to_str().unwrap().to_owned());
    let start = |state: &str| {
        Gateway::start(&world, uplink, &["--role", "medical", "--local", &there, "--state", state])
    };
    let mut gateways: Vec<Gateway> = states.iter().map(|state| start(state)).collect();
    for gateway in &gateways {
        gateway.says("share this role: 3");
    }
    let feed = |numbers: std::ops::Range<usize>| {
        world.publish_from("gateway", uplink, &["-l", "-q", "1"], &lines(numbers)).ends(0);
    };
    let mut seen = HashMap::new();
    thread::scope(|scope| {
        let reading = scope.spawn(|| collect(&mut tool, REPORTS, Duration::from_secs(2)));
        let feeding = scope.spawn(|| feed(0..REPORTS / 2));
        // In the middle of the first half, whatever it does then.
        thread::sleep(Duration::from_millis(700));
        gateways.remove(0).kill();
        feeding.join().unwrap();
        feed(REPORTS / 2..REPORTS);
        seen = reading.join().unwrap();
    });
    let twice = seen.values().map(Vec::len).sum::<usize>() - seen.len();
    assert!(seen.len() == REPORTS && twice == 0, "{twice} twice of {}", seen.len());
    let mut numbers: Vec<usize> =
        seen.values().map(|copies| copies[0].1["note"].as_str().unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..REPORTS));
    for gateway in gateways {
        let ran = gateway.terminate();
        ran.ends(0);
        assert!(!ran.err.contains("medical: published: 0"), "{}", ran.err);
    }
}

/// A gateway dies by `kill -9` at random instants, round after round, while reports come: nothing is lost on the local broker, and
/// nothing comes twice.
///
/// 50 rounds by default, a fifth of them with a second gateway that shares the role, a fifth over MQTT 3.1.1; a thousand:
/// `COWL_KILL_ROUNDS=1000 cargo test -p cowl-cli --test responders killed_again -- --nocapture`. `COWL_KILL_SEED` repeats the choices of
/// a run, not the machine's timing.
#[test]
fn killed_again_and_again_under_load_nothing_is_lost_and_nothing_comes_twice() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let rounds = number("COWL_KILL_ROUNDS").unwrap_or(50);
    let seed =
        number("COWL_KILL_SEED").unwrap_or_else(|| u64::from(std::process::id()) ^ publish_support::now());
    eprintln!("{rounds} rounds, COWL_KILL_SEED={seed}");
    let mut dice = Dice(seed);
    let fifth = rounds / 5;
    kill_rounds("mqttv5", &["a"], rounds - 2 * fifth, &mut dice);
    kill_rounds("mqttv5", &["a", "b"], fifth, &mut dice);
    kill_rounds("mqttv311", &["a"], fifth, &mut dice);
}

fn kill_rounds(version: &str, members: &[&str], rounds: u64, dice: &mut Dice) {
    let mut world = World::with_policy(|policy| policy.replace("\nshards = 1", "\nshards = 4"));
    let (Some(local), Some(far)) = (Mosquitto::start(), Mosquitto::start()) else { return };
    let uplink = far.port;
    world.announce(uplink, publish_support::now());
    let mut tool = subscribe(local.port, "relief/#", None);
    let there = format!("127.0.0.1:{}", local.port);
    let states: Vec<_> = members.iter().map(|name| world.path(name).to_str().unwrap().to_owned()).collect();
    let start = |state: &str| {
        let arguments =
            ["--role", "medical", "--local", &there, "--state", state, "--local-version", version];
        Gateway::start(&world, uplink, &arguments)
    };
    let mut gateways: Vec<_> = states.iter().map(|state| start(state)).collect();
    // What comes to a shard before it has a session is kept for nobody.
    for gateway in &gateways {
        gateway.says(&format!("reading {} of 4 shards", 4 / members.len()));
    }
    let is_over = AtomicBool::new(false);
    let mut sent = 0;
    let mut seen = HashMap::new();
    thread::scope(|scope| {
        let feeding = scope.spawn(|| {
            let mut sent = 0;
            while !is_over.load(Ordering::Relaxed) {
                world.publish_from("gateway", uplink, &["-l", "-q", "1"], &lines(sent..sent + 100)).ends(0);
                sent += 100;
            }
            sent
        });
        let reading = scope.spawn(|| collect_while(&mut tool, &is_over));
        for _ in 0..rounds {
            thread::sleep(Duration::from_millis(dice.below(800)));
            let victim = usize::try_from(dice.below(members.len() as u64)).unwrap();
            gateways[victim].kill();
            thread::sleep(Duration::from_millis(dice.below(300)));
            gateways[victim] = start(&states[victim]);
        }
        is_over.store(true, Ordering::Relaxed);
        sent = feeding.join().unwrap();
        seen = reading.join().unwrap();
    });
    for (id, copies) in collect(&mut tool, sent - seen.len(), Duration::from_secs(2)) {
        seen.entry(id).or_insert_with(Vec::new).extend(copies);
    }
    let twice = seen.values().map(Vec::len).sum::<usize>() - seen.len();
    eprintln!(
        "{version}, {} at work: {rounds} deaths, {sent} reports sent, {} came, {twice} of them twice",
        members.len(),
        seen.len()
    );
    if seen.len() != sent || twice != 0 {
        let said: Vec<String> = gateways.iter().flat_map(|gateway| gateway.err.try_iter()).collect();
        let twice_came: Vec<_> = seen.values().filter(|copies| copies.len() > 1).collect();
        panic!(
            "{twice_came:?}; {twice} twice of {}, {sent} sent; the last two gateways said {said:#?}",
            seen.len()
        );
    }
    for gateway in gateways {
        gateway.terminate().ends(0);
    }
}

/// What comes until it is over.
fn collect_while(subscriber: &mut Subscriber, is_over: &AtomicBool) -> HashMap<String, Vec<(String, Value)>> {
    let mut seen: HashMap<String, Vec<(String, Value)>> = HashMap::new();
    while !is_over.load(Ordering::Relaxed) {
        for (id, copies) in collect(subscriber, 0, Duration::from_millis(100)) {
            seen.entry(id).or_default().extend(copies);
        }
    }
    seen
}

/// xorshift64*: a run's choices, repeatable.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % end
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let world = World::new();
    let refused = |arguments: &[&str], code: i32, text: &str| {
        run(command(&world, 1).args(arguments), b"").ends(code).says(text);
    };
    refused(&["--role", "medical"], 2, "it is not said where reports are published");
    refused(&["--role", "nobody", "--local", "localhost"], 4, "it reads: triage, medical, rescue");
    refused(&["--local", "localhost", "--topic", "{zone}/x"], 2, "no report may choose it");
    refused(&["--local", "localhost", "--topic", "$SYS/x"], 2, "does not begin with $");
    refused(&["--local", "localhost", "--keep-topic", "$SYS/#"], 2, "never keep topics that begin with $");
    refused(&["--local", "localhost", "--local-listen", "0"], 2, "cannot be used with");
    let mut other = Command::new(env!("CARGO_BIN_EXE_cowl"));
    other.arg("gateway").arg("--responders").arg(world.path("gateway")).args([
        "--uplink",
        "localhost",
        "--local",
        "localhost",
    ]);
    run(&mut other, b"").ends(4).says("is not the credential of a responder");
}
