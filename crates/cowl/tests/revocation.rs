//! Revoking: who was revoked is heard by nobody and reads nothing that begins later; a seized disk opens exactly the epochs
//! whose keys it still holds. Every claim is held by opening bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use cowl::{
    files::{self, Access},
    formats,
    keyring::{KeyringError, ReadReport, Reader, Sender, load_credential, store_new},
    operation::{Kind, Operation, OperationError},
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS},
    random::SystemRng,
};
use cowl_core::{BundleError, Counts, Epoch};
use tempfile::TempDir;

const NOW: u64 = 1_800_000_000;
/// Seconds of an epoch.
const EPOCH: u64 = 6 * 3_600;

struct World {
    folder: TempDir,
    operation: Operation,
    rng: SystemRng,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let policy = DEFAULT_POLICY.replace("places = 4096", "places = 64");
        let operation = Operation::create_with(&folder.path().join("ops"), NOW, &mut rng, |folder| {
            files::create(
                &folder.join("haiti-departments.geojson"),
                HAITI_DEPARTMENTS.as_bytes(),
                Access::All,
            )?;
            files::create(&folder.join("policy.toml"), policy.as_bytes(), Access::All)
        })
        .unwrap();
        Self { folder, operation, rng }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn device(&mut self, name: &str, at: u64) -> Sender {
        let epoch = self.operation.epoch_at(at);
        let enrolled = self.operation.enrol_device(name, epoch, &mut self.rng).unwrap();
        store_new(&self.path(name), &enrolled.credential, epoch).unwrap();
        Sender::open(&self.path(name)).unwrap()
    }

    fn responder(&mut self, name: &str, roles: &[&str], at: u64) {
        let epoch = self.operation.epoch_at(at);
        let roles: Vec<_> = roles.iter().map(|role| (*role).to_owned()).collect();
        let enrolled = self.operation.enrol_responder(name, &roles, epoch, &mut self.rng).unwrap();
        store_new(&self.path(name), &enrolled.credential, epoch).unwrap();
    }

    fn reader(&self, name: &str) -> Reader {
        Reader::open(&self.path(name), "medical", None).unwrap()
    }

    fn bundle(&mut self, at: u64) -> Vec<u8> {
        let epoch = self.operation.epoch_at(at);
        self.operation.refresh(epoch, &mut self.rng).unwrap();
        self.operation.bundle(at, &mut self.rng).unwrap()
    }

    fn beacon(&self, at: u64) -> Vec<u8> {
        self.operation.beacon(at, &Counts::default()).unwrap()
    }
}

/// What a device sends now, in the epoch that it knows.
fn send(sender: &mut Sender, at: u64) -> Vec<u8> {
    let reading = formats::parse(b"severity: high").unwrap();
    let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(at)).unwrap();
    let report = sender.report(reduced);
    sender.seal(0, &report, 0).unwrap().sealed.into_bytes()
}

fn read(reader: &mut Reader, message: &[u8]) -> usize {
    let mut reports: Vec<ReadReport> = Vec::new();
    reader.read(message, 0, &mut reports).unwrap();
    reports.len()
}

#[test]
fn a_revoked_device_is_refused_from_the_next_bundle_on_and_nobody_else_is() {
    let mut world = World::new();
    let (mut lost, mut kept) = (world.device("lost", NOW), world.device("kept", NOW));
    world.responder("medic", &["medical"], NOW);
    let mut reader = world.reader("medic");
    assert_eq!(read(&mut reader, &send(&mut lost, NOW)), 1);
    let exposure = world.operation.revoke("lost", None, NOW + 60).unwrap();
    assert!(exposure.is_new && exposure.opens.is_empty());
    assert!(exposure.refused_by.unwrap() > NOW && exposure.keys_until.is_some());
    assert_eq!(read(&mut reader, &send(&mut lost, NOW)), 1, "until the bundle comes");
    assert!(reader.take_bundle(&world.bundle(NOW + 120)).unwrap());
    assert_eq!(read(&mut reader, &send(&mut lost, NOW)), 0);
    assert_eq!(read(&mut reader, &send(&mut kept, NOW)), 1);
    reader.commit().unwrap();
    // Nor does a restart or a search find it.
    drop(reader);
    let mut reader = world.reader("medic");
    assert_eq!(read(&mut reader, &send(&mut lost, NOW)), 0);
    let mut found = Vec::new();
    while reader.unsearched() > 0 {
        reader.search(&mut found);
    }
    assert!(found.is_empty());
    // Said again, it is the same.
    let again = world.operation.revoke("lost", None, NOW + 300).unwrap();
    assert!(!again.is_new && again.at == NOW + 60);
    assert!(matches!(world.operation.revoke("nobody", None, NOW), Err(OperationError::NoSuchMember)));
    assert!(matches!(world.operation.revoke("kept", Some(1), NOW), Err(OperationError::NoSuchIdentity(1))));
}

#[test]
fn one_identity_of_a_gateway_goes_and_the_others_stay() {
    let mut world = World::new();
    let epoch = world.operation.epoch_at(NOW);
    let enrolled = world.operation.enrol_gateway("gate", 3, epoch, &mut world.rng).unwrap();
    store_new(&world.path("gate"), &enrolled.credential, epoch).unwrap();
    world.responder("medic", &["medical"], NOW);
    let exposure = world.operation.revoke("gate", Some(1), NOW).unwrap();
    assert_eq!((exposure.kind, exposure.identity), (Kind::Gateway, Some(1)));
    let live = world.operation.live_places(epoch);
    assert_eq!(live.revoked().len(), 1);
    assert_eq!(world.operation.live_places(epoch.plus(3)).revoked().len(), 1);
    assert_ne!(live, world.operation.live_places(epoch.plus(3)), "another place in another epoch");
    world.operation.revoke("gate", None, NOW + 1).unwrap();
    assert_eq!(world.operation.live_places(epoch).revoked().len(), 3);
}

#[test]
fn a_revoked_responder_gets_nothing_that_begins_later() {
    let mut world = World::new();
    let mut phone = world.device("phone", NOW);
    world.responder("lost", &["medical", "rescue"], NOW);
    world.responder("medic", &["medical"], NOW);
    let (mut lost, mut medic) = (world.reader("lost"), world.reader("medic"));
    let first = world.bundle(NOW + 60);
    lost.take_bundle(&first).unwrap();
    medic.take_bundle(&first).unwrap();
    let epoch = world.operation.epoch_at(NOW);
    let exposure = world.operation.revoke("lost", None, NOW + 120).unwrap();
    assert_eq!(exposure.opens, [epoch], "of an operation in its first epoch");
    for later in 1..3 {
        let at = NOW + later * EPOCH;
        let (bundle, beacon) = (world.bundle(at), world.beacon(at));
        assert!(matches!(lost.take_bundle(&bundle), Err(KeyringError::Bundle(BundleError::NoSeat))));
        assert!(medic.take_bundle(&bundle).unwrap());
        phone.hear(&beacon, 0).unwrap();
        lost.hear(&beacon, 0).unwrap();
        medic.hear(&beacon, 0).unwrap();
        lost.tick(0).unwrap();
        medic.tick(0).unwrap();
        let message = send(&mut phone, at);
        assert_eq!((read(&mut lost, &message), read(&mut medic, &message)), (0, 1));
    }
}

#[test]
fn thirty_days_offline_and_back_without_help() {
    let mut world = World::new();
    world.responder("medic", &["medical"], NOW);
    let mut reader = world.reader("medic");
    reader.take_bundle(&world.bundle(NOW + 60)).unwrap();
    drop(reader);
    let mut at = NOW;
    for _ in 0..30 {
        at += 24 * 3_600;
        world.bundle(at);
    }
    let mut phone = world.device("phone", at);
    let mut reader = world.reader("medic");
    let manifest = world.operation.manifest().bytes().to_vec();
    reader.follow(&manifest).unwrap();
    assert!(reader.take_bundle(&world.bundle(at + 60)).unwrap());
    reader.hear(&world.beacon(at + 61), 0).unwrap();
    reader.tick(0).unwrap();
    assert_eq!(read(&mut reader, &send(&mut phone, at)), 1);
}

#[test]
fn replayed_foreign_and_altered_bundles_are_refused() {
    let mut world = World::new();
    world.responder("medic", &["medical"], NOW);
    let mut reader = world.reader("medic");
    let (old, new) = (world.bundle(NOW + 60), world.bundle(NOW + 90));
    reader.take_bundle(&new).unwrap();
    let refused = |reader: &mut Reader, bundle: &[u8]| match reader.take_bundle(bundle) {
        Err(KeyringError::Bundle(error)) => error,
        other => panic!("{other:?}"),
    };
    for bundle in [&old, &new] {
        assert_eq!(refused(&mut reader, bundle), BundleError::Replayed);
    }
    let mut altered = world.bundle(NOW + 120);
    altered[200] ^= 1;
    assert!(matches!(refused(&mut reader, &altered), BundleError::NotSigned(_)));
    let mut other = World::new();
    assert!(matches!(refused(&mut reader, &other.bundle(NOW + 120)), BundleError::NotSigned(_)));
}

/// Copies the files of a seized machine.
fn seize(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && name.starts_with(from.file_name().unwrap().to_str().unwrap()) {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

#[test]
fn a_seized_disk_opens_exactly_the_epochs_whose_keys_it_holds() {
    let mut world = World::new();
    let mut phone = world.device("phone", NOW);
    world.responder("medic", &["medical"], NOW);
    let mut reader = world.reader("medic");
    let (mut messages, mut bundles) = (Vec::new(), Vec::new());
    let seized_in = 9_u64;
    let folder = world.path("seized");
    let mut listed = Vec::new();
    for step in 0..14_u64 {
        let at = NOW + step * EPOCH;
        let (bundle, beacon) = (world.bundle(at), world.beacon(at));
        phone.hear(&beacon, 0).unwrap();
        messages.push((world.operation.epoch_at(at), send(&mut phone, at)));
        if step <= seized_in {
            reader.take_bundle(&bundle).unwrap();
            reader.hear(&beacon, 0).unwrap();
            reader.tick(0).unwrap();
        }
        if step == seized_in {
            reader.commit().unwrap();
            seize(&world.path("medic"), &folder);
            listed = world.operation.revoke("medic", None, at + 60).unwrap().opens;
        }
        bundles.push(bundle);
        bundles.push(world.bundle(at + 120));
    }
    // What the disk holds, tried on everything that was recorded: every bundle, then every message of every epoch.
    let keys = folder.join("medic");
    let held: Vec<Epoch> = match &load_credential(&keys).unwrap().member {
        cowl_core::Member::Responder(keyrings) => keyrings[0].epochs().collect(),
        _ => panic!("a responder"),
    };
    let mut thief = Reader::open(&keys, "medical", None).unwrap();
    for bundle in &bundles {
        let _ = thief.take_bundle(bundle);
    }
    let mut opened = Vec::new();
    for (epoch, message) in &messages {
        if read(&mut thief, message) > 0 {
            opened.push(*epoch);
        }
    }
    let mut found = Vec::new();
    while thief.unsearched() > 0 {
        thief.search(&mut found);
    }
    opened.extend(found.iter().map(|report| report.epoch));
    opened.sort_unstable();
    assert_eq!(opened, held);
    assert_eq!(opened, listed, "what `cowl revoke` lists");
    let seized = world.operation.epoch_at(NOW + seized_in * EPOCH);
    assert_eq!(opened.last(), Some(&seized));
    assert_eq!(opened.len(), 5, "four late ones and the present one");
}

#[test]
fn an_old_credential_reads_until_its_keys_run_out_and_takes_no_bundle() {
    use cowl_core::{Member, ResponderKeyring};
    let mut world = World::new();
    let mut phone = world.device("phone", NOW);
    let epoch = world.operation.epoch_at(NOW);
    let enrolled =
        world.operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut world.rng).unwrap();
    let mut credential = enrolled.credential;
    let role = world.operation.manifest().policy.role_index("medical").unwrap();
    let roots: Vec<_> = (0..3).filter_map(|n| world.operation.role_root(role, epoch.plus(n))).collect();
    credential.member = Member::Responder(vec![ResponderKeyring::unchained(role, epoch, &roots)]);
    store_new(&world.path("medic"), &credential, epoch).unwrap();
    let mut reader = world.reader("medic");
    assert_eq!((reader.is_chained(), reader.keys_until()), (false, Some(epoch.plus(2))));
    let bundle = world.bundle(NOW + 60);
    assert!(matches!(reader.take_bundle(&bundle), Err(KeyringError::Bundle(BundleError::NoSeat))));
    assert_eq!(read(&mut reader, &send(&mut phone, NOW)), 1);
}
