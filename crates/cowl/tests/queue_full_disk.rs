//! The disk fills up: puts are refused and said to be, nothing acknowledged is lost, and the queue goes on when there is
//! room.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

mod queue_support;

use std::collections::BTreeSet;

use cowl::node::{Commit, Kept, Lane, New, QueueError, Settings, WhenFull};
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
    // The same one twice: the second is not called known when the first was not kept.
    let (first, second) = (queue.put(numbered(2 * next)), queue.put(numbered(2 * next)));
    match (first.await, second.await) {
        (Ok(Kept::New), Ok(Kept::Known)) | (Err(_), Ok(Kept::New)) => {
            kept.insert(2 * next);
        }
        (first, second) => assert!(first.is_err() && second.is_err(), "{first:?}, {second:?}"),
    }
    next = 2 * next + 1;
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

#[tokio::test]
async fn what_a_refused_put_would_have_pushed_out_stays() {
    for commit in [Commit::Group, Commit::Inline] {
        let medium = Medium::default();
        let limit_bytes = (256 + 128) * 6;
        let queue =
            open_on(&medium, Settings { limit_bytes, when_full: WhenFull::DropOldest, ..settings(commit) });
        // Those of 40 bytes.
        let mut numbers = (0..).step_by(6);
        for number in numbers.by_ref().take(6) {
            assert_eq!(queue.put(numbered(number)).await, Ok(Kept::New));
        }
        medium.set_room(Some((0, false)));
        let next = numbers.next().unwrap();
        assert_eq!(queue.put(numbered(next)).await, Err(QueueError::DiskFull));
        let status = queue.status();
        assert_eq!((status.enrolled.all() + status.walk_in.all(), status.dropped, status.refused), (6, 0, 1));
        medium.set_room(None);
        assert_eq!(queue.put(numbered(next)).await, Ok(Kept::New));
        assert_eq!(queue.status().dropped, 1);
        let found: Vec<_> = drain(&queue).into_keys().collect();
        assert_eq!(found, (6..=36).step_by(6).collect::<Vec<_>>());
    }
}
