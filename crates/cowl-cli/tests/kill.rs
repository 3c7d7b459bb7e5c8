//! Gateway, broker and receiver die by `kill -9` at random instants, round after round, while a device reports: nothing that was
//! acknowledged to it is lost, nothing is shown twice, and no tag leaves the gateway twice.
//!
//! 50 rounds by default; a thousand: `COWL_KILL_ROUNDS=1000 cargo test -p cowl-cli --test kill -- --nocapture`.
//! `COWL_KILL_SEED` repeats the choices of a run (the machine's own timing is not repeated); `COWL_KILL_LOG=FILE` keeps the broker's own
//! log of all its lives.
//!
//! One process dies at a time, and is back before the next one dies. The broker is Debian's mosquitto with persistence and
//! `autosave_on_changes`: it writes its store after each change, without a sync, some hundred microseconds after it acknowledged. What
//! it acknowledged and neither delivered nor wrote is the broker's to lose, not the gateway's. It hands a message to its subscribers'
//! sockets before it acknowledges; what a receiver does not read from a broken connection, and the broker does not hand over again in its
//! next life, it has forgotten. Its own log tells such messages; no more than those may be missing. (Cowl's embedded broker keeps all in
//! memory: what waits in it for a subscriber that is away dies with it. A power cut, which takes what was not synced, is simulated
//! elsewhere.)
//!
//! One receiver is killed too. It may print a second time what it had printed just before its death and not yet written down: those
//! are counted apart. The other receiver only loses its connections, and prints nothing twice, ever.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stderr, reason = "figures of the run, and the seed that repeats it")]

mod kill_support;
mod publish_support;

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use cowl::{keyring::store_new, random::SystemRng};
use cowl_core::Layout;
use kill_support::{
    Dice, Printed, Program, SOON,
    device::{Device, Message},
    forgotten::forgotten,
    free_port,
    tap::{Seen, Tap},
};
use publish_support::{World, now};
use serde_json::Value;

/// Rounds unless `COWL_KILL_ROUNDS` says otherwise.
const ROUNDS: u64 = 50;
/// Reports between two marks, and some (`window_every` below).
const MARKS: u64 = 20;
/// What a family of the test's own sends: the study's text, the device in the topic.
const FAMILY: &str =
    "\n[[device]]\nname = \"kill\"\ntopics = [\"kill/+\"]\npayload = \"text\"\ndevice = [\"$topic/1\"]\n";

#[test]
fn nothing_is_lost_and_nothing_comes_twice_with_slots_off() {
    rounds("off", Duration::from_millis(20), number("COWL_KILL_ROUNDS").unwrap_or(ROUNDS));
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice_with_slots_and_covers() {
    // Four messages a second leave, two reports come.
    rounds("250ms", Duration::from_millis(500), number("COWL_KILL_ROUNDS").unwrap_or(ROUNDS).div_ceil(5));
}

/// Each run has the machine for itself: what waits for a processor is not what is tried here.
static ALONE: Mutex<()> = Mutex::new(());

fn rounds(slot: &str, pace: Duration, rounds: u64) {
    let Some(mosquitto) = mosquitto() else { return };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let seed = number("COWL_KILL_SEED").unwrap_or_else(|| u64::from(std::process::id()) ^ now());
    eprintln!("slot {slot}: {rounds} rounds, COWL_KILL_SEED={seed}");
    let mut dice = Dice(seed);
    let world = World::with_policy(|policy| with_slot(&policy, slot) + FAMILY);
    let mut stage = Stage::new(world, &mosquitto);
    let device = Device::start("kill-device", stage.devices, pace, |number| Message {
        topic: "kill/one".to_owned(),
        payload: format!("temp: 20, note: {number}"),
    });
    until("the first reports arrive", || stage.killed.count() > 3 && stage.steady.count() > 3);

    let mut deaths = [0_u64; 3];
    for _ in 0..rounds {
        thread::sleep(Duration::from_millis(dice.below(400)));
        let victim = usize::try_from(dice.below(3)).unwrap();
        deaths[victim] += 1;
        let away = Duration::from_millis(dice.below(100));
        stage.die_and_return(victim, away);
    }

    // A receiver that missed more than a few messages of a device in a row knows it again at its next mark: so many reports must still
    // come for the last ones to be opened.
    let enough = device.acknowledged() + MARKS;
    until("the device goes on", || device.acknowledged() >= enough);
    let (acknowledged, again) = device.finish();
    let wanted = usize::try_from(acknowledged).unwrap();
    all_arrives(&stage, wanted);
    // What comes twice comes soon after: a report more goes through all, and a while is waited.
    thread::sleep(Duration::from_secs(1));

    let steady = Shown::of(&stage.steady.printed());
    let killed = Shown::of(&stage.killed.printed());
    let seen = stage.tap.seen();
    eprintln!(
        "slot {slot}: gateway, broker, receiver died {deaths:?} times; {acknowledged} reports acknowledged, {again} sent again \
         with DUP; {} messages left the gateway over {} connections; shown twice after the receiver's own death: {}",
        seen.messages, seen.connections, killed.after_death
    );
    let expected: HashSet<u64> = (0..acknowledged).collect();
    for (who, shown, receiver) in [("steady", &steady, &stage.steady), ("killed", &killed, &stage.killed)] {
        let mut lost: Vec<_> = expected.difference(&shown.notes).collect();
        lost.sort_unstable();
        if let (Some(first), Some(last)) = (lost.first(), lost.last()) {
            let (said, gateway) = (receiver.said(), stage.gateway.said());
            eprintln!(
                "{who}: {} lost, from {first} to {last}; it said {said:#?}, the gateway {gateway:#?}",
                lost.len()
            );
        }
    }
    let missing = |shown: &Shown| expected.difference(&shown.notes).count();
    let by_broker = forgotten(&fs::read_to_string(&stage.broker_log).unwrap());
    eprintln!(
        "slot {slot}: missing at the steady receiver {}, at the killed one {}; forgotten by the broker: {by_broker}",
        missing(&steady),
        missing(&killed)
    );
    assert!(missing(&steady) + missing(&killed) <= by_broker, "lost, and not by the broker");
    for (who, shown) in [("steady", &steady), ("killed", &killed)] {
        assert!(
            shown.notes.is_subset(&expected),
            "{who}: never acknowledged and yet final: {:?}",
            shown.notes
        );
        assert_eq!(shown.twice, Vec::<u64>::new(), "{who}: shown twice");
        assert_eq!(shown.reports.len(), shown.notes.len(), "{who}: one report, one id");
    }
    assert_eq!(steady.after_death, 0, "it never died");
    assert_eq!(seen.twice, Vec::<(u64, u64)>::new(), "tags used twice, by message");
    assert_eq!(seen.odd, Vec::<usize>::new(), "sizes that no message has");
    assert!(seen.messages >= acknowledged, "everything passed the tap");
    if rounds >= ROUNDS {
        assert!(again > 0 && deaths.iter().all(|deaths| *deaths > 0), "nothing was tried");
    }
}

/// Waits until both receivers have shown all, or show nothing more: what is missing then is said by the checks.
fn all_arrives(stage: &Stage, wanted: usize) {
    let receivers = [&stage.killed, &stage.steady];
    let (mut shown, mut since) = (0, Instant::now());
    while since.elapsed() < 2 * SOON {
        if receivers.iter().all(|receiver| notes(&receiver.printed()).len() >= wanted) {
            return;
        }
        let now = receivers.iter().map(|receiver| receiver.count()).sum();
        if now > shown {
            (shown, since) = (now, Instant::now());
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// What looks for messages that the broker forgot finds those that it did not hand over again, and only them.
#[test]
fn what_a_broker_forgot_stands_in_its_log() {
    let log = "1: mosquitto version 2 starting\n\
        1: Sending PUBLISH to a (d0, q1, r0, m1, 't', ... (9 bytes))\n1: Sending PUBLISH to a (d0, q1, r0, m2, 't', ... (9 bytes))\n\
        1: Sending PUBLISH to b (d0, q1, r0, m1, 't', ... (9 bytes))\n1: Sending PUBLISH to a (d0, q0, r1, m0, 't', ... (9 bytes))\n\
        1: Received PUBACK from a (Mid: 1, RC:0)\n2: mosquitto version 2 starting\n\
        2: Sending PUBLISH to b (d1, q1, r0, m1, 't', ... (9 bytes))\n";
    assert_eq!(forgotten(log), 1);
    assert_eq!(forgotten(&log.replace("to b (d1", "to b (d0")), 2);
}

/// What looks for tags that come twice finds them, and only them.
#[test]
fn a_tag_that_comes_twice_is_seen() {
    let mut seen = Seen::default();
    let parts = [0..40, 40..90];
    let message = |tag: u8, other: u8| [vec![tag; 40], vec![other; 50]].concat();
    for message in [message(1, 2), message(3, 4), message(5, 2), message(1, 6)] {
        seen.take(&message, &parts, 200);
    }
    assert_eq!(seen.twice, [(0, 2), (0, 3)]);
    seen.take(&[0; 200], &parts, 200);
    seen.take(&[0; 90][..89], &parts, 200);
    assert_eq!((seen.messages, &seen.odd[..]), (4, &[89][..]));
}

/// Everybody.
struct Stage {
    gateway: Program,
    broker: Program,
    killed: Program,
    steady: Program,
    tap: Tap,
    /// Where devices connect.
    devices: u16,
    /// What the broker did with which message, over all its lives.
    broker_log: PathBuf,
    _world: World,
}

impl Stage {
    fn new(mut world: World, mosquitto: &Path) -> Self {
        let (port, devices) = (free_port(), free_port());
        let broker_log =
            std::env::var_os("COWL_KILL_LOG").map_or_else(|| world.path("mosquitto.log"), PathBuf::from);
        let mut broker = broker(&world, mosquitto, port, &broker_log);
        broker.start();
        world.announce(port, now());
        enrol_receivers(&mut world);
        let policy = &world.operation.manifest().policy;
        let layout = Layout::of(policy);
        let parts = layout.roles().map(|(role, _)| layout.enrolled_part(role).unwrap()).collect();
        let tap = Tap::start(port, parts, layout.walk_in_len());
        let mut killed = receiver(&world, "killed", "medical", port);
        let mut steady = receiver(&world, "steady", "rescue", port);
        killed.start();
        steady.start();
        let mut gateway = gateway(&world, devices, tap.port);
        gateway.start();
        Self { gateway, broker, killed, steady, tap, devices, broker_log, _world: world }
    }

    /// Kills one and brings it back; returns when it and its connections are there again.
    fn die_and_return(&mut self, victim: usize, away: Duration) {
        let back = |program: &mut Program| {
            program.kill();
            thread::sleep(away);
            program.start();
        };
        match victim {
            0 => back(&mut self.gateway),
            1 => {
                self.killed.forget_said();
                self.steady.forget_said();
                back(&mut self.broker);
                self.killed.hears("connected again");
                self.steady.hears("connected again");
            }
            _ => back(&mut self.killed),
        }
    }
}

fn broker(world: &World, mosquitto: &Path, port: u16, log: &Path) -> Program {
    let folder = world.path("mosquitto");
    fs::create_dir(&folder).unwrap();
    // `user root`: otherwise mosquitto gives up its rights and cannot read the temporary folder.
    let config = format!(
        "user root\nallow_anonymous true\nlog_dest stderr\nlog_type all\nmax_queued_messages 0\nmax_inflight_messages 0\n\
         persistence true\npersistence_location {}/\nautosave_on_changes true\nautosave_interval 1\nlistener {port} 127.0.0.1\n",
        folder.display()
    );
    let log = format!("log_dest file {}\n", log.display());
    let (path, program) = (world.file("mosquitto.conf", config + &log), mosquitto.to_owned());
    Program::new("mosquitto", "running", move || {
        let mut command = Command::new(&program);
        command.arg("-c").arg(&path);
        command
    })
}

fn gateway(world: &World, devices: u16, uplink: u16) -> Program {
    let credential = world.path("gateway");
    Program::new("gateway", "listening on", move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.args(["gateway", "--devices"]).arg(&credential).arg("-d");
        command.args(["--listen", &devices.to_string(), "--anonymous"]);
        command.args(["--uplink", &format!("127.0.0.1:{uplink}")]);
        command
    })
}

fn receiver(world: &World, credential: &str, role: &str, port: u16) -> Program {
    let (credential, role) = (world.path(credential), role.to_owned());
    Program::new(&format!("receiver {role}"), "connected and subscribed", move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.args(["sub", "--credential"]).arg(&credential).args(["--role", &role, "-q", "1", "-d"]);
        command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        command
    })
}

fn enrol_receivers(world: &mut World) {
    let epoch = world.operation.epoch_at(now());
    for (name, role) in [("killed", "medical"), ("steady", "rescue")] {
        let roles = [role.to_owned()];
        let enrolled = world.operation.enrol_responder(name, &roles, epoch, &mut SystemRng::new()).unwrap();
        store_new(&world.path(name), &enrolled.credential, epoch).unwrap();
    }
}

/// What a receiver showed.
struct Shown {
    notes: HashSet<u64>,
    /// Ids of reports.
    reports: HashSet<String>,
    /// Notes shown a second time in one life, or in a life before which others had shown news.
    twice: Vec<u64>,
    /// Shown a second time right after a death.
    after_death: u64,
}

impl Shown {
    fn of(printed: &[Printed]) -> Self {
        let mut shown =
            Self { notes: HashSet::new(), reports: HashSet::new(), twice: Vec::new(), after_death: 0 };
        let (mut last, mut with_news) = (HashMap::new(), HashSet::new());
        for Printed { run, line } in printed {
            // A line that was cut off by a death is no report; the report comes again.
            let Ok(report) = serde_json::from_str::<Value>(line) else { continue };
            let note = note(&report);
            shown.notes.insert(note);
            shown.reports.insert(report["report"].as_str().unwrap().to_owned());
            match last.insert(note, *run) {
                None => {
                    with_news.insert(*run);
                }
                // What was not written down comes again, in order, before anything new does; lives may end before that.
                Some(before)
                    if (before + 1..*run).all(|life| !with_news.contains(&life)) && before < *run =>
                {
                    shown.after_death += 1;
                }
                Some(_) => shown.twice.push(note),
            }
        }
        shown
    }
}

fn notes(printed: &[Printed]) -> HashSet<u64> {
    printed
        .iter()
        .filter_map(|one| serde_json::from_str(&one.line).ok())
        .map(|report: Value| note(&report))
        .collect()
}

fn note(report: &Value) -> u64 {
    report["note"].as_str().unwrap().parse().unwrap()
}

/// The default policy with other slots; small, as a search over all places takes minutes in a build for tests; and with marks close
/// together.
fn with_slot(policy: &str, slot: &str) -> String {
    let policy = [
        ("places = 4096", "places = 64"),
        ("window_every = 64", "window_every = 16"),
        ("counter_block = 64", "counter_block = 16"),
    ]
    .into_iter()
    .fold(policy.to_owned(), |policy, (from, to)| {
        assert!(policy.contains(from), "{from}");
        policy.replace(from, to)
    });
    let own = policy.lines().find(|line| line.starts_with("slot = ")).expect("the default policy has slots");
    let changed = policy.replace(own, &format!("slot = \"{slot}\""));
    let bytes = changed.lines().find(|line| line.starts_with("daily_bytes = ")).unwrap().to_owned();
    changed.replace(&bytes, "daily_bytes = 100000000000")
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < 2 * SOON, "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Debian's broker; `None` where it is not installed, except under CI, where that fails.
fn mosquitto() -> Option<PathBuf> {
    let programs = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
    let found = programs.into_iter().map(PathBuf::from).find(|path| path.exists());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "mosquitto is not installed");
        eprintln!("skipped: mosquitto is not installed");
    }
    found
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}
