//! What is kept outlives the process, and what is erased does not come back.

use std::fs;

use cowl_core::{AuthorityKey, Erasure, ErasureHandle, OperationId};

use super::*;
use crate::{random::SystemRng, responders::retained::testing::whose, state::killing};

fn secret() -> Secret {
    Secret::new([5; 32])
}

fn opened(path: &Path, limit: usize) -> Store {
    Store::open(path, &secret(), limit).unwrap()
}

fn of(topic: &str, until: u64, handle: u8) -> Retained {
    Retained { topic: topic.to_owned(), until, whose: Some(whose(7, handle)) }
}

fn list(orders: &[Erasure]) -> Erasures {
    let (operation, key) = (OperationId([1; 16]), AuthorityKey::new(&Secret::new([2; 32])));
    let bytes = Erasures::issue(operation, 9, orders, &key, 1_024, &mut SystemRng::new()).unwrap();
    Erasures::verify(&bytes, key.public(), operation).unwrap()
}

#[test]
fn what_waits_outlives_the_process_within_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway");
    let mut store = opened(&path, 10);
    let member = store.member();
    assert_eq!(store.keep_waiting(&[b"a", b"b", b"c"], 2).unwrap(), 1);
    drop(store);
    let mut store = opened(&path, 10);
    assert_eq!((store.member(), store.count_waiting()), (member, 2));
    assert_eq!(store.waiting().unwrap(), [b"b", b"c"]);
    store.retain_waiting(|message| message == b"c").unwrap();
    store.keep_waiting(&[b"d"], 2).unwrap();
    assert_eq!(store.waiting().unwrap(), [b"c", b"d"]);
}

#[test]
fn retained_topics_end_in_time_and_have_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway");
    let mut store = opened(&path, 2);
    let topics = [of("a", 100, 1), of("b", 200, 2), of("c", 300, 3)];
    assert_eq!(store.retain(&topics).unwrap(), [true, true, false]);
    store.retain(&[of("a", 150, 1)]).unwrap();
    assert_eq!(store.over(100), Vec::<String>::new());
    assert_eq!(store.over(150), ["a"]);
    drop(store);
    // Not every little move is written: it ends too early then, never too late.
    let mut store = opened(&path, 2);
    assert_eq!(store.over(150), ["a"]);
    store.retain(&[of("a", 100 + SLACK, 1)]).unwrap();
    store.forget(&["b".to_owned()]).unwrap();
    drop(store);
    let store = opened(&path, 2);
    assert_eq!((store.count_retained(), store.over(u64::MAX)), (1, vec!["a".to_owned()]));
    assert_eq!(store.over(99 + SLACK), Vec::<String>::new());
}

#[test]
fn what_an_order_names_is_found_and_no_copy_of_the_file_says_it_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway");
    let mut store = opened(&path, 100);
    store.retain(&[of("desk/alice", 100, 1), of("desk/bob", 100, 2)]).unwrap();
    // Another's report under the same topic, of which the first is over.
    store.retain(&[of("desk/ward", 100, 1)]).unwrap();
    store.retain(&[of("desk/ward", 100, 3)]).unwrap();
    drop(store);
    let before = fs::read(&path).unwrap();
    let key_before = fs::read(key_path(&path)).unwrap();
    assert!(!before.windows(5).any(|window| window == b"alice"));
    let mut store = opened(&path, 100);
    let orders = list(&[Erasure::Handle(ErasureHandle([1; 16]))]);
    let named = store.named(&orders, None);
    assert_eq!(named, ["desk/alice"]);
    assert_eq!(store.named(&orders, Some(Epoch(8))).len(), 3);
    assert_eq!(store.named(&orders, Some(Epoch(7))).len(), 1);
    store.erase(&named).unwrap();
    drop(store);
    let store = opened(&path, 100);
    assert_eq!(store.count_retained(), 2);
    assert!(store.named(&orders, None).is_empty());
    drop(store);
    // With the key's file as it is now, the file from before is refused; with the key's file from before, it opens: the test sees.
    fs::write(&path, &before).unwrap();
    assert!(matches!(Store::open(&path, &secret(), 100), Err(RespondersError::NoKey(_))));
    fs::write(key_path(&path), &key_before).unwrap();
    assert_eq!(opened(&path, 100).named(&orders, None), ["desk/alice"]);
}

#[test]
fn a_replacement_that_is_cut_off_leaves_the_old_key_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway");
    let mut store = opened(&path, 100);
    store.retain(&[of("a", 100, 1), of("b", 100, 2)]).unwrap();
    // A new key was drawn, and the database not yet changed.
    store.keys.draw(store.generation + 1).unwrap();
    drop(store);
    let mut store = opened(&path, 100);
    assert_eq!((store.count_retained(), store.keys.read(store.generation + 1).unwrap().is_none()), (2, true));
    let generation = store.generation;
    store.erase(&["a".to_owned()]).unwrap();
    assert_eq!((store.generation, store.keys.read(generation).unwrap().is_none()), (generation + 1, true));
    store.erase_forgotten().unwrap();
    assert_eq!(store.generation, generation + 1);
    store.forget(&["b".to_owned()]).unwrap();
    store.erase_forgotten().unwrap();
    assert_eq!(store.generation, generation + 2);
}

#[test]
fn what_an_earlier_version_kept_in_clear_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway");
    {
        let database = Database::create(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(RETAINED).unwrap().insert("a", 100).unwrap();
        transaction.open_table(META).unwrap().insert("member", [3; 8].as_slice()).unwrap();
        transaction.commit().unwrap();
    }
    for _ in 0..2 {
        let store = opened(&path, 100);
        assert_eq!((store.member(), store.over(100)), ([3; 8], vec!["a".to_owned()]));
    }
}

/// Makes one file after the other, until it is killed.
#[test]
fn killed_maker() {
    let Some(folder) = killing::folder() else { return };
    for number in fs::read_dir(&folder).unwrap().count().. {
        let folder = folder.join(number.to_string());
        files::private_folder(&folder).unwrap();
        opened(&folder.join("gateway"), 10);
        killing::say("made");
    }
}

#[test]
fn a_file_is_whole_or_not_there_whenever_its_maker_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    killing::rounds("responders::store::tests::killed_maker", folder.path(), |_| {
        let last = fs::read_dir(folder.path()).unwrap().count().saturating_sub(1).to_string();
        files::private_folder(&folder.path().join(&last)).unwrap();
        let mut store = opened(&folder.path().join(last).join("gateway"), 10);
        assert_eq!(store.keep_waiting(&[b"a"], 10).unwrap(), 0);
    });
}
