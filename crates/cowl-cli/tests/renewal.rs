//! Renewal with the commands as they run: `cowl broker`, `cowl serve`, `cowl renew`, `cowl rotate`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

use cowl::keyring::load_credential;

/// A slow machine takes some seconds.
const SOON: Duration = Duration::from_mins(2);

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
    cowl(folder, arguments).stderr(Stdio::piped()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_device_renews_over_the_embedded_broker_and_after_a_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for arguments in [
        &["init", "ops"][..],
        &["enrol", "ops", "phone", "--device"],
        &["enrol", "ops", "medic", "--responder", "--role", "medical"],
        &["enrol", "ops", "lost", "--device"],
    ] {
        assert!(run(folder, arguments).status.success(), "{arguments:?}");
    }
    let broker = Running::start(folder, &["broker", "ops", "-p", "0", "--no-tls", "--no-ws"]);
    let line = broker.until("listening on ");
    let port = line.split("listening on ").nth(1).unwrap().split(' ').next().unwrap();
    let port = port.rsplit(':').next().unwrap();
    let serve = Running::start(folder, &["serve", "ops", "-p", port]);
    serve.until("serving manifest");
    let step = |name: &str| load_credential(&folder.join(name)).unwrap().membership.unwrap().step;
    for name in ["phone.cowl", "medic.cowl"] {
        let renewed = run(folder, &["renew", name, "-p", port]);
        assert!(renewed.status.success(), "{}", said(&renewed));
        assert_eq!(step(name), 1);
    }
    assert!(run(folder, &["revoke", "ops", "lost"]).status.success());
    let refused = run(folder, &["renew", "lost.cowl", "-p", port]);
    assert_eq!(refused.status.code(), Some(6), "{}", said(&refused));
    assert!(said(&refused).contains("this member was revoked"), "{}", said(&refused));
    assert!(run(folder, &["rotate", "ops", "--yes"]).status.success());
    serve.until("published manifest");
    let renewed = run(folder, &["renew", "phone.cowl", "-p", port]);
    assert!(renewed.status.success(), "{}", said(&renewed));
    let credential = load_credential(&folder.join("phone.cowl")).unwrap();
    assert_eq!((credential.generation, credential.manifest.generation()), (1, 1));
}
