//! A relay with phones in front of it and a broker behind it, in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

mod uplink_support;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use cowl::client::{Topics, Wrapper, anonymous_options};
use cowl::keyring::{Sender, WalkInSender, store_new};
use cowl::node::uplink::{Counts, Patience};
use cowl::node::{Commit, Kept, Lane, Load as _, LoadError, Order, Queue, Settings, Way, WhenFull, uplink};
use cowl::random::SystemRng;
use cowl::relay::{Refusal, Relay, Taken, open_queue};
use cowl::transport::Version;
use cowl_core::{Epoch, Mode, ReportId, Secret};
use futures_util::FutureExt as _;
use tokio::sync::oneshot;
use tokio::time::sleep;
use uplink_support::broker::Answer;
use uplink_support::world::{NOW, parse};
use uplink_support::{Broker, World};

/// A relay and a phone, enrolled.
fn world(slot: &str, walk_in_slots: u16) -> World {
    let mut world = World::new(slot, walk_in_slots);
    let (mut rng, epoch) = (SystemRng::new(), world.operation.epoch_at(NOW));
    let relay = world.operation.enrol_relay("relay", epoch, &mut rng).unwrap();
    store_new(&world.path("relay"), &relay.credential, epoch).unwrap();
    let phone = world.operation.enrol_device("phone", epoch, &mut rng).unwrap();
    store_new(&world.path("phone"), &phone.credential, epoch).unwrap();
    world
}

/// In memory; does the same again.
fn queue(seed: u8) -> Queue {
    let settings = Settings { commit: Commit::Inline, ..Settings::for_relay(64 << 20, WhenFull::Refuse) };
    assert_eq!(settings.order, Order::Shuffled);
    let backend = redb::backends::InMemoryBackend::new();
    Queue::open_on(backend, &Secret::new([7; 32]), settings, SystemRng::hazmat_seeded([seed; 32])).unwrap()
}

/// A phone and a passer-by; both wrap for the relay.
struct Phones {
    sender: Sender,
    walk_in: WalkInSender,
    wrapper: Wrapper,
    epoch: Epoch,
}

impl Phones {
    fn new(world: &World) -> Self {
        Self {
            sender: Sender::open(&world.path("phone")).unwrap(),
            walk_in: WalkInSender::new(world.manifest().clone()),
            wrapper: Wrapper::new(SystemRng::new()),
            epoch: world.operation.epoch_at(NOW),
        }
    }

    /// A wrapped report and its id.
    fn report(&mut self, mode: Mode) -> (Vec<u8>, ReportId) {
        let around = self.sender.surroundings(NOW);
        let reduced = self.walk_in.manifest().policy.reduce(parse(b"severity: high"), &around).unwrap();
        let report = self.sender.report(reduced);
        let sealed = match mode {
            Mode::Enrolled => self.sender.seal(0, &report, 0).unwrap().sealed,
            Mode::WalkIn => self.walk_in.seal(&report, Some(self.epoch)).unwrap(),
        };
        let wrapped = self.wrapper.wrap(self.walk_in.manifest(), self.epoch, &sealed).unwrap();
        (wrapped.into_bytes(), report.header().report)
    }
}

fn kept(taken: Taken) -> Kept {
    let Taken::Kept(ticket) = taken else { panic!("{taken:?}") };
    ticket.now_or_never().unwrap().unwrap()
}

fn refused(taken: &Taken) -> Refusal {
    match taken {
        Taken::Refused(refusal) => *refusal,
        Taken::Kept(_) => panic!("it was taken"),
    }
}

/// Runs a relay's uplink while phones report; returns what became of it.
async fn run(
    world: &World,
    broker: &Broker,
    mine: Mode,
    reports: usize,
    hours: u64,
) -> (Counts, Vec<Vec<u8>>, Vec<ReportId>) {
    let queue = queue(3);
    let (relay, load) = Relay::open_with(Sender::open(&world.path("relay")).unwrap(), queue.clone()).unwrap();
    let options = anonymous_options(world.manifest(), None, Version::V5).unwrap();
    let way = Way {
        rng: SystemRng::hazmat_seeded([3; 32]),
        patience: Patience { farewell: Duration::from_secs(30), ..Patience::default() },
        ..Way::new(broker.endpoint(), options)
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(uplink(queue, load, way, async move { drop(stopped.await) }, |_| ()));
    let (mut phones, mut wraps, mut ids) = (Phones::new(world), Vec::new(), Vec::new());
    for _ in 0..reports {
        sleep(Duration::from_millis(700)).await;
        let (wrapped, id) = phones.report(mine);
        assert_eq!(kept(relay.take(&wrapped)), Kept::New);
        wraps.push(wrapped);
        ids.push(id);
    }
    sleep(Duration::from_hours(hours)).await;
    stop.send(()).unwrap();
    (task.await.unwrap(), wraps, ids)
}

#[tokio::test(start_paused = true)]
async fn relay_bytes_never_appear_in_the_mailbox() {
    let (world, broker) = (world("10s", 3), Broker::new());
    let (counts, wraps, ids) = run(&world, &broker, Mode::Enrolled, 40, 1).await;
    assert_eq!(counts.delivered, 40);
    let seen = broker.seen();
    let layout = world.manifest().layout();
    let mailbox = Topics::of(world.manifest()).mailbox();
    let mut windows = HashSet::new();
    for message in &seen {
        assert!([layout.enrolled_len(), layout.walk_in_len()].contains(&message.payload.len()));
        assert!(message.topic.starts_with(&mailbox));
        windows.extend(message.payload.windows(12).map(<[u8]>::to_vec));
    }
    for wrapped in &wraps {
        assert!(wrapped.windows(12).all(|window| !windows.contains(window)));
    }
    let read = world.read(&seen);
    assert!(read.is_exactly(&ids));
    assert_eq!(read.covers, counts.covers);
    // In no order: the 40 came within three slots and left in forty.
    let order: Vec<_> = world.read_in_order(&seen);
    assert_ne!(order, ids);
}

#[tokio::test(start_paused = true)]
async fn a_wrapped_message_is_taken_once_and_for_all() {
    let world = world("10s", 3);
    let path = world.path("relay");
    let mut phones = Phones::new(&world);
    let (one, _) = phones.report(Mode::Enrolled);
    let (two, _) = phones.report(Mode::WalkIn);
    for round in 0..2 {
        let queue = open_queue(&path).unwrap();
        let (relay, load) = Relay::open(&path, queue.clone()).unwrap();
        for (wrapped, first) in [(&one, true), (&two, true), (&one, false)] {
            let Taken::Kept(ticket) = relay.take(wrapped) else { panic!("refused") };
            let expected = if first && round == 0 { Kept::New } else { Kept::Known };
            assert_eq!(ticket.await.unwrap(), expected);
        }
        assert_eq!(queue.status().once, 2);
        // What was delivered is known, too.
        while let Some(entry) = queue.take(Lane::Enrolled) {
            queue.settle(entry.id);
        }
        assert_eq!(relay.counts().taken, 3);
        queue.close().unwrap();
        drop((relay, load));
    }
}

#[tokio::test(start_paused = true)]
async fn junk_is_refused_and_costs_no_more_than_the_budget() {
    let world = world("10s", 3);
    let (relay, _load) = Relay::open_with(Sender::open(&world.path("relay")).unwrap(), queue(1)).unwrap();
    let mut phones = Phones::new(&world);
    let (good, _) = phones.report(Mode::Enrolled);
    for bad in [&[][..], &good[1..], &[&good[..], &[0]].concat()] {
        assert_eq!(refused(&relay.take(bad)), Refusal::NotForThisRelay);
    }
    let mut altered = good.clone();
    *altered.last_mut().unwrap() ^= 1;
    let refusals: Vec<_> = (0..300).map(|_| refused(&relay.take(&altered))).collect();
    assert_eq!(refusals.iter().filter(|refusal| **refusal == Refusal::NotForThisRelay).count(), 200);
    assert_eq!(refused(&relay.take(&good)), Refusal::Busy);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(kept(relay.take(&good)), Kept::New);
    assert_eq!((relay.counts().taken, relay.counts().junk, relay.counts().busy), (1, 203, 101));
}

#[tokio::test(start_paused = true)]
async fn walk_ins_enter_at_a_rate_or_not_at_all() {
    for (walk_in_slots, most) in [(3, 60), (0, 0)] {
        let world = world("10s", walk_in_slots);
        let (relay, _load) = Relay::open_with(Sender::open(&world.path("relay")).unwrap(), queue(1)).unwrap();
        let mut phones = Phones::new(&world);
        let (inner, _) = phones.report(Mode::WalkIn);
        let mut taken = u64::from(matches!(relay.take(&inner), Taken::Kept(_)));
        let sealed = {
            let cover = phones.walk_in.cover();
            phones.walk_in.seal(&cover, Some(phones.epoch)).unwrap()
        };
        for _ in 0..70 {
            // One inside, wrapped again and again: what a flooder does.
            let wrapped = phones.wrapper.wrap(world.manifest(), phones.epoch, &sealed).unwrap().into_bytes();
            match relay.take(&wrapped) {
                Taken::Kept(_) => taken += 1,
                Taken::Refused(why) => {
                    assert_eq!(why, if most == 0 { Refusal::NoWalkIns } else { Refusal::WalkIns });
                }
            }
        }
        assert_eq!(taken, most);
        let (enrolled, _) = phones.report(Mode::Enrolled);
        assert_eq!(kept(relay.take(&enrolled)), Kept::New);
    }
}

#[tokio::test(start_paused = true)]
async fn keys_and_marks_of_past_epochs_are_forgotten() {
    let world = world("10s", 3);
    let queue = queue(1);
    let (relay, mut load) =
        Relay::open_with(Sender::open(&world.path("relay")).unwrap(), queue.clone()).unwrap();
    let mut phones = Phones::new(&world);
    let (early, _) = phones.report(Mode::Enrolled);
    assert_eq!(kept(relay.take(&early)), Kept::New);
    assert_eq!(queue.status().once, 1);
    load.hear(&world.beacon(0), 0);
    let beacon = relay.notices().borrow().beacon.clone().unwrap();
    assert!(!beacon.is_empty() && !relay.notices().borrow().manifest.is_empty());
    let policy = &world.manifest().policy;
    let lateness = u64::from(policy.lateness_seconds) + 2 * u64::from(policy.epoch_seconds);
    load.cover(Lane::Enrolled, lateness).unwrap();
    assert_eq!(refused(&relay.take(&early)), Refusal::NotForThisRelay);
    let entry = queue.take(Lane::Enrolled).unwrap();
    assert!(matches!(load.seal(Lane::Enrolled, &entry.body, lateness), Err(LoadError::Never(_))));
    queue.settle(entry.id);
    assert_eq!(queue.status().once, 0);
}

/// Who breaks connections to see what comes again sees covers come again as well, and learns nothing.
#[tokio::test(start_paused = true)]
async fn what_comes_again_is_real_and_cover_alike() {
    let mut again = Vec::new();
    for reports in [0, 60] {
        let world = world("1s", 0);
        let broker = Broker::acting(|number, _| match number % 40 {
            5..9 => Answer::Withhold,
            20 => Answer::Vanish,
            33 => Answer::Refuse,
            _ => Answer::Ack,
        })
        .answering_after(Duration::from_millis(1_500));
        let (counts, _, ids) = run(&world, &broker, Mode::Enrolled, reports, 1).await;
        assert_eq!(counts.delivered, reports as u64);
        let seen = broker.seen();
        let read = world.read(&seen);
        assert!(read.is_exactly(&ids));
        let mut first: HashMap<_, usize> = HashMap::new();
        let mut repeats = Vec::new();
        for (place, message) in seen.iter().take(1_500).enumerate() {
            if let Some(earlier) = first.insert(message.payload.clone(), place) {
                repeats.push((earlier, place));
            }
        }
        again.push(repeats);
    }
    assert!(again[0].len() > 50, "{}", again[0].len());
    assert_eq!(again[0], again[1]);
}

#[tokio::test(start_paused = true)]
async fn the_newest_dispatch_is_passed_on_and_none_that_is_older_or_forged() {
    let world = world("10s", 3);
    let other = self::world("10s", 3);
    let open = || Relay::open(&world.path("relay"), queue(4)).unwrap();
    let dispatch = |after: u64| world.operation.dispatch(NOW + after, &mut SystemRng::new()).unwrap();
    let (relay, mut load) = open();
    assert!(load.wants_dispatches());
    let (old, new) = (dispatch(0), dispatch(60));
    let passed = |relay: &Relay| relay.notices().borrow().dispatch.clone();
    assert_eq!(passed(&relay), None);
    load.dispatch(&new, 0);
    assert_eq!(passed(&relay).unwrap(), new);
    let mut forged = dispatch(120);
    forged[70] ^= 1;
    for refused in
        [&old, &forged, &other.operation.dispatch(NOW + 120, &mut SystemRng::new()).unwrap(), &Vec::new()]
    {
        load.dispatch(refused, 0);
        assert_eq!(passed(&relay).unwrap(), new);
    }
    // A relay that was started anew passes on the newest once more, and no older one.
    drop((relay, load));
    let (relay, mut load) = open();
    load.dispatch(&old, 0);
    assert_eq!(passed(&relay), None);
    load.dispatch(&new, 0);
    assert_eq!(passed(&relay).unwrap(), new);
}
