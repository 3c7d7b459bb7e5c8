//! Identities are given out once, and survive.

use std::{os::unix::fs::MetadataExt as _, sync::mpsc};

use super::*;

fn key() -> Secret {
    Secret::new([7; 32])
}

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("gateway.roster")
    }

    fn open(&self, capacity: u32) -> Roster {
        Roster::open(&self.path(), &key(), capacity, false).unwrap()
    }
}

/// Waits until everything is on disk.
fn written(roster: &Roster) -> bool {
    let (say, hear) = mpsc::channel();
    roster.when_written(Box::new(move |written| say.send(written).unwrap()));
    hear.recv().unwrap()
}

fn give(roster: &Roster, name: &str) -> u32 {
    match roster.place(name).unwrap() {
        Place::Known(place) => place,
        Place::New(place) => {
            assert!(written(roster));
            assert_eq!(roster.place(name), Ok(Place::Known(place)));
            place
        }
    }
}

#[test]
fn each_device_keeps_its_identity_for_ever() {
    let world = World::new();
    let roster = world.open(3);
    assert_eq!(roster.place("a"), Ok(Place::New(0)));
    assert_eq!(roster.place("a"), Ok(Place::New(0)));
    assert_eq!((give(&roster, "a"), give(&roster, "b")), (0, 1));
    // Read while it runs.
    assert_eq!(Roster::read(&world.path(), &key()).unwrap(), [("a".into(), 0), ("b".into(), 1)]);
    drop(roster);
    let roster = world.open(3);
    assert_eq!((give(&roster, "b"), give(&roster, "ünïcode 🦊"), give(&roster, "a")), (1, 2, 0));
    assert_eq!(roster.place("d"), Err(NoPlace::Full));
    assert_eq!(roster.list(), [("a".into(), 0), ("b".into(), 1), ("ünïcode 🦊".into(), 2)]);
    assert_eq!(Roster::open(&world.path(), &key(), 4, true).unwrap().len(), 3);
}

#[test]
fn inline_is_written_before_it_goes_on() {
    let world = World::new();
    let roster = Roster::open(&world.path(), &key(), 9, true).unwrap();
    assert_eq!(roster.place("a"), Ok(Place::New(0)));
    assert!(written(&roster));
    assert_eq!(Roster::read(&world.path(), &key()).unwrap(), [("a".into(), 0)]);
}

#[test]
fn nothing_of_a_name_is_on_disk() {
    let world = World::new();
    let roster = world.open(9);
    for name in ["owntracks:anna/phone", "x", &"y".repeat(MAX_DEVICE_NAME)] {
        give(&roster, name);
    }
    let bytes = std::fs::read(world.path()).unwrap();
    assert_eq!(bytes.len(), 4 * RECORD);
    assert!(!bytes.windows(4).any(|window| window == b"anna" || window == b"yyyy"));
    assert_eq!(std::fs::metadata(world.path()).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_torn_end_is_as_if_it_never_were() {
    for torn in [1, 17, 255, 256, 300, 512] {
        let world = World::new();
        give(&world.open(9), "a");
        let mut bytes = std::fs::read(world.path()).unwrap();
        bytes.resize(bytes.len() + torn, 0);
        std::fs::write(world.path(), &bytes).unwrap();
        let roster = world.open(9);
        assert_eq!((give(&roster, "a"), give(&roster, "b")), (0, 1), "{torn}");
        drop(roster);
        assert_eq!(world.open(9).list().len(), 2);
    }
}

#[test]
fn a_record_that_cannot_be_read_gives_nobody_anothers_identity() {
    let world = World::new();
    let roster = world.open(9);
    for name in ["a", "b", "c"] {
        give(&roster, name);
    }
    drop(roster);
    let mut bytes = std::fs::read(world.path()).unwrap();
    bytes[2 * RECORD + 5] ^= 1;
    std::fs::write(world.path(), &bytes).unwrap();
    let roster = world.open(9);
    assert_eq!((give(&roster, "a"), give(&roster, "c"), give(&roster, "b")), (0, 2, 3));
    drop(roster);
    // Records swapped are two that cannot be read.
    let mut bytes = std::fs::read(world.path()).unwrap();
    let (one, two) = (bytes[RECORD..2 * RECORD].to_vec(), bytes[3 * RECORD..4 * RECORD].to_vec());
    bytes[RECORD..2 * RECORD].copy_from_slice(&two);
    bytes[3 * RECORD..4 * RECORD].copy_from_slice(&one);
    std::fs::write(world.path(), &bytes).unwrap();
    assert_eq!(world.open(9).list(), [("b".into(), 3)]);
}

#[test]
fn anothers_roster_is_refused() {
    let world = World::new();
    give(&world.open(9), "a");
    let other = Secret::new([8; 32]);
    assert!(matches!(Roster::open(&world.path(), &other, 9, true), Err(RosterError::Damaged(_))));
    assert!(matches!(Roster::read(&world.path(), &other), Err(RosterError::Damaged(_))));
    std::fs::write(world.path(), b"not a roster").unwrap();
    assert!(matches!(Roster::open(&world.path(), &key(), 9, true), Err(RosterError::Damaged(_))));
}

#[test]
fn who_cannot_be_written_down_is_not_known() {
    let world = World::new();
    let roster = world.open(9);
    give(&roster, "a");
    // A name that no record has room for stands for a disk that takes nothing.
    let long = "x".repeat(MAX_DEVICE_NAME + 1);
    assert_eq!(roster.place(&long), Ok(Place::New(1)));
    assert!(!written(&roster));
    assert_eq!(roster.place(&long), Ok(Place::New(1)));
    assert_eq!(roster.place("b"), Ok(Place::New(2)));
    assert!(!written(&roster));
    assert_eq!(roster.place("a"), Ok(Place::Known(0)));
}

#[test]
fn many_at_once_have_one_each() {
    let world = World::new();
    let roster = world.open(1_000);
    thread::scope(|scope| {
        for thread in 0..4 {
            let roster = &roster;
            scope.spawn(move || {
                for n in 0..50 {
                    give(roster, &format!("{}", (n + thread * 25) % 100));
                }
            });
        }
    });
    let list = roster.list();
    assert_eq!(
        list.iter().map(|(_, place)| *place).collect::<Vec<_>>(),
        (0..u32::try_from(list.len()).unwrap()).collect::<Vec<_>>()
    );
    assert_eq!(Roster::read(&world.path(), &key()).unwrap(), list);
}

/// Takes in one device after the other until it is killed.
#[test]
fn killed_child() {
    let Some(folder) = crate::state::killing::folder() else { return };
    let roster = Roster::open(&folder.join("gateway.roster"), &key(), 100_000, false).unwrap();
    for number in roster.len().. {
        let place = give(&roster, &format!("device-{number}"));
        crate::state::killing::say(&format!("{number} {place}"));
    }
}

#[test]
fn whoever_was_given_an_identity_has_it_after_any_kill() {
    let world = World::new();
    let mut said: std::collections::BTreeMap<u32, u32> = std::collections::BTreeMap::new();
    crate::state::killing::rounds("gateway::roster::tests::killed_child", world.folder.path(), |told| {
        for line in told {
            let (number, place) = line.split_once(' ').unwrap();
            assert_eq!(said.insert(number.parse().unwrap(), place.parse().unwrap()), None, "given twice");
        }
        let known = Roster::read(&world.path(), &key()).unwrap();
        assert_eq!(Roster::damaged(&world.path(), &key()).unwrap(), 0);
        for (number, place) in &said {
            assert!(known.contains(&(format!("device-{number}"), *place)), "{number}");
        }
        // Who was not said may be there: written, and killed before it said so.
        said = known.iter().map(|(name, place)| (name[7..].parse().unwrap(), *place)).collect();
    });
}

/// The file of form 1, as it lies beside credentials: a head and two records.
#[test]
fn files_of_form_1_are_read() {
    let world = World::new();
    std::fs::write(world.path(), data("roster-1")).unwrap();
    let known = [("owntracks:anna/phone".to_owned(), 0), ("ünïcode 🦊".to_owned(), 1)];
    assert_eq!(Roster::read(&world.path(), &key()).unwrap(), known);
}

fn data(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    std::fs::read(folder.join(name)).unwrap()
}
