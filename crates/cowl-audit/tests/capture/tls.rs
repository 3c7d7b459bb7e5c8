//! TLS: records, hellos.

use std::path::{Path, PathBuf};

use cowl_audit::trace::{Carrier, Closing, Loss, Way};

use super::support::frames::{ETHERNET, pcap};
use super::support::seen::read;
use super::support::talk::Talk;
use super::tshark;

fn capture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/tls.pcap")
}

#[test]
fn hellos_of_1_2_and_1_3() {
    let (seen, summary) = read(&std::fs::read(capture()).unwrap());
    assert_eq!((summary.connections.tls, seen.lost.len()), (5, 0));
    assert!(seen.opens.iter().all(|(_, to, carrier)| *carrier == Carrier::Tls && to.port() == 28831));
    assert_eq!(seen.closes, [Closing::Orderly; 5]);
    let shown: Vec<_> = seen
        .hellos
        .iter()
        .map(|hello| (hello.version, hello.cipher, hello.group, hello.resumption))
        .collect();
    // `mosquitto_pub`, then 1.2, 1.2 resumed (no key exchange: no group), 1.3, 1.3 resumed.
    let (x25519, aes) = (29, 0x1302);
    let (new, again) = ((0x0303, 0xc02c, x25519, false), (0x0303, 0xc02c, 0, true));
    assert_eq!(
        shown,
        [(0x0304, aes, x25519, false), new, again, (0x0304, aes, x25519, false), (0x0304, aes, x25519, true)]
    );
    let names: Vec<_> = seen.hellos.iter().map(|hello| hello.server_name.as_str()).collect();
    assert_eq!(
        names,
        ["localhost", "sensors.example", "sensors.example", "sensors.example", "sensors.example"]
    );
    let prints: Vec<_> = seen.hellos.iter().map(|hello| hello.fingerprint).collect();
    assert_eq!(prints[1], prints[2], "resumption is no trait of the software");
    assert_eq!(prints[3], prints[4]);
    assert_ne!(prints[1], prints[3]);
}

#[test]
fn record_sizes_are_those_of_tshark() {
    if !tshark::installed() {
        return;
    }
    let (seen, _) = read(&std::fs::read(capture()).unwrap());
    let more = ["-d", "tcp.port==28831,tls", "-o", "tls.desegment_ssl_records:TRUE"];
    let lines = tshark::fields(&capture(), "tls.record.length", &["tcp.dstport", "tls.record.length"], &more);
    let mut theirs = Vec::new();
    for line in &lines {
        let way = if line[0] == "28831" { Way::ToServer } else { Way::ToClient };
        theirs.extend(line[1].split(',').map(|length| (way, length.parse::<u32>().unwrap() + 5)));
    }
    let mut ours = seen.sealed;
    let order = |record: &(Way, u32)| (record.0 == Way::ToServer, record.1);
    ours.sort_by_key(order);
    theirs.sort_by_key(order);
    assert_eq!(ours, theirs);
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3], &length[..], content].concat()
}

#[test]
fn records_cut_anywhere_and_a_beginning_that_is_missing() {
    let records: Vec<_> =
        [30_usize, 200, 17, 1000].iter().map(|length| record(23, &vec![7; *length])).collect();
    let sizes: Vec<_> =
        records.iter().map(|record| (Way::ToServer, u32::try_from(record.len()).unwrap())).collect();
    let mut talk = Talk::new("10.0.0.2:40000", "10.0.0.1:8883");
    for part in records.concat().chunks(100) {
        talk.say(Way::ToServer, part);
    }
    talk.close();
    let (seen, _) = read(&pcap(ETHERNET, &talk.frames));
    assert_eq!(seen.sealed, sizes);
    assert_eq!((seen.hellos.len(), seen.opens[0].2), (0, Carrier::Tls));
}

#[test]
fn a_gap_inside_a_record_does_not_hide_its_size() {
    let mut talk = Talk::new("10.0.0.2:40000", "10.0.0.1:8883");
    let large = record(23, &[7; 995]);
    talk.say(Way::ToServer, &record(23, &[1; 20]));
    for part in large.chunks(100) {
        talk.say(Way::ToServer, part);
    }
    talk.say(Way::ToServer, &record(23, &[1; 20]));
    talk.frames.remove(4);
    let (seen, _) = read(&pcap(ETHERNET, &talk.frames));
    let lengths: Vec<_> = seen.sealed.iter().map(|(_, length)| *length).collect();
    assert_eq!((lengths, seen.lost_bytes()), (vec![25, 1000, 25], 100));
    assert!(seen.lost.contains(&(Way::ToServer, 100, Loss::Missing)));
}

#[test]
fn a_hello_without_an_answer_is_told_of_at_the_end() {
    // ClientHello: version, random, no session, one cipher, no compression, no extension.
    let mut hello = vec![3, 3];
    hello.extend([9; 32]);
    hello.extend([0, 0, 2, 0x13, 0x01, 1, 0, 0, 0]);
    let message = [&[1, 0, 0, u8::try_from(hello.len()).unwrap()], &hello[..]].concat();
    let mut talk = Talk::open("10.0.0.2:40000", "10.0.0.1:8883");
    // In two records, cut in the middle of the message.
    talk.say(Way::ToServer, &[record(22, &message[..9]), record(22, &message[9..])].concat());
    let (seen, _) = read(&pcap(ETHERNET, &talk.frames));
    assert_eq!(seen.hellos.len(), 1);
    assert_eq!((seen.hellos[0].version, seen.hellos[0].server_name.as_str()), (0, ""));
}
