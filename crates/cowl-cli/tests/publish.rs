//! `cowl pub` against a real broker: what goes in comes out at the right roles.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod publish_support;

use std::collections::HashSet;

use publish_support::{World, dead_port, now, port, run};
use serde_json::json;

const REPORT: &str =
    "temperature: 39.26, severity: high, lat: 18.54, lon: -72.34, ip: 192.168.1.247, userId: 970";

#[test]
fn a_report_reaches_each_role_as_the_policy_says() {
    let mut world = World::new();
    let broker = world.broker();
    world.announce(port(&broker), now());
    let mut ear = world.ear(port(&broker));
    let ran = world.publish("phone", port(&broker), &["-m", REPORT, "-q", "1", "-d"]);
    ran.ends(0).says("beacon: epoch 0").says("1 report sent").says("unknown-field: 2 ");
    let messages = ear.hear(1);
    let (triage, ..) = world.read("triage", &messages);
    assert_eq!(triage[0]["temperature"], json!(40));
    assert_eq!(triage[0]["severity"], json!("high"));
    let (medical, ..) = world.read("medical", &messages);
    assert_eq!(medical[0]["temperature"], json!(39.3));
    assert!(medical[0].get("ip").is_none());
}

#[test]
fn every_form_of_input_is_taken() {
    let world = World::new();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let run = |arguments: &[&str], stdin: &[u8]| {
        let mut all = vec!["--beacon-wait", "0", "-q", "1", "--quiet"];
        all.extend(arguments);
        let ran = world.publish_from("phone", port(&broker), &all, stdin);
        ran.ends(0);
        assert_eq!(ran.err, "");
    };
    let csv = world.file("a.csv", "severity,temp\nlow,1\nhigh,2\n");
    run(&["-f", csv.to_str().unwrap()], b"");
    let lines = world.file("b.jsonl", "{\"severity\":\"low\",\"temp\":3}\n{\"severity\":\"low\",\"temp\":4}");
    run(&["-f", lines.to_str().unwrap()], b"");
    let one = world.file("c.json", "{\n  \"severity\": \"low\",\n  \"temp\": 5\n}\n");
    run(&["-f", one.to_str().unwrap()], b"");
    run(&["-s"], b"severity: low\ntemp: 6\n");
    run(&["-l"], b"severity: low, temp: 7\n{\"temp\": 8}\n");
    run(&["-l", "--csv"], b"temp;severity\n9;low\n");
    run(&["-m", "temp: 10", "--repeat", "2"], b"");
    let (values, ..) = world.read("medical", &ear.hear(11));
    let temperatures: Vec<_> = values.iter().map(|value| value["temperature"].as_f64().unwrap()).collect();
    assert_eq!(temperatures, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 10.0]);
}

#[cfg(unix)]
#[test]
fn a_message_that_is_not_utf_8_is_refused_with_its_place() {
    use std::os::unix::ffi::OsStrExt as _;

    let world = World::new();
    let mut command = world.command("phone", dead_port());
    let ran = run(command.arg("-m").arg(std::ffi::OsStr::from_bytes(b"note: \xff\xfe")), b"");
    ran.ends(3).says("-m:1:7: not UTF-8").says("  hint: ");
}

#[test]
fn the_good_lines_around_bad_ones_go_through() {
    let world = World::new();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let mut input = Vec::new();
    for line in [
        b"temp: 1".as_slice(),
        b"{\"temp\": NaN}",
        b"{\"temp\": 1, \"temp\": 2}",
        b"temp: 2, lat: 91, lon: 0",
        b"temp: warm",
        b"note: \xff\xfe",
        b"",
        b"shoe size: 42",
        b"temp: 3",
    ] {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    input.extend(std::iter::repeat_n(b'x', 20 << 20));
    input.extend_from_slice(b"\ntemp: 4");
    let ran = world.publish_from("phone", port(&broker), &["-l", "-q", "1", "--beacon-wait", "0"], &input);
    ran.ends(3)
        .says("standard input:2:")
        .says("standard input:3:")
        .says("standard input:4: field position is not a position: latitude")
        .says("standard input:5: field temperature is not a number")
        .says("standard input:6:7: not UTF-8")
        .says("standard input:7:1: empty")
        .says("standard input:8: the reading holds no field that the policy knows")
        .says("standard input:10:1: longer than 65536 bytes")
        .says("  hint: ")
        .says("3 reports sent, 8 refused");
    for planted in ["warm", "91", "shoe", "42"] {
        assert!(!ran.err.contains(planted), "{planted} in {}", ran.err);
    }
    let (values, ..) = world.read("medical", &ear.hear(3));
    assert_eq!(values.iter().map(|value| value["temperature"].clone()).collect::<Vec<_>>(), [1.0, 3.0, 4.0]);
}

#[test]
fn a_gateway_reports_as_whom_the_field_says_and_the_same_in_every_run() {
    let world = World::new();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let input = "temp: 1, sensor: 1\ntemp: 2, sensor: 10\ntemp: 3, sensor: north-gate\ntemp: 4\n";
    let mut runs = Vec::new();
    for _ in 0..2 {
        let ran = world.publish_from(
            "gateway",
            port(&broker),
            &["-l", "-q", "1", "--beacon-wait", "0", "--identity-from", "sensor"],
            input.as_bytes(),
        );
        ran.ends(3)
            .says("standard input:4: the field of --identity-from is missing")
            .says("3 reports sent, 1 refused");
        assert!(!ran.err.contains("unknown-field"), "{}", ran.err);
        let (_, reports, mut reader) = world.read("medical", &ear.hear(3));
        reader.commit().unwrap();
        runs.push(reports.iter().map(|report| report.pseudonym.unwrap().to_string()).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0][0], runs[0][1]);
    let one = world.publish(
        "gateway",
        port(&broker),
        &["-m", "temp: 5", "--identity", "10", "-q", "1", "--beacon-wait", "0"],
    );
    one.ends(0);
    let (_, reports, _) = world.read("medical", &ear.hear(1));
    assert_eq!(reports[0].pseudonym.unwrap().to_string(), runs[0][1]);
    world.publish("gateway", port(&broker), &["-m", "temp: 5", "--identity", "11"]).ends(2).says("has 10");
    world
        .publish("phone", port(&broker), &["-m", "temp: 5", "--identity-from", "a"])
        .ends(2)
        .says("needs a gateway");
}

#[test]
fn the_topic_travels_inside() {
    let world = World::new();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let arguments = ["-m", "severity: low", "-t", "camp/tent-12", "-q", "1", "--beacon-wait", "0"];
    world.publish("phone", port(&broker), &arguments).ends(0);
    let (values, ..) = world.read("rescue", &ear.hear(1));
    assert_eq!(values[0]["topic"], json!("camp/tent-12"));
}

#[test]
fn a_walk_in_needs_the_manifest_and_its_fingerprint_alone() {
    let mut world = World::new();
    let broker = world.broker();
    world.announce(port(&broker), now());
    let mut ear = world.ear(port(&broker));
    let manifest = world.path("operation").join("manifest.cowl");
    let fingerprint = world.operation.manifest().authority().fingerprint().to_string();
    let login = world.operation.logins().walk_in.clone();
    let (port, q) = (port(&broker).to_string(), "1");
    let run = |fingerprint: &str| {
        let mut command = publish_support::cowl_pub();
        command.arg("--manifest").arg(&manifest).args([
            "--authority",
            fingerprint,
            "-h",
            "127.0.0.1",
            "-p",
            &port,
        ]);
        command.args(["-u", &login.user, "-P", &login.password, "-q", q, "-m", REPORT]);
        run(&mut command, b"")
    };
    run(&fingerprint).ends(0);
    let (values, reports, _) = world.read("medical", &ear.hear(1));
    assert_eq!(values[0]["severity"], json!("high"));
    assert!(reports[0].pseudonym.is_none());
    run("00112233445566778899aabbccddeeff").ends(4).says("not signed by this operation's authority");
}

#[test]
fn a_dangerous_preset_warns_and_takes_what_identifies() {
    let world = World::dangerous("plain");
    let recorder = publish_support::recorder::Recorder::start(publish_support::recorder::Manners::Good);
    let arguments = [
        "-m",
        REPORT,
        "-q",
        "1",
        "-t",
        "srv/temperature",
        "-i",
        "sensor-1",
        "-r",
        "-k",
        "30",
        "-D",
        "publish",
        "user-property",
        "who",
        "anna",
        "--will-topic",
        "gone",
    ];
    let ran = world.publish("phone", recorder.port(), &arguments);
    ran.ends(0).says("warning: preset `plain` is dangerous");
    let all = recorder.recorded().concat();
    for text in ["192.168.1.247", "970", "sensor-1", "srv/temperature", "who", "anna", "gone"] {
        assert!(all.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
}

#[test]
fn a_preview_connects_nowhere_and_uses_nothing() {
    let world = World::new();
    let (credential, state) = (world.path("phone"), world.path("phone.state"));
    let before = (std::fs::read(&credential).unwrap(), std::fs::read(&state).unwrap());
    let recorder = publish_support::recorder::Recorder::start(publish_support::recorder::Manners::Good);
    let text = world.publish("phone", recorder.port(), &["-m", REPORT, "--preview"]);
    text.ends(0);
    for wanted in [
        "triage reads",
        "40",
        "high",
        "unknown-field: 2",
        "/r/00",
        "752 bytes",
        "login          device",
        "nothing was sent",
    ] {
        assert!(text.out.contains(wanted), "no {wanted:?} in {}", text.out);
    }
    let json = world.publish_from(
        "phone",
        recorder.port(),
        &["-l", "--preview", "--json"],
        b"temp: 1\ntemp: x\ntemp: 2\n",
    );
    json.ends(3).says("standard input:2: field temperature is not a number");
    let shown: Vec<serde_json::Value> =
        json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[1]["roles"]["medical"]["fields"]["temperature"], json!(2.0));
    assert_eq!(shown[1]["broker"]["bytes"], json!(752));
    let examples: HashSet<_> = shown.iter().map(|shown| shown["broker"]["example"].to_string()).collect();
    assert_eq!(examples.len(), 2);
    assert_eq!((std::fs::read(&credential).unwrap(), std::fs::read(&state).unwrap()), before);
    assert!(recorder.recorded().is_empty());
}
