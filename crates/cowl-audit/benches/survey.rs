//! Speed of the whole survey, census and disclosure in one pass, on one core: messages a second, and memory.
//!
//! `cargo bench -p cowl-audit --bench survey` runs 10⁵ and 10⁶ messages; a number after `--`, or in `COWL_SURVEY_MESSAGES`, runs up to that
//! many (10000000 for the figure that the issue asks for). The goal: 300,000 messages a second and under 1 GB at 10⁷, and a cost that
//! grows linearly.
//!
//! The mix: a quarter each of the study's text, JSON as OwnTracks sends it, JSON as Tasmota sends it, and opaque payloads of 504
//! bytes; 20,000 devices, each with connections of 50 messages, so that 10⁷ messages are 200,000 connections. Making the messages is not
//! timed. Time is the thread's own on the processor where the system tells it (Linux), so that a busy machine does not count.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its figures, of tables that it makes itself"
)]

use core::hint::black_box;
use core::net::SocketAddr;
use std::io::Write as _;
use std::time::{Duration, Instant};

use cowl_audit::survey::{Options, Rotation, Survey};
use cowl_audit::trace::{
    Carrier, Closing, ConnectionId, Event, Header, Observer, Point, PointId, PointKind, Way,
};

const DEVICES: u64 = 20_000;
const OPEN: usize = 2_000;
const PER_CONNECTION: u32 = 50;
const BATCH: u64 = 20_000;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[derive(Clone, Copy)]
struct Session {
    connection: u64,
    device: u64,
    left: u32,
}

/// What is to be handed over, made beforehand.
enum Step {
    Open(u64, SocketAddr),
    Packet(u64, core::ops::Range<usize>),
    Close(u64),
}

/// Makes batches of events.
struct Source {
    random: Random,
    sessions: Vec<Session>,
    connections: u64,
    made: u64,
    bytes: Vec<u8>,
    steps: Vec<Step>,
}

impl Source {
    fn new() -> Self {
        let sessions = vec![Session { connection: 0, device: 0, left: 0 }; OPEN];
        Self { random: Random(7), sessions, connections: 0, made: 0, bytes: Vec::new(), steps: Vec::new() }
    }

    fn batch(&mut self, messages: u64) {
        self.bytes.clear();
        self.steps.clear();
        for _ in 0..messages {
            let place = usize::try_from(self.random.below(OPEN as u64)).unwrap_or(0);
            if self.sessions[place].left == 0 {
                self.connect(place);
            }
            self.sessions[place].left -= 1;
            let session = self.sessions[place];
            let from = self.bytes.len();
            self.message(session);
            self.steps.push(Step::Packet(session.connection, from..self.bytes.len()));
            self.made += 1;
        }
    }

    fn connect(&mut self, place: usize) {
        let old = self.sessions[place];
        if old.connection > 0 {
            self.steps.push(Step::Close(old.connection));
        }
        self.connections += 1;
        let device = self.random.below(DEVICES);
        self.sessions[place] = Session { connection: self.connections, device, left: PER_CONNECTION };
        let port = u16::try_from(1024 + self.random.below(60_000)).unwrap_or(0);
        let [_, _, _, _, _, a, b, c] = (device / 3).to_be_bytes();
        self.steps.push(Step::Open(self.connections, SocketAddr::from(([10, a, b, c], port))));
        let from = self.bytes.len();
        let mut body = b"\x00\x04MQTT\x04\x82\x00\x3c".to_vec();
        for text in [format!("device-{device}"), format!("user{device}")] {
            body.extend(u16::try_from(text.len()).unwrap_or(0).to_be_bytes());
            body.extend(text.as_bytes());
        }
        self.packet(0x10, &body);
        self.steps.push(Step::Packet(self.connections, from..self.bytes.len()));
    }

    fn message(&mut self, session: Session) {
        let Session { device, .. } = session;
        let now = 1_700_000_000 + self.made / 100;
        let degrees = |random: &mut Random| format!("{:.7}", random.below(1_000_000_000) as f64 / 1e7 - 45.0);
        let mut body = Vec::with_capacity(600);
        let (topic, payload) = match device % 4 {
            0 => (
                "srv/temperature".to_owned(),
                format!(
                    "temperature: {}, severity: low, lat: {}, lon: {}, ip: 192.168.{}.{}, userId: {device}",
                    self.random.below(300),
                    degrees(&mut self.random),
                    degrees(&mut self.random),
                    device >> 8,
                    device & 255
                ),
            ),
            1 => (
                format!("owntracks/user{device}/phone"),
                format!(
                    r#"{{"_type":"location","_id":"{:08x}","acc":{},"alt":{},"batt":{},"conn":"m","lat":{},"lon":{},"t":"u","tid":"{:02}","tst":{now},"vac":{},"vel":{}}}"#,
                    self.random.next() >> 32,
                    self.random.below(60),
                    self.random.below(2000),
                    self.random.below(100),
                    degrees(&mut self.random),
                    degrees(&mut self.random),
                    device % 100,
                    self.random.below(9),
                    self.random.below(90)
                ),
            ),
            2 => (
                format!("tele/tasmota_{device:06X}/SENSOR"),
                format!(
                    r#"{{"Time":"2026-11-20T12:{:02}:{:02}","ENERGY":{{"TotalStartTime":"2026-01-01T00:00:00","Total":{}.{:03},"Yesterday":1.207,"Today":0.{:03},"Power":{},"ApparentPower":{},"ReactivePower":0,"Factor":0.{:02},"Voltage":{},"Current":0.{:03}}}}}"#,
                    self.made / 6_000 % 60,
                    self.made / 100 % 60,
                    self.random.below(900),
                    self.random.below(1000),
                    self.random.below(1000),
                    self.random.below(3000),
                    self.random.below(3000),
                    self.random.below(100),
                    220 + self.random.below(20),
                    self.random.below(1000)
                ),
            ),
            _ => (String::from("mail/3f"), String::new()),
        };
        body.extend(u16::try_from(topic.len()).unwrap_or(0).to_be_bytes());
        body.extend(topic.as_bytes());
        if device % 4 == 3 {
            for _ in 0..63 {
                body.extend(self.random.next().to_le_bytes());
            }
        } else {
            body.extend(payload.as_bytes());
        }
        self.packet(0x30, &body);
    }

    fn packet(&mut self, first: u8, body: &[u8]) {
        self.bytes.push(first);
        let mut length = body.len();
        loop {
            let byte = u8::try_from(length % 128).unwrap_or(0);
            length /= 128;
            self.bytes.push(if length > 0 { byte | 0x80 } else { byte });
            if length == 0 {
                break;
            }
        }
        self.bytes.extend_from_slice(body);
    }
}

fn header() -> Header {
    let broker = Point { kind: PointKind::Broker, name: "broker".to_owned() };
    Header { observer: Observer::Tap, start_us: 0, points: vec![broker], note: String::new() }
}

/// Peak resident memory in MB, of the whole process so far; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Time that this thread has had on a processor, or else of the clock on the wall.
fn processor(start: Instant) -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|field| field.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn run(messages: u64) {
    let begin = Instant::now();
    let mut survey = Survey::new(header(), Options { rotation: Rotation::Every(3_600_000_000) });
    let mut source = Source::new();
    let mut spent = Duration::ZERO;
    let mut at = 0;
    while source.made < messages {
        source.batch(BATCH.min(messages - source.made));
        let start = processor(begin);
        for step in &source.steps {
            at += 9_000;
            match step {
                Step::Open(connection, from) => survey.add(&Event::Open {
                    connection: ConnectionId(*connection),
                    at,
                    point: PointId(0),
                    from: Some(*from),
                    to: None,
                    carrier: Carrier::Tcp,
                }),
                Step::Packet(connection, range) => survey.add(&Event::Packet {
                    connection: ConnectionId(*connection),
                    at,
                    way: Way::ToServer,
                    bytes: &source.bytes[range.clone()],
                }),
                Step::Close(connection) => {
                    survey.add(&Event::Close {
                        connection: ConnectionId(*connection),
                        at,
                        cause: Closing::Orderly,
                    });
                }
            }
        }
        spent += processor(begin).saturating_sub(start);
    }
    let start = processor(begin);
    let report = black_box(survey.finish());
    let finish = processor(begin).saturating_sub(start);
    assert_eq!(report.about.messages, messages, "every message is counted");
    let each = (spent + finish).as_secs_f64() / messages as f64;
    println!(
        "{messages:>10} messages  {:>9.0} a second  {:>6.0} ns each  {:>6.2} s (of it the end {:.2} s)  peak {} MB",
        1.0 / each,
        each * 1e9,
        (spent + finish).as_secs_f64(),
        finish.as_secs_f64(),
        peak()
    );
    let _ = std::io::stdout().flush();
}

fn main() {
    // cargo hands `--bench` on
    let wanted = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let most: u64 =
        wanted.or_else(|| std::env::var("COWL_SURVEY_MESSAGES").ok()?.parse().ok()).unwrap_or(1_000_000);
    let mut messages = 100_000;
    while messages <= most {
        run(messages);
        messages *= 10;
    }
}
