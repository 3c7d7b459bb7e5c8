//! What a queue does when nothing goes wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

use std::path::Path;

use cowl::{
    node::{
        Commit, Kept, Lane, New, Once, OnceLimit, OnceWhenFull, OpenError, Order, Queue, QueueError,
        Settings, WhenFull,
    },
    random::SystemRng,
};
use cowl_core::Secret;
use redb::backends::InMemoryBackend;

fn new(lane: Lane, urgent: bool, body: &str) -> New {
    New { lane, urgent, body: body.as_bytes().to_vec().into(), once: None }
}

fn settings() -> Settings {
    Settings::new(1 << 20, WhenFull::Refuse)
}

fn open(path: &Path) -> Queue {
    Queue::open(path, &Secret::new([1; 32]), settings()).unwrap()
}

fn in_memory(settings: Settings) -> Queue {
    let settings = Settings { commit: Commit::Inline, ..settings };
    let rng = SystemRng::hazmat_seeded([5; 32]);
    Queue::open_on(InMemoryBackend::new(), &Secret::new([1; 32]), settings, rng).unwrap()
}

fn text(queue: &Queue, lane: Lane) -> Option<String> {
    queue.take(lane).map(|entry| String::from_utf8(entry.body.to_vec()).unwrap())
}

#[tokio::test]
async fn urgent_goes_first_and_otherwise_first_in_first_out() {
    let folder = tempfile::tempdir().unwrap();
    let queue = open(&folder.path().join("queue"));
    for (urgent, body) in [(false, "a"), (true, "b"), (false, "c"), (true, "d")] {
        assert_eq!(queue.put(new(Lane::Enrolled, urgent, body)).await, Ok(Kept::New));
    }
    assert_eq!(queue.put(new(Lane::WalkIn, false, "w")).await, Ok(Kept::New));
    assert_eq!((queue.status().enrolled.urgent, queue.status().enrolled.routine), (2, 2));
    let first = queue.take(Lane::Enrolled).unwrap();
    assert_eq!(&**first.body, b"b");
    assert_eq!(text(&queue, Lane::Enrolled).as_deref(), Some("d"));
    queue.give_back(first.id);
    for expected in ["b", "a", "c"] {
        assert_eq!(text(&queue, Lane::Enrolled).as_deref(), Some(expected));
    }
    assert_eq!(text(&queue, Lane::Enrolled), None);
    assert_eq!(text(&queue, Lane::WalkIn).as_deref(), Some("w"));
}

/// How many of each of the three kinds come first, of many times.
fn firsts(again: bool) -> [u32; 3] {
    let mut firsts = [0; 3];
    for seed in 0..100 {
        let settings = Settings { commit: Commit::Inline, ..settings() };
        let rng = SystemRng::hazmat_seeded([seed; 32]);
        let queue = Queue::open_on(InMemoryBackend::new(), &Secret::new([1; 32]), settings, rng).unwrap();
        for (urgent, body) in [(false, "lost"), (true, "waited"), (false, "new")] {
            drop(queue.put(new(Lane::Enrolled, urgent, body)));
            if body == "lost" {
                queue.give_back(queue.take(Lane::Enrolled).unwrap().id);
            }
        }
        queue.mark_waited();
        assert_eq!(queue.again(Lane::Enrolled), 2);
        let first = queue.take_mixed(Lane::Enrolled, again).unwrap();
        let place =
            ["lost", "waited", "new"].iter().position(|body| body.as_bytes() == first.body.as_slice());
        firsts[place.unwrap()] += 1;
        // An urgent one that is new is before all of them.
        drop(queue.put(new(Lane::Enrolled, true, "urgent")));
        assert_eq!(&**queue.take_mixed(Lane::Enrolled, again).unwrap().body, b"urgent");
        let rest = [true, true, false].map(|again| queue.take_mixed(Lane::Enrolled, again).is_some());
        assert_eq!(rest.iter().filter(|some| **some).count(), 2);
        assert!(queue.take(Lane::Enrolled).is_none());
    }
    firsts
}

#[test]
fn what_was_lost_or_waited_comes_mixed_and_only_when_it_is_asked_for() {
    let [lost, waited, new] = firsts(true);
    // 50 each expected; standard deviation 5.
    assert!((25..=75).contains(&lost) && (25..=75).contains(&waited) && new == 0, "{lost} {waited} {new}");
    assert_eq!(firsts(false), [0, 0, 100]);
}

#[tokio::test]
async fn what_lies_behind_on_disk_is_read_ahead_and_comes_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue");
    let queue = open(&path);
    for number in 0..300 {
        drop(queue.put(new(Lane::Enrolled, number % 3 == 0, &number.to_string())));
    }
    queue.close().unwrap();
    drop(queue);
    let queue = open(&path);
    let expected = (0..300).filter(|n| n % 3 == 0).chain((0..300).filter(|n| n % 3 != 0));
    for (turn, number) in expected.enumerate() {
        let entry = queue.take(Lane::Enrolled).unwrap();
        assert_eq!(*entry.body, number.to_string().into_bytes());
        if turn % 50 == 0 {
            queue.give_back(entry.id);
            assert_eq!(text(&queue, Lane::Enrolled), Some(number.to_string()));
        }
    }
    assert!(queue.take(Lane::Enrolled).is_none());
}

#[tokio::test]
async fn what_was_not_settled_waits_again_after_a_restart_and_what_was_known_stays_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue");
    let once = Some(Once { key: [7; 16], expiry: 3 });
    let queue = open(&path);
    let marked = New { once, ..new(Lane::Enrolled, true, "marked") };
    assert_eq!(queue.put(marked.clone()).await, Ok(Kept::New));
    assert_eq!(queue.put(marked.clone()).await, Ok(Kept::Known));
    assert_eq!(queue.put(new(Lane::Enrolled, false, "out")).await, Ok(Kept::New));
    assert_eq!(queue.put(new(Lane::Enrolled, false, "waits")).await, Ok(Kept::New));
    let settled = queue.take(Lane::Enrolled).unwrap();
    queue.settle(settled.id);
    let _out = queue.take(Lane::Enrolled).unwrap();
    queue.close().unwrap();
    assert_eq!(queue.put(new(Lane::Enrolled, false, "late")).await, Err(QueueError::Closed));
    drop(queue);

    let queue = open(&path);
    assert_eq!(queue.put(marked.clone()).await, Ok(Kept::Known));
    assert_eq!(text(&queue, Lane::Enrolled).as_deref(), Some("out"));
    assert_eq!(text(&queue, Lane::Enrolled).as_deref(), Some("waits"));
    assert_eq!(text(&queue, Lane::Enrolled), None);
    queue.forget_before(4);
    assert_eq!(queue.put(marked).await, Ok(Kept::New));
}

#[tokio::test]
async fn the_limit_is_the_policys() {
    let full = |when_full| {
        let queue = in_memory(Settings::new(256 * 3 / 2 * 4, when_full));
        for (urgent, body) in [(true, "a"), (false, "b"), (true, "c"), (false, "d")] {
            assert_eq!(queue.put(new(Lane::Enrolled, urgent, body)).outcome(), Some(Ok(Kept::New)));
        }
        queue
    };
    let queue = full(WhenFull::Refuse);
    assert_eq!(queue.put(new(Lane::WalkIn, true, "e")).await, Err(QueueError::Full));
    let queue = full(WhenFull::DropRoutine);
    for kept in [Ok(Kept::New), Ok(Kept::New), Err(QueueError::Full)] {
        assert_eq!(queue.put(new(Lane::Enrolled, true, "e")).await, kept);
    }
    assert_eq!((queue.status().dropped, queue.status().refused), (2, 1));
    let queue = full(WhenFull::DropOldest);
    assert_eq!(queue.put(new(Lane::Enrolled, false, "e")).await, Ok(Kept::New));
    let left: Vec<_> = std::iter::from_fn(|| text(&queue, Lane::Enrolled)).collect();
    assert_eq!(left, ["c", "b", "d", "e"]);
}

#[tokio::test]
async fn a_full_record_refuses_or_forgets_the_oldest() {
    let marked = |key: u8| New {
        once: Some(Once { key: [key; 16], expiry: u64::from(key) }),
        ..new(Lane::Enrolled, false, "x")
    };
    let once = OnceLimit { most: 3, when_full: OnceWhenFull::Refuse };
    let queue = in_memory(Settings { once, ..settings() });
    for key in 0..3 {
        assert_eq!(queue.put(marked(key)).await, Ok(Kept::New));
    }
    assert_eq!(queue.put(marked(3)).await, Err(QueueError::OnceFull));
    assert_eq!(queue.put(new(Lane::Enrolled, false, "without")).await, Ok(Kept::New));
    queue.forget_before(1);
    assert_eq!(queue.put(marked(3)).await, Ok(Kept::New));
    assert_eq!(queue.put(marked(1)).await, Ok(Kept::Known));

    let once = OnceLimit { most: 3, when_full: OnceWhenFull::ForgetOldest };
    let queue = in_memory(Settings { once, ..settings() });
    for key in 0..9 {
        assert_eq!(queue.put(marked(key)).await, Ok(Kept::New));
    }
    for key in 6..9 {
        assert_eq!(queue.put(marked(key)).await, Ok(Kept::Known));
    }
    assert!(queue.status().once <= 4);
    assert_eq!(queue.put(marked(0)).await, Ok(Kept::New));
}

#[test]
fn a_shuffled_queue_gives_any_of_those_that_wait() {
    let mut firsts = [0_u32; 8];
    let queue = in_memory(Settings { order: Order::Shuffled, ..settings() });
    for body in 0..8_u8 {
        drop(queue.put(New { lane: Lane::WalkIn, urgent: body == 3, body: vec![body].into(), once: None }));
    }
    for _ in 0..8_000 {
        let entry = queue.take(Lane::WalkIn).unwrap();
        firsts[usize::from(entry.body[0])] += 1;
        queue.give_back(entry.id);
    }
    // 1,000 each expected; standard deviation 30.
    assert!(firsts.iter().all(|count| (850..1_150).contains(count)), "{firsts:?}");
}

#[tokio::test]
async fn ready_waits_for_something_to_take() {
    let folder = tempfile::tempdir().unwrap();
    let queue = open(&folder.path().join("queue"));
    let (ready, ()) = tokio::join!(queue.ready(Lane::WalkIn), async {
        drop(queue.put(new(Lane::Enrolled, false, "other")));
        drop(queue.put(new(Lane::WalkIn, false, "this")));
    });
    let () = ready;
    assert_eq!(text(&queue, Lane::WalkIn).as_deref(), Some("this"));
}

#[test]
fn another_key_and_a_second_process_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue");
    let queue = open(&path);
    let again = || Queue::open(&path, &Secret::new([1; 32]), settings()).map(|_| ());
    assert!(matches!(again(), Err(OpenError::InUse(_))));
    drop(queue);
    let other = Queue::open(&path, &Secret::new([2; 32]), settings());
    assert!(matches!(other, Err(OpenError::OtherKey)));
    again().unwrap();
}
