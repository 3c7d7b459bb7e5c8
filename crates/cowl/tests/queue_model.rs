//! Any sequence of calls does what a list in memory would do, restarts included.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test, and what it calls"
)]

mod queue_support;

use std::collections::BTreeMap;

use cowl::node::{
    Commit, Entry, Kept, Lane, New, Once, OnceLimit, OnceWhenFull, Order, Queue, QueueError, Settings,
    WhenFull,
};
use proptest::prelude::*;
use queue_support::{Medium, open_on};

/// What an entry of up to 203 bytes counts for.
const EACH: u64 = 256 + 128;

#[derive(Debug, Clone)]
enum Call {
    Put { walk_in: bool, urgent: bool, key: Option<u8> },
    Take { walk_in: bool },
    Settle(usize),
    GiveBack(usize),
    ForgetBefore(u8),
    Restart,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => (any::<bool>(), any::<bool>(), proptest::option::of(0_u8..20))
            .prop_map(|(walk_in, urgent, key)| Call::Put { walk_in, urgent, key }),
        4 => any::<bool>().prop_map(|walk_in| Call::Take { walk_in }),
        2 => (0_usize..8).prop_map(Call::Settle),
        2 => (0_usize..8).prop_map(Call::GiveBack),
        1 => (0_u8..20).prop_map(Call::ForgetBefore),
        1 => Just(Call::Restart),
    ]
}

/// The list in memory.
#[derive(Default)]
struct Model {
    waiting: BTreeMap<u32, (Lane, bool)>,
    out: BTreeMap<u32, (Lane, bool)>,
    keys: BTreeMap<u8, u64>,
    next: u32,
}

impl Model {
    fn put(
        &mut self,
        lane: Lane,
        urgent: bool,
        key: Option<u8>,
        settings: &Settings,
    ) -> Result<Kept, QueueError> {
        if key.is_some_and(|key| self.keys.contains_key(&key)) {
            return Ok(Kept::Known);
        }
        if key.is_some() && self.keys.len() >= settings.once.most {
            return Err(QueueError::OnceFull);
        }
        let victim = |urgent: &bool| match settings.when_full {
            WhenFull::Refuse => false,
            WhenFull::DropRoutine => !urgent,
            WhenFull::DropOldest => true,
        };
        if (self.waiting.len() + self.out.len()) as u64 * EACH + EACH > settings.limit_bytes {
            let oldest =
                self.waiting.iter().find(|(_, (_, urgent))| victim(urgent)).map(|(number, _)| *number);
            self.waiting.remove(&oldest.ok_or(QueueError::Full)?);
        }
        self.waiting.insert(self.next, (lane, urgent));
        self.next += 1;
        self.keys.extend(key.map(|key| (key, u64::from(key))));
        Ok(Kept::New)
    }

    fn first(&self, lane: Lane) -> Option<u32> {
        let of_lane = || self.waiting.iter().filter(move |(_, (of, _))| *of == lane);
        of_lane().find(|(_, (_, urgent))| *urgent).or_else(|| of_lane().next()).map(|(number, _)| *number)
    }
}

fn lane(walk_in: bool) -> Lane {
    if walk_in { Lane::WalkIn } else { Lane::Enrolled }
}

fn number(entry: &Entry) -> u32 {
    u32::from_be_bytes(*entry.body.first_chunk().unwrap())
}

fn run(calls: Vec<Call>, settings: &Settings) {
    let medium = Medium::default();
    let mut queue: Queue = open_on(&medium, settings.clone());
    let mut model = Model::default();
    let mut out: Vec<Entry> = Vec::new();
    for call in calls {
        match call {
            Call::Put { walk_in, urgent, key } => {
                let body = model.next.to_be_bytes().to_vec().into();
                let once = key.map(|key| Once { key: [key; 16], expiry: u64::from(key) });
                let put = queue.put(New { lane: lane(walk_in), urgent, body, once });
                let expected = model.put(lane(walk_in), urgent, key, settings);
                prop_assert_eq_(&put.outcome(), &Some(expected));
            }
            Call::Take { walk_in } => {
                let expected = model.first(lane(walk_in));
                let taken = queue.take(lane(walk_in));
                match (&taken, settings.order) {
                    (Some(entry), Order::Shuffled) => {
                        prop_assert_eq_(
                            &model.waiting.get(&number(entry)),
                            &Some(&(entry.lane, entry.urgent)),
                        );
                    }
                    _ => prop_assert_eq_(&taken.as_ref().map(number), &expected),
                }
                if let Some(entry) = taken {
                    let place = model.waiting.remove(&number(&entry)).unwrap();
                    model.out.insert(number(&entry), place);
                    out.push(entry);
                }
            }
            Call::Settle(which) if which < out.len() => {
                let entry = out.swap_remove(which);
                model.out.remove(&number(&entry));
                queue.settle(entry.id);
                // What is not out is left alone.
                queue.settle(entry.id);
                queue.give_back(entry.id);
            }
            Call::GiveBack(which) if which < out.len() => {
                let entry = out.swap_remove(which);
                let place = model.out.remove(&number(&entry)).unwrap();
                model.waiting.insert(number(&entry), place);
                queue.give_back(entry.id);
            }
            Call::ForgetBefore(expiry) => {
                model.keys.retain(|_, until| *until >= u64::from(expiry));
                queue.forget_before(u64::from(expiry));
            }
            Call::Restart => {
                queue.close().unwrap();
                drop(queue);
                queue = open_on(&medium, settings.clone());
                model.waiting.append(&mut model.out);
                out.clear();
            }
            Call::Settle(_) | Call::GiveBack(_) => (),
        }
        let status = queue.status();
        let count = |lane, urgent| model.waiting.values().filter(|place| **place == (lane, urgent)).count();
        for lane in Lane::ALL {
            let waiting = status.waiting(lane);
            prop_assert_eq_(&(waiting.urgent, waiting.routine), &(count(lane, true), count(lane, false)));
        }
        prop_assert_eq_(&status.bytes, &((model.waiting.len() + model.out.len()) as u64 * EACH));
        prop_assert_eq_(
            &(status.taken, status.once, status.damaged),
            &(model.out.len(), model.keys.len(), 0),
        );
    }
}

/// Fails with both values; a panic is as good to proptest as its own errors.
fn prop_assert_eq_<T: PartialEq + std::fmt::Debug>(left: &T, right: &T) {
    assert_eq!(left, right);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_queue_is_a_list(
        calls in proptest::collection::vec(call(), 1..80),
        when_full in prop_oneof![
            Just(WhenFull::Refuse), Just(WhenFull::DropRoutine), Just(WhenFull::DropOldest)
        ],
        order in prop_oneof![3 => Just(Order::UrgentFirst), 1 => Just(Order::Shuffled)],
    ) {
        let settings = Settings {
            commit: Commit::Inline,
            order,
            once: OnceLimit { most: 12, when_full: OnceWhenFull::Refuse },
            ..Settings::new(10 * EACH, when_full)
        };
        run(calls, &settings);
    }
}
