//! Relays as members: what they can take the wrap off, for how long, and what they can never read.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests: a failure here is the message")]

use std::{fs, path::PathBuf};

use cowl::{
    formats,
    keyring::{Reader, Sender, WalkInSender, load_credential, store_new},
    operation::{Issued, Kind, Left, Operation, OperationError},
    policy_file::{
        DEFAULT_POLICY, DEVICES_POLICY, HAITI_DEPARTMENTS, HAITI_DEPARTMENTS_NAME, INCIDENTS_POLICY,
    },
    random::SystemRng,
};
use cowl_core::{Counts, DeviceKeyring, Epoch, Erasure, Member, Mode, Surroundings};

const NOW: u64 = 1_800_000_000;

struct World {
    folder: tempfile::TempDir,
    operation: Operation,
}

impl World {
    /// An operation with this policy.
    fn with(policy: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let operation = Operation::create_with(&folder.path().join("ops"), NOW, &mut rng, |stage| {
            fs::write(stage.join("policy.toml"), policy).unwrap();
            fs::write(stage.join(HAITI_DEPARTMENTS_NAME), HAITI_DEPARTMENTS).unwrap();
            Ok(())
        });
        Self { folder, operation: operation.unwrap() }
    }

    fn new() -> Self {
        Self::with(DEFAULT_POLICY)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn relay(&mut self, name: &str, now: Epoch) -> Sender {
        let enrolled = self.operation.enrol_relay(name, now, &mut SystemRng::new()).unwrap();
        store_new(&self.path(name), &enrolled.credential, enrolled.first).unwrap();
        Sender::open(&self.path(name)).unwrap()
    }

    fn phone(&mut self) -> Sender {
        let enrolled = self.operation.enrol_device("phone", Epoch(0), &mut SystemRng::new()).unwrap();
        store_new(&self.path("phone"), &enrolled.credential, enrolled.first).unwrap();
        Sender::open(&self.path("phone")).unwrap()
    }

    fn medic(&mut self) -> Reader {
        let roles = ["medical".to_owned()];
        let enrolled =
            self.operation.enrol_responder("medic", &roles, Epoch(0), &mut SystemRng::new()).unwrap();
        store_new(&self.path("medic"), &enrolled.credential, enrolled.first).unwrap();
        Reader::open(&self.path("medic"), "medical", None).unwrap()
    }

    /// A beacon that begins an epoch.
    fn beacon(&mut self, epoch: Epoch) -> Vec<u8> {
        self.operation.refresh(epoch, &mut SystemRng::new()).unwrap();
        let at = self.operation.manifest().calendar.start_of(epoch) + 1;
        self.operation.beacon(at, &Counts::default()).unwrap()
    }
}

fn wrap(sender: &mut Sender, identity: usize) -> Vec<u8> {
    let reading = formats::parse(b"severity: high, note: here").unwrap();
    let reduced = sender.manifest().policy.reduce(reading, &Surroundings::default()).unwrap();
    let report = sender.report(reduced);
    let sealed = sender.seal(identity, &report, 0).unwrap();
    let sealer = sender.manifest().relay_sealer(sealed.epoch).unwrap();
    sealer.wrap(&sealed.sealed, &mut SystemRng::new()).unwrap()
}

#[test]
fn what_a_phone_wraps_every_relay_unwraps_and_a_responder_reads() {
    let mut world = World::new();
    let (mut phone, mut medic) = (world.phone(), world.medic());
    let (mut first, second) = (world.relay("first", Epoch(0)), world.relay("second", Epoch(0)));
    assert_eq!(world.operation.register().member("first").unwrap().kind, Kind::Relay);
    assert!(phone.relay_opener(0).is_none());

    let mut walk_in = WalkInSender::new(world.operation.manifest().clone());
    let cover = walk_in.cover();
    let sealed = walk_in.seal(&cover, None).unwrap();
    let sealer = walk_in.manifest().relay_sealer(Epoch(0)).unwrap();
    let messages = [wrap(&mut phone, 0), sealer.wrap(&sealed, &mut SystemRng::new()).unwrap()];
    let (mut reports, mut opened) = (Vec::new(), Vec::new());
    for wrapped in &messages {
        // They share their keys: a phone may use any of them, and the next if one is gone.
        let one = first.relay_opener(0).unwrap().open(wrapped).unwrap();
        assert_eq!(second.relay_opener(0).unwrap().open(wrapped).unwrap(), one);
        medic.read(&one.bytes, 0, &mut reports).unwrap();
        assert!(medic.read(wrapped, 0, &mut reports).is_ok(), "no message, and no error either");
        opened.push(one.mode);
    }
    assert_eq!(opened, [Mode::Enrolled, Mode::WalkIn]);
    assert_eq!((reports.len(), medic.covers()), (1, 1));
    // A relay's own cover is like any.
    let cover = first.cover();
    let message = first.seal(first.cover_identity(), &cover, 0).unwrap().sealed;
    medic.read(message.bytes(), 0, &mut reports).unwrap();
    assert_eq!((reports.len(), medic.covers()), (1, 2));
}

#[test]
fn every_shipped_policy_has_room_for_the_relays_keys() {
    for policy in [DEFAULT_POLICY, DEVICES_POLICY, INCIDENTS_POLICY] {
        let world = World::with(policy);
        let manifest = world.operation.manifest();
        assert_eq!(manifest.relay.as_ref().unwrap().keys.len(), manifest.walk_in.epochs.len());
        assert!(manifest.bytes().len() <= 65_536);
    }
}

#[test]
fn a_relay_holds_no_key_that_reads_a_report() {
    let mut world = World::new();
    let relay = world.relay("relay", Epoch(0));
    assert!(Reader::open(&world.path("relay"), "medical", None).is_err());
    let Member::Relay { identities, relay } = &relay.credential().member else { panic!("no relay") };
    assert_eq!(identities.len(), 1);
    // The relays' roots are no role's roots.
    for epoch in [Epoch(0), Epoch(5)] {
        let root = relay.root(epoch).unwrap();
        for role in (0..4).map(cowl_core::RoleIndex) {
            let role = world.operation.role_root(role, epoch).unwrap();
            assert_ne!(root.secret().expose(), role.secret().expose());
        }
    }
}

#[test]
fn a_relay_deletes_its_roots_past_their_lateness_and_not_before() {
    let mut world = World::new();
    let mut phone = world.phone();
    let mut relay = world.relay("relay", Epoch(0));
    let wrapped = wrap(&mut phone, 0);
    // 24 h of lateness are 4 epochs of 6 h.
    for epoch in (1..=6).map(Epoch) {
        let beacon = world.beacon(epoch);
        relay.hear(&beacon, 0).unwrap();
        let cover = relay.cover();
        relay.seal(relay.cover_identity(), &cover, 0).unwrap();
        let opener = relay.relay_opener(0).unwrap();
        assert_eq!(opener.open(&wrapped).is_ok(), epoch <= Epoch(4), "epoch {}", epoch.0);
        let held: Vec<_> = opener.epochs().collect();
        assert_eq!(held.last(), Some(&epoch.plus(1)));
        let stored = load_credential(&world.path("relay")).unwrap();
        let Member::Relay { identities, relay: kept } = &stored.member else { panic!("no relay") };
        assert_eq!(kept.range().unwrap().0, epoch.minus(4));
        assert_eq!(identities.iter().find_map(DeviceKeyring::range).unwrap().0, epoch);
    }
    // Who joins now gets what is late too, and nothing older.
    let next = world.relay("next", Epoch(6));
    let Member::Relay { relay, .. } = &next.credential().member else { panic!("no relay") };
    assert_eq!(relay.range().unwrap().0, Epoch(2));
}

/// No order finds what waits at a relay, so each says until when it opens; and until then it does.
#[test]
fn what_waits_at_a_relay_opens_until_the_date_that_an_order_says() {
    let mut world = World::new();
    let (mut phone, mut medic) = (world.phone(), world.medic());
    let relay = world.relay("relay", Epoch(0));
    let opener = relay.relay_opener(0).unwrap();
    // As it lies in the relay's queue.
    let waiting = [0, 0].map(|identity| opener.open(&wrap(&mut phone, identity)).unwrap().bytes.clone());
    let calendar = world.operation.manifest().calendar;
    let mut reports = Vec::new();
    medic.hear(&world.beacon(Epoch(1)), 0).unwrap();
    world.operation.erase(&[Erasure::Before(Epoch(1))], calendar.start_of(Epoch(1))).unwrap();
    let listed = |world: &World, at| {
        let all = world.operation.unconfirmed(at).unwrap();
        all.into_iter().find(|one| one.left == Left::Sealed).map(|one| (one.name, one.until))
    };
    let until = calendar.start_of(Epoch(5));
    assert_eq!(listed(&world, until - 1), Some(("relay".to_owned(), until)));
    for epoch in (2..=4).map(Epoch) {
        medic.hear(&world.beacon(epoch), 0).unwrap();
    }
    // What is late is searched for.
    let mut read = |medic: &mut Reader, message: &[u8]| {
        medic.read(message, 0, &mut reports).unwrap();
        for _ in 0..20 {
            medic.search(&mut reports);
        }
        reports.len()
    };
    assert_eq!(read(&mut medic, &waiting[0]), 1, "it opens until then");
    medic.hear(&world.beacon(Epoch(5)), 0).unwrap();
    assert_eq!(read(&mut medic, &waiting[1]), 1, "and from then on nobody opens it");
    assert!(world.operation.role_root(cowl_core::RoleIndex(0), Epoch(0)).is_none(), "the office neither");
    assert_eq!(listed(&world, until), None);
}

#[test]
fn an_operation_from_before_there_were_relays_gets_their_keys() {
    // As one was made then: no file of roots, no keys in a manifest that has no room for them.
    let mut world = World::with(&DEFAULT_POLICY.replace("manifest_size = 65536", "manifest_size = 40000"));
    fs::remove_file(world.path("ops/roles/relay.key")).unwrap();
    let mut rng = SystemRng::new();
    let mut operation = Operation::open(&world.path("ops")).unwrap();
    assert!(operation.manifest().relay.is_none());
    assert_eq!(operation.refresh(Epoch(0), &mut rng).unwrap(), Issued::Nothing, "once is enough");
    let error = operation.enrol_relay("relay", Epoch(0), &mut rng).unwrap_err();
    assert!(matches!(error, OperationError::NoRoomForRelays) && error.is_input());
    assert_eq!(operation.register().members().len(), 0);

    fs::write(world.path("ops/policy.toml"), DEFAULT_POLICY).unwrap();
    assert_eq!(operation.refresh(Epoch(0), &mut rng).unwrap(), Issued::Manifest);
    world.operation = operation;
    let (mut phone, relay) = (world.phone(), world.relay("relay", Epoch(0)));
    assert!(relay.relay_opener(0).unwrap().open(&wrap(&mut phone, 0)).is_ok());
}

#[test]
fn the_relays_keys_come_as_soon_as_there_is_room() {
    let mut world = World::with(&DEFAULT_POLICY.replace("manifest_size = 65536", "manifest_size = 40000"));
    let mut rng = SystemRng::new();
    let policy = fs::read_to_string(world.path("ops/policy.toml")).unwrap();
    fs::write(world.path("ops/policy.toml"), policy.replace("epochs = 8", "epochs = 4")).unwrap();
    assert_eq!(world.operation.refresh(Epoch(0), &mut rng).unwrap(), Issued::Manifest);
    let relay = world.relay("relay", Epoch(0));
    assert_eq!(relay.manifest().relay.as_ref().unwrap().keys.len(), 4);
}
