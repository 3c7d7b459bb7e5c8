//! kill -9 at random instants of whoever writes a file, for the tests of this crate's own files.
//!
//! A test binary starts itself for one test, the child, which does nothing when it is run as a test.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use rand_core::Rng as _;

use crate::random::SystemRng;

const FOLDER: &str = "COWL_FOLDER_TO_KILL_IN";
/// Rounds of each test; `COWL_KILL_ROUNDS` as in `tests/state_kill.rs`.
const ROUNDS: usize = 30;

/// Where a child is to work; `None`: it is not one.
pub(crate) fn folder() -> Option<PathBuf> {
    env::var_os(FOLDER).map(PathBuf::from)
}

/// Tells the one who kills, before anything else happens.
pub(crate) fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Starts the test `child` (its whole path without the crate) again and again, kills it at some instant, and gives `check` what it
/// had said by then.
pub(crate) fn rounds(child: &str, folder: &Path, mut check: impl FnMut(Vec<String>)) {
    let rounds = env::var("COWL_KILL_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let mut rng = SystemRng::new();
    let mut said = 0;
    for _ in 0..rounds {
        let told = kill_one(child, folder, &mut rng);
        said += told.len();
        check(told);
    }
    assert!(said >= rounds / 2, "{child} said {said} lines: is there such a test?");
}

fn kill_one(child: &str, folder: &Path, rng: &mut SystemRng) -> Vec<String> {
    let mut process = Command::new(env::current_exe().unwrap())
        .args(["--exact", child, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let mut told = Vec::new();
    for _ in 0..=rng.next_u32() % 4 {
        if let Some(Ok(line)) = lines.next() {
            told.push(line);
        }
    }
    // Anywhere in the next thing that it does.
    std::thread::sleep(Duration::from_micros(u64::from(rng.next_u32() % 4_000)));
    process.kill().unwrap();
    process.wait().unwrap();
    told.extend(lines.map_while(Result::ok));
    assert!(!told.iter().any(|line| line.contains("panicked")), "{told:?}");
    // The last line may be cut off.
    told
}
