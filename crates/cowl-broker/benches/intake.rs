//! What an intake costs a device, in one run: the time from PUBLISH to PUBACK, one after the other, and messages a
//! second with many on the way, of a broker without an intake, with one that leaves everything to it, and with one that
//! keeps everything at once. Rounds in turn; the medians over the rounds are printed with their ratio to the first.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a benchmark reports to a person and stops at the first thing that is not as it must be"
)]

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use cowl_broker::{
    Broker, BrokerConfig, Caller, Devices, Incoming, Intake, Limits, Listeners, Running, TopicFilter, Topics,
    Verdict,
};

const ROUNDS: usize = 9;
const ONE_BY_ONE: usize = 5_000;
const TOGETHER: usize = 50_000;
const ON_THE_WAY: usize = 500;
const PAYLOAD: usize = 200;

/// Asks nothing and answers the same.
enum Always {
    Local,
    Kept,
}

impl Intake for Always {
    fn take(&self, _: &Caller<'_>, _: &Incoming<'_>) -> Verdict {
        match self {
            Self::Local => Verdict::Local,
            Self::Kept => Verdict::Kept(Box::pin(async { Ok(()) })),
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let kinds: [(&str, Option<Arc<dyn Intake>>); 3] = [
        ("no intake", None),
        ("all local", Some(Arc::new(Always::Local))),
        ("all kept", Some(Arc::new(Always::Kept))),
    ];
    let brokers: Vec<(&str, Running)> =
        kinds.into_iter().map(|(name, intake)| (name, runtime.block_on(start(intake)))).collect();
    let mut results = vec![[const { Vec::new() }; 3]; brokers.len()];
    for _ in 0..ROUNDS {
        for (result, (_, broker)) in results.iter_mut().zip(&brokers) {
            let address = broker.addresses().tcp.unwrap();
            let mut times = one_by_one(address);
            times.sort_by(f64::total_cmp);
            result[0].push(times[times.len() / 2]);
            result[1].push(times[times.len() * 99 / 100]);
            result[2].push(together(address));
        }
    }
    let medians: Vec<[f64; 3]> = results.into_iter().map(|result| result.map(median)).collect();
    for ((name, _), [p50, p99, rate]) in brokers.iter().zip(&medians) {
        let [first50, first99, first_rate] = medians[0];
        println!(
            "{name:>10}: PUBACK after {p50:>6.1} us (x{:.2}), p99 {p99:>6.1} us (x{:.2}); {rate:>7.0} messages/s (x{:.2})",
            p50 / first50,
            p99 / first99,
            rate / first_rate
        );
    }
    for (_, broker) in brokers {
        runtime.block_on(broker.shutdown());
    }
}

async fn start(intake: Option<Arc<dyn Intake>>) -> Running {
    let config = BrokerConfig {
        listeners: Listeners { tcp: Some(([127, 0, 0, 1], 0).into()), ..Listeners::default() },
        logins: Vec::new(),
        topics: Topics::none(),
        limits: Limits::default(),
        intake,
        devices: Devices {
            anonymous: true,
            local: vec![TopicFilter::new("#").unwrap()],
            commands: Vec::new(),
        },
    };
    Broker::start(config).await.unwrap()
}

/// Microseconds of each.
fn one_by_one(address: SocketAddr) -> Vec<f64> {
    let mut stream = connect(address);
    let publish = publish();
    let time = |_| {
        let began = Instant::now();
        stream.write_all(&publish).unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
        began.elapsed().as_secs_f64() * 1e6
    };
    (0..ONE_BY_ONE).map(time).collect()
}

/// Messages a second.
fn together(address: SocketAddr) -> f64 {
    let mut stream = connect(address);
    let mut acks = BufReader::new(stream.try_clone().unwrap());
    let batch = publish().repeat(ON_THE_WAY / 2);
    let began = Instant::now();
    let mut answered = 0;
    let mut sent = 0;
    while answered < TOGETHER {
        while sent < TOGETHER && sent < answered + ON_THE_WAY {
            stream.write_all(&batch).unwrap();
            sent += ON_THE_WAY / 2;
        }
        acks.read_exact(&mut [0; 4 * ON_THE_WAY / 2]).unwrap();
        answered += ON_THE_WAY / 2;
    }
    TOGETHER as f64 / began.elapsed().as_secs_f64()
}

fn connect(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(b"\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0").unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
    stream
}

/// At `QoS` 1, always with the same id: each is acknowledged with four bytes.
fn publish() -> Vec<u8> {
    let body = [&b"\0\x08report/1\0\x01"[..], &[b'x'; PAYLOAD]].concat();
    let length = u8::try_from(body.len() - 128).unwrap();
    [&[0x32, 0x80 | length, 1][..], &body].concat()
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
