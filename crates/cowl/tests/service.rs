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
    keyring::{Sender, WalkInSender, store_new},
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
