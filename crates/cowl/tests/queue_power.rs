//! The power fails at any instant: what was acknowledged is there, what came once is known.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

mod queue_support;

use std::collections::BTreeSet;

use cowl::{
    node::{Commit, Kept, Lane, QueueError, Ticket},
    random::SystemRng,
};
use queue_support::{Medium, drain, numbered, open_on, settings};
use rand_core::Rng as _;

/// How often the power fails in one seed's life.
const FAILURES: u64 = 4;

#[test]
fn nothing_acknowledged_is_lost_when_each_put_is_synced_by_itself() {
    let acknowledged: usize = (0..100).map(|seed| life(seed, Commit::Inline)).sum();
    assert!(acknowledged > 5_000, "{acknowledged} acknowledged: this tested little");
}

#[test]
fn nothing_acknowledged_is_lost_when_puts_share_a_sync() {
    let acknowledged: usize = (100..200).map(|seed| life(seed, Commit::Group)).sum();
    assert!(acknowledged > 5_000, "{acknowledged} acknowledged: this tested little");
}

/// How many were acknowledged.
fn life(seed: u8, commit: Commit) -> usize {
    let mut rng = SystemRng::hazmat_seeded([seed; 32]);
    let mut medium = Medium::default();
    open_on(&medium, settings(commit)).close().unwrap();
    let (mut acknowledged, mut settled, mut offered) = (BTreeSet::new(), BTreeSet::new(), 0);
    for _ in 0..FAILURES {
        let queue = open_on(&medium, settings(commit));
        medium.fail_after(u64::from(rng.next_u32() % 400));
        let mut tickets = Vec::new();
        let mut out = Vec::new();
        for _ in 0..rng.next_u32() % 120 {
            match rng.next_u32() % 8 {
                0..4 => {
                    tickets.push((offered, queue.put(numbered(offered))));
                    offered += 1;
                }
                // Whatever shares the commit of the last one is on disk, or the power is gone.
                4 if commit == Commit::Group => wait(tickets.last(), &medium),
                // What can be taken is on disk, whether its ticket was asked or not.
                4 | 5 => out.extend(queue.take(Lane::ALL[(rng.next_u32() % 2) as usize]).inspect(|entry| {
                    acknowledged.extend(queue_support::number(&entry.body));
                })),
                6 if !out.is_empty() => {
                    let entry = out.swap_remove(rng.next_u32() as usize % out.len());
                    settled.insert(queue_support::number(&entry.body).unwrap());
                    queue.settle(entry.id);
                }
                _ => out.drain(..).for_each(|entry| queue.give_back(entry.id)),
            }
        }
        if rng.next_u32().is_multiple_of(4) {
            let _ = queue.close();
        }
        medium.fail();
        // A thread that waits for the disk to come back gives up: the queue is closed.
        let _ = queue.close();
        for (number, ticket) in tickets {
            match ticket.outcome() {
                Some(Ok(kept)) => {
                    assert_eq!(kept, Kept::New);
                    acknowledged.insert(number);
                }
                other => assert!(matches!(other, Some(Err(QueueError::Disk(_) | QueueError::Closed)))),
            }
        }
        drop(queue);
        medium = medium.after_power_loss(&mut rng);
    }
    let queue = open_on(&medium, settings(commit));
    assert_eq!(queue.status().damaged, 0, "seed {seed}");
    for number in acknowledged.iter().filter(|number| number.is_multiple_of(2)) {
        let again = queue.put(numbered(*number));
        assert_eq!(again.outcome(), Some(Ok(Kept::Known)), "seed {seed}: {number} was forgotten");
    }
    let found = drain(&queue);
    for number in acknowledged.difference(&settled) {
        assert!(found.contains_key(number), "seed {seed}: {number} was lost");
    }
    assert!(found.iter().all(|(number, times)| *number < offered && *times == 1), "seed {seed}");
    acknowledged.len()
}

fn wait(last: Option<&(u64, Ticket)>, medium: &Medium) {
    while last.is_some_and(|(_, ticket)| ticket.outcome().is_none()) && !medium.is_dead() {
        std::thread::yield_now();
    }
}
