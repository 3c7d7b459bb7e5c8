//! Renewal over Debian's mosquitto, with the service as `cowl serve` runs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

mod common;

use std::{path::PathBuf, time::Duration};

use common::mosquitto::Mosquitto;
use cowl::{
    client::{AskError, Topics, anonymous_options, renew},
    keyring::{Renewal, RenewalError, load_credential, store_new},
    operation::{Operation, OperationLogin},
    random::SystemRng,
    service::{self, Event, Service},
    transport::{Filter, Qos, Scheme, Subscriber, Subscription, Version},
};
use futures_util::FutureExt as _;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

const NOW: u64 = 1_800_000_000;
/// Nothing on loopback takes so long.
const SOON: Duration = Duration::from_mins(2);

/// The rules of spec §9.6 as mosquitto writes them.
fn acl(operation: &Operation) -> String {
    let topics = Topics::of(operation.manifest());
    let (logins, questions) = (operation.logins(), topics.questions().unwrap());
    let notices =
        [topics.manifest(), topics.beacon()].map(|topic| format!("topic read {}\n", topic.unwrap().as_str()));
    format!(
        "user {}\ntopic readwrite #\n\nuser {}\ntopic write {}\n{}\npattern read {}/%c\n",
        logins.operator.user,
        logins.device.user,
        questions.as_str(),
        notices.concat(),
        topics.answers(),
    )
}

#[tokio::test]
async fn keys_come_over_mosquitto_under_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let (ops, mut rng) = (folder.path().join("ops"), SystemRng::new());
    let mut operation = Operation::create(&ops, NOW, &mut rng).unwrap();
    let rules = folder.path().join("mosquitto.acl");
    std::fs::write(&rules, acl(&operation)).unwrap();
    let rules = format!("allow_anonymous true\nacl_file {}\n", rules.display());
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], &rules) else { return };
    let endpoint = broker.endpoint(Scheme::Tcp);
    let mut enrol = |name: &str| -> PathBuf {
        let enrolled = operation.enrol_gateway(name, 10, operation.epoch_at(NOW), &mut rng).unwrap();
        let path = folder.path().join(name);
        store_new(&path, &enrolled.credential, enrolled.first).unwrap();
        path
    };
    let (gateway, revoked) = (enrol("gateway"), enrol("revoked"));
    operation.revoke("revoked", None, NOW).unwrap();
    // Without a password file mosquitto takes a user name at its word.
    let of = |login: &OperationLogin| {
        anonymous_options(operation.manifest(), Some(&login.to_credential()), Version::V5).unwrap()
    };
    let (operator, options) = (of(&operation.logins().operator), of(&operation.logins().device));
    let (events, mut heard) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = {
        let (endpoint, options) = (endpoint.clone(), operator.clone());
        let mut service = Service::new(Operation::open(&ops).unwrap(), NOW, None).unwrap();
        tokio::spawn(async move {
            let mut tell = |event| drop(events.send(event));
            let stop = async { drop(stopped.await) };
            service::run(&mut service, &endpoint, &options, &|| NOW, &mut tell, stop).await.unwrap();
            service.desk().counts()
        })
    };
    while !matches!(timeout(SOON, heard.recv()).await.unwrap().unwrap(), Event::Started { .. }) {}
    // Another device that listens to every answer hears none: the rules go by the client id.
    let answers = format!("{}/+", Topics::of(operation.manifest()).answers());
    let mut other = Subscriber::connect(
        &endpoint,
        &options,
        Subscription::new(Filter::new(answers).unwrap(), Qos::AtLeastOnce),
    )
    .await
    .unwrap();
    for (version, step) in [(Version::V5, 1), (Version::V311, 2)] {
        let options = cowl::transport::Options { version, ..options.clone() };
        let mut renewal = Renewal::begin(&gateway, None).unwrap();
        let renewed = renew(&endpoint, &options, &mut renewal, SOON, &mut rng).await.unwrap();
        assert!(renewed.last_epoch.is_some());
        assert_eq!(load_credential(&gateway).unwrap().membership.unwrap().step, step);
    }
    let mut renewal = Renewal::begin(&revoked, None).unwrap();
    let told = renew(&endpoint, &options, &mut renewal, SOON, &mut rng).await;
    assert!(matches!(told, Err(AskError::Renewal(RenewalError::Revoked))), "{told:?}");
    // What the operator says after all that comes first: nothing came before it.
    let topic = Topics::of(operation.manifest()).beacon().unwrap();
    let watch = Subscription::new(Filter::new(topic.as_str()).unwrap(), Qos::AtLeastOnce);
    let mut beacons = Subscriber::connect(&endpoint, &options, watch).await.unwrap();
    timeout(SOON, beacons.next()).await.unwrap().unwrap();
    assert!(other.next().now_or_never().is_none(), "an answer reached somebody else");
    stop.send(()).unwrap();
    let counts = timeout(SOON, serving).await.unwrap().unwrap();
    assert_eq!((counts.renewed, counts.revoked), (2, 1));
    assert_eq!(
        Operation::open(&ops)
            .unwrap()
            .register()
            .member("gateway")
            .unwrap()
            .membership
            .as_ref()
            .unwrap()
            .step,
        1
    );
}
