//! Orders stand until nothing of what they name can be left, and lists carry them.

use super::*;

const NOW: u64 = 1_800_000_000;

fn operation() -> (tempfile::TempDir, Operation) {
    let folder = tempfile::tempdir().unwrap();
    let operation = Operation::create(&folder.path().join("ops"), NOW, &mut SystemRng::new()).unwrap();
    (folder, operation)
}

fn handle(n: u32) -> Erasure {
    let mut handle = [1; 16];
    handle[..4].copy_from_slice(&n.to_be_bytes());
    Erasure::Handle(ErasureHandle(handle))
}

fn list(operation: &Operation, now: u64) -> Erasures {
    let bytes = operation.erasure_list(now, &mut SystemRng::new()).unwrap();
    let manifest = operation.manifest();
    assert_eq!(bytes.len(), usize::try_from(manifest.policy.sizes.beacon).unwrap());
    Erasures::verify(&bytes, manifest.authority(), manifest.operation).unwrap()
}

#[test]
fn an_order_is_on_every_list_until_nothing_of_it_can_be_left() {
    let (_folder, operation) = operation();
    assert!(!list(&operation, NOW).names(&handle(1)));
    assert_eq!(operation.erase(&[handle(1), Erasure::Before(Epoch(2))], NOW).unwrap(), 2);
    assert_eq!(operation.erase(&[handle(1)], NOW + 5).unwrap(), 0);
    let reopened = Operation::open(operation.folder()).unwrap();
    assert!(list(&reopened, NOW + 10).names(&handle(1)));
    let until = reopened.erasures(NOW).unwrap()[0].until;
    let longest = reopened.longest_retention();
    assert!(until > NOW + longest + u64::from(reopened.manifest().policy.lateness_seconds));
    assert!(list(&reopened, until - 1).names(&handle(1)));
    assert!(!list(&reopened, until).names(&handle(1)));
}

#[test]
fn what_names_nothing_is_refused() {
    let (_folder, operation) = operation();
    for none in [&[][..], &[Erasure::Handle(ErasureHandle::NONE)]] {
        let refused = operation.erase(none, NOW).unwrap_err();
        assert!(matches!(refused, OperationError::Erasures(ErasuresError::Nothing)));
    }
}

#[test]
fn more_orders_than_a_list_holds_take_turns() {
    let (_folder, operation) = operation();
    let orders: Vec<_> = (0..600).map(handle).collect();
    assert_eq!(operation.erase(&orders, NOW).unwrap(), 600);
    let lists: Vec<_> = (0..3).map(|n| list(&operation, NOW + n)).collect();
    assert!(orders.iter().all(|order| lists.iter().any(|list| list.names(order))));
    assert!(!orders.iter().all(|order| lists[0].names(order)));
}

#[test]
fn who_has_not_confirmed_is_listed_with_the_date() {
    let (_folder, mut operation) = operation();
    let epoch = operation.epoch_at(NOW);
    let roles = ["medical".to_owned()];
    operation.enrol_responder("desk", &roles, epoch, &mut SystemRng::new()).unwrap();
    assert!(operation.unconfirmed(NOW).unwrap().is_empty());
    operation.erase(&[handle(1)], NOW).unwrap();
    let left = operation.unconfirmed(NOW).unwrap();
    assert_eq!((left.len(), left[0].name.as_str(), left[0].orders), (1, "desk", 1));
    let keeps = operation.retention("medical").unwrap();
    assert!(left[0].until > NOW + keeps && left[0].until < NOW + keeps + 3 * 86_400);
    assert!(matches!(operation.confirm_erasure("nobody", 1), Err(OperationError::NoSuchResponder)));
    // A list from before the order confirms nothing.
    operation.confirm_erasure("desk", NOW - 1).unwrap();
    assert_eq!(operation.unconfirmed(NOW).unwrap().len(), 1);
    let sequence = list(&operation, NOW + 1).sequence;
    operation.confirm_erasure("desk", sequence).unwrap();
    assert!(operation.unconfirmed(NOW).unwrap().is_empty());
}

#[test]
fn a_damaged_file_is_named() {
    let (_folder, operation) = operation();
    operation.erase(&[handle(1)], NOW).unwrap();
    let path = operation.folder().join(names::ERASURES);
    let bytes = std::fs::read(&path).unwrap();
    let mut altered = bytes.clone();
    *altered.last_mut().unwrap() ^= 1;
    std::fs::write(&path, altered).unwrap();
    assert!(
        matches!(operation.erasures(NOW), Err(OperationError::File(files::FileError::Altered(named))) if named == path)
    );
    // Without a checksum, as it was before there were any.
    let text = std::str::from_utf8(files::body(&bytes).unwrap()).unwrap().to_owned();
    for broken in [
        text.replace("\"version\": 1", "\"version\": 2"),
        text.replace("handle", "name"),
        text[..40].to_owned(),
        String::new(),
    ] {
        std::fs::write(&path, broken).unwrap();
        assert!(
            matches!(operation.erasures(NOW), Err(OperationError::Damaged { path: named, .. }) if named == path)
        );
    }
    // The form of version 1, as it must be read for ever.
    let fixture = r#"{"version":1,"turn":0,"orders":[
        {"what":{"handle":"0000000101010101010101010101010a"},"since":1800000000,"until":1900000000},
        {"what":{"pseudonym":{"name":"V-1B30-J8ZR","epoch":3}},"since":1800000000,"until":1900000000},
        {"what":{"before":7},"since":1800000000,"until":1900000000}],"confirmed":{"desk":1800000001}}"#;
    std::fs::write(&path, fixture).unwrap();
    let orders = operation.erasures(NOW).unwrap();
    assert_eq!(orders.len(), 3);
    assert_eq!(orders[2].what, Erasure::Before(Epoch(7)));
    assert_eq!(orders[1].what, Erasure::Pseudonym("V-1B30-J8ZR".parse().unwrap(), Epoch(3)));
}
