//! `cowl page` as a child process, and Chromium in front of it or of the console.
#![allow(dead_code, reason = "each test file uses its share")]
#![allow(
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::zombie_processes,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a module of tests, not an interface: it fails by panicking"
)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde_json::Value;

/// Nothing on loopback takes so long, however busy the machine.
const SOON: Duration = Duration::from_mins(5);

/// The command, until dropped.
pub struct Page {
    child: Child,
    pub url: String,
}

impl Page {
    /// Shows the page of an operation's folder, before the broker at this port.
    pub fn start(folder: &Path, port: u16) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.arg("page").arg(folder).args([
            "--listen",
            "127.0.0.1:0",
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ]);
        let mut child = command.stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let err = child.stderr.take().unwrap();
        let (sender, said) = channel();
        thread::spawn(move || {
            BufReader::new(err).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        let mut url = None;
        loop {
            let line = said.recv_timeout(SOON).expect("the page says where it is");
            if let Some((_, at)) = line.split_once("people report at ") {
                url = Some(at.split("/#a=").next().unwrap().to_owned());
            }
            if line.contains("hears the operation's notices") {
                break;
            }
        }
        Self { child, url: url.unwrap() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser that follows a scenario of a script.
pub struct Browser {
    child: Child,
    told: ChildStdin,
    says: Receiver<Value>,
}

impl Browser {
    /// `None`, said aloud, where a program is missing that `.ci/run` installs.
    pub fn start(page: &Page, scenario: &str) -> Option<Self> {
        Self::drive("drive.mjs", &page.url, scenario)
    }

    /// The same with another script.
    pub fn drive(script: &str, subject: &str, scenario: &str) -> Option<Self> {
        let (Some(chromium), Some(modules)) = (chromium(), modules()) else {
            eprintln!(
                "skipped: needs Debian's chromium, and playwright-core and axe-core in $COWL_NODE_MODULES"
            );
            return None;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page_support").join(script);
        let mut command = Command::new("node");
        command.arg(script).arg(modules).arg(chromium).arg(subject).arg(scenario);
        // Where pictures of what is judged go, to be looked at.
        command.args(std::env::var_os("COWL_PAGE_PICTURES"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let out = child.stdout.take().unwrap();
        let (sender, says) = channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap_or(Value::String(line)));
            }
        });
        Some(Self { told: child.stdin.take().unwrap(), child, says })
    }

    /// The next thing that it says; fails if that is what went wrong.
    #[track_caller]
    pub fn next(&self) -> Value {
        let said = self.says.recv_timeout(SOON).expect("the browser says something");
        assert!(said["problems"].is_null(), "{said:#}");
        said
    }

    pub fn goes_on(&mut self) {
        self.told.write_all(b"go on\n").unwrap();
    }

    /// Whatever it says until the end, which must be without a problem.
    #[track_caller]
    pub fn all(self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let said = self.says.recv_timeout(SOON).expect("the browser says something");
            if said["problems"].is_null() {
                all.push(said);
                continue;
            }
            assert_eq!(said["problems"], Value::Array(Vec::new()), "{said:#}");
            return all;
        }
    }

    /// Fails unless it ends without a problem.
    #[track_caller]
    pub fn ends(self) {
        let said = self.says.recv_timeout(SOON).expect("an end");
        assert_eq!(said["problems"], Value::Array(Vec::new()), "{said:#}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("COWL_CHROMIUM").map(PathBuf::from);
    named.or_else(|| Some("/usr/bin/chromium".into())).filter(|path| path.exists())
}

fn modules() -> Option<PathBuf> {
    let target = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/node/node_modules");
    let modules = std::env::var_os("COWL_NODE_MODULES").map_or_else(target, PathBuf::from);
    let modules = modules.canonicalize().ok()?;
    ["playwright-core", "axe-core"].iter().all(|name| modules.join(name).exists()).then_some(modules)
}
