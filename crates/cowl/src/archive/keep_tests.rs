use cowl_core::Epoch;
use proptest::prelude::*;

use super::{
    Archive, ArchiveError, Entry, Export, Format, Query, key_path,
    testing::{NOW, World, all, some},
};
use crate::files;

#[test]
fn what_was_kept_comes_back_once_and_in_order() {
    let world = World::new();
    let mut archive = world.archive();
    let custody = Entry { custody: Some(vec![1, 2, 3]), ..world.report(7, 4, 3) };
    let entries = [world.report(7, 3, 1), world.walk_in(3, 2), custody];
    assert_eq!(archive.keep("medical", &entries).unwrap(), 3);
    assert_eq!(archive.keep("medical", &entries).unwrap(), 0);
    // The same reports, read by another role.
    assert_eq!(archive.keep("rescue", &entries[..1]).unwrap(), 1);
    drop(archive);
    let mut archive = Archive::open(&world.path()).unwrap();
    let kept = all(&mut archive);
    assert_eq!(kept.len(), 4);
    assert_eq!(kept[0].from.as_deref(), Some(world.name(7, 3).to_string().as_str()));
    assert_eq!((kept[0].epoch, kept[0].received, kept[0].zone.as_deref()), (3, NOW + 1, Some("ZONE0007")));
    assert_eq!((kept[1].from.as_deref(), kept[1].report), (None, [2; 16]));
    assert_eq!(kept[2].custody.as_deref(), Some([1, 2, 3].as_slice()));
    assert_eq!((kept[3].role.as_str(), kept[3].number), ("rescue", 4));
    assert_eq!(kept[0].fields, entries[0].fields);
}

#[test]
fn a_walk_in_under_an_id_that_is_known_does_not_suppress_the_report() {
    let world = World::new();
    let mut archive = world.archive();
    archive.keep("medical", &[world.walk_in(3, 1)]).unwrap();
    assert_eq!(archive.keep("medical", &[world.report(7, 3, 1)]).unwrap(), 1);
}

#[test]
fn reports_are_found_by_role_zone_and_time() {
    let world = World::new();
    let mut archive = world.archive();
    let late = Entry { received: NOW + 90_000, epoch: Epoch(7), ..world.report(7, 3, 3) };
    archive.keep("medical", &[world.report(7, 3, 1), world.report(8, 3, 2), late]).unwrap();
    archive.keep("rescue", &[world.report(7, 3, 4)]).unwrap();
    let numbers = |archive: &mut Archive, query: Query| {
        some(archive, &query).iter().map(|kept| kept.report[0]).collect::<Vec<_>>()
    };
    let zone = || Some("ZONE0007".to_owned());
    let role = || Some("medical".to_owned());
    assert_eq!(numbers(&mut archive, Query { zone: zone(), ..Query::default() }), [1, 3, 4]);
    assert_eq!(numbers(&mut archive, Query { role: role(), ..Query::default() }), [1, 2, 3]);
    assert_eq!(numbers(&mut archive, Query { role: role(), zone: zone(), ..Query::default() }), [1, 3]);
    assert_eq!(numbers(&mut archive, Query { since: Some(NOW + 2), ..Query::default() }), [2, 3, 4]);
    assert_eq!(numbers(&mut archive, Query { until: Some(NOW + 2), ..Query::default() }), [1]);
    let none = Query { zone: Some("ZONE0009".to_owned()), ..Query::default() };
    assert_eq!(numbers(&mut archive, none), [0; 0]);
}

#[test]
fn nothing_of_a_report_lies_in_clear() {
    let world = World::new();
    let mut archive = world.archive();
    archive.keep("medical", &[world.report(7, 3, 1), world.walk_in(3, 2)]).unwrap();
    drop(archive);
    let bytes = std::fs::read(world.path()).unwrap();
    let name = world.name(7, 3).to_string();
    for needle in ["needle", "symptoms", "ZONE0007", name.as_str(), "red"] {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle}");
    }
}

#[cfg(unix)]
#[test]
fn all_its_files_are_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let mut archive = world.archive();
    archive.keep("medical", &[world.report(7, 3, 1)]).unwrap();
    for ending in ["", ".key", "-wal", "-shm"] {
        let path = super::beside(&world.path(), ending);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{ending}");
    }
    drop(archive);
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(key_path(&world.path()), open).unwrap();
    let refused = Archive::open(&world.path()).unwrap_err();
    assert!(matches!(refused, ArchiveError::File(files::FileError::Exposed { .. })), "{refused}");
}

#[test]
fn two_processes_share_an_archive() {
    let world = World::new();
    let (mut one, mut two) = (world.archive(), world.archive());
    one.keep("medical", &[world.report(7, 3, 1), world.report(8, 3, 2)]).unwrap();
    two.keep("medical", &[world.report(7, 3, 3)]).unwrap();
    assert_eq!(all(&mut two).len(), 3);
    // One replaces the keys; the other goes on with the new ones.
    one.erase(&[cowl_core::Erasure::Handle(super::testing::handle(8, 3))]).unwrap();
    two.keep("medical", &[world.report(7, 3, 4)]).unwrap();
    assert_eq!(all(&mut two).len(), 3);
    assert_eq!(all(&mut one).len(), 3);
}

#[test]
fn a_full_disk_changes_nothing_and_is_said() {
    let world = World::new();
    let mut archive = world.archive();
    archive.keep("medical", &[world.report(7, 3, 1)]).unwrap();
    let pages: i64 = archive.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    archive.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    let large = Entry { fields: format!("{{\"text\":\"{}\"}}", "x".repeat(60_000)), ..world.report(7, 3, 2) };
    let full = archive.keep("medical", &[world.report(9, 3, 9), large]).unwrap_err();
    assert!(matches!(full, ArchiveError::Full(_)), "{full}");
    assert_eq!(all(&mut archive).len(), 1);
    archive.connection.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(())).unwrap();
    assert_eq!(archive.keep("medical", &[world.report(9, 3, 9)]).unwrap(), 1);
    assert_eq!(all(&mut archive).len(), 2);
}

#[test]
fn an_archive_is_of_one_operation() {
    let (world, other) = (World::new(), World::new());
    drop(world.archive());
    let refused = Archive::open_or_create(&world.path(), other.manifest()).unwrap_err();
    assert!(matches!(refused, ArchiveError::OtherOperation(_)));
}

#[test]
fn a_key_without_its_database_is_not_overwritten() {
    let world = World::new();
    drop(world.archive());
    std::fs::rename(world.path(), world.folder.path().join("elsewhere")).unwrap();
    let refused = Archive::open_or_create(&world.path(), world.manifest()).unwrap_err();
    assert!(matches!(refused, ArchiveError::File(files::FileError::Exists(_))), "{refused}");
}

#[test]
fn exports_are_json_lines_or_csv() {
    let world = World::new();
    let mut archive = world.archive();
    let formula = Entry {
        fields: "{\"from\":\"=1+1\",\"zone\":{\"zone\":\"A\",\"level\":\"b\"}}".into(),
        ..world.report(7, 3, 1)
    };
    archive.keep("medical", &[formula, world.walk_in(3, 2)]).unwrap();
    let kept = all(&mut archive);
    let write = |format| {
        let (mut export, mut out) = (Export::new(format), Vec::new());
        for kept in &kept {
            export.add(kept, &mut out).unwrap().unwrap();
        }
        export.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let (json, csv) = (write(Format::Json), write(Format::Csv));
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!((&first["from_field"], &first["zone"]["zone"]), (&"=1+1".into(), &"A".into()));
    assert_eq!(first["role"], "medical");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("report,role,epoch,from,received,from_field,zone,symptoms,severity"));
    assert!(lines.next().unwrap().contains(",'=1+1,"));
    assert!(lines.next().unwrap().contains(",walk-in,"));
}

#[test]
fn fields_that_are_nested_deeply_are_named_and_not_followed() {
    let world = World::new();
    let mut archive = world.archive();
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let entries = [nested(3), nested(100_000), "[]".to_owned(), "{".to_owned()];
    for (n, fields) in (1..).zip(entries) {
        archive.keep("medical", &[Entry { fields, ..world.report(7, 3, n) }]).unwrap();
    }
    for kept in all(&mut archive) {
        let refused = Export::new(Format::Json).add(&kept, &mut Vec::new());
        assert!(matches!(refused, Err(ArchiveError::Damaged { number, .. }) if number == kept.number));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// Whatever is put in comes out, but for what is erased: by handle, by pseudonym or by age.
    #[test]
    fn only_what_is_erased_goes(reports in prop::collection::btree_map(0_u8..60, (0_u32..4, 0_u32..3, any::<bool>()), 1..30), erased in 0_u32..4, epoch in 0_u32..3, way in 0_u8..3) {
        let world = World::new();
        let mut archive = world.archive();
        let entries: Vec<Entry> = reports.iter().map(|(n, (place, epoch, is_walk_in))| {
            if *is_walk_in { world.walk_in(*epoch, *n) } else { world.report(*place, *epoch, *n) }
        }).collect();
        for piece in entries.chunks(3) {
            archive.keep("medical", piece).unwrap();
        }
        let order = match way {
            0 => cowl_core::Erasure::Handle(super::testing::handle(erased, epoch)),
            1 => cowl_core::Erasure::Pseudonym(world.name(erased, epoch), Epoch(epoch)),
            _ => cowl_core::Erasure::Before(Epoch(epoch)),
        };
        let goes = |entry: &Entry| match order {
            cowl_core::Erasure::Handle(handle) => entry.handle == handle,
            cowl_core::Erasure::Pseudonym(name, epoch) => entry.from == Some(name) && entry.epoch == epoch,
            cowl_core::Erasure::Before(epoch) => entry.epoch < epoch,
        };
        let stays: Vec<_> = entries.iter().filter(|entry| !goes(entry)).map(|entry| entry.report.0).collect();
        let done = archive.erase(&[order]).unwrap();
        prop_assert_eq!(done.records, u64::try_from(entries.len() - stays.len()).unwrap());
        prop_assert_eq!(done.damaged, 0);
        let left: Vec<_> = all(&mut archive).iter().map(|kept| kept.report).collect();
        prop_assert_eq!(&left, &stays);
        // And what stays is still found by its zone, and known.
        for entry in entries.iter().filter(|entry| !goes(entry)) {
            let found = some(&mut archive, &Query { zone: entry.zone.clone(), ..Query::default() });
            prop_assert!(found.iter().any(|kept| kept.report == entry.report.0));
            prop_assert_eq!(archive.keep("medical", std::slice::from_ref(entry)).unwrap(), 0);
        }
    }
}
