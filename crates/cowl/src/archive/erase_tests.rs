use std::fs;

use cowl_core::{Authority, AuthorityKey, Epoch, Erasure, Erasures, Secret};

use super::{
    Archive, ArchiveError, Erased,
    key_file::KeyFile,
    key_path,
    schema::Meta,
    testing::{NOW, World, all, copy_key, handle},
};
use crate::random::SystemRng;

/// An archive of two epochs and three people, one of them a walk-in.
fn filled(world: &World) -> Archive {
    let mut archive = world.archive();
    let entries = [world.report(7, 3, 1), world.report(8, 3, 2), world.report(7, 4, 3), world.walk_in(3, 4)];
    archive.keep("medical", &entries).unwrap();
    archive
}

#[test]
fn what_was_erased_opens_from_no_older_copy_with_no_later_key() {
    let world = World::new();
    let mut archive = filled(&world);
    // A backup of the database from before: files as they lie, the log included.
    let before = world.copy("backup");
    let (old_key, old_meta) = (fs::read(key_path(&world.path())).unwrap(), archive.meta().unwrap());
    let erased = archive.erase(&[Erasure::Handle(handle(7, 3))]).unwrap();
    assert_eq!(erased, Erased { records: 1, keys: 1, damaged: 0 });
    assert_eq!(all(&mut archive).len(), 3);
    drop(archive);
    // With the key of today it does not even open.
    copy_key(&world.path(), &before);
    assert!(matches!(Archive::open(&before), Err(ArchiveError::OtherKey(_))));
    // A thief would leave the checks out and try today's key on yesterday's rows: make the key say that it is the old one.
    let mut file = KeyFile::open(&key_path(&world.path())).unwrap();
    let today = file.key(&old_meta.archive, old_meta.generation + 1).unwrap();
    KeyFile::open(&key_path(&before)).unwrap().write(&old_meta.archive, old_meta.generation, &today).unwrap();
    assert!(opens_nothing(&before));
    // The positive control: with the old key everything would.
    fs::write(key_path(&before), &old_key).unwrap();
    assert_eq!(all(&mut Archive::open(&before).unwrap()).len(), 4);
    // And the old key is nowhere any more.
    let old = Secret::new(*old_key[4_096..].get(40..72).unwrap().first_chunk::<32>().unwrap());
    for name in ["archive", "archive-wal", "archive.key"] {
        let bytes = fs::read(world.folder.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(32).any(|window| window == old.expose()), "{name}");
    }
}

/// Whether no row opens, whatever the archive says of it.
fn opens_nothing(path: &std::path::Path) -> bool {
    let mut archive = Archive::open(path).unwrap();
    let mut opened = 0;
    let mut query = |kept: Result<super::Kept, ArchiveError>| {
        opened += u32::from(kept.is_ok());
        std::ops::ControlFlow::Continue(())
    };
    archive.read(&super::Query::default(), &mut query).unwrap();
    opened == 0
}

#[test]
fn one_of_two_people_on_one_device_withdraws_alone() {
    let world = World::new();
    let mut archive = world.archive();
    let other = super::Entry { handle: handle(99, 3), ..world.report(7, 3, 2) };
    archive.keep("medical", &[world.report(7, 3, 1), other]).unwrap();
    archive.erase(&[Erasure::Handle(handle(99, 3))]).unwrap();
    assert_eq!(all(&mut archive).iter().map(|kept| kept.report[0]).collect::<Vec<_>>(), [1]);
    // The pseudonym is of both.
    archive.erase(&[Erasure::Pseudonym(world.name(7, 3), Epoch(3))]).unwrap();
    assert_eq!(all(&mut archive).len(), 0);
}

#[test]
fn nothing_named_replaces_no_key() {
    let world = World::new();
    let mut archive = filled(&world);
    assert_eq!(archive.erase(&[Erasure::Handle(handle(70, 3))]).unwrap(), Erased::default());
    assert_eq!(archive.erase(&[Erasure::Handle(cowl_core::ErasureHandle::NONE)]).unwrap(), Erased::default());
    assert_eq!(archive.replaced().unwrap(), 0);
}

#[test]
fn a_signed_list_is_obeyed_and_a_strangers_is_not() {
    let world = World::new();
    let mut archive = filled(&world);
    let operation = world.manifest().operation;
    let orders = [Erasure::Handle(handle(8, 3)), Erasure::Before(Epoch(3))];
    let list = |key: &AuthorityKey, operation, orders: &[Erasure]| {
        Erasures::issue(operation, 9, orders, key, 4_096, &mut SystemRng::new()).unwrap()
    };
    let stranger = AuthorityKey::new(&Secret::new([3; 32]));
    let refused = archive.obey(&list(&stranger, operation, &orders)).unwrap_err();
    assert!(matches!(refused, ArchiveError::Order(_)), "{refused}");
    assert_eq!(all(&mut archive).len(), 4);
    // As if this archive were of the stranger's operation.
    let Authority(key) = stranger.public();
    archive.connection.execute("UPDATE meta SET authority = ?", [key]).unwrap();
    let elsewhere = cowl_core::OperationId([1; 16]);
    assert!(archive.obey(&list(&stranger, elsewhere, &orders)).is_err());
    assert_eq!(archive.obey(&list(&stranger, operation, &orders)).unwrap().records, 1);
    assert_eq!(archive.obeyed().unwrap(), Some(9));
    let all_before = [Erasure::Before(Epoch(40))];
    let later = Erasures::issue(operation, 10, &all_before, &stranger, 4_096, &mut SystemRng::new()).unwrap();
    assert_eq!(archive.obey(&later).unwrap().records, 3);
    // Again, it does no harm.
    assert_eq!(archive.obey(&later).unwrap(), Erased::default());
}

#[test]
fn retention_runs_by_the_policy_and_never_late() {
    let world = World::new();
    let mut archive = filled(&world);
    let role = world.manifest().policy.roles.iter().find(|role| role.name == "medical").unwrap();
    let keeps = u64::from(role.retention_seconds);
    assert!(keeps > 3_600);
    // Whole hours go at once, so up to one early.
    let early = NOW / 3_600 * 3_600 + keeps - 1;
    assert_eq!(archive.expire(early).unwrap(), Erased::default());
    assert_eq!(archive.oldest().unwrap(), [("medical".to_owned(), NOW / 3_600 * 3_600, keeps)]);
    let before = world.copy("backup");
    assert_eq!(archive.expire(NOW + keeps).unwrap().records, 4);
    assert_eq!(archive.count().unwrap(), 0);
    assert_eq!(archive.replaced().unwrap(), 1);
    copy_key(&world.path(), &before);
    assert!(matches!(Archive::open(&before), Err(ArchiveError::OtherKey(_))));
}

#[test]
fn an_erasure_that_was_cut_off_is_finished_when_the_archive_is_opened() {
    let world = World::new();
    let mut archive = filled(&world);
    let old = fs::read(key_path(&world.path())).unwrap();
    archive.erase(&[Erasure::Handle(handle(7, 3))]).unwrap();
    drop(archive);
    // As a power cut between the commit and the overwriting leaves it: the old key in its slot still.
    let mut cut = fs::read(key_path(&world.path())).unwrap();
    cut[4_096..].copy_from_slice(&old[4_096..]);
    fs::write(key_path(&world.path()), &cut).unwrap();
    let mut archive = Archive::open(&world.path()).unwrap();
    assert!(fs::read(key_path(&world.path())).unwrap()[4_096..].iter().all(|byte| *byte == 0));
    assert_eq!(all(&mut archive).len(), 3);
}

#[test]
fn an_erasure_that_was_cut_off_before_its_commit_did_not_happen() {
    let world = World::new();
    let archive = filled(&world);
    let Meta { archive: id, generation, .. } = archive.meta().unwrap();
    drop(archive);
    // The next key is in its slot, whole or torn; the database knows nothing of it.
    for torn in [false, true] {
        let mut file = KeyFile::open(&key_path(&world.path())).unwrap();
        file.write(&id, generation + 1, &Secret::new([9; 32])).unwrap();
        if torn {
            let mut bytes = fs::read(key_path(&world.path())).unwrap();
            bytes[60] ^= 1;
            fs::write(key_path(&world.path()), bytes).unwrap();
        }
        let mut archive = Archive::open(&world.path()).unwrap();
        assert_eq!(all(&mut archive).len(), 4);
        assert!(fs::read(key_path(&world.path())).unwrap()[..4_096].iter().all(|byte| *byte == 0));
    }
}
