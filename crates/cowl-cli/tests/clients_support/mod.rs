//! Programs of others as devices, unmodified: Debian's mosquitto clients, Python's paho, MQTT.js.
#![allow(dead_code, reason = "each test file uses its share")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "helpers of tests"
)]
#![allow(
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    reason = "a module of tests, not an interface"
)]

pub mod payloads;

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Nothing on loopback takes so long, however busy the machine.
const SOON: Duration = Duration::from_mins(1);

/// A program that speaks MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// `mosquitto_pub` and `mosquitto_sub`.
    Mosquitto,
    /// Python's paho-mqtt 2.
    Paho,
    /// MQTT.js 5 on Node.
    MqttJs,
}

/// How a program connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carrier {
    Tcp,
    Tls,
    Ws,
}

/// Version of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    V311,
    V5,
}

/// Where devices find their broker.
#[derive(Debug, Clone)]
pub struct Door {
    pub tcp: u16,
    pub tls: u16,
    pub ws: u16,
    /// The certificate authority to trust under TLS; its certificate is for `localhost`.
    pub ca: PathBuf,
    pub login: Option<(String, String)>,
}

/// One way in which a program talks to a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Way {
    pub program: Program,
    pub carrier: Carrier,
    pub version: Version,
    pub qos: u8,
}

impl Way {
    /// Every program in both versions, at every quality of service, in clear and under TLS, and over WebSocket where it can.
    pub fn all(programs: &[Program]) -> Vec<Self> {
        let mut all = Vec::new();
        for &program in programs {
            for carrier in [Carrier::Tcp, Carrier::Tls, Carrier::Ws] {
                // Debian's mosquitto clients speak no WebSocket.
                if program == Program::Mosquitto && carrier == Carrier::Ws {
                    continue;
                }
                for version in [Version::V311, Version::V5] {
                    all.extend([0, 1, 2].map(|qos| Self { program, carrier, version, qos }));
                }
            }
        }
        all
    }
}

impl Program {
    /// The programs of this machine. What is missing is told, and under CI it fails.
    pub fn present() -> Vec<Self> {
        let all = [Self::Mosquitto, Self::Paho, Self::MqttJs];
        all.into_iter().filter(|program| program.is_present()).collect()
    }

    fn is_present(self) -> bool {
        let (name, there) = match self {
            Self::Mosquitto => {
                ("mosquitto-clients", works(Command::new("mosquitto_pub").arg("--help"), true))
            }
            Self::Paho => {
                ("paho-mqtt", works(Command::new(python()).args(["-c", "import paho.mqtt.enums"]), false))
            }
            Self::MqttJs => {
                let script = "require(process.argv[1] + '/mqtt')";
                ("MQTT.js", works(Command::new("node").args(["-e", script]).arg(modules()), false))
            }
        };
        if !there {
            assert!(std::env::var_os("CI").is_none(), "{name} is not installed: see .ci/run");
            eprintln!("skipped: {name} is not installed");
        }
        there
    }
}

/// Publishes messages over one connection, all on their way at once (`mosquitto_pub`: one connection each), and waits for
/// their acknowledgements.
pub fn publish(door: &Door, way: Way, client_id: &str, messages: &[(String, String)]) {
    let ran = if way.program == Program::Mosquitto {
        let each = messages.iter().map(|(topic, payload)| {
            let mut command = mosquitto("mosquitto_pub", door, way, client_id);
            command.args(["-t", topic, "-m", payload]);
            // The client of before may still be on its way out when the machine is busy: then this one is told to come again.
            let unavailable =
                |ran: &Output| String::from_utf8_lossy(&ran.stderr).contains("Server unavailable");
            let mut ran = run(&mut command, "");
            for _ in 0..10 {
                if unavailable(&ran) {
                    ran = run(&mut command, "");
                }
            }
            ran
        });
        each.collect::<Vec<_>>()
    } else {
        let line = |(topic, payload): &(String, String)| {
            format!("{}\n", json!({"topic": topic, "payload": payload}))
        };
        let lines: String = messages.iter().map(line).collect();
        let ran = run(&mut script(door, way, client_id), &lines);
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(
            !ran.status.success() || said.contains(&format!("sent {}", messages.len())),
            "{way:?}: not all acknowledged: {said}"
        );
        vec![ran]
    };
    for ran in ran {
        assert!(ran.status.success(), "{way:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// A program that listens, once its subscription is granted; killed when dropped.
pub struct Listening {
    child: Child,
    lines: Receiver<String>,
    /// What was said before the subscription was: a broker may send what it retained before its SUBACK (MQTT 5.0 §3.8.4).
    early: RefCell<VecDeque<String>>,
    way: Way,
}

impl Listening {
    /// Until so many messages came.
    pub fn start(door: &Door, way: Way, client_id: &str, filter: &str, count: u32) -> Self {
        let mut command = if way.program == Program::Mosquitto {
            // Into a pipe it says nothing before it ends, unless it is told to, line by line.
            let mut command = mosquitto("stdbuf", door, way, client_id);
            let count = count.to_string();
            // With -d it says when the subscription is granted.
            command.args(["-t", filter, "-C", &count, "-d", "-F", "%j"]);
            command
        } else {
            let mut command = script(door, way, client_id);
            command.args(["--subscribe", filter, "--count", &count.to_string()]);
            command
        };
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let pipe = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut listening = Self { child, lines, early: RefCell::default(), way };
        let granted = |line: &str| line == "subscribed" || line.starts_with("Subscribed (mid:");
        let mut early = VecDeque::new();
        loop {
            let line = listening.line("its subscription granted");
            if granted(&line) {
                break;
            }
            early.push_back(line);
        }
        listening.early = early.into();
        listening
    }

    /// The next message: its topic, its payload, and whether it was retained.
    pub fn next(&self) -> (String, String, bool) {
        loop {
            let line = self.line("a message");
            let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
            let retained = message["retain"] == json!(true) || message["retain"] == json!(1);
            let text = |name: &str| message[name].as_str().unwrap().to_owned();
            return (text("topic"), text("payload"), retained);
        }
    }

    fn line(&self, what: &str) -> String {
        let early = self.early.borrow_mut().pop_front();
        if let Some(line) = early {
            return line;
        }
        self.lines.recv_timeout(SOON).unwrap_or_else(|_| panic!("{:?}: never had {what}", self.way))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn mosquitto(name: &str, door: &Door, way: Way, client_id: &str) -> Command {
    let mut command = Command::new(name);
    if name == "stdbuf" {
        command.args(["-oL", "mosquitto_sub"]);
    }
    let version = if way.version == Version::V5 { "mqttv5" } else { "mqttv311" };
    let port = door.port(way.carrier).to_string();
    command.args([
        "-h",
        "localhost",
        "-p",
        &port,
        "-V",
        version,
        "-q",
        &way.qos.to_string(),
        "-i",
        client_id,
    ]);
    if way.carrier == Carrier::Tls {
        command.arg("--cafile").arg(&door.ca);
    }
    if let Some((user, password)) = &door.login {
        command.args(["-u", user, "-P", password]);
    }
    command
}

fn script(door: &Door, way: Way, client_id: &str) -> Command {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients_support");
    let mut command = match way.program {
        Program::Paho => {
            let mut command = Command::new(python());
            command.arg(here.join("paho_device.py"));
            if way.carrier == Carrier::Ws {
                command.arg("--ws");
            }
            command
        }
        Program::MqttJs => {
            let mut command = Command::new("node");
            command.arg(here.join("mqttjs_device.cjs")).arg("--modules").arg(modules());
            if way.carrier == Carrier::Ws {
                command.args(["--ws", "1"]);
            }
            command
        }
        Program::Mosquitto => panic!("mosquitto's clients need no script"),
    };
    let version = if way.version == Version::V5 { "5" } else { "311" };
    let port = door.port(way.carrier).to_string();
    command.args([
        "--port",
        &port,
        "--version",
        version,
        "--qos",
        &way.qos.to_string(),
        "--client-id",
        client_id,
    ]);
    if way.carrier == Carrier::Tls {
        command.arg("--cafile").arg(&door.ca);
    }
    if let Some((user, password)) = &door.login {
        command.args(["--user", user, "--password", password]);
    }
    command
}

impl Door {
    const fn port(&self, carrier: Carrier) -> u16 {
        match carrier {
            Carrier::Tcp => self.tcp,
            Carrier::Tls => self.tls,
            Carrier::Ws => self.ws,
        }
    }
}

fn run(command: &mut Command, stdin: &str) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > SOON {
            let _ = child.kill();
            let said = child.wait_with_output().unwrap();
            panic!("it hangs: {command:?}\n{}", String::from_utf8_lossy(&said.stderr));
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

/// Whether a command can be run, and (unless it is only asked for its help) ends well.
fn works(command: &mut Command, whatever: bool) -> bool {
    let ran = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ran.is_ok_and(|status| whatever || status.success())
}

/// The Python that has the packages: `.ci/run` makes one in `target/python`.
fn python() -> PathBuf {
    let made = target().join("python/bin/python");
    std::env::var_os("COWL_PYTHON").map_or(made, PathBuf::from)
}

/// Where `.ci/run` puts MQTT.js.
fn modules() -> PathBuf {
    std::env::var_os("COWL_NODE_MODULES").map_or_else(|| target().join("node/node_modules"), PathBuf::from)
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")
}
