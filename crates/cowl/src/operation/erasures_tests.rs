//! Orders stand until nothing of what they name can be left, and lists carry them.

use super::*;
use crate::operation::Left;

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

fn nobody(n: u8, epoch: u32) -> Erasure {
    Erasure::Pseudonym(
        Pseudonym::of(cowl_core::OperationId([n; 16]), Epoch(epoch), cowl_core::Place(7)),
        Epoch(epoch),
    )
}

/// Until when messages on the way open is said by the order's own epoch, whenever one asks.
#[test]
fn messages_on_the_way_open_until_the_orders_own_epoch_is_late() {
    let (_folder, operation) = operation();
    let day = 86_400;
    let calendar = operation.manifest().calendar;
    let late = calendar.epochs_in(operation.manifest().policy.lateness_seconds.into());
    let now = NOW + 10 * day;
    let epoch = operation.epoch_at(now);
    let said = Withdrawn { handle: ErasureHandle([3; 16]), epoch: Some(epoch.minus(8)) };
    let ahead = Withdrawn { handle: ErasureHandle([4; 16]), epoch: Some(epoch.plus(900)) };
    operation.withdraw(&[said, ahead], now).unwrap();
    operation.erase(&[handle(1), nobody(1, epoch.0 - 1), Erasure::Before(epoch)], now).unwrap();
    let ends = [epoch.minus(8), epoch.plus(1), epoch.plus(1), epoch.minus(1), epoch.minus(1)];
    for asked in [now, now + day, now + 9 * day] {
        let orders = operation.erasures(asked).unwrap();
        let until: Vec<_> = orders.iter().map(|order| order.opens_until).collect();
        assert_eq!(until, ends.map(|end| calendar.end_of(end.plus(late))));
        // And from then on every archive may keep what it opened for as long as its role may.
        assert!(orders.iter().all(|order| order.until >= order.opens_until + operation.longest_retention()));
    }
}

#[test]
fn who_was_revoked_before_a_report_cannot_hold_it_and_is_not_listed() {
    let (_folder, mut operation) = operation();
    let rng = &mut SystemRng::new();
    let roles = ["medical".to_owned()];
    let epoch = operation.epoch_at(NOW);
    operation.enrol_responder("gone", &roles, epoch, rng).unwrap();
    operation.enrol_responder("desk", &roles, epoch, rng).unwrap();
    let keeps = operation.retention("medical").unwrap();
    operation.revoke("gone", None, NOW + 60).unwrap();
    let now = NOW + 3 * 86_400;
    let today = operation.epoch_at(now);
    operation.refresh(today, rng).unwrap();
    operation.enrol_responder("late", &roles, today, rng).unwrap();
    let held = operation.epoch_at(NOW);
    let first = Epoch(operation.register().member("late").unwrap().first_epoch);
    let of = |operation: &Operation, order: &Erasure| -> Vec<String> {
        let status = operation.erasure_status(now).unwrap();
        let status = status.into_iter().find(|status| status.order.what == *order).unwrap();
        status.members.into_iter().map(|member| member.name).collect()
    };
    let (old, new) = (nobody(2, held.0), nobody(2, today.0));
    operation.erase(&[old, new, handle(5), Erasure::Before(today)], now).unwrap();
    assert!(first > held && first <= today);
    assert_eq!(of(&operation, &old), ["gone", "desk"]);
    assert_eq!(of(&operation, &new), ["desk", "late"]);
    // Of a handle nobody knows the epoch, unless who withdrew says it.
    assert_eq!(of(&operation, &handle(5)), ["gone", "desk", "late"]);
    let said = Withdrawn { handle: ErasureHandle([6; 16]), epoch: Some(today) };
    operation.withdraw(&[said], now).unwrap();
    assert_eq!(of(&operation, &Erasure::Handle(said.handle)), ["desk", "late"]);
    // What it may hold ends with what it could open, not with what was sealed since.
    let left = operation.unconfirmed(now).unwrap();
    let gone = left.iter().find(|one| one.name == "gone").unwrap();
    let closed = operation.opens_until(operation.epoch_at(NOW));
    assert_eq!((gone.orders, gone.until), (3, closed + keeps));
    assert!(operation.unconfirmed(closed + keeps).unwrap().iter().all(|one| one.name != "gone"));
}

#[test]
fn what_no_order_reaches_is_listed_until_its_keys_are_gone() {
    let (_folder, mut operation) = operation();
    let rng = &mut SystemRng::new();
    let epoch = operation.epoch_at(NOW);
    operation.enrol_gateway("ward", 2, epoch, rng).unwrap();
    operation.enrol_relay("relay", epoch, rng).unwrap();
    let order = nobody(3, epoch.0);
    operation.erase(&[order], NOW).unwrap();
    let closed = operation.opens_until(epoch);
    let left = |operation: &Operation, at| -> Vec<_> {
        let all = operation.unconfirmed(at).unwrap().into_iter();
        all.map(|one| (one.name, one.left, one.until)).collect()
    };
    let (ward, relay) = ("ward".to_owned(), "relay".to_owned());
    let both = [(ward.clone(), Left::Unnamed, closed), (relay.clone(), Left::Sealed, closed)];
    assert_eq!(left(&operation, closed - 1), both);
    assert_eq!(left(&operation, closed), []);
    // A gateway that obeys lists says nothing of a pseudonym, which it finds nowhere.
    let said = cowl_core::ConfirmationRequest {
        step: 0,
        store: [1; 16],
        kind: cowl_core::StoreKind::Queue,
        list: NOW + 100,
    };
    assert!(operation.confirmed("ward", &said, NOW + 100).unwrap());
    assert_eq!(left(&operation, NOW + 100), both);
    // A handle it does find.
    operation
        .withdraw(&[Withdrawn { handle: ErasureHandle([6; 16]), epoch: Some(epoch) }], NOW + 200)
        .unwrap();
    let ward_left =
        |operation: &Operation| left(operation, NOW + 400).into_iter().filter(|one| one.0 == ward);
    assert_eq!(ward_left(&operation).count(), 2);
    let said = cowl_core::ConfirmationRequest { list: NOW + 300, ..said };
    assert!(operation.confirmed("ward", &said, NOW + 300).unwrap());
    assert_eq!(ward_left(&operation).map(|one| one.1).collect::<Vec<_>>(), [Left::Unnamed]);
}

#[test]
fn files_of_anothers_broker_are_listed_though_the_topics_were_cleared() {
    let (_folder, mut operation) = operation();
    let epoch = operation.epoch_at(NOW);
    operation.enrol_responder("desk", &["medical".to_owned()], epoch, &mut SystemRng::new()).unwrap();
    operation.erase(&[handle(1)], NOW).unwrap();
    let kind = cowl_core::StoreKind::RetainedElsewhere;
    let said = cowl_core::ConfirmationRequest { step: 0, store: [1; 16], kind, list: NOW + 100 };
    assert!(operation.confirmed("desk", &said, NOW + 100).unwrap());
    let left = operation.unconfirmed(NOW + 100).unwrap();
    assert_eq!((left.len(), left[0].left), (1, Left::LocalFiles));
    let status = operation.erasure_status(NOW + 100).unwrap();
    assert_eq!(status[0].members[0].confirmed, Some(NOW + 100));
    assert!(operation.unconfirmed(left[0].until).unwrap().is_empty());
}

#[test]
fn nobody_confirms_for_those_who_do_it_by_themselves_or_have_nothing() {
    let (_folder, mut operation) = operation();
    let rng = &mut SystemRng::new();
    let epoch = operation.epoch_at(NOW);
    operation.enrol_gateway("ward", 2, epoch, rng).unwrap();
    operation.enrol_relay("relay", epoch, rng).unwrap();
    operation.enrol_device("phone", epoch, rng).unwrap();
    assert!(matches!(operation.confirm_erasure("ward", 1), Err(OperationError::ConfirmsItself)));
    for name in ["relay", "phone"] {
        assert!(matches!(operation.confirm_erasure(name, 1), Err(OperationError::NothingToConfirm)));
    }
}
