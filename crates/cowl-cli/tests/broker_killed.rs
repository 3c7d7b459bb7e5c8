//! A broker process that dies by `kill -9` in the middle of a stream at QoS 1, with reports on their way to it that it
//! never acknowledged, and that is started again on the same port: every report arrives, is printed once, and the
//! sender ends well. (`publish_again` cuts the connection alone, and looks at the bytes of both.)
#![cfg(target_os = "linux")]
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod publish_support;
mod subscribe_support;

use std::{
    collections::HashSet,
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use publish_support::{Ran, SOON, World};
use serde_json::Value;
use subscribe_support::Running;

/// Reports that arrive before the broker dies, and after.
const BEFORE: u32 = 100;
const AFTER: u32 = 400;

#[test]
fn the_embedded_broker_is_killed_in_mid_stream() {
    let world = World::new();
    let program = Program::new(env!("CARGO_BIN_EXE_cowl"))
        .with(["broker", world.path("operation").to_str().unwrap()])
        .with(["-p", "PORT", "--no-tls", "--no-ws"]);
    // It keeps nothing over its end, so the sender is held until the reader subscribed again.
    killed_in_mid_stream(&world, &program, true);
}

#[test]
fn a_mosquitto_without_memory_is_killed_in_mid_stream() {
    let world = World::new();
    let Some(program) = mosquitto(&world, "") else { return };
    killed_in_mid_stream(&world, &program, true);
}

#[test]
fn a_mosquitto_that_keeps_its_sessions_is_killed_in_mid_stream() {
    let world = World::new();
    let folder = world.path("mosquitto");
    fs::create_dir(&folder).unwrap();
    let kept = format!(
        "persistence true\npersistence_location {}/\nautosave_on_changes true\nautosave_interval 1\n",
        folder.display()
    );
    let Some(program) = mosquitto(&world, &kept) else { return };
    // The reader's session outlives the broker, so nobody has to wait for anybody.
    killed_in_mid_stream(&world, &program, false);
}

fn killed_in_mid_stream(world: &World, program: &Program, hold_sender: bool) {
    let (broker, port) = program.start_anywhere();
    let reader = Running::start(world, port, &["--role", "medical", "-q", "1", "-d"]);
    reader.hears("connected and subscribed");
    let mut sender = Sending::start(world, port);
    sender.feed(0..BEFORE);
    let mut seen: Vec<u32> = (0..BEFORE).map(|_| number(&reader.next())).collect();

    // Frozen, it takes bytes and acknowledges none of them; so it dies with reports that it alone has seen.
    signal(&broker, "STOP");
    sender.feed(BEFORE..BEFORE + AFTER);
    until("bytes wait for the frozen broker", || unread(port) > 10_000);
    if hold_sender {
        signal(&sender.child, "STOP");
    }
    broker.kill();
    let broker = program.start(port).unwrap_or_else(|said| panic!("not started again: {said}"));
    reader.hears("connected again");
    if hold_sender {
        signal(&sender.child, "CONT");
    }
    let ran = sender.finish();
    ran.ends(0)
        .says(&format!("{} reports sent", BEFORE + AFTER))
        .says("sealed again after a lost connection");

    // A last report behind all others: what would be printed twice was printed by then.
    let last = BEFORE + AFTER;
    world.publish("gateway", port, &["-m", &line(last), "-q", "1"]).ends(0);
    while seen.last() != Some(&last) {
        seen.push(number(&reader.next()));
    }
    let ended = reader.terminate();
    ended.ends(0);
    assert_eq!(ended.out, "", "printed behind the last report");
    let distinct: HashSet<_> = seen.iter().copied().collect();
    assert_eq!((seen.len(), distinct.len()), (last as usize + 1, last as usize + 1));
    broker.kill();
}

fn line(number: u32) -> String {
    format!("temp: 20, note: {number}")
}

fn number(report: &Value) -> u32 {
    report["note"].as_str().unwrap().parse().unwrap()
}

/// A `cowl pub -l -q 1` whose input comes bit by bit.
struct Sending {
    child: Child,
    feeder: Vec<thread::JoinHandle<std::process::ChildStdin>>,
}

impl Sending {
    fn start(world: &World, port: u16) -> Self {
        let child = world
            .command("phone", port)
            .args(["-l", "-q", "1", "--beacon-wait", "0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, feeder: Vec::new() }
    }

    /// Writes lines in the background: nobody may read them for a while.
    fn feed(&mut self, numbers: std::ops::Range<u32>) {
        let before = self.feeder.pop();
        let pipe = self.child.stdin.take();
        self.feeder.push(thread::spawn(move || {
            let mut pipe = pipe.unwrap_or_else(|| before.unwrap().join().unwrap());
            let mut lines = String::new();
            numbers.for_each(|number| writeln!(lines, "{}", line(number)).unwrap());
            pipe.write_all(lines.as_bytes()).unwrap();
            pipe
        }));
    }

    /// Ends the input and waits for the end.
    fn finish(mut self) -> Ran {
        self.feeder.drain(..).for_each(|feeder| drop(feeder.join().unwrap()));
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        Ran { code: self.child.wait().unwrap().code(), out: String::new(), err }
    }
}

/// How a broker is started on a port.
struct Program {
    name: String,
    arguments: Vec<String>,
    config: Option<String>,
}

/// A broker process; killed when dropped.
struct Server(Child);

impl Program {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), arguments: Vec::new(), config: None }
    }

    fn with<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.arguments.extend(arguments.map(str::to_owned));
        self
    }

    /// Between asking the system for a port and the broker's bind another process may take it.
    fn start_anywhere(&self) -> (Server, u16) {
        let attempt = || {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            self.start(port).ok().map(|server| (server, port))
        };
        (0..5).find_map(|_| attempt()).unwrap_or_else(|| panic!("{} does not start", self.name))
    }

    fn start(&self, port: u16) -> Result<Server, String> {
        let port_text = port.to_string();
        if let Some(config) = &self.config {
            fs::write(self.arguments.last().unwrap(), config.replace("PORT", &port_text)).unwrap();
        }
        let mut command = Command::new(&self.name);
        command.args(self.arguments.iter().map(|argument| argument.replace("PORT", &port_text)));
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let begin = Instant::now();
        while begin.elapsed() < SOON && child.try_wait().unwrap().is_none() {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(Server(child));
            }
            thread::yield_now();
        }
        let _ = child.kill();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        child.wait().unwrap();
        Err(said)
    }
}

/// Debian's broker; `None` where it is not installed, except under CI, where that fails.
fn mosquitto(world: &World, more: &str) -> Option<Program> {
    let programs = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
    let Some(program) = programs.into_iter().find(|path| Path::new(path).exists()) else {
        assert!(std::env::var_os("CI").is_none(), "mosquitto is not installed");
        eprintln!("skipped: mosquitto is not installed");
        return None;
    };
    // `user root`: otherwise mosquitto gives up its rights and cannot read the temporary folder.
    let config = format!(
        "user root\nallow_anonymous true\nlog_type none\nmax_queued_messages 0\n{more}listener PORT 127.0.0.1\n"
    );
    let path = world.path("mosquitto.conf");
    let program = Program::new(program).with(["-c", path.to_str().unwrap()]);
    Some(Program { config: Some(config), ..program })
}

impl Server {
    /// As a power cut or the kernel's want of memory does it: nothing is written, nobody is told.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl std::ops::Deref for Server {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < SOON, "never: {what}");
        thread::yield_now();
    }
}

/// Bytes that the kernel holds for whoever listens at a port and does not read.
fn unread(port: u16) -> u64 {
    let local = format!(":{port:04X}");
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
    let waiting = |line: &str| {
        let mut cells = line.split_whitespace().skip(1);
        cells.next().filter(|address| address.ends_with(&local))?;
        let queues = cells.nth(2)?;
        u64::from_str_radix(queues.split_once(':')?.1, 16).ok()
    };
    sockets.lines().skip(1).filter_map(waiting).sum()
}
