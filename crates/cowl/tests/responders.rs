//! The responder side of the gateway on Debian's mosquitto, both as the operation's broker and as the local one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod responders_support;

use std::time::Duration;

use common::mosquitto::Mosquitto;
use cowl::transport::Scheme;
use responders_support::{Tool, World, plain};

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
