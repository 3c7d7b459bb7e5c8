//! mosquitto's own clients against the broker, in MQTT 3.1.1 and 5.

mod common;

use std::fmt::Write as _;

use common::mosquitto::{Subscriber, arguments, installed, publish};
use common::{
    Certificate, DEVICE, MANIFEST, NODE, OBSERVER, OPERATOR, SHARD, WALK_IN, config, loopback, on_tcp,
};
use cowl_broker::{Broker, Listeners};

const VERSIONS: [&str; 2] = ["mqttv311", "mqttv5"];

#[tokio::test]
async fn a_burst_of_lines_arrives_whole_and_in_order() {
    if !installed() {
        return;
    }
    let (broker, address) = on_tcp().await;
    publish(&arguments(address, OPERATOR, "mqttv5"), &["-t", MANIFEST, "-r", "-q", "1", "-m", "ready"], "")
        .await;
    let lines: u32 = 20_000;
    let mut input = String::new();
    for line in 0..lines {
        writeln!(input, "report {line}").unwrap();
    }
    for version in VERSIONS {
        for qos in ["0", "1"] {
            for (reader, writer) in [(NODE, DEVICE), (OBSERVER, WALK_IN)] {
                // The second filter's retained message comes when the first one's subscription holds.
                let filters = ["-q", qos, "-t", "c/box/#", "-t", MANIFEST];
                let mut subscriber = Subscriber::new(&arguments(address, reader, version), &filters);
                assert_eq!(subscriber.line().await, "ready");
                let output =
                    publish(&arguments(address, writer, version), &["-t", SHARD, "-q", qos, "-l"], &input)
                        .await;
                assert!(output.status.success(), "{output:?}");
                for line in 0..lines {
                    assert_eq!(subscriber.line().await, format!("report {line}"), "{version} QoS {qos}");
                }
            }
        }
    }
    assert_eq!(broker.counts().dropped_queue_full, 0);
    broker.shutdown().await;
}

#[tokio::test]
async fn what_is_denied_is_said_where_mqtt_can_say_it() {
    if !installed() {
        return;
    }
    let (broker, address) = on_tcp().await;
    for version in VERSIONS {
        let wrong = [arguments(address, NODE, version), vec!["-P".into(), "wrong".into()]].concat();
        let output = publish(&wrong, &["-t", SHARD, "-m", "x"], "").await;
        assert!(!output.status.success());
        let output =
            publish(&arguments(address, DEVICE, version), &["-t", MANIFEST, "-q", "1", "-m", "x"], "").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.contains("Not authorized"), version == "mqttv5", "{said}");
    }
    let counts = broker.counts();
    assert_eq!((counts.connects_refused_login, counts.publishes_denied_topic), (2, 2));
    broker.shutdown().await;
}

#[tokio::test]
async fn mosquitto_speaks_tls_to_it() {
    if !installed() {
        return;
    }
    let certificate = Certificate::new();
    let listeners =
        Listeners { tls: Some(certificate.listener()), tcp: Some(loopback()), ..Listeners::default() };
    let broker = Broker::start(config(listeners)).await.unwrap();
    let at = broker.addresses();
    let operator = arguments(at.tcp.unwrap(), OPERATOR, "mqttv5");
    publish(&operator, &["-t", MANIFEST, "-r", "-q", "1", "-m", "ready"], "").await;
    let file = certificate.file();
    // The later `-h` counts: the certificate is for the name.
    let tls = ["--cafile", file.to_str().unwrap(), "-h", "localhost"];
    for version in VERSIONS {
        let reader = [&tls[..], &["-t", SHARD, "-t", MANIFEST]].concat();
        let mut subscriber = Subscriber::new(&arguments(at.tls.unwrap(), NODE, version), &reader);
        assert_eq!(subscriber.line().await, "ready");
        let writer = [&tls[..], &["-t", SHARD, "-m", "over TLS"]].concat();
        let output = publish(&arguments(at.tls.unwrap(), DEVICE, version), &writer, "").await;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(subscriber.line().await, "over TLS");
    }
    broker.shutdown().await;
}
