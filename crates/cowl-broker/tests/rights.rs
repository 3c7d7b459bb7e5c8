//! Who may connect, publish and subscribe what: every login, in MQTT 3.1.1 and 5.

mod common;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use common::wire::{Connect, VERSIONS, Version, Wire};
use common::{
    ANSWER, ASKER, DEVICE, EXCHANGE, MAILBOX, MANIFEST, NODE, OBSERVER, OPERATOR, QUESTION, READER,
    READING_WALK_IN, SHARD, WALK_IN, login, on_tcp, tcp_only,
};
use cowl_broker::{Admission, Admitting, Broker, Login, Rights, Verifier};

const NOT_AUTHORIZED: u8 = 0x87;
const OTHER: &str = "somewhere/else";

/// What each login may do, and nothing beyond it.
struct Expected {
    user: &'static str,
    publishes: &'static [&'static str],
    retains: bool,
    subscribes: &'static [&'static str],
}

const TOPICS: [&str; 8] = [MAILBOX, SHARD, MANIFEST, EXCHANGE, QUESTION, ANSWER, OTHER, "$SYS/broker"];
const FILTERS: [&str; 12] = [
    "#",
    "+/box/#",
    "c/box/#",
    SHARD,
    MANIFEST,
    "c/manifest/#",
    "c/exchange/#",
    QUESTION,
    ANSWER,
    "c/a/+",
    OTHER,
    "$SYS/#",
];
const NOTICES: &[&str] = &[MANIFEST, "c/manifest/#"];

const EXPECTED: [Expected; 8] = [
    Expected { user: OPERATOR, publishes: &TOPICS, retains: true, subscribes: &FILTERS },
    Expected { user: OBSERVER, publishes: &[], retains: false, subscribes: FILTERS.split_last().unwrap().1 },
    Expected {
        user: NODE,
        publishes: &[MAILBOX, SHARD, EXCHANGE, QUESTION],
        retains: false,
        subscribes: &["c/box/#", SHARD, MANIFEST, "c/manifest/#", "c/exchange/#", ANSWER],
    },
    Expected {
        user: READER,
        publishes: &[EXCHANGE, QUESTION],
        retains: false,
        subscribes: &["c/box/#", SHARD, MANIFEST, "c/manifest/#", "c/exchange/#", ANSWER],
    },
    Expected {
        user: DEVICE,
        publishes: &[MAILBOX, SHARD, QUESTION],
        retains: false,
        subscribes: &[MANIFEST, "c/manifest/#", ANSWER],
    },
    Expected {
        user: ASKER,
        publishes: &[QUESTION],
        retains: false,
        subscribes: &[MANIFEST, "c/manifest/#", ANSWER],
    },
    Expected { user: WALK_IN, publishes: &[MAILBOX, SHARD], retains: false, subscribes: &[] },
    Expected { user: READING_WALK_IN, publishes: &[MAILBOX, SHARD], retains: false, subscribes: NOTICES },
];

#[tokio::test]
async fn each_login_subscribes_what_it_may() {
    let (broker, address) = on_tcp().await;
    for version in VERSIONS {
        for expected in &EXPECTED {
            let mut client = Wire::logged_in(address, version, expected.user).await;
            for filter in FILTERS {
                let denied = if version == Version::V5 { NOT_AUTHORIZED } else { 0x80 };
                let code = if expected.subscribes.contains(&filter) { 0 } else { denied };
                let user = expected.user;
                assert_eq!(client.subscribe(filter, 0).await, code, "{version:?} {user} {filter}");
            }
        }
    }
    let denied: usize = EXPECTED.iter().map(|expected| FILTERS.len() - expected.subscribes.len()).sum();
    assert_eq!(broker.counts().subscribes_denied, u64::try_from(2 * denied).unwrap());
    broker.shutdown().await;
}

#[tokio::test]
async fn each_login_publishes_what_it_may() {
    let (broker, address) = on_tcp().await;
    let mut reader = Wire::logged_in(address, Version::V5, OPERATOR).await;
    assert_eq!(reader.subscribe("#", 0).await, 0);
    assert_eq!(reader.subscribe("$SYS/#", 0).await, 0);
    for version in VERSIONS {
        for expected in &EXPECTED {
            let user = expected.user;
            let mut client = Wire::logged_in(address, version, user).await;
            for topic in TOPICS {
                let allowed = expected.publishes.contains(&topic);
                let code = if allowed || version == Version::V3 { 0 } else { NOT_AUTHORIZED };
                assert_eq!(client.publish(topic, b"1", 1, false).await, code, "{version:?} {user} {topic}");
                client.publish(topic, b"0", 0, false).await;
                if allowed {
                    for payload in [b"1", b"0"] {
                        let publish = reader.receive().await;
                        assert_eq!((publish.topic.as_str(), &publish.payload[..]), (topic, &payload[..]));
                    }
                }
            }
        }
    }
    // Nothing that was denied comes late.
    let mut operator = Wire::logged_in(address, Version::V5, OPERATOR).await;
    operator.publish(OTHER, b"end", 1, false).await;
    assert_eq!(reader.receive().await.payload, b"end");
    let counts = broker.counts();
    assert_eq!(
        counts.publishes_denied_right,
        2 * 2 * (8 + 7 + 2),
        "the observer's, the asker's and the reader's"
    );
    assert_eq!(counts.publishes_denied_topic, 2 * 2 * (4 + 4 + 5 + 6 + 6), "the nodes' and the reporters'");
    broker.shutdown().await;
}

#[tokio::test]
async fn only_the_operator_retains() {
    let (broker, address) = on_tcp().await;
    let mut denied = 0;
    for version in VERSIONS {
        for expected in EXPECTED.iter().filter(|expected| !expected.publishes.is_empty()) {
            let mut client = Wire::logged_in(address, version, expected.user).await;
            let code = client.publish(SHARD, b"kept", 1, true).await;
            let refused = if version == Version::V5 { NOT_AUTHORIZED } else { 0 };
            assert_eq!(code, if expected.retains { 0 } else { refused }, "{version:?} {}", expected.user);
            denied += u64::from(!expected.retains);
            // An empty retained message would erase what the operator keeps.
            client.publish(SHARD, b"", 0, true).await;
            client.settle().await;
            denied += u64::from(!expected.retains);
        }
    }
    assert_eq!(broker.counts().publishes_denied_retained, denied);
    broker.shutdown().await;
}

#[tokio::test]
async fn nobody_connects_without_the_right_password() {
    let (broker, address) = on_tcp().await;
    for version in VERSIONS {
        let v5 = version == Version::V5;
        let (bad, denied) = if v5 { (0x86, 0x87) } else { (4, 5) };
        let cases = [
            (None, None, denied),
            (Some("node"), None, denied),
            (Some("node"), Some(String::new()), bad),
            (Some("node"), Some(common::password("device")), bad),
            (Some("nobody"), Some(common::password("node")), bad),
            (Some(""), Some(common::password("node")), bad),
        ];
        for (user, password, code) in cases {
            let mut client = Wire::tcp(address, version).await;
            let connect = Connect { user, password, ..Connect::as_user(NODE) };
            assert_eq!(client.connect(&connect).await, code, "{version:?} {user:?}");
            assert_eq!(client.packet().await, None, "the connection is closed");
        }
    }
    let counts = broker.counts();
    assert_eq!((counts.connects_refused_anonymous, counts.connects_refused_login), (4, 8));
    assert_eq!(counts.connects_accepted, 0);
    broker.shutdown().await;
}

#[tokio::test]
async fn wills_are_for_the_operator() {
    let (broker, address) = on_tcp().await;
    for version in VERSIONS {
        for user in [OPERATOR, NODE, DEVICE, WALK_IN, OBSERVER] {
            let mut client = Wire::tcp(address, version).await;
            let code =
                client.connect(&Connect { will_topic: Some(MANIFEST), ..Connect::as_user(user) }).await;
            assert_eq!(code == 0, user == OPERATOR, "{version:?} {user}");
        }
    }
    assert_eq!(broker.counts().connects_refused_will, 8);
    broker.shutdown().await;
}

#[tokio::test]
async fn shared_logins_keep_no_session() {
    let (broker, address) = on_tcp().await;
    for user in [DEVICE, WALK_IN, READING_WALK_IN] {
        let mut client = Wire::tcp(address, Version::V3).await;
        let connect = Connect { client_id: "x", clean: false, ..Connect::as_user(user) };
        assert_ne!(client.connect(&connect).await, 0, "{user}");
        let mut client = Wire::tcp(address, Version::V5).await;
        let connect = Connect { client_id: "x", session: 60, ..Connect::as_user(user) };
        assert_ne!(client.connect(&connect).await, 0, "{user}");
    }
    assert_eq!(broker.counts().connects_refused_session, 6);
    broker.shutdown().await;
}

#[tokio::test]
async fn a_session_is_not_taken_over_by_another_login() {
    let (broker, address) = on_tcp().await;
    for version in VERSIONS {
        let id = format!("responder-{version:?}");
        let mine = || Connect { client_id: &id, clean: false, session: 60, ..Connect::as_user(NODE) };
        let mut node = Wire::tcp(address, version).await;
        assert_eq!(node.connect(&mine()).await, 0);
        assert_eq!(node.subscribe("c/box/#", 1).await, 1);
        for user in [DEVICE, WALK_IN, OBSERVER, OPERATOR] {
            let mut thief = Wire::tcp(address, version).await;
            assert_ne!(
                thief.connect(&Connect { client_id: &id, ..Connect::as_user(user) }).await,
                0,
                "{user}"
            );
        }
        node.settle().await;
        drop(node);
        let mut device = Wire::logged_in(address, version, DEVICE).await;
        device.publish(SHARD, b"while away", 1, false).await;
        let mut node = Wire::tcp(address, version).await;
        assert_eq!(node.connect_for_ack(&mine()).await.body[..2], [1, 0], "the session is there still");
        assert_eq!(node.receive().await.payload, b"while away");
    }
    assert_eq!(broker.counts().connects_refused_client_id, 8);
    broker.shutdown().await;
}

#[tokio::test]
async fn a_login_that_was_replaced_may_do_nothing_more() {
    let (broker, address) = on_tcp().await;
    let mut old = Wire::logged_in(address, Version::V5, DEVICE).await;
    assert_eq!(old.publish(SHARD, b"1", 1, false).await, 0);
    broker.replace_logins(vec![login("device-2", Rights::Device)]).unwrap();
    assert_eq!(old.publish(SHARD, b"2", 1, false).await, NOT_AUTHORIZED);
    assert_ne!(Wire::tcp(address, Version::V5).await.connect(&Connect::as_user(DEVICE)).await, 0);
    let mut new = Wire::logged_in(address, Version::V5, "device-2").await;
    assert_eq!(new.publish(SHARD, b"3", 1, false).await, 0);
    assert!(broker.replace_logins(Vec::new()).is_err());
    broker.shutdown().await;
}

/// Says yes once to each password that begins with `good`.
#[derive(Default)]
struct Once(Mutex<HashSet<Vec<u8>>>);

impl Admission for Once {
    fn admit<'a>(&'a self, password: &'a [u8]) -> Admitting<'a> {
        Box::pin(async move {
            // Whoever is asked may wait for a disk.
            tokio::task::yield_now().await;
            password.starts_with(b"good")
                && self.0.lock().is_ok_and(|mut seen| seen.insert(password.to_vec()))
        })
    }
}

#[tokio::test]
async fn a_login_that_is_asked_about_is_good_for_as_often_as_the_answer_says() {
    let once = Arc::new(Once::default());
    let mut config = tcp_only();
    let secret = Verifier::asking(Arc::<Once>::clone(&once));
    config.logins.push(Login { user: "token".to_owned(), secret, may: Rights::Device });
    let broker = Broker::start(config).await.unwrap();
    let address = broker.addresses().tcp.unwrap();
    for version in VERSIONS {
        let refused = if version == Version::V5 { 0x86 } else { 4 };
        let good = format!("good {version:?}");
        let as_token =
            |password: &str| Connect { password: Some(password.into()), ..Connect::as_user("token") };
        // What is refused for another reason is not asked about, and so is not used up.
        let with_will = Connect { will_topic: Some(MAILBOX), ..as_token(&good) };
        assert_ne!(Wire::tcp(address, version).await.connect(&with_will).await, 0);
        assert!(once.0.lock().unwrap().iter().all(|known| *known != good.as_bytes()));
        let mut client = Wire::tcp(address, version).await;
        assert_eq!(client.connect(&as_token(&good)).await, 0);
        assert_eq!(client.publish(MAILBOX, b"1", 1, false).await, 0);
        assert_eq!(Wire::tcp(address, version).await.connect(&as_token(&good)).await, refused);
        assert_eq!(Wire::tcp(address, version).await.connect(&as_token("bad")).await, refused);
    }
    assert_eq!(broker.counts().connects_refused_login, 4);
    broker.shutdown().await;
}
