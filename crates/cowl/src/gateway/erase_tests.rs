//! A withdrawal reaches what waits at a gateway: from the person's code to bytes that open no more.

use std::fs;

use cowl_core::{Epoch, Erasure, schedule::erasure_handle};

use super::{testing::*, *};
use crate::{consent::WithdrawalCode, keyring::load_credential, node::Load as _, random::SystemRng};

const HIGH: &str = r#"{"severity":"high"}"#;

fn code(world: &World, name: &str) -> WithdrawalCode {
    withdrawal_code(&world.credential(), name).unwrap().unwrap()
}

fn names(world: &World) -> Vec<String> {
    roster(&world.credential()).unwrap().into_iter().map(|device| device.name).collect()
}

fn handle(world: &World, code: &WithdrawalCode, epoch: u32) -> Erasure {
    let operation = world.operation.manifest().operation;
    Erasure::Handle(erasure_handle(&code.seed(), operation, Epoch(epoch)))
}

fn list(world: &World, orders: &[Erasure], after: u64) -> Vec<u8> {
    if !orders.is_empty() {
        world.operation.erase(orders, NOW + after).unwrap();
    }
    world.operation.erasure_list(NOW + after, &mut SystemRng::new()).unwrap()
}

#[test]
fn reports_bear_their_devices_handles() {
    let world = World::new(3);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    gateway.keep("devices/a", HIGH);
    gateway.keep("devices/b", HIGH);
    let mut read = Vec::new();
    for sealed in gateway.send() {
        reader.read(sealed.bytes(), 0, &mut read).unwrap();
    }
    let epoch = gateway.load.sender().epoch(0).0;
    let handles: Vec<_> = read.iter().map(|report| Erasure::Handle(report.header.handle)).collect();
    let names = names(&world);
    let expected: Vec<_> = names.iter().map(|name| handle(&world, &code(&world, name), epoch)).collect();
    assert_eq!(handles, expected);
    assert_ne!(handles[0], handles[1]);
}

#[test]
fn a_withdrawal_destroys_what_waits_and_refuses_what_comes() {
    let world = World::new(3);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    for device in ["a", "b", "a"] {
        gateway.keep(&format!("devices/{device}"), HIGH);
    }
    let name = gateway.names()[0].clone();
    // An order that has nothing to do with it.
    gateway.load.erasures(&list(&world, &[Erasure::Handle(cowl_core::ErasureHandle([7; 16]))], 1), 0);
    assert_eq!((gateway.gateway.counts().withdrawn, gateway.load.destroyed()), (0, 0));
    let withdrawal = handle(&world, &code(&world, &name), world.epoch().0);
    let list = list(&world, &[withdrawal], 2);
    gateway.load.erasures(&list, 0);
    assert_eq!((gateway.gateway.counts().withdrawn, gateway.load.destroyed()), (1, 1));
    assert_eq!(gateway.refuse("devices/a", HIGH), Refusal::Withdrawn);
    assert_eq!(gateway.refused("withdrawn"), 1);
    assert!(withdrawal_code(&world.credential(), &name).unwrap().is_none());
    // The same list again, and after a restart.
    gateway.load.erasures(&list, 0);
    drop(gateway);
    let mut gateway = world.open();
    assert_eq!(gateway.refuse("devices/a", HIGH), Refusal::Withdrawn);
    // One report is left, of b.
    assert_eq!(gateway.deliver(&mut reader).len(), 1);
    assert_eq!((gateway.gateway.counts().erased, gateway.gateway.counts().never), (2, 0));
    let standings = standings(&world.credential()).unwrap();
    assert_eq!(standings.iter().map(|one| one.is_withdrawn).collect::<Vec<_>>(), [true, false]);
    // Nobody takes a device up again behind the back of a gateway that runs.
    assert!(matches!(
        admit(&world.credential(), &name, &mut SystemRng::new()),
        Err(GatewayError::Queue(crate::node::OpenError::InUse(_)))
    ));
    drop(gateway);
    admit(&world.credential(), &name, &mut SystemRng::new()).unwrap();
    assert!(matches!(
        admit(&world.credential(), "devices:nobody", &mut SystemRng::new()),
        Err(GatewayError::NoSuchDevice)
    ));
    let mut gateway = world.open();
    gateway.keep("devices/a", HIGH);
    // The old order does not name the new code.
    gateway.load.erasures(&list, 0);
    assert_eq!(gateway.deliver(&mut reader).len(), 1);
}

/// Nothing that lies on the disk opens the report, with everything that lies on the disk: the credential, the queue's key,
/// pages that the database freed, and the vault as it is.
#[test]
fn no_byte_on_the_disk_opens_what_was_withdrawn() {
    let world = World::new(3);
    let gateway = world.open();
    for device in ["a", "b"].into_iter().cycle().take(80) {
        gateway.keep(&format!("devices/{device}"), HIGH);
    }
    // Settled entries leave freed pages behind.
    while let Some(settled) = gateway.queue.take(crate::node::Lane::Enrolled) {
        gateway.queue.settle(settled.id);
    }
    gateway.keep("devices/a", HIGH);
    drop(gateway);
    // A backup of the queue from before.
    let before = fs::read(queue_path(&world.credential())).unwrap();
    let opens = |queue: &[u8]| {
        let held = load_credential(&world.credential()).unwrap();
        let bodies = crate::node::Queue::hazmat_carve(queue, &queue_key(&held));
        let gateway = world.open();
        bodies
            .iter()
            .filter(|body| gateway.gateway.waits(body).is_some_and(|waits| waits.identity == 0))
            .count()
    };
    // One waits; the others are in freed pages.
    assert!(opens(&before) > 10, "{}", opens(&before));
    let name = names(&world)[0].clone();
    let order = handle(&world, &code(&world, &name), world.epoch().0);
    let order = list(&world, &[order], 2);
    let mut gateway = world.open();
    gateway.load.erasures(&order, 0);
    drop(gateway);
    assert_eq!((opens(&before), opens(&fs::read(queue_path(&world.credential())).unwrap())), (0, 0));
}

#[test]
fn orders_by_age_and_the_longest_retention_take_what_waited_longer() {
    let world = World::new(3);
    let mut gateway = world.open();
    let policy = &world.operation.manifest().policy;
    let (day, keeps) =
        (policy.epoch_seconds, policy.roles.iter().map(|role| role.retention_seconds).max().unwrap());
    gateway.keep("devices/a", HIGH);
    let hear = |gateway: &mut Open, after: u64| {
        let beacon = world.operation.beacon(NOW + after, &cowl_core::Counts::default()).unwrap();
        gateway.load.hear(&beacon, 0).unwrap();
        world.operation.epoch_at(NOW + after)
    };
    let next = hear(&mut gateway, u64::from(day));
    gateway.keep("devices/a", HIGH);
    gateway.load.erasures(&list(&world, &[Erasure::Before(next)], u64::from(day) + 1), 0);
    assert_eq!((gateway.send().len(), gateway.gateway.counts().erased), (1, 1));
    gateway.keep("devices/a", HIGH);
    let late = u64::from(day) + u64::from(keeps) + u64::from(policy.lateness_seconds) + 3 * u64::from(day);
    hear(&mut gateway, late);
    gateway.load.erasures(&list(&world, &[], late), 0);
    assert_eq!((gateway.send().len(), gateway.gateway.counts().erased), (0, 2));
}

#[test]
fn lists_of_others_are_refused_and_counted() {
    let (world, other) = (World::new(3), World::new(3));
    let mut gateway = world.open();
    gateway.keep("devices/a", HIGH);
    let withdrawal = handle(&world, &code(&world, &gateway.names()[0]), world.epoch().0);
    gateway.load.erasures(&list(&other, &[withdrawal], 1), 0);
    gateway.load.erasures(b"junk", 0);
    assert_eq!(gateway.gateway.counts().lists_refused, 2);
    assert_eq!((gateway.gateway.counts().withdrawn, gateway.gateway.obeyed().list()), (0, None));
    gateway.load.erasures(&list(&world, &[], 1), 0);
    assert!(gateway.gateway.obeyed().list().is_some());
}
