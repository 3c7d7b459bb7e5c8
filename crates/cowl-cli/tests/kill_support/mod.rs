//! Processes that are killed and come back, and what watches them.
#![allow(dead_code, reason = "each test file uses its share")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]
#![allow(
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    reason = "a module of tests, not an interface"
)]

pub mod device;
pub mod forgotten;
pub mod tap;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

/// Nothing on loopback takes so long, however busy the machine.
pub const SOON: Duration = Duration::from_mins(1);

/// A program that is started again and again with the same arguments; killed when dropped.
pub struct Program {
    name: String,
    command: Box<dyn Fn() -> Command>,
    /// What it says when it is ready.
    ready: String,
    child: Option<Child>,
    said: Option<Receiver<String>>,
    printed: Arc<Mutex<Vec<Printed>>>,
    run: u32,
}

/// A line of standard output, and in which of its lives the program printed it.
#[derive(Debug, Clone)]
pub struct Printed {
    pub run: u32,
    pub line: String,
}

impl Program {
    pub fn new(name: &str, ready: &str, command: impl Fn() -> Command + 'static) -> Self {
        Self {
            name: name.to_owned(),
            command: Box::new(command),
            ready: ready.to_owned(),
            child: None,
            said: None,
            printed: Arc::default(),
            run: 0,
        }
    }

    /// Starts it, and waits until it says that it is ready.
    pub fn start(&mut self) {
        let mut child = (self.command)()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        self.run += 1;
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (printed, run) = (Arc::clone(&self.printed), self.run);
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                printed.lock().unwrap().push(Printed { run, line });
            }
        });
        let (sender, said) = channel();
        thread::spawn(move || {
            // Nobody may listen any more; the pipe is emptied all the same.
            BufReader::new(err).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        (self.child, self.said) = (Some(child), Some(said));
        let ready = self.ready.clone();
        self.hears(&ready);
    }

    /// Waits for a line to people that holds this.
    #[track_caller]
    pub fn hears(&self, text: &str) {
        let mut before = Vec::new();
        let said = self.said.as_ref().unwrap();
        loop {
            let Ok(line) = said.recv_timeout(SOON) else {
                let state = self
                    .child
                    .as_ref()
                    .map(|child| fs::read_to_string(format!("/proc/{}/status", child.id())));
                panic!(
                    "{} (run {}) never said {text:?}, but: {before:#?}; it is {state:?}",
                    self.name, self.run
                );
            };
            if line.contains(text) {
                return;
            }
            before.push(line);
        }
    }

    /// What it said to people and nobody waited for.
    pub fn said(&self) -> Vec<String> {
        self.said.as_ref().map_or_else(Vec::new, |said| said.try_iter().collect())
    }

    /// Throws away what it said so far.
    pub fn forget_said(&self) {
        self.said();
    }

    /// As a power cut or the kernel's want of memory does it: nothing is written, nobody is told.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        assert!(child.try_wait().unwrap().is_none(), "{} (run {}) ended by itself", self.name, self.run);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// What it printed, in all its lives.
    pub fn printed(&self) -> Vec<Printed> {
        self.printed.lock().unwrap().clone()
    }

    /// How many lines that are.
    pub fn count(&self) -> usize {
        self.printed.lock().unwrap().len()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port that is free now. Another process may take it before it is used: then the test says so and fails.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `SplitMix64`: the same seed, the same kills (the machine's own timing is not repeated).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
