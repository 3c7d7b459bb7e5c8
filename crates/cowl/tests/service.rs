//! The online service without a network: messages in, notices out, time as an argument.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

use std::{fs, path::Path};

use cowl::{
    files::{self, Access},
    keyring::{KeyringError, Sender, WalkInSender, state_path, store_new},
    operation::{Operation, OperationError},
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME},
    random::SystemRng,
    service::Service,
};
use cowl_core::{Beacon, Epoch, LevelIndex, Refused, SignedManifest};

const NOW: u64 = 1_800_000_000;
const EPOCH: u64 = 6 * 3600;

struct World {
    folder: tempfile::TempDir,
    service: Service,
    sender: Sender,
    start: u64,
}

impl World {
    /// An operation with a gateway of `devices`, served.
    fn new(devices: u32, change: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let policy = change.iter().fold(DEFAULT_POLICY.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        let write = |folder: &Path| {
            files::create(&folder.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS.as_bytes(), Access::All)?;
            files::create(&folder.join("policy.toml"), policy.as_bytes(), Access::All)
        };
        let mut operation = Operation::create_with(&folder.path().join("ops"), NOW, &mut rng, write).unwrap();
        let enrolled = operation.enrol_gateway("gateway", devices, Epoch(0), &mut rng).unwrap();
        let path = folder.path().join("gateway.cowl");
        store_new(&path, &enrolled.credential, enrolled.first).unwrap();
        let start = operation.manifest().calendar.start;
        let service = Service::new(operation, start, None).unwrap();
        Self { folder, service, sender: Sender::open(&path).unwrap(), start }
    }

    fn message(&mut self, identity: usize, latitude: f64, longitude: f64) -> Vec<u8> {
        let text = format!("severity: low, lat: {latitude}, lon: {longitude}");
        let reading = cowl::formats::parse(text.as_bytes()).unwrap();
        let reduced = self.sender.manifest().policy.reduce(reading, &self.sender.surroundings(NOW)).unwrap();
        let report = self.sender.report(reduced);
        self.sender.seal(identity, &report, 0).unwrap().sealed.into_bytes()
    }

    fn beacon(&mut self, at: u64) -> Beacon {
        let bytes = self.service.tick(at).unwrap().beacon.expect("a beacon is due");
        self.sender.hear(&bytes, at).unwrap()
    }

    fn zones(&self) -> usize {
        self.sender.surroundings(NOW).counts.map_or(0, |counts| counts.entries().len())
    }
}

#[test]
fn beacons_come_on_schedule_and_manifests_when_an_epoch_begins() {
    let mut world = World::new(1, &[]);
    let (service, start) = (&mut world.service, world.start);
    let first = service.announce(start).unwrap();
    let manifest =
        SignedManifest::verify(&first.manifest.unwrap(), service.operation().manifest().authority());
    assert_eq!(manifest.unwrap().version, 1);
    assert!(first.beacon.is_some() && first.epoch.is_none());
    for second in 1..300 {
        let outgoing = service.tick(start + second).unwrap();
        assert!(outgoing.beacon.is_none() && outgoing.manifest.is_none(), "{second}");
    }
    assert!(service.tick(start + 300).unwrap().beacon.is_some());
    let rolled = service.tick(start + EPOCH).unwrap();
    assert_eq!(rolled.epoch, Some(Epoch(1)));
    assert!(rolled.manifest.is_some() && rolled.beacon.is_some());
    assert_eq!(service.operation().manifest().walk_in.first, Epoch(1));
}

#[test]
fn a_zone_is_published_once_k_devices_reported_from_it() {
    let mut world = World::new(6, &[]);
    world.beacon(world.start);
    for identity in 0..4 {
        let message = world.message(identity, 18.54, -72.34);
        world.service.take(&message, NOW);
        // A copy weighs nothing, and neither does a second report.
        world.service.take(&message, NOW);
        let again = world.message(identity, 18.54, -72.34);
        world.service.take(&again, NOW);
    }
    world.beacon(world.start + 300);
    assert_eq!(world.zones(), 0, "four are not five");
    let fifth = world.message(4, 18.54, -72.34);
    world.service.take(&fifth, NOW);
    world.beacon(world.start + 600);
    assert_eq!(world.zones(), 4, "one of each level");
    let census = world.service.census().unwrap();
    assert_eq!(census.counted(), 5);
    assert_eq!(census.refused().collect::<Vec<_>>(), [(Refused::Replayed, 4)]);
}

#[test]
fn the_count_survives_a_restart_and_leaves_with_its_window() {
    let mut world = World::new(5, &[]);
    world.beacon(world.start);
    for identity in 0..5 {
        let message = world.message(identity, 18.54, -72.34);
        world.service.take(&message, NOW);
    }
    world.beacon(world.start + 300);
    assert_eq!(world.zones(), 4);
    let folder = world.folder.path().join("ops");
    world.service = Service::new(Operation::open(&folder).unwrap(), world.start + 310, None).unwrap();
    world.beacon(world.start + 310);
    assert_eq!(world.zones(), 4);
    // The window is 4 epochs: the last one that still counts, and the first that does not.
    world.beacon(world.start + 3 * EPOCH);
    assert_eq!(world.zones(), 4);
    world.beacon(world.start + 4 * EPOCH);
    assert_eq!(world.zones(), 0);
}

#[test]
fn walk_ins_and_junk_weigh_nothing() {
    let mut world = World::new(1, &[]);
    let mut walk_in = WalkInSender::new(world.service.operation().manifest().clone());
    for _ in 0..6 {
        let reading = cowl::formats::parse(b"severity: low, lat: 18.54, lon: -72.34").unwrap();
        let surroundings = cowl_core::Surroundings { counts: None, now: NOW };
        let reduced = walk_in.manifest().policy.reduce(reading, &surroundings).unwrap();
        let report = walk_in.report(reduced);
        let message = walk_in.seal(&report, None).unwrap().into_bytes();
        world.service.take(&message, NOW);
    }
    let mut message = world.message(0, 18.54, -72.34);
    *message.last_mut().unwrap() ^= 1;
    world.service.take(&message, NOW);
    world.service.take(b"hello", NOW);
    world.service.take(&[], NOW);
    let census = world.service.census().unwrap();
    assert_eq!(census.counted(), 0);
    assert!(census.refused().map(|(_, count)| count).sum::<u64>() >= 8);
}

#[test]
fn cover_is_nobody_who_reports() {
    let mut world = World::new(6, &[]);
    world.service.announce(world.start).unwrap();
    for identity in 0..6 {
        let cover = world.sender.cover();
        let message = world.sender.seal(identity, &cover, 0).unwrap().sealed.into_bytes();
        world.service.take(&message, world.start);
    }
    let census = world.service.census().unwrap();
    assert_eq!((census.counted(), census.refused().count()), (0, 0), "opened, and not counted");
    // Who sent cover first is counted when he reports.
    for identity in 0..5 {
        let message = world.message(identity, 18.54, -72.34);
        world.service.take(&message, world.start);
    }
    assert_eq!(world.service.census().unwrap().counted(), 5);
}

#[test]
fn counts_that_do_not_fit_the_beacon_leave_out_the_finest_zones() {
    let mut world =
        World::new(80, &[("beacon_size = 4096", "beacon_size = 1024"), ("\nk = 5\n", "\nk = 2\n")]);
    world.beacon(world.start);
    for pair in 0..40_u32 {
        for one in 0..2 {
            let identity = usize::try_from(pair * 2 + one).unwrap();
            let message = world.message(identity, 18.2 + f64::from(pair) * 0.02, -72.34);
            world.service.take(&message, NOW);
        }
    }
    let outgoing = world.service.tick(world.start + 300).unwrap();
    assert!(outgoing.left_out > 0, "80 zones of two levels do not fit 1,024 bytes");
    world.sender.hear(&outgoing.beacon.unwrap(), world.start + 300).unwrap();
    assert!(world.zones() > 0);
    let surroundings = world.sender.surroundings(NOW);
    let finest = surroundings.counts.unwrap().entries().iter().map(|count| count.zone.level).min();
    assert_eq!(finest, Some(LevelIndex(outgoing.left_out)));
}

#[test]
fn a_policy_that_cannot_be_followed_is_told_once_and_epochs_go_on() {
    let mut world = World::new(1, &[]);
    world.beacon(world.start);
    let path = world.folder.path().join("ops/policy.toml");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replacen("k = 5", "k = five", 1)).unwrap();
    let outgoing = world.service.tick(world.start + 1).unwrap();
    assert!(matches!(outgoing.policy, Some(OperationError::Policy(_))), "{outgoing:?}");
    assert!(outgoing.manifest.is_none());
    assert!(world.service.tick(world.start + 2).unwrap().policy.is_none());
    let rolled = world.service.tick(world.start + EPOCH).unwrap();
    assert!(rolled.manifest.is_some() && rolled.policy.is_some());
    fs::write(&path, good.replacen("k = 5", "k = 6", 1)).unwrap();
    let followed = world.service.tick(world.start + EPOCH + 1).unwrap();
    assert!(followed.manifest.is_some() && followed.beacon.is_some());
    world.sender.follow(&followed.manifest.unwrap()).unwrap();
    assert_eq!(world.sender.manifest().policy.anonymity.k, 6);
}

#[test]
fn a_clock_that_goes_back_publishes_nothing_until_it_is_set() {
    let mut world = World::new(1, &[]);
    world.beacon(world.start + 2 * EPOCH);
    assert!(matches!(world.service.tick(world.start), Err(OperationError::ClockBehind)));
    assert!(matches!(world.service.tick(world.start + 1_000 * EPOCH), Err(OperationError::ClockAhead)));
    world.beacon(world.start + 2 * EPOCH + 300);
    let folder = world.folder.path().join("ops");
    let late = Service::new(Operation::open(&folder).unwrap(), world.start, None);
    assert!(matches!(late, Err(OperationError::ClockBehind)));
}

#[test]
fn late_reports_of_an_old_policy_count_and_those_of_other_zones_do_not() {
    let mut world = World::new(2, &[]);
    world.beacon(world.start);
    let (before, after) = (world.message(0, 18.54, -72.34), world.message(1, 18.54, -72.34));
    let path = world.folder.path().join("ops/policy.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("k = 5", "k = 6", 1)).unwrap();
    world.service.tick(world.start + 1).unwrap();
    world.service.take(&before, NOW);
    assert_eq!(world.service.census().unwrap().counted(), 1);
    let text = text.replacen("name = \"1km\"", "name = \"kilometre\"", 1);
    fs::write(&path, text.replacen("position = \"1km\"", "position = \"kilometre\"", 1)).unwrap();
    let outgoing = world.service.tick(world.start + 2).unwrap();
    assert!(outgoing.manifest.is_some(), "{outgoing:?}");
    world.service.take(&after, NOW);
    assert_eq!(world.service.census().unwrap().counted(), 1);
}

/// A credential that was copied with its state, as a cloned phone is, and its two copies at work.
struct Copied {
    one: Sender,
    other: Sender,
}

impl Copied {
    fn enrol(world: &World) -> Self {
        let folder = world.folder.path();
        let mut operation = Operation::open(&folder.join("ops")).unwrap();
        let enrolled = operation.enrol_device("phone", Epoch(0), &mut SystemRng::new()).unwrap();
        let paths = ["one", "other"].map(|name| folder.join(name));
        store_new(&paths[0], &enrolled.credential, enrolled.first).unwrap();
        fs::copy(&paths[0], &paths[1]).unwrap();
        fs::copy(state_path(&paths[0]), state_path(&paths[1])).unwrap();
        let [one, other] = paths.map(|path| Sender::open(&path).unwrap());
        Self { one, other }
    }
}

fn seal(sender: &mut Sender, seconds: u64) -> Result<Vec<u8>, KeyringError> {
    let reading = cowl::formats::parse(b"severity: low").unwrap();
    let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
    let report = sender.report(reduced);
    sender.seal(0, &report, seconds).map(|sealed| sealed.sealed.into_bytes())
}

#[test]
fn both_copies_of_a_credential_are_told_and_stop_and_nobody_else_is() {
    let mut world = World::new(3, &[]);
    let Copied { mut one, mut other } = Copied::enrol(&world);
    let quiet = world.service.tick(world.start).unwrap().beacon.unwrap();
    for message in [seal(&mut one, 0), seal(&mut one, 0)] {
        let message = message.unwrap();
        world.service.take(&message, NOW);
        // A broker may repeat: the same bytes are no clone.
        world.service.take(&message, NOW);
    }
    assert!(world.service.tick(world.start + 1).unwrap().clones.is_empty());
    let copied = seal(&mut other, 0).unwrap();
    world.service.take(&copied, NOW);
    let outgoing = world.service.tick(world.start + 2).unwrap();
    // The gateway's identities are numbers 0 to 2.
    assert_eq!(outgoing.clones, [3]);
    assert!(outgoing.beacon.is_none(), "the broker would see which message it was");
    assert!(world.service.tick(world.start + 3).unwrap().clones.is_empty());

    let beacon = world.service.tick(world.start + 300).unwrap().beacon.unwrap();
    assert_eq!(beacon.len(), quiet.len());
    one.hear(&beacon, 300).unwrap();
    assert!(one.is_cloned());
    assert!(matches!(seal(&mut one, 300), Err(KeyringError::Cloned)));
    world.sender.hear(&beacon, 300).unwrap();
    assert!(!world.sender.is_cloned() && seal(&mut world.sender, 300).is_ok());

    // The other was out of reach until the next epoch, whose marks are others; and the service was restarted.
    let folder = world.folder.path().join("ops");
    world.service = Service::new(Operation::open(&folder).unwrap(), world.start + EPOCH, None).unwrap();
    assert!(seal(&mut other, 300).is_ok(), "nobody told it yet");
    let later = world.service.tick(world.start + EPOCH).unwrap().beacon.unwrap();
    other.hear(&later, EPOCH).unwrap();
    assert!(matches!(seal(&mut other, EPOCH), Err(KeyringError::Cloned)));
    world.sender.hear(&later, EPOCH).unwrap();
    assert!(!world.sender.is_cloned());

    // A restart does not bring it back, with or without a beacon.
    drop(other);
    let mut other = Sender::open(&world.folder.path().join("other")).unwrap();
    assert!(matches!(seal(&mut other, 0), Err(KeyringError::Cloned)));
}

#[test]
fn a_copied_gateway_stops_and_many_that_do_not_fit_are_told_in_turn() {
    // Room for six marks at a time.
    let mut world = World::new(1, &[("beacon_size = 4096", "beacon_size = 256")]);
    world.beacon(world.start);
    let folder = world.folder.path();
    let mut operation = Operation::open(&folder.join("ops")).unwrap();
    let enrolled = operation.enrol_gateway("copied", 20, Epoch(0), &mut SystemRng::new()).unwrap();
    let phones: Vec<_> = (0..8)
        .map(|number| {
            let name = format!("phone {number}");
            let enrolled = operation.enrol_device(&name, Epoch(0), &mut SystemRng::new()).unwrap();
            store_new(&folder.join(&name), &enrolled.credential, enrolled.first).unwrap();
            folder.join(&name)
        })
        .collect();
    let mut clones = Vec::new();
    for path in &phones {
        let copy = path.with_extension("copy");
        fs::copy(path, &copy).unwrap();
        fs::copy(state_path(path), state_path(&copy)).unwrap();
        clones.push([Sender::open(path).unwrap(), Sender::open(&copy).unwrap()]);
    }
    for sender in clones.iter_mut().flatten() {
        let message = seal(sender, 0).unwrap();
        world.service.take(&message, NOW);
    }
    let gateway = [folder.join("gate"), folder.join("gate copy")];
    store_new(&gateway[0], &enrolled.credential, enrolled.first).unwrap();
    fs::copy(&gateway[0], &gateway[1]).unwrap();
    fs::copy(state_path(&gateway[0]), state_path(&gateway[1])).unwrap();
    let mut gateway = gateway.map(|path| Sender::open(&path).unwrap());
    let told = |sender: &Sender| sender.is_cloned();
    let before = gateway.iter().filter(|sender| told(sender)).count();
    for sender in &mut gateway {
        let reading = cowl::formats::parse(b"severity: low").unwrap();
        let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
        let report = sender.report(reduced);
        let message = sender.seal(17, &report, 0).unwrap().sealed.into_bytes();
        world.service.take(&message, NOW);
    }
    let mut beacons = 0;
    while !clones.iter().flatten().chain(&gateway).all(told) {
        beacons += 1;
        let beacon = world.service.tick(world.start + beacons * 300).unwrap().beacon.unwrap();
        assert_eq!(beacon.len(), 256);
        for sender in clones.iter_mut().flatten().chain(&mut gateway) {
            sender.hear(&beacon, beacons * 300).unwrap();
        }
        assert!(beacons <= 2, "nine marks, six at a time");
    }
    assert_eq!((before, beacons), (0, 2));
}
