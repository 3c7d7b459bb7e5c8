//! Tickets let one machine in once, while they are good.

use std::{fs, path::PathBuf};

use super::*;
use crate::keyring::{Reader, Sender, store_new};

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 24 * 3_600;
const ONE: [u8; 32] = [1; 32];
const TWO: [u8; 32] = [2; 32];

struct World {
    folder: tempfile::TempDir,
    operation: Operation,
    rng: SystemRng,
}

impl World {
    fn new() -> Self {
        Self::with_places(4_096)
    }

    fn with_places(places: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.toml");
        let text =
            crate::policy_file::DEFAULT_POLICY.replacen("places = 4096", &format!("places = {places}"), 1);
        let text = text.replace(crate::policy_file::HAITI_DEPARTMENTS_NAME, "zones.geojson");
        fs::write(&policy, text).unwrap();
        fs::write(folder.path().join("zones.geojson"), crate::policy_file::HAITI_DEPARTMENTS).unwrap();
        let mut rng = SystemRng::new();
        let ops = folder.path().join("ops");
        let operation = Operation::create_from(&ops, Some(&policy), &[], NOW, &mut rng).unwrap();
        assert_eq!(operation.manifest().policy.places, places);
        Self { folder, operation, rng }
    }

    fn invite(&mut self, members: &[NewMember], until: u64) -> Result<Vec<Token>, OperationError> {
        let now = self.operation.epoch_at(NOW);
        self.operation.invite(members, until, now, &mut self.rng)
    }

    fn ticket(&mut self, member: NewMember) -> Token {
        self.invite(&[member], NOW + 7 * DAY).unwrap().remove(0)
    }

    fn join(&mut self, token: &Token, machine: [u8; 32], at: u64) -> Option<Result<Enrolled, JoinRefused>> {
        self.operation.join(token, &machine, at, &mut self.rng).unwrap()
    }

    fn refused(&mut self, token: &Token, machine: [u8; 32], at: u64) -> JoinRefused {
        self.join(token, machine, at).unwrap().unwrap_err()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[test]
fn the_first_machine_gets_in_and_again_for_a_day_and_no_other() {
    let mut world = World::new();
    let token = world.ticket(NewMember::device("phone"));
    let standing = world.operation.register().member("phone").unwrap().standing;
    assert!(standing.is_invited());
    let first = world.join(&token, ONE, NOW + DAY).unwrap().unwrap();
    let entry = world.operation.register().member("phone").unwrap().clone();
    assert!(entry.standing.is_member() && entry.devices == 1);
    assert_eq!(first.first, world.operation.epoch_at(NOW + DAY), "its keys begin when it joins");
    assert_eq!(world.refused(&token, TWO, NOW + DAY), JoinRefused::Used);
    let again = world.join(&token, ONE, NOW + DAY + 60).unwrap().unwrap();
    let who = |enrolled: &Enrolled| enrolled.credential.membership.as_ref().unwrap().id;
    assert_eq!(who(&first), who(&again));
    assert_ne!(first.credential.instance, again.credential.instance);
    let after = world.operation.register().member("phone").unwrap();
    assert_eq!((after.first_device, after.devices), (entry.first_device, entry.devices));
    assert_eq!(world.refused(&token, ONE, NOW + 2 * DAY), JoinRefused::Used);
    assert_eq!(world.operation.register().members().len(), 1);
}

#[test]
fn time_is_the_authoritys_and_a_ticket_ends_with_its_last_second() {
    let mut world = World::new();
    let token = world.ticket(NewMember::device("phone"));
    assert_eq!(world.refused(&token, ONE, NOW + 7 * DAY), JoinRefused::Expired);
    assert!(world.join(&token, ONE, NOW + 7 * DAY - 1).unwrap().is_ok());
}

#[test]
fn nobody_was_invited_by_another_token_or_in_another_operation() {
    let (mut world, mut other) = (World::new(), World::new());
    let token = world.ticket(NewMember::device("phone"));
    assert!(other.join(&token, ONE, NOW).is_none());
    assert!(world.join(&Token::new([7; 16]), ONE, NOW).is_none());
    // Neither used it up.
    assert!(world.join(&token, ONE, NOW).unwrap().is_ok());
}

#[test]
fn a_new_invitation_ends_the_one_before_and_a_member_is_not_replaced() {
    let mut world = World::new();
    let lost = world.ticket(NewMember::device("phone"));
    let found = world.ticket(NewMember::device("phone"));
    assert!(world.join(&lost, ONE, NOW).is_none());
    assert!(world.join(&found, ONE, NOW).unwrap().is_ok());
    let taken = world.invite(&[NewMember::device("phone")], NOW + DAY);
    assert!(matches!(taken, Err(OperationError::NameTaken)));
    let twice = world.invite(&[NewMember::device("a"), NewMember::device("a")], NOW + DAY);
    assert!(matches!(twice, Err(OperationError::NameTaken)));
    let role = world.invite(&[NewMember::responder("b", &["chief".to_owned()])], NOW + DAY);
    assert!(matches!(role, Err(OperationError::NoSuchRole(_))));
    assert_eq!(world.operation.register().members().len(), 1);
}

#[test]
fn places_are_kept_for_those_who_are_invited_until_their_tickets_expire() {
    let mut world = World::with_places(64);
    let now = world.operation.epoch_at(NOW);
    let token = world.ticket(NewMember::gateway("hut", 60));
    world.operation.enrol_gateway("town", 4, now, &mut world.rng).unwrap();
    let full = world.operation.enrol_device("phone", now, &mut world.rng);
    assert!(matches!(full, Err(OperationError::Full(64))));
    let full = world.invite(&[NewMember::device("phone")], NOW + DAY);
    assert!(matches!(full, Err(OperationError::Full(64))));
    // The same card anew takes no more places.
    let token_again = world.ticket(NewMember::gateway("hut", 60));
    assert!(world.join(&token, ONE, NOW).is_none());
    let hut = world.join(&token_again, ONE, NOW).unwrap().unwrap();
    let cowl_core::Member::Gateway(identities) = &hut.credential.member else { panic!("no gateway") };
    assert_eq!(identities.len(), 60);
    // An expired one keeps nothing.
    let mut world = World::with_places(64);
    world.invite(&[NewMember::gateway("hut", 60)], NOW + DAY).unwrap();
    let later = world.operation.epoch_at(NOW + 2 * DAY);
    world.operation.enrol_gateway("town", 64, later, &mut world.rng).unwrap();
}

#[test]
fn every_kind_of_member_joins_and_works() {
    let mut world = World::new();
    let triage = ["triage".to_owned()];
    let members = [
        NewMember::device("phone"),
        NewMember::responder("medic", &triage),
        NewMember::gateway("hut", 3),
        NewMember::relay("valley"),
    ];
    let tokens = world.invite(&members, NOW + DAY).unwrap();
    let mut paths = Vec::new();
    for (token, member) in tokens.iter().zip(&members) {
        let path = world.path(&member.name);
        let enrolled = world.join(token, ONE, NOW).unwrap().unwrap();
        store_new(&path, &enrolled.credential, enrolled.first).unwrap();
        paths.push(path);
    }
    let mut reader = Reader::open(&paths[1], "triage", None).unwrap();
    for sends in [&paths[0], &paths[2], &paths[3]] {
        let mut sender = Sender::open(sends).unwrap();
        let reading = crate::formats::parse(b"severity: high, lat: 18.54, lon: -72.34").unwrap();
        let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
        let report = sender.report(reduced);
        let message = sender.seal(0, &report, 0).unwrap().sealed;
        let mut reports = Vec::new();
        reader.read(message.bytes(), 0, &mut reports).unwrap();
        assert_eq!(reports.len(), 1, "{}", sends.display());
    }
}

#[test]
fn a_thousand_are_invited_at_once_and_their_tokens_are_kept_nowhere() {
    let mut world = World::new();
    let members: Vec<_> = (0..1_000).map(|n| NewMember::device(format!("phone-{n:04}"))).collect();
    let tokens = world.invite(&members, NOW + DAY).unwrap();
    assert_eq!(world.operation.register().members().len(), 1_000);
    let text = fs::read_to_string(world.operation.folder().join("register.json")).unwrap();
    let authority = world.operation.manifest().authority().fingerprint();
    for token in &tokens {
        assert!(!text.contains(&hex::encode(token.expose())));
        assert!(text.contains(&hex::encode(token.id(authority))));
    }
    let log = world.operation.log().unwrap().unwrap();
    assert!(log.checkpoint().unwrap().unverified().size >= 1_000);
}

#[test]
fn enrolled_at_once_all_have_keys_and_numbers_of_their_own() {
    let mut world = World::new();
    let now = world.operation.epoch_at(NOW);
    let members = [NewMember::device("a"), NewMember::gateway("b", 3), NewMember::device("c")];
    let all = world.operation.enrol_all(&members, now, &mut world.rng).unwrap();
    let numbers: Vec<_> = world
        .operation
        .register()
        .members()
        .iter()
        .map(|entry| (entry.first_device, entry.devices))
        .collect();
    assert_eq!(numbers, [(0, 1), (1, 3), (4, 1)]);
    let instances: HashSet<_> = all.iter().map(|enrolled| enrolled.credential.instance).collect();
    assert_eq!(instances.len(), 3);
}

/// A register as it was written before there were invitations, and one with each standing.
#[test]
fn registers_of_every_release_are_read() {
    let mut world = World::new();
    let path = world.operation.folder().join("register.json");
    let old = r#"{"next_device":1,"members":[{"name":"phone","kind":"device","first_device":0,"devices":1,
        "roles":[],"first_epoch":0,"last_epoch":112}]}"#;
    fs::write(&path, old).unwrap();
    world.operation.reload().unwrap();
    assert!(world.operation.register().member("phone").unwrap().standing.is_member());
    let new = r#"{"next_device":1,"members":[
        {"name":"a","kind":"device","first_device":0,"devices":0,"roles":[],"first_epoch":0,"last_epoch":0,
         "standing":{"invited":{"until":1800000001,"ticket":"000102030405060708090a0b0c0d0e0f","devices":1}}},
        {"name":"b","kind":"device","first_device":0,"devices":1,"roles":[],"first_epoch":0,"last_epoch":112,
         "admission":{"ticket":"000102030405060708090a0b0c0d0e0f",
          "machine":"000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f","until":1800000001}}]}"#;
    fs::write(&path, new).unwrap();
    world.operation.reload().unwrap();
    let register = world.operation.register();
    assert!(register.member("a").unwrap().standing.is_invited());
    assert!(register.member("b").unwrap().admission.is_some());
    for broken in [new.replacen("0f\",\"devices", "0\",\"devices", 1), new.replacen("invited", "guest", 1)] {
        fs::write(&path, broken).unwrap();
        assert!(matches!(world.operation.reload(), Err(OperationError::Damaged { .. })));
    }
}
