//! Two virtual days over a bad link: two seconds each way, dark for ten minutes of every hour, and of every ten messages three break the
//! connection, as a third of the packets lost does.
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
use cowl::node::uplink::Counts;
use cowl::node::{Lane, Way, uplink};
use cowl::random::SystemRng;
use cowl::transport::{Connector, Endpoint, Scheme, Stream, Version};
use cowl_core::ReportId;
use tokio::sync::oneshot;
use tokio::time::sleep;
use turmoil::net::{TcpListener, TcpStream};
use uplink_support::broker::Answer;
use uplink_support::world::{put, queue};
use uplink_support::{Broker, World};

const HOURS: u64 = 48;
const REPORTS: u64 = 240;

/// What came of it.
type Outcome = Arc<Mutex<Option<(Counts, Vec<ReportId>)>>>;

/// Three of ten messages break their connection: half of them before the broker has them in its mind to answer.
fn breaking() -> Broker {
    Broker::acting(|number, _| match (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 20 {
        0..3 => Answer::HangUp,
        3..6 => Answer::Vanish,
        _ => Answer::Ack,
    })
}

fn endpoint() -> Endpoint {
    Endpoint::new(Scheme::Tcp, "broker", 1883).through(Connector::new(|| {
        Box::pin(async {
            let stream = TcpStream::connect(("broker", 1883)).await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }))
}

fn days_over_a_bad_link(slot: &str) {
    let (world, broker) = (Arc::new(World::new(slot, 6)), breaking());
    let mut sim = turmoil::Builder::new()
        .simulation_duration(Duration::from_hours(HOURS + 1))
        .tick_duration(Duration::from_millis(100))
        .min_message_latency(Duration::from_secs(2))
        .max_message_latency(Duration::from_secs(2))
        .tcp_capacity(4_096)
        .rng_seed(7)
        .build();
    let served = broker.clone();
    sim.host("broker", move || {
        let broker = served.clone();
        async move {
            let listener = TcpListener::bind(("0.0.0.0", 1883)).await?;
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(broker.clone().serve(stream));
            }
        }
    });
    let outcome = Outcome::default();
    let (found, its) = (Arc::clone(&outcome), Arc::clone(&world));
    sim.client("node", async move {
        let options = anonymous_options(its.manifest(), None, Version::V5).unwrap();
        let way = Way { rng: SystemRng::hazmat_seeded([5; 32]), ..Way::new(endpoint(), options) };
        let (stop, stopped) = oneshot::channel::<()>();
        let queue = queue();
        let stopped = async move { drop(stopped.await) };
        let task = tokio::spawn(uplink(queue.clone(), its.load(), way, stopped, |_| ()));
        let (mut rng, mut ids) = (SystemRng::new(), Vec::new());
        for number in 0..REPORTS {
            sleep(Duration::from_hours(HOURS) / 2 / u32::try_from(REPORTS).unwrap()).await;
            let lane = if number % 8 == 7 { Lane::WalkIn } else { Lane::Enrolled };
            ids.push(put(&queue, lane, number % 5 == 0, u8::try_from(number % 4).unwrap(), &mut rng));
        }
        sleep(Duration::from_hours(HOURS) / 2).await;
        stop.send(()).unwrap();
        *found.lock().unwrap() = Some((task.await.unwrap(), ids));
        Ok(())
    });
    sim.client("weather", async {
        for _ in 0..HOURS {
            sleep(Duration::from_mins(50)).await;
            turmoil::partition("node", "broker");
            sleep(Duration::from_mins(10)).await;
            turmoil::repair("node", "broker");
        }
        Ok(())
    });
    sim.run().unwrap();
    let (counts, ids) = outcome.lock().unwrap().take().unwrap();
    assert_eq!(counts.delivered, REPORTS);
    assert!(counts.connections > 24, "{counts:?}");
    let seen = broker.seen();
    let read = world.read(&seen);
    assert!(read.is_exactly(&ids), "{} of {}; {counts:?}", read.found.len(), ids.len());
    assert_eq!(read.refused, 0);
    let mut payloads: Vec<_> = seen.iter().map(|seen| seen.payload.clone()).collect();
    payloads.sort_unstable();
    payloads.dedup();
    assert_eq!(payloads.len(), seen.len());
}

#[test]
fn in_slots_all_is_delivered_and_none_twice() {
    days_over_a_bad_link("2min");
}
