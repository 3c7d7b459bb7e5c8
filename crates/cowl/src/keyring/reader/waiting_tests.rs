//! What waits survives the reader, and no more than that.

use super::*;
use crate::{
    files::{self, Access},
    formats,
    keyring::{ReadReport, Sender, store_new},
    operation::Operation,
    policy_file::{DEFAULT_POLICY, HAITI_DEPARTMENTS},
    random::SystemRng,
};
use cowl_core::Counts;
use tempfile::TempDir;

const NOW: u64 = 1_800_000_000;
/// Junk from one commit to the next.
const EACH: u32 = 700;

/// A device and a medic in a folder.
struct World {
    folder: TempDir,
    operation: Operation,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = SystemRng::new();
        // A search over more places takes minutes in a build for tests.
        let policy = DEFAULT_POLICY.replace("places = 4096", "places = 16");
        let mut operation = Operation::create_with(&folder.path().join("ops"), NOW, &mut rng, |folder| {
            let zones = folder.join("haiti-departments.geojson");
            files::create(&zones, HAITI_DEPARTMENTS.as_bytes(), Access::All)?;
            files::create(&folder.join("policy.toml"), policy.as_bytes(), Access::All)
        })
        .unwrap();
        assert_eq!(operation.manifest().policy.places, 16);
        let epoch = operation.epoch_at(NOW);
        let phone = operation.enrol_device("phone", epoch, &mut rng).unwrap();
        store_new(&folder.path().join("phone"), &phone.credential, epoch).unwrap();
        let medic = operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
        store_new(&folder.path().join("medic"), &medic.credential, epoch).unwrap();
        Self { folder, operation }
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.folder.path().join("medic"), "medical", None).unwrap()
    }

    /// What a device sends, in order.
    fn messages(&self, count: usize) -> Vec<Vec<u8>> {
        let mut sender = Sender::open(&self.folder.path().join("phone")).unwrap();
        let mut one = || {
            let reading = formats::parse(b"severity: low").unwrap();
            let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(NOW)).unwrap();
            let report = sender.report(reduced);
            sender.seal(0, &report, 0).unwrap().sealed.into_bytes()
        };
        (0..count).map(|_| one()).collect()
    }

    fn junk(&self, number: u32) -> Vec<u8> {
        let mut message = vec![0x5a; self.operation.manifest().layout().enrolled_len()];
        message.chunks_exact_mut(4).for_each(|four| four.copy_from_slice(&number.to_be_bytes()));
        message
    }
}

fn read_all(reader: &mut Reader, messages: &[Vec<u8>], shown: &mut Vec<ReadReport>) {
    for message in messages {
        reader.read(message, 0, shown).unwrap();
    }
}

fn stored(reader: &Reader) -> usize {
    reader.state.waiting(reader.role.0).unwrap().iter().map(|(_, piece)| piece.messages.len()).sum()
}

#[test]
fn what_waited_when_a_reader_was_killed_is_shown_once() {
    let world = World::new();
    let messages = world.messages(70);
    let mut shown = Vec::new();
    let mut reader = world.reader();
    // The messages in between were lost with a connection: beyond them nothing is expected before the mark at 64.
    read_all(&mut reader, &messages[..1], &mut shown);
    read_all(&mut reader, &messages[11..20], &mut shown);
    assert!(!reader.is_committed());
    reader.commit().unwrap();
    assert!(reader.is_committed());
    read_all(&mut reader, &messages[20..40], &mut shown);
    reader.commit().unwrap();
    // Not written down, so not acknowledged: it comes again.
    read_all(&mut reader, &messages[40..42], &mut shown);
    assert_eq!((shown.len(), reader.waiting(), stored(&reader)), (1, 31, 29));
    drop(reader);

    let mut reader = world.reader();
    assert!(reader.is_committed());
    assert_eq!((reader.waiting(), reader.unsearched()), (29, 29));
    read_all(&mut reader, &messages[40..64], &mut shown);
    assert_eq!(shown.len(), 1);
    read_all(&mut reader, &messages[64..65], &mut shown);
    assert_eq!((shown.len(), reader.waiting()), (1 + 53 + 1, 0));
    // Killed before it was written down: all of it once more, and after that never again.
    drop(reader);
    let mut again = Vec::new();
    let mut reader = world.reader();
    read_all(&mut reader, &messages[40..65], &mut again);
    assert_eq!(again.len(), 54);
    reader.commit().unwrap();
    assert_eq!(stored(&reader), 0);
    drop(reader);
    let mut reader = world.reader();
    assert_eq!(reader.waiting(), 0);
    again.clear();
    read_all(&mut reader, &messages, &mut again);
    reader.search(&mut again);
    assert_eq!(again.len(), 70 - 55, "those that were lost, and those after the mark");
}

#[test]
fn what_was_opened_beside_something_that_still_waits_is_not_shown_again() {
    let world = World::new();
    let messages = world.messages(65);
    let mut shown = Vec::new();
    let mut reader = world.reader();
    read_all(&mut reader, &messages[10..20], &mut shown);
    reader.read(&world.junk(1), 0, &mut shown).unwrap();
    reader.commit().unwrap();
    read_all(&mut reader, &messages[64..], &mut shown);
    reader.commit().unwrap();
    assert_eq!((shown.len(), reader.waiting(), stored(&reader)), (11, 1, 11));
    drop(reader);
    let mut reader = world.reader();
    while reader.unsearched() > 0 {
        reader.search(&mut shown);
    }
    reader.commit().unwrap();
    assert_eq!((shown.len(), reader.waiting()), (11, 1));
}

#[test]
fn a_flood_of_junk_is_written_once_and_no_longer_than_the_policy_says() {
    let world = World::new();
    let limit = usize::try_from(world.operation.manifest().policy.windows.waiting).unwrap();
    let mut shown = Vec::new();
    let mut reader = world.reader();
    for commit in 1..=10 {
        (0..EACH).for_each(|n| reader.read(&world.junk(commit * EACH + n), 0, &mut shown).unwrap());
        reader.commit().unwrap();
        let pieces = reader.state.waiting(reader.role.0).unwrap();
        // Each commit wrote one piece, of what was new.
        assert_eq!(
            pieces.last().map(|(number, piece)| (*number, piece.messages.len())),
            Some((commit.into(), 700))
        );
        assert!(stored(&reader) < limit + 700, "{}", stored(&reader));
        assert!(reader.is_committed());
        reader.search(&mut shown);
        assert!(reader.is_committed());
    }
    assert_eq!(reader.waiting(), limit);
    drop(reader);
    let mut reader = world.reader();
    assert_eq!(reader.waiting(), limit);
    reader.commit().unwrap();
    assert!(stored(&reader) < limit + 700);
    (0..EACH).for_each(|n| reader.read(&world.junk(n), 0, &mut shown).unwrap());
    reader.commit().unwrap();
    assert!(stored(&reader) < limit + 700);
}

#[test]
fn what_no_key_can_open_any_more_is_dropped_and_what_a_missed_beacon_hid_is_not() {
    let mut world = World::new();
    let mut shown = Vec::new();
    let mut reader = world.reader();
    let manifest = world.operation.manifest();
    let (calendar, policy) = (manifest.calendar, &manifest.policy);
    let lateness = u64::from(policy.lateness_seconds);
    let (first, late) = (world.operation.epoch_at(NOW), calendar.epochs_in(lateness));
    let hear = |reader: &mut Reader, world: &mut World, epoch: Epoch| {
        let beacon = world.operation.beacon(calendar.start_of(epoch) + 1, &Counts::default()).unwrap();
        reader.hear(&beacon, 0).unwrap();
        reader.tick(0).unwrap();
    };
    hear(&mut reader, &mut world, first);
    reader.read(&world.junk(1), 0, &mut shown).unwrap();
    reader.commit().unwrap();
    // It may be of the epoch that is found to be the present one only now.
    let next = first.plus(late + 3);
    hear(&mut reader, &mut world, next);
    assert_eq!(reader.waiting(), 1);
    drop(reader);
    let mut reader = world.reader();
    assert_eq!(reader.waiting(), 1);
    hear(&mut reader, &mut world, next.plus(late + 3));
    assert_eq!(reader.waiting(), 0);
    reader.commit().unwrap();
    assert_eq!(stored(&reader), 0);
}

#[test]
fn a_new_policy_lets_wait_what_waited() {
    let mut world = World::new();
    let messages = world.messages(65);
    let mut shown = Vec::new();
    let mut reader = world.reader();
    read_all(&mut reader, &messages[10..20], &mut shown);
    reader.commit().unwrap();
    let path = world.operation.folder().join("policy.toml");
    let policy = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, policy.replace("beacon_every = \"5min\"", "beacon_every = \"6min\"")).unwrap();
    let epoch = world.operation.epoch_at(NOW);
    world.operation.refresh(epoch, &mut SystemRng::new()).unwrap();
    assert!(reader.follow(world.operation.manifest().bytes()).unwrap());
    assert_eq!(reader.waiting(), 10);
    reader.commit().unwrap();
    assert_eq!(stored(&reader), 10);
    read_all(&mut reader, &messages[64..], &mut shown);
    reader.commit().unwrap();
    assert_eq!((shown.len(), stored(&reader)), (11, 0));
}
