//! The uplink against brokers of every kind, in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

mod uplink_support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cowl::client::anonymous_options;
use cowl::node::uplink::{Counts, Event};
use cowl::node::{Lane, Queue, Way, uplink};
use cowl::random::SystemRng;
use cowl::transport::Version;
use cowl_core::Epoch;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uplink_support::broker::Answer;
use uplink_support::world::{put, queue};
use uplink_support::{Broker, Seen, TestLoad, World};

/// An uplink that runs, and the end of it.
struct Running {
    task: JoinHandle<Counts>,
    stop: oneshot::Sender<()>,
    events: Arc<Mutex<Vec<String>>>,
    since: Instant,
}

fn start(world: &World, broker: &Broker, queue: &Queue, load: TestLoad) -> Running {
    start_over(1, world, broker, queue, load)
}

fn start_over(connections: u8, world: &World, broker: &Broker, queue: &Queue, load: TestLoad) -> Running {
    let options = anonymous_options(world.manifest(), None, Version::V5).unwrap();
    let since = Instant::now();
    let rng = SystemRng::hazmat_seeded([3; 32]);
    let connections = connections.try_into().unwrap();
    let way = Way { connections, rng, since, ..Way::new(broker.endpoint(), options) };
    let (stop, stopped) = oneshot::channel::<()>();
    let events: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&events);
    let tell = move |event: Event| told.lock().unwrap().push(format!("{event:?}"));
    let stopped = async move { drop(stopped.await) };
    let task = tokio::spawn(uplink(queue.clone(), load, way, stopped, tell));
    Running { task, stop, events, since }
}

impl Running {
    async fn stop(self) -> Counts {
        self.stop.send(()).unwrap();
        self.task.await.unwrap()
    }
}

/// When and how large, but not what.
fn shape(seen: &[Seen], since: Instant) -> Vec<(Duration, usize, usize, usize)> {
    seen.iter().map(|seen| (seen.at - since, seen.connection, seen.size, seen.payload.len())).collect()
}

#[tokio::test(start_paused = true)]
async fn instants_and_sizes_are_the_same_whatever_is_reported() {
    let mut shapes = Vec::new();
    for reports in [0, 7, 200] {
        let (world, queue, broker) = (World::new("1s", 3), queue(), Broker::new());
        let mut rng = SystemRng::new();
        let load = world.load();
        let sealed = Arc::clone(&load.sealed);
        let running = start(&world, &broker, &queue, load);
        sleep(Duration::from_secs(10)).await;
        let mut ids = Vec::new();
        for number in 0..reports {
            let lane = if number % 5 == 4 { Lane::WalkIn } else { Lane::Enrolled };
            ids.push(put(&queue, lane, number % 3 == 0, number % 4, &mut rng));
        }
        sleep(Duration::from_secs(290)).await;
        let since = running.since;
        let counts = running.stop().await;
        let seen = broker.seen();
        assert!(seen.iter().all(|seen| seen.qos1 && seen.plain));
        assert_eq!(counts.sent, u64::from(reports));
        assert_eq!(counts.sent + counts.covers, seen.len() as u64);
        assert_eq!(counts.delivered, u64::from(reports));
        let real = sealed.lock().unwrap().iter().flatten().count();
        assert_eq!(real, usize::from(reports));
        let read = world.read(&seen);
        assert!(read.is_exactly(&ids) && read.covers == counts.covers);
        shapes.push(shape(&seen, since));
    }
    let [none, few, many] = &shapes[..] else { panic!("three runs") };
    assert!(none.len() >= 299 + 99, "{}", none.len());
    assert_eq!(none, few);
    assert_eq!(none, many);
}

/// Neither more often than one of each size in a slot, nor off the grid.
fn assert_no_burst(world: &World, seen: &[Seen], slot: Duration) {
    let layout = world.manifest().layout();
    for size in [layout.enrolled_len(), layout.walk_in_len()] {
        let at: Vec<Instant> =
            seen.iter().filter(|seen| seen.payload.len() == size).map(|seen| seen.at).collect();
        for pair in at.windows(2) {
            let apart = pair[1] - pair[0];
            assert!(apart >= slot && apart.as_millis() % slot.as_millis() == 0, "{apart:?}");
        }
    }
}

/// So that no rhythm of the broker meets one of the uplink.
fn mixed(number: usize) -> usize {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}

/// Brokers that harm, each with what it does to message `number`.
fn hostile() -> Vec<(&'static str, Broker)> {
    let by = |name, answer: fn(usize) -> Answer| (name, Broker::acting(move |number, _| answer(number)));
    vec![
        by("withholds one acknowledgement in seven", |n| {
            if mixed(n) % 7 == 3 { Answer::Withhold } else { Answer::Ack }
        }),
        by("withholds the first twenty", |n| if n < 20 { Answer::Withhold } else { Answer::Ack }),
        by("answers twice", |_| Answer::AckTwice),
        by("acknowledges what was never sent", |_| Answer::AckOthers),
        by("refuses one in three", |n| if n % 3 == 0 { Answer::Refuse } else { Answer::Ack }),
        by("hangs up at one in twenty", |n| if n % 20 == 17 { Answer::HangUp } else { Answer::Ack }),
        by("vanishes at one in twenty", |n| if n % 20 == 17 { Answer::Vanish } else { Answer::Ack }),
        by("does all of it", |n| match mixed(n) & 31 {
            0 => Answer::Withhold,
            1 => Answer::AckTwice,
            2 => Answer::AckOthers,
            3 => Answer::Refuse,
            4 => Answer::HangUp,
            5 => Answer::Vanish,
            _ => Answer::Ack,
        }),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_hostile_broker_makes_it_neither_lose_nor_burst() {
    for (name, broker) in hostile() {
        let (world, queue) = (World::new("10s", 6), queue());
        let mut rng = SystemRng::new();
        let running = start(&world, &broker, &queue, world.load());
        let mut ids = Vec::new();
        for number in 0..60 {
            let lane = if number % 6 == 5 { Lane::WalkIn } else { Lane::Enrolled };
            ids.push(put(&queue, lane, number % 3 == 0, number % 4, &mut rng));
        }
        sleep(Duration::from_hours(3)).await;
        let counts = running.stop().await;
        assert_eq!(counts.delivered, 60, "{name}");
        assert_eq!(counts.sent, counts.delivered + counts.given_back, "{name}");
        let seen = broker.seen();
        assert_no_burst(&world, &seen, Duration::from_secs(10));
        // Two connections never carry the same bytes; nor does one.
        let mut payloads: Vec<_> = seen.iter().map(|seen| seen.payload.clone()).collect();
        payloads.sort_unstable();
        payloads.dedup();
        assert_eq!(payloads.len(), seen.len(), "{name}");
        let read = world.read(&seen);
        assert!(read.is_exactly(&ids), "{name}: {} of {}", read.found.len(), ids.len());
        assert_eq!(read.refused, 0, "{name}");
        let waiting = queue.status();
        assert_eq!((waiting.enrolled.routine, waiting.enrolled.urgent), (0, 0), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hostile_broker_makes_it_lose_nothing_without_slots() {
    for (name, broker) in hostile() {
        let (world, queue) = (World::new("off", 3), queue());
        let mut rng = SystemRng::new();
        let load = world.load();
        let made = Arc::clone(&load.made);
        let running = start_over(2, &world, &broker, &queue, load);
        let ids: Vec<_> = (0..300)
            .map(|n: u32| {
                put(&queue, Lane::Enrolled, n.is_multiple_of(3), u8::try_from(n % 4).unwrap(), &mut rng)
            })
            .collect();
        sleep(Duration::from_hours(2)).await;
        let counts = running.stop().await;
        assert_eq!((counts.delivered, counts.covers), (300, 0), "{name}");
        let seen = broker.seen();
        assert!(seen.len() < 1_000, "{name}: {} messages for 300 reports", seen.len());
        let made = made.lock().unwrap();
        let mut arrived: Vec<_> = seen.iter().filter_map(|seen| made.get(&seen.payload[..16])).collect();
        arrived.sort_unstable();
        arrived.dedup();
        assert_eq!(arrived.len(), ids.len(), "{name}");
        // A receiver shows each once; where many in a row were lost it shows some of them only after later ones.
        assert!(world.read(&seen).found.values().all(|times| *times == 1), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn connections_are_made_again_at_the_same_moments_whatever_waits() {
    let mut all = Vec::new();
    for reports in [0, 50] {
        let (world, queue) = (World::new("1s", 0), queue());
        let broker = Broker::acting(|number, _| if number % 9 == 8 { Answer::HangUp } else { Answer::Ack });
        let mut rng = SystemRng::new();
        for _ in 0..reports {
            put(&queue, Lane::Enrolled, false, 0, &mut rng);
        }
        let running = start(&world, &broker, &queue, world.load());
        for _ in 0..3 {
            sleep(Duration::from_secs(100)).await;
            broker.darken(Duration::from_secs(130));
        }
        sleep(Duration::from_mins(5)).await;
        let since = running.since;
        running.stop().await;
        let greetings = broker.greetings();
        let mut names: Vec<_> = greetings.iter().map(|greeting| greeting.client_id.clone()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), greetings.len());
        assert!(
            greetings
                .iter()
                .all(|greeting| greeting.clean && !greeting.has_will && greeting.keep_alive == 60)
        );
        all.push(greetings.iter().map(|greeting| greeting.at - since).collect::<Vec<_>>());
    }
    assert!(all[0].len() > 5);
    assert_eq!(all[0], all[1]);
}

#[tokio::test(start_paused = true)]
async fn the_nth_urgent_report_waits_n_slots() {
    let (world, queue, broker) = (World::new("2s", 0), queue(), Broker::new());
    let mut rng = SystemRng::new();
    let load = world.load();
    let sealed = Arc::clone(&load.sealed);
    let running = start(&world, &broker, &queue, load);
    sleep(Duration::from_secs(7)).await;
    let routine: Vec<_> = (0..20).map(|_| put(&queue, Lane::Enrolled, false, 1, &mut rng)).collect();
    let urgent: Vec<_> = (0..8).map(|_| put(&queue, Lane::Enrolled, true, 2, &mut rng)).collect();
    let put_at = Instant::now();
    sleep(Duration::from_secs(100)).await;
    running.stop().await;
    let capacity = cowl_core::Capacity::of(&world.manifest().policy).unwrap();
    let seen = broker.seen();
    let real: Vec<_> = sealed
        .lock()
        .unwrap()
        .iter()
        .zip(&seen)
        .filter_map(|(id, seen)| id.map(|id| (seen.at, id)))
        .collect();
    assert_eq!(real.len(), 28);
    for ((at, id), (n, expected)) in real.iter().zip((1..).zip(urgent.iter().chain(&routine))) {
        assert_eq!(id, expected);
        assert!(*at - put_at <= capacity.wait(cowl_core::Mode::Enrolled, n).unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn without_slots_all_leaves_at_once_in_order_over_all_connections() {
    let (world, queue) = (World::new("off", 6), queue());
    let broker = Broker::new().answering_after(Duration::from_millis(300));
    let mut rng = SystemRng::new();
    let running = start_over(3, &world, &broker, &queue, world.load());
    sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    let ids: Vec<_> = (0..1_000).map(|_| put(&queue, Lane::Enrolled, false, 0, &mut rng)).collect();
    while queue.status().enrolled.routine > 0 {
        sleep(Duration::from_millis(50)).await;
    }
    // Six round trips: 3 × 16 in flight at first, twice as many with each, three windows of 256 at last.
    assert!(began.elapsed() <= Duration::from_secs(2), "{:?}", began.elapsed());
    let counts = running.stop().await;
    assert_eq!((counts.sent, counts.delivered, counts.covers), (1_000, 1_000, 0));
    let seen = broker.seen();
    let read = world.read(&seen);
    assert!(read.is_exactly(&ids));
    for connection in 0..3 {
        assert!((300..400).contains(&seen.iter().filter(|seen| seen.connection == connection).count()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_takes_a_bounded_time_and_loses_nothing() {
    for slot in ["1s", "off"] {
        let (world, queue) = (World::new(slot, 0), queue());
        let broker = Broker::acting(|_, _| Answer::Withhold);
        let mut rng = SystemRng::new();
        let running = start(&world, &broker, &queue, world.load());
        for _ in 0..40 {
            put(&queue, Lane::Enrolled, false, 0, &mut rng);
        }
        sleep(Duration::from_millis(20_300)).await;
        let before = Instant::now();
        let counts = running.stop().await;
        assert!(before.elapsed() <= Duration::from_secs(6), "{:?}", before.elapsed());
        assert!(counts.sent >= 16 && counts.given_back == counts.sent && counts.delivered == 0);
        assert!((0..40).all(|_| queue.take(Lane::Enrolled).is_some()));
    }
}

#[tokio::test(start_paused = true)]
async fn beacons_come_on_the_connection_that_sends_and_a_newer_manifest_is_fetched_once() {
    let (mut world, queue, broker) = (World::new("1s", 0), queue(), Broker::new());
    let topics = cowl::client::Topics::of(world.manifest());
    let (m, b) = (topics.manifest().unwrap(), topics.beacon().unwrap());
    broker.publish(m.as_str(), world.manifest().bytes().to_vec());
    broker.publish(b.as_str(), world.beacon(0));
    let load = world.load();
    let heard = Arc::clone(&load.heard);
    let running = start_over(2, &world, &broker, &queue, load);
    sleep(Duration::from_millis(10_500)).await;
    assert_eq!(*heard.lock().unwrap(), 1);
    assert_eq!(broker.greetings().len(), 2);
    // The manifest is the one that is held: a connection that is made again would cost it again.
    assert_eq!(broker.subscriptions(), [(0, b.as_str().to_owned())]);

    world.change("4s", 0);
    broker.publish(m.as_str(), world.manifest().bytes().to_vec());
    broker.publish(b.as_str(), world.beacon(10));
    sleep(Duration::from_secs(2)).await;
    assert_eq!(broker.subscriptions()[1..], [(2, m.as_str().to_owned())]);
    let before = broker.seen().len();
    // One that names what is held already is nothing to fetch.
    broker.publish(b.as_str(), world.beacon(12));
    sleep(Duration::from_secs(40)).await;
    assert!((9..=10).contains(&(broker.seen().len() - before)), "{}", broker.seen().len() - before);
    assert_eq!(broker.greetings().len(), 3);
    world.change("off", 0);
    // The one before is still there: it is fetched again with the next beacon.
    broker.publish(b.as_str(), world.beacon(50));
    sleep(Duration::from_secs(1)).await;
    broker.publish(m.as_str(), world.manifest().bytes().to_vec());
    broker.publish(b.as_str(), world.beacon(51));
    sleep(Duration::from_secs(10)).await;
    let quiet = broker.seen().len();
    sleep(Duration::from_secs(40)).await;
    assert_eq!(broker.seen().len(), quiet);
    put(&queue, Lane::Enrolled, true, 0, &mut SystemRng::new());
    sleep(Duration::from_millis(10)).await;
    assert_eq!(broker.seen().len(), quiet + 1);
    let events = running.events.lock().unwrap().join("\n");
    assert!(
        events.contains("Slots(Some(1s))")
            && events.contains("Slots(Some(4s))")
            && events.contains("Slots(None)")
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_never_stops_talking_moves_no_instant() {
    let mut shapes = Vec::new();
    for talks in [false, true] {
        let (world, queue, broker) = (World::new("1s", 2), queue(), Broker::new());
        let topic = cowl::client::Topics::of(world.manifest()).beacon().unwrap();
        let running = start(&world, &broker, &queue, world.load());
        for _ in 0..600 {
            sleep(Duration::from_millis(100)).await;
            for _ in 0..if talks { 20 } else { 0 } {
                broker.publish(topic.as_str(), vec![7; 900]);
            }
        }
        let since = running.since;
        running.stop().await;
        shapes.push(shape(&broker.seen(), since));
    }
    assert!(shapes[0].len() >= 59 && shapes[0] == shapes[1]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sealed_waits_or_is_dropped_and_keeps_nobody_back() {
    for slot in ["1s", "off"] {
        let (world, queue, broker) = (World::new(slot, 0), queue(), Broker::new());
        let mut rng = SystemRng::new();
        let load = world.load();
        let barren = Arc::clone(&load.barren);
        barren.lock().unwrap().push(2);
        let running = start(&world, &broker, &queue, load);
        let (mut good, mut later) = (Vec::new(), Vec::new());
        for _ in 0..10 {
            later.push(put(&queue, Lane::Enrolled, true, 2, &mut rng));
            put(&queue, Lane::Enrolled, true, u8::MAX, &mut rng);
            good.push(put(&queue, Lane::Enrolled, false, 1, &mut rng));
        }
        sleep(Duration::from_secs(50)).await;
        assert!(world.read(&broker.seen()).is_exactly(&good), "{slot}");
        barren.lock().unwrap().clear();
        sleep(Duration::from_secs(200)).await;
        let events = running.events.lock().unwrap().join("\n");
        assert!(events.contains("Dropped") && events.contains("NotSealed"), "{events}");
        let counts = running.stop().await;
        assert_eq!((counts.dropped, counts.delivered), (10, 20), "{slot}");
        good.extend(later);
        assert!(world.read(&broker.seen()).is_exactly(&good), "{slot}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_too_late_for_its_slot_takes_the_next_one_of_its_epoch() {
    for (after, made) in [(Epoch(4), 1), (Epoch(5), 2)] {
        let (world, queue, broker) = (World::new("1s", 0), queue(), Broker::new());
        let load = world.load();
        let (sealed, epoch) = (Arc::clone(&load.sealed), Arc::clone(&load.epoch));
        *epoch.lock().unwrap() = Some(Epoch(4));
        let running = start(&world, &broker, &queue, load);
        sleep(Duration::from_secs(5)).await;
        let id = put(&queue, Lane::Enrolled, false, 0, &mut SystemRng::new());
        // Made for the next slot; and then the machine stands still until the slot is half over.
        let next = broker.seen().last().unwrap().at + Duration::from_secs(1);
        tokio::time::sleep_until(next - Duration::from_millis(1)).await;
        let real = || sealed.lock().unwrap().iter().flatten().count();
        assert_eq!(real(), 1);
        tokio::time::advance(Duration::from_millis(500)).await;
        *epoch.lock().unwrap() = Some(after);
        // What was given back leaves in every other slot, drawn.
        sleep(Duration::from_secs(20)).await;
        assert_eq!(real(), made);
        let counts = running.stop().await;
        assert_eq!((counts.sent, counts.delivered), (1, 1));
        let seen = broker.seen();
        assert!(seen.iter().all(|seen| seen.at < next || seen.at >= next + Duration::from_secs(1)));
        assert!(world.read(&seen).is_exactly(&[id]));
    }
}

#[tokio::test(start_paused = true)]
async fn the_load_is_told_how_far_back_messages_were_lost() {
    let (world, queue) = (World::new("off", 0), queue());
    let broker = Broker::acting(|number, seen| match (seen.connection, number) {
        (0, 0..3) => Answer::Ack,
        (0, 9) => Answer::HangUp,
        (0, _) => Answer::Withhold,
        _ => Answer::Ack,
    });
    let load = world.load();
    let (lost, mut rng) = (Arc::clone(&load.lost), SystemRng::new());
    let ids: Vec<_> = (0..10).map(|_| put(&queue, Lane::Enrolled, false, 0, &mut rng)).collect();
    let running = start(&world, &broker, &queue, load);
    sleep(Duration::from_secs(30)).await;
    let counts = running.stop().await;
    assert_eq!(counts.given_back, 7);
    assert_eq!(*lost.lock().unwrap(), [7]);
    assert!(world.read(&broker.seen()).is_exactly(&ids));
}

#[tokio::test(start_paused = true)]
async fn keys_for_the_time_ahead_are_asked_for_beside_the_slots_and_again_where_nobody_answers() {
    let (world, queue, broker) = (World::new("10s", 1), queue(), Broker::new());
    let mut load = world.load();
    load.is_renewal_due = true;
    let running = start(&world, &broker, &queue, load);
    sleep(Duration::from_mins(20)).await;
    let events = Arc::clone(&running.events);
    let counts = running.stop().await;
    let refused = events.lock().unwrap().iter().filter(|event| event.starts_with("NotRenewed")).count();
    // A minute without an answer, then waits that double: not once a minute, and not once only.
    assert!((2..8).contains(&refused), "{refused}");
    assert_eq!(counts.silent, 0);
}
