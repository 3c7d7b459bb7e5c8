//! An archive whose process is killed at any instant: what was said to be kept is there, what was said to be erased is gone,
//! and the store key fits the database.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; the lint knows test functions only")]

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader, Write as _},
    ops::ControlFlow,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use cowl::{
    archive::{Archive, Entry, Query},
    operation::Operation,
    random::SystemRng,
};
use cowl_core::{Epoch, Erasure, ErasureHandle, PolicyVersion, ReportId};

const NOW: u64 = 1_800_000_000;
const ROUNDS: u32 = 200;
/// What makes this test binary the process that is killed.
const CHILD: &str = "COWL_TEST_ARCHIVE";

fn handle(n: u32) -> ErasureHandle {
    let mut handle = [1; 16];
    handle[..4].copy_from_slice(&n.to_be_bytes());
    ErasureHandle(handle)
}

fn entry(n: u32) -> Entry {
    Entry {
        report: ReportId(handle(n).0),
        epoch: Epoch(n % 3),
        from: None,
        handle: handle(n),
        policy: PolicyVersion(1),
        received: NOW,
        zone: Some("A".to_owned()),
        fields: format!("{{\"n\":{n}}}"),
        custody: None,
    }
}

fn there(archive: &mut Archive) -> BTreeSet<u32> {
    let mut there = BTreeSet::new();
    let mut take = |kept: Result<cowl::archive::Kept, _>| {
        let kept = kept.unwrap();
        assert!(there.insert(u32::from_be_bytes(*kept.report.first_chunk().unwrap())), "once each");
        ControlFlow::Continue(())
    };
    archive.read(&Query::default(), &mut take).unwrap();
    there
}

/// Keeps and erases for as long as it lives, saying what it is about to do and what is done.
fn child(path: &Path, first: u32) {
    let mut archive = Archive::open(path).unwrap();
    let mut out = std::io::stdout();
    for n in first.. {
        archive.keep("medical", &[entry(n)]).unwrap();
        writeln!(out, "kept {n}").unwrap();
        if n % 3 == 2 {
            writeln!(out, "erasing {}", n - 1).unwrap();
            archive.erase(&[Erasure::Handle(handle(n - 1))]).unwrap();
            writeln!(out, "erased {}", n - 1).unwrap();
        }
        out.flush().unwrap();
    }
}

#[test]
fn killed_at_any_instant_it_keeps_its_word() {
    if let Some(value) = env::var_os(CHILD) {
        let value = value.into_string().unwrap();
        let (first, path) = value.split_once(' ').unwrap();
        return child(Path::new(path), first.parse().unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
    let path = folder.path().join("archive");
    drop(Archive::open_or_create(&path, operation.manifest()).unwrap());
    let (mut must, mut gone, mut first) = (BTreeSet::new(), BTreeSet::new(), 0);
    let mut erasures = 0;
    for round in 0..ROUNDS {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killed_at_any_instant_it_keeps_its_word", "--nocapture"])
            .env(CHILD, format!("{first} {}", path.display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut doubtful = None;
        let mut read = |line: String| {
            let Some((what, n)) = line.split_once(' ') else { return };
            let Ok(n) = n.parse::<u32>() else { return };
            match what {
                "kept" => drop(must.insert(n)),
                "erasing" => doubtful = Some(n),
                "erased" => {
                    must.remove(&n);
                    gone.insert(n);
                    erasures += 1;
                    doubtful = None;
                }
                _ => {}
            }
        };
        // It lives until it has done some work, however slow the machine, and a little longer: another instant each round.
        let mut work = 1 + round % 4;
        while let Some(Ok(line)) = lines.next() {
            work -= u32::from(line.starts_with("kept"));
            read(line);
            if work == 0 {
                break;
            }
        }
        std::thread::sleep(Duration::from_micros(u64::from(round) * 97 % 7_000));
        child.kill().unwrap();
        lines.map_while(Result::ok).for_each(&mut read);
        child.wait().unwrap();
        let mut archive = Archive::open(&path).unwrap();
        let there = there(&mut archive);
        if let Some(n) = doubtful {
            // It was about to: either is right.
            if there.contains(&n) {
                must.insert(n)
            } else {
                must.remove(&n)
            };
        }
        assert!(must.is_subset(&there), "round {round}: lost {:?}", must.difference(&there));
        assert!(gone.is_disjoint(&there), "round {round}: back again {:?}", gone.intersection(&there));
        // Only the slot in use holds anything.
        let key = std::fs::read(cowl::archive::key_path(&path)).unwrap();
        let empty = [&key[..4_096], &key[4_096..]].iter().filter(|slot| slot.iter().all(|b| *b == 0)).count();
        assert_eq!(empty, 1, "round {round}");
        first = there.last().map_or(0, |last| last + 1).max(first);
        must = there;
    }
    // A round of four reports has seen one erasure end, at the least.
    assert!(erasures >= ROUNDS / 4, "{erasures} erasures");
}
