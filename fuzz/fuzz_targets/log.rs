//! Any bytes as what people hand each other of a log: notes, checkpoints, proofs, keys, entries; and as a file of a log's
//! folder.

#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use cowl::log::{
    Entry, Finding, Growth, Inclusion, KeyKind, Note, Reader, Root, SignedCheckpoint, VerifierKey, Writer,
};
use cowl_core::{AuthorityKey, OperationId, Secret};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<AuthorityKey> = LazyLock::new(|| AuthorityKey::new(&Secret::new([9; 32])));
static NAME: LazyLock<VerifierKey> = LazyLock::new(|| {
    let origin = cowl::log::origin(OperationId([8; 16]));
    VerifierKey::new(&origin, KeyKind::Log, KEY.public())
        .expect("an operation's log has a name that a key can have")
});
/// A log of two entries, and its files.
static LOG: LazyLock<(PathBuf, Vec<PathBuf>)> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("cowl-fuzz-log-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    Writer::create(&folder, &NAME, &KEY, &[b"one".to_vec(), b"two".to_vec()])
        .expect("a log in a temporary folder");
    let files = ["checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2"].map(|file| folder.join(file));
    (folder, files.to_vec())
});

fuzz_target!(|data: &[u8]| {
    if let Ok(note) = Note::parse(data) {
        assert_eq!(note.to_string().as_bytes(), data);
        assert!(note.verify(&NAME).is_err(), "nobody else has the key");
    }
    if let Ok(checkpoint) = SignedCheckpoint::parse(data) {
        assert_eq!(checkpoint.to_string().as_bytes(), data);
    }
    if let Ok(proof) = Inclusion::parse(data) {
        assert_eq!(proof.to_string().as_bytes(), data);
        assert!(proof.verify(&NAME).is_err());
    }
    if let Ok(growth) = Growth::parse(data) {
        assert_eq!(growth.to_string().as_bytes(), data);
        assert!(growth.verify(&NAME, Root([0; 32])).is_err());
    }
    if let Some(key) = std::str::from_utf8(data).ok().and_then(|text| VerifierKey::parse(text).ok()) {
        assert_eq!(VerifierKey::parse(&key.to_string()), Ok(key));
    }
    if let Some(entry) = Entry::parse(data) {
        assert_eq!(Entry::parse(&entry.to_bytes()), Some(entry));
    }
    let Some((which, bytes)) = data.split_first() else { return };
    let (folder, files) = &*LOG;
    let file = &files[usize::from(*which) % files.len()];
    let before = fs::read(file).expect("the log is there");
    fs::write(file, bytes).expect("a temporary file");
    let found = Reader::open(folder).and_then(|log| log.inspect(&NAME)).map(|found| found.findings);
    let _ = Writer::open(folder, &NAME, &KEY);
    fs::write(file, &before).expect("a temporary file");
    let unchanged = before == bytes;
    assert_eq!(found.is_ok_and(|findings: Vec<Finding>| findings.is_empty()), unchanged);
});
