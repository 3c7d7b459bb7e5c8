//! Alerts are shown once, in the right lane, and never from an old dispatch.

use cowl_core::{Addressee, AlertKeys, AuthorityKey, DispatchDraft};

use super::*;
use crate::{operation::Operation, random::SystemRng};

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

    fn lane(&self) -> impl Fn(Epoch) -> Lane {
        |epoch| {
            let root = self.operation.role_root(RoleIndex(1), epoch).unwrap();
            Lane::Role(RoleIndex(1), root)
        }
    }

    /// A credential, for what looks at what lies beside one.
    fn operation_phone(&self) -> PathBuf {
        let mut operation = Operation::open(self.operation.folder()).unwrap();
        let path = self.folder.path().join("phone.cowl");
        let made = operation.enrol_device("phone", self.epoch(), &mut SystemRng::new()).unwrap();
        crate::keyring::store_new(&path, &made.credential, made.first).unwrap();
        path
    }

    fn credential(&self) -> PathBuf {
        self.folder.path().join("medic.cowl")
    }

    fn ear(&self) -> Ear {
        Ear::beside(&self.credential(), Some("medical")).unwrap()
    }

    fn epoch(&self) -> Epoch {
        self.operation.epoch_at(NOW)
    }

    fn moment(&self, time: u64) -> Moment {
        Moment { now: self.epoch(), time, here: None }
    }

    fn hear(&self, ear: &mut Ear, bytes: &[u8]) -> Result<Vec<u64>, DispatchError> {
        let heard = ear.hear(bytes, self.operation.manifest(), self.lane(), self.moment(NOW))?;
        Ok(heard.alerts.iter().map(|alert| alert.number).collect())
    }
}

#[test]
fn an_alert_is_shown_once_across_restarts_and_again_only_where_it_was_not_written_down() {
    let world = World::new();
    let quiet = world.operation.dispatch(NOW, &mut SystemRng::new()).unwrap();
    let number = world.operation.alert(Addressee::Members, "leave", NOW, 600).unwrap();
    let loud = world.operation.dispatch(NOW, &mut SystemRng::new()).unwrap();
    let mut ear = world.ear();
    assert_eq!(world.hear(&mut ear, &loud), Ok(vec![number]));
    // It crashed before it was written down.
    let mut ear = world.ear();
    assert_eq!(world.hear(&mut ear, &loud), Ok(vec![number]));
    ear.commit().unwrap();
    assert_eq!(world.hear(&mut ear, &loud), Err(DispatchError::Replayed));
    assert_eq!(world.hear(&mut ear, &quiet), Err(DispatchError::Replayed), "a broker that rolls back");
    let mut ear = world.ear();
    assert_eq!(world.hear(&mut ear, &quiet), Err(DispatchError::Replayed), "after a restart too");
    assert_eq!(world.hear(&mut ear, &loud), Ok(vec![]), "heard again for its marks, shown no more");
    let next = world.operation.dispatch(NOW, &mut SystemRng::new()).unwrap();
    assert_eq!(world.hear(&mut ear, &next), Ok(vec![]));
}

#[test]
fn what_is_over_or_old_or_forged_is_not_shown() {
    let world = World::new();
    world.operation.alert(Addressee::Members, "leave", NOW, 600).unwrap();
    let bytes = world.operation.dispatch(NOW, &mut SystemRng::new()).unwrap();
    let manifest = world.operation.manifest();
    let mut ear = Ear::forgetful();
    // The operation's time went on while a broker kept newer dispatches away.
    let heard = ear.hear(&bytes, manifest, world.lane(), world.moment(NOW + 600)).unwrap();
    assert!(heard.alerts.is_empty());
    let later = |epochs| Moment { now: world.epoch().plus(epochs), ..world.moment(NOW) };
    let stale = Ear::forgetful().hear(&bytes, manifest, world.lane(), later(2));
    assert_eq!(stale.err(), Some(DispatchError::Stale));
    assert!(Ear::forgetful().hear(&bytes, manifest, world.lane(), later(1)).is_ok());
    // Whoever holds a role's keys can seal what he likes, and sign nothing.
    let (root, key) = (world.operation.role_root(RoleIndex(1), world.epoch()).unwrap(), Secret::new([3; 32]));
    let keys = AlertKeys { beacon: &key, roles: &[root.clone(), root] };
    let draft = DispatchDraft {
        operation: manifest.operation,
        sequence: u64::MAX,
        epoch: world.epoch(),
        time: NOW,
        alerts: &[],
        help: &[],
    };
    let stranger = AuthorityKey::new(&Secret::new([9; 32]));
    let size = manifest.policy.sizes.beacon;
    let forged = Dispatch::issue(&draft, &stranger, &keys, size, &mut SystemRng::new()).unwrap();
    let refused = Ear::forgetful().hear(&forged, manifest, world.lane(), world.moment(NOW));
    assert!(matches!(refused.err(), Some(DispatchError::NotSigned(_))));
    let wrong = |_| Lane::Members(Secret::new([3; 32]));
    assert_eq!(
        Ear::forgetful().hear(&bytes, manifest, wrong, world.moment(NOW)).err(),
        Some(DispatchError::Alerts)
    );
}

#[test]
fn an_alert_to_another_zone_waits_until_one_is_there() {
    let world = World::new();
    let manifest = world.operation.manifest();
    let zones = &manifest.policy.zones;
    let (there, here) = (Position::new(18.54, -72.34).unwrap(), Position::new(19.76, -72.2).unwrap());
    let zone = zones.locate(there, cowl_core::LevelIndex(1)).unwrap();
    let leave = world.operation.alert(Addressee::Zone(zone), "leave", NOW, 600).unwrap();
    let all = world.operation.alert(Addressee::Members, "all", NOW, 600).unwrap();
    let numbers = |ear: &mut Ear, here| -> Vec<u64> {
        let bytes = world.operation.dispatch(NOW, &mut SystemRng::new()).unwrap();
        let moment = Moment { here, ..world.moment(NOW) };
        let heard = ear.hear(&bytes, manifest, world.lane(), moment).unwrap();
        ear.commit().unwrap();
        heard.alerts.iter().map(|alert| alert.number).collect()
    };
    let mut ear = world.ear();
    assert_eq!(numbers(&mut ear, Some(here)), [all]);
    assert_eq!(numbers(&mut ear, Some(here)), [] as [u64; 0]);
    // After a restart, and on the way there.
    let mut ear = world.ear();
    assert_eq!(numbers(&mut ear, Some(there)), [leave]);
    assert_eq!(numbers(&mut ear, Some(there)), [] as [u64; 0]);
    // Who does not know where he is, is told.
    assert_eq!(numbers(&mut Ear::forgetful(), None), [leave, all]);
}

#[test]
fn a_damaged_file_is_named_and_the_form_is_read_for_ever() {
    let world = World::new();
    let path = world.folder.path().join("medic.cowl.heard.medical");
    files::replace_summed(&path, include_bytes!("../../tests/data/heard-1")).unwrap();
    let stored = world.ear().stored;
    assert_eq!((stored.newest, stored.shown), (Some(1_800_000_123), 1_800_000_007));
    assert_eq!(stored.elsewhere, [1_800_000_005]);
    for bad in ["", "cowl heard 2\n1 2\n", "cowl heard 1\n1\n", "cowl heard 1\n1 2", "cowl heard 1\n1 2 \n"] {
        files::replace_summed(&path, bad.as_bytes()).unwrap();
        let error = Ear::beside(&world.credential(), Some("medical")).unwrap_err();
        assert!(
            matches!(error, FileError::Altered(_)) && error.to_string().contains("heard.medical"),
            "{bad}"
        );
    }
}

/// Hears one alert after the other until it is killed.
#[test]
fn killed_child() {
    let Some(folder) = crate::state::killing::folder() else { return };
    let world = World {
        operation: Operation::open(&folder.join("ops")).unwrap(),
        folder: tempfile::tempdir().unwrap(),
    };
    let mut ear = Ear::beside(&folder.join("medic.cowl"), Some("medical")).unwrap();
    // Numbers grow with the time at least, and by it what was told before is over.
    let mut time = NOW;
    loop {
        let number = world.operation.alert(Addressee::Members, "leave", time, 1).unwrap();
        let shown =
            world.hear(&mut ear, &world.operation.dispatch(time, &mut SystemRng::new()).unwrap()).unwrap();
        time = number + 2;
        ear.commit().unwrap();
        for number in shown {
            crate::state::killing::say(&number.to_string());
        }
    }
}

#[test]
fn what_was_shown_and_written_down_is_not_shown_again_whenever_it_is_killed() {
    let world = World::new();
    let path = world.folder.path().join("medic.cowl.heard.medical");
    let mut newest = 0;
    crate::state::killing::rounds("keyring::heard::tests::killed_child", world.folder.path(), |told| {
        for line in told {
            let number = line.parse().unwrap();
            assert!(number > newest, "{number} after {newest}");
            newest = number;
        }
        Ear::examine(&path).unwrap();
        // The authority's own file, which the same process wrote.
        let ops = crate::state::examine(&world.folder.path().join("ops"));
        assert!(ops.iter().all(|one| one.weight < crate::state::Weight::Damage), "{ops:?}");
    });
}

#[test]
fn a_corrupted_byte_is_named_and_the_first_form_is_read() {
    let world = World::new();
    let phone = world.operation_phone();
    let path = world.folder.path().join("phone.cowl.heard");
    files::replace_summed(&path, b"cowl heard 1\n1800000001 1800000007 1800000003\n").unwrap();
    Ear::examine(&path).unwrap();
    let ear = Ear::beside(&phone, None).unwrap();
    let known = Memory { newest: Some(1_800_000_001), shown: 1_800_000_007, elsewhere: vec![1_800_000_003] };
    assert_eq!(ear.memory, known);
    let good = std::fs::read(&path).unwrap();
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 0x04;
        std::fs::write(&path, &bad).unwrap();
        assert!(Ear::beside(&phone, None).is_err(), "byte {place}");
        let found = crate::state::examine(&phone);
        assert!(
            found.iter().any(|one| one.path == path && !one.remedy.is_empty()),
            "byte {place}: {found:?}"
        );
    }
}
