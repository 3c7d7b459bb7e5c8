//! Shares, the recovery file, backups, and what goes on after.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cowl_core::Epoch;

use super::*;
use crate::{
    files::FileError,
    keyring::{Reader, Sender, load_credential, store_new},
    operation::Operation,
    random::SystemRng,
    rest::{Identities, Identity, Passphrase, To},
    state,
};

const NOW: u64 = 1_800_000_000;

struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// An operation with a device and a responder.
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        let mut rng = SystemRng::new();
        let mut operation = Operation::create(&world.path("ops"), NOW, &mut rng).unwrap();
        let epoch = operation.epoch_now(NOW).unwrap();
        let phone = operation.enrol_device("phone", epoch, &mut rng).unwrap();
        store_new(&world.path("phone.cowl"), &phone.credential, phone.first).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn shares(&self, threshold: u8, of: u8) -> Dealt {
        make_shares(&self.path("ops"), threshold, of, &[self.path("copy.cowl")], NOW, &mut SystemRng::new())
            .unwrap()
    }

    fn recover(&self, file: &str, shares: &[Share], to: &str, now: u64) -> Result<Rebuilt, RecoveryError> {
        recover(&RecoveryFile::load(&self.path(file))?, shares, &self.path(to), now, &mut SystemRng::new())
    }
}

#[test]
fn any_shares_that_suffice_bring_the_operation_back_as_it_was_last() {
    let world = World::new();
    let dealt = world.shares(2, 3);
    let mut rng = SystemRng::new();
    let mut operation = Operation::open(&world.path("ops")).unwrap();
    // What happens after the shares were made is in the file too.
    let medic = operation.enrol_responder("medic", &["medical".to_owned()], Epoch(0), &mut rng).unwrap();
    store_new(&world.path("medic.cowl"), &medic.credential, medic.first).unwrap();
    let held = held(&world.path("ops")).unwrap().unwrap();
    assert!(held.places.len() == 2 && held.places.iter().all(|(_, current)| *current), "{held:?}");
    let (version, bulletin) =
        (operation.manifest().version, operation.command("t", b"x", false, NOW, 600).unwrap());
    drop(operation);
    fs::remove_dir_all(world.path("ops")).unwrap();
    // What is rebuilt goes on to write the same copies.
    fs::rename(world.path("copy.cowl"), world.path("last.cowl")).unwrap();

    for (at, chosen) in [[0, 1], [2, 0], [1, 2]].into_iter().enumerate() {
        let shares: Vec<_> = chosen.iter().map(|share| dealt.shares[*share].clone()).collect();
        let to = format!("new{at}");
        let rebuilt = world.recover("last.cowl", &shares, &to, NOW + 60).unwrap();
        assert!(rebuilt.skipped > 0);
        let mut operation = Operation::open(&world.path(&to)).unwrap();
        assert!(operation.register().member("medic").is_some());
        assert!(operation.manifest().version > version + 100);
        assert!(operation.command("t", b"y", false, NOW + 60, 600).unwrap() > bulletin);
        // It goes on: the next device has no number that the lost machine may have given.
        let device = operation.enrol_device("next", Epoch(0), &mut rng).unwrap();
        let entry = operation.register().member("next").unwrap();
        assert_eq!(entry.first_device, 1 + rebuilt.skipped);
        drop(device);
        // Members of before follow it.
        let sender = Sender::open(&world.path("phone.cowl")).unwrap();
        assert_eq!(sender.manifest().authority(), operation.manifest().authority());
        // And the same shares hold for what changes from now on.
        let again = share_set(&world.path(&to)).unwrap().unwrap();
        assert_eq!(again.set, dealt.set.set);
        world.recover(&format!("{to}/recovery.cowl"), &shares, &format!("again{at}"), NOW + 120).unwrap();
        let again = Operation::open(&world.path(&format!("again{at}"))).unwrap();
        assert!(again.register().member("next").is_some());
    }
}

#[test]
fn wrong_mixed_too_few_and_altered_shares_are_named() {
    let world = World::new();
    let before = world.shares(2, 3);
    let old = fs::read(world.path("copy.cowl")).unwrap();
    let dealt = world.shares(3, 5);
    let try_with = |shares: &[Share]| world.recover("copy.cowl", shares, "new", NOW).unwrap_err();
    let [one, two, three, ..] = dealt.shares.as_slice() else { panic!("five shares") };
    let few = try_with(&[one.clone(), two.clone(), one.clone()]);
    assert!(matches!(few, RecoveryError::TooFew { have: 2, need: 3 }), "{few}");
    let mixed = try_with(&[one.clone(), before.shares[1].clone(), two.clone()]);
    assert!(matches!(&mixed, RecoveryError::OtherSet { number: 2, .. }), "{mixed}");
    let mut altered = two.clone();
    altered.value[7] ^= 1;
    let named = try_with(&[one.clone(), altered, three.clone()]);
    assert!(matches!(named, RecoveryError::Altered(2)), "{named}");
    let mut renumbered = two.clone();
    renumbered.number = 4;
    assert!(matches!(try_with(&[one.clone(), renumbered, three.clone()]), RecoveryError::Altered(4)));
    assert!(!world.path("new").exists());
    // The old shares open the old file, and nothing else.
    fs::write(world.path("old.cowl"), old).unwrap();
    world.recover("old.cowl", &before.shares[..2], "older", NOW).unwrap();
    for (threshold, of) in [(1, 3), (0, 0), (4, 3), (2, 17)] {
        let refused = make_shares(&world.path("ops"), threshold, of, &[], NOW, &mut SystemRng::new());
        assert!(matches!(refused, Err(RecoveryError::Threshold { .. })));
    }
}

#[test]
fn a_share_is_words_a_file_or_digits_and_says_what_was_misread() {
    let dealt = Dealt::draw(2, 3, NOW, &mut SystemRng::new()).unwrap();
    let share = &dealt.shares[1];
    let words = share.words();
    let same = |text: &str| {
        let read = Share::parse(text).unwrap();
        assert_eq!((read.set, read.number, read.threshold, read.of), (share.set, 2, 2, 3));
        assert_eq!(*read.value, *share.value);
        dealt.set.check(&read).unwrap();
    };
    same(&words);
    same(&share.to_text("0123"));
    same(&hex::encode(*share.to_bytes()));
    let short: Vec<String> = words.split(' ').map(|word| word.chars().take(4).collect()).collect();
    same(&short.join("\n"));
    assert_eq!(words.split(' ').count(), 32);
    assert_eq!(format!("{share:?}"), format!("Share(2 of 3, 2 needed, set {})", share.set));

    let mut list: Vec<&str> = words.split(' ').collect();
    list.swap(10, 20);
    let changed = list[10] != list[20];
    assert!(!changed || matches!(Share::parse(&list.join(" ")), Err(RecoveryError::Misread)));
    list[4] = "cowl";
    assert!(matches!(Share::parse(&list.join(" ")), Err(RecoveryError::Word(5))));
    assert!(matches!(Share::parse("abandon ability"), Err(RecoveryError::NotAShare)));
    assert!(matches!(Share::parse(""), Err(RecoveryError::NotAShare)));
}

/// The example of spec §13.3.
#[test]
fn the_words_of_a_share_are_those_of_the_spec() {
    let mut value = [0; 32];
    value.iter_mut().zip(0..).for_each(|(byte, number)| *byte = number);
    let set = SetId([1, 2, 3, 4]);
    let share = Share { set, threshold: 2, of: 3, number: 1, value: zeroize::Zeroizing::new(value) };
    let words = "absurd amount liar amount cage letter abandon cake adapt cage dose asthma letter lunar club like asthma joy affair \
                 category course appear flame toast boil speak shove demand tiger neglect portion canoe";
    assert_eq!(*share.words(), words);
    assert_eq!(&hex::encode(*share.to_bytes())[80..], "282a110c");
}

#[test]
fn a_damaged_recovery_file_is_named_and_nothing_is_written() {
    let world = World::new();
    let dealt = world.shares(2, 2);
    let good = fs::read(world.path("copy.cowl")).unwrap();
    let line = good.iter().position(|byte| *byte == b'\n').unwrap();
    let try_with = |bytes: &[u8]| {
        fs::write(world.path("copy.cowl"), bytes).unwrap();
        let refused = world.recover("copy.cowl", &dealt.shares, "new", NOW).unwrap_err();
        assert!(!world.path("new").exists(), "{refused}");
        refused
    };
    for at in [line + 1, line + 40, line + 1_700, good.len() / 2, good.len() - 1] {
        let mut altered = good.clone();
        altered[at] ^= 0x10;
        let refused = try_with(&altered);
        assert!(
            matches!(refused, RecoveryError::Damaged { .. } | RecoveryError::File(FileError::Rest { .. })),
            "byte {at}: {refused}"
        );
    }
    for length in [0, 10, 20, line, line + 1, good.len() - 1] {
        let refused = try_with(&good[..length]);
        assert!(
            matches!(refused, RecoveryError::Damaged { .. } | RecoveryError::NotOne { .. }),
            "length {length}: {refused}"
        );
    }
    assert!(matches!(try_with(b"cowl recovery 7 {}\n"), RecoveryError::Version { version: 7, .. }));
    assert!(matches!(try_with(b"dear diary"), RecoveryError::NotOne { .. }));
}

#[test]
fn a_copy_that_cannot_be_written_stops_nothing_and_is_told() {
    let world = World::new();
    let stick = world.path("stick");
    fs::create_dir(&stick).unwrap();
    let copies = [stick.join("recovery.cowl")];
    make_shares(&world.path("ops"), 2, 3, &copies, NOW, &mut SystemRng::new()).unwrap();
    fs::remove_dir_all(&stick).unwrap();
    let mut operation = Operation::open(&world.path("ops")).unwrap();
    operation.enrol_device("next", Epoch(0), &mut SystemRng::new()).unwrap();
    let current = || -> Vec<bool> {
        held(&world.path("ops")).unwrap().unwrap().places.into_iter().map(|(_, current)| current).collect()
    };
    assert_eq!(current(), [true, false]);
    fs::create_dir(&stick).unwrap();
    write_now(&world.path("ops"), NOW).unwrap();
    assert_eq!(current(), [true, true]);
}

/// Whether these shares open what lies in the operation's folder.
fn open_it(world: &World, shares: &[Share]) -> bool {
    RecoveryFile::load(&world.path("ops/recovery.cowl")).unwrap().open(shares).is_ok()
}

#[test]
fn new_shares_change_nothing_before_they_are_given_out_and_overwrite_nothing_else() {
    let world = World::new();
    let dealt = world.shares(2, 3);
    let ops = world.path("ops");
    let make = |copies: &[PathBuf], hand_out: &dyn Fn(&[Share]) -> Result<(), RecoveryError>| {
        make_shares_with(&ops, 2, 3, copies, NOW, &mut SystemRng::new(), hand_out)
    };
    fs::write(world.path("diary"), "dear diary").unwrap();
    let refused = make(&[world.path("diary")], &|_| Ok(())).unwrap_err();
    assert!(matches!(&refused, RecoveryError::Other(path) if *path == world.path("diary")), "{refused}");
    assert!(make(&[world.path("no/such/folder")], &|_| Ok(())).is_err());
    assert!(make(&[], &|_| Err(RecoveryError::NoShares)).is_err());
    assert!(open_it(&world, &dealt.shares[1..]), "the old shares hold");
    assert_eq!(fs::read(world.path("diary")).unwrap(), b"dear diary");
    make(&[], &|shares| {
        assert!(shares.len() == 3 && open_it(&world, &dealt.shares[..2]));
        Ok(())
    })
    .unwrap();
    assert!(!open_it(&world, &dealt.shares[..2]));
    // Somebody who could write to a backup names a file of ours as a copy's place.
    let mut set = share_set(&ops).unwrap().unwrap();
    set.copies.push(world.path("diary"));
    fs::write(ops.join("recovery.json"), serde_json::to_vec(&set).unwrap()).unwrap();
    write_now(&ops, NOW).unwrap();
    assert_eq!(fs::read(world.path("diary")).unwrap(), b"dear diary");
    let held: Vec<_> = held(&ops).unwrap().unwrap().places.into_iter().map(|place| place.1).collect();
    assert_eq!(held, [true, false], "and it is told");
    for (field, value) in [("version", 2), ("threshold", 1), ("of", 200)] {
        let mut json: serde_json::Value = serde_json::to_value(&set).unwrap();
        json[field] = value.into();
        fs::write(ops.join("recovery.json"), json.to_string()).unwrap();
        assert!(share_set(&ops).is_err(), "{field}");
    }
}

/// What a device seals in the epoch that it knows.
fn sealed(sender: &mut Sender, at: u64) -> Vec<u8> {
    let reading = crate::formats::parse(b"severity: high").unwrap();
    let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(at)).unwrap();
    let report = sender.report(reduced);
    sender.seal(0, &report, 0).unwrap().sealed.into_bytes()
}

fn opens(reader: &mut Reader, message: &[u8]) -> bool {
    let mut reports = Vec::new();
    reader.read(message, 0, &mut reports).unwrap();
    while reports.is_empty() && reader.unsearched() > 0 {
        reader.search(&mut reports);
    }
    reports.len() == 1
}

#[test]
fn what_is_rebuilt_opens_the_live_epochs_and_serves_the_next() {
    const EPOCH: u64 = 6 * 3_600;
    let world = World::new();
    let (mut rng, roles) = (SystemRng::new(), ["medical".to_owned()]);
    let mut operation = Operation::open(&world.path("ops")).unwrap();
    let enrol = |operation: &mut Operation, name: &str, at: u64, rng: &mut SystemRng| {
        let epoch = operation.epoch_at(at);
        let made = operation.enrol_responder(name, &roles, epoch, rng).unwrap();
        store_new(&world.path(name), &made.credential, made.first).unwrap();
        Reader::open(&world.path(name), "medical", None).unwrap()
    };
    let mut medic = enrol(&mut operation, "medic", NOW, &mut rng);
    let mut phone = Sender::open(&world.path("phone.cowl")).unwrap();
    let dealt = world.shares(2, 3);
    let (first, second) = (sealed(&mut phone, NOW), sealed(&mut phone, NOW));
    drop(operation);
    fs::remove_dir_all(world.path("ops")).unwrap();
    world.recover("copy.cowl", &dealt.shares[1..], "new", NOW + 60).unwrap();
    let mut operation = Operation::open(&world.path("new")).unwrap();
    // The authority still has the keys of the live epoch: whoever is enrolled now opens what was sealed before.
    let mut late = enrol(&mut operation, "late", NOW + 60, &mut rng);
    late.take_bundle(&operation.bundle(NOW + 60, &mut rng).unwrap()).unwrap();
    assert!(opens(&mut late, &first) && opens(&mut medic, &first));
    for later in 1..3 {
        let at = NOW + later * EPOCH;
        operation.refresh(operation.epoch_at(at), &mut rng).unwrap();
        let manifest = operation.manifest().bytes().to_vec();
        let beacon = operation.beacon(at, &cowl_core::Counts::default()).unwrap();
        let bundle = operation.bundle(at, &mut rng).unwrap();
        phone.follow(&manifest).unwrap();
        phone.hear(&beacon, 0).unwrap();
        let message = sealed(&mut phone, at);
        for reader in [&mut medic, &mut late] {
            reader.follow(&manifest).unwrap();
            assert!(reader.take_bundle(&bundle).unwrap());
            reader.hear(&beacon, 0).unwrap();
            reader.tick(0).unwrap();
            assert!(opens(reader, &message), "epoch {later}");
        }
    }
    assert!(opens(&mut medic, &second), "what came late, of an epoch that is live");
}

/// Whether bytes hold others, as they are or in hexadecimal.
fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    let text = hex::encode(wanted);
    bytes.windows(wanted.len()).any(|part| part == wanted)
        || bytes.to_ascii_lowercase().windows(text.len()).any(|part| part == text.as_bytes())
}

/// Searched for as bytes, in what an opened backup and an opened recovery file hold.
#[test]
fn counters_and_erasable_keys_are_in_no_backup_as_bytes() {
    let world = World::new();
    let ops = world.path("ops");
    let operation = Operation::open(&ops).unwrap();
    operation.beacon(NOW + 777, &cowl_core::Counts::default()).unwrap();
    operation.store_census(b"census that must not be kept").unwrap();
    let dealt = world.shares(2, 3);
    let passphrase = Passphrase::new("correct horse battery".to_owned());
    backup(&ops, &world.path("backup"), &To::Passphrase(passphrase.clone()), NOW).unwrap();
    let bytes = fs::read(world.path("backup")).unwrap();
    let opened = crate::rest::open_with(&bytes, Some(&passphrase), &Identities::none()).unwrap();
    let recovered =
        RecoveryFile::load(&world.path("copy.cowl")).unwrap().open(&dealt.shares).unwrap().to_bytes();
    let blinding = crate::files::read_secret(&ops.join("blinding.key"), 4_096).unwrap();
    // In pieces: the form around a key may be elsewhere too, the key may not.
    let pieces: Vec<&[u8]> = blinding.chunks_exact(16).collect();
    let beacon = fs::read(ops.join("beacon.state")).unwrap();
    assert!(pieces.len() >= 2 && beacon.trim_ascii().len() >= 9, "what is looked for is something");
    for pack in [&opened, &recovered] {
        for piece in &pieces {
            assert!(!holds(pack, piece), "the key of the log's names");
        }
        assert!(!holds(pack, beacon.trim_ascii()), "a counter");
        assert!(!holds(pack, b"census that must not be kept"));
        // The search finds what is there.
        let authority = crate::files::read_secret(&ops.join("authority.key"), 4_096).unwrap();
        assert!(holds(pack, &authority));
    }
}

#[test]
fn a_backup_of_an_operation_is_for_a_passphrase_or_an_identity() {
    let world = World::new();
    let identity = Identity::of_seed(cowl_core::Secret::new([5; 32]));
    let passphrase = Passphrase::new("correct horse battery".to_owned());
    let ways = [To::Recipients(vec![identity.to_public().unwrap()]), To::Passphrase(passphrase.clone())];
    let identities = Identities::one(identity);
    for (at, to) in ways.iter().enumerate() {
        let (file, new) = (world.path(&format!("backup{at}")), world.path(&format!("new{at}")));
        let made = backup(&world.path("ops"), &file, to, NOW).unwrap();
        assert_eq!(made.kind, state::Kind::Operation);
        assert!(backup(&world.path("ops"), &file, to, NOW).is_err(), "it is not overwritten");
        let mut rng = SystemRng::new();
        let given = (at == 1).then_some(&passphrase);
        let known = (at == 0).then_some(&identities);
        restore(&file, &new, given, known, NOW, &mut rng).unwrap();
        assert!(Operation::open(&new).unwrap().register().member("phone").is_some());
        let again = restore(&file, &new, given, known, NOW, &mut rng);
        assert!(matches!(again, Err(RecoveryError::Operation(_))), "{again:?}");
    }
}

/// A backup holds what the tables allow, by name; a file that no table knows fails here, and belongs into one.
#[test]
fn no_file_is_in_no_table_and_no_backup_holds_what_it_must_not() {
    let world = World::new();
    world.shares(2, 3);
    let mut operation = Operation::open(&world.path("ops")).unwrap();
    operation.command("t", b"x", false, NOW, 600).unwrap();
    operation.beacon(NOW, &cowl_core::Counts::default()).unwrap();
    operation.store_census(b"counts").unwrap();
    operation.refresh(Epoch(1), &mut SystemRng::new()).unwrap();
    let unknown: Vec<_> = state::names(&world.path("ops"))
        .unwrap()
        .into_iter()
        .filter(|name| state::Known::find(state::OPERATION, name).is_none())
        .filter(|name| !name.ends_with(".geojson"))
        .collect();
    assert!(unknown.is_empty(), "which backup holds these, and may `cowl lock` close them? {unknown:?}");
    let (pack, left) = Pack::operation(&world.path("ops"), NOW).unwrap();
    let names: Vec<_> = pack.names().collect();
    for needed in
        ["authority.key", "roles/0.key", "roles/relay.key", "register.json", "policy.toml", "recovery.json"]
    {
        assert!(names.contains(&needed), "{needed}: {names:?}");
    }
    assert!(names.iter().any(|name| name.ends_with(".geojson")));
    for never in ["beacon.state", "census.state", ".lock", "recovery.cowl", "recovery.state"] {
        assert!(!names.contains(&never) && left.iter().any(|out| out.name == never), "{never}");
    }
}

#[test]
fn a_restored_device_is_another_instance_and_begins_without_counters() {
    let world = World::new();
    let (phone, again) = (world.path("phone.cowl"), world.path("again.cowl"));
    let passphrase = Passphrase::new("correct horse battery".to_owned());
    let file = world.path("phone.backup");
    let made = backup(&phone, &file, &To::Passphrase(passphrase.clone()), NOW).unwrap();
    let left: Vec<_> = made.left.iter().map(|out| out.name.as_str()).collect();
    assert_eq!(left, ["phone.cowl.state"]);
    let before = load_credential(&phone).unwrap();
    let opened =
        crate::rest::open_with(&fs::read(&file).unwrap(), Some(&passphrase), &Identities::none()).unwrap();
    assert!(!opened.windows(16).any(|bytes| bytes == before.instance));
    restore(&file, &again, Some(&passphrase), None, NOW, &mut SystemRng::new()).unwrap();
    let after = load_credential(&again).unwrap();
    assert_ne!(after.instance, before.instance);
    assert!(!crate::keyring::state_path(&again).exists());
    let taken = restore(&file, &again, Some(&passphrase), None, NOW, &mut SystemRng::new());
    assert!(matches!(taken, Err(RecoveryError::Exists(_))));
    let nothing = backup(Path::new("/nowhere"), &file, &To::Passphrase(passphrase), NOW);
    assert!(matches!(nothing, Err(RecoveryError::NothingToSave(_))));
}
