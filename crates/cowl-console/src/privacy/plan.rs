//! What the slots of a node cost, how long reports wait for them, and what they leave to see.
//!
//! Cost and waiting follow from the policy and are computed when they are asked for. What is left to see is measured: an operation with
//! that schedule is simulated and attacked, which takes a minute, so it is done when somebody asks, one at a time, and kept.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cowl::node::waits::{Load, Wait, wait};
use cowl_core::{
    Capacity, Policy,
    policy::{Draft, Traffic},
};

/// The slots that are compared, in milliseconds; 0: off.
pub(crate) const SLOTS: [u32; 10] =
    [0, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000];
/// The load that reports wait under: 100 people behind a gateway, 40 reports a day each, one in ten urgent, as `cowl plan` has it.
const LOAD: Load = Load { per_hour: 100.0 * 40.0 / 24.0, urgent: 0.1, seed: 2010 };

/// Simulates and attacks an operation. The console does not know how: the command gives it this.
pub trait Measure: fmt::Debug + Send + Sync {
    /// What an operation with this schedule gives away. Takes a minute, and is called on a thread that may wait.
    fn measure(&self, traffic: &Traffic) -> Result<Measured, String>;
}

/// What was measured. Bounds are the upper ones of 95 % intervals of the worst attack by the broker, a subscriber and the network; 0 is
/// chance, 1 is certainty.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Are two messages of one person?
    pub linking: Option<f64>,
    /// Is something urgent happening, who uses it, what sort of message is it?
    pub detecting: Option<f64>,
    /// What was simulated, in a line.
    pub how: String,
}

/// What is known of a schedule's privacy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// Nobody asked.
    Unasked,
    /// Being measured, or waiting for its turn.
    Asked,
    /// Measured.
    Known(Measured),
    /// It could not be measured.
    Failed,
}

/// What a slot costs and how long reports wait for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Budget {
    pub(crate) slot_ms: u32,
    /// Bytes of one node a day; `None` where slots are off: as much as is reported.
    pub(crate) daily_bytes: Option<u64>,
    /// More than the policy's `daily_bytes` allow.
    pub(crate) is_over: bool,
    /// 95 % of urgent reports leave within this; `None`: more come than the slots carry.
    pub(crate) urgent: Option<Duration>,
    pub(crate) routine: Option<Duration>,
}

/// Schedules, and what was measured of them.
#[derive(Debug)]
pub(crate) struct Plan {
    measure: Option<Arc<dyn Measure>>,
    known: Arc<Mutex<BTreeMap<Key, Answer>>>,
    /// One simulation at a time: each fills the machine.
    turn: Arc<tokio::sync::Semaphore>,
}

/// What a measurement depends on.
type Key = String;

impl Plan {
    pub(crate) fn new(measure: Option<Arc<dyn Measure>>) -> Self {
        Self { measure, known: Arc::default(), turn: Arc::new(tokio::sync::Semaphore::new(1)) }
    }

    /// Whether this console can measure.
    pub(crate) const fn can_measure(&self) -> bool {
        self.measure.is_some()
    }

    /// What is known of a schedule.
    pub(crate) fn answer(&self, policy: &Policy, slot_ms: u32) -> Answer {
        lock(&self.known).get(&key(&with(policy, slot_ms).traffic)).cloned().unwrap_or(Answer::Unasked)
    }

    /// Begins to measure a schedule, unless that was done or is being done. Returns at once.
    pub(crate) fn ask(&self, policy: &Policy, slot_ms: u32) {
        let Some(measure) = self.measure.clone() else { return };
        let traffic = with(policy, slot_ms).traffic;
        let key = key(&traffic);
        {
            let mut known = lock(&self.known);
            if matches!(known.get(&key), Some(Answer::Asked | Answer::Known(_))) {
                return;
            }
            known.insert(key.clone(), Answer::Asked);
        }
        let (known, turn) = (Arc::clone(&self.known), Arc::clone(&self.turn));
        tokio::spawn(async move {
            let held = turn.acquire_owned().await;
            let done = tokio::task::spawn_blocking(move || measure.measure(&traffic)).await;
            let answer = match done {
                Ok(Ok(measured)) => Answer::Known(measured),
                Ok(Err(_)) | Err(_) => Answer::Failed,
            };
            lock(&known).insert(key, answer);
            drop(held);
        });
    }

    /// What each slot costs under a policy.
    pub(crate) fn budgets(policy: &Policy) -> Vec<Budget> {
        let mut slots = SLOTS.to_vec();
        slots.push(policy.traffic.slot_ms);
        slots.sort_unstable();
        slots.dedup();
        slots.into_iter().map(|slot_ms| budget(policy, slot_ms)).collect()
    }
}

fn budget(policy: &Policy, slot_ms: u32) -> Budget {
    let draft = with(policy, slot_ms);
    let capacity = Capacity::of(&draft);
    let left = |wait: Wait| match wait {
        Wait::Took(delays) => Some(delays.p95),
        Wait::None => Some(Duration::ZERO),
        Wait::TooMany => None,
    };
    let (urgent, routine) = match wait(&draft.traffic, LOAD) {
        Some(waits) => (left(waits.urgent), left(waits.routine)),
        None => (Some(Duration::ZERO), Some(Duration::ZERO)),
    };
    let cost = draft.traffic.daily_cost(&cowl_core::Layout::of(&draft));
    Budget {
        slot_ms,
        daily_bytes: capacity.map(|capacity| capacity.daily_bytes().total()),
        is_over: slot_ms > 0 && cost > draft.traffic.daily_bytes,
        urgent,
        routine,
    }
}

/// The policy with other slots.
fn with(policy: &Policy, slot_ms: u32) -> Draft {
    let mut draft: Draft = policy.as_draft().clone();
    draft.traffic.slot_ms = slot_ms;
    draft
}

fn key(traffic: &Traffic) -> Key {
    format!("{traffic:?}")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use cowl::policy_file::PolicyFile;

    use super::*;

    #[derive(Debug, Default)]
    struct Counting(AtomicU32);

    impl Measure for Counting {
        fn measure(&self, traffic: &Traffic) -> Result<Measured, String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            if traffic.slot_ms == 1_000 {
                return Err("no".to_owned());
            }
            Ok(Measured { linking: Some(0.1), detecting: None, how: "made up".to_owned() })
        }
    }

    async fn settled(plan: &Plan, policy: &Policy, slot_ms: u32) -> Answer {
        for _ in 0..12_000 {
            match plan.answer(policy, slot_ms) {
                Answer::Asked => tokio::time::sleep(Duration::from_millis(10)).await,
                answer => return answer,
            }
        }
        panic!("it was never measured")
    }

    #[tokio::test]
    async fn a_schedule_is_measured_once_and_kept() {
        let policy = PolicyFile::default_policy().unwrap().policy;
        let counting = Arc::new(Counting::default());
        let plan = Plan::new(Some(counting.clone()));
        assert_eq!(plan.answer(&policy, 10_000), Answer::Unasked);
        for _ in 0..5 {
            plan.ask(&policy, 10_000);
        }
        assert!(matches!(settled(&plan, &policy, 10_000).await, Answer::Known(_)));
        plan.ask(&policy, 10_000);
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
        plan.ask(&policy, 1_000);
        assert_eq!(settled(&plan, &policy, 1_000).await, Answer::Failed);
        assert_eq!(plan.answer(&policy, 20_000), Answer::Unasked);
        assert!(!Plan::new(None).can_measure());
    }

    #[test]
    fn longer_slots_cost_less_and_wait_longer() {
        let policy = PolicyFile::default_policy().unwrap().policy;
        let budgets = Plan::budgets(&policy);
        assert_eq!(budgets.len(), SLOTS.len());
        assert!(budgets[0].daily_bytes.is_none() && !budgets[0].is_over);
        let bytes: Vec<u64> = budgets.iter().filter_map(|budget| budget.daily_bytes).collect();
        assert!(bytes.windows(2).all(|pair| pair[0] > pair[1]), "{bytes:?}");
        let waits: Vec<Duration> = budgets.iter().filter_map(|budget| budget.urgent).collect();
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        // 167 reports an hour do not fit into slots of 30 s.
        assert!(budgets.iter().find(|budget| budget.slot_ms == 30_000).unwrap().routine.is_none());
    }
}
