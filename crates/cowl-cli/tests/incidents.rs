//! A whole stream of incident reports, from a CSV through `cowl pub` and a real broker to every role, with an
//! eavesdropper on `#`: what arrives, and what does not leak.
//!
//! `COWL_INCIDENTS=FILE` takes a CSV `time,lat,lon,category_code,category` of one's own, such as the 3,580 reports of
//! Haiti 2010; without it a few hundred rows are made from a seed. Rows have no reporter, so row *i* is given to
//! device `1 + splitmix64(2010 + i) mod 300`, with a name and a phone number that occur nowhere else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]
#![allow(clippy::print_stdout, reason = "figures that the test is run for")]
#![allow(clippy::cast_precision_loss, reason = "numbers of rows")]

use std::{
    collections::HashSet,
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use cowl_audit::{Needle, Searcher, coincidences};
use serde_json::Value;

const DEVICES: u64 = 300;
const ROLES: [&str; 3] = ["triage", "medical", "rescue"];
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn on_the_embedded_broker() {
    if skip("mosquitto_sub") {
        return;
    }
    let operation = Operation::new();
    let (broker, port) = operation.embedded_broker();
    operation.run(port, Some("observer"));
    drop(broker);
}

#[test]
fn on_mosquitto() {
    if skip("mosquitto") {
        return;
    }
    let operation = Operation::new();
    let (broker, port) = operation.mosquitto();
    operation.run(port, None);
    drop(broker);
}

/// One row of the stream and what was planted in it.
struct Row {
    line: String,
    hour: String,
    category: String,
    latitude: String,
    longitude: String,
    name: String,
    phone: String,
}

struct Operation {
    folder: tempfile::TempDir,
    rows: Vec<Row>,
}

impl Operation {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operation = Self { rows: rows(), folder };
        let policy = operation.path("incidents.toml");
        fs::write(&policy, cowl::policy_file::INCIDENTS_POLICY).unwrap();
        let zones = operation.path(cowl::policy_file::HAITI_DEPARTMENTS_NAME);
        fs::write(zones, cowl::policy_file::HAITI_DEPARTMENTS).unwrap();
        let ops = operation.ops();
        Self::cowl(&["init", &ops, "--policy", policy.to_str().unwrap()]);
        Self::cowl(&["enrol", &ops, "field", "--gateway", "300", "-o", &operation.file("field.cowl")]);
        for role in ROLES {
            let file = operation.file(&format!("{role}.cowl"));
            Self::cowl(&["enrol", &ops, role, "--responder", "--role", role, "-o", &file]);
        }
        operation
    }

    fn run(&self, port: u16, observer: Option<&str>) {
        let eavesdropper = self.eavesdropper(port, observer);
        let readers: Vec<_> = ROLES.iter().map(|role| (role, self.reader(role, port))).collect();
        self.publish(port);
        for (role, reader) in readers {
            self.check_role(role, &reader.finish());
        }
        self.check_eavesdropper(&eavesdropper.finish());
    }

    /// Every report once, each as the policy says for this role, none with what another role gets.
    fn check_role(&self, role: &str, printed: &str) {
        let reports: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(reports.len(), self.rows.len(), "{role}");
        let ids: HashSet<_> = reports.iter().map(|report| report["report"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), self.rows.len(), "{role} saw a report twice");
        let senders: HashSet<_> = reports.iter().map(|report| report["from"].as_str().unwrap()).collect();
        assert_eq!(senders.len(), self.senders(), "{role}");
        let of = |report: &Value| {
            let time = report["time"].as_str().unwrap();
            assert!(role != "triage" || time.ends_with(":00:00Z"), "{role}: {time}");
            (time[..13].to_owned(), report["category"].as_str().unwrap_or_default().to_owned())
        };
        let mut read: Vec<_> = reports.iter().map(of).collect();
        let mut sent: Vec<_> = self.rows.iter().map(|row| (row.hour.clone(), row.category.clone())).collect();
        read.sort();
        sent.sort();
        assert_eq!(read, sent, "{role}");
        for report in &reports {
            assert!(report.get("lat").is_none() && report["position"].get("lat").is_none());
            let level = report["position"].get("level").and_then(Value::as_str);
            assert!(
                level.is_none_or(|level| level == "department"),
                "{role}: no beacon, so only the fallback level"
            );
        }
        let names: HashSet<_> = reports.iter().filter_map(|report| report["name"].as_str()).collect();
        let expected = if role == "rescue" { self.rows.len() } else { 0 };
        assert_eq!(names.len(), expected, "{role}");
    }

    /// What `#` gives away: nothing planted, one size, and no more coincidences than random bytes have.
    fn check_eavesdropper(&self, heard: &str) {
        let payloads: Vec<Vec<u8>> = heard
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(_, hex)| hex::decode(hex).unwrap())
            .collect();
        assert_eq!(payloads.len(), self.rows.len());
        let sizes: HashSet<_> = payloads.iter().map(Vec::len).collect();
        assert_eq!(sizes.len(), 1, "enrolled messages have one size");
        let searcher = Searcher::new(&self.needles()).unwrap();
        for judgement in [searcher.judge(&payloads), searcher.judge(&[heard])] {
            assert!(
                !judgement.leaked(),
                "{} sure and {} short hits",
                judgement.hits.len(),
                judgement.short_hits.len()
            );
        }
        for found in coincidences(&payloads) {
            assert_eq!(found.equal_payloads, 0);
            assert!(!found.exceeded(), "{} coincidences, bound {}", found.total, found.bound);
            println!(
                "{} payloads of {} bytes: {} coincidences of 4 bytes at one offset, {:.2} expected, bound {}",
                found.messages, found.size, found.total, found.expected, found.bound
            );
        }
    }

    /// Names, numbers, coordinates, pseudonyms and the credential's secrets, as text, bytes and in many encodings.
    fn needles(&self) -> Vec<Needle> {
        let mut needles = Vec::new();
        for row in &self.rows {
            needles.push(Needle::Text(row.name.clone()));
            needles.push(Needle::Phone(row.phone.clone()));
            needles.push(Needle::Text(row.latitude.clone()));
            needles.push(Needle::Text(row.longitude.clone()));
            needles.push(Needle::Degrees(row.latitude.parse().unwrap()));
            needles.push(Needle::Degrees(row.longitude.parse().unwrap()));
        }
        let printed = fs::read_to_string(self.path("rescue.out")).unwrap();
        let pseudonyms: HashSet<_> = printed
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["from"].as_str().unwrap().to_owned())
            .collect();
        needles.extend(pseudonyms.into_iter().map(Needle::Text));
        let credential = fs::read(self.path("field.cowl")).unwrap();
        let keys = credential.windows(34).filter(|window| window.starts_with(&[0x58, 0x20]));
        needles.extend(keys.take(2_000).map(|key| Needle::Bytes(key[2..18].to_vec())));
        needles
    }

    fn senders(&self) -> usize {
        (0..self.rows.len() as u64).map(device_of).collect::<HashSet<_>>().len()
    }

    fn publish(&self, port: u16) {
        let mut pub_ = Command::new(env!("CARGO_BIN_EXE_cowl"))
            .args(["pub", "-l", "--csv", "--identity-from", "device", "-q", "1", "-h", "127.0.0.1", "-p"])
            .args([&port.to_string(), "--beacon-wait", "0", "--credential", &self.file("field.cowl")])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = pub_.stdin.take().unwrap();
        writeln!(input, "time,lat,lon,category_code,category,name,phone,device").unwrap();
        for row in &self.rows {
            writeln!(input, "{}", row.line).unwrap();
        }
        drop(input);
        let output = pub_.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn reader(&self, role: &str, port: u16) -> Reader {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command
            .args(["sub", "-d", "-q", "1", "-h", "127.0.0.1", "-p", &port.to_string(), "-W", "100", "-C"])
            .args([&self.rows.len().to_string(), "--credential", &self.file(&format!("{role}.cowl"))]);
        // Until the broker acknowledged the subscription, reports would pass the reader by.
        Reader::subscribed(command, self.path(&format!("{role}.out")))
    }

    fn eavesdropper(&self, port: u16, observer: Option<&str>) -> Reader {
        let mut login = Vec::new();
        if let Some(user) = observer {
            let logins = fs::read_to_string(Path::new(&self.ops()).join("logins.toml")).unwrap();
            let logins: toml::Table = toml::from_str(&logins).unwrap();
            let of = |what: &str| logins[user][what].as_str().unwrap().to_owned();
            login = vec!["-u".to_owned(), of("user"), "-P".to_owned(), of("password")];
        }
        let command = |more: &[&str]| {
            let mut command = Command::new("mosquitto_sub");
            command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-t", "#", "-q", "1"]);
            command.args(["-c", "-i", "eavesdropper"]).args(&login).args(more);
            command
        };
        // Ends once its subscription is acknowledged: from then on the broker keeps what comes for this session.
        assert!(command(&["-E"]).status().unwrap().success());
        let count = self.rows.len().to_string();
        Reader::start(command(&["-F", "%t %x", "-W", "100", "-C", &count]), self.path("heard"))
    }

    fn embedded_broker(&self) -> (Server, u16) {
        Server::on_a_free_port(|port| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
            command.args(["broker", &self.ops(), "-p", &port.to_string()]);
            command
        })
    }

    fn mosquitto(&self) -> (Server, u16) {
        Server::on_a_free_port(|port| {
            let config = self.path("mosquitto.conf");
            let text =
                format!("listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n");
            fs::write(&config, text).unwrap();
            let mut command = Command::new("mosquitto");
            command.arg("-c").arg(&config);
            command
        })
    }

    fn cowl(arguments: &[&str]) {
        let output = Command::new(env!("CARGO_BIN_EXE_cowl")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn ops(&self) -> String {
        self.file("ops")
    }

    fn file(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A child whose output goes to a file.
struct Reader {
    child: Child,
    out: PathBuf,
}

impl Reader {
    fn start(mut command: Command, out: PathBuf) -> Self {
        let file = fs::File::create(&out).unwrap();
        Self { child: command.stdout(file).stderr(Stdio::null()).spawn().unwrap(), out }
    }

    /// Of a `cowl sub -d`, once it says that it is subscribed.
    fn subscribed(mut command: Command, out: PathBuf) -> Self {
        let file = fs::File::create(&out).unwrap();
        let mut child = command.stdout(file).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let is_subscribed = |line: io::Result<String>| line.unwrap().ends_with("subscribed");
        assert!(lines.any(is_subscribed), "it ended before it was subscribed");
        // Or it would wait for a reader of what else it says.
        thread::spawn(move || lines.for_each(drop));
        Self { child, out }
    }

    fn finish(mut self) -> String {
        self.child.wait().unwrap();
        fs::read_to_string(&self.out).unwrap()
    }
}

/// A broker; stopped when dropped.
struct Server(Child);

impl Server {
    /// Started, and listening. A port that was free may be another's a moment later: then it is tried on another one.
    fn on_a_free_port(command: impl Fn(u16) -> Command) -> (Self, u16) {
        (0..10)
            .find_map(|_| {
                let port = free_port();
                let child = command(port).stderr(Stdio::null()).spawn().unwrap();
                Some((Self(child).ready(port)?, port))
            })
            .expect("the broker starts")
    }

    /// `None` when it ended instead.
    fn ready(mut self, port: u16) -> Option<Self> {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if self.0.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(start.elapsed() < PATIENCE, "the broker does not answer");
            thread::sleep(Duration::from_millis(5));
        }
        // Or somebody else answers there.
        self.0.try_wait().unwrap().is_none().then_some(self)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn rows() -> Vec<Row> {
    let lines: Vec<String> = match std::env::var("COWL_INCIDENTS") {
        Ok(file) => {
            let file = BufReader::new(fs::File::open(file).unwrap());
            file.lines().skip(1).map(Result::unwrap).collect()
        }
        Err(_) => (0..250).map(made_up).collect(),
    };
    (0..).zip(&lines).map(|(number, line)| row(number, line)).collect()
}

fn row(number: u64, line: &str) -> Row {
    let mut cells = line.splitn(5, ',');
    let mut next = || cells.next().unwrap().to_owned();
    let (time, latitude, longitude, _, category) = (next(), next(), next(), next(), next());
    let name = format!("Zéphirine Quaxx-{number:05}");
    let phone = format!("+509 5550 {:04} {:02}", number / 7, number % 7 + 11);
    Row {
        line: format!("{line},{name},{phone},{}", device_of(number)),
        hour: time[..13].to_owned(),
        category: category.trim_matches('"').trim().to_owned(),
        latitude,
        longitude,
        name,
        phone,
    }
}

/// A report somewhere in Haiti, from the row's number alone.
fn made_up(number: u64) -> String {
    let (a, b) = (splitmix64(number), splitmix64(number + 1_000_000));
    let (lat, lon) = (18.2 + (a % 14_000) as f64 / 10_000.0, -74.0 + (b % 20_000) as f64 / 10_000.0);
    let (code, category) =
        [("1", "Emergency"), ("2b", "Water shortage"), ("5a", "Collapsed structure")][(a % 3) as usize];
    format!("2010-01-{:02}T{:02}:{:02},{lat:.4},{lon:.4},{code},{category}", 12 + b % 15, a % 24, b % 60)
}

fn device_of(row: u64) -> u64 {
    1 + splitmix64(2_010 + row) % DEVICES
}

/// Steele, Lea and Flood's mixer: a stated rule that anyone can repeat.
fn splitmix64(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn skip(program: &str) -> bool {
    let missing = Command::new(program).arg("-h").output().is_err();
    assert!(!missing || std::env::var_os("CI").is_none(), "{program} is missing, and CI must not skip");
    if missing {
        println!("skipped: {program} is not installed");
    }
    missing
}
