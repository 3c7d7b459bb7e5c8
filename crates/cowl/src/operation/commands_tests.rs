//! Commands stand until they are over, and bulletins carry them.

use cowl_core::{Authority, OperationId, Secret};

use super::*;
use crate::{random::SystemRng, service::Service};

const NOW: u64 = 1_800_000_000;

struct World {
    folder: tempfile::TempDir,
    operation: Operation,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
        Self { folder, operation }
    }

    fn key(&self, at: u64) -> Secret {
        let epoch = self.operation.epoch_at(at);
        self.operation.secrets.beacon_key(self.operation.manifest.operation, epoch)
    }

    fn trust(&self) -> (Authority, OperationId) {
        (self.operation.manifest.authority(), self.operation.manifest.operation)
    }

    /// The topics that a bulletin of this time carries.
    fn topics(&self, at: u64) -> Vec<String> {
        let (authority, operation) = self.trust();
        let bytes = self.operation.bulletin(at).unwrap();
        let bulletin = Bulletin::verify(&bytes, authority, operation, None).unwrap();
        let commands = bulletin.commands(&self.key(at)).unwrap();
        commands.into_iter().map(|command| command.topic).collect()
    }
}

#[test]
fn a_command_stands_until_it_is_over() {
    let world = World::new();
    assert!(world.topics(NOW).is_empty());
    let first = world.operation.command("a", b"1", false, NOW, 100).unwrap();
    let second = world.operation.command("b", b"2", true, NOW, 200).unwrap();
    assert!(first < second);
    assert_eq!(world.topics(NOW + 99), ["a", "b"]);
    assert_eq!(world.topics(NOW + 100), ["b"]);
    // What is retained anew on a topic ends what was; another message on it ends nothing.
    world.operation.command("b", b"3", false, NOW + 1, 200).unwrap();
    world.operation.command("b", b"", true, NOW + 1, 200).unwrap();
    let standing = world.operation.commands(NOW + 1).unwrap();
    let payloads: Vec<_> = standing.iter().map(|one| one.command.payload.as_slice()).collect();
    assert_eq!(payloads, [&b"1"[..], b"3", b""]);
    assert!(world.topics(NOW + 500).is_empty());
}

#[test]
fn numbers_grow_also_in_a_folder_restored_from_a_copy() {
    let world = World::new();
    let first = world.operation.command("a", b"", false, NOW, 10).unwrap();
    let path = world.folder.path().join("ops/commands.json");
    std::fs::remove_file(&path).unwrap();
    assert!(world.operation.command("a", b"", false, NOW + 60, 10).unwrap() > first);
    std::fs::write(&path, b"{}").unwrap();
    assert!(matches!(
        world.operation.bulletin(NOW),
        Err(OperationError::Damaged { .. } | OperationError::File(_))
    ));
}

#[test]
fn what_no_bulletin_can_carry_is_refused_and_not_kept() {
    let world = World::new();
    let too_long = "x".repeat(257);
    for topic in ["", "#", "a/+/b", "$SYS/a", "a\0", &too_long] {
        let refused = world.operation.command(topic, b"", false, NOW, 10).unwrap_err();
        assert!(
            matches!(refused, OperationError::Bulletin(BulletinError::Topic)) && refused.is_input(),
            "{topic}"
        );
    }
    let size = usize::try_from(world.operation.manifest.policy.sizes.beacon).unwrap();
    let refused = world.operation.command("a", &vec![0; size], false, NOW, 10).unwrap_err();
    assert!(matches!(refused, OperationError::Bulletin(BulletinError::TooLarge)) && refused.is_input());
    for n in 0..64 {
        world.operation.command(&n.to_string(), b"", false, NOW, 10).unwrap();
    }
    assert!(world.operation.command("more", b"", false, NOW, 10).is_err());
    assert_eq!(world.topics(NOW).len(), 64);
    // The old ones go, and there is room again.
    world.operation.command("more", b"", false, NOW + 10, 10).unwrap();
    assert_eq!(world.topics(NOW + 10), ["more"]);
}

#[test]
fn with_every_beacon_goes_a_bulletin_that_looks_the_same() {
    let World { folder: _folder, operation } = World::new();
    let (authority, id) = (operation.manifest.authority(), operation.manifest.operation);
    let mut service = Service::new(operation, NOW, None).unwrap();
    let (mut newest, mut lengths) = (None, Vec::new());
    for round in 0..4 {
        let at = NOW + round * 300;
        if round == 2 {
            service.operation().command("alarm", b"evacuate", true, at, 600).unwrap();
        }
        let outgoing = service.tick(at).unwrap();
        let bulletin = outgoing.bulletin.expect("one with every beacon");
        assert_eq!(outgoing.beacon.map(|beacon| beacon.len()), Some(bulletin.len()));
        let read = Bulletin::verify(&bulletin, authority, id, newest).unwrap();
        newest = Some(read.sequence);
        lengths.push(bulletin.len());
        assert!(service.tick(at + 1).unwrap().bulletin.is_none());
    }
    assert_eq!(lengths, [4_096; 4]);
}
