//! Which counters a sender uses, over its ends.

use super::*;
use crate::{
    formats,
    keyring::{Reader, store_new},
    operation::Operation,
};

const NOW: u64 = 1_800_000_000;

/// A device and a medic in a folder.
struct World {
    folder: tempfile::TempDir,
    operation: Operation,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let mut operation = Operation::create(&folder.path().join("ops"), NOW, &mut rng).unwrap();
        let epoch = operation.epoch_at(NOW);
        let store = |name, enrolled: crate::operation::Enrolled| {
            store_new(&folder.path().join(name), &enrolled.credential, epoch).unwrap();
        };
        store("phone", operation.enrol_device("phone", epoch, &mut rng).unwrap());
        let medical = ["medical".to_owned()];
        store("medic", operation.enrol_responder("medic", &medical, epoch, &mut rng).unwrap());
        Self { folder, operation }
    }

    fn sender(&self, name: &str) -> Sender {
        Sender::open(&self.folder.path().join(name)).unwrap()
    }
}

fn seal(sender: &mut Sender, identity: usize) -> Vec<u8> {
    let reading = formats::parse(b"severity: low").unwrap();
    let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
    let report = sender.report(reduced);
    sender.seal(identity, &report, 0).unwrap().sealed.into_bytes()
}

fn reserved(sender: &Sender, identity: usize) -> Range<u32> {
    sender.identities[identity].as_ref().unwrap().counters.clone()
}

#[test]
fn a_killed_sender_is_found_again_without_a_search_however_busy_it_was() {
    let world = World::new();
    let mut reader = Reader::open(&world.folder.path().join("medic"), "medical", None).unwrap();
    let mut sent = 0;
    let mut reports = Vec::new();
    // At the begin of a reservation, within one, at its last counter; after few messages and after many.
    for life in [1, 63, 64, 65, 66, 128, 200, 256, 257, 258, 1] {
        let mut sender = world.sender("phone");
        for _ in 0..life {
            let message = seal(&mut sender, 0);
            reader.read(&message, 0, &mut reports).unwrap();
            sent += 1;
            assert_eq!((reports.len(), reader.unexpected()), (sent, 0), "in a life of {life}");
        }
        let most = sender.manifest().policy.windows.reach();
        assert!(reserved(&sender, 0).len() <= most as usize);
        // Not closed: what it holds in memory is lost, as by `kill -9`.
        drop(sender);
    }
}

#[test]
fn after_a_loss_the_next_report_opens_at_once() {
    // So many arrive, and so many are lost with a connection: within a block, up to its end, and beyond it.
    for (arrive, lost) in
        [(0, 10), (1, 10), (30, 34), (50, 10), (60, 10), (64, 1), (180, 12), (190, 10), (1, 190)]
    {
        let world = World::new();
        let mut reader = Reader::open(&world.folder.path().join("medic"), "medical", None).unwrap();
        let mut sender = world.sender("phone");
        let mut reports = Vec::new();
        for _ in 0..arrive {
            reader.read(&seal(&mut sender, 0), 0, &mut reports).unwrap();
        }
        for _ in 0..lost {
            seal(&mut sender, 0);
        }
        sender.skip_to_mark(0);
        // What stands at a mark stays there: a second word of the same loss skips nothing.
        let stands = reserved(&sender, 0);
        sender.skip_to_mark(0);
        assert_eq!(reserved(&sender, 0), stands);
        for after in 1..=3 {
            reader.read(&seal(&mut sender, 0), 0, &mut reports).unwrap();
            assert_eq!((reports.len(), reader.unexpected()), (arrive + after, 0), "{arrive} {lost}");
        }
    }
    let world = World::new();
    let mut sender = world.sender("phone");
    // Nothing was made yet, and nobody has a number beyond the last.
    sender.skip_to_mark(0);
    sender.skip_to_mark(7);
    seal(&mut sender, 0);
    assert_eq!(reserved(&sender, 0), 1..64);
}

#[test]
fn a_reader_who_missed_many_finds_the_next_sender() {
    let world = World::new();
    // Each a run of its own, as `cowl pub -m` is: two that the reader misses, and one that it does not.
    let messages: Vec<_> = (0..3).map(|_| seal(&mut world.sender("phone"), 0)).collect();
    let mut reader = Reader::open(&world.folder.path().join("medic"), "medical", None).unwrap();
    let mut reports = Vec::new();
    reader.read(&messages[2], 0, &mut reports).unwrap();
    assert_eq!((reports.len(), reader.unexpected()), (1, 0));
}

#[test]
fn a_credential_whose_state_cannot_be_made_is_not_left_behind() {
    let world = World::new();
    let credential = store::load_credential(&world.folder.path().join("phone")).unwrap();
    // With `.state` behind it the name is longer than file systems allow.
    let path = world.folder.path().join("x".repeat(252));
    assert!(store_new(&path, &credential, Epoch(0)).is_err());
    assert!(!path.exists());
    // One that was there before is neither used nor lost.
    let path = world.folder.path().join("other");
    std::fs::write(store::state_path(&path), b"precious").unwrap();
    assert!(store_new(&path, &credential, Epoch(0)).is_err());
    assert!(!path.exists());
    assert_eq!(std::fs::read(store::state_path(&path)).unwrap(), b"precious");
}

#[test]
fn a_new_policy_skips_no_counters() {
    let mut world = World::new();
    let mut sender = world.sender("phone");
    seal(&mut sender, 0);
    let path = world.operation.folder().join("policy.toml");
    let policy = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, policy.replace("beacon_every = \"5min\"", "beacon_every = \"6min\"")).unwrap();
    let epoch = world.operation.epoch_at(NOW);
    world.operation.refresh(epoch, &mut SystemRng::new()).unwrap();
    sender.follow(world.operation.manifest().bytes()).unwrap();
    assert_eq!(sender.manifest().version, 2);
    seal(&mut sender, 0);
    assert_eq!(reserved(&sender, 0), 2..64);
}
