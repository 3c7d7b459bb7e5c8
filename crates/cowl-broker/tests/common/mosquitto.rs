//! mosquitto's command-line clients: somebody else's idea of MQTT.

use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::{SOON, password};

/// Whether the clients are installed. Where they are not, a test says so and passes, except in CI.
pub fn installed() -> bool {
    let found = std::process::Command::new("mosquitto_pub")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "CI must have mosquitto's clients");
    if !found {
        eprintln!("skipped: mosquitto_pub is not installed");
    }
    found
}

/// The arguments that log `user` in at `address`.
pub fn arguments(address: SocketAddr, user: &str, version: &str) -> Vec<String> {
    let port = address.port().to_string();
    let password = password(user);
    ["-h", "127.0.0.1", "-p", &port, "-u", user, "-P", &password, "-V", version].map(str::to_owned).to_vec()
}

/// Runs `mosquitto_pub` with `lines` on its standard input.
pub async fn publish(arguments: &[String], more: &[&str], input: &str) -> std::process::Output {
    let mut child = Command::new("mosquitto_pub")
        .args(arguments)
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A client that was refused stops reading.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    timeout(SOON, child.wait_with_output()).await.unwrap().unwrap()
}

/// A `mosquitto_sub` whose lines are read as they come.
pub struct Subscriber {
    pub child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Subscriber {
    pub fn new(arguments: &[String], more: &[&str]) -> Self {
        let mut child = Command::new("mosquitto_sub")
            .args(arguments)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line.
    pub async fn line(&mut self) -> String {
        timeout(SOON, self.lines.next_line()).await.unwrap().unwrap().expect("mosquitto_sub goes on")
    }
}
