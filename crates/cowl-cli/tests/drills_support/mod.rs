//! Machines side by side, their clocks, and the commands of `docs/drills.md` on them.
#![allow(
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a module of tests, not an interface: it fails by panicking"
)]

pub mod bytes;
pub mod document;
pub mod tap;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use cowl::policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME};
use document::{Step, When, fits};
use tap::Tap;

/// A slow machine takes some seconds.
pub const SOON: Duration = Duration::from_mins(2);
/// 2027-03-01, 08:00 UTC: in the middle of an epoch.
pub const START: u64 = 1_803_888_000;
pub const DAY: u64 = 24 * 3_600;
/// Seconds of an epoch.
pub const EPOCH: u64 = 6 * 3_600;

/// A world of machines with one broker.
pub struct World {
    pub folder: tempfile::TempDir,
    steps: Vec<Step>,
    mqtt: u16,
    http: u16,
    /// Seconds since the start, as the machines see it.
    passed: u64,
    jobs: BTreeMap<String, Vec<Option<Job>>>,
    pub tap: Option<Tap>,
    /// A command that somebody types once in every epoch, and the machine.
    pub habit: Option<(&'static str, &'static str)>,
    /// Whether the operation's service is at work.
    is_served: bool,
    /// Reports that the broker took.
    sent: usize,
    /// All that was printed.
    pub printed: Vec<String>,
}

/// What runs in the background.
struct Job {
    child: Child,
    lines: mpsc::Receiver<String>,
    is_service: bool,
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    /// Needs a C compiler, as building Cowl does.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drills_support/clock.c");
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(folder.path().join("clock.so"))
            .arg(source)
            .arg("-ldl")
            .status();
        assert!(made.unwrap().success(), "the clock is not built");
        let world = Self {
            folder,
            steps: document::steps(),
            mqtt: free_port(),
            http: free_port(),
            passed: 0,
            jobs: BTreeMap::new(),
            tap: None,
            habit: None,
            is_served: false,
            sent: 0,
            printed: Vec::new(),
        };
        world.write_clock("now", START);
        // Room for fewer devices: builds without optimisation search long among 4,096 places.
        let small = world.path("small");
        fs::create_dir(&small).unwrap();
        let policy = DEFAULT_POLICY.replace("places = 4096", "places = 512");
        fs::write(small.join("policy.toml"), policy).unwrap();
        fs::write(small.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
        world
    }

    /// A file of a machine.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub const fn port(&self) -> u16 {
        self.mqtt
    }

    /// Unix seconds, as the machines see it.
    pub const fn now(&self) -> u64 {
        START + self.passed
    }

    /// Types the commands of a drill.
    pub fn drill(&mut self, number: u32) {
        let steps: Vec<_> = self.steps.iter().filter(|step| step.drill == number).cloned().collect();
        assert!(!steps.is_empty(), "no drill {number}");
        for step in steps {
            self.step(&step);
        }
    }

    /// A drill's commands, up to the first whose line begins so, and from it on.
    pub fn parts(&self, number: u32, at: &str) -> (Vec<Step>, Vec<Step>) {
        let mut before: Vec<_> = self.steps.iter().filter(|step| step.drill == number).cloned().collect();
        let day = at.strip_prefix("day ").unwrap().parse().unwrap();
        let found = before.iter().position(|step| step.when == Some(When::Day(day))).unwrap();
        let after = before.split_off(found);
        (before, after)
    }

    /// Types some commands of the document.
    pub fn types_all(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
    }

    /// Types a command that is not in the document, and gives what it printed.
    pub fn types(&mut self, machine: &str, command: &str) -> Vec<String> {
        let (printed, status) = self.run(machine, None, command);
        assert!(status.success(), "{command}: {printed:?}");
        self.overheard(command, status);
        printed
    }

    /// How many of a drill's commands are Cowl's.
    pub fn commands(&self, number: u32) -> usize {
        let of_cowl = |step: &&Step| step.drill == number && step.command.starts_with("cowl ");
        self.steps.iter().filter(of_cowl).count()
    }

    fn step(&mut self, step: &Step) {
        match step.when {
            Some(When::Day(day)) => self.pass_to((day - 1) * DAY + self.passed % DAY),
            Some(When::Later(seconds)) => self.pass_to(self.passed + seconds),
            None => {}
        }
        let at = format!("docs/drills.md:{}: {}", step.line, step.command);
        let begun = Instant::now();
        if let Some(jobs) = step.command.strip_prefix("kill ") {
            for job in jobs.split(' ') {
                let mut job = self.job(&step.machine, job);
                let pid = job.child.id().to_string();
                assert!(Command::new("kill").arg(pid).status().unwrap().success());
                job.child.wait().unwrap();
                self.is_served &= !job.is_service;
            }
        } else if let Some(job) = step.command.strip_prefix("fg ") {
            let mut job = self.job(&step.machine, job);
            let mut printed = Vec::new();
            while let Ok(line) = job.lines.recv_timeout(SOON) {
                printed.push(line);
            }
            let status = job.child.wait().unwrap();
            self.compare(step, &at, &printed, status);
        } else if let Some(command) = step.command.strip_suffix(" &") {
            self.background(step, command, &at);
        } else {
            let (printed, status) = self.run(&step.machine, step.clock, &step.command);
            self.overheard(&step.command, status);
            self.compare(step, &at, &printed, status);
        }
        eprintln!("{:>6} ms  {at}", begun.elapsed().as_millis());
    }

    fn compare(&mut self, step: &Step, at: &str, printed: &[String], status: ExitStatus) {
        let all = printed.join("\n");
        assert_eq!(status.code(), Some(step.code), "{at}\n{all}");
        let mut left: Vec<_> = printed.iter().collect();
        for pattern in &step.prints {
            let found = left.iter().position(|line| fits(&self.placed(pattern), line));
            let found = found.unwrap_or_else(|| panic!("{at}\ndid not print: {pattern}\nbut:\n{all}"));
            left.remove(found);
        }
        self.printed.extend(printed.iter().cloned());
    }

    fn background(&mut self, step: &Step, command: &str, at: &str) {
        let command = format!("exec {command}");
        let mut child = self.command(&step.machine, step.clock, &command).spawn().unwrap();
        let lines = lines_of(&mut child);
        let mut said = Vec::new();
        for pattern in &step.prints {
            let pattern = self.placed(pattern);
            loop {
                let line = lines.recv_timeout(SOON);
                let line = line.unwrap_or_else(|_| panic!("{at}\ndid not print: {pattern}\nbut: {said:?}"));
                said.push(line.clone());
                if fits(&pattern, &line) {
                    break;
                }
            }
        }
        let is_broker = command.contains("cowl broker");
        let is_service = command.contains("cowl serve");
        self.is_served |= is_service;
        let job = Job { child, lines, is_service };
        self.jobs.entry(step.machine.clone()).or_default().push(Some(job));
        self.printed.extend(said);
        if is_broker {
            let operation = command.split("broker ").nth(1).unwrap().split(' ').next().unwrap();
            let seen = self.tap.take();
            self.tap = Some(Tap::start(&self.path(&step.machine).join(operation), self.mqtt, seen));
        }
    }

    /// What was sent is on the eavesdropper's record before anything else happens.
    fn overheard(&mut self, command: &str, status: ExitStatus) {
        if command.starts_with("cowl pub ") && status.success() {
            self.sent += 1;
            self.tap.as_ref().unwrap().wait_for_reports(self.sent);
        }
    }

    fn job(&mut self, machine: &str, name: &str) -> Job {
        let number: usize = name.strip_prefix('%').unwrap().parse().unwrap();
        self.jobs.get_mut(machine).unwrap()[number - 1].take().unwrap()
    }

    /// Runs a command on a machine to its end, and gives what it printed.
    pub fn run(&self, machine: &str, clock: Option<u32>, command: &str) -> (Vec<String>, ExitStatus) {
        let mut child = self.command(machine, clock, command).spawn().unwrap();
        let lines = lines_of(&mut child);
        let mut printed = Vec::new();
        loop {
            match lines.recv_timeout(SOON) {
                Ok(line) => printed.push(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => return (printed, child.wait().unwrap()),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    let _ = child.kill();
                    panic!("{command} does not end: {printed:?}");
                }
            }
        }
    }

    fn command(&self, machine: &str, clock: Option<u32>, command: &str) -> Command {
        let folder = self.path(machine);
        fs::create_dir_all(&folder).unwrap();
        let clock = clock.map_or_else(
            || "now".to_owned(),
            |year| {
                // A year of 365.25 days is near enough.
                let seconds = u64::from(year - 1970) * 31_557_600 + 1_000;
                self.write_clock(&year.to_string(), seconds);
                year.to_string()
            },
        );
        let binary = Path::new(env!("CARGO_BIN_EXE_cowl"));
        let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &self.placed(command)])
            .current_dir(folder)
            .env("PATH", path)
            .env("LD_PRELOAD", self.path("clock.so"))
            .env("DRILL_CLOCK", self.path(&format!("{clock}.clock")))
            .env_remove("COWL_CREDENTIAL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        shell
    }

    /// With the ports of this run.
    fn placed(&self, text: &str) -> String {
        let mut text = text
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{}", self.http))
            .replace("127.0.0.1:1883", &format!("127.0.0.1:{}", self.mqtt));
        for name in ["serve", "pub", "sub", "renew"] {
            text = text.replace(&format!("cowl {name} "), &format!("cowl {name} -p {} ", self.mqtt));
        }
        if text.starts_with("cowl init") && !text.contains("--policy") {
            text += " --policy ../small/policy.toml";
        }
        text.replace("cowl broker ops", &format!("cowl broker ops -p {} --no-tls --no-ws", self.mqtt))
    }

    /// Time passes on all machines whose clock is right, an epoch at a time where somebody has a habit; and the service
    /// says what is new.
    fn pass_to(&mut self, passed: u64) {
        assert!(passed >= self.passed, "time does not go back");
        while self.passed < passed {
            let next = if self.habit.is_some() { passed.min(self.passed + EPOCH) } else { passed };
            let is_new = next / EPOCH > self.passed / EPOCH;
            let before = self.tap.as_ref().map_or(0, Tap::beacons);
            self.passed = next;
            self.write_clock("now", START + next);
            if let Some(tap) = self.tap.as_ref().filter(|_| self.is_served) {
                tap.wait_for_beacon(before);
            }
            if let (true, Some((machine, command))) = (is_new, self.habit) {
                let (printed, status) = self.run(machine, None, command);
                assert!(status.success(), "{printed:?}");
                self.overheard(command, status);
            }
        }
    }

    /// Puts a clock to a time.
    fn write_clock(&self, name: &str, unix_seconds: u64) {
        use std::os::unix::fs::FileExt as _;
        // Written in place: it is mapped by those that run.
        let path = self.path(&format!("{name}.clock"));
        let file = fs::OpenOptions::new().create(true).write(true).truncate(false).open(path).unwrap();
        file.write_all_at(&unix_seconds.to_ne_bytes(), 0).unwrap();
    }
}

fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let pipes: [Box<dyn Read + Send>; 2] =
        [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
    for pipe in pipes {
        let sender = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    lines
}

/// Nobody listens there now. Whoever else looks for one at this instant could take it.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
