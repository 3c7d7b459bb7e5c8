//! Speed of the pass over a stream, and of comparing payloads side by side.
//!
//! The goal for census and disclosure together is 300,000 messages a second on one core: 3.3 µs a message.

use core::hint::black_box;

use cowl_audit::{Needle, Searcher, Sighting, Tally, coincidences, extract, scan};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const JSON: &[u8] = br#"{"temperature":256,"severity":"low","lat":-41.85315880913369,"lon":-118.80014219493853,"ip":"192.168.1.247","userId":970}"#;
const TEXT: &[u8] =
    b"temperature: 256, severity: low, lat: -41.85, lon: -118.80, ip: 192.168.1.247, userId: 970";

fn random(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn fernet() -> Vec<u8> {
    let mut token = b"gAAAAABnfH8J".to_vec();
    token.resize(228, b'Q');
    token
}

fn one_message(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("message");
    group.throughput(Throughput::Elements(1));
    let payloads = [
        ("json", JSON.to_vec()),
        ("text", TEXT.to_vec()),
        ("fernet", fernet()),
        ("random 600", random(1, 600)),
    ];
    for (name, payload) in &payloads {
        let seen = Sighting {
            client_id: Some(b"phone-7"),
            connection: Some(7),
            ..Sighting::new(b"srv/temperature", payload)
        };
        group.bench_function(format!("scan {name}"), |bench| {
            bench.iter(|| scan(black_box(&seen), &mut |_| {}));
        });
        group.bench_function(format!("extract {name}"), |bench| bench.iter(|| extract(black_box(&seen))));
        let mut tally = Tally::new();
        group.bench_function(format!("tally {name}"), |bench| bench.iter(|| tally.add(black_box(&seen))));
    }
    group.finish();
}

fn side_by_side(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("side by side");
    group.sample_size(10);
    for messages in [3_580_u64, 100_000] {
        let payloads: Vec<Vec<u8>> = (0..messages).map(|seed| random(seed << 20, 600)).collect();
        group.bench_function(format!("coincidences {messages} x 600"), |bench| {
            bench.iter(|| coincidences(&payloads));
        });
    }
    let payloads: Vec<Vec<u8>> = (0..3_580).map(|seed| random(seed << 20, 600)).collect();
    let needles: Vec<Needle> = (0..3_000)
        .flat_map(|number| {
            [
                Needle::Text(format!("Planted Person {number}")),
                Needle::Degrees(18.0 + f64::from(number) / 3_001.0),
            ]
        })
        .collect();
    let searcher = Searcher::new(&needles).ok();
    group.bench_function("search 6,000 needles in 2 MB", |bench| {
        bench.iter(|| searcher.as_ref().map(|searcher| searcher.find(&payloads)));
    });
    group.finish();
}

criterion_group!(benches, one_message, side_by_side);
criterion_main!(benches);
