//! What the transport says when it does not work.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use common::mosquitto::Mosquitto;
use cowl::transport::{
    Endpoint, Error, Filter, Login, Options, Publication, Publisher, Qos, Scheme, Subscriber, Subscription,
    TlsOptions, Topic, Version,
};

const VERSIONS: [Version; 2] = [Version::V311, Version::V5];

fn options(version: Version) -> Options {
    Options { version, connect_timeout: Duration::from_secs(5), ..Options::default() }
}

async fn connect_error(endpoint: &Endpoint, options: &Options) -> Error {
    let error = Publisher::connect(endpoint, options).await.expect_err("no connection");
    assert!(error.to_string().is_ascii() && !error.to_string().contains('\n'));
    error
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("a port").port();
    for scheme in [Scheme::Tcp, Scheme::Tls, Scheme::Ws, Scheme::Wss] {
        let error = connect_error(&Endpoint::new(scheme, "127.0.0.1", port), &Options::default()).await;
        assert!(error.is_refused() && error.is_transient(), "{error}");
        assert_eq!(error.to_string(), format!("connection refused by 127.0.0.1:{port}"));
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_is_unreachable() {
    // RFC 6761 §6.4: `.invalid` never resolves; the empty label needs no network to be refused.
    let error =
        connect_error(&Endpoint::new(Scheme::Tcp, "broker..invalid", 1883), &Options::default()).await;
    assert!(error.is_unreachable(), "{error}");
}

#[tokio::test]
async fn a_silent_server_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = Endpoint::new(Scheme::Tcp, "127.0.0.1", listener.local_addr().expect("a port").port());
    let options = Options { connect_timeout: Duration::from_millis(50), ..Options::default() };
    let error = connect_error(&endpoint, &options).await;
    assert!(error.is_timeout() && !error.is_lost(), "{error}");
}

#[tokio::test]
async fn a_wrong_login_is_named_as_such_and_a_right_one_works() {
    let dir = tempfile::TempDir::new().expect("a temporary directory");
    let passwords = dir.path().join("passwords");
    let extra = format!("allow_anonymous false\npassword_file {}\n", passwords.display());
    let made =
        Command::new("mosquitto_passwd").args(["-c", "-b"]).arg(&passwords).args(["ann", "right"]).status();
    if made.is_err() {
        assert!(std::env::var_os("CI").is_none(), "mosquitto_passwd is not installed");
        return;
    }
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], &extra) else { return };
    let endpoint = broker.endpoint(Scheme::Tcp);
    let login =
        |password: &str| Login::new("ann", Some(password.as_bytes().to_vec().into())).expect("a login");
    for version in VERSIONS {
        for wrong in [None, Some(login("wrong"))] {
            let error = connect_error(&endpoint, &Options { login: wrong, ..options(version) }).await;
            assert!(error.is_auth() && !error.is_transient(), "{error}");
            assert!(!format!("{error} {error:?}").contains("ann"), "{error}");
        }
        let right = Options { login: Some(login("right")), ..options(version) };
        assert!(!format!("{right:?}").contains("right"));
        Publisher::connect(&endpoint, &right)
            .await
            .expect("a login")
            .disconnect()
            .await
            .expect("a clean end");
    }
}

#[tokio::test]
async fn the_wrong_layer_is_an_error_and_not_a_hang() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp, Scheme::Tls, Scheme::Ws], "") else { return };
    for spoken in [Scheme::Tcp, Scheme::Tls, Scheme::Ws] {
        for (served, version) in [Scheme::Tcp, Scheme::Tls, Scheme::Ws].into_iter().zip([Version::V5; 3]) {
            if spoken == served {
                continue;
            }
            let Endpoint { port, tls, .. } = broker.endpoint(served);
            let endpoint = Endpoint::new(spoken, "127.0.0.1", port).trusting(tls);
            let options = Options { connect_timeout: Duration::from_secs(1), ..options(version) };
            let error = connect_error(&endpoint, &options).await;
            assert!(!error.is_auth() && !error.is_closed(), "{spoken:?} to {served:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tls], "") else { return };
    let Some(other) = Mosquitto::start(&[Scheme::Tls], "") else { return };
    let endpoint = Endpoint { tls: other.endpoint(Scheme::Tls).tls, ..broker.endpoint(Scheme::Tls) };
    let error = connect_error(&endpoint, &Options::default()).await;
    assert!(error.is_tls() && !error.is_transient(), "{error}");
    assert!(TlsOptions::from_pem(b"nothing").is_err());
}

#[tokio::test]
async fn a_broker_killed_in_the_middle_leaves_exact_accounts() {
    for version in VERSIONS {
        for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let Some(mut broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
            let publisher = Publisher::connect(&broker.endpoint(Scheme::Tcp), &options(version))
                .await
                .expect("a connection");
            let publication = Publication::new(Topic::new("t").expect("a topic"), vec![0; 450], qos);
            let mut next = 0;
            let error = loop {
                if next == 1_000 {
                    publisher.flush().await.expect("a live connection");
                    assert_eq!(publisher.settled_through(), Some(999));
                    broker.kill();
                }
                match publisher.enqueue(next, publication.clone()).await {
                    Ok(()) => next += 1,
                    Err(error) => break error,
                }
            };
            assert!(error.is_lost(), "{error}");
            assert!(publisher.flush().await.is_err_and(|error| error.is_lost()));
            // A second look, as from a caller who comes late, finds the same.
            let unsettled = publisher.unsettled();
            assert_eq!(unsettled, publisher.unsettled());
            assert!(unsettled.unwritten.is_empty());
            let expected: Vec<u64> = (1_000..next).collect();
            assert_eq!(unsettled.unacknowledged, expected, "acknowledged by a dead broker");
            assert!(publisher.publish(publication).await.is_err_and(|error| error.is_lost()));
            assert!(publisher.disconnect().await.is_err());
        }
    }
}

#[tokio::test]
async fn a_subscriber_hears_that_the_broker_is_gone() {
    let Some(mut broker) = Mosquitto::start(&[Scheme::Tcp], "") else { return };
    let wanted = Subscription::new(Filter::new("#").expect("a filter"), Qos::AtMostOnce);
    let mut subscriber = Subscriber::connect(&broker.endpoint(Scheme::Tcp), &Options::default(), wanted)
        .await
        .expect("a connection");
    broker.kill();
    assert!(subscriber.next().await.is_err_and(|error| error.is_lost()));
    assert!(subscriber.next().await.is_err_and(|error| error.is_lost()), "it stays lost");
}

#[tokio::test]
async fn too_large_is_refused_before_it_is_sent_and_nothing_else_suffers() {
    let Some(broker) = Mosquitto::start(&[Scheme::Tcp], "max_packet_size 5000\n") else { return };
    let topic = Topic::new("t").expect("a topic");
    let of = |size: usize| Publication::new(topic.clone(), vec![0; size], Qos::AtLeastOnce);
    // Version 5 learns the broker's limit; 3.1.1 has only ours.
    let own = Options { max_packet: 4_000, ..options(Version::V311) };
    for (options, most) in [(options(Version::V5), 5_000), (own, 4_000)] {
        let publisher =
            Publisher::connect(&broker.endpoint(Scheme::Tcp), &options).await.expect("a connection");
        for size in [most, 300_000_000] {
            let error = publisher.publish(of(size)).await.expect_err("too large");
            assert!(error.is_too_large() && !error.is_transient(), "{error}");
        }
        publisher.publish(of(most - 50)).await.expect("the connection still works");
        publisher.disconnect().await.expect("a clean end");
    }
}
