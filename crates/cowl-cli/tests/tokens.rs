//! Tokens with the commands as they run: `cowl broker`, `cowl serve`, `cowl tokens`, `cowl pub`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

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
        thread::spawn(move || {
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

    /// As a power cut would.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
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
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    cowl(folder, arguments).stderr(Stdio::piped()).output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    let told = said(&output);
    String::from_utf8(output.stdout).unwrap() + &told
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn refused(folder: &Path, arguments: &[&str], code: i32, words: &str) {
    let output = run(folder, arguments);
    assert!(output.status.code() == Some(code) && said(&output).contains(words), "{arguments:?}: {output:?}");
}

/// An operation with three tokens for each member, one of them for emergencies; `phone` and `lost` are devices of it.
fn operation(folder: &Path) {
    operation_of(folder, 3);
}

fn operation_of(folder: &Path, tokens: u8) {
    done(folder, &["init", "draft"]);
    let policy = fs::read_to_string(folder.join("draft/policy.toml")).unwrap();
    let policy = policy.replace("tokens = false", "tokens = true");
    let policy = policy.replace("tokens_per_batch = 64", &format!("tokens_per_batch = {tokens}"));
    // Nodes send at once.
    let policy = policy.replace("slot = \"10s\"", "slot = \"off\"");
    fs::write(folder.join("draft/policy.toml"), policy).unwrap();
    done(folder, &["init", "ops", "--policy", "draft/policy.toml"]);
    for name in ["phone", "lost"] {
        done(folder, &["enrol", "ops", name, "--device"]);
    }
}

fn broker(folder: &Path) -> (Running, String) {
    let broker = Running::start(folder, &["broker", "ops", "-p", "0", "--no-tls", "--no-ws"]);
    broker.until("devices send with tokens");
    let line = broker.until("listening on ");
    let port = line.split("listening on ").nth(1).unwrap().split(' ').next().unwrap();
    let port = port.rsplit(':').next().unwrap().to_owned();
    (broker, port)
}

fn report(port: &str) -> Vec<&str> {
    vec!["pub", "--credential", "phone.cowl", "-p", port, "-q", "1", "--now", "-m", r#"{"severity": "high"}"#]
}

#[test]
fn one_token_lets_one_connection_in_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    operation(folder);
    let (first, port) = broker(folder);
    let serve = Running::start(folder, &["serve", "ops", "-p", &port]);
    serve.until("serving manifest");
    let fetch = |name| ["tokens", "fetch", name, "-p", &port];
    let wallet = folder.join("phone.cowl.tokens");
    let left = || done(folder, &["tokens", "show", "phone.cowl"]);

    assert!(done(folder, &fetch("phone.cowl")).contains("got 3 tokens"));
    assert_eq!(left(), "period 1: 3 of 3 tokens left, 1 of them for emergencies\n");
    let full = fs::read(&wallet).unwrap();
    // Each member once.
    refused(folder, &fetch("phone.cowl"), 6, "were given out to this member already");
    // What all members share asks and listens, and does not send.
    let logins = fs::read_to_string(folder.join("ops/logins.toml")).unwrap();
    let password = logins.split("[device]").nth(1).unwrap().split('"').nth(3).unwrap();
    let shared = [report(&port), vec!["-u", "device", "-P", password]].concat();
    let output = run(folder, &shared);
    assert_eq!(output.status.code(), Some(6), "{}", said(&output));
    assert!(left().contains("3 of 3"), "nothing was spent");

    for count in [2, 1] {
        done(folder, &report(&port));
        assert!(left().contains(&format!("{count} of 3 tokens left")));
    }
    // The last one is for emergencies.
    refused(folder, &report(&port), 4, "the last 1 of this period's tokens are kept for emergencies");
    let urgent = [report(&port), vec!["--urgent"]].concat();
    done(folder, &urgent);
    assert!(left().contains("0 of 3"));
    refused(folder, &urgent, 4, "all 3 tokens of this period are spent");

    // A wallet that was copied before: its tokens are known to the broker, also to the next one after a crash.
    fs::write(&wallet, &full).unwrap();
    refused(folder, &report(&port), 6, "token refused by the broker");
    first.kill();
    drop(serve);
    let (_second, port) = broker(folder);
    let serve = Running::start(folder, &["serve", "ops", "-p", &port]);
    serve.until("serving manifest");
    fs::write(&wallet, &full).unwrap();
    refused(folder, &report(&port), 6, "token refused by the broker");
    refused(folder, &report(&port), 6, "token refused by the broker");

    let revoked = done(folder, &["revoke", "ops", "lost"]);
    assert!(
        revoked.contains("its unspent tokens live until ") && revoked.contains("and it gets no more"),
        "{revoked}"
    );
    refused(folder, &["tokens", "fetch", "lost.cowl", "-p", &port], 6, "this member was revoked");

    // In an emergency there is a new key, and so a new batch.
    done(folder, &["rotate", "ops", "--yes"]);
    serve.until("published manifest");
    assert!(done(folder, &["tokens", "fetch", "phone.cowl", "-p", &port]).contains("got 3 tokens"));
    assert!(left().starts_with("period 2: 3 of 3"));
    done(folder, &report(&port));
    let log = done(folder, &["log", "show", "ops"]);
    assert_eq!(log.matches("token key of period").count(), 2, "{log}");
}

#[test]
fn a_gateway_sends_with_tokens_of_its_own_and_gets_none_once_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    operation(folder);
    done(folder, &["enrol", "ops", "ward", "--gateway", "3"]);
    done(folder, &["enrol", "ops", "desk", "--responder", "--role", "triage"]);
    let (_broker, port) = broker(folder);
    let serve = Running::start(folder, &["serve", "ops", "-p", &port]);
    serve.until("serving manifest");
    // What nodes share reads, and does not send.
    let logins = fs::read_to_string(folder.join("ops/logins.toml")).unwrap();
    let password = logins.split("[node]").nth(1).unwrap().split('"').nth(3).unwrap();
    let shared = run(folder, &[report(&port), vec!["-u", "node", "-P", password]].concat());
    assert_eq!(shared.status.code(), Some(6), "{}", said(&shared));
    let mut desk =
        Running::start(folder, &["sub", "-d", "--credential", "desk.cowl", "-p", &port, "-C", "1"]);
    desk.until("connected and subscribed");

    let uplink = format!("127.0.0.1:{port}");
    let gateway =
        ["gateway", "--devices", "ward.cowl", "--listen", "0", "--anonymous", "--uplink", uplink.as_str()];
    let running = Running::start(folder, &gateway);
    let line = running.until("listening on ");
    let door = line.split("listening on ").nth(1).unwrap().split(' ').next().unwrap();
    running.until("uplink connected");
    let left = done(folder, &["tokens", "show", "ward.cowl"]);
    assert!(left.starts_with("period 1: ") && !left.contains("3 of 3"), "{left}");
    let mut device = TcpStream::connect(door).unwrap();
    device.write_all(b"\x10\x0e\0\x04MQTT\x04\x02\0\x3c\0\x02d1").unwrap();
    device.write_all(b"\x32\x24\0\x0cdevices/bed1\0\x01{\"severity\": \"high\"}").unwrap();
    let mut read = String::new();
    desk.child.stdout.take().unwrap().read_to_string(&mut read).unwrap();
    assert!(read.contains("high"), "{read}");

    running.kill();
    done(folder, &["revoke", "ops", "ward"]);
    fs::remove_file(folder.join("ward.cowl.tokens")).unwrap();
    let running = Running::start(folder, &gateway);
    running.until("tokens to connect with did not come: this member was revoked");
}

/// A relay's link that breaks again and again costs a token each time, and never the same one.
#[test]
fn a_relay_comes_back_with_another_token_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    operation_of(folder, 16);
    done(folder, &["enrol", "ops", "hill", "--relay"]);
    // After the relay: its manifest has the relays' keys.
    done(folder, &["enrol", "ops", "walker", "--device"]);
    done(folder, &["enrol", "ops", "desk", "--responder", "--role", "triage"]);
    let (_broker, port) = broker(folder);
    let serve = Running::start(folder, &["serve", "ops", "-p", &port]);
    serve.until("serving manifest");
    let mut desk =
        Running::start(folder, &["sub", "-d", "--credential", "desk.cowl", "-p", &port, "-C", "1"]);
    desk.until("connected and subscribed");

    let (toll, passed) = toll(&port);
    let uplink = format!("127.0.0.1:{toll}");
    let relay = Running::start(
        folder,
        &["relay", "hill.cowl", "--listen", "0", "--anonymous", "--uplink", uplink.as_str()],
    );
    let line = relay.until("listening on ");
    let door = line.split("listening on ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let mut shown = Vec::new();
    let mut link = None;
    for _ in 0..3 {
        // The link that there was breaks, and nobody says so.
        drop(link.take());
        let (token, next): (String, Link) = passed.recv_timeout(SOON).expect("a token");
        relay.until("uplink connected");
        assert!(!shown.contains(&token), "shown before");
        shown.push(token);
        link = Some(next);
    }
    let left = done(folder, &["tokens", "show", "hill.cowl"]);
    let left: usize = left.split(": ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(left, 16 - shown.len(), "one for each connection");
    // And it is at work.
    done(
        folder,
        &["pub", "--credential", "walker.cowl", "--relay", &door, "-q", "1", "-m", r#"{"severity": "high"}"#],
    );
    let mut read = String::new();
    desk.child.stdout.take().unwrap().read_to_string(&mut read).unwrap();
    assert!(read.contains("high"), "{read}");
    // What it showed is good for nobody else: all of it was taken.
    relay.kill();
    let wallet = fs::read(folder.join("hill.cowl.tokens")).unwrap();
    for token in shown {
        let nonce = &base64_url(&token)[2..34];
        assert!(!wallet.windows(32).any(|window| window == nonce), "still in the wallet");
    }
}

/// A connection with a token. Dropped, it is broken.
struct Link([TcpStream; 2]);

impl Drop for Link {
    fn drop(&mut self) {
        for stream in &self.0 {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// Passes all connections on to the broker, and tells of each that has a token.
fn toll(port: &str) -> (String, mpsc::Receiver<(String, Link)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().port().to_string();
    let broker = format!("127.0.0.1:{port}");
    let (sender, passed) = mpsc::channel();
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let (sender, broker) = (sender.clone(), broker.clone());
            thread::spawn(move || {
                let mut first = vec![0; 4_096];
                let length = client.read(&mut first).unwrap();
                first.truncate(length);
                let mut server = TcpStream::connect(broker).unwrap();
                if let Some(at) = first.windows(5).position(|window| window == b"token") {
                    let token = String::from_utf8(first[at + 7..at + 7 + 216].to_vec()).unwrap();
                    let link = Link([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                    // Nobody counts any more at the end of the test.
                    let _ = sender.send((token, link));
                }
                let _ = server.write_all(&first);
                let (mut back, mut forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || io::copy(&mut back, &mut forth));
                let _ = io::copy(&mut client, &mut server);
            });
        }
    });
    (at, passed)
}

/// Passes connections on to the broker, but for those with a token: these it keeps, and shows what was said.
fn trap(port: &str) -> (String, mpsc::Receiver<(Vec<u8>, TcpStream)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().port().to_string();
    let broker = format!("127.0.0.1:{port}");
    let (sender, caught) = mpsc::channel();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (sender, broker) = (sender.clone(), broker.clone());
            thread::spawn(move || {
                let (mut client, mut first) = (client, vec![0; 4_096]);
                let length = client.read(&mut first).unwrap();
                first.truncate(length);
                if first.windows(5).any(|window| window == b"token") {
                    let _ = sender.send((first, client));
                    return;
                }
                let mut server = TcpStream::connect(broker).unwrap();
                server.write_all(&first).unwrap();
                let (mut back, mut forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || io::copy(&mut back, &mut forth));
                let _ = io::copy(&mut client, &mut server);
            });
        }
    });
    (at, caught)
}

#[test]
fn a_token_is_spent_on_disk_before_the_broker_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    operation(folder);
    let (_broker, port) = broker(folder);
    let serve = Running::start(folder, &["serve", "ops", "-p", &port]);
    serve.until("serving manifest");
    let (trap, caught) = trap(&port);
    // It gets its tokens by itself, too.
    let sender = Running::start(folder, &report(&trap));
    let (greeting, client) = caught.recv_timeout(SOON).expect("a token");
    sender.kill();
    drop(client);
    let left = done(folder, &["tokens", "show", "phone.cowl"]);
    assert!(left.contains("2 of 3 tokens left"), "{left}");
    // What was shown does not come again, whatever the crash.
    let at = greeting.windows(5).position(|window| window == b"token").unwrap();
    let shown = String::from_utf8(greeting[at + 7..at + 7 + 216].to_vec()).unwrap();
    let bytes = base64_url(&shown);
    let wallet = fs::read(folder.join("phone.cowl.tokens")).unwrap();
    assert_eq!(bytes[..2], [0, 5]);
    assert!(!wallet.windows(32).any(|window| window == &bytes[2..34]));
    let again = Running::start(folder, &report(&trap));
    let (greeting, _client) = caught.recv_timeout(SOON).expect("another token");
    assert!(!greeting.windows(216).any(|window| window == shown.as_bytes()));
    again.kill();
}

#[test]
fn a_broker_of_another_make_asks_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    operation(folder);
    let (_broker, port) = broker(folder);
    // One process at a time judges.
    refused(folder, &["tokens", "serve", "ops"], 7, "is in use by another process");
    let serve = Running::start(folder, &["serve", "ops", "-p", &port]);
    serve.until("serving manifest");
    let (trap, caught) = trap(&port);
    let sender = Running::start(folder, &report(&trap));
    let (greeting, _client) = caught.recv_timeout(SOON).expect("a token");
    sender.kill();
    let at = greeting.windows(5).position(|window| window == b"token").unwrap();
    let token = String::from_utf8(greeting[at + 7..at + 7 + 216].to_vec()).unwrap();

    fs::create_dir(folder.join("copy")).unwrap();
    for name in ["manifest.cowl", "tokens.key"] {
        fs::copy(folder.join("ops").join(name), folder.join("copy").join(name)).unwrap();
    }
    let judge = Running::start(folder, &["tokens", "serve", "copy", "--listen", "127.0.0.1:0"]);
    let line = judge.until("judging tokens at http://");
    let address = line.split("http://").nth(1).unwrap().to_owned();
    let ask = || {
        let body = format!("clientid=a&username=token&password={token}");
        let mut stream = TcpStream::connect(&address).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask().contains(r#""result":"allow""#));
    assert!(ask().contains(r#""result":"deny""#));
}

fn base64_url(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value =
        |letter: u8| u32::try_from(LETTERS.iter().position(|known| *known == letter).unwrap()).unwrap();
    let chunks = text.as_bytes().chunks(4);
    chunks
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0, |bits, letter| bits << 6 | value(*letter));
            bits.to_be_bytes()[1..].to_vec()
        })
        .collect()
}
