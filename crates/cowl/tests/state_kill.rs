//! kill -9 at random instants of whoever writes state: what was said to be done is there, what is there is whole, and no
//! counter comes twice.
//!
//! 200 rounds a day, each with one writer: `COWL_KILL_ROUNDS=2000 cargo test -p cowl --test state_kill --release` for more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

use std::{
    collections::{BTreeSet, HashSet},
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use cowl::{
    archive::{Archive, Entry, Query},
    files::{self, Access},
    formats,
    keyring::{ReadReport, Reader, Sender, store_new},
    operation::Operation,
    random::SystemRng,
    recovery::{self, RecoveryFile, Share},
    state::{Weight, examine},
};
use rand_core::Rng as _;

const FOLDER: &str = "COWL_STATE_TO_KILL";
const ACTOR: &str = "COWL_STATE_ACTOR";
const NOW: u64 = 1_800_000_000;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Actor {
    File,
    Keyring,
    Operation,
    Archive,
}

/// The process that is killed: it does nothing when it is run as a test.
#[test]
fn child() {
    let (Ok(folder), Ok(actor)) = (env::var(FOLDER), env::var(ACTOR)) else { return };
    let folder = PathBuf::from(folder);
    match actor.as_str() {
        "File" => write_files(&folder),
        "Keyring" => use_keyring(&folder),
        "Operation" => change_operation(&folder),
        _ => fill_archive(&folder),
    }
}

/// Tells the one who kills, before anything else happens.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn write_files(folder: &Path) {
    let path = folder.join("file");
    let first = number_of(&fs::read(&path).unwrap_or_default());
    for number in first + 1.. {
        files::replace(&path, &content(number), Access::Owner).unwrap();
        say(&number.to_string());
    }
}

/// A number, as often as fits into many pages.
fn content(number: u64) -> Vec<u8> {
    number.to_be_bytes().repeat(4_000)
}

fn number_of(bytes: &[u8]) -> u64 {
    let number = bytes.first_chunk().map_or(0, |number| u64::from_be_bytes(*number));
    assert!(bytes.is_empty() || bytes == content(number), "half a file");
    number
}

fn use_keyring(folder: &Path) {
    let mut sender = Sender::open(&folder.join("phone.cowl")).unwrap();
    let mut reader = Reader::open(&folder.join("medic.cowl"), "medical", None).unwrap();
    loop {
        let message = sealed(&mut sender);
        say(&format!("sent {}", hex::encode(&message[..16])));
        let mut reports = Vec::new();
        read(&mut reader, &message, &mut reports);
        reader.commit().unwrap();
        say(&format!("read {}", hex::encode(&message)));
    }
}

/// Reads one message, and searches for its device as `cowl sub` does: those that were killed left gaps.
fn read(reader: &mut Reader, message: &[u8], reports: &mut Vec<ReadReport>) {
    reader.read(message, 0, reports).unwrap();
    if reports.is_empty() {
        reader.search(reports);
    }
    assert_eq!(reports.len(), 1);
}

fn sealed(sender: &mut Sender) -> Vec<u8> {
    let reading = formats::parse(b"severity: high, lat: 18.54, lon: -72.34").unwrap();
    let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
    let report = sender.report(reduced);
    sender.seal(0, &report, 0).unwrap().sealed.bytes().to_vec()
}

fn change_operation(folder: &Path) {
    let mut operation = Operation::open(&folder.join("ops")).unwrap();
    let mut rng = SystemRng::new();
    let mut next = operation.register().members().len();
    loop {
        let epoch = operation.manifest().walk_in.first;
        let name = format!("device-{next}");
        drop(operation.enrol_device(&name, epoch, &mut rng).unwrap());
        say(&format!("enrolled {name}"));
        let number = operation.command("t", b"x", true, NOW, 600).unwrap();
        say(&format!("command {number}"));
        next += 1;
    }
}

fn fill_archive(folder: &Path) {
    let mut sender = Sender::open(&folder.join("archived.cowl")).unwrap();
    let mut reader = Reader::open(&folder.join("desk.cowl"), "medical", None).unwrap();
    let manifest = sender.manifest().clone();
    let mut archive = Archive::open_or_create(&folder.join("archive"), &manifest).unwrap();
    loop {
        let message = sealed(&mut sender);
        let mut reports = Vec::new();
        read(&mut reader, &message, &mut reports);
        let entry = Entry::of(&reports[0], &manifest.policy, NOW).unwrap();
        let id = hex::encode(entry.report.0);
        archive.keep("medical", &[entry]).unwrap();
        say(&id);
        reader.commit().unwrap();
    }
}

struct World {
    folder: tempfile::TempDir,
    shares: Vec<Share>,
    file: u64,
    tags: HashSet<String>,
    read: Vec<String>,
    members: BTreeSet<String>,
    command: u64,
    archived: BTreeSet<String>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let mut operation = Operation::create(&folder.path().join("ops"), NOW, &mut rng).unwrap();
        let epoch = operation.epoch_now(NOW).unwrap();
        for name in ["phone", "archived"] {
            let made = operation.enrol_device(name, epoch, &mut rng).unwrap();
            store_new(&folder.path().join(format!("{name}.cowl")), &made.credential, made.first).unwrap();
        }
        for name in ["medic", "desk"] {
            let made = operation.enrol_responder(name, &["medical".to_owned()], epoch, &mut rng).unwrap();
            store_new(&folder.path().join(format!("{name}.cowl")), &made.credential, made.first).unwrap();
        }
        let shares = recovery::make_shares(operation.folder(), 2, 3, &[], NOW, &mut rng).unwrap().shares;
        Self {
            folder,
            shares,
            file: 0,
            tags: HashSet::new(),
            read: Vec::new(),
            members: BTreeSet::new(),
            command: 0,
            archived: BTreeSet::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lets one write until it is killed, and gives what it said.
    fn kill_one(&self, actor: Actor, rng: &mut SystemRng) -> Vec<String> {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(FOLDER, self.folder.path())
            .env(ACTOR, format!("{actor:?}"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = Vec::new();
        for _ in 0..=rng.next_u32() % 4 {
            if let Some(Ok(line)) = lines.next() {
                told.push(line);
            }
        }
        // Anywhere in the next thing that it does.
        std::thread::sleep(Duration::from_micros(u64::from(rng.next_u32() % 6_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        told.extend(lines.map_while(Result::ok));
        assert!(!told.iter().any(|line| line.contains("panicked")), "{told:?}");
        told
    }

    fn check(&mut self, actor: Actor, told: &[String], round: usize) {
        match actor {
            Actor::File => {
                let found = number_of(&fs::read(self.path("file")).unwrap());
                let said = told.iter().filter_map(|line| line.parse().ok()).max().unwrap_or(0);
                assert!(found >= said.max(self.file), "{found} after {said}");
                self.file = found;
            }
            Actor::Keyring => self.check_keyring(told, round),
            Actor::Operation => self.check_operation(told),
            Actor::Archive => {
                self.archived.extend(told.iter().cloned());
                let mut archive = Archive::open(&self.path("archive")).unwrap();
                let mut there = BTreeSet::new();
                archive
                    .read(&Query::default(), &mut |kept| {
                        there.insert(hex::encode(kept.unwrap().report));
                        ControlFlow::Continue(())
                    })
                    .unwrap();
                assert!(self.archived.is_subset(&there));
            }
        }
    }

    fn check_keyring(&mut self, told: &[String], round: usize) {
        for line in told {
            if let Some(tag) = line.strip_prefix("sent ") {
                assert!(self.tags.insert(tag.to_owned()), "a counter came twice");
            } else {
                self.read.push(line.strip_prefix("read ").unwrap().to_owned());
            }
        }
        // A signature each: not every time.
        let looked = ["phone.cowl", "medic.cowl"].get(round / 4 % 3);
        assert_eq!(looked.map_or(Vec::new(), |credential| examine(&self.path(credential))), []);
        // What was read and committed is not read again.
        let mut reader = Reader::open(&self.path("medic.cowl"), "medical", None).unwrap();
        let mut reports = Vec::new();
        for message in self.read.iter().rev().take(4) {
            reader.read(&hex::decode(message).unwrap(), 0, &mut reports).unwrap();
        }
        assert!(reports.is_empty(), "read twice");
    }

    fn check_operation(&mut self, told: &[String]) {
        for line in told {
            if let Some(name) = line.strip_prefix("enrolled ") {
                assert!(self.members.insert(name.to_owned()), "enrolled twice");
            } else {
                let number = line.strip_prefix("command ").unwrap().parse().unwrap();
                assert!(number > self.command);
                self.command = number;
            }
        }
        let folder = self.path("ops");
        let wrong: Vec<_> = examine(&folder).into_iter().filter(|one| one.weight == Weight::Damage).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let operation = Operation::open(&folder).unwrap();
        let numbers: Vec<_> = operation
            .register()
            .members()
            .iter()
            .filter(|entry| entry.devices > 0)
            .map(|entry| entry.first_device)
            .collect();
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len(), "a number came twice");
        // Who was not said may be there; who was said is.
        for name in &self.members {
            let entry = operation.register().member(name).unwrap();
            assert_eq!(entry.devices, 1);
        }
        let devices = operation.register().members().iter().map(|entry| entry.name.clone());
        self.members.extend(devices.filter(|name| name.starts_with("device-")));
        // The recovery file is whole at every instant, and holds whoever was said to be enrolled.
        let to = self.path("rebuilt");
        let file = RecoveryFile::load(&folder.join("recovery.cowl")).unwrap();
        recovery::recover(&file, &self.shares[..2], &to, NOW, &mut SystemRng::new()).unwrap();
        let rebuilt = Operation::open(&to).unwrap();
        let said = told.iter().filter_map(|line| line.strip_prefix("enrolled "));
        for name in said {
            assert!(rebuilt.register().member(name).is_some(), "{name} is not in the recovery file");
        }
        fs::remove_dir_all(&to).unwrap();
    }
}

#[test]
fn a_killed_authority_left_its_files_whole_and_lost_nothing_that_it_said() {
    let world = rounds(&[Actor::File, Actor::File, Actor::Operation, Actor::File, Actor::File, Actor::File]);
    assert!(world.file > 0 && world.command > 0);
}

#[test]
fn a_killed_member_uses_no_counter_twice_and_keeps_what_it_read() {
    let world = rounds(&[Actor::Keyring, Actor::File, Actor::Archive, Actor::File]);
    assert!(!world.read.is_empty() && !world.archived.is_empty());
}

/// Half of all rounds, with these taking turns.
fn rounds(actors: &[Actor]) -> World {
    let rounds: usize = env::var("COWL_KILL_ROUNDS").map_or(200, |rounds| rounds.parse().unwrap());
    let mut world = World::new();
    let mut rng = SystemRng::new();
    for (round, actor) in actors.iter().cycle().take(rounds.div_ceil(2)).enumerate() {
        let told = world.kill_one(*actor, &mut rng);
        world.check(*actor, &told, round);
    }
    world
}
