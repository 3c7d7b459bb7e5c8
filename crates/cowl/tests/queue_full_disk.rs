//! The disk fills up: puts are refused and said to be, nothing acknowledged is lost, and the queue goes on when there is
//! room.

mod queue_support;

use std::collections::BTreeSet;

use cowl::node::{Commit, Kept, Lane, New, QueueError};
use queue_support::{Medium, drain, numbered, once, open_on, settings};

#[tokio::test]
async fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    for (commit, at_once) in
        [(Commit::Group, true), (Commit::Group, false), (Commit::Inline, true), (Commit::Inline, false)]
    {
        for room in [0, 100_000, 300_000, 1_000_000] {
            full(commit, at_once, room).await;
        }
    }
}

async fn full(commit: Commit, at_once: bool, room: u64) {
    let medium = Medium::default();
    let queue = open_on(&medium, settings(commit));
    medium.set_room(Some((medium.used() + room, at_once)));
    let mut kept = BTreeSet::new();
    let mut next = 0;
    let mut refused = Vec::new();
    while refused.len() < 5 {
        match queue.put(numbered(next)).await {
            Ok(Kept::New) => {
                kept.insert(next);
            }
            Err(QueueError::DiskFull) => refused.push(next),
            other => panic!("{other:?} of {next}"),
        }
        next += 1;
        assert!(next < 10_000, "the disk is never full");
    }
    assert_eq!(queue.status().failing, Some(QueueError::DiskFull));
    assert_eq!(queue.status().enrolled.all() + queue.status().walk_in.all(), kept.len());
    // What is there goes out all the same.
    let mut gone = BTreeSet::new();
    for _ in 0..kept.len() / 2 {
        if let Some(entry) = queue.take(Lane::Enrolled) {
            gone.insert(queue_support::number(&entry.body).unwrap());
            queue.settle(entry.id);
        }
    }
    // What was refused is not remembered: its key comes in as new when there is room.
    medium.set_room(None);
    let keys = refused.into_iter().map(|number| Some(once(number))).chain([None; 10]);
    for (number, once) in (next..).zip(keys) {
        let again = New { once, ..numbered(number) };
        assert_eq!(queue.put(again).await, Ok(Kept::New), "{number} with {once:?}");
        kept.insert(number);
    }
    assert_eq!(queue.status().failing, None);
    queue.close().unwrap();
    drop(queue);
    let queue = open_on(&medium, settings(commit));
    let found: BTreeSet<_> = drain(&queue).into_keys().collect();
    assert_eq!(found, kept.difference(&gone).copied().collect(), "room {room}, at once {at_once}");
}
