//! A connection that is lost mid-stream at QoS 1: every report arrives once, and no bytes join the two connections.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod publish_support;

use std::collections::HashSet;

use publish_support::{
    World, port,
    recorder::{Cutter, packets},
};

#[test]
fn every_report_arrives_once_and_no_bytes_join_the_connections() {
    const REPORTS: usize = 3_000;
    let world = World::new();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    // Each message has 752 bytes and some, so the cut falls about in the middle.
    let cutter = Cutter::start(port(&broker), REPORTS / 2 * 800);
    let lines: Vec<_> = (0..REPORTS).map(|number| format!("temp: 20, note: report {number}")).collect();
    let input = lines.join("\n");
    let ran = world.publish_from(
        "phone",
        cutter.port(),
        &["-l", "-q", "1", "--beacon-wait", "0"],
        input.as_bytes(),
    );
    ran.ends(0).says(&format!("{REPORTS} reports sent")).says("sealed again after a lost connection");
    let messages = ear.hear_all(REPORTS);
    assert_eq!(messages.iter().collect::<HashSet<_>>().len(), messages.len(), "the same bytes twice");

    let (values, reports, reader) = world.read("medical", &messages);
    let notes: HashSet<_> = values.iter().map(|value| value["note"].as_str().unwrap().to_owned()).collect();
    assert_eq!((values.len(), notes.len()), (REPORTS, REPORTS));
    let ids: HashSet<_> = reports.iter().map(|report| report.header.report).collect();
    assert_eq!(ids.len(), REPORTS);
    assert_eq!(reader.repeated(), (messages.len() - REPORTS) as u64);
    assert_eq!(reader.waiting(), 0);

    // On the wire: two connections published, and nothing of one is on the other.
    let published: Vec<HashSet<Vec<u8>>> = cutter
        .recorded()
        .iter()
        .map(|bytes| {
            let packets = packets(bytes);
            packets
                .iter()
                .filter(|packet| packet.kind() == 3)
                .map(|packet| packet.payload().to_vec())
                .collect()
        })
        .filter(|payloads: &HashSet<_>| !payloads.is_empty())
        .collect();
    assert_eq!(published.len(), 2);
    let pieces = |payloads: &HashSet<Vec<u8>>| -> HashSet<[u8; 16]> {
        payloads
            .iter()
            .flat_map(|payload| payload.windows(16).step_by(8))
            .map(|piece| piece.try_into().unwrap())
            .collect()
    };
    assert!(pieces(&published[0]).is_disjoint(&pieces(&published[1])));
}
