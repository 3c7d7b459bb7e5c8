//! `cowl broker` and `cowl serve` as processes: what they print, how they end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
};

/// A command that runs until it is told to end.
struct Running {
    child: Child,
    err: BufReader<ChildStderr>,
    said: String,
}

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cowl"))
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        Self { child, err, said: String::new() }
    }

    /// Reads on until a line holds this text, and returns that line.
    fn until(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.err.read_line(&mut line).unwrap(), 0, "ended without {text:?}:\n{}", self.said);
            self.said += &line;
            if line.contains(text) {
                return line;
            }
        }
    }

    fn end(self, signal: &str) -> (ExitStatus, String) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.wait()
    }

    fn wait(mut self) -> (ExitStatus, String) {
        self.err.read_to_string(&mut self.said).unwrap();
        (self.child.wait().unwrap(), self.said)
    }
}

fn cowl(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_cowl")).args(arguments).current_dir(folder).output().unwrap();
    (out.status.code(), String::from_utf8(out.stderr).unwrap())
}

fn made(arguments: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = cowl(folder.path(), &[&["init", "ops"], arguments].concat());
    assert_eq!(code, Some(0), "{said}");
    folder
}

/// The port in a line such as `cowl: listening on 127.0.0.1:1883 for MQTT`.
fn port(line: &str) -> String {
    let address = line.split_whitespace().find(|word| word.contains("127.0.0.1:")).unwrap();
    address.rsplit(':').next().unwrap().to_owned()
}

const FREE: [&str; 6] = ["-p", "0", "--tls-port", "0", "--ws-port", "0"];

#[test]
fn one_command_serves_every_transport_and_ends_on_a_signal() {
    let folder = made(&[]);
    let here = folder.path();
    let mut broker = Running::start(here, &[&["broker", "ops", "--wss-port", "0"], &FREE[..]].concat());
    let tcp = port(&broker.until("for MQTT\n"));
    let tls = port(&broker.until("over TLS"));
    let ws = port(&broker.until("over WebSocket\n"));
    let wss = port(&broker.until("over WebSocket over TLS"));
    for (arguments, signal) in [
        (vec!["-p", &tcp], "-TERM"),
        (vec!["-p", &tls, "--tls"], "-INT"),
        (vec!["-p", &ws, "--ws"], "-TERM"),
        (vec!["-p", &wss, "--ws", "--cafile", "ops/tls/ca.pem", "-V", "311"], "-TERM"),
        (vec!["-h", "127.0.0.1", "-p", &tls, "--tls"], "-TERM"),
    ] {
        let mut serve = Running::start(here, &[&["serve", "ops"], &arguments[..]].concat());
        serve.until("serving manifest 1 and beacons; epoch 0 ends ");
        let (status, said) = serve.end(signal);
        assert!(status.success(), "{status} {said}");
        assert!(said.ends_with("cowl: ended\ncowl: census: 0 devices counted, once each epoch\n"), "{said}");
    }
    // TLS with nobody to trust, and a port that speaks something else.
    let (code, said) = cowl(here, &["serve", "ops", "-p", &tls, "--pin", &"ab".repeat(32)]);
    assert_eq!(code, Some(5), "{said}");
    let (code, said) = cowl(here, &["serve", "ops", "-p", &tcp, "-u", "operator", "-P", "wrong"]);
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("login refused"), "{said}");
    let (status, said) = broker.end("-TERM");
    assert!(status.success());
    assert!(said.contains("cowl: ended\n") && said.contains("1 connects refused login"), "{said}");
}

#[test]
fn the_current_folder_is_looked_at_and_listeners_can_be_left_out() {
    let folder = made(&[]);
    let ops = folder.path().join("ops");
    let mut broker = Running::start(&ops, &["broker", "-p", "0", "--no-tls", "--no-ws"]);
    broker.until("listening on");
    let (_, said) = broker.end("-INT");
    assert_eq!(said.matches("listening").count(), 1, "{said}");

    let mut broker = Running::start(&ops, &["broker", "--tls-only", "--tls-port", "0"]);
    broker.until("listening on");
    let (_, said) = broker.end("-INT");
    assert_eq!(said.matches("listening").count(), 1, "{said}");
    assert!(said.contains("over TLS"), "{said}");
}

#[test]
fn a_broker_on_another_machine_needs_two_files_and_makes_its_own_certificate() {
    let folder = made(&[]);
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    for name in ["manifest.cowl", "logins.toml"] {
        std::fs::copy(folder.path().join("ops").join(name), other.join(name)).unwrap();
    }
    let arguments = [&["broker", "other", "--name", "broker.example"], &FREE[..]].concat();
    let mut broker = Running::start(folder.path(), &arguments);
    broker.until("made a certificate: clients trust other/tls/ca.pem");
    broker.until("over WebSocket");
    broker.end("-TERM");
    let (code, said) = cowl(folder.path(), &arguments);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--name is for a new certificate"), "{said}");
}

#[test]
fn beyond_this_machine_without_tls_is_warned_of() {
    let folder = made(&[]);
    let arguments = [&["broker", "ops", "--bind", "0.0.0.0"], &FREE[..]].concat();
    let mut broker = Running::start(folder.path(), &arguments);
    broker.until("warning: listening beyond this machine without TLS");
    broker.until("listening on 0.0.0.0:");
    broker.end("-TERM");
}

#[test]
fn a_dangerous_preset_opens_its_topics_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let policy = cowl::policy_file::DEFAULT_POLICY.replacen("preset = \"cowl\"", "", 1);
    std::fs::write(folder.path().join("p.toml"), policy + "\n[dangerous]\npreset = \"plain\"\n").unwrap();
    let (code, said) = cowl(folder.path(), &["init", "ops", "--policy", "p.toml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("warning: preset `plain` is dangerous") && said.contains("fernet.key"), "{said}");
    let (code, said) = cowl(folder.path(), &["enrol", "ops", "phone", "--device"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("warning: preset `plain` is dangerous"), "{said}");
    let mut broker = Running::start(folder.path(), &[&["broker", "ops"], &FREE[..]].concat());
    broker.until("warning: preset `plain` is dangerous");
    broker.until("may publish and read everything below `srv`");
    broker.until("over WebSocket");
    broker.end("-TERM");
}

#[test]
fn a_port_that_is_taken_is_said() {
    let folder = made(&[]);
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, said) = cowl(folder.path(), &["broker", "ops", "-p", &port, "--no-tls", "--no-ws"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("cannot listen on 127.0.0.1:") && said.contains("choose other ports"), "{said}");
}

#[test]
fn a_policy_under_edit_is_followed_when_it_is_good_and_said_when_it_is_not() {
    let folder = made(&[]);
    let mut broker = Running::start(folder.path(), &["broker", "ops", "-p", "0", "--no-tls", "--no-ws"]);
    let tcp = port(&broker.until("for MQTT\n"));
    let mut serve = Running::start(folder.path(), &["serve", "ops", "-p", &tcp]);
    serve.until("serving");
    let path = folder.path().join("ops/policy.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, good.replacen("\nk = 5\n", "\nk = 7\n", 1)).unwrap();
    serve.until("published manifest 2");
    std::fs::write(&path, good.replacen("\nk = 5\n", "\nk = five\n", 1)).unwrap();
    serve.until("warning: the policy file is not followed: ops/policy.toml:");
    std::fs::write(&path, good.replacen("\nplaces = 4096\n", "\nplaces = 8192\n", 1)).unwrap();
    serve.until("the number of places, which is fixed for the life of an operation");
    std::fs::write(&path, good).unwrap();
    serve.until("published manifest 3");
    assert!(serve.end("-TERM").0.success());
    broker.end("-TERM");
}
