//! kill -9 at random instants of a process that puts, takes and settles: nothing acknowledged is lost.
//!
//! `COWL_KILL_ROUNDS=1000 cargo test -p cowl --test queue_kill --release` for more than the few rounds of every day.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

mod queue_support;

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use cowl::{
    node::{Commit, Kept, Lane, Queue},
    random::SystemRng,
};
use queue_support::{drain, key, number, numbered, settings};
use rand_core::Rng as _;

const FILE: &str = "COWL_QUEUE_TO_KILL";
const FIRST: &str = "COWL_QUEUE_FIRST_NUMBER";

fn open(path: &Path) -> Queue {
    Queue::open(path, &key(), settings(Commit::Group)).unwrap()
}

/// The process that is killed: it does nothing when it is run as a test.
#[test]
fn child() {
    let (Ok(path), Ok(first)) = (env::var(FILE), env::var(FIRST)) else { return };
    let queue = open(Path::new(&path));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let first: u64 = first.parse().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let queue = queue.clone();
                async move {
                    for number in (first + task..).step_by(8) {
                        assert_eq!(queue.put(numbered(number)).await, Ok(Kept::New));
                        say('+', number);
                        if number % 3 == 0
                            && let Some(entry) = queue.take(Lane::ALL[usize::from(number % 2 == 0)])
                        {
                            say('-', queue_support::number(&entry.body).unwrap());
                            queue.settle(entry.id);
                        }
                    }
                }
            })
            .map(tokio::spawn)
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Tells the one who kills, before anything else happens.
fn say(what: char, number: u64) {
    let line = format!("{what}{number}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

#[test]
fn a_killed_process_lost_nothing_that_it_acknowledged() {
    let rounds: u64 = env::var("COWL_KILL_ROUNDS").map_or(8, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue");
    let mut rng = SystemRng::new();
    let (mut acknowledged, mut settled) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..rounds {
        let first = round * 1_000_000;
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(FILE, &path)
            .env(FIRST, first.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut heard = rng.next_u32() % 300;
        let mut told: Vec<String> = Vec::new();
        while let Some(Ok(line)) = lines.next() {
            told.push(line);
            if heard == 0 {
                break;
            }
            heard -= 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died, but for half a line.
        told.extend(lines.map_while(Result::ok));
        for line in told {
            match (
                line.strip_prefix('+').map(str::parse::<u64>),
                line.strip_prefix('-').map(str::parse::<u64>),
            ) {
                (Some(Ok(number)), None) => assert!(acknowledged.insert(number)),
                (None, Some(Ok(number))) => {
                    settled.insert(number);
                }
                _ => panic!("the child failed: {line}"),
            }
        }
        let queue = open(&path);
        let status = queue.status();
        assert_eq!((status.damaged, status.damage), (0, None));
        let mut found = BTreeSet::new();
        let mut out = Vec::new();
        for lane in Lane::ALL {
            while let Some(entry) = queue.take(lane) {
                assert!(found.insert(number(&entry.body).unwrap()), "twice");
                out.push(entry.id);
            }
        }
        let lost: Vec<_> =
            acknowledged.difference(&settled).filter(|number| !found.contains(number)).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?} were lost");
        // So that the rounds stay short.
        settled.extend(&found);
        for id in out {
            queue.settle(id);
        }
        queue.close().unwrap();
    }
    assert!(acknowledged.len() as u64 > rounds * 10, "only {} acknowledged", acknowledged.len());
    let queue = open(&path);
    assert!(drain(&queue).is_empty());
    for number in acknowledged.iter().rev().filter(|number| number.is_multiple_of(2)).take(50) {
        let again = queue.put(numbered(*number));
        assert_eq!(again.outcome(), Some(Ok(Kept::Known)), "{number} was forgotten");
    }
}
