//! Nothing listens that was not asked for. Alone in its file, so that no other test's sockets are in the process.
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::net::TcpListener;

use common::{Certificate, config, loopback};
use cowl_broker::{Broker, Listeners};

#[tokio::test]
async fn nothing_listens_that_was_not_asked_for() {
    assert_eq!(open_ports(), BTreeSet::new());
    let foreign = TcpListener::bind(loopback()).unwrap();
    assert_eq!(
        open_ports(),
        BTreeSet::from([foreign.local_addr().unwrap().port()]),
        "the test can see a port"
    );
    drop(foreign);
    let certificate = Certificate::new();
    let all = Listeners {
        tcp: Some(loopback()),
        tls: Some(certificate.listener()),
        ws: Some(loopback()),
        wss: Some(certificate.listener()),
    };
    let one = Listeners { tcp: Some(loopback()), ..Listeners::default() };
    for listeners in [one, all] {
        let broker = Broker::start(config(listeners)).await.unwrap();
        let at = broker.addresses();
        let asked = [at.tcp, at.tls, at.ws, at.wss].into_iter().flatten().map(|at| at.port()).collect();
        assert_eq!(open_ports(), asked);
        broker.shutdown().await;
        assert_eq!(open_ports(), BTreeSet::new());
    }
    // Nor is anything left behind, however often.
    let before = (entries("/proc/self/fd"), entries("/proc/self/task"));
    for _ in 0..20 {
        let listeners = Listeners { tcp: Some(loopback()), ..Listeners::default() };
        Broker::start(config(listeners)).await.unwrap().shutdown().await;
    }
    assert_eq!((entries("/proc/self/fd"), entries("/proc/self/task")), before, "descriptors and threads");
}

#[expect(clippy::unwrap_used, reason = "a helper of the test above")]
fn entries(directory: &str) -> usize {
    std::fs::read_dir(directory).unwrap().count()
}

/// The ports of this process that anybody could send to: listening TCP sockets, and UDP sockets of any kind.
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of the test above; the kernel's tables have these columns"
)]
fn open_ports() -> BTreeSet<u16> {
    let mine: BTreeSet<String> = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned()))
        .collect();
    let mut ports = BTreeSet::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let lines = std::fs::read_to_string(format!("/proc/self/net/{table}")).unwrap_or_default();
        for line in lines.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let listens = table.starts_with("udp") || fields[3] == "0A";
            if listens && mine.contains(fields[9]) {
                let port = fields[1].rsplit(':').next().unwrap();
                ports.insert(u16::from_str_radix(port, 16).unwrap());
            }
        }
    }
    ports
}
