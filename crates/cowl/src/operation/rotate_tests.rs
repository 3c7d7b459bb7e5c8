use super::*;
use crate::operation::Operation;

const NOW: u64 = 1_800_000_000;

#[test]
fn everything_of_the_epochs_to_come_is_new_and_nothing_before() {
    let folder = tempfile::tempdir().unwrap();
    let (mut rng, path) = (SystemRng::new(), folder.path().join("ops"));
    let mut operation = Operation::create(&path, NOW, &mut rng).unwrap();
    let role = cowl_core::RoleIndex(1);
    let root =
        |operation: &Operation, epoch| *operation.role_root(role, Epoch(epoch)).unwrap().secret().expose();
    let relay =
        |operation: &Operation, epoch| *operation.secrets.relay_root(Epoch(epoch)).unwrap().secret().expose();
    let beacon = |operation: &Operation, epoch| {
        *operation.secrets.beacon_key(operation.manifest().operation, Epoch(epoch)).expose()
    };
    let all = |operation: &Operation| -> Vec<[[u8; 32]; 3]> {
        (0..113)
            .map(|epoch| [root(operation, epoch), relay(operation, epoch), beacon(operation, epoch)])
            .collect()
    };
    let before = all(&operation);
    let version = operation.manifest().version;
    let rotation = operation.rotate(NOW, &mut rng).unwrap();
    assert_eq!((rotation.generation, rotation.from), (1, Epoch(1)));
    assert_eq!(operation.manifest().version, version + 1);
    let operation = Operation::open(&path).unwrap();
    let after = all(&operation);
    assert_eq!(before[0], after[0]);
    for (epoch, (old, new)) in before.iter().zip(&after).enumerate().skip(1) {
        assert!(old.iter().zip(new).all(|(old, new)| old != new), "{epoch}");
    }
    assert_eq!(operation.manifest().generation(), 1);
    // Twice in one epoch is once more, and the keys of the manifest are the newest ones.
    let mut operation = operation;
    assert_eq!(operation.rotate(NOW + 60, &mut rng).unwrap().generation, 2);
    assert_ne!(all(&operation)[1], after[1]);
    assert_eq!(all(&operation)[0], after[0]);
}
