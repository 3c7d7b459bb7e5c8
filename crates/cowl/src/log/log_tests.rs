//! The log as a whole: vectors of others, every altered byte, crashes, forks.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use cowl_core::{Authority, AuthorityKey, OperationId, Secret};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;
use tempfile::TempDir;

use super::{tree::WIDTH, *};

const OPERATION: OperationId = OperationId([7; 16]);

pub(super) fn key() -> &'static AuthorityKey {
    static KEY: LazyLock<AuthorityKey> = LazyLock::new(|| AuthorityKey::new(&Secret::new([1; 32])));
    &KEY
}

pub(super) fn name() -> VerifierKey {
    log_key(OPERATION, key().public())
}

pub(super) fn entry(number: u64) -> Vec<u8> {
    Entry::new(Event::Command { number }, 1_800_000_000 + number).to_bytes()
}

/// A log made of batches of these sizes.
pub(super) fn log_of(batches: &[u64]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut next = 0;
    for (at, batch) in batches.iter().enumerate() {
        let entries: Vec<_> = (next..next + batch).map(entry).collect();
        next += batch;
        match at {
            0 => Writer::create(&path, &name(), key(), &entries).unwrap(),
            _ => drop(Writer::open(&path, &name(), key()).unwrap().append(&entries).unwrap()),
        }
    }
    (folder, path)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_of(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn findings(path: &Path) -> Vec<Finding> {
    match Reader::open(path) {
        Ok(reader) => reader.inspect(&name()).unwrap().findings,
        Err(error) => panic!("{error}"),
    }
}

/// The leaves and roots of the reference tests of Certificate Transparency (RFC 6962's own implementation).
#[test]
fn roots_are_those_of_certificate_transparency() {
    let leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    for (at, (leaf, root)) in leaves.iter().zip(roots).enumerate() {
        let leaf = vec![hex::decode(leaf).unwrap()];
        if at == 0 {
            Writer::create(&path, &name(), key(), &leaf).unwrap();
        } else {
            Writer::open(&path, &name(), key()).unwrap().append(&leaf).unwrap();
        }
        let checkpoint = Reader::open(&path).unwrap().checkpoint().unwrap();
        let checkpoint = checkpoint.verify(&name()).unwrap();
        assert_eq!((checkpoint.size, hex::encode(checkpoint.root.0)), (at as u64 + 1, root.to_owned()));
    }
    // Audit paths and consistency proofs of the same reference tests.
    let reader = Reader::open(&path).unwrap();
    let hexes = |path: &[Root]| path.iter().map(|root| hex::encode(root.0)).collect::<Vec<_>>();
    let proof = reader.prove_entry(0, reader.checkpoint().unwrap()).unwrap();
    let expected = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(hexes(&proof.path), expected);
    let growth = reader.prove_growth(6, reader.checkpoint().unwrap()).unwrap();
    let expected = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(hexes(&growth.path), expected);
}

/// What the authority of one operation signed, byte for byte: version 1 of the layout and of its entries.
#[test]
fn the_fixture_of_version_1_is_read_for_ever() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/log/v1");
    let log = VerifierKey::parse(&fs::read_to_string(path.with_extension("key")).unwrap()).unwrap();
    let reader = Reader::open(&path).unwrap();
    let inspection = reader.inspect(&log).unwrap();
    assert_eq!((inspection.findings, inspection.size), (Vec::new(), 300));
    let entries: Vec<_> = reader.entries(255..257).collect::<Result<_, _>>().unwrap();
    assert_eq!(entries, [entry(255), entry(256)]);
}

#[test]
fn appending_one_by_one_and_all_at_once_is_the_same() {
    let (_one, ones) = log_of(&[3, 250, 2, 1, 1, 1, 42]);
    let (_two, twos) = log_of(&[300]);
    let checkpoint = |path: &Path| Reader::open(path).unwrap().checkpoint().unwrap();
    assert_eq!(checkpoint(&ones), checkpoint(&twos));
    assert_eq!((findings(&ones), findings(&twos)), (Vec::new(), Vec::new()));
    // Full files leave no partial ones behind, and of the others one older width stays at most.
    assert!(!ones.join("tile/0/000.p").exists() && !ones.join("tile/entries/000.p").exists());
    assert_eq!(fs::read_dir(ones.join("tile/entries/001.p")).unwrap().count(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Against another implementation of RFC 6962, over the borders of tiles.
    #[test]
    fn proofs_are_those_of_another_implementation(first in 1_u64..520, more in 1_u64..300, at in any::<prop::sample::Index>()) {
        let (_folder, path) = log_of(&[first, more]);
        let reader = Reader::open(&path).unwrap();
        let size = first + more;
        let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        (0..first).for_each(|number| other.push(entry(number)));
        let old_root = other.root();
        (first..size).for_each(|number| other.push(entry(number)));
        let checkpoint = reader.checkpoint().unwrap();
        let flat = |path: &[Root]| path.iter().flat_map(|root| root.0).collect::<Vec<u8>>();
        let new_root = other.root();
        prop_assert_eq!(&checkpoint.unverified().root.0[..], &new_root.as_bytes()[..]);
        let index = at.index(usize::try_from(size).unwrap());
        let inclusion = reader.prove_entry(index as u64, checkpoint.clone()).unwrap();
        let others = (other.prove_inclusion(index), other.prove_consistency(usize::try_from(more).unwrap()));
        prop_assert_eq!(flat(&inclusion.path), others.0.as_bytes());
        let read = Inclusion::parse(inclusion.to_string().as_bytes()).unwrap();
        prop_assert_eq!(read.verify(&name()).unwrap().0, entry(index as u64));
        let growth = reader.prove_growth(first, checkpoint).unwrap();
        prop_assert_eq!(flat(&growth.path), others.1.as_bytes());
        let read = Growth::parse(growth.to_string().as_bytes()).unwrap();
        let mut root = [0; 32];
        root.copy_from_slice(&old_root.as_bytes()[..]);
        prop_assert!(read.verify(&name(), Root(root)).is_ok());
        root[3] ^= 1;
        prop_assert!(read.verify(&name(), Root(root)).is_err());
    }
}

proptest! {
    /// Any text in: never a panic, nothing is taken for signed, and what is read is written as it was.
    #[test]
    fn whatever_is_read_is_written_as_it_was(text in "(cowl/07|old |index |extra |c2sp.org/tlog-proof@v1|[0-9A-Za-z+/= —.\\n]){0,40}") {
        let bytes = text.as_bytes();
        if let Ok(note) = Note::parse(bytes) {
            prop_assert_eq!(note.to_string(), text.clone());
            prop_assert!(note.verify(&name()).is_err());
        }
        if let Ok(proof) = Inclusion::parse(bytes) {
            prop_assert_eq!(proof.to_string(), text.clone());
            prop_assert!(proof.verify(&name()).is_err());
        }
        if let Ok(growth) = Growth::parse(bytes) {
            prop_assert_eq!(growth.to_string(), text.clone());
        }
        if let Ok(key) = VerifierKey::parse(&text) {
            prop_assert_eq!(VerifierKey::parse(&key.to_string()), Ok(key));
        }
        prop_assert!(Entry::parse(bytes).is_none());
    }

    /// Any bytes as a proof of an honest log: none proves what is not there.
    #[test]
    fn no_other_path_proves_an_entry(path in prop::collection::vec(any::<[u8; 32]>(), 0..5), index in 0_u64..8) {
        static LOG: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| log_of(&[7]));
        let checkpoint = Reader::open(&LOG.1).unwrap().checkpoint().unwrap();
        let path = path.into_iter().map(Root).collect();
        let proof = Inclusion { entry: entry(99), index, path, checkpoint };
        prop_assert!(proof.verify(&name()).is_err());
    }
}

#[test]
fn every_altered_byte_is_found() {
    let (_folder, path) = log_of(&[2, 1]);
    for file in files_of(&path) {
        let bytes = fs::read(&file).unwrap();
        for at in 0..bytes.len() {
            for bit in [0, 6] {
                let mut altered = bytes.clone();
                altered[at] ^= 1 << bit;
                fs::write(&file, &altered).unwrap();
                assert_ne!(findings(&path), [], "{} byte {at}", file.display());
            }
        }
        fs::write(&file, &bytes).unwrap();
    }
    assert_eq!(findings(&path), []);
}

#[test]
fn every_cut_file_is_found_and_every_missing_one_and_every_longer_one() {
    let (_folder, path) = log_of(&[257, 1]);
    let files = files_of(&path);
    for file in files.iter().filter(|file| !file.ends_with("checkpoint")) {
        let bytes = fs::read(file).unwrap();
        let lengths = [bytes.len() / 2, bytes.len() - 32, bytes.len() - 1, 0];
        let mut found = Vec::new();
        for length in lengths {
            fs::write(file, &bytes[..length]).unwrap();
            found.push(findings(&path));
        }
        fs::write(file, [bytes.as_slice(), b"x"].concat()).unwrap();
        found.push(findings(&path));
        fs::write(file, &bytes).unwrap();
        assert!(found.iter().all(|found| !found.is_empty()), "{}: {found:?}", file.display());
        // A width that is no longer needed may be gone.
        fs::remove_file(file).unwrap();
        let needed = !file.ends_with("001.p/1");
        assert_eq!(findings(&path).is_empty(), !needed, "{}", file.display());
        fs::write(file, &bytes).unwrap();
    }
    assert_eq!(findings(&path), []);
    fs::write(path.join("tile/0/notes.txt"), "x").unwrap();
    assert_eq!(findings(&path), [Finding::Stray { path: "tile/0/notes.txt".into() }]);
}

#[test]
fn an_edited_entry_is_named_and_so_are_edited_hashes() {
    let (_folder, path) = log_of(&[300]);
    let bundle = path.join("tile/entries/001.p/44");
    let bytes = fs::read(&bundle).unwrap();
    let at = bytes.windows(10).position(|window| window == b"\"number\":2").unwrap() + 10;
    let mut edited = bytes.clone();
    edited[at] ^= 1;
    fs::write(&bundle, &edited).unwrap();
    let named = Finding::Entry { index: 256, path: "tile/entries/001.p/44".into() };
    assert!(findings(&path).contains(&named), "{:?}", findings(&path));
    // With the hash of the edited entry put beside it, the checkpoint still contradicts, and the level above, if any.
    let tile = path.join("tile/0/001.p/44");
    let hashes = fs::read(&tile).unwrap();
    let mut forged = hashes.clone();
    let length = usize::from(u16::from_be_bytes([edited[0], edited[1]]));
    forged[..32].copy_from_slice(&tlog_tiles::record_hash(&edited[2..2 + length]).0);
    fs::write(&tile, &forged).unwrap();
    assert_eq!(findings(&path), [Finding::Root { size: 300 }]);
    fs::write(&bundle, &bytes).unwrap();
    assert_eq!(findings(&path), [Finding::Hashes { path: "tile/0/001.p/44".into() }]);
    fs::write(&tile, &hashes).unwrap();
    assert_eq!(findings(&path), []);
}

#[test]
fn swapped_entries_are_found() {
    let (_folder, path) = log_of(&[5]);
    let bundle = path.join("tile/entries/000.p/5");
    let swapped: Vec<u8> = [1, 0, 2, 3, 4]
        .into_iter()
        .flat_map(|number| {
            [&u16::try_from(entry(number).len()).unwrap().to_be_bytes(), entry(number).as_slice()].concat()
        })
        .collect();
    fs::write(&bundle, swapped).unwrap();
    let indices: Vec<_> = findings(&path)
        .into_iter()
        .filter_map(|finding| if let Finding::Entry { index, .. } = finding { Some(index) } else { None })
        .collect();
    assert_eq!(indices, [0, 1]);
}

#[test]
fn a_cut_and_a_rewritten_log_contradict_what_was_kept() {
    let (_folder, path) = log_of(&[10, 5]);
    let kept = Reader::open(&path).unwrap().checkpoint().unwrap();
    let (_shorter, shorter) = log_of(&[10]);
    let mut inspection = Reader::open(&shorter).unwrap().inspect(&name()).unwrap();
    inspection.compare(&name(), &kept);
    assert_eq!(inspection.findings, [Finding::Cut { had: 15, has: 10 }]);
    // Rewritten by the authority itself: every signature is good.
    let rewritten = tempfile::tempdir().unwrap();
    let rewritten = rewritten.path().join("log");
    let entries: Vec<_> = (0..20).map(|number| entry(if number == 7 { 99 } else { number })).collect();
    fs::create_dir_all(rewritten.parent().unwrap()).unwrap();
    Writer::create(&rewritten, &name(), key(), &entries).unwrap();
    let mut inspection = Reader::open(&rewritten).unwrap().inspect(&name()).unwrap();
    assert_eq!(inspection.findings, []);
    inspection.compare(&name(), &kept);
    assert_eq!(inspection.findings, [Finding::Fork { size: 15 }]);
    inspection.compare_copy(&Reader::open(&path).unwrap()).unwrap();
    assert!(inspection.findings.contains(&Finding::Entry { index: 7, path: "tile/entries/000.p/20".into() }));
}

/// Stops at every file that an append writes, as a machine that loses power does.
#[test]
fn a_machine_that_stops_in_the_middle_loses_no_entry() {
    let (_before, before) = log_of(&[254]);
    let (_after, after) = log_of(&[254]);
    let batch: Vec<_> = (254..260).map(entry).collect();
    Writer::open(&after, &name(), key()).unwrap().append(&batch).unwrap();
    let mut written: Vec<_> =
        files_of(&after).into_iter().map(|file| file.strip_prefix(&after).unwrap().to_owned()).collect();
    written.retain(|file| !before.join(file).exists());
    // In the order in which they are written: bundles, hashes by level, the checkpoint last.
    written.sort_by_key(|file| !file.starts_with("tile/entries"));
    for stop in 0..=written.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        copy(&before, &path);
        for file in &written[..stop] {
            fs::create_dir_all(path.join(file).parent().unwrap()).unwrap();
            fs::copy(after.join(file), path.join(file)).unwrap();
        }
        fs::write(path.join(".cowl-half"), "half").unwrap();
        let inspection = Reader::open(&path).unwrap().inspect(&name()).unwrap();
        assert_eq!(inspection.findings, [], "after {stop} files");
        let bundles = written[..stop].iter().filter(|file| file.starts_with("tile/entries")).count();
        let unsigned = [0, 2, 6][bundles];
        assert_eq!(inspection.unsigned, unsigned, "after {stop} files");
        let mut writer = Writer::open(&path, &name(), key()).unwrap();
        assert_eq!(writer.unsigned(), unsigned);
        writer.append(&[entry(1_000)]).unwrap();
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.inspect(&name()).unwrap().findings, []);
        let entries: Vec<_> = reader.entries(0..1_000).collect::<Result<_, _>>().unwrap();
        let expected: Vec<_> = (0..254 + unsigned).chain([1_000]).map(entry).collect();
        assert_eq!(entries, expected, "after {stop} files");
    }
}

#[test]
fn a_log_that_was_altered_at_its_end_is_not_gone_on_with() {
    let (_folder, path) = log_of(&[5]);
    for file in ["tile/entries/000.p/5", "tile/0/000.p/5", "checkpoint"] {
        let bytes = fs::read(path.join(file)).unwrap();
        let mut altered = bytes.clone();
        let at = altered.len() - 3;
        altered[at] ^= 1;
        fs::write(path.join(file), &altered).unwrap();
        let error = Writer::open(&path, &name(), key()).unwrap_err();
        assert!(error.is_damage(), "{file}: {error}");
        fs::write(path.join(file), &bytes).unwrap();
    }
    let other = VerifierKey::of_log(origin(OPERATION), Authority([9; 32]));
    assert!(Writer::open(&path, &other, key()).is_err());
}

#[test]
fn an_entry_that_no_bundle_can_hold_is_refused_and_nothing_is_written() {
    let (_folder, path) = log_of(&[1]);
    let mut writer = Writer::open(&path, &name(), key()).unwrap();
    assert!(matches!(writer.append(&[vec![0; 65_536]]), Err(LogError::TooLarge)));
    assert_eq!(Writer::open(&path, &name(), key()).unwrap().unsigned(), 0);
    writer.append(&[vec![0; 65_535]]).unwrap();
    assert_eq!(findings(&path), []);
}

#[test]
fn proofs_that_were_altered_in_any_byte_are_refused() {
    let (_folder, path) = log_of(&[6]);
    let reader = Reader::open(&path).unwrap();
    let old = Root(tlog_root(&reader, 3));
    let inclusion = reader.prove_entry(2, reader.checkpoint().unwrap()).unwrap().to_string();
    let growth = reader.prove_growth(3, reader.checkpoint().unwrap()).unwrap().to_string();
    for at in 0..inclusion.len() {
        let mut altered = inclusion.clone().into_bytes();
        altered[at] ^= 1;
        assert!(
            Inclusion::parse(&altered).and_then(|proof| proof.verify(&name()).map(drop)).is_err(),
            "byte {at}"
        );
    }
    for at in 0..growth.len() {
        let mut altered = growth.clone().into_bytes();
        altered[at] ^= 1;
        assert!(
            Growth::parse(&altered).and_then(|proof| proof.verify(&name(), old).map(drop)).is_err(),
            "byte {at}"
        );
    }
}

fn tlog_root(reader: &Reader, size: u64) -> [u8; 32] {
    reader.root(size).unwrap().0
}

/// Cheap when it is long: an append to a log of 70,000 entries reads and writes a few files.
#[test]
fn an_append_to_a_long_log_touches_the_ends_of_its_levels_only() {
    let (_folder, path) = log_of(&[70_000]);
    let before: Vec<_> = files_of(&path);
    // Unreadable, were they read: everything but the last of each level.
    for file in &before {
        let last = ["0/273.p/112", "entries/273.p/112", "1/001.p/17", "2/000.p/1", "checkpoint"]
            .iter()
            .any(|last| file.ends_with(last));
        if !last {
            fs::write(file, "gone").unwrap();
        }
    }
    Writer::open(&path, &name(), key()).unwrap().append(&[entry(70_000)]).unwrap();
    let checkpoint = Reader::open(&path).unwrap().checkpoint().unwrap();
    assert_eq!(checkpoint.verify(&name()).unwrap().size, 70_001);
    assert_eq!(before.len() as u64, 70_000 / WIDTH * 2 + 2 + 2 + 1 + 1);
}

#[test]
fn a_damaged_log_is_put_together_again_and_nothing_else_is() {
    let (folder, path) = log_of(&[300]);
    let (_other, mirror) = log_of(&[300]);
    // Hashes: from its own entries.
    fs::write(path.join("tile/0/000"), "gone").unwrap();
    fs::remove_file(path.join("tile/1/000.p/1")).unwrap();
    let repaired = Writer::repair(&path, None, &name(), key(), 1).unwrap();
    assert_eq!((repaired.size, findings(&path)), (300, vec![]));
    assert!(repaired.kept.join("tile/0/000").exists());
    // Entries: only from a copy.
    fs::write(path.join("tile/entries/000"), "gone").unwrap();
    assert!(Writer::repair(&path, None, &name(), key(), 2).unwrap_err().is_damage());
    let (_shorter, shorter) = log_of(&[280]);
    assert!(Writer::repair(&path, Some(&Reader::open(&shorter).unwrap()), &name(), key(), 2).is_err());
    Writer::repair(&path, Some(&Reader::open(&mirror).unwrap()), &name(), key(), 2).unwrap();
    assert_eq!(findings(&path), []);
    // The checkpoint, too.
    fs::write(path.join("checkpoint"), "gone").unwrap();
    Writer::repair(&path, Some(&Reader::open(&mirror).unwrap()), &name(), key(), 3).unwrap();
    assert_eq!(findings(&path), []);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "the log and three damaged ones");
    Writer::open(&path, &name(), key()).unwrap().append(&[entry(300)]).unwrap();
}
