//! `cowl audit tap` and `cowl audit subscribe` against brokers and clients of others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests: a failure here is the message"
)]

mod audit_support;

use std::{
    io::{Read, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

use audit_support::{Recording, certificate, client, free_port, mosquitto, read};
use cowl_audit::trace::{Carrier, Closing};

/// CONNECT of MQTT 3.1.1, client `bee`.
const CONNECT: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03bee";

/// A PUBLISH of this payload.
fn publish(payload: &[u8]) -> Vec<u8> {
    let mut length = payload.len() + 3;
    let mut packet = vec![0x30];
    while length > 127 {
        packet.push(u8::try_from(length % 128).unwrap() | 128);
        length /= 128;
    }
    packet.push(u8::try_from(length).unwrap());
    packet.extend(b"\x00\x01t");
    packet.extend(payload);
    packet
}

/// A server that says back what it hears, as long as anybody connects.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    port
}

#[test]
fn bytes_go_through_unchanged_and_one_half_may_end_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.trace");
    let (tap, port) = Recording::tap(echo(), &file, &[]);
    // 5 MB in packets of all sizes: over many reads, several packets in one, and one over many
    let mut said = CONNECT.to_vec();
    let packets = 600_u32;
    for number in 0..packets {
        let size = usize::try_from(number % 20).unwrap().pow(3) * 4;
        said.extend(publish(&vec![u8::try_from(number % 251).unwrap(); size]));
    }
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let sent = said.clone();
    let writing = thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    writing.join().unwrap();
    assert!(said.len() > 3_000_000 && heard == said);
    tap.end();
    let seen = read(&file);
    assert_eq!((seen.opened, seen.packets, seen.lost), (1, 2 * u64::from(packets) + 2, 0));
    assert_eq!((seen.carriers, seen.closed), (vec![Carrier::Tcp], vec![Closing::Orderly]));
    assert_eq!(seen.up, seen.down);
    assert!(!seen.truncated);
}

#[test]
fn what_is_not_mqtt_goes_through_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.trace");
    let (tap, port) = Recording::tap(echo(), &file, &[]);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"SSH-2.0-somebody else\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"SSH-2.0-somebody else\r\n");
    assert!(tap.end().contains("46 bytes could not be recorded"));
    let seen = read(&file);
    assert_eq!((seen.opened, seen.packets, seen.lost), (1, 0, 46));
}

#[test]
fn mosquitto_s_clients_notice_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_broker, broker)) = mosquitto(folder.path(), "") else { return };
    let file = folder.path().join("t.trace");
    let (tap, port) = Recording::tap(broker, &file, &[]);
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        for qos in ["0", "1", "2"] {
            let message = format!("{version} at {qos}");
            client("mosquitto_pub", port, &["-V", version, "-q", qos, "-r", "-t", "a/b", "-m", &message]);
            let came = client("mosquitto_sub", port, &["-V", version, "-q", qos, "-t", "a/#", "-C", "1"]);
            assert_eq!(came.trim_end(), message);
        }
    }
    let said = tap.end();
    assert!(said.contains("recorded 18 messages"), "{said}");
    let seen = read(&file);
    assert_eq!((seen.opened, seen.up.len(), seen.lost), (18, 9, 0));
    assert_eq!(seen.up, seen.down);
    // The last one may still be closing when the tap is ended: nobody saw that.
    let orderly = seen.closed.iter().filter(|closed| **closed == Closing::Orderly).count();
    let unseen = seen.closed.iter().filter(|closed| **closed == Closing::Unseen).count();
    assert!(orderly >= 17 && orderly + unseen == 18, "{:?}", seen.closed);
}

#[test]
fn tls_passes_through_as_sizes_or_ends_at_the_tap() {
    let folder = tempfile::tempdir().unwrap();
    let made = certificate(folder.path());
    let (cert, key) = (made.cert.to_str().unwrap(), made.key.to_str().unwrap());
    let tls = format!("certfile {cert}\nkeyfile {key}\n");
    let Some((_broker, broker)) = mosquitto(folder.path(), &tls) else { return };
    let message = ["--cafile", cert, "-t", "a/b", "-m", "under TLS"];

    let file = folder.path().join("through.trace");
    let (tap, port) = Recording::tap(broker, &file, &[]);
    client("mosquitto_pub", port, &message);
    tap.end();
    let seen = read(&file);
    assert_eq!((seen.packets, seen.carriers, seen.lost), (0, vec![Carrier::Tls], 0));
    assert_eq!(seen.hellos, [(0x0304, "localhost".to_owned())]);
    assert!(seen.sealed > 6, "{}", seen.sealed);

    let file = folder.path().join("end.trace");
    let ends = ["--cert", cert, "--key", key, "--broker-cafile", cert];
    let (tap, port) = Recording::tap(broker, &file, &ends);
    client("mosquitto_pub", port, &message);
    tap.end();
    let seen = read(&file);
    assert_eq!((seen.up, seen.sealed), (vec![b"under TLS".to_vec()], 0));
    assert_eq!((seen.carriers, seen.hellos), (vec![Carrier::Tls], vec![(0x0304, "localhost".to_owned())]));

    // an authority that is not the broker's: nothing goes through, and it is said
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let other = certificate(&other).cert;
    let file = folder.path().join("wrong.trace");
    let (tap, port) = Recording::tap(broker, &file, &["--broker-cafile", other.to_str().unwrap()]);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let _ = stream.write_all(CONNECT);
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard);
    assert!(heard.is_empty());
    assert!(tap.end().contains("for 1 of 1 connections"), "nothing was said");
}

#[test]
fn a_broker_that_is_killed_ends_its_connections_and_not_the_tap() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, broker)) = mosquitto(folder.path(), "") else { return };
    let file = folder.path().join("t.trace");
    let (tap, port) = Recording::tap(broker, &file, &[]);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(CONNECT).unwrap();
    let mut connack = [0; 4];
    stream.read_exact(&mut connack).unwrap();
    assert_eq!(connack, [0x20, 2, 0, 0]);
    drop(server);
    // its end is passed on: nothing more comes
    assert_eq!(stream.read(&mut [0; 8]).unwrap_or(0), 0);
    drop(stream);
    // the next one gets no broker, and is told so by an end as well
    let mut next = TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert_eq!(next.read(&mut [0; 8]).unwrap_or(0), 0);
    assert!(tap.end().contains("for 1 of 2 connections"));
    let seen = read(&file);
    assert_eq!((seen.opened, seen.packets, seen.closed.len(), seen.truncated), (2, 2, 2, false));
}

#[test]
fn a_tap_that_is_killed_leaves_what_was_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.trace");
    let (tap, port) = Recording::tap(echo(), &file, &[]);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(&[CONNECT, &publish(b"kept")].concat()).unwrap();
    let mut heard = vec![0; CONNECT.len() + 9];
    stream.read_exact(&mut heard).unwrap();
    // what waits is brought out after a second at the latest
    while read(&file).packets < 4 {
        thread::yield_now();
    }
    tap.signal("KILL");
    let _ = tap.wait();
    let seen = read(&file);
    assert!(seen.truncated && seen.up == [b"kept".to_vec()]);
}

#[test]
fn a_thousand_connections_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.trace");
    let (tap, port) = Recording::tap(echo(), &file, &["--max-connections", "950"]);
    // 950 at a time are forwarded; the others wait until there is room
    let connect = || TcpStream::connect(("127.0.0.1", port)).unwrap();
    let say = |stream: &mut TcpStream| stream.write_all(CONNECT).unwrap();
    let answered = |stream: &mut TcpStream| {
        let mut heard = vec![0; CONNECT.len()];
        stream.read_exact(&mut heard).unwrap();
        assert_eq!(heard, CONNECT);
    };
    let mut first: Vec<TcpStream> = (0..950).map(|_| connect()).collect();
    let mut second: Vec<TcpStream> = (0..50).map(|_| connect()).collect();
    first.iter_mut().chain(&mut second).for_each(say);
    first.iter_mut().for_each(answered);
    drop(first);
    second.iter_mut().for_each(answered);
    drop(second);
    tap.end();
    let seen = read(&file);
    assert_eq!((seen.opened, seen.packets, seen.closed.len()), (1_000, 2_000, 1_000));
}

#[test]
fn limits_end_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.trace");
    let (tap, port) = Recording::tap(echo(), &file, &["--count", "2"]);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(&[CONNECT, &publish(b"x")].concat()).unwrap();
    let (status, said) = tap.wait();
    assert!(status.success() && said.contains("recorded 2 messages"), "{said}");
    let (tap, _) = Recording::tap(echo(), &folder.path().join("u.trace"), &["--for", "1"]);
    assert!(tap.wait().0.success());
}

#[test]
fn a_subscriber_records_what_it_gets() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_broker, broker)) = mosquitto(folder.path(), "") else { return };
    let port = broker.to_string();
    for version in ["mqttv311", "mqttv5"] {
        client("mosquitto_pub", broker, &["-r", "-q", "2", "-t", "kept", "-m", "retained"]);
        let file = folder.path().join(version);
        let output = file.to_str().unwrap();
        let arguments = ["subscribe", "-h", "localhost", "-p", &port, "-V", version, "-q", "2", "-o", output];
        let recording = Recording::start(&[&arguments[..], &["--count", "6"]].concat());
        // the retained one comes as soon as it is subscribed; five more follow, or the count is not reached
        let sending = thread::spawn(move || {
            for number in 0..5 {
                let qos = (number % 3).to_string();
                client("mosquitto_pub", broker, &["-q", &qos, "-t", "live", "-m", &number.to_string(), "-r"]);
            }
        });
        sending.join().unwrap();
        // until five were seen, the last retained one is among them
        client(
            "mosquitto_pub",
            broker,
            &["-t", "end", "--repeat", "200", "--repeat-delay", "0.01", "-m", "end"],
        );
        let (status, said) = recording.wait();
        assert!(status.success() && said.contains("recorded 6 messages"), "{said}");
        let seen = read(&file);
        assert_eq!((seen.opened, seen.up.len(), seen.down.len()), (1, 0, 6));
        assert!(seen.down.contains(&b"retained".to_vec()));
    }
}

#[test]
fn a_subscriber_says_why_it_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |port: u16, name: &str| {
        let file = folder.path().join(name);
        let port = port.to_string();
        let recording = Recording::start(&["subscribe", "-p", &port, "-o", file.to_str().unwrap()]);
        let (status, said) = recording.wait();
        assert!(!read(&file).truncated, "the trace is ended in order");
        (status.code(), said)
    };
    let (code, said) = fails(free_port(), "nobody");
    assert!(code == Some(5) && said.contains("cannot reach the broker"), "{said}");
    // an answer that is no MQTT
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.accept().unwrap().0.write_all(b"\x00nonsense"));
    let (code, said) = fails(port, "nonsense");
    assert!(code == Some(6) && said.contains("does not speak MQTT"), "{said}");
    // a broker that says no to the subscription, and one that says no at once
    for (answers, what) in [
        (
            &[&b"\x20\x03\x00\x00\x00"[..], b"\x90\x04\x00\x01\x00\x87"][..],
            "refuses the subscription (code 135)",
        ),
        (&[b"\x20\x03\x00\x86\x00"], "refuses the connection (code 134)"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers: Vec<_> = answers.iter().map(|answer| answer.to_vec()).collect();
        let answering = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in answers {
                assert!(stream.read(&mut [0; 512]).unwrap() > 0);
                stream.write_all(&answer).unwrap();
            }
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let (code, said) = fails(port, &what[what.len() - 4..what.len() - 1]);
        assert!(code == Some(6) && said.contains(what) && said.contains("hint"), "{said}");
        answering.join().unwrap();
    }
}
