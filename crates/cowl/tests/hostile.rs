//! Whatever comes from outside or lies on a disk, made by somebody who means harm: cut off, altered, of another operation, of
//! before, too long, nested without end. Each is refused with a reason that says of which file it speaks; nothing panics.
//!
//! What hides behind signatures and ciphers is shown to the same parsers by `fuzz/`, which signs and seals what it makes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

mod hostile_support;

use std::{
    fs::{self, File},
    path::Path,
};

use cowl::{
    files,
    glass::Custodian,
    join::from_package,
    keyring::{Reader, Sender, load_credential},
    log::SignedCheckpoint,
    random::SystemRng,
    recovery::{self, RecoveryFile},
    rest::{self, Identities, Passphrase, To},
};
use hostile_support::{NOW, World, said, with_worlds};

/// What stands in a file, so the reason must name the file.
const FILES: [&str; 10] = [
    "package",
    "recovery file",
    "backup",
    "credential's backup",
    "credential",
    "locked file",
    "store key",
    "archive",
    "policy",
    "checkpoint",
];
/// What nothing protects from being altered, because it is its holder's own to edit; what is altered is another one, or none.
const OPEN: [&str; 3] = ["glass draft", "receipt", "policy"];
/// A database, of which some bytes mean nothing: altered, what it keeps opens, or is named.
const DATABASE: [&str; 2] = ["archive", "store key"];

fn refused(world: &World, name: &str, bytes: &[u8], what: &str) {
    match world.show(name, bytes) {
        Ok(_) => panic!("{name}, {what}: accepted"),
        Err(reason) => {
            let named = reason.contains("hostile") || reason.to_lowercase().contains("checkpoint");
            assert!(!FILES.contains(&name) || named, "{name}, {what}: which file? {reason}");
        }
    }
}

/// So many places of a range, its ends among them.
fn places(end: usize, most: usize) -> impl Iterator<Item = usize> {
    let step = (end / most).max(1);
    (0..end).step_by(step).chain(end.saturating_sub(4)..end)
}

/// How many samples of each are as much as a debug build does in a few seconds.
fn samples(name: &str) -> usize {
    match name {
        // Opened by ML-KEM, which takes a debug build 50 ms.
        "recovery file" | "backup" | "credential's backup" | "locked file" => 10,
        // A database is opened, a log is written.
        "archive" | "store key" | "package" | "credential" | "glass draft" => 24,
        "policy" | "bundle" | "manifest" | "checkpoint" | "glass answer" => 40,
        _ => 120,
    }
}

#[test]
fn what_is_good_is_accepted_and_what_is_cut_off_altered_or_longer_is_refused() {
    with_worlds(|here, _| {
        for (name, good) in &here.good {
            let shown = here.show(name, good).unwrap_or_else(|reason| panic!("{name}: {reason}"));
            let all = samples(name);
            for length in places(good.len(), all) {
                let fine = match here.show(name, &good[..length]) {
                    Err(_) => true,
                    // A policy that ends early may be one; a database's last pages may be free.
                    Ok(_) if ["policy", "archive"].contains(name) => true,
                    // Four letters of the last word suffice, and a last line needs no end.
                    Ok(seen) => seen == shown && ["recovery share", "receipt"].contains(name),
                };
                assert!(fine, "{name}, cut off at {length}: accepted");
            }
            for at in places(good.len(), all) {
                for by in [0x01, 0x80] {
                    let mut altered = good.clone();
                    altered[at] ^= by;
                    let seen = here.show(name, &altered);
                    let fine = match seen {
                        Err(_) => true,
                        Ok(_) if OPEN.contains(name) || DATABASE.contains(name) => true,
                        // A word that is written in capitals is the same word.
                        Ok(seen) => seen == shown && *name == "recovery share",
                    };
                    assert!(fine, "{name}, byte {at} altered by {by:#x}: accepted");
                }
            }
            if !["policy", "receipt", "archive", "store key", "ticket", "recovery share"].contains(name) {
                refused(here, name, &[&good[..], b"\0"].concat(), "with a byte more");
                refused(here, name, &[&good[..], &good[..]].concat(), "twice");
            }
        }
    });
}

#[test]
fn what_is_of_another_operation_is_refused() {
    with_worlds(|here, elsewhere| {
        for (name, foreign) in &elsewhere.good {
            match *name {
                // It says whose it is, and nobody is asked for anything before that is compared.
                "ticket" | "policy" | "credential" => {}
                // The reason speaks of the shares.
                "recovery file" => assert!(here.show(name, foreign).unwrap_err().contains("belongs to set")),
                _ => refused(here, name, foreign, "of another operation"),
            }
        }
    });
}

#[test]
fn what_is_of_before_is_refused_once_there_is_something_newer() {
    with_worlds(|here, _| {
        assert_eq!(here.old.len(), 3);
        let of = |name: &str| &here.old.iter().find(|(known, _)| *known == name).unwrap().1;
        let mut reader = Reader::open(&here.path("medic.cowl"), "medical", None).unwrap();
        reader.take_bundle(here.good("bundle")).unwrap();
        reader.hear(here.good("beacon"), 0).unwrap();
        let replayed = [
            reader.follow(of("manifest")).map(drop).map_err(said),
            reader.take_bundle(of("bundle")).map(drop).map_err(said),
            reader.hear(of("beacon"), 0).map(drop).map_err(said),
        ];
        assert!(replayed.iter().all(Result::is_err), "{replayed:?}");
        drop(reader);
        let mut phone = Sender::open(&here.path("phone.cowl")).unwrap();
        phone.hear(here.good("beacon"), 0).unwrap();
        let replayed = [
            phone.follow(of("manifest")).map(drop).map_err(said),
            phone.hear(of("beacon"), 0).map(drop).map_err(said),
        ];
        assert!(replayed.iter().all(Result::is_err), "{replayed:?}");
        // A request lives for its time, and no longer.
        let custodian = Custodian::open(&here.path("anna.share")).unwrap();
        assert!(custodian.read(&here.request, NOW + 31 * 86_400).is_err());
    });
}

/// Brackets without end, as every notation here writes them.
fn nested() -> Vec<Vec<u8>> {
    const DEPTH: usize = 200_000;
    vec![
        vec![b'['; DEPTH],
        br#"{"a":"#.repeat(DEPTH),
        [b"x = ".to_vec(), vec![b'['; DEPTH]].concat(),
        [b"x = ".to_vec(), b"{a=".repeat(DEPTH)].concat(),
        b"a.".repeat(DEPTH),
        // CBOR: arrays of one, of endless, maps, tags.
        vec![0x81; DEPTH],
        vec![0x9f; DEPTH],
        [0xa1, 0x00].repeat(DEPTH),
        vec![0xc1; DEPTH],
        // Lengths that nothing can have.
        [&[0x9b][..], &[0xff; 8]].concat(),
        [&[0x5b][..], &[0xff; 8]].concat(),
        [&[0xbb][..], &[0xff; 8]].concat(),
    ]
}

#[test]
fn what_is_nested_without_end_or_announces_more_than_there_is_is_refused() {
    // On a small stack, as a thread of a server has it: what would take more ends the test.
    let run = || {
        with_worlds(|here, _| {
            for (name, good) in &here.good {
                let starts: Vec<&[u8]> = match *name {
                    "glass draft" => vec![b"", b"cowl glass draft 1\n"],
                    "glass answer" => vec![b"", b"cowl glass partial 1\n"],
                    "custodian's share" => vec![b"", b"cowl glass share 1\n"],
                    "recovery file" => vec![b"", b"cowl recovery 1 "],
                    "credential" => vec![b"", b"cowl credential 1\n"],
                    "manifest" | "bundle" | "beacon" => vec![b"", &good[..96]],
                    _ => vec![b""],
                };
                for bytes in nested() {
                    for start in &starts {
                        refused(here, name, &[start, &bytes[..]].concat(), "nested");
                    }
                }
            }
            // Behind a cipher, where only the one who may read looks: a backup that somebody made for us.
            let to = To::Recipients(vec![here.identity.to_public().unwrap()]);
            for bytes in nested() {
                let sealed = rest::seal(&[b"cowl pack 1\n", &bytes[..]].concat(), &to).unwrap();
                refused(here, "backup", &sealed, "nested within");
            }
        });
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

/// A file that is as long as a disk is refused before it is read.
#[test]
fn what_is_longer_than_it_can_be_is_refused_unread() {
    with_worlds(|here, _| {
        let long = here.path("hostile-long");
        let file = File::create(&long).unwrap();
        files_private(&long);
        file.set_len(64 << 40).or_else(|_| file.set_len(1 << 40)).unwrap();
        let rng = &mut SystemRng::new();
        let (to, known) = (here.path("never"), Identities::one(here.identity.clone()));
        let tries = [
            RecoveryFile::load(&long).map(drop).map_err(said),
            recovery::restore(&long, &to, None, Some(&known), NOW, rng).map(drop).map_err(said),
            load_credential(&long).map(drop).map_err(said),
            files::read_secret(&long, 1 << 20).map(drop).map_err(said),
            Custodian::open(&long).map(drop).map_err(said),
            from_package(&here.ticket, &long, &to).map(drop).map_err(said),
            Identities::load(&long).map(drop).map_err(said),
            SignedCheckpoint::load(&long).map(drop).map_err(said),
        ];
        for tried in tries {
            let reason = tried.unwrap_err();
            assert!(reason.contains("hostile-long") && reason.contains("larger"), "{reason}");
        }
        // What is no file at all.
        for path in [here.folder.path(), Path::new("/dev/null")] {
            assert!(RecoveryFile::load(path).is_err() && load_credential(path).is_err());
        }
    });
}

fn files_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A backup that does as told writes into its own folder only, and a passphrase file cannot ask for all memory.
#[test]
fn a_backup_stays_in_its_folder_and_work_is_bounded() {
    with_worlds(|here, _| {
        let to = To::Recipients(vec![here.identity.to_public().unwrap()]);
        for name in ["../stolen", "/tmp/stolen", "a/../../stolen", "", ".", "log/\0", "a\\b", "c:x"] {
            // Kind, time, files: [name, bytes, whether it is secret].
            let mut cbor = vec![0x83, 0x69];
            cbor.extend(b"operation");
            cbor.extend([0x1a, 0x6b, 0x49, 0xd2, 0x00, 0x81, 0x83, 0x78, u8::try_from(name.len()).unwrap()]);
            cbor.extend(name.as_bytes());
            cbor.extend([0x43, 1, 2, 3, 0xf4]);
            let sealed = rest::seal(&[b"cowl pack 1\n", &cbor[..]].concat(), &to).unwrap();
            let reason = here.show("backup", &sealed).unwrap_err();
            assert!(reason.contains("a name that is none"), "{name:?}: {reason}");
            assert!(!here.path("stolen").exists());
        }
        let greedy = "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 21\n\
            ZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n";
        let bytes = [greedy.as_bytes(), &[0; 40]].concat();
        let passphrase = Passphrase::new("correct horse battery".to_owned());
        let refused = rest::open_with(&bytes, Some(&passphrase), &Identities::none()).unwrap_err();
        assert_eq!(refused, rest::RestError::TooMuchWork);
    });
}
