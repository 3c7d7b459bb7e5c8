//! How `cowl pub` ends when it cannot go on: exit code, message, hint.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod publish_support;

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use publish_support::{
    World, dead_port, now, port,
    recorder::{Manners, Recorder, packets},
};

const SINGLE: [&str; 4] = ["-m", "severity: low", "--beacon-wait", "0"];

#[test]
fn an_unreachable_broker_is_5() {
    let world = World::new();
    world
        .publish("phone", dead_port(), &SINGLE)
        .ends(5)
        .says("connection refused by 127.0.0.1")
        .says("  hint: ");
}

#[test]
fn a_refused_login_is_6() {
    let world = World::new();
    let broker = world.broker();
    let mut arguments = vec!["-u", "device", "-P", "not the password"];
    arguments.extend(SINGLE);
    world.publish("phone", port(&broker), &arguments).ends(6).says("login refused by the broker");
}

#[test]
fn reports_that_the_broker_refuses_are_6_and_counted() {
    let world = World::new();
    let recorder = Recorder::start(Manners::RefusesReports);
    let ran = world.publish_from(
        "phone",
        recorder.port(),
        &["-l", "-q", "1", "--beacon-wait", "0"],
        b"temp: 1\ntemp: 2\n",
    );
    ran.ends(6).says("0 reports sent").says("2 reports refused by the broker");
}

#[test]
fn refused_input_is_3_before_anything_is_connected() {
    let world = World::new();
    let recorder = Recorder::start(Manners::Good);
    for (report, what) in [
        ("severity: dead", "-m:1: field severity is none of: low, moderate, high, critical"),
        ("lat: 18.5, temp: 3", "-m:1: field position has one coordinate without the other"),
        ("{\"temp\": 1", "-m:1:10: not JSON: EOF while parsing an object"),
        ("temp", "-m:1:1: no colon between name and value"),
        ("  ", "-m:1:1: empty"),
        ("shoe size: 42", "-m:1: the reading holds no field that the policy knows"),
        (
            "note: 01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "-m:1: field note is longer than 96 bytes",
        ),
    ] {
        world.publish("phone", recorder.port(), &["-m", report]).ends(3).says(what);
    }
    assert!(recorder.recorded().is_empty());
}

#[test]
fn used_up_keys_are_4() {
    let mut world = World::new();
    let broker = world.broker();
    world.announce(port(&broker), now() + 400 * 86_400);
    world
        .publish("phone", port(&broker), &["-m", "severity: low"])
        .ends(4)
        .says("the manifest expired after epoch")
        .says("ask the operation for a new credential");
}

#[test]
fn the_wrong_credential_is_4() {
    let world = World::new();
    world.publish("responder", dead_port(), &SINGLE).ends(4).says("is the credential of a responder");
    let broken = world.file("broken", b"not a credential");
    fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    world.publish("broken", dead_port(), &SINGLE).ends(4).says("broken is ");
    fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    world.publish("broken", dead_port(), &SINGLE).ends(7).says("can be read by others").says("chmod 600");
    world.publish("missing", dead_port(), &SINGLE).ends(7).says("cannot read");
}

#[test]
fn a_state_that_another_process_uses_is_7() {
    let world = World::new();
    let held = world.sender("phone");
    world.publish("phone", dead_port(), &SINGLE).ends(7).says("in use by another process");
    drop(held);
}

#[test]
fn a_full_disk_is_7_and_nothing_is_sent() {
    let world = World::new();
    let recorder = Recorder::start(Manners::Good);
    // Writing beyond 4 KiB of any file fails, as on a disk that is full (the signal would end the process instead).
    let script = "trap '' XFSZ; ulimit -f 4; exec \"$@\"";
    let binary = env!("CARGO_BIN_EXE_cowl");
    let mut command = Command::new("bash");
    command.args([
        "-c",
        script,
        "bash",
        binary,
        "pub",
        "-h",
        "127.0.0.1",
        "-p",
        &recorder.port().to_string(),
    ]);
    command.arg("--credential").arg(world.path("gateway")).args(["-l", "--beacon-wait", "0"]);
    let ran = publish_support::run(&mut command, "note: Josefina\n".repeat(100).as_bytes());
    ran.ends(7).says("the state file");
    assert!(!recorder.recorded().concat().windows(8).any(|window| window == b"Josefina"));
    let all = recorder.recorded();
    assert!(!all.iter().flat_map(|bytes| packets(bytes)).any(|packet| packet.kind() == 3));
}

#[test]
fn a_missing_file_is_7_and_nothing_to_send_is_2() {
    let world = World::new();
    world
        .publish("phone", dead_port(), &["-f", "/nowhere/report.json"])
        .ends(7)
        .says("cannot read /nowhere/report.json");
    world
        .publish("phone", dead_port(), &[])
        .ends(2)
        .says("there is nothing to send")
        .says("use -m, -f, -l or -s");
}

#[test]
fn what_identifies_is_refused_with_the_reason() {
    let world = World::new();
    for (arguments, why) in [
        (vec!["-i", "anna"], "-i is refused: a client id of one's own joins all connections that use it"),
        (vec!["-I", "anna"], "-I is refused: a client id of one's own"),
        (vec!["-r"], "-r is refused: the broker would keep the report"),
        (vec!["-k", "7"], "-k is refused: a keep-alive of one's own"),
        (vec!["-D", "publish", "user-property", "a", "b"], "-D is refused: properties stand in clear"),
        (vec!["--will-topic", "a"], "--will-topic is refused: a will tells everyone"),
        (vec!["-n"], "-n is refused: an empty report says that somebody is there"),
    ] {
        let mut all = arguments.clone();
        if arguments != ["-n"] {
            all.extend(SINGLE);
        }
        world.publish("phone", dead_port(), &all).ends(2).says(why).says("  hint: ");
    }
}

#[test]
fn confirming_needs_a_terminal() {
    let world = World::new();
    let recorder = Recorder::start(Manners::Good);
    let mut command = Command::new("setsid");
    command.arg("-w").arg(env!("CARGO_BIN_EXE_cowl")).arg("pub").arg("--credential").arg(world.path("phone"));
    command.args(["-h", "127.0.0.1", "-p", &recorder.port().to_string(), "--confirm", "-m", "severity: low"]);
    let ran = publish_support::run(&mut command, b"y\n");
    ran.ends(2).says("--confirm needs a terminal").says("use --preview");
    assert!(recorder.recorded().is_empty());
}

#[test]
fn on_a_terminal_only_a_yes_sends() {
    let world = World::new();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let confirm = |answer: &str| {
        let line = format!(
            "'{}' pub --credential '{}' -h 127.0.0.1 -p {} -q 1 --beacon-wait 0 --confirm -m 'severity: critical'",
            env!("CARGO_BIN_EXE_cowl"),
            world.path("phone").display(),
            port(&broker),
        );
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut terminal = child.stdin.take().unwrap();
        terminal.write_all(answer.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(terminal);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, shown) = confirm("n\n");
    assert_eq!(code, Some(3), "{shown}");
    assert!(shown.contains("Send this report? [yes/no]") && shown.contains("nothing was sent"), "{shown}");
    let (code, shown) = confirm("y\n");
    assert_eq!(code, Some(0), "{shown}");
    let (values, ..) = world.read("triage", &ear.hear(1));
    assert_eq!(values, [serde_json::json!({"severity": "critical"})]);
}
