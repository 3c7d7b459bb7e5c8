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
    keyring::{ReadReport, Reader, Sender, load_credential, store_new},
    operation::Operation,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    recovery::{self, RecoveryFile, Share},
    rest::{Identity, To},
    state::{Weight, examine, names},
};
use cowl_core::{Addressee, Erasure, ErasureHandle, Secret};
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
        let number = operation.alert(Addressee::Members, "leave", NOW + 2 * next as u64, 1).unwrap();
        say(&format!("alert {number}"));
        let names = [0, 1, 2].map(|number| format!("custodian-{next}-{number}"));
        let shares = tempfile::tempdir().unwrap();
        operation.replace_custodians(&names, shares.path(), epoch, &mut rng).unwrap();
        let key = operation.manifest().custody.as_ref().unwrap().public();
        say(&format!("custodians {}", hex::encode(key)));
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

/// The process that has no room on its disk: it does nothing when it is run as a test.
#[test]
fn child_without_room() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let path = |name: &str| Path::new(&folder).join(name);
    let tell = |what: &str, result: Result<(), String>| match result {
        Ok(()) => say(&format!("did {what}")),
        Err(reason) => say(&format!("refused {what}: {reason}")),
    };
    let mut rng = SystemRng::new();
    let reason = |error: &dyn std::fmt::Display| error.to_string();
    tell("file", files::replace(&path("file"), &content(9), Access::Owner).map_err(|error| reason(&error)));
    tell("new file", files::create_summed(&path("new"), &content(1)).map_err(|error| reason(&error)));
    let mut operation = Operation::open(&path("ops")).unwrap();
    let epoch = operation.manifest().walk_in.first;
    let enrolled = operation.enrol_device("too many", epoch, &mut rng);
    tell("enrol", enrolled.map(drop).map_err(|error| reason(&error)));
    let command = operation.command("t", b"x", true, NOW, 600);
    tell("command", command.map(drop).map_err(|error| reason(&error)));
    let revoked = operation.revoke("archived", None, NOW);
    tell("revoke", revoked.map(drop).map_err(|error| reason(&error)));
    let order = [Erasure::Handle(ErasureHandle([7; 16]))];
    tell("erase", operation.erase(&order, NOW).map(drop).map_err(|error| reason(&error)));
    let beacon = operation.beacon(NOW, &cowl_core::Counts::default());
    tell("beacon", beacon.map(drop).map_err(|error| reason(&error)));
    tell("census", operation.store_census(&content(1)).map_err(|error| reason(&error)));
    let next = operation.refresh(epoch.plus(1), &mut rng);
    tell("manifest", next.map(drop).map_err(|error| reason(&error)));
    let shares = recovery::make_shares(&path("ops"), 2, 3, &[], NOW, &mut rng);
    tell("shares", shares.map(drop).map_err(|error| reason(&error)));
    let to = To::Recipients(vec![Identity::of_seed(Secret::new([7; 32])).to_public().unwrap()]);
    let backup = recovery::backup(&path("ops"), &path("backup"), &to, NOW);
    tell("backup", backup.map(drop).map_err(|error| reason(&error)));
    let rebuilt = RecoveryFile::load(&path("ops/recovery.cowl")).map(drop);
    tell("recovery file", rebuilt.map_err(|error| reason(&error)));
    tell("counters", send_many(&path("phone.cowl")));
    let mut reports = Vec::new();
    let message = fs::read(path("message")).unwrap();
    let read = Reader::open(&path("medic.cowl"), "medical", None).and_then(|mut reader| {
        reader.read(&message, 0, &mut reports)?;
        reader.commit()
    });
    tell("read", read.map_err(|error| reason(&error)));
    let manifest = load_credential(&path("phone.cowl")).unwrap().manifest;
    let entry = reports.first().and_then(|report| Entry::of(report, &manifest.policy, NOW));
    let archive = Archive::open_or_create(&path("archive"), &manifest);
    let kept =
        archive.and_then(|mut archive| archive.keep("medical", &entry.into_iter().collect::<Vec<_>>()));
    tell("archive", kept.map(drop).map_err(|error| reason(&error)));
}

fn send_many(credential: &Path) -> Result<(), String> {
    let mut sender = Sender::open(credential).map_err(|error| error.to_string())?;
    for _ in 0..COUNTERS {
        let reading = formats::parse(b"severity: high").unwrap();
        let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
        let report = sender.report(reduced);
        let sealed = sender.seal(0, &report, 0).map_err(|error| error.to_string())?.sealed;
        say(&format!("sent {}", hex::encode(&sealed.bytes()[..16])));
    }
    Ok(())
}

/// As many reports as use up a block of counters that was reserved when there was room.
const COUNTERS: usize = 200;

/// No file may grow beyond this many blocks of 512 bytes: the same error paths as those of a full disk, for any user.
#[test]
fn without_room_everything_says_so_and_nothing_is_lost() {
    let mut tags = HashSet::new();
    for blocks in [0, 1, 8, 64, 256] {
        let world = World::new();
        let mut other = Sender::open(&world.path("archived.cowl")).unwrap();
        fs::write(world.path("message"), sealed(&mut other)).unwrap();
        drop(other);
        files::create(&world.path("file"), &content(1), Access::Owner).unwrap();
        let before = fs::read(world.path("ops/manifest.cowl")).unwrap();
        let output = Command::new("sh")
            .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")])
            .arg(env::current_exe().unwrap())
            .args(["--exact", "child_without_room", "--nocapture", "--test-threads=1"])
            .env(FOLDER, world.folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !told.contains("panicked"), "{blocks} blocks: {told}");
        let count = |start: &str| told.lines().filter(|line| line.starts_with(start)).count();
        assert!(count("refused ") + count("did ") >= 14, "{blocks} blocks: {told}");
        if blocks == 0 {
            let did: Vec<_> = told.lines().filter(|line| line.starts_with("did ")).collect();
            // What writes nothing, or into room that it has.
            assert!(
                did.iter().all(|did| ["did recovery file", "did read", "did counters"].contains(did)),
                "{did:?}"
            );
        }
        for line in told.lines().filter(|line| line.starts_with("refused ")) {
            assert!(line.contains('/'), "which file? {line}");
        }
        // What was there is there, whole; nothing half written is.
        let found = number_of(&fs::read(world.path("file")).unwrap());
        assert_eq!(found, if told.contains("did file\n") { 9 } else { 1 });
        for name in ["ops", "phone.cowl", "medic.cowl", "archived.cowl"] {
            let wrong: Vec<_> =
                examine(&world.path(name)).into_iter().filter(|one| one.weight == Weight::Damage).collect();
            assert!(wrong.is_empty(), "{blocks} blocks, {name}: {wrong:?}, after {told}");
        }
        let left: Vec<_> = names(world.folder.path()).unwrap();
        assert!(!left.iter().any(|name| name.contains(".cowl-")), "{left:?}");
        if !told.contains("did manifest\n") {
            assert_eq!(fs::read(world.path("ops/manifest.cowl")).unwrap(), before);
        }
        // And with room it goes on, where it was: no counter comes twice.
        let mut operation = Operation::open(&world.path("ops")).unwrap();
        let epoch = operation.manifest().walk_in.first;
        operation.enrol_device("with room", epoch, &mut SystemRng::new()).unwrap();
        operation.command("t", b"x", true, NOW + 1, 600).unwrap();
        let mut sender = Sender::open(&world.path("phone.cowl")).unwrap();
        let later: Vec<_> = (0..9).map(|_| hex::encode(&sealed(&mut sender)[..16])).collect();
        let sent = told.lines().filter_map(|line| line.strip_prefix("sent ")).map(str::to_owned);
        for tag in sent.chain(later) {
            assert!(tags.insert(tag), "a counter came twice");
        }
        let file = RecoveryFile::load(&world.path("ops/recovery.cowl")).unwrap();
        if told.contains("refused shares") {
            file.open(&world.shares[..2]).unwrap();
        }
        Archive::open_or_create(&world.path("archive"), operation.manifest()).unwrap();
    }
}

/// The default policy with the custody that its comments describe.
fn policy() -> String {
    let mut text = String::new();
    let mut is_custody = false;
    for line in DEFAULT_POLICY.lines() {
        is_custody = line == "# [custody]" || is_custody && line.starts_with("# ");
        text.push_str(if is_custody { line.trim_start_matches("# ") } else { line });
        text.push('\n');
    }
    text.replace("custody_size = 0", "custody_size = 175")
}

/// An operation with room for custodians.
fn create(folder: &Path, rng: &mut SystemRng) -> Operation {
    let write = |stage: &Path| {
        fs::write(stage.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
        fs::write(stage.join("policy.toml"), policy()).unwrap();
        Ok(())
    };
    Operation::create_with(folder, NOW, rng, write).unwrap()
}

struct World {
    folder: tempfile::TempDir,
    shares: Vec<Share>,
    file: u64,
    tags: HashSet<String>,
    read: Vec<String>,
    members: BTreeSet<String>,
    command: u64,
    alert: u64,
    custodians: Vec<String>,
    archived: BTreeSet<String>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let mut operation = create(&folder.path().join("ops"), &mut rng);
        let epoch = operation.epoch_now(NOW).unwrap();
        let custodians = ["anna", "ben", "chloe"].map(str::to_owned);
        operation.appoint_custodians(&custodians, folder.path(), epoch, &mut rng).unwrap();
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
            alert: 0,
            custodians: Vec::new(),
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
            } else if let Some(key) = line.strip_prefix("custodians ") {
                self.custodians.push(key.to_owned());
            } else if let Some(number) = line.strip_prefix("alert ") {
                let number = number.parse().unwrap();
                assert!(number > self.alert);
                self.alert = number;
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
        // Whoever was a custodian is known, so that what was sealed to them can be asked for.
        let present = operation.manifest().custody.as_ref().map(|key| hex::encode(key.public()));
        let former = operation.former_custodians().unwrap().into_iter();
        let known: BTreeSet<_> = former.map(|one| hex::encode(one.key.public())).chain(present).collect();
        assert!(self.custodians.iter().all(|key| known.contains(key)), "custodians were forgotten");
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
