//! An operation with tokens, and the commands that serve it.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
};

use cowl_interop_rmqtt::wire::SOON;
use tempfile::TempDir;

/// An operation whose device `phone` has 16 tokens, and a copy of what a broker's machine needs of it.
pub struct Operation {
    folder: TempDir,
    port: String,
    _servers: [Running; 2],
}

/// `cowl tokens serve`, at work.
pub struct Judge {
    running: Running,
    address: String,
    plugin: String,
}

/// What a command came to.
pub struct Ended(Output);

/// A command that goes on, and what it says.
pub struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Operation {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        run(at, &["init", "draft"]).succeeds();
        let policy = fs::read_to_string(at.join("draft/policy.toml")).expect("a policy");
        let policy = policy.replace("tokens = false", "tokens = true");
        let policy = policy.replace("tokens_per_batch = 64", "tokens_per_batch = 16");
        fs::write(at.join("draft/policy.toml"), policy).expect("a policy");
        run(at, &["init", "ops", "--policy", "draft/policy.toml"]).succeeds();
        run(at, &["enrol", "ops", "phone", "--device"]).succeeds();
        // The service is asked for tokens where the operation has a broker of its own.
        let broker = Running::start(at, &["broker", "ops", "-p", "0", "--no-tls", "--no-ws"]);
        let line = broker.until("listening on ");
        let port =
            line.split("listening on ").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
        let port = port.rsplit(':').next().expect("a port").to_owned();
        let serve = Running::start(at, &["serve", "ops", "-p", &port]);
        serve.until("serving manifest");
        run(at, &["tokens", "fetch", "phone.cowl", "-p", &port]).succeeds();
        fs::create_dir(at.join("copy")).expect("a folder");
        for name in ["manifest.cowl", "tokens.key"] {
            fs::copy(at.join("ops").join(name), at.join("copy").join(name)).expect("a copy");
        }
        Self { folder, port, _servers: [broker, serve] }
    }

    /// Starts `cowl tokens serve` where the broker is: with the copy. `address`: where it was before.
    pub fn judge(&self, address: Option<&str>) -> Judge {
        let address = address.unwrap_or("127.0.0.1:0");
        let running = Running::start(self.at(), &["tokens", "serve", "copy", "--listen", address]);
        let line = running.until("judging tokens at http://");
        let address = line.split("http://").nth(1).expect("an address").to_owned();
        let help = run(self.at(), &["tokens", "serve", "--help"]).succeeds();
        let plugin: Vec<&str> = help
            .lines()
            .skip_while(|line| !line.contains("rmqtt-auth-http.toml:"))
            .skip(1)
            .take_while(|line| line.starts_with("  "))
            .collect();
        let plugin = plugin.join("\n").replace("127.0.0.1:8090", &address);
        Judge { running, address, plugin }
    }

    /// The first level of the operation's topics.
    pub fn mailbox(&self) -> String {
        let told = run(self.at(), &["inspect", "ops/manifest.cowl", "--json"]).succeeds();
        let told = told.split("\"mailbox\"").nth(1).and_then(|rest| rest.split('"').nth(1));
        told.and_then(|mailbox| mailbox.strip_suffix("/r")).expect("a mailbox").to_owned()
    }

    /// One report, through a broker at this port.
    pub fn publish(&self, port: u16) -> Ended {
        let port = port.to_string();
        run(self.at(), &report(&port))
    }

    /// So many tokens out of the phone's wallet, as it would show them to a broker.
    pub fn tokens(&self, count: usize) -> Vec<String> {
        let (trap, caught) = trap(&self.port);
        let take = |_| {
            let sender = Running::start(self.at(), &report(&trap));
            let (greeting, _client) = caught.recv_timeout(SOON).expect("a token");
            drop(sender);
            let at = greeting.windows(5).position(|window| window == b"token").expect("a token") + 7;
            String::from_utf8(greeting[at..at + 216].to_vec()).expect("letters")
        };
        (0..count).map(take).collect()
    }

    pub fn wallet(&self) -> Vec<u8> {
        fs::read(self.at().join("phone.cowl.tokens")).expect("a wallet")
    }

    pub fn put_wallet(&self, bytes: &[u8]) {
        fs::write(self.at().join("phone.cowl.tokens"), bytes).expect("a wallet");
    }

    fn at(&self) -> &Path {
        self.folder.path()
    }
}

impl Judge {
    /// `rmqtt-auth-http.toml` as `cowl tokens serve --help` shows it, with this one's address.
    pub fn plugin(&self) -> String {
        assert!(self.plugin.contains(&self.address), "{}", self.plugin);
        self.plugin.clone()
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends it as an operator does; its last line.
    pub fn ends(self) -> String {
        self.running.interrupt();
        self.running.until("ended: ")
    }

    /// Ends it as an operator does; where it was.
    pub fn stop(self) -> String {
        let address = self.address.clone();
        self.ends();
        address
    }

    /// Ends it as a power cut would; where it was.
    pub fn kill(self) -> String {
        self.address.clone()
    }
}

impl Ended {
    /// What it printed.
    pub fn succeeds(self) -> String {
        assert!(self.0.status.success(), "{}", self.said());
        String::from_utf8(self.0.stdout).expect("text")
    }

    pub fn fails(self, code: i32, words: &str) {
        assert!(self.0.status.code() == Some(code) && self.said().contains(words), "{}", self.said());
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = cowl(folder, arguments).stderr(Stdio::piped()).spawn().expect("the command starts");
        let (sender, lines) = mpsc::channel();
        let stderr = child.stderr.take().expect("what it says");
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

    fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn report(port: &str) -> [&str; 10] {
    ["pub", "--credential", "phone.cowl", "-p", port, "-q", "1", "--now", "-m", r#"{"severity": "high"}"#]
}

fn run(folder: &Path, arguments: &[&str]) -> Ended {
    Ended(cowl(folder, arguments).stderr(Stdio::piped()).output().expect("the command starts"))
}

fn cowl(folder: &Path, arguments: &[&str]) -> Command {
    let built = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/cowl");
    let path = std::env::var_os("COWL").map_or_else(built, PathBuf::from);
    assert!(path.exists(), "no {}: cargo build -p cowl-cli", path.display());
    let mut command = Command::new(path);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// Passes connections on to the broker, but for those with a token: these it keeps, and shows what was said.
fn trap(port: &str) -> (String, mpsc::Receiver<(Vec<u8>, TcpStream)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = listener.local_addr().expect("an address").port().to_string();
    let broker = format!("127.0.0.1:{port}");
    let (sender, caught) = mpsc::channel();
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let (sender, broker) = (sender.clone(), broker.clone());
            thread::spawn(move || -> io::Result<()> {
                let mut first = vec![0; 4_096];
                let length = client.read(&mut first)?;
                first.truncate(length);
                if first.windows(5).any(|window| window == b"token") {
                    let _ = sender.send((first, client));
                    return Ok(());
                }
                let mut server = TcpStream::connect(broker)?;
                server.write_all(&first)?;
                let (mut back, mut forth) = (server.try_clone()?, client.try_clone()?);
                thread::spawn(move || io::copy(&mut back, &mut forth));
                io::copy(&mut client, &mut server).map(drop)
            });
        }
    });
    (at, caught)
}
