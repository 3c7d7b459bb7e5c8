//! `cowl doctor` as a process, against the embedded broker and a mosquitto that leaks.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::Value;

/// A slow machine takes some seconds.
const SOON: Duration = Duration::from_mins(2);
/// Where Debian and others put it.
const PROGRAMS: [&str; 3] =
    ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];

struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = cowl(folder, arguments).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    fn until(&self, words: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(SOON).unwrap_or_else(|_| panic!("never said: {words}"));
            if line.contains(words) {
                return line;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cowl(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    cowl(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap()
}

/// Every thing that was looked at, and whether the exit code says what the worst of them is.
struct Looked(Vec<Value>);

impl Looked {
    #[track_caller]
    fn at(folder: &Path, arguments: &[&str]) -> Self {
        let output = run(folder, &[&["doctor", "--json"], arguments].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!all.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let bad = all.iter().any(|one| one["level"] == "warning" || one["level"] == "problem");
        assert_eq!(output.status.code(), Some(if bad { 9 } else { 0 }), "{text}");
        Self(all)
    }

    /// The level of the first one of this place whose text holds these words.
    #[track_caller]
    fn level(&self, words: &str) -> &str {
        let found = self.0.iter().find(|one| one["what"].as_str().unwrap().contains(words));
        found.unwrap_or_else(|| panic!("nothing of {words:?} in {:#?}", self.0))["level"].as_str().unwrap()
    }

    /// Those of a place above `ok`.
    fn above(&self, place: &str) -> Vec<&str> {
        let of = |one: &&Value| one["place"].as_str().unwrap().starts_with(place) && one["level"] != "ok";
        self.0.iter().filter(of).map(|one| one["what"].as_str().unwrap()).collect()
    }
}

fn operation(folder: &Path) {
    for arguments in [
        &["init", "ops"][..],
        &["enrol", "ops", "phone", "--device"],
        &["enrol", "ops", "medic", "--responder", "--role", "medical"],
    ] {
        assert!(run(folder, arguments).status.success(), "{arguments:?}");
    }
}

/// Every file with its bytes: what must not change.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    all.sort();
    all
}

#[test]
fn an_operation_at_work_is_well_and_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    operation(folder);
    let broker = Running::start(folder, &["broker", "ops", "-p", "0", "--tls-port", "0", "--no-ws"]);
    let line = [broker.until("listening on "), broker.until("listening on ")];
    let port = |line: &String| {
        let address = line.split("listening on ").nth(1).unwrap().split(' ').next().unwrap();
        address.rsplit(':').next().unwrap().to_owned()
    };
    let (tcp, tls) = (port(&line[0]), port(&line[1]));
    let early = Looked::at(folder, &["ops", "-p", &tls, "--cafile", "ops/tls/ca.pem"]);
    assert_eq!(early.level("there is no beacon"), "warning");
    let serve = Running::start(folder, &["serve", "ops", "-p", &tcp]);
    serve.until("serving manifest");
    let before = files(folder);

    let ops = Looked::at(folder, &["ops", "-p", &tls, "--tls"]);
    assert_eq!(ops.above("broker"), [] as [&str; 0]);
    for words in [
        "X25519MLKEM768",
        "the certificate that the broker shows holds",
        "nobody gets in without a login",
        "login walk-in is taken",
        "login device may not read the mailbox",
        "login device may not read all",
        "login device may not read what the broker says of itself",
        "login observer may not publish beacons",
        "login walk-in may not publish beacons",
        "the manifest is there, signed, version",
        "agrees with the broker's newest beacon",
    ] {
        assert_eq!(ops.level(words), "ok", "{words}");
    }
    let shares = ops.above("ops").into_iter().filter(|what| what.contains("no shares")).count();
    assert_eq!(shares, 1);

    for member in ["phone.cowl", "medic.cowl"] {
        let looked = Looked::at(folder, &[member, "-p", &tcp]);
        assert_eq!(looked.above("broker"), [] as [&str; 0], "{member}");
    }
    // Whom not to believe, and where nobody is.
    let stranger = Looked::at(folder, &["phone.cowl", "-p", &tls, "--pin", &"ab".repeat(32)]);
    assert_eq!(stranger.level("no secure connection"), "problem");
    let nobody = Looked::at(folder, &["phone.cowl", "-p", "1"]);
    assert_eq!(nobody.level("connection refused"), "problem");
    let wrong = Looked::at(folder, &["phone.cowl", "-p", &tcp, "-u", "device", "-P", "guessed"]);
    assert_eq!(wrong.level("login device is refused"), "problem");

    // The service goes on writing its own state; all else is as it was.
    let own = |files: Vec<(PathBuf, Vec<u8>)>| -> Vec<_> {
        files.into_iter().filter(|(path, _)| path.extension().is_none_or(|end| end != "state")).collect()
    };
    assert_eq!(own(files(folder)), own(before));
}

#[test]
fn a_mosquitto_that_leaks_is_found_from_outside_and_by_its_configuration() {
    let Some(program) = PROGRAMS.iter().find(|path| Path::new(path).exists()) else {
        assert!(std::env::var_os("CI").is_none(), "mosquitto is not installed");
        eprintln!("skipped: mosquitto is not installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    operation(folder);
    let mosquitto = Mosquitto::start(program, folder, "allow_anonymous true\nmax_packet_size 20000\n");
    let looked =
        Looked::at(folder, &["phone.cowl", "ops", "-p", &mosquitto.port, "--conf", "mosquitto.conf"]);
    for words in [
        "gets in without a login, and hears what others send",
        "login device reads all that anybody sends",
        "login device reads the mailbox",
        "login device may publish in the place of beacons",
        "it takes packets of 20 kB",
        "allow_anonymous:",
        "acl_file is missing",
        "max_packet_size 20000",
    ] {
        assert_eq!(looked.level(words), "problem", "{words}");
    }
    assert_eq!(looked.level("login device reads what the broker says of itself"), "warning");
    assert_eq!(looked.level("connection_messages"), "warning");
    assert_eq!(looked.level("there is no manifest"), "warning");
}

#[test]
fn a_mosquitto_with_rights_is_not_blamed() {
    let Some(program) = PROGRAMS.iter().find(|path| Path::new(path).exists()) else {
        assert!(std::env::var_os("CI").is_none(), "mosquitto is not installed");
        eprintln!("skipped: mosquitto is not installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    operation(folder);
    let manifest = cowl::operation::Operation::open(&folder.join("ops")).unwrap();
    let mailbox = hex::encode(manifest.manifest().mailbox);
    fs::write(
        folder.join("acl"),
        format!(
            "user device\ntopic write {mailbox}/r/#\ntopic read {mailbox}/m\ntopic read {mailbox}/b\n\
             user operator\ntopic readwrite {mailbox}/#\n"
        ),
    )
    .unwrap();
    let logins = manifest.logins();
    let line = |login: &cowl::operation::OperationLogin| format!("{}:{}\n", login.user, login.password);
    fs::write(folder.join("passwords"), line(&logins.device) + &line(&logins.operator)).unwrap();
    let hashed = Command::new("mosquitto_passwd").arg("-U").arg(folder.join("passwords")).output();
    if !hashed.is_ok_and(|ran| ran.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "mosquitto_passwd is not installed");
        eprintln!("skipped: mosquitto_passwd is not installed");
        return;
    }
    let rules = format!(
        "allow_anonymous false\nacl_file {0}/acl\npassword_file {0}/passwords\nlog_type error\n\
         persistence true\nautosave_interval 60\npersistence_location {0}/\n",
        folder.display()
    );
    let mosquitto = Mosquitto::start(program, folder, &rules);
    let serve = Running::start(folder, &["serve", "ops", "-p", &mosquitto.port]);
    serve.until("serving manifest");
    let looked = Looked::at(folder, &["phone.cowl", "-p", &mosquitto.port, "--conf", "mosquitto.conf"]);
    assert_eq!(looked.above("broker"), [] as [&str; 0]);
    assert_eq!(looked.above("mosquitto.conf"), [] as [&str; 0]);
    assert_eq!(looked.level("login device may ask for the mailbox"), "ok");
}

#[test]
fn each_remedy_that_is_a_command_can_be_typed_and_helps() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    operation(folder);
    let phone = folder.join("phone.cowl");
    fs::set_permissions(&phone, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(folder.join("phone.cowl.state"), "damaged").unwrap();
    // One after the other: what others can read is not opened before it is private.
    for words in ["can be read by others", "phone.cowl.state"] {
        let bad = Looked::at(folder, &["phone.cowl"]);
        let found = bad.0.iter().find(|one| one["what"].as_str().unwrap().contains(words)).unwrap();
        assert_eq!(found["level"], "problem");
        let typed = found["remedy"].as_str().unwrap();
        let ran = Command::new("sh").args(["-c", typed]).current_dir(folder).status().unwrap();
        assert!(ran.success(), "{typed}");
    }
    let good = Looked::at(folder, &["phone.cowl"]);
    assert!(
        good.above("phone.cowl")
            .iter()
            .all(|what| !what.contains("read by others") && !what.contains("damaged"))
    );
    assert_eq!(good.level("counts as restored"), "notice");
}

/// A mosquitto on a free port of its own, with these further lines.
struct Mosquitto {
    child: Child,
    port: String,
}

impl Mosquitto {
    fn start(program: &str, folder: &Path, extra: &str) -> Self {
        // Between asking the system for a port and mosquitto's bind another process may take it.
        (0..5).find_map(|_| Self::try_start(program, folder, extra)).expect("mosquitto did not start")
    }

    fn try_start(program: &str, folder: &Path, extra: &str) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let path = folder.join("mosquitto.conf");
        fs::write(&path, format!("user root\nsys_interval 1\n{extra}listener {port} 127.0.0.1\n")).unwrap();
        let child = Command::new(program)
            .arg("-c")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut broker = Self { child, port: port.to_string() };
        let deadline = Instant::now() + SOON;
        while Instant::now() < deadline && broker.child.try_wait().is_ok_and(|end| end.is_none()) {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(broker);
            }
            std::thread::yield_now();
        }
        None
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
