//! `cowl serve --http`, `cowl enrol --ticket` and `cowl join` as child processes; then `cowl pub` and `cowl sub`.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

mod publish_support;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use publish_support::{Ran, World, port, run};

/// `cowl serve --http`; killed when dropped.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(world: &World, port: u16) -> Self {
        let mut child = cowl(&["serve"])
            .arg(world.operation.folder())
            .args(["--http", "127.0.0.1:0", "-h", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = None;
        // Ends when it serves: from then on people can join.
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some((_, at)) = line.split_once("people join at ") {
                url = Some(at.to_owned());
            }
            if line.contains("serving manifest") {
                break;
            }
        }
        Self { child, url: url.expect("it says where people join") }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cowl(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    command.args(arguments).env_remove("COWL_CREDENTIAL");
    command
}

fn enrol(world: &World, arguments: &[&str]) -> Ran {
    run(cowl(&["enrol"]).current_dir(world.folder.path()).arg(world.operation.folder()).args(arguments), b"")
}

fn join(world: &World, link: &str, arguments: &[&str]) -> Ran {
    run(cowl(&["join", "-"]).current_dir(world.folder.path()).args(arguments), link.as_bytes())
}

#[test]
fn a_card_lets_a_phone_and_a_medic_join_once_and_both_work() {
    let world = World::new();
    let broker = world.broker();
    let port = port(&broker);
    let serving = Serving::start(&world, port);

    let card =
        enrol(&world, &["new phone", "--device", "--ticket", "--at", &serving.url, "--qr", "card.png"]);
    assert_eq!(card.code, Some(0), "{}", card.err);
    assert!(card.out.starts_with("COWL:") && world.path("card.png").exists());
    let medic =
        enrol(&world, &["medic", "--responder", "--role", "triage", "--ticket", "--at", &serving.url]);

    let joined = join(&world, &card.out, &["-o", "new.cowl"]);
    assert_eq!((joined.code, joined.out.trim()), (Some(0), "new.cowl"), "{}", joined.err);
    let read = join(&world, &medic.out, &["-o", "medic.cowl"]);
    assert_eq!(read.code, Some(0), "{}", read.err);

    let again = join(&world, &card.out, &["-o", "thief.cowl"]);
    assert_eq!(again.code, Some(6));
    assert!(again.err.contains("used already") && again.err.contains("hint:"), "{}", again.err);
    assert!(!world.path("thief.cowl").exists());

    let mut ear = world.ear(port);
    world.publish("new.cowl", port, &["-m", "severity: high, lat: 18.54, lon: -72.34"]).ends(0);
    let messages = ear.hear(1);
    let mut reader = cowl::keyring::Reader::open(&world.path("medic.cowl"), "triage", None).unwrap();
    let mut reports = Vec::new();
    reader.read(&messages[0], 0, &mut reports).unwrap();
    assert_eq!(reports.len(), 1);
}

#[test]
fn cards_for_a_thousand_phones_are_written_once_and_each_lets_one_join() {
    let world = World::new();
    let made = enrol(
        &world,
        &[
            "--device",
            "--count",
            "1000",
            "--prefix",
            "p",
            "--at",
            "10.0.0.1:8080",
            "--cards",
            "c.html",
            "--csv",
            "c.csv",
        ],
    );
    assert_eq!(made.code, Some(0), "{}", made.err);
    let page = std::fs::read_to_string(world.path("c.html")).unwrap();
    assert_eq!(page.matches("<article>").count(), 1_000);
    let table = std::fs::read_to_string(world.path("c.csv")).unwrap();
    assert_eq!(table.lines().count(), 1_001);
    let links: std::collections::HashSet<_> =
        table.lines().skip(1).map(|line| line.split(',').nth(2).unwrap().to_owned()).collect();
    assert_eq!(links.len(), 1_000);
    assert!(links.iter().all(|link| cowl_core::Ticket::parse(link).is_ok()));
    // Nothing is overwritten, and nobody invited for nothing.
    let again =
        enrol(&world, &["--device", "--count", "2", "--prefix", "q", "--at", "10.0.0.1", "--csv", "c.csv"]);
    assert_eq!(again.code, Some(7), "{}", again.err);
}

#[test]
fn from_a_stick_without_any_network() {
    let world = World::new();
    let card = enrol(&world, &["hut", "--gateway", "3", "--ticket", "--package", "hut.package"]);
    assert_eq!(card.code, Some(0), "{}", card.err);
    let online = join(&world, &card.out, &[]);
    assert_eq!(online.code, Some(2), "{}", online.err);
    let joined = join(&world, &card.out, &["--from", "hut.package", "-o", "hut.cowl"]);
    assert_eq!(joined.code, Some(0), "{}", joined.err);
    assert!(joined.err.contains("a gateway"), "{}", joined.err);
    cowl::keyring::load_credential(&world.path("hut.cowl")).unwrap();
}
