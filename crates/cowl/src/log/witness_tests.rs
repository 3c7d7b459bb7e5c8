use std::{fs, path::Path};

use super::*;
use crate::log::{
    Finding, Reader, Writer, origin,
    tests::{entry, key, log_of, name},
};

#[test]
fn a_witness_signs_growth_and_refuses_a_fork_a_cut_and_another_key() {
    let (_folder, path) = log_of(&[3]);
    let state = tempfile::tempdir().unwrap();
    let state = state.path().join("witness");
    fs::create_dir_all(state.parent().unwrap()).unwrap();
    let mut witness = Witness::create(&state, "example.org/w", &mut SystemRng::new()).unwrap();
    let growth = |path: &Path, old: u64| {
        let reader = Reader::open(path).unwrap();
        reader.prove_growth(old, reader.checkpoint().unwrap()).unwrap()
    };
    let first = witness.cosign(&name(), &growth(&path, 0), 1_800_000_000).unwrap();
    assert_eq!(first.new, 3);
    assert_eq!(first.checkpoint.note().verify_witness(witness.key()), Ok(1_800_000_000));
    assert!(first.checkpoint.verify(&name()).is_ok());
    // It remembers across restarts.
    let mut witness = Witness::open(&state).unwrap();
    Writer::open(&path, &name(), key()).unwrap().append(&[entry(3), entry(4)]).unwrap();
    assert!(matches!(
        witness.cosign(&name(), &growth(&path, 0), 1),
        Err(Refusal::Stale { given: 0, seen: 3 })
    ));
    let second = witness.cosign(&name(), &growth(&path, 3), 1_800_000_100).unwrap();
    assert_eq!(second.new, 2);
    // The same again is no news, and is signed with the newer time.
    assert_eq!(witness.cosign(&name(), &growth(&path, 5), 1_800_000_200).unwrap().new, 0);
    // A copy from before.
    let (_old, old) = log_of(&[3]);
    assert!(matches!(witness.cosign(&name(), &growth(&old, 3), 1), Err(Refusal::Cut { had: 5, has: 3 })));
    // Another history, of the same size and of a greater one.
    for batch in [vec![0, 1, 2, 3, 9], vec![0, 1, 2, 9, 4, 5]] {
        let folder = tempfile::tempdir().unwrap();
        let fork = folder.path().join("log");
        let entries: Vec<_> = batch.into_iter().map(entry).collect();
        Writer::create(&fork, &name(), key(), &entries).unwrap();
        let Err(Refusal::Fork { seen: 5, evidence }) = witness.cosign(&name(), &growth(&fork, 5), 1) else {
            panic!("a fork was signed");
        };
        assert_eq!(
            evidence.matches("cowl/07").count(),
            4,
            "both checkpoints, text and signature: {evidence}"
        );
    }
    let other = VerifierKey::of_log(origin(cowl_core::OperationId([7; 16])), cowl_core::Authority([9; 32]));
    assert!(matches!(
        witness.cosign(&other, &growth(&path, 5), 1),
        Err(Refusal::Checkpoint(NoteError::NotSigned))
    ));
    // The authority keeps what was signed; whoever verifies asks for it.
    Writer::open(&path, &name(), key()).unwrap().keep_witnessed(&second.checkpoint).unwrap();
    let mut inspection = Reader::open(&path).unwrap().inspect(&name()).unwrap();
    assert_eq!(inspection.findings, []);
    assert_eq!(inspection.witness(witness.key(), &[]), Some((5, 1_800_000_100)));
    let stranger =
        Witness::create(&state.with_extension("2"), "example.org/x", &mut SystemRng::new()).unwrap();
    assert_eq!(inspection.witness(stranger.key(), &[]), None);
    assert_eq!(inspection.findings, [Finding::NotWitnessed(NoteError::NotSigned)]);
}

/// The first version of the file; a damaged one is named and not overwritten.
#[test]
fn version_1_of_a_witness_is_read_and_a_damaged_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness");
    let seen = format!("{}", name());
    let text = format!(
        r#"{{"version":1,"name":"example.org/w","seed":"{}","seen":[{{"log":"{seen}","checkpoint":""}}]}}"#,
        "05".repeat(32)
    );
    files::create(&path, text.as_bytes(), Access::Owner).unwrap();
    let witness = Witness::open(&path).unwrap();
    assert_eq!(witness.key().to_string().split('+').next(), Some("example.org/w"));
    assert_eq!(witness.logs().collect::<Vec<_>>(), [name()]);
    assert!(witness.last_seen(&name()).is_err(), "what it saw is no checkpoint");
    for damaged in ["", "{}", &text.replace("\"version\":1", "\"version\":2"), &text[..text.len() - 1]] {
        files::replace(&path, damaged.as_bytes(), Access::Owner).unwrap();
        assert!(Witness::open(&path).unwrap_err().is_damage());
    }
}
