//! Alerts and help with the commands as they run: `cowl command --alert`, `cowl sub`, `cowl pub`, `cowl help-is-coming`,
//! `cowl await-help`, over the embedded broker.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

use std::{
    io::{BufRead as _, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

/// A slow machine takes some seconds.
const SOON: Duration = Duration::from_mins(2);

struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    data: mpsc::Receiver<String>,
}

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child =
            cowl(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = told(child.stderr.take().unwrap());
        let data = told(child.stdout.take().unwrap());
        Self { child, lines, data }
    }

    fn until(&self, words: &str) -> String {
        until(&self.lines, words)
    }
}

fn told(from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn until(lines: &mpsc::Receiver<String>, words: &str) -> String {
    loop {
        let line = lines.recv_timeout(SOON).unwrap_or_else(|_| panic!("never said: {words}"));
        if line.contains(words) {
            return line;
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
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    cowl(folder, arguments).output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

const REPORT: &str = "severity: high, temperature: 39, lat: 18.54, lon: -72.34";

#[test]
fn alerts_reach_whom_they_are_for_and_a_reporter_finds_that_help_is_coming() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for arguments in [
        &["init", "ops"][..],
        &["enrol", "ops", "phone", "--device"],
        &["enrol", "ops", "medic", "--responder", "--role", "medical"],
        &["enrol", "ops", "rescuer", "--responder", "--role", "rescue"],
    ] {
        done(folder, arguments);
    }
    done(folder, &["command", "ops", "--alert", "leave the river bank"]);
    done(folder, &["command", "ops", "--alert", "team 2 to the school", "--role", "medical"]);
    done(folder, &["command", "ops", "--alert", "water at the stadium", "--public"]);
    let broker = Running::start(folder, &["broker", "ops", "-p", "0", "--no-tls", "--no-ws"]);
    let line = broker.until("listening on ");
    let port = line.split("listening on ").nth(1).unwrap().split(' ').next().unwrap();
    let port = port.rsplit(':').next().unwrap();
    let serve = Running::start(folder, &["serve", "ops", "-p", port, "--every", "1"]);
    serve.until("serving manifest");

    // Each hears what is for it.
    let medic = Running::start(
        folder,
        &["sub", "--credential", "medic.cowl", "-p", port, "--help-keys", "--alerts", "--json"],
    );
    let rescuer = Running::start(folder, &["sub", "--credential", "rescuer.cowl", "-p", port, "--help-keys"]);
    let alert: serde_json::Value = serde_json::from_str(&until(&medic.data, "team 2")).unwrap();
    assert_eq!((&alert["kind"], &alert["to"]), (&"alert".into(), &"medical".into()));
    rescuer.until("leave the river bank");
    let next = rescuer.until("ALERT");
    assert!(next.contains("water at the stadium"), "a rescuer is not told what is for medics: {next}");
    let sent = done(
        folder,
        &[
            "pub",
            "--credential",
            "phone.cowl",
            "-p",
            port,
            "--now",
            "--await-help",
            "mine",
            "-q",
            "1",
            "-m",
            REPORT,
        ],
    );
    assert!(sent.contains("leave the river bank") && sent.contains("water at the stadium"), "{sent}");
    assert!(!sent.contains("team 2"), "{sent}");

    // The medic reads it and says that help is coming; nobody has said so before.
    let report: serde_json::Value = serde_json::from_str(&until(&medic.data, "help_key")).unwrap();
    let other: serde_json::Value = serde_json::from_str(&until(&rescuer.data, "help_key")).unwrap();
    assert_eq!(report["report"], other["report"]);
    assert_ne!(report["help_key"], other["help_key"]);
    let nothing = run(folder, &["await-help", "mine", "--credential", "phone.cowl", "-p", port]);
    assert_eq!(nothing.status.code(), Some(27), "{nothing:?}");
    let said = String::from_utf8_lossy(&nothing.stderr).into_owned();
    assert!(said.contains("no word yet") && !said.contains("ALERT"), "an alert is shown once: {said}");
    let key = report["help_key"].as_str().unwrap();
    done(folder, &["help-is-coming", "medic.cowl", key, "-p", port]);
    let found = done(folder, &["await-help", "mine", "--credential", "phone.cowl", "-p", port, "-W", "120"]);
    assert!(found.contains("HELP IS COMING") && found.contains("says medical"), "{found}");
    // A walk-in without any report of hers finds nothing, and one who is not a responder says nothing.
    let refused = run(folder, &["help-is-coming", "phone.cowl", key, "-p", port]);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
}

#[test]
fn a_phone_that_talks_to_a_relay_alone_hears_alerts_and_that_help_is_coming() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for arguments in [
        &["init", "ops"][..],
        &["enrol", "ops", "relay", "--relay"],
        &["enrol", "ops", "phone", "--device"],
        &["enrol", "ops", "medic", "--responder", "--role", "medical"],
        &["command", "ops", "--alert", "leave the river bank"],
    ] {
        done(folder, arguments);
    }
    let port_of = |line: &str| {
        let address = line.split("listening on ").nth(1).unwrap().split(' ').next().unwrap();
        address.rsplit(':').next().unwrap().to_owned()
    };
    let broker = Running::start(folder, &["broker", "ops", "-p", "0", "--no-tls", "--no-ws"]);
    let port = port_of(&broker.until("listening on "));
    let serve = Running::start(folder, &["serve", "ops", "-p", &port, "--every", "1"]);
    serve.until("serving manifest");
    let medic = ["sub", "--credential", "medic.cowl", "-p", &port, "--help-keys", "-d"];
    let medic = Running::start(folder, &medic);
    medic.until("connected and subscribed");
    let uplink = format!("127.0.0.1:{port}");
    let relay = ["relay", "relay.cowl", "--listen", "127.0.0.1:0", "--anonymous", "--uplink", &uplink];
    let relay = Running::start(folder, &relay);
    let at = format!("127.0.0.1:{}", port_of(&relay.until("listening on ")));
    relay.until("uplink connected");

    let phone = ["--credential", "phone.cowl", "--relay", &at];
    let report = ["pub", "--now", "--await-help", "mine", "-q", "1", "-m", REPORT];
    let mut said = done(folder, &[&report[..], &phone].concat());
    let report: serde_json::Value = serde_json::from_str(&until(&medic.data, "help_key")).unwrap();
    done(folder, &["help-is-coming", "medic.cowl", report["help_key"].as_str().unwrap(), "-p", &port]);
    said += &done(folder, &[&["await-help", "mine", "-W", "120"][..], &phone].concat());
    assert!(said.contains("HELP IS COMING") && said.contains("says medical"), "{said}");
    assert_eq!(said.matches("leave the river bank").count(), 1, "once: {said}");
}
