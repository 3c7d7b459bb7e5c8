//! Captures of mosquitto's clients and broker, made here: a relay between them notes every read, and writes it as frames.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use cowl_audit::mqtt::{Body, Dialogue, Packet, fingerprint};
use cowl_audit::trace::Way;

use super::support::frames::{ETHERNET, Frame, pcap};
use super::support::seen::read;
use super::support::talk::Talk;
use super::tshark;

/// What the relay noted: of which connection, which way, what. Nothing is the end.
type Note = (usize, Way, Vec<u8>);

/// A broker on a free port.
struct Broker {
    child: Child,
    address: SocketAddr,
}

impl Broker {
    fn start() -> Self {
        loop {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let file =
                Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mosquitto-{}.conf", address.port()));
            std::fs::write(&file, format!("listener {} 127.0.0.1\nallow_anonymous true\n", address.port()))
                .unwrap();
            let mut child = Command::new("mosquitto")
                .arg("-c")
                .arg(&file)
                .stderr(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            // It is ready when it answers, or gone if somebody else took the port meanwhile.
            loop {
                if TcpStream::connect(address).is_ok() {
                    return Self { child, address };
                }
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                thread::yield_now();
            }
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Relays connections to the broker and notes what passes.
fn relay(broker: SocketAddr, notes: Sender<Note>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let (Ok(client), Ok(server)) = (client, TcpStream::connect(broker)) else { return };
            let ends = [(Way::ToServer, &client, &server), (Way::ToClient, &server, &client)];
            for (way, from, to) in ends {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let notes = notes.clone();
                thread::spawn(move || {
                    let mut buffer = [0; 1400];
                    loop {
                        let length = from.read(&mut buffer).unwrap_or(0);
                        // Noted before it is passed on: what answers it is noted later.
                        if notes.send((number, way, buffer[..length].to_vec())).is_err() || length == 0 {
                            let _ = to.shutdown(std::net::Shutdown::Write);
                            return;
                        }
                        if to.write_all(&buffer[..length]).is_err() {
                            return;
                        }
                    }
                });
            }
        }
    });
    address
}

fn client(program: &str, relay: SocketAddr, version: &str, more: &[&str]) -> Child {
    let port = relay.port().to_string();
    Command::new(program)
        .args(["-h", "127.0.0.1", "-p", &port, "-V", version])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Each version and quality of service: a publisher with a will and, in 5, properties; a subscriber to what it retained.
fn run(relay: SocketAddr) -> usize {
    let mut connections = 0;
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        for qos in ["0", "1", "2"] {
            let topic = format!("area/{version}/{qos}");
            let mut publish = vec!["-i", "bee", "-q", qos, "-t", &topic, "-m", "thirty degrees", "-r"];
            publish.extend(["--will-topic", "gone", "--will-payload", "bye", "-u", "alice", "-P", "secret"]);
            if version == "mqttv5" {
                publish.extend([
                    "-D",
                    "PUBLISH",
                    "user-property",
                    "unit",
                    "celsius",
                    "-D",
                    "PUBLISH",
                    "content-type",
                    "text",
                ]);
                publish.extend(["-D", "CONNECT", "session-expiry-interval", "10"]);
            }
            assert!(client("mosquitto_pub", relay, version, &publish).wait().unwrap().success());
            let subscribe = ["-q", qos, "-t", &topic, "-t", "other/#", "-C", "1", "-W", "30"];
            assert!(client("mosquitto_sub", relay, version, &subscribe).wait().unwrap().success());
            connections += 2;
        }
    }
    connections
}

/// The notes as frames, on the port that tshark expects MQTT at.
fn frames(notes: impl IntoIterator<Item = Note>, connections: usize) -> Vec<Frame> {
    let mut talks: BTreeMap<usize, Talk> = BTreeMap::new();
    let (mut frames, mut ends) = (Vec::new(), 0);
    for (number, way, bytes) in notes {
        let begin = || Talk::open(&format!("10.0.0.2:{}", 40_000 + number), "10.0.0.1:1883");
        let talk = talks.entry(number).or_insert_with(begin);
        if bytes.is_empty() {
            talk.send(way, super::support::frames::FIN | super::support::frames::ACK, b"");
            ends += 1;
        } else {
            talk.say(way, &bytes);
        }
        frames.append(&mut talk.frames);
        if ends == connections * 2 {
            break;
        }
    }
    frames.iter_mut().zip(1_700_000_000_000_000..).for_each(|(frame, at)| frame.at = at);
    frames
}

#[test]
fn mosquitto_is_read_as_tshark_reads_it() {
    let there = |program: &str| {
        Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    let found = there("mosquitto") && there("mosquitto_pub");
    assert!(found || std::env::var_os("CI").is_none(), "CI must have mosquitto and its clients");
    if !found || !tshark::installed() {
        eprintln!("skipped: mosquitto, its clients and tshark are needed");
        return;
    }
    let broker = Broker::start();
    let (sender, notes) = channel();
    let connections = run(relay(broker.address, sender));
    let file = pcap(ETHERNET, &frames(notes, connections));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("live-{}.pcap", broker.address.port()));
    std::fs::write(&path, &file).unwrap();

    let (seen, summary) = read(&file);
    assert!(summary.is_whole(), "{summary:?}");
    assert_eq!(summary.connections.mqtt, u64::try_from(connections).unwrap());
    assert_eq!(seen.counts(), tshark::counts(&path, &[]));
    let mut prints: Vec<_> =
        seen.packets.iter().filter_map(|(_, bytes)| fingerprint(&Packet::read(bytes, None)?)).collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), 6, "publisher and subscriber, three versions");
    same_fields(&path);
    std::fs::remove_file(path).unwrap();
}

/// Topics, payloads, names and properties, connection by connection.
fn same_fields(path: &Path) {
    let mut ours = Vec::new();
    let mut dialogues = BTreeMap::new();
    cowl_audit::capture::read(std::fs::File::open(path).unwrap(), |event| {
        if let cowl_audit::trace::Event::Packet { connection, way, bytes, .. } = *event {
            let dialogue: &mut Dialogue = dialogues.entry(connection.0).or_default();
            let packet = dialogue.read(way, bytes).unwrap();
            assert!(packet.flaws.is_empty(), "{:?}", packet.flaws.iter().collect::<Vec<_>>());
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            match packet.body {
                Body::Publish(publish) => {
                    let hex =
                        publish.payload.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
                    let unit: String =
                        publish.properties.user().map(|(name, value)| text(name) + &text(value)).collect();
                    ours.push([text(publish.topic), hex, unit, String::new()]);
                }
                Body::Connect(connect) => {
                    let will = connect.will.map_or(String::new(), |will| text(will.topic));
                    let name = connect.user_name.map_or(String::new(), text);
                    // mosquitto_sub makes up an identifier of its own, or leaves it to the broker.
                    ours.push([will, name, text(connect.client_id), connect.keep_alive.to_string()]);
                }
                _ => {}
            }
        }
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    let fields = ["mqtt.topic", "mqtt.msg", "mqtt.prop_key", "mqtt.prop_value"];
    // One packet a frame here: the clients and the broker write each on its own.
    let mut theirs = Vec::new();
    for line in tshark::fields(path, "mqtt.msgtype == 3", &fields, &[]) {
        theirs.push([line[0].clone(), line[1].clone(), line[2].clone() + &line[3], String::new()]);
    }
    let fields = ["mqtt.willtopic", "mqtt.username", "mqtt.clientid", "mqtt.kalive"];
    theirs.extend(
        tshark::fields(path, "mqtt.msgtype == 1", &fields, &[])
            .into_iter()
            .map(|line| <[String; 4]>::try_from(line).unwrap()),
    );
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
}
