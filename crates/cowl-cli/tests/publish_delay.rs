//! `cowl pub` under a policy with a delay.
#![cfg(unix)]
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod publish_support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use publish_support::{World, port};

fn world(delay: &str) -> World {
    let delay = format!("phone_delay = \"{delay}\"");
    let world = World::with_policy(|policy| policy.replace("phone_delay = \"0s\"", &delay));
    assert!(world.operation.manifest().policy.traffic.phone_delay_seconds > 0);
    world
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_stream_is_delayed_and_all_of_it_arrives() {
    let world = world("1s");
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let lines: Vec<_> = (1..=12).map(|number| format!("temp: {number}\n")).collect();
    let lines = lines.concat();
    let arguments = ["-l", "-q", "1", "--beacon-wait", "0", "--quiet"];
    world.publish_from("phone", port(&broker), &arguments, lines.as_bytes()).ends(0);
    let (values, ..) = world.read("medical", &ear.hear(12));
    let mut temperatures: Vec<_> =
        values.iter().map(|value| value["temperature"].as_f64().unwrap()).collect();
    // One order of 479,001,600 is that of the input.
    assert!(!temperatures.is_sorted());
    temperatures.sort_by(f64::total_cmp);
    assert_eq!(temperatures, (1..=12).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn what_an_interrupted_stream_still_holds_is_told() {
    let world = world("1h");
    let broker = world.broker();
    let mut command = world.command("phone", port(&broker));
    command.args(["-l", "-q", "1", "--beacon-wait", "0", "-d"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"temp: 1\ntemp: 2\ntemp: 3\n").unwrap();
    // The end of the input: nothing more comes, and three wait.
    drop(stdin);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("3 still to be sent")));
    interrupt(&child);
    let rest: String = lines.map(|line| line.unwrap() + "\n").collect();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{rest}");
    assert!(rest.contains("3 of the reports were still waiting, and were not sent"), "{rest}");
}

#[test]
fn a_single_report_is_not_even_connected_for_before_its_time() {
    let world = world("1h");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut command = world.command("phone", listener.local_addr().unwrap().port());
    let mut child = command.args(["-m", "temp: 1"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("waiting before sending, 60 min on the average") {
        assert!(err.read_line(&mut said).unwrap() > 0, "{said}");
    }
    interrupt(&child);
    err.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{said}");
    assert!(said.contains("nothing was sent"), "{said}");
    assert!(listener.accept().is_err());
}

#[test]
fn now_sends_at_once_and_says_what_that_tells() {
    let world = world("1h");
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let arguments = ["-m", "temp: 7", "-q", "1", "--beacon-wait", "0", "--now"];
    world.publish("phone", port(&broker), &arguments).ends(0).says("learns when this was reported");
    assert_eq!(ear.hear(1).len(), 1);
}
