//! The log while the command is killed at any instant: nothing is done without its entry, no entry is lost, and the next
//! command goes on by itself.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use cowl::{
    log::{Entry, Event},
    operation::Operation,
    random::SystemRng,
};

/// Kills, spread over what one command takes.
const ROUNDS: u32 = 60;

#[test]
fn a_killed_command_leaves_a_log_that_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let ops = folder.path().join("ops");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let operation = Operation::create(&ops, now, &mut SystemRng::new()).unwrap();
    let key = operation.log_key();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.arg("command").arg(&ops).args(["-t", "plug/power", "-m", "on", "--lasts", "60"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let began = std::time::Instant::now();
    assert!(start().wait().unwrap().success());
    let whole = began.elapsed();
    let mut before: Vec<Vec<u8>> = Vec::new();
    let (mut killed, mut done) = (0, 1);
    for round in 0..ROUNDS {
        let mut child = start();
        thread::sleep(whole * round / ROUNDS);
        let _ = child.kill();
        if child.wait().unwrap().success() {
            done += 1;
        } else {
            killed += 1;
        }
        let log = operation.log().unwrap().unwrap();
        let found = log.inspect(&key).unwrap();
        assert_eq!(found.findings, [], "round {round}");
        let entries: Vec<_> = log.entries(0..u64::MAX).collect::<Result<_, _>>().unwrap();
        assert!(entries.starts_with(&before), "round {round}: what was there is there");
        before = entries;
    }
    assert!(start().wait().unwrap().success(), "{killed} killed, {done} done");
    let log = operation.log().unwrap().unwrap();
    let entries = log.entries(0..u64::MAX).map(|entry| Entry::parse(&entry.unwrap()).unwrap().event);
    let logged: BTreeSet<u64> = entries
        .filter_map(|event| if let Event::Command { number } = event { Some(number) } else { None })
        .collect();
    let commands = operation.commands(now).unwrap();
    assert!(commands.len() > done && killed > 0, "{killed} killed, {done} done");
    for command in commands {
        assert!(logged.contains(&command.command.number), "a command without its entry");
    }
}
