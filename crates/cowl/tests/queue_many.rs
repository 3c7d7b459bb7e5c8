//! Many at a time: everything that was put arrives, once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

mod queue_support;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use cowl::node::{Commit, Kept, Lane, New, Queue, QueueError};
use queue_support::{key, number, numbered, settings};

const THREADS: u64 = 4;
const EACH: u64 = 300;

#[test]
fn what_many_threads_put_arrives_once() {
    let folder = tempfile::tempdir().unwrap();
    let queue = open(&folder.path().join("queue"));
    let arrived = Mutex::new(Vec::new());
    let all_put = AtomicBool::new(false);
    thread::scope(|scope| {
        let putters: Vec<_> = (0..THREADS)
            .map(|thread| {
                let queue = queue.clone();
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    runtime.block_on(async {
                        for number in thread * EACH..(thread + 1) * EACH {
                            let ticket = queue.put(numbered(number));
                            // Some wait, some do not care.
                            if number % 5 == 0 {
                                assert_eq!(ticket.await, Ok(Kept::New));
                            }
                        }
                    });
                })
            })
            .collect();
        for lane in Lane::ALL {
            for _ in 0..2 {
                let (queue, arrived, all_put) = (queue.clone(), &arrived, &all_put);
                scope.spawn(move || {
                    let mut turn = 0;
                    loop {
                        let ended = all_put.load(Ordering::SeqCst) && queue.status().pending == 0;
                        match queue.take(lane) {
                            Some(entry) if turn % 7 == 0 => queue.give_back(entry.id),
                            Some(entry) => {
                                arrived.lock().unwrap().push(number(&entry.body).unwrap());
                                queue.settle(entry.id);
                            }
                            None if ended && queue.status().taken == 0 => return,
                            None => thread::yield_now(),
                        }
                        turn += 1;
                    }
                });
            }
        }
        for putter in putters {
            putter.join().unwrap();
        }
        all_put.store(true, Ordering::SeqCst);
    });
    let arrived = arrived.into_inner().unwrap();
    assert_eq!(arrived.len() as u64, THREADS * EACH);
    assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>().len() as u64, THREADS * EACH);
    assert_eq!((queue.status().bytes, queue.status().taken), (0, 0));
}

#[tokio::test]
async fn more_than_the_disk_takes_is_refused_and_what_was_not_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let queue = open(&folder.path().join("queue"));
    let body = vec![7; cowl::node::MAX_BODY];
    let new = || New { lane: Lane::WalkIn, urgent: false, body: body.clone().into(), once: None };
    let tickets: Vec<_> = (0..900).map(|_| queue.put(new())).collect();
    let mut kept = 0;
    for ticket in tickets {
        match ticket.await {
            Ok(Kept::New) => kept += 1,
            other => assert!(matches!(other, Err(QueueError::Busy | QueueError::Full)), "{other:?}"),
        }
    }
    let status = queue.status();
    assert_eq!((status.walk_in.routine, status.pending), (kept, 0));
    assert_eq!(status.refused, 900 - kept as u64);
    assert_eq!(
        queue.put(New { body: vec![0; body.len() + 1].into(), ..new() }).await,
        Err(QueueError::TooLong)
    );
    for _ in 0..kept {
        assert_eq!(*queue.take(Lane::WalkIn).unwrap().body, body);
    }
    assert!(queue.take(Lane::WalkIn).is_none());
}

fn open(path: &Path) -> Queue {
    Queue::open(path, &key(), settings(Commit::Group)).unwrap()
}
