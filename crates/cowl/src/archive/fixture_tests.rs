//! An archive of version 1, as it lies in `tests/data/archive-1`: every later version reads it.
//!
//! It was made by `cargo test -p cowl --lib archive::fixture_tests::make -- --ignored`, which refuses to make another in its place.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Archive, Query, key_path,
    testing::{NOW, World, all, some},
};
use crate::files::{self, Access};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/archive-1")
}

/// A copy, with the permissions that a store key needs.
fn copied() -> (tempfile::TempDir, PathBuf) {
    let to = tempfile::tempdir().unwrap();
    let path = to.path().join("archive");
    for (from, to) in [("archive", path.clone()), ("archive.key", key_path(&path))] {
        files::create(&to, &fs::read(folder().join(from)).unwrap(), Access::Owner).unwrap();
    }
    (to, path)
}

#[test]
#[ignore = "makes the fixture"]
fn make() {
    let world = World::new();
    let mut archive = world.archive();
    archive.keep("medical", &[world.report(7, 3, 1), world.report(8, 3, 2), world.report(7, 4, 3)]).unwrap();
    archive.keep("rescue", &[world.walk_in(4, 4)]).unwrap();
    archive.erase(&[cowl_core::Erasure::Handle(super::testing::handle(8, 3))]).unwrap();
    archive.connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).unwrap();
    drop(archive);
    fs::create_dir(folder()).unwrap();
    for (from, to) in [(world.path(), "archive"), (key_path(&world.path()), "archive.key")] {
        fs::copy(from, folder().join(to)).unwrap();
    }
}

#[test]
fn it_is_read_searched_and_erased_from() {
    let (_folder, path) = copied();
    let mut archive = Archive::open(&path).unwrap();
    let kept = all(&mut archive);
    let fields: Vec<&str> = kept.iter().map(|kept| kept.fields.as_str()).collect();
    assert_eq!(
        fields,
        [
            r#"{"symptoms":"needle 001 of 007","severity":"red"}"#,
            r#"{"symptoms":"needle 003 of 007","severity":"red"}"#,
            r#"{"symptoms":"needle 004 of 900","severity":"red"}"#,
        ]
    );
    assert_eq!((kept[0].received, kept[0].epoch, kept[2].from.as_deref()), (NOW + 1, 3, None));
    let zone = Query { zone: Some("ZONE0007".to_owned()), ..Query::default() };
    assert_eq!(some(&mut archive, &zone).len(), 2);
    assert_eq!((archive.replaced().unwrap(), archive.check().unwrap().len()), (1, 0));
    assert_eq!(archive.erase(&[cowl_core::Erasure::Before(cowl_core::Epoch(4))]).unwrap().records, 1);
    assert_eq!(all(&mut archive).len(), 2);
}

#[test]
fn a_damaged_byte_is_named_and_put_back_from_a_copy() {
    let (_folder, path) = copied();
    let good = fs::read(&path).unwrap();
    let page = 4_096;
    let mut named = 0;
    for at in (100..good.len()).step_by(page / 8) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x40;
        fs::write(&path, &bytes).unwrap();
        let found = Archive::open(&path).and_then(|mut archive| Ok((archive.check()?, archive.count()?)));
        match found {
            Err(error) => {
                assert!(error.to_string().contains("archive"), "{at}: {error}");
                named += 1;
            }
            Ok((found, count)) => {
                named += usize::from(!found.is_empty());
                // What is in no page that is used does no harm, and nothing is lost unsaid.
                assert!(!found.is_empty() || count == 3, "{at}");
            }
        }
        for left in ["-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(left);
            let _ = fs::remove_file(name);
        }
    }
    assert!(named > 0);
    fs::write(&path, &good).unwrap();
    assert_eq!(all(&mut Archive::open(&path).unwrap()).len(), 3);
}
