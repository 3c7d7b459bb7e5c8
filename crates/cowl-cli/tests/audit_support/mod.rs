//! `cowl audit` as a child process, mosquitto, and what is in a trace.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests"
)]
#![allow(unreachable_pub, missing_debug_implementations, reason = "a module of tests, not an interface")]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    thread,
};

use cowl_audit::{
    mqtt::{Body, Dialogue},
    trace::{Carrier, Closing, Event, ReadError, Reader, Way},
};

/// A child that is killed when dropped.
pub struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A recording that runs.
pub struct Recording {
    child: Server,
    err: BufReader<ChildStderr>,
    said: String,
}

impl Recording {
    /// Runs `cowl audit …`.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cowl"))
            .arg("audit")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        Self { child: Server(child), err, said: String::new() }
    }

    /// `cowl audit tap` on a free port, and that port.
    pub fn tap(broker: u16, output: &Path, more: &[&str]) -> (Self, u16) {
        let broker = format!("localhost:{broker}");
        let arguments =
            ["tap", "--listen", "127.0.0.1:0", "--broker", &broker, "-o", output.to_str().unwrap()];
        let mut tap = Self::start(&[&arguments, more].concat());
        let line = tap.until("listening on");
        let address = line.split_whitespace().find(|word| word.contains("127.0.0.1:")).unwrap();
        (tap, address.rsplit(':').next().unwrap().parse().unwrap())
    }

    /// Reads on until a line holds this text, and returns that line.
    pub fn until(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.err.read_line(&mut line).unwrap(), 0, "ended without {text:?}:\n{}", self.said);
            self.said += &line;
            if line.contains(text) {
                return line;
            }
        }
    }

    pub fn signal(&self, signal: &str) {
        let id = self.child.0.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    /// Waits for its end; how it ended, and all that it said.
    pub fn wait(mut self) -> (ExitStatus, String) {
        self.err.read_to_string(&mut self.said).unwrap();
        (self.child.0.wait().unwrap(), core::mem::take(&mut self.said))
    }

    /// Ends it in order.
    pub fn end(self) -> String {
        self.signal("TERM");
        let (status, said) = self.wait();
        assert_eq!(status.code(), Some(0), "{said}");
        said
    }
}

/// A mosquitto on a free port with these further lines of configuration for its listener; `None` where it is not installed.
pub fn mosquitto(folder: &Path, more: &str) -> Option<(Server, u16)> {
    let programs = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
    let Some(program) = programs.into_iter().find(|path| Path::new(path).exists()) else {
        assert!(std::env::var_os("CI").is_none(), "mosquitto is not installed");
        eprintln!("skipped: mosquitto is not installed");
        return None;
    };
    loop {
        let port = free_port();
        let config = folder.join(format!("mosquitto-{port}.conf"));
        let text = format!(
            "user root\nallow_anonymous true\nlog_type none\nmax_queued_messages 0\nlistener {port} 127.0.0.1\n{more}"
        );
        std::fs::write(&config, text).unwrap();
        let child = Command::new(program).arg("-c").arg(&config).stderr(Stdio::null()).spawn().unwrap();
        let mut server = Server(child);
        while server.0.try_wait().unwrap().is_none() {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some((server, port));
            }
            thread::yield_now();
        }
        // somebody took the port
    }
}

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Runs a client of mosquitto to its end; what it printed.
pub fn client(program: &str, port: u16, arguments: &[&str]) -> String {
    let out = Command::new(program)
        .args(["-h", "localhost", "-p", &port.to_string()])
        .args(arguments)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// A certificate for `localhost` that is its own authority, and its key.
pub struct Certificate {
    pub cert: PathBuf,
    pub key: PathBuf,
}

pub fn certificate(folder: &Path) -> Certificate {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    Certificate { cert, key }
}

/// What is in a trace.
#[derive(Default)]
pub struct Seen {
    pub opened: u64,
    pub carriers: Vec<Carrier>,
    pub closed: Vec<Closing>,
    /// Payloads of PUBLISH to the server, and to the client.
    pub up: Vec<Vec<u8>>,
    pub down: Vec<Vec<u8>>,
    pub packets: u64,
    pub hellos: Vec<(u16, String)>,
    pub sealed: u64,
    pub lost: u64,
    pub truncated: bool,
}

/// Reads a trace, one connection's dialogue at a time.
pub fn read(path: &Path) -> Seen {
    let mut reader = Reader::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut seen = Seen::default();
    let mut dialogues = std::collections::HashMap::new();
    let mut last = std::collections::HashMap::new();
    loop {
        let event = match reader.event() {
            Ok(Some(event)) => event,
            Ok(None) => return seen,
            Err(ReadError::Truncated { .. }) => {
                seen.truncated = true;
                return seen;
            }
            Err(error) => panic!("{error}"),
        };
        let mut in_order = |connection, at| {
            let before = last.insert(connection, at);
            assert!(before.is_none_or(|before| before <= at), "time goes back");
        };
        match event {
            Event::Open { carrier, connection, at, .. } => {
                in_order(connection, at);
                seen.opened += 1;
                seen.carriers.push(carrier);
            }
            Event::Hello { hello, .. } => seen.hellos.push((hello.version, hello.server_name.to_owned())),
            Event::Packet { connection, at, way, bytes } => {
                in_order(connection, at);
                seen.packets += 1;
                let dialogue: &mut Dialogue = dialogues.entry(connection).or_default();
                if let Some(packet) = dialogue.read(way, bytes)
                    && let Body::Publish(publish) = packet.body
                {
                    let of = if way == Way::ToServer { &mut seen.up } else { &mut seen.down };
                    of.push(publish.payload.to_vec());
                }
            }
            Event::Sealed { .. } => seen.sealed += 1,
            Event::Lost { bytes, .. } => seen.lost += bytes,
            Event::Close { connection, at, cause } => {
                in_order(connection, at);
                seen.closed.push(cause);
            }
            other => panic!("{other:?}"),
        }
    }
}
