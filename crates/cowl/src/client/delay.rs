//! Holding reports back for a random time.

use std::collections::BTreeMap;

use cowl_core::{Delay, policy::Traffic};
use rand_core::Rng as _;
use tokio::time::{Instant, sleep_until};

use crate::random::SystemRng;

/// Reports that wait for their time, each for one of its own; order is not kept.
///
/// They wait in memory: whoever holds them here tells, or sees to it, what becomes of them at the end ([`Self::drain`]).
#[derive(Debug)]
pub struct Delayed<T> {
    delay: Option<Delay>,
    rng: SystemRng,
    /// By time, and a number for those of the same time.
    waiting: BTreeMap<(Instant, u64), T>,
    number: u64,
    limit: usize,
}

impl<T> Delayed<T> {
    /// By a policy; `limit` is how many may wait before [`Self::is_full`].
    pub fn new(traffic: &Traffic, rng: SystemRng, limit: usize) -> Self {
        Self { delay: Delay::of(traffic), rng, waiting: BTreeMap::new(), number: 0, limit }
    }

    /// Holds one back for a time drawn now; no time if the policy has no delay.
    pub fn hold(&mut self, item: T) {
        let wait = self.delay.map(|delay| delay.draw(self.rng.next_u64())).unwrap_or_default();
        self.waiting.insert((Instant::now() + wait, self.number), item);
        self.number += 1;
    }

    /// The next one whose time has come. Waits for it; for ever if there is none. Cancelling it loses nothing.
    pub async fn next(&mut self) -> T {
        loop {
            match self.waiting.first_key_value() {
                Some(((due, _), _)) => sleep_until(*due).await,
                None => std::future::pending().await,
            }
            if let Some((_, item)) = self.waiting.pop_first() {
                return item;
            }
        }
    }

    /// All that still wait, in the order in which their time would have come; none waits any more.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(&mut self.waiting).into_values()
    }

    /// Whether the policy has a delay.
    pub const fn is_delaying(&self) -> bool {
        self.delay.is_some()
    }

    /// Whether as many wait as may.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.limit
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn delayed(seconds: u32) -> Delayed<u32> {
        let traffic = Traffic { phone_delay_seconds: seconds, ..Traffic::default() };
        Delayed::new(&traffic, SystemRng::hazmat_seeded([5; 32]), 100)
    }

    #[tokio::test(start_paused = true)]
    async fn each_waits_a_time_of_its_own_and_order_is_not_kept() {
        let mut delayed = delayed(60);
        let began = Instant::now();
        (0..100).for_each(|item| delayed.hold(item));
        assert!(delayed.is_full());
        let mut order = Vec::new();
        let mut waited = Duration::ZERO;
        while !delayed.is_empty() {
            order.push(delayed.next().await);
            waited += began.elapsed();
        }
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        assert_ne!(order, sorted);
        let mean = waited / 100;
        assert!((40..80).contains(&mean.as_secs()), "{mean:?}");
        assert!(began.elapsed() <= Duration::from_mins(8));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_delay_all_leave_at_once_and_in_order() {
        let mut delayed = delayed(0);
        let began = Instant::now();
        assert!(!delayed.is_delaying());
        (0..10).for_each(|item| delayed.hold(item));
        for item in 0..10 {
            assert_eq!(delayed.next().await, item);
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_still_waits_can_be_had() {
        let mut delayed = delayed(60);
        (0..5).for_each(|item| delayed.hold(item));
        let first = delayed.next().await;
        let mut rest: Vec<_> = delayed.drain().collect();
        rest.push(first);
        rest.sort_unstable();
        assert_eq!(rest, [0, 1, 2, 3, 4]);
        assert!(delayed.is_empty());
    }
}
