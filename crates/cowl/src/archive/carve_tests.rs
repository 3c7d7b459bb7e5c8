//! What lies on a disk and in no file any more.

use std::{collections::BTreeSet, fs};

use super::{super::testing::World, *};
use crate::archive::{hazmat::carve_store_keys, key_path};

/// A disk on which a file system was: a database's pages in any order, none behind the other, and a log in one piece.
fn disk(database: &[u8], log: &[u8]) -> Vec<u8> {
    let mut disk = vec![0xa5; 1_024];
    for (number, block) in std::iter::once(log).chain(database.chunks(PAGE).rev()).enumerate() {
        disk.extend_from_slice(block);
        disk.resize(disk.len().next_multiple_of(512) + 512 * (number % 3), 0x5a);
    }
    disk
}

fn keys(media: &[&[u8]]) -> BTreeSet<[u8; 32]> {
    media.iter().flat_map(|bytes| carve_store_keys(bytes)).collect()
}

fn finds(texts: &[Zeroizing<Vec<u8>>], needle: &[u8]) -> bool {
    texts.iter().any(|text| text.windows(needle.len()).any(|window| window == needle))
}

#[test]
fn freed_pages_and_logs_open_with_the_keys_of_before_and_not_with_those_of_after() {
    let world = World::new();
    let mut archive = world.archive();
    archive.keep("medical", &[world.report(7, 3, 1), world.report(8, 3, 2), world.report(9, 4, 3)]).unwrap();
    let file = |ending: &str| {
        let mut name = world.path().into_os_string();
        name.push(ending);
        fs::read(name).unwrap_or_default()
    };
    // As the disk was: the database, its log, which has what was written last, and the key.
    let before = disk(&file(""), &file("-wal"));
    let key_before = fs::read(key_path(&world.path())).unwrap();
    archive.erase(&[cowl_core::Erasure::Handle(super::super::testing::handle(8, 3))]).unwrap();
    let after = disk(&file(""), &file("-wal"));
    let key_after = fs::read(key_path(&world.path())).unwrap();
    let (gone, kept) = (b"needle 002 of 008".as_slice(), b"needle 001 of 007".as_slice());
    // All that is on the disk now, freed blocks of before included: what is kept opens, what was erased does not.
    let now = [before.as_slice(), &after, &key_after];
    let texts = open_pages(now, &keys(&now));
    assert_eq!((finds(&texts, kept), finds(&texts, gone)), (true, false));
    // The control: had the key's old block stayed, it would.
    let leaky = [before.as_slice(), &after, &key_after, &key_before];
    let texts = open_pages(leaky, &keys(&leaky));
    assert_eq!((finds(&texts, kept), finds(&texts, gone)), (true, true));
    // A log by itself, its pages off every sector: the rows are there, with the epochs' keys of the database.
    assert!(finds(&open_pages([file("").as_slice(), &before, &key_before], &keys(&[&key_before])), gone));
}

#[test]
fn junk_is_no_page() {
    let mut junk = vec![LEAF; 20_000];
    assert!(open_pages([junk.as_slice()], &BTreeSet::from([[7; 32]])).is_empty());
    let mut rng = crate::random::SystemRng::new();
    for _ in 0..20 {
        rand_core::Rng::fill_bytes(&mut rng, &mut junk);
        (0..junk.len()).step_by(64).for_each(|at| junk[at] = LEAF);
        assert!(open_pages([junk.as_slice()], &BTreeSet::from([[7; 32]])).is_empty());
    }
}
