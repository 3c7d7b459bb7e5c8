//! A busy `cowl pub` that is killed, as by a power cut, and started again: no tag is used twice, and readers know its
//! next message at once, without searching for it.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod publish_support;

use std::{collections::HashSet, fmt::Write as _, io::Write as _, process::Stdio};

use publish_support::{World, port};

#[test]
fn a_killed_sender_is_known_again_and_repeats_nothing() {
    let world = World::new();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let mut messages = Vec::new();
    for reports in [193, 70, 450, 1] {
        let mut sender = world
            .command("phone", port(&broker))
            .args(["-l", "-q", "1", "--beacon-wait", "0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = String::new();
        (0..reports).for_each(|number| writeln!(lines, "temp: 20, note: {number}").unwrap());
        let mut input = sender.stdin.take().unwrap();
        input.write_all(lines.as_bytes()).unwrap();
        input.flush().unwrap();
        messages.extend(ear.hear(reports));
        // It waits for more input.
        sender.kill().unwrap();
        assert!(sender.wait().unwrap().code().is_none(), "it had ended before");
        drop(input);
    }
    let tags: HashSet<_> = messages.iter().map(|message| message.first_chunk::<16>().unwrap()).collect();
    assert_eq!(tags.len(), messages.len());

    let mut reader = world.reader("medical");
    let mut reports = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        reader.read(message, 0, &mut reports).unwrap();
        assert_eq!((reports.len(), reader.unexpected()), (number + 1, 0), "report {number}");
    }
}
