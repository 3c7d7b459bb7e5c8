//! From a report to the word that help is coming, and who finds it.

use cowl_core::{Dispatch, HelpAnswer, HelpKey};

use super::super::*;
use crate::{
    formats,
    help::{HelpCall, HelpError, Waiting},
    keyring::{Reader, Sender, WalkInSender, load_credential, store_new},
};

const NOW: u64 = 1_800_000_000;

struct World {
    folder: tempfile::TempDir,
    operation: Operation,
    desk: Desk,
    rng: SystemRng,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        let mut operation = Operation::create(&folder.path().join("ops"), NOW, &mut rng).unwrap();
        operation.refresh(operation.epoch_at(NOW), &mut rng).unwrap();
        let desk = Desk::new(&mut rng);
        Self { folder, operation, desk, rng }
    }

    fn epoch(&self) -> Epoch {
        self.operation.epoch_at(NOW)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn responder(&mut self, role: &str) -> std::path::PathBuf {
        let (epoch, path) = (self.epoch(), self.path(&format!("{role}.cowl")));
        let enrolled =
            self.operation.enrol_responder(role, &[role.to_owned()], epoch, &mut self.rng).unwrap();
        store_new(&path, &enrolled.credential, epoch).unwrap();
        path
    }

    fn device(&mut self) -> std::path::PathBuf {
        let (epoch, path) = (self.epoch(), self.path("phone.cowl"));
        let enrolled = self.operation.enrol_device("phone", epoch, &mut self.rng).unwrap();
        store_new(&path, &enrolled.credential, epoch).unwrap();
        path
    }

    fn say(&mut self, call: &mut HelpCall) -> Option<Result<HelpAnswer, HelpError>> {
        let request = call.request(&mut self.rng).unwrap();
        let (epoch, Self { operation, desk, rng, .. }) = (self.epoch(), self);
        desk.answer(At { operation, epoch, now: NOW, rng }, &request).map(|answer| call.take(&answer))
    }

    fn dispatch(&self) -> Dispatch {
        let manifest = self.operation.manifest();
        let bytes = self.operation.dispatch(NOW, &mut SystemRng::new()).unwrap();
        Dispatch::verify(&bytes, manifest.authority(), manifest.operation, None).unwrap()
    }

    fn read(path: &std::path::Path, role: &str, message: &[u8]) -> HelpKey {
        let mut reader = Reader::open(path, role, None).unwrap();
        reader.tell_help();
        let mut reports = Vec::new();
        reader.read(message, 0, &mut reports).unwrap();
        reports.remove(0).help.unwrap()
    }
}

const READING: &[u8] = b"temperature: 39, severity: high, lat: 18.54, lon: -72.34";

#[test]
fn a_reporter_finds_that_help_is_coming_and_another_role_does_not() {
    let mut world = World::new();
    let (medic, rescuer, phone) = (world.responder("medical"), world.responder("rescue"), world.device());
    let mut sender = Sender::open(&phone).unwrap();
    let policy = sender.manifest().policy.clone();
    let mut waiting = Waiting::open(&world.path("waiting"), world.operation.manifest().operation).unwrap();
    let reading = formats::parse(READING).unwrap();
    let report = sender.report(policy.reduce(reading, &sender.surroundings(NOW)).unwrap());
    let awaited = sender.seal_awaiting(0, &report, 0).unwrap();
    waiting.add(report.header().report, &awaited.help, NOW);
    let message = awaited.sealed.sealed.into_bytes();
    let key = World::read(&medic, "medical", &message);
    let other = World::read(&rescuer, "rescue", &message);
    assert_ne!(key, other);

    assert!(waiting.hear(&world.dispatch(), &policy).is_empty());
    let medic = load_credential(&medic).unwrap();
    let mut call = HelpCall::new(&medic, None, vec![key]).unwrap();
    assert!(matches!(world.say(&mut call), Some(Ok(HelpAnswer::Taken))));
    let dispatch = world.dispatch();
    // The rescuer read the same report, and cannot tell that help is coming to it.
    assert!(!dispatch.says_help(&other));
    let found = waiting.hear(&dispatch, &policy);
    assert_eq!(found.iter().map(|found| found.role.as_str()).collect::<Vec<_>>(), ["medical"]);
    assert_eq!(world.desk.counts().helped, 1);
}

#[test]
fn a_walk_in_finds_it_too() {
    let mut world = World::new();
    let rescuer = world.responder("rescue");
    let mut sender = WalkInSender::new(world.operation.manifest().clone());
    let policy = sender.manifest().policy.clone();
    let around = cowl_core::Surroundings { counts: None, now: NOW };
    let report = sender.report(policy.reduce(formats::parse(READING).unwrap(), &around).unwrap());
    let awaited = sender.seal_awaiting(&report, Some(world.epoch())).unwrap();
    let again = sender.seal_awaiting(&report, Some(world.epoch())).unwrap();
    let mut waiting = Waiting::open(&world.path("waiting"), world.operation.manifest().operation).unwrap();
    waiting.add(report.header().report, &awaited.help, NOW);
    waiting.add(report.header().report, &again.help, NOW);
    // Only the second copy arrived.
    let key = World::read(&rescuer, "rescue", again.sealed.bytes());
    let rescuer = load_credential(&rescuer).unwrap();
    assert!(matches!(
        world.say(&mut HelpCall::new(&rescuer, None, vec![key]).unwrap()),
        Some(Ok(HelpAnswer::Taken))
    ));
    assert_eq!(waiting.hear(&world.dispatch(), &policy).len(), 1);
}

#[test]
fn only_responders_who_still_are_say_so_and_not_too_often() {
    let mut world = World::new();
    let (medic, phone) = (world.responder("medical"), world.device());
    let key = HelpKey::from_bytes([7; 32]);
    let phone = load_credential(&phone).unwrap();
    assert!(matches!(HelpCall::new(&phone, None, vec![key.clone()]), Err(HelpError::NotAResponder)));
    // A device that asks all the same, by a client of its own.
    let mut medic = load_credential(&medic).unwrap();
    let own = std::mem::replace(&mut medic.membership, phone.membership.clone());
    let mut posing = HelpCall::new(&medic, None, vec![key.clone()]).unwrap();
    assert!(matches!(world.say(&mut posing), Some(Ok(HelpAnswer::NotAResponder))));
    // One who does not know the member's secret gets no answer at all.
    let forged = own.clone().map(|membership| Membership { secret: Secret::new([1; 32]), ..membership });
    medic.membership = forged;
    assert!(world.say(&mut HelpCall::new(&medic, None, vec![key.clone()]).unwrap()).is_none());
    assert!(!world.dispatch().says_help(&key));
    medic.membership = own;
    assert!(matches!(HelpCall::new(&medic, None, Vec::new()), Err(HelpError::Count)));
    // More than a quarter of what a dispatch says is too much for one.
    let keys = |from: u8| -> Vec<_> {
        (0..128)
            .map(|n| HelpKey::from_bytes([[from, n].as_slice(), &[9; 30]].concat().try_into().unwrap()))
            .collect()
    };
    for from in 0..2 {
        let mut call = HelpCall::new(&medic, None, keys(from)).unwrap();
        assert!(matches!(world.say(&mut call), Some(Ok(HelpAnswer::Taken))));
    }
    let mut call = HelpCall::new(&medic, None, vec![key.clone()]).unwrap();
    assert!(matches!(world.say(&mut call), Some(Ok(HelpAnswer::Full))));
    // Said again it is no more, and too often it is not answered.
    let mut answered = 0;
    while world.say(&mut HelpCall::new(&medic, None, keys(0)).unwrap()).is_some() {
        answered += 1;
        assert!(answered < 1_000);
    }
    world.operation.revoke("medical", None, NOW).unwrap();
    world.desk = Desk::new(&mut world.rng);
    let revoked = world.say(&mut HelpCall::new(&medic, None, vec![key]).unwrap());
    assert!(matches!(revoked, Some(Ok(HelpAnswer::NotAResponder))));
}
