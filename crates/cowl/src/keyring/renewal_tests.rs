use std::path::PathBuf;

use cowl_core::exchange::{Incoming, ServiceKey};
use tempfile::TempDir;

use super::*;
use crate::{
    keyring::{Sender, load_credential, store_new},
    operation::Operation,
    service::Service,
};

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;

/// An operation, its service, and a member's credential.
struct World {
    folder: TempDir,
    service: Service,
    rng: SystemRng,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let operation = Operation::create(&folder.path().join("ops"), NOW, &mut rng).unwrap();
        let service = Service::new(operation, NOW, None).unwrap();
        Self { folder, service, rng }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Enrols by another process than the service's, as `cowl enrol` does.
    fn enrol(&mut self, name: &str, gateway: Option<u32>) -> PathBuf {
        let mut operation = Operation::open(&self.path("ops")).unwrap();
        let (epoch, rng) = (operation.epoch_at(NOW), &mut self.rng);
        let enrolled = match gateway {
            Some(devices) => operation.enrol_gateway(name, devices, epoch, rng).unwrap(),
            None => operation.enrol_device(name, epoch, rng).unwrap(),
        };
        let path = self.path(name);
        store_new(&path, &enrolled.credential, enrolled.first).unwrap();
        path
    }

    /// Asks as often as it takes.
    fn renew(&mut self, path: &Path, now: u64) -> Result<Renewed, RenewalError> {
        let mut renewal = Renewal::begin(path, None)?;
        loop {
            let request = renewal.request(&mut self.rng)?;
            let answer = self.service.answer(&request, now).expect("an answer");
            match renewal.take(&answer)? {
                Progress::More => {}
                Progress::Done(renewed) => return Ok(renewed),
            }
        }
    }
}

fn step(path: &Path) -> u32 {
    load_credential(path).unwrap().membership.unwrap().step
}

#[test]
fn keys_go_on_and_the_secret_moves() {
    let mut world = World::new();
    let path = world.enrol("phone", None);
    let before = last_epoch(&load_credential(&path).unwrap().member).unwrap();
    world.service.tick(NOW + 10 * DAY).unwrap();
    let renewed = world.renew(&path, NOW + 10 * DAY).unwrap();
    assert_eq!(renewed.last_epoch, Some(before.plus(40)), "10 days of 6 hours more");
    assert_eq!(step(&path), 1);
    // What was lost with the service before it wrote anything down is proven again.
    world.service = Service::new(Operation::open(&world.path("ops")).unwrap(), NOW + 10 * DAY, None).unwrap();
    world.renew(&path, NOW + 10 * DAY).unwrap();
    world.service.keep_desk().unwrap();
    world.renew(&path, NOW + 10 * DAY).unwrap();
    let operation = Operation::open(&world.path("ops")).unwrap();
    let entry = operation.register().member("phone").unwrap();
    assert_eq!((entry.membership.as_ref().unwrap().step, entry.last_epoch), (1, before.plus(40).0));
    assert_eq!(step(&path), 3);
}

#[test]
fn a_member_offline_for_30_days_comes_back_without_help() {
    let mut world = World::new();
    let path = world.enrol("phone", None);
    let later = NOW + 30 * DAY;
    for day in 1..=30 {
        world.service.tick(NOW + day * DAY).unwrap();
    }
    let outgoing = world.service.announce(later).unwrap();
    let mut sender = Sender::open(&path).unwrap();
    sender.follow(&outgoing.manifest.unwrap()).unwrap();
    sender.hear(&outgoing.beacon.unwrap(), 7).unwrap();
    let report = sender.cover();
    assert!(matches!(sender.seal(0, &report, 7), Err(KeyringError::NoKeys { .. })));
    assert!(sender.is_renewal_due(7));
    world.renew(&path, later).unwrap();
    sender.reload().unwrap();
    assert_eq!(sender.seal(0, &report, 7).unwrap().epoch, sender.epoch(7));
    assert!(!sender.is_renewal_due(7));
}

#[test]
fn a_lost_answer_loses_nothing_and_a_replay_gives_nothing() {
    let mut world = World::new();
    let path = world.enrol("phone", None);
    let mut renewal = Renewal::begin(&path, None).unwrap();
    let request = renewal.request(&mut world.rng).unwrap();
    let answer = world.service.answer(&request, NOW).unwrap();
    // It never arrived; the member was killed, and asks anew with what its file holds.
    drop(renewal);
    world.renew(&path, NOW).unwrap();
    world.renew(&path, NOW).unwrap();
    assert_eq!(step(&path), 2);
    // The first secret is over since the next one was used.
    assert_eq!(world.service.answer(&request, NOW), None);
    // And what was answered then opens for nobody who asks now.
    let mut renewal = Renewal::begin(&path, None).unwrap();
    renewal.request(&mut world.rng).unwrap();
    assert!(matches!(renewal.take(&answer), Err(RenewalError::NotTheAnswer)));
}

#[test]
fn answers_of_others_are_refused_and_so_are_requests_elsewhere() {
    let mut world = World::new();
    let (phone, tablet) = (world.enrol("phone", None), world.enrol("tablet", None));
    let [mut first, mut second] = [&phone, &tablet].map(|path| Renewal::begin(path, None).unwrap());
    let requests = [&mut first, &mut second].map(|renewal| renewal.request(&mut world.rng).unwrap());
    let [one, other] = requests.each_ref().map(|request| world.service.answer(request, NOW).unwrap());
    assert_eq!(one.len(), other.len(), "all devices' answers have one size");
    assert!(matches!(first.take(&other), Err(RenewalError::NotTheAnswer)));
    assert!(matches!(second.take(&one), Err(RenewalError::NotTheAnswer)));
    assert!(matches!(first.take(&one), Ok(Progress::Done(_))));
    let mut elsewhere = World::new();
    assert_eq!(elsewhere.service.answer(&requests[0], NOW), None);
    for junk in [&[][..], &[0; 8_192], &requests[0][1..]] {
        assert_eq!(world.service.answer(junk, NOW), None);
    }
    let key = ServiceKey::new(world.rng.secret());
    assert!(Incoming::open(&key, first.manifest().operation, &requests[0]).is_err());
}

#[test]
fn a_gateway_gets_its_keys_in_parts_and_only_whole() {
    let mut world = World::new();
    let path = world.enrol("gateway", Some(20));
    let before = load_credential(&path).unwrap().to_bytes().unwrap();
    let later = NOW + 3 * DAY;
    world.service.tick(later).unwrap();
    let mut renewal = Renewal::begin(&path, None).unwrap();
    let request = renewal.request(&mut world.rng).unwrap();
    assert!(matches!(renewal.take(&world.service.answer(&request, later).unwrap()), Ok(Progress::More)));
    let (came, parts) = renewal.parts();
    assert!(came == 1 && parts.unwrap() > 2, "{parts:?}");
    drop(renewal);
    assert_eq!(load_credential(&path).unwrap().to_bytes().unwrap(), before);
    let renewed = world.renew(&path, later).unwrap();
    let Member::Gateway(identities) = load_credential(&path).unwrap().member else {
        panic!("it is a gateway")
    };
    assert_eq!(identities.len(), 20);
    for keyring in &identities {
        assert_eq!(keyring.range(), Some((Epoch(0), renewed.last_epoch.unwrap())));
    }
}

#[test]
fn a_revoked_member_is_told_and_gets_nothing() {
    let mut world = World::new();
    let path = world.enrol("phone", None);
    let before = std::fs::read(&path).unwrap();
    Operation::open(&world.path("ops")).unwrap().revoke("phone", None, NOW).unwrap();
    assert!(matches!(world.renew(&path, NOW), Err(RenewalError::Revoked)));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(world.service.desk().counts().revoked, 1);
}

#[test]
fn who_asks_too_often_waits() {
    let mut world = World::new();
    let path = world.enrol("phone", None);
    let mut renewal = Renewal::begin(&path, None).unwrap();
    let mut answered = |world: &mut World, now| {
        let request = renewal.request(&mut world.rng).unwrap();
        world.service.answer(&request, now).is_some()
    };
    let given = (0..40).take_while(|_| answered(&mut world, NOW)).count();
    assert_eq!(given, 10, "two for the one part, and some to spare");
    assert!(!answered(&mut world, NOW + 1) && answered(&mut world, NOW + 3_600));
    assert_eq!(world.service.desk().counts().limited, 2);
    // Others are served meanwhile.
    let other = world.enrol("tablet", None);
    world.renew(&other, NOW + 1).unwrap();
}

#[test]
fn a_credential_from_before_says_so() {
    let mut world = World::new();
    let path = world.enrol("phone", None);
    let mut credential = load_credential(&path).unwrap();
    credential.membership = None;
    crate::files::replace(&path, &credential.to_bytes().unwrap(), crate::files::Access::Owner).unwrap();
    assert!(matches!(Renewal::begin(&path, None), Err(RenewalError::NoMembership)));
}

#[test]
fn after_a_rotation_old_keys_seal_nothing_and_new_ones_come_in_band() {
    let mut world = World::new();
    let path = world.enrol("phone", None);
    let old = load_credential(&path).unwrap();
    let mut operation = Operation::open(&world.path("ops")).unwrap();
    let rotation = operation.rotate(NOW, &mut world.rng).unwrap();
    assert_eq!((rotation.generation, rotation.from, rotation.senders), (1, Epoch(1), 1));
    let mut sender = Sender::open(&path).unwrap();
    let hear = |world: &mut World, sender: &mut Sender, now: u64| {
        let outgoing = world.service.announce(now).unwrap();
        sender.follow(&outgoing.manifest.unwrap()).unwrap();
        sender.hear(&outgoing.beacon.unwrap(), now - NOW).unwrap()
    };
    hear(&mut world, &mut sender, NOW);
    let report = sender.cover();
    // Until the epoch ends the old keys hold, and members spread their asking.
    sender.seal(0, &report, 0).unwrap();
    assert!((0..7_200).any(|second| sender.is_renewal_due(second)));
    hear(&mut world, &mut sender, NOW + DAY / 4);
    assert!(matches!(sender.seal(0, &report, DAY / 4), Err(KeyringError::OldKeys)));
    world.renew(&path, NOW + DAY / 4).unwrap();
    sender.reload().unwrap();
    sender.seal(0, &report, DAY / 4).unwrap();
    let (Member::Device(old), Member::Device(new)) = (&old.member, &sender.credential().member) else {
        panic!("both are devices")
    };
    let root = |keyring: &cowl_core::DeviceKeyring, epoch| {
        *keyring.root(cowl_core::RoleIndex(0), Epoch(epoch)).unwrap().secret().expose()
    };
    assert!((1..100).all(|epoch| root(old, epoch) != root(new, epoch)));
    assert_ne!(old.beacon_key(Epoch(1)).unwrap().expose(), new.beacon_key(Epoch(1)).unwrap().expose());
}
