//! Captures of others: numbers of packets as tshark counts them. See `../captures/NOTICE.md`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cowl_audit::mqtt::{Body, Dialogue};
use cowl_audit::trace::Way;

use super::support::seen::read;
use super::tshark;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

fn captures() -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let captures: Vec<_> = all.filter(|path| path.extension().is_some_and(|kind| kind == "pcap")).collect();
    assert!(captures.len() >= 3);
    captures
}

fn expected(name: &str) -> BTreeMap<u8, u64> {
    let text = std::fs::read_to_string(folder().join("expected.tsv")).unwrap();
    let lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    lines
        .filter(|line| line[0] == name)
        .map(|line| (line[1].parse().unwrap(), line[2].parse().unwrap()))
        .collect()
}

#[test]
fn counts_are_the_recorded_ones() {
    for path in captures() {
        let (seen, summary) = read(&std::fs::read(&path).unwrap());
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(seen.counts(), expected(name), "{name} {summary:#?} {:?}", seen.lost);
        assert_eq!(summary.stopped, None);
    }
}

#[test]
fn counts_are_those_of_tshark_today() {
    if tshark::installed() {
        for path in captures() {
            let (seen, _) = read(&std::fs::read(&path).unwrap());
            assert_eq!(seen.counts(), tshark::counts(&path, &[]), "{}", path.display());
        }
    }
}

#[test]
fn topics_are_those_of_tshark() {
    if !tshark::installed() {
        return;
    }
    for path in captures() {
        let (seen, _) = read(&std::fs::read(&path).unwrap());
        let mut ours = Vec::new();
        // Each packet alone, with no level known: topics do not depend on it.
        for (_, bytes) in &seen.packets {
            if let Some(Body::Publish(publish)) =
                Dialogue::new().read(Way::ToServer, bytes).map(|packet| packet.body)
            {
                ours.push(String::from_utf8_lossy(publish.topic).into_owned());
            }
        }
        let lines = tshark::fields(&path, "mqtt.msgtype == 3", &["mqtt.topic"], &[]);
        let mut theirs: Vec<_> =
            lines.iter().flat_map(|line| line[0].split(',').map(str::to_owned)).collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{}", path.display());
    }
}
