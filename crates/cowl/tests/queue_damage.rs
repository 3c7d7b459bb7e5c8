//! A flipped bit anywhere in the file: one entry at the most, and never in silence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

mod queue_support;

use std::{collections::BTreeSet, fs, os::unix::fs::FileExt as _, path::Path};

use cowl::{
    node::{Commit, Kept, OpenError, Queue, Settings},
    random::SystemRng,
};
use cowl_core::Secret;
use queue_support::{drain, key, number, numbered, settings};
use rand_core::Rng as _;

const ENTRIES: u64 = 120;

fn open(path: &Path) -> Queue {
    Queue::open(path, &key(), settings(Commit::Inline)).unwrap()
}

/// Entries from 20 on, in a file where others were before.
fn fill(path: &Path) -> BTreeSet<u64> {
    let queue = open(path);
    for number in 0..ENTRIES {
        assert_eq!(queue.put(numbered(number)).outcome(), Some(Ok(Kept::New)));
    }
    let mut waiting: BTreeSet<_> = (0..ENTRIES).collect();
    for lane in cowl::node::Lane::ALL {
        for _ in 0..10 {
            let entry = queue.take(lane).unwrap();
            waiting.remove(&number(&entry.body).unwrap());
            queue.settle(entry.id);
        }
    }
    queue.close().unwrap();
    waiting
}

fn flip(path: &Path, rng: &mut SystemRng) -> u64 {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let at = rng.next_u64() % file.metadata().unwrap().len();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    byte[0] ^= 1 << (rng.next_u32() % 8);
    file.write_all_at(&byte, at).unwrap();
    at
}

#[test]
fn a_bit_that_flips_while_the_queue_is_closed_costs_one_entry_at_the_most() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let waiting = fill(&whole);
    let (mut moved, mut lost_any) = (0, 0);
    for seed in 0..60 {
        let mut rng = SystemRng::hazmat_seeded([seed; 32]);
        let path = folder.path().join(format!("queue-{seed}"));
        fs::copy(&whole, &path).unwrap();
        let at = flip(&path, &mut rng);
        let queue = open(&path);
        let status = queue.status();
        let found: BTreeSet<_> = drain(&queue).into_keys().collect();
        let lost: Vec<_> = waiting.difference(&found).collect();
        assert!(lost.len() <= 1, "{lost:?} lost by a bit at {at}");
        moved += u32::from(status.damage.is_some());
        lost_any += u32::from(!lost.is_empty());
        match status.damage {
            Some(damage) => {
                assert!(damage.moved_to.exists());
                assert_eq!(damage.kept, found.len() as u64);
                assert!(lost.is_empty() || damage.broken > 0);
                // Settled ones may have come back; nothing else.
                assert!(found.iter().all(|number| *number < ENTRIES));
            }
            None => assert_eq!(found, waiting, "lost in silence by a bit at {at}"),
        }
        // It goes on: with one more, and what was known before is known.
        assert_eq!(queue.put(numbered(ENTRIES)).outcome(), Some(Ok(Kept::New)));
        let known = (0..ENTRIES).filter(|number| {
            number % 2 == 0 && queue.put(numbered(*number)).outcome() == Some(Ok(Kept::Known))
        });
        assert!(known.count() >= 59, "known ones were forgotten by a bit at {at}");
        queue.close().unwrap();
        drop(queue);
        let queue = open(&path);
        assert_eq!(queue.status().damage, None);
        fs::remove_file(&path).unwrap();
    }
    assert!(moved > 5 && lost_any > 2, "moved {moved}, lost {lost_any}: this tested little");
}

#[test]
fn a_bit_that_flips_while_the_queue_is_open_costs_one_entry_at_the_most() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let waiting = fill(&whole);
    let mut lost_any = 0;
    for seed in 0..30 {
        let mut rng = SystemRng::hazmat_seeded([seed; 32]);
        let path = folder.path().join(format!("queue-{seed}"));
        fs::copy(&whole, &path).unwrap();
        // With no page in memory, every one is read from the disk again.
        let commit = if seed % 2 == 0 { Commit::Inline } else { Commit::Group };
        let settings = Settings { cache_bytes: 0, ..settings(commit) };
        let queue = Queue::open(&path, &key(), settings).unwrap();
        let at = flip(&path, &mut rng);
        let found: BTreeSet<_> = drain(&queue).into_keys().collect();
        let lost: Vec<_> = waiting.difference(&found).collect();
        assert!(lost.len() <= 1, "{lost:?} lost by a bit at {at}");
        assert!(found.is_subset(&waiting), "a settled one came back while the queue was open");
        assert_eq!(queue.status().damaged, lost.len() as u64);
        lost_any += u32::from(!lost.is_empty());
        for number in ENTRIES..ENTRIES + 10 {
            drop(queue.put(numbered(number)));
        }
        queue.close().unwrap();
        drop(queue);
        let queue = open(&path);
        let again: BTreeSet<_> = drain(&queue).into_keys().collect();
        let expected: BTreeSet<_> = found.iter().copied().chain(ENTRIES..ENTRIES + 10).collect();
        // What was read from memory until then is found damaged now.
        let missing = expected.difference(&again).count();
        assert!(missing == 0 || missing == 1 && queue.status().damage.is_some(), "a bit at {at}");
        fs::remove_file(&path).unwrap();
    }
    assert!(lost_any > 0, "this tested little");
}

#[test]
fn a_file_that_lost_its_head_gives_up_its_entries_and_one_of_another_kind_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue");
    let waiting = fill(&path);
    let mut bytes = fs::read(&path).unwrap();
    bytes[..4_096].fill(0);
    fs::write(&path, &bytes).unwrap();
    let other_key = Queue::open(&path, &Secret::new([9; 32]), settings(Commit::Inline)).map(|_| ());
    assert!(matches!(other_key, Err(OpenError::OtherKey)), "{other_key:?}");
    let queue = open(&path);
    let found: BTreeSet<_> = drain(&queue).into_keys().collect();
    assert!(found.is_superset(&waiting));
    assert!(queue.status().damage.unwrap().to_string().contains("was damaged"));

    let text = folder.path().join("text");
    fs::write(&text, "not a queue".repeat(1_000)).unwrap();
    let refused = Queue::open(&text, &key(), settings(Commit::Inline)).map(|_| ());
    assert!(matches!(refused, Err(OpenError::Form)), "{refused:?}");
    assert!(fs::read(&text).unwrap().starts_with(b"not a queue"));
}

#[test]
fn an_interrupted_rescue_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue");
    let waiting = fill(&path);
    // As after a crash between the two renames, and as after one before the first.
    fs::rename(&path, folder.path().join("queue.saved")).unwrap();
    let queue = open(&path);
    assert_eq!(drain(&queue).into_keys().collect::<BTreeSet<_>>(), waiting);
    drop(queue);
    fs::write(folder.path().join("queue.saved"), b"half").unwrap();
    let queue = open(&path);
    assert_eq!(drain(&queue).into_keys().collect::<BTreeSet<_>>(), waiting);
    assert!(!folder.path().join("queue.saved").exists());
}
