//! Nothing leaves in clear under preset `cowl`, whatever fails: every byte of every connection is recorded and
//! searched for what was planted.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod publish_support;

use std::{fs, process::Child};

use publish_support::{
    World,
    recorder::{Manners, Recorder},
};

/// What must not be seen, each as it could stand in a report.
const PLANTED: [&str; 7] =
    ["Josefina", "+50937123456", "18.5432", "-72.3389", "192.168.77.88", "camp/tent-12", "critical"];

const REPORT: &str = "name: Josefina, phone: +50937123456, lat: 18.5432, lon: -72.3389, ip: 192.168.77.88, \
                      severity: critical, note: Josefina needs water";

/// Hexadecimal and base64 of the planted value are looked for, too.
fn appearances(value: &str) -> Vec<Vec<u8>> {
    let bytes = value.as_bytes();
    let hex = hex::encode(bytes);
    let mut all = vec![bytes.to_vec(), hex.clone().into_bytes(), hex.to_uppercase().into_bytes()];
    // The part of its base64 that does not depend on what stands around it, at each of three alignments.
    for skip in 0..3 {
        let whole = bytes.get(skip..).unwrap_or_default();
        let whole = &whole[..whole.len() / 3 * 3];
        if whole.len() >= 6 {
            all.push(base64(whole));
        }
    }
    all
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks_exact(3)
        .flat_map(|chunk| {
            let bits = u32::from_be_bytes([0, chunk[0], chunk[1], chunk[2]]);
            [18, 12, 6, 0].map(|shift| ALPHABET[usize::try_from(bits >> shift & 63).unwrap()])
        })
        .collect()
}

fn assert_clean(what: &str, recorder: &Recorder) {
    let recorded = recorder.recorded();
    for (number, bytes) in recorded.iter().enumerate() {
        for planted in PLANTED {
            for form in appearances(planted) {
                let found = bytes.windows(form.len()).any(|window| window == form);
                assert!(!found, "{what}: {planted} on connection {number} of {}", recorded.len());
            }
        }
    }
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn whatever_the_broker_does() {
    let world = World::new();
    let lines = format!("{REPORT}\n").repeat(50);
    let file = world.file("reports.jsonl", &lines);
    for manners in [
        Manners::Silent,
        Manners::HangsUp,
        Manners::Garbage,
        Manners::RefusesLogin,
        Manners::RefusesReports,
        Manners::Good,
    ] {
        for qos in ["0", "1"] {
            let recorder = Recorder::start(manners);
            let ran = world.publish(
                "phone",
                recorder.port(),
                &[
                    "-f",
                    file.to_str().unwrap(),
                    "-q",
                    qos,
                    "-t",
                    "camp/tent-12",
                    "--connect-timeout",
                    "1",
                    "--beacon-wait",
                    "0",
                ],
            );
            assert!(!recorder.recorded().is_empty(), "{manners:?} {qos}: {}", ran.err);
            assert_clean(&format!("{manners:?} {qos}"), &recorder);
            assert_eq!(
                ran.code == Some(0),
                manners == Manners::Good || (manners, qos) == (Manners::RefusesReports, "0")
            );
            for planted in PLANTED {
                assert!(!ran.err.contains(planted), "{manners:?}: {}", ran.err);
            }
        }
    }
}

/// Connected again and again, until it gives up or is ended.
#[test]
fn when_the_connection_is_lost_again_and_again() {
    let world = World::new();
    let recorder = Recorder::start(Manners::DropsReports);
    let mut command = world.command("phone", recorder.port());
    let mut child =
        command.args(["-q", "1", "--beacon-wait", "0", "-m", REPORT, "-t", "camp/tent-12"]).spawn().unwrap();
    while recorder.recorded().len() < 4 {
        assert!(child.try_wait().unwrap().is_none(), "it gave up by itself");
        std::thread::yield_now();
    }
    end(child);
    assert_clean("dropped", &recorder);
    // What was sent again was not the same bytes.
    let mut payloads = Vec::new();
    for bytes in recorder.recorded() {
        for packet in publish_support::recorder::packets(&bytes).iter().filter(|packet| packet.kind() == 3) {
            payloads.push(packet.payload().to_vec());
        }
    }
    assert!(payloads.len() >= 2);
    for (index, payload) in payloads.iter().enumerate() {
        assert!(!payloads[..index].contains(payload));
    }
}

/// Input, keys and state that fail at a time when the connection stands.
#[test]
fn whatever_fails_on_this_side() {
    let world = World::new();
    let run = |what: &str, arguments: &[&str], credential: &str| {
        let recorder = Recorder::start(Manners::Good);
        let ran = world.publish_from(
            credential,
            recorder.port(),
            &[&["-l", "--beacon-wait", "0", "-t", "camp/tent-12"], arguments].concat(),
            format!("{REPORT}\n{{\"name\": \"Josefina\", \"lat\": 18.5432, }}\n{REPORT}, lat: 1\n{REPORT}\n")
                .as_bytes(),
        );
        assert_clean(what, &recorder);
        for planted in PLANTED {
            assert!(!ran.err.contains(planted), "{what}: {}", ran.err);
        }
        ran
    };
    run("bad lines", &[], "phone").ends(3);
    run("quality 2", &["-q", "2"], "phone");
    run("identifying", &["-i", "Josefina"], "phone").ends(2);
    fs::remove_file(world.path("phone.state")).unwrap();
    run("restored", &[], "phone").ends(3).says("lost or restored");
    fs::write(world.path("phone.state"), b"camp/tent-12").unwrap();
    run("damaged state", &[], "phone").ends(7);
    let held = world.sender("gateway");
    run("state in use", &[], "gateway").ends(7);
    drop(held);
}
