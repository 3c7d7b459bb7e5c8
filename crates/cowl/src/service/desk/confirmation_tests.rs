//! Members say which erase orders they obeyed, and the status of an order says who did.

use cowl_core::{ConfirmationAnswer, Erasure, ErasureHandle, StoreKind};

use super::super::*;
use crate::{
    client::{Confirmation, Obeyed},
    keyring::{load_credential, store_new},
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
        let epoch = operation.epoch_at(NOW);
        operation.refresh(epoch, &mut rng).unwrap();
        for (name, enrolled) in [
            ("medic", operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap()),
            ("ward", operation.enrol_gateway("ward", 3, epoch, &mut rng).unwrap()),
        ] {
            store_new(&folder.path().join(name), &enrolled.credential, epoch).unwrap();
        }
        let desk = Desk::new(&mut rng);
        Self { folder, operation, desk, rng }
    }

    fn say(&mut self, name: &str, obeyed: &Obeyed, now: u64) -> Option<ConfirmationAnswer> {
        let credential = load_credential(&self.folder.path().join(name)).unwrap();
        let mut confirmation = Confirmation::of(credential, obeyed).unwrap()?;
        let request = confirmation.request(&mut self.rng).unwrap();
        let epoch = self.operation.epoch_at(now);
        let Self { operation, desk, rng, .. } = self;
        let answer = desk.answer(At { operation, epoch, now, rng }, &request)?;
        Some(confirmation.take(&answer).unwrap())
    }

    /// Of the only order: who carried it out.
    fn reached(&self, now: u64) -> Vec<(String, bool)> {
        let mut status = self.operation.erasure_status(now).unwrap();
        let members = status.pop().unwrap().members;
        members.into_iter().map(|member| (member.name, member.confirmed.is_some())).collect()
    }
}

#[test]
fn an_order_is_carried_out_by_those_whose_stores_all_say_so() {
    let mut world = World::new();
    let obeyed = |store, kind, list| {
        let obeyed = Obeyed::new([store; 16], kind);
        obeyed.note(list);
        obeyed
    };
    let noted = Some(ConfirmationAnswer::Noted);
    assert_eq!(world.say("medic", &obeyed(1, StoreKind::Archive, NOW - 60), NOW), noted);
    world.operation.erase(&[Erasure::Handle(ErasureHandle([7; 16]))], NOW).unwrap();
    let open = |medic, ward| vec![("medic".to_owned(), medic), ("ward".to_owned(), ward)];
    assert_eq!(world.reached(NOW), open(false, false));
    assert_eq!(world.operation.unconfirmed(NOW).unwrap().len(), 2);
    // The gateway's queue obeyed a list from after the order; of the responder's two stores only one did.
    let later = NOW + 60;
    assert_eq!(world.say("ward", &obeyed(2, StoreKind::Queue, later), later), noted);
    assert_eq!(world.say("medic", &obeyed(3, StoreKind::Retained, later), later), noted);
    // One that shows reports and keeps none does not stand in for one that keeps.
    assert_eq!(world.say("medic", &obeyed(4, StoreKind::Reader, later), later), noted);
    assert_eq!(world.reached(later), open(false, true));
    assert_eq!(world.say("medic", &obeyed(1, StoreKind::Archive, later), later + 1), noted);
    assert_eq!(world.reached(later + 1), open(true, true));
    assert!(world.operation.unconfirmed(later + 1).unwrap().is_empty());
    // An older word that comes late takes nothing back.
    assert_eq!(world.say("medic", &obeyed(1, StoreKind::Archive, NOW - 60), later + 2), noted);
    assert_eq!(world.reached(later + 2), open(true, true));
    // What is written down is there after a restart.
    let again = Operation::open(&world.folder.path().join("ops")).unwrap();
    assert!(again.unconfirmed(later + 2).unwrap().is_empty());
    assert_eq!(world.desk.counts().confirmed, 6);
}

#[test]
fn nothing_is_said_for_another_and_no_list_of_the_future_is_obeyed() {
    let mut world = World::new();
    let obeyed = Obeyed::new([1; 16], StoreKind::Archive);
    assert_eq!(world.say("medic", &obeyed, NOW), None);
    obeyed.note(NOW + 10 * 86_400);
    assert_eq!(world.say("medic", &obeyed, NOW), Some(ConfirmationAnswer::NotNoted));
    // Under another's secret.
    let mut credential = load_credential(&world.folder.path().join("medic")).unwrap();
    let other = load_credential(&world.folder.path().join("ward")).unwrap().membership.unwrap();
    credential.membership.as_mut().unwrap().secret = other.secret;
    let obeyed = Obeyed::new([1; 16], StoreKind::Archive);
    obeyed.note(NOW);
    let mut confirmation = Confirmation::of(credential, &obeyed).unwrap().unwrap();
    let request = confirmation.request(&mut world.rng).unwrap();
    let epoch = world.operation.epoch_at(NOW);
    let World { operation, desk, rng, .. } = &mut world;
    assert!(desk.answer(At { operation, epoch, now: NOW, rng }, &request).is_none());
    assert_eq!(desk.counts().confirmed, 0);
}
