//! `cowl sub` as a child process, and Debian's mosquitto.
#![allow(dead_code, reason = "each test file uses its share")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests"
)]
#![allow(unreachable_pub, missing_debug_implementations, reason = "a module of tests, not an interface")]

use std::{
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Instant,
};

use cowl::{
    client::{Topics, anonymous_options},
    transport::{Publication, Publisher, Qos, Version},
};
use serde_json::Value;

use crate::publish_support::{Ran, SOON, World, endpoint, run, runtime};

/// Runs `cowl sub --credential responder -h 127.0.0.1 -p PORT …` to its end.
pub fn subscribe(world: &World, port: u16, arguments: &[&str]) -> Ran {
    run(command(world, port).args(arguments), b"")
}

/// `cowl sub --credential responder -h 127.0.0.1 -p PORT`.
pub fn command(world: &World, port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    command.arg("sub").env_remove("COWL_CREDENTIAL").arg("--credential").arg(world.path("responder"));
    command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    command
}

/// The objects that a child printed, one a line.
pub fn objects(ran: &Ran) -> Vec<Value> {
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A `cowl sub` that runs; killed when dropped.
pub struct Running {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

impl Running {
    /// Starts one.
    pub fn start(world: &World, port: u16, arguments: &[&str]) -> Self {
        let mut child = command(world, port)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        Self { child, out, err }
    }

    /// Waits for a line to people that holds this.
    #[track_caller]
    pub fn hears(&self, text: &str) {
        loop {
            let line = self.err.recv_timeout(SOON).unwrap_or_else(|_| panic!("never said {text:?}"));
            if line.contains(text) {
                return;
            }
        }
    }

    /// The next report.
    #[track_caller]
    pub fn next(&self) -> Value {
        let line = self.out.recv_timeout(SOON).expect("a report");
        serde_json::from_str(&line).unwrap()
    }

    /// Ends it at once, as a power cut does; gives what it had printed and nobody had read.
    pub fn kill(mut self) -> Vec<Value> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        // The last line may be cut off.
        self.out.iter().filter_map(|line| serde_json::from_str(&line).ok()).collect()
    }

    /// Asks it to end, and waits for that: what it said to people, and its exit code.
    #[cfg(unix)]
    pub fn terminate(mut self) -> Ran {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        let joined = |lines: &Receiver<String>| lines.iter().map(|line| line + "\n").collect();
        Ran { code, out: joined(&self.out), err: joined(&self.err) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { break };
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Publishes bytes to the mailbox as they are, as a broker could.
pub fn replay(world: &World, port: u16, messages: &[Vec<u8>]) {
    let manifest = world.operation.manifest();
    let login = world.operation.logins().node.to_credential();
    let options = anonymous_options(manifest, Some(&login), Version::V5).unwrap();
    let mailbox = cowl::transport::Topic::new(format!("{}/00", Topics::of(manifest).mailbox())).unwrap();
    runtime().block_on(async {
        let publisher = Publisher::connect(&endpoint(port), &options).await.unwrap();
        for message in messages {
            let again = Publication::new(mailbox.clone(), message.clone(), Qos::AtLeastOnce);
            publisher.publish(again).await.unwrap();
        }
        publisher.disconnect().await.unwrap();
    });
}

/// Debian's broker on a free port; killed when dropped.
pub struct Mosquitto {
    child: Child,
    pub port: u16,
    _folder: tempfile::TempDir,
}

impl Mosquitto {
    /// `None` where there is no mosquitto, except under CI, where that fails.
    pub fn start() -> Option<Self> {
        let programs = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];
        let Some(program) = programs.into_iter().find(|path| std::path::Path::new(path).exists()) else {
            assert!(std::env::var_os("CI").is_none(), "mosquitto is not installed");
            eprintln!("skipped: mosquitto is not installed");
            return None;
        };
        // Between asking the system for a port and mosquitto's bind another process may take it.
        Some((0..5).find_map(|_| Self::try_start(program)).expect("mosquitto starts"))
    }

    fn try_start(program: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let path = folder.path().join("mosquitto.conf");
        // `user root`: otherwise mosquitto gives up its rights and cannot read the temporary folder.
        let config = format!(
            "user root\nallow_anonymous true\nlog_type none\nmax_queued_messages 0\nlistener {port} 127.0.0.1\n"
        );
        std::fs::write(&path, config).unwrap();
        let mut command = Command::new(program);
        let mut child =
            command.arg("-c").arg(path).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let begin = Instant::now();
        while begin.elapsed() < SOON && child.try_wait().ok()?.is_none() {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(Self { child, port, _folder: folder });
            }
            thread::yield_now();
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
