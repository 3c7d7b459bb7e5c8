use std::fs;

use super::{
    Archive, ArchiveError, key_path,
    testing::{World, all, copy_key},
};

fn filled(world: &World) -> Archive {
    let mut archive = world.archive();
    archive.keep("medical", &[world.report(7, 3, 1), world.report(8, 3, 2), world.report(7, 4, 3)]).unwrap();
    archive
}

#[test]
fn a_flipped_byte_of_the_store_key_is_named() {
    let world = World::new();
    drop(filled(&world));
    let path = key_path(&world.path());
    let good = fs::read(&path).unwrap();
    // The first generation lies in the second slot.
    for at in [4_096, 4_096 + 20, 4_096 + 30, 4_096 + 50, 4_096 + 80] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let refused = Archive::open(&world.path()).unwrap_err();
        assert!(matches!(&refused, ArchiveError::OtherKey(named) if *named == path), "{refused}");
        assert!(refused.hint().is_some());
    }
    fs::write(&path, &good[..100]).unwrap();
    assert!(matches!(Archive::open(&world.path()), Err(ArchiveError::OtherKey(_))));
    fs::remove_file(&path).unwrap();
    assert!(matches!(Archive::open(&world.path()), Err(ArchiveError::NoKey { .. })));
    // The error took nothing away.
    files_back(&path, &good);
    assert_eq!(all(&mut Archive::open(&world.path()).unwrap()).len(), 3);
}

fn files_back(path: &std::path::Path, bytes: &[u8]) {
    crate::files::create(path, bytes, crate::files::Access::Owner).unwrap();
}

#[test]
fn a_flipped_byte_of_a_row_is_named_and_the_others_open() {
    let cases = [("record", "record", "sealed", 2), ("reports", "reports", "sealed", 2)];
    for (what, table, column, number) in cases {
        let world = World::new();
        let archive = filled(&world);
        let mut sealed: Vec<u8> = archive
            .connection
            .query_row(&format!("SELECT {column} FROM {table} WHERE id = {number}"), [], |row| row.get(0))
            .unwrap();
        sealed[20] ^= 1;
        archive
            .connection
            .execute(&format!("UPDATE {table} SET {column} = ? WHERE id = {number}"), [sealed])
            .unwrap();
        drop(archive);
        let mut archive = Archive::open(&world.path()).unwrap();
        let found = archive.check().unwrap();
        assert_eq!(found.len(), 1, "{what}");
        let named = matches!(found[0], ArchiveError::Damaged { what: said, number: 2, .. } if said == what);
        assert!(named, "{}", found[0]);
        // Damage does not stand in the way of an erasure.
        let erased = archive.erase(&[cowl_core::Erasure::Handle(super::testing::handle(7, 3))]).unwrap();
        assert_eq!((erased.records, erased.damaged), (1, 1), "{what}");
        assert_eq!(all(&mut archive).len(), 1);
        assert!(archive.check().unwrap().is_empty());
    }
}

#[test]
fn rows_that_were_exchanged_are_named() {
    let world = World::new();
    let archive = filled(&world);
    let swaps = [
        "UPDATE record SET sealed = (SELECT sealed FROM record WHERE id = 3) WHERE id = 1",
        "UPDATE record SET reports = 2 WHERE id = 1",
        "UPDATE record SET epoch = 4 WHERE id = 1",
        "UPDATE reports SET role = 'rescue' WHERE id = 1",
        "UPDATE reports SET hour = hour + 1 WHERE id = 1",
        "UPDATE reports SET epoch = 4 WHERE id = 1",
    ];
    drop(archive);
    for (number, swap) in swaps.into_iter().enumerate() {
        let copy = world.copy(&number.to_string());
        copy_key(&world.path(), &copy);
        let mut archive = Archive::open(&copy).unwrap();
        archive.connection.execute(swap, []).unwrap();
        assert_eq!(archive.check().unwrap().len(), 1, "{swap}");
    }
}

#[test]
fn bytes_flipped_anywhere_in_the_file_never_give_another_report() {
    let world = World::new();
    let mut archive = filled(&world);
    let good = all(&mut archive);
    drop(archive);
    let bytes = fs::read(world.path()).unwrap();
    // Every 211th byte: a prime, so that all offsets within pages come up.
    for (n, at) in (0..bytes.len()).step_by(211).enumerate() {
        let folder = world.folder.path().join(format!("flip{n}"));
        fs::create_dir(&folder).unwrap();
        let copy = folder.join("archive");
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x40;
        fs::write(&copy, flipped).unwrap();
        copy_key(&world.path(), &copy);
        let Ok(mut archive) = Archive::open(&copy) else { continue };
        let mut read = |kept: Result<super::Kept, ArchiveError>| {
            if let Ok(kept) = kept {
                assert!(good.contains(&kept), "byte {at}");
            }
            std::ops::ControlFlow::Continue(())
        };
        let _ = archive.read(&super::Query::default(), &mut read);
    }
}

#[test]
fn what_is_no_archive_is_refused_with_a_reason() {
    let world = World::new();
    drop(filled(&world));
    let path = world.folder.path().join("hostile");
    let key = key_path(&path);
    copy_key(&world.path(), &path);
    assert!(matches!(Archive::open(&path), Err(ArchiveError::File(_))));
    fs::write(&path, b"SQLite, no").unwrap();
    assert!(matches!(Archive::open(&path), Err(ArchiveError::NotAnArchive(_))));
    fs::write(&path, b"").unwrap();
    assert!(matches!(Archive::open(&path), Err(ArchiveError::NotAnArchive(_))));
    let good = fs::read(world.path()).unwrap();
    for length in [50, 4_096, good.len() / 2] {
        let _ = fs::remove_file(super::beside(&path, "-wal"));
        fs::write(&path, &good[..length]).unwrap();
        // Cut short it does not open, or says so when it is read.
        let found = Archive::open(&path).and_then(|mut archive| archive.check());
        assert!(found.is_err() || !found.unwrap().is_empty(), "{length} bytes");
    }
    drop(key);
}

#[test]
fn a_database_with_tables_triggers_or_views_of_others_is_refused() {
    for sql in [
        "CREATE TRIGGER t AFTER INSERT ON record BEGIN DELETE FROM record; END",
        "CREATE VIEW v AS SELECT * FROM record",
        "CREATE TABLE other (a)",
        "DROP INDEX record_zone",
        "PRAGMA user_version = 2",
        "PRAGMA application_id = 1",
    ] {
        let world = World::new();
        drop(filled(&world));
        rusqlite::Connection::open(world.path()).unwrap().execute_batch(sql).unwrap();
        let refused = Archive::open(&world.path()).unwrap_err();
        assert!(
            matches!(refused, ArchiveError::NotAnArchive(_) | ArchiveError::Form { form: 2, .. }),
            "{sql}: {refused}"
        );
    }
}
