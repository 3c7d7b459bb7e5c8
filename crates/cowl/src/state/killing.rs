//! kill -9 at random instants of whoever writes a file, and a disk that is full, for the tests of this crate's own files.
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
pub(crate) fn rounds(child: &str, folder: &Path, check: impl FnMut(Vec<String>)) {
    some_rounds(ROUNDS, child, folder, check);
}

/// The same, so many times where nobody says how many: for a child that takes long to start.
pub(crate) fn some_rounds(usual: usize, child: &str, folder: &Path, mut check: impl FnMut(Vec<String>)) {
    let rounds = env::var("COWL_KILL_ROUNDS").map_or(usual, |rounds| rounds.parse().unwrap());
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
    // Anywhere in the next thing that it does, or in one soon after.
    let within = if rng.next_u32().is_multiple_of(3) { 20_000 } else { 4_000 };
    std::thread::sleep(Duration::from_micros(u64::from(rng.next_u32() % within)));
    process.kill().unwrap();
    process.wait().unwrap();
    told.extend(lines.map_while(Result::ok));
    assert!(!told.iter().any(|line| line.contains("panicked")), "{told:?}");
    // The last line may be cut off.
    told
}

/// Runs the test `child` to its end: it can have no room and room again ([`set_room`]), and says something when it is through.
pub(crate) fn without_room(child: &str, folder: &Path) {
    // What would be written beyond the limit is refused then, and kills nobody.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .args(["--exact", child, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !told.is_empty(),
        "{child}: {told}{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

/// Whether this process may write anything into files from now on: the same error paths as those of a full disk, for any user.
pub(crate) fn set_room(has_room: bool) {
    let limit = if has_room { "--fsize=unlimited:" } else { "--fsize=0:" };
    let set = Command::new("prlimit").args([limit, "--pid", &std::process::id().to_string()]).status();
    assert!(set.unwrap().success());
}
