//! Programs of others, unmodified, as devices of a gateway: what they publish arrives at `cowl sub`, what the authority commands arrives at
//! them. Each program in MQTT 3.1.1 and 5, at QoS 0, 1 and 2, over TCP and TLS (WebSocket where it speaks it), with what devices of
//! five families really send.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod clients_support;
mod kill_support;
mod publish_support;
mod subscribe_support;

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    process::Command,
};

use clients_support::{Carrier, Door, Listening, Program as Client, Version, Way, payloads::Family, publish};
use kill_support::{Program, free_port};
use publish_support::{World, now, port};
use subscribe_support::{Mosquitto, Running};

/// What the default policy has no family for: the study's text.
const STUDY: &str = "\n[[device]]\nname = \"study\"\ntopics = [\"srv/+\"]\npayload = \"text\"\ndevice = [\"userId\"]\n\
                     [device.fields]\ntemperature = \"temperature\"\nseverity = \"severity\"\n\
                     position = [[\"lat\", \"lon\"]]\ntopic = \"$topic\"\n";

#[test]
fn what_they_publish_arrives_over_the_embedded_broker() {
    let world = world();
    let broker = world.broker();
    everything_arrives(world, port(&broker));
}

#[test]
fn what_they_publish_arrives_over_mosquitto() {
    let Some(mosquitto) = Mosquitto::start() else { return };
    everything_arrives(world(), mosquitto.port);
}

#[test]
fn what_the_authority_commands_arrives() {
    let clients = Client::present();
    let mut world = world();
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    let service = Service::start(&world, at);
    let (_gateway, door) = gateway(&world, at, &[]);
    // Bulletins come with beacons: every second here.
    for way in Way::all(&clients).into_iter().filter(|way| way.carrier != Carrier::Ws) {
        let family = Family::ALL[usize::from(way.qos) + usize::from(way.version == Version::V5)];
        let listening = Listening::start(&door, way, "lamp", family.command(), 1);
        let payload = format!("{way:?}");
        command(&world, family.command(), &payload);
        assert_eq!(listening.next(), (family.command().to_owned(), payload, false), "{way:?}");
    }
    drop(service);
}

/// Devices hear the authority's alerts, each once, and later what stands; and none gives one, whatever devices may say to one another.
#[test]
fn alerts_reach_devices_and_no_device_gives_one() {
    let clients = Client::present();
    let mut world = world();
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    let service = Service::start(&world, at);
    let (_gateway, door) = gateway(&world, at, &["--local-topics", "#", "--here", "18.54,-72.34"]);
    let text = |(topic, payload, retained): (String, String, bool)| {
        let said: serde_json::Value = serde_json::from_str(&payload).unwrap();
        let said = if retained { said.as_array().unwrap().last().unwrap().clone() } else { said };
        (topic, said["text"].as_str().unwrap().to_owned(), retained)
    };
    for (number, program) in (0..).zip(clients) {
        let way = |qos| Way { program, carrier: Carrier::Tcp, version: Version::V5, qos };
        let listening = Listening::start(&door, way(1), "siren", "cowl/alert", 1);
        publish(&door, way(0), "liar", &[("cowl/alert".to_owned(), "{\"text\":\"all is well\"}".to_owned())]);
        let said = format!("leave the river bank, {number}");
        alert(&world, &said);
        assert_eq!(text(listening.next()), ("cowl/alert".to_owned(), said.clone(), false), "{program:?}");
        let later = Listening::start(&door, way(1), "late", "cowl/alerts", 1);
        assert_eq!(text(later.next()), ("cowl/alerts".to_owned(), said, true), "{program:?}");
    }
    drop(service);
}

/// Reports pass the gateway only: no device hears another's, and a topic is local only where that was asked for.
#[test]
fn devices_hear_each_other_only_where_that_was_asked_for() {
    let clients = Client::present();
    let world = world();
    let broker = world.broker();
    let (_gateway, door) = gateway(&world, port(&broker), &["--local-topics", "home/#"]);
    for client in clients {
        let way = |qos| Way { program: client, carrier: Carrier::Tcp, version: Version::V5, qos };
        let listening = Listening::start(&door, way(1), "ear", "#", 2);
        let report = (Family::Tasmota.topic().to_owned(), Family::Tasmota.payload(200));
        let local = |text: &str| ("home/switch".to_owned(), text.to_owned());
        publish(&door, way(1), "mouth", &[report, local("on")]);
        publish(&door, way(0), "mouth", &[local("off")]);
        for text in ["on", "off"] {
            let (topic, payload) = local(text);
            assert_eq!(
                listening.next(),
                (topic, payload, false),
                "{client:?}: the report was heard, or nothing"
            );
        }
    }
}

fn everything_arrives(mut world: World, at: u16) {
    let ways = Way::all(&Client::present());
    world.announce(at, now());
    let reader = Running::start(&world, at, &["--role", "rescue", "-q", "1", "-d"]);
    reader.hears("connected and subscribed");
    let (_gateway, door) = gateway(&world, at, &[]);
    let mut number = 0;
    for way in &ways {
        let messages: Vec<_> = Family::ALL
            .into_iter()
            .map(|family| {
                number += 1;
                (family.topic().to_owned(), family.payload(number))
            })
            .collect();
        publish(&door, *way, "some-device", &messages);
    }
    let mut reports = HashSet::new();
    let mut of: HashMap<String, HashSet<String>> = HashMap::new();
    let mut by_topic: HashMap<String, usize> = HashMap::new();
    for _ in 0..ways.len() * Family::ALL.len() {
        let report = reader.next();
        let text = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
        assert!(reports.insert(text("report")), "shown twice: {report}");
        of.entry(text("topic")).or_default().insert(text("from"));
        *by_topic.entry(text("topic")).or_default() += 1;
    }
    for family in Family::ALL {
        assert_eq!(by_topic.get(family.topic()), Some(&ways.len()), "{family:?}");
        // One device, one identity, whatever program and connection it came by.
        assert_eq!(of[family.topic()].len(), 1, "{family:?}");
    }
    let all: HashSet<_> = of.values().flatten().collect();
    assert_eq!(all.len(), Family::ALL.len(), "each device has an identity of its own");
    let ended = reader.terminate();
    ended.ends(0);
    assert_eq!(ended.out, "", "printed behind the last report");
}

fn world() -> World {
    World::with_policy(|policy| {
        let own = policy.lines().find(|line| line.starts_with("slot = ")).unwrap().to_owned();
        policy.replace(&own, "slot = \"off\"") + STUDY
    })
}

/// A gateway without slots, for anybody on this machine.
fn gateway(world: &World, uplink: u16, more: &[&str]) -> (Program, Door) {
    let door = Door {
        tcp: free_port(),
        tls: free_port(),
        ws: free_port(),
        ca: world.path("gateway.tls/tls/ca.pem"),
        login: None,
    };
    let (at, credential) = (door.clone(), world.path("gateway"));
    let more: Vec<String> = more.iter().map(|&word| word.to_owned()).collect();
    let mut program = Program::new("gateway", "uplink connected", move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.args(["gateway", "--devices"]).arg(&credential).args(["--anonymous", "--uplink"]);
        command.arg(format!("127.0.0.1:{uplink}"));
        for (flag, port) in [("--listen", at.tcp), ("--listen-tls", at.tls), ("--listen-ws", at.ws)] {
            command.args([flag, &port.to_string()]);
        }
        command.args(&more);
        command
    });
    program.start();
    (program, door)
}

/// A `cowl serve` with a beacon every second.
struct Service(#[allow(dead_code, reason = "killed when dropped")] Program);

impl Service {
    fn start(world: &World, at: u16) -> Self {
        let folder = world.path("operation");
        let mut program = Program::new("serve", "serving manifest", move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
            command.arg("serve").arg(&folder).args([
                "-h",
                "127.0.0.1",
                "-p",
                &at.to_string(),
                "--every",
                "1",
            ]);
            command
        });
        program.start();
        Self(program)
    }
}

fn command(world: &World, topic: &str, payload: &str) {
    ordered(world, &["-t", topic, "-m", payload]);
}

fn alert(world: &World, text: &str) {
    ordered(world, &["--alert", text]);
}

fn ordered(world: &World, what: &[&str]) {
    let folder: PathBuf = world.path("operation");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    let ran = command.arg("command").arg(folder).args(what).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}
