//! kill -9 at random instants while people join and while bundles are made and taken: what was said to be done is there, the
//! state is whole, the same command goes on, and nothing is given out twice.
//!
//! 50 rounds: `COWL_KILL_ROUNDS=1000 cargo test -p cowl --test join_kill --release` for more.
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
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use cowl::{
    files::{self, Access},
    formats,
    join::{JoinError, over_http},
    keyring::{KeyringError, Reader, Sender, store_new},
    operation::{NewMember, Operation},
    random::SystemRng,
    service::{
        Service,
        http::{Answers, HttpLimits, HttpListener},
    },
    state::{Weight, examine},
};
use cowl_core::{Bundle, BundleError, ServiceAddress, Ticket};
use rand_core::Rng as _;

const FOLDER: &str = "COWL_JOIN_TO_KILL";
const ACTOR: &str = "COWL_JOIN_ACTOR";
const NOW: u64 = 1_800_000_000;
const EPOCH: u64 = 6 * 3_600;
/// More than can join in all rounds of a usual run; those that are left join at its end.
const TICKETS: usize = 24;

/// The process that is killed: it does nothing when it is run as a test.
#[test]
fn child() {
    let (Ok(folder), Ok(actor)) = (env::var(FOLDER), env::var(ACTOR)) else { return };
    if actor == "join" { join_all(Path::new(&folder)) } else { bundles(Path::new(&folder)) }
}

/// Tells the one who kills, before anything else happens.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

struct Desk(Mutex<Service>);

impl Answers for Desk {
    fn manifest(&self) -> Vec<u8> {
        self.0.lock().unwrap().operation().manifest().bytes().to_vec()
    }

    fn exchange(&self, request: &[u8]) -> Option<Vec<u8>> {
        self.0.lock().unwrap().answer(request, NOW)
    }
}

/// Service and members in one process: both die at once, wherever they are.
fn join_all(folder: &Path) {
    let tickets = fs::read_to_string(folder.join("tickets")).unwrap();
    let service = Service::new(Operation::open(&folder.join("ops")).unwrap(), NOW, None).unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let listener =
            HttpListener::bind("127.0.0.1:0".parse().unwrap(), HttpLimits::default()).await.unwrap();
        let address: ServiceAddress = listener.address().unwrap().to_string().parse().unwrap();
        tokio::spawn(listener.run(Arc::new(Desk(Mutex::new(service))), std::future::pending()));
        say("ready");
        for (number, link) in tickets.lines().enumerate() {
            let output = member(folder, number);
            if !output.exists() {
                let ticket = Ticket::parse(link).unwrap();
                let joined = over_http(&ticket, Some(&address), &output, &mut SystemRng::new()).await;
                assert!(joined.is_ok(), "{number}: {joined:?}");
                say(&format!("joined {number}"));
            }
        }
        say("all");
    });
}

fn member(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("member-{number}.cowl"))
}

fn bundles(folder: &Path) {
    let mut rng = SystemRng::new();
    let mut operation = Operation::open(&folder.join("ops")).unwrap();
    let mut reader = Reader::open(&folder.join("medic.cowl"), "medical", None).unwrap();
    let mut at: u64 = fs::read_to_string(folder.join("at")).unwrap().parse().unwrap();
    say("ready");
    for step in 1_u64.. {
        // Mostly another bundle of the same epoch, at times of the next.
        at += if step % 4 == 0 { EPOCH } else { 1 };
        files::replace(&folder.join("at"), at.to_string().as_bytes(), Access::Owner).unwrap();
        operation.refresh(operation.epoch_at(at), &mut rng).unwrap();
        let bundle = operation.bundle(at, &mut rng).unwrap();
        say(&format!("made {}", hex::encode(&bundle)));
        reader.take_bundle(&bundle).unwrap();
        reader.commit().unwrap();
        say(&format!("took {}", operation.epoch_at(at).0));
    }
}

/// Lets one work until it is killed, and gives what it said.
fn kill_one(folder: &Path, actor: &str, instant: Option<&Instant>) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(ACTOR, actor)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut told = vec![lines.next().unwrap().unwrap()];
    if let Some(&Instant { lines: more, after }) = instant {
        told.extend(lines.by_ref().take(more).map_while(Result::ok));
        std::thread::sleep(after);
        child.kill().unwrap();
    }
    told.extend(lines.map_while(Result::ok));
    child.wait().unwrap();
    assert!(!told.iter().any(|line| line.contains("panicked")), "{told:?}");
    told
}

fn rounds() -> usize {
    env::var("COWL_KILL_ROUNDS").map_or(50_usize, |rounds| rounds.parse().unwrap()).div_ceil(2)
}

/// When somebody is killed: after so many lines, and so long.
struct Instant {
    lines: usize,
    after: Duration,
}

/// Anywhere in the next things that it does.
fn instant(rng: &mut SystemRng) -> Instant {
    let lines = usize::try_from(rng.next_u32() % 4).unwrap();
    Instant { lines, after: Duration::from_micros(u64::from(rng.next_u32() % 60_000)) }
}

fn whole(path: &Path) {
    let damaged: Vec<_> = examine(path).into_iter().filter(|one| one.weight == Weight::Damage).collect();
    assert!(damaged.is_empty(), "{damaged:?}");
}

#[test]
fn who_was_killed_while_joining_joins_by_the_same_command_and_no_ticket_lets_two_in() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut rng = SystemRng::new();
    let mut operation = Operation::create(&folder.join("ops"), NOW, &mut rng).unwrap();
    let epoch = operation.epoch_now(NOW).unwrap();
    let members: Vec<_> = (0..TICKETS).map(|number| NewMember::device(format!("m{number}"))).collect();
    let tokens = operation.invite(&members, NOW + 86_400, epoch, &mut rng).unwrap();
    let (authority, lowest) = (operation.manifest().authority().fingerprint(), operation.manifest().version);
    let links: Vec<_> = tokens
        .into_iter()
        .map(|token| Ticket { address: None, authority, lowest, token }.to_link().to_string())
        .collect();
    fs::write(folder.join("tickets"), links.join("\n")).unwrap();
    drop(operation);

    let mut joined = BTreeSet::new();
    for _ in 0..rounds() {
        for line in kill_one(folder, "join", Some(&instant(&mut rng))) {
            if let Some(number) = line.strip_prefix("joined ") {
                assert!(joined.insert(number.parse::<usize>().unwrap()), "joined twice");
            }
        }
        whole(&folder.join("ops"));
        for number in &joined {
            whole(&member(folder, *number));
        }
        if joined.len() == TICKETS {
            break;
        }
    }
    assert_eq!(kill_one(folder, "join", None).last().unwrap(), "all");

    let operation = Operation::open(&folder.join("ops")).unwrap();
    let entries = operation.register().members();
    assert_eq!(entries.len(), TICKETS);
    let devices: BTreeSet<_> = entries.iter().map(|entry| entry.first_device).collect();
    assert_eq!(devices.len(), TICKETS, "a number came twice");
    let mut tags = HashSet::new();
    for number in 0..TICKETS {
        let mut sender = Sender::open(&member(folder, number)).unwrap();
        let reading = formats::parse(b"severity: high").unwrap();
        let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
        let report = sender.report(reduced);
        let message = sender.seal(0, &report, 0).unwrap().sealed;
        assert!(tags.insert(message.bytes()[..16].to_vec()), "a place came twice");
    }
    // Each ticket is spent.
    let service = Service::new(operation, NOW, None).unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let listener =
            HttpListener::bind("127.0.0.1:0".parse().unwrap(), HttpLimits::default()).await.unwrap();
        let address: ServiceAddress = listener.address().unwrap().to_string().parse().unwrap();
        tokio::spawn(listener.run(Arc::new(Desk(Mutex::new(service))), std::future::pending()));
        for (number, link) in links.iter().take(3).enumerate() {
            let ticket = Ticket::parse(link).unwrap();
            let thief = folder.join(format!("thief-{number}.cowl"));
            let again = over_http(&ticket, Some(&address), &thief, &mut rng).await;
            assert!(matches!(again, Err(JoinError::Used)), "{again:?}");
        }
    });
}

#[test]
fn no_bundle_has_the_number_of_another_and_who_was_killed_taking_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut rng = SystemRng::new();
    let mut operation = Operation::create(&folder.join("ops"), NOW, &mut rng).unwrap();
    let epoch = operation.epoch_now(NOW).unwrap();
    let medic = operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
    store_new(&folder.join("medic.cowl"), &medic.credential, epoch).unwrap();
    fs::write(folder.join("at"), NOW.to_string()).unwrap();
    let manifest = operation.manifest().clone();
    drop(operation);

    let (mut numbers, mut newest, mut taken) = (BTreeSet::new(), Vec::new(), 0);
    for _ in 0..rounds() {
        for line in kill_one(folder, "bundle", Some(&instant(&mut rng))) {
            if let Some(bundle) = line.strip_prefix("made ") {
                newest = hex::decode(bundle).unwrap();
                let read = Bundle::verify(&newest, manifest.authority(), manifest.operation, None).unwrap();
                assert!(numbers.last().is_none_or(|last| *last < read.sequence), "a number came again");
                numbers.insert(read.sequence);
            } else if let Some(epoch) = line.strip_prefix("took ") {
                taken += 1;
                let reader = Reader::open(&folder.join("medic.cowl"), "medical", None).unwrap();
                assert!(
                    reader.keys_until().unwrap().0 >= epoch.parse().unwrap(),
                    "keys that it said it took"
                );
            }
        }
        whole(&folder.join("ops"));
        whole(&folder.join("medic.cowl"));
        // The last one made was taken or not; once it is, it is never taken again.
        if !newest.is_empty() {
            let mut reader = Reader::open(&folder.join("medic.cowl"), "medical", None).unwrap();
            let _ = reader.take_bundle(&newest);
            reader.commit().unwrap();
            drop(reader);
            let mut reader = Reader::open(&folder.join("medic.cowl"), "medical", None).unwrap();
            let again = reader.take_bundle(&newest);
            assert!(
                matches!(again, Err(KeyringError::Bundle(BundleError::Replayed)) | Ok(false)),
                "{again:?}"
            );
        }
    }
    assert!(taken > 0 && numbers.len() > 1);
}
