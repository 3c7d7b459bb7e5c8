//! The responder side of the gateway on Debian's mosquitto, both as the operation's broker and as the local one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says when it is skipped"
)]

mod common;
mod responders_support;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common::mosquitto::Mosquitto;
use cowl::{
    responders::Originals,
    transport::{Filter, Scheme, Version},
};
use responders_support::{Gateway, Lasting, Tool, World, plain, until_retained};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opens_and_publishes_under_the_template() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let Some(local) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let (uplink, local) = (broker.endpoint(Scheme::Tcp), local.endpoint(Scheme::Tcp));
    let mut world = World::new(1);
    world.announce(&uplink).await;
    let mut tool = Tool::start(&local, "relief/#").await;
    let gateway = world.gateway("a", "medical", &uplink, &local, plain());
    gateway.tells("Reading").await;
    let mut feed = world.feed(&uplink).await;
    feed.send(0, "severity: high, temp: 39.5, note: one").await;
    feed.cover(1).await;
    feed.send(2, "severity: low, note: two").await;
    let (topic, first) = tool.next().await;
    assert_eq!(topic, format!("relief/medical/{}", first["from"].as_str().unwrap()));
    assert_eq!((first["note"].as_str(), first["severity"].as_str()), (Some("one"), Some("high")));
    assert_eq!(first["temperature"], 39.5);
    assert_eq!(tool.next().await.1["note"], "two");
    tool.rest(Duration::from_millis(200)).await;
    let counters = gateway.stop().await;
    assert_eq!((tool.count, counters.published, counters.covers), (2, 2, 1));
}

/// Three gateways share eight shards, and one of them dies in mid-stream: nothing is lost, and nothing comes twice, as another one
/// goes on with what it had on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_share_and_one_dies() {
    const REPORTS: usize = 2_000;
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let Some(local) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let (uplink, local) = (broker.endpoint(Scheme::Tcp), local.endpoint(Scheme::Tcp));
    let mut world = World::new(8);
    world.announce(&uplink).await;
    let mut tool = Tool::start(&local, "relief/#").await;
    let gateways = ["a", "b", "c"].map(|name| world.gateway(name, "medical", &uplink, &local, plain()));
    for gateway in &gateways {
        gateway.sees(3).await;
    }
    // What comes to a shard before it has a session is kept for nobody.
    Gateway::all_read(&gateways, 8).await;
    let [first, second, third] = gateways;
    let mut feed = world.feed(&uplink).await;
    for number in 0..REPORTS / 2 {
        feed.send(number % 7, &format!("severity: high, note: {number}")).await;
    }
    tool.until(REPORTS / 4).await;
    let mut first = first;
    first.kill().await;
    for number in REPORTS / 2..REPORTS {
        feed.send(number % 7, &format!("severity: high, note: {number}")).await;
    }
    tool.until(REPORTS).await;
    tool.rest(Duration::from_secs(1)).await;
    let twice = tool.count - tool.seen.len();
    assert!(tool.seen.len() == REPORTS && twice == 0, "{twice} twice of {}", tool.seen.len());
    let (second, third) = (second.stop().await, third.stop().await);
    assert!(second.published > 0 && third.published > 0, "{second:?} {third:?}");
}

/// Three gateways share eight shards, and one after another dies in mid-stream and is started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_that_die_one_after_another_lose_nothing_and_print_nothing_twice() {
    const ROUNDS: usize = 6;
    const REPORTS: usize = 400;
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let Some(local) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let (uplink, local) = (broker.endpoint(Scheme::Tcp), local.endpoint(Scheme::Tcp));
    let mut world = World::new(8);
    world.announce(&uplink).await;
    let mut tool = Tool::start(&local, "relief/#").await;
    let names = ["a", "b", "c"];
    let mut gateways = names.map(|name| world.gateway(name, "medical", &uplink, &local, plain()));
    for gateway in &gateways {
        gateway.sees(3).await;
    }
    // What comes to a shard before it has a session is kept for nobody.
    Gateway::all_read(&gateways, 8).await;
    let mut feed = world.feed(&uplink).await;
    for round in 0..ROUNDS {
        for number in 0..REPORTS {
            feed.send(number % 7, &format!("severity: high, note: {round}-{number}")).await;
        }
        tool.until(REPORTS * round + REPORTS / 4).await;
        let which = round % names.len();
        gateways[which].kill().await;
        gateways[which] = world.gateway(names[which], "medical", &uplink, &local, plain());
    }
    tool.until(REPORTS * ROUNDS).await;
    tool.rest(Duration::from_secs(1)).await;
    let twice = tool.count - tool.seen.len();
    assert!(tool.seen.len() == REPORTS * ROUNDS && twice == 0, "{twice} twice of {}", tool.seen.len());
}

/// One gateway alone dies again and again in mid-stream; its next process goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_started_again_goes_on() {
    const REPORTS: usize = 1_200;
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let Some(local) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let (uplink, local) = (broker.endpoint(Scheme::Tcp), local.endpoint(Scheme::Tcp));
    let mut world = World::new(2);
    world.announce(&uplink).await;
    let mut tool = Tool::start(&local, "relief/#").await;
    let mut feed = world.feed(&uplink).await;
    let mut gateway = world.gateway("a", "medical", &uplink, &local, plain());
    gateway.tells("Reading(1)").await;
    for round in 1..=4 {
        for number in 0..REPORTS / 4 {
            feed.send(number % 3, &format!("severity: high, note: {round}-{number}")).await;
        }
        tool.until(REPORTS / 4 * (round - 1) + 50).await;
        gateway.kill().await;
        gateway = world.gateway("a", "medical", &uplink, &local, plain());
    }
    tool.until(REPORTS).await;
    tool.rest(Duration::from_secs(1)).await;
    let twice = tool.count - tool.seen.len();
    assert!(tool.seen.len() == REPORTS && twice == 0, "{twice} twice of {}", tool.seen.len());
    let counters = gateway.stop().await;
    assert_eq!((counters.in_doubt, counters.at_least_once), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_that_are_started_again_lose_nothing() {
    const REPORTS: usize = 900;
    let (Some(mut broker), Some(mut local)) = (Lasting::start(), Lasting::start()) else { return };
    let mut world = World::new(2);
    world.announce(&broker.endpoint()).await;
    let mut tool = Tool::start(&local.endpoint(), "relief/#").await;
    let gateway = world.gateway("a", "medical", &broker.endpoint(), &local.endpoint(), plain());
    gateway.tells("Reading(1)").await;
    for round in 0..3 {
        let mut feed = world.feed(&broker.endpoint()).await;
        for number in 0..REPORTS / 3 {
            feed.send(number % 5, &format!("severity: high, note: {round}-{number}")).await;
        }
        feed.publisher.flush().await.unwrap();
        match round {
            0 => {
                local.stop();
                local.again();
            }
            1 => {
                broker.stop();
                broker.again();
            }
            _ => {}
        }
    }
    tool.until(REPORTS).await;
    tool.rest(Duration::from_secs(1)).await;
    let counters = gateway.stop().await;
    assert!(counters.local_lost > 0 && counters.uplink_lost > 0, "{counters:?}");
    let twice = tool.seen.values().filter(|copies| copies.len() > 1).count();
    // What the local broker had passed on and not acknowledged when it ended: one window of it at the most.
    assert!(twice <= 20 && tool.seen.len() == REPORTS, "{twice} twice of {}", tool.seen.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_states_are_retained_until_the_roles_time_is_over() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let Some(local) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let (uplink, local) = (broker.endpoint(Scheme::Tcp), local.endpoint(Scheme::Tcp));
    let mut world = World::new(1);
    world.announce(&uplink).await;
    for version in [Version::V311, Version::V5] {
        let clock = Arc::new(AtomicU64::new(0));
        let mut publish = plain();
        publish.retain = true;
        publish.home_assistant = Some("homeassistant".to_owned());
        publish.template = format!("{version:?}/{{=severity}}").to_lowercase().parse().unwrap();
        let mut config = world.config(&format!("{version:?}"), "medical", &uplink, &local, publish);
        config.local.options.version = version;
        let gateway = Gateway::start_with(config, Arc::clone(&clock));
        gateway.tells("Reading(0)").await;
        let mut feed = world.feed(&uplink).await;
        feed.send(0, "severity: high, temp: 37, note: first").await;
        feed.send(1, "severity: high, temp: 38, note: second").await;
        feed.publisher.flush().await.unwrap();
        let prefix = format!("{version:?}").to_lowercase();
        let retained = until_retained(&local, &format!("{prefix}/#"), |all| {
            all.values().any(|payload| payload["note"] == "second")
        })
        .await;
        assert_eq!(retained.keys().collect::<Vec<_>>(), [&format!("{prefix}/high")]);
        let sensors = until_retained(&local, "homeassistant/#", |all| all.len() >= 4).await;
        let temperature = sensors.values().find(|sensor| sensor["name"] == "temperature").unwrap();
        assert_eq!(temperature["state_topic"], format!("{prefix}/high"));
        assert_eq!(temperature["unit_of_measurement"], "°C");
        // The policy lets the role keep reports for 30 days; then the gateway clears them, whatever the broker does.
        clock.store(31 * 86_400, Ordering::Relaxed);
        until_retained(&local, &format!("{prefix}/#"), BTreeMap::is_empty).await;
        until_retained(&local, "homeassistant/#", BTreeMap::is_empty).await;
        gateway.stop().await;
    }
}

/// An order reaches what the local broker retains, what waits to be published, and the gateway's own files.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ordered_to_go_is_cleared_and_does_not_come_back() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let Some(local) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let (uplink, local) = (broker.endpoint(Scheme::Tcp), local.endpoint(Scheme::Tcp));
    let mut world = World::new(1);
    world.announce(&uplink).await;
    let publish = || {
        let mut publish = plain();
        publish.retain = true;
        publish.home_assistant = Some("homeassistant".to_owned());
        publish.template = "states/{pseudonym}".parse().unwrap();
        publish
    };
    let gateway = world.gateway("a", "medical", &uplink, &local, publish());
    gateway.tells("Reading(0)").await;
    let mut feed = world.feed(&uplink).await;
    feed.send(0, "severity: high, note: hers").await;
    feed.send(1, "severity: low, note: his").await;
    feed.publisher.flush().await.unwrap();
    let both = until_retained(&local, "states/#", |all| all.len() == 2).await;
    let hers = both.values().find(|payload| payload["note"] == "hers").unwrap();
    let name = hers["from"].as_str().unwrap().to_owned();
    let epoch = cowl_core::Epoch(u32::try_from(hers["epoch"].as_u64().unwrap()).unwrap());
    let sensors = until_retained(&local, "homeassistant/#", |all| all.len() >= 2).await.len();
    let order = cowl_core::Erasure::Pseudonym(name.parse().unwrap(), epoch);
    world.erase(&uplink, &[order]).await;
    gateway.tells("Erased { topics: 1 }").await;
    let left = until_retained(&local, "states/#", |all| all.len() == 1).await;
    assert!(left.values().all(|payload| payload["note"] == "his"));
    until_retained(&local, "homeassistant/#", |all| all.len() < sensors).await;
    // What comes later is refused, and counted; after a restart too, as the list is retained.
    feed.send(0, "severity: high, note: hers again").await;
    feed.send(1, "severity: low, note: his again").await;
    feed.publisher.flush().await.unwrap();
    until_retained(&local, "states/#", |all| all.values().any(|payload| payload["note"] == "his again"))
        .await;
    let counters = gateway.stop().await;
    assert_eq!((counters.published, counters.withdrawn, counters.erased), (3, 1, 1));
    let files = std::fs::read_dir(world.path("a")).unwrap().flatten().map(|entry| entry.path());
    for file in files.filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{}", file.display());
    }
    let gateway = world.gateway("a", "medical", &uplink, &local, publish());
    gateway.tells("Reading(0)").await;
    feed.send(1, "severity: low, note: once more").await;
    feed.publisher.flush().await.unwrap();
    let left =
        until_retained(&local, "states/#", |all| all.values().any(|payload| payload["note"] == "once more"))
            .await;
    assert_eq!(left.len(), 1);
    gateway.stop().await;
}

/// Every kind of text that a reporter can choose, and what becomes of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_publishes_nowhere_but_where_it_may() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let Some(local) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let (uplink, local) = (broker.endpoint(Scheme::Tcp), local.endpoint(Scheme::Tcp));
    let mut world = World::new(1);
    world.announce(&uplink).await;
    let mut tool = Tool::start(&local, "+/#").await;
    let mut publish = plain();
    publish.originals = Originals::new(vec![Filter::new("sensors/#").unwrap()], false);
    let gateway = world.gateway("a", "rescue", &uplink, &local, publish);
    gateway.tells("Reading(0)").await;
    let mut feed = world.feed(&uplink).await;
    for (topic, published) in [
        ("sensors/7/state", "sensors/7/state"),
        ("sensors/+/state", "relief/rescue/sensors/%2B/state"),
        ("zigbee2mqtt/bridge/request", "relief/rescue/zigbee2mqtt/bridge/request"),
        ("$SYS/broker/version", "relief/rescue/%24SYS/broker/version"),
        ("cowl/responders/x/owner/00", "relief/rescue/cowl/responders/x/owner/00"),
        ("../#", "relief/rescue/../%23"),
        ("/", "relief/rescue/none/none"),
    ] {
        feed.send_to(0, topic, "severity: high").await;
        let (came, report) = loop {
            let message = tool.message().await;
            if !message.topic.as_str().starts_with("cowl/") {
                break tool.note(&message);
            }
        };
        assert_eq!((came.as_str(), report["topic"].as_str()), (published, Some(topic)));
    }
    let counters = gateway.stop().await;
    assert_eq!((counters.published, counters.topics_not_allowed), (7, 6));
}

/// A broker without `QoS` 2 is found out, whatever it has to say so, and gets reports all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_cannot_do_it_is_told_and_served() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let Some(local) = Mosquitto::start(&[Scheme::Tcp], "max_qos 1") else { return };
    let (uplink, local) = (broker.endpoint(Scheme::Tcp), local.endpoint(Scheme::Tcp));
    let mut world = World::new(1);
    world.announce(&uplink).await;
    let mut tool = Tool::start(&local, "relief/#").await;
    for version in [Version::V5, Version::V311] {
        let mut config = world.config(&format!("{version:?}"), "medical", &uplink, &local, plain());
        config.local.options.version = version;
        let gateway = Gateway::start(config);
        gateway.tells("Once(Some(NoQos2))").await;
        gateway.tells("Reading").await;
        let mut feed = world.feed(&uplink).await;
        feed.send(0, "severity: high, note: one").await;
        assert_eq!(tool.next().await.1["note"], "one");
        let counters = gateway.stop().await;
        assert_eq!((counters.published, counters.at_least_once), (1, 1), "{version:?}");
    }
}
